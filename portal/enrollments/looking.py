"""What the managers' queue is searched and filtered by: one column, written when an application changes."""

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


def pattern(text: str) -> str:
    """For LIKE: what a person typed, taken literally, and in the first line only."""
    folded = text.lower().strip()
    for sign in ("\\", "%", "_"):
        folded = folded.replace(sign, "")
    return f"%{folded}%\n%"
