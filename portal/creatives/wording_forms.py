"""What managers type or send of a design's words."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assets_gen import Design
from assets_gen.brand import drawable
from assets_gen.languages import language
from assets_gen.wording import TEXTS, problem_with, texts_of
from portal.creatives.wording_rules import Words
from portal.earnings.exports import DANGEROUS, harmless

FILE_MOST = 200_000
COLUMNS = ("text", "where", "language", "built-in", "yours")


@dataclass(frozen=True)
class WordsDraft:
    """`said` is as it was typed, `words` what of it can be kept; `errors` by slot."""

    said: Words
    words: Words
    errors: Mapping[str, str] = field(default_factory=dict)


def parse_words(design: Design, spoken: str, form: Mapping[str, str]) -> WordsDraft:
    """An empty field leaves the design its own text, and so does that text itself."""
    texts = texts_of(design, spoken)
    said = {slot: form.get(slot, "") for slot in texts}
    clean = {slot: drawable(text, len(text)) for slot, text in said.items()}
    words = {slot: text for slot, text in clean.items() if text and text != texts[slot]}
    problems = {slot: problem_with(slot, text, texts[slot]) for slot, text in words.items()}
    return WordsDraft(said, words, {slot: problem for slot, problem in problems.items() if problem})


@dataclass(frozen=True)
class SentWords:
    """Of a file: words by language, and what is wrong, a sentence each with its line."""

    words: Mapping[str, Words]
    errors: Sequence[str] = ()


def parse_file(design: Design, languages: Sequence[str], content: bytes) -> SentWords:
    """A table as written by file_of, also as spreadsheets save it: semicolons, tabs, a byte-order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return SentWords({}, ["This is no text in UTF-8. Save the table as “CSV UTF-8” and send it again."])
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    missing = [name for name in ("text", "language", "yours") if name not in (rows.fieldnames or ())]
    if missing:
        return SentWords(
            {}, [f"The column “{missing[0]}” is missing. Take the file from here and fill in “yours”."]
        )
    found: dict[str, dict[str, str]] = {}
    errors: list[str] = []
    try:
        for row in rows:
            problem = _take(design, languages, row, found)
            if problem:
                errors.append(f"Line {rows.line_num}: {problem}")
    except csv.Error:
        errors.append(f"Line {rows.line_num}: this can’t be read as a line of a table.")
    return SentWords(found, errors[:20])


def _take(
    design: Design, languages: Sequence[str], row: Mapping[str, str], found: dict[str, dict[str, str]]
) -> str:
    """Puts a row's words where they belong, or says what is wrong with them."""
    slot, spoken, text = (str(row[key] or "").strip() for key in ("text", "language", "yours"))
    if not (slot or spoken or text):
        return ""
    if spoken not in languages:
        return f"“{spoken}” is none of the program’s languages. There are {', '.join(languages)}."
    texts = texts_of(design, spoken)
    if slot not in texts:
        return f"“{slot}” is no text of {design.title}. There are {', '.join(texts)}."
    if slot in found.setdefault(spoken, {}):
        return f"“{slot}” stands here a second time in {language(spoken).name}."
    if text.startswith("'") and text[1:].startswith(DANGEROUS):
        text = text[1:]  # as file_of wrote it
    said = drawable(text, len(text))
    found[spoken][slot] = "" if said == texts[slot] else said
    return problem_with(slot, said, texts[slot]) if said else ""


def file_of(design: Design, words: Mapping[str, Words]) -> bytes:
    """A table of all texts in these languages, for a spreadsheet or a translator. `words` by language."""
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    for spoken, own in words.items():
        for slot, text in texts_of(design, spoken).items():
            known = TEXTS[slot]
            rows.writerow(
                map(harmless, (slot, f"{known.title}. {known.where}", spoken, text, own.get(slot, "")))
            )
    return b"\xef\xbb\xbf" + table.getvalue().encode()
