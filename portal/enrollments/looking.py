"""What the managers' queue is searched and filtered by: one column, written when an application changes."""

from portal import db
from portal.enrollments.forms import ApplicationDraft
from portal.enrollments.rules import Source


def looked_for(draft: ApplicationDraft, source: Source) -> str:
    """All words, folded, in the first line; then marks like `|kind:creator|` for the filters."""
    words = (
        *(draft.name, draft.email, draft.web_address, draft.audience, draft.other_way),
        *(answer for answers in draft.extra.values() for answer in answers),
        *(source.utm_source, source.utm_campaign, source.via, source.referrer),
    )
    marks = (mark("kind", draft.kind), *(mark("way", way) for way in draft.ways))
    return " ".join(" ".join(words).split()).lower() + "\n" + "".join(marks)


def mark(name: str, value: str) -> str:
    return f"|{name}:{value}|"


def holds(column: str) -> str:
    """SQL: whether a column holds the value that follows, sign by sign."""
    return f"{_FIND[db.dialect()]}({column}, {{}}) > 0"


def says(column: str) -> str:
    """SQL: the same, in the first line only, where what people wrote stands."""
    find = _FIND[db.dialect()]
    return f"{find}({column}, {{}}) BETWEEN 1 AND {find}({column}, '\n')"


# Twice as quick as LIKE, and no sign in the value means anything.
_FIND: dict[db.Dialect, str] = {"sqlite": "instr", "postgres": "strpos"}
