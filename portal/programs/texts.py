"""Texts that affiliates copy, where a program writes its own or offers fewer."""

import re
from dataclasses import dataclass

TEXT_MOST = 4_000
SUBJECT_MOST = 120
# What an affiliate can copy; portal/creatives/texts/ has each of them in every language.
TEXTS = ("email", "blog", "post", "short", "caption", "video", "spoken")
WITHOUT_LINK = ("caption", "spoken")  # where nobody could follow one
PLACEHOLDERS = (
    "disclosure",
    "program",
    "name",
    "link",
    "code",
    "saving",
    "offer",
    "offer_code",
    "until",
    "plan",
    "trial",
    "claim",
    "about",
    "first_title",
    "first",
    "second_title",
    "second",
    "third_title",
    "third",
)
PLACEHOLDER = re.compile(r"\{(\w*)\}")
PASSAGE = re.compile(r"\[([^\[\]]*)\]")
LINKED = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class OwnText:
    """`subject` and `preview` are an e-mail's."""

    key: str
    language: str
    text: str
    subject: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    off: tuple[str, ...] = ()
    own: tuple[OwnText, ...] = ()

    def of(self, key: str, language: str) -> OwnText | None:
        return next((text for text in self.own if (text.key, text.language) == (key, language)), None)


NO_TEXTS = Texts()


def pattern_problem(text: str) -> str | None:
    """What a text may not say, whatever it is for."""
    if unknown := sorted(set(PLACEHOLDER.findall(text)) - set(PLACEHOLDERS)):
        names = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        return f"knows no {', '.join(f'{{{name}}}' for name in unknown)}; it may hold {names}"
    left = LINKED.sub("", PASSAGE.sub("", PLACEHOLDER.sub("", text)))
    if stray := sorted(set("{}[]<>") & set(left)):
        return f"has a {' and a '.join(stray)} without its partner, or one bracket inside another"
    return None


def text_problem(text: OwnText) -> str | None:
    """The same, and what each of them must say: that it is advertising, and where it leads."""
    if problem := pattern_problem(text.text):
        return problem
    # A passage in brackets may be left out, so nothing that must be there can stand in one.
    always = PASSAGE.sub("", text.text)
    if "{disclosure}" not in always:
        return "must hold {disclosure}, outside [brackets]: readers have to see that it is advertising"
    if text.key not in WITHOUT_LINK and "{link}" not in always and not LINKED.search(always):
        return "must hold {link} or <words that carry the link>, outside [brackets]"
    return None
