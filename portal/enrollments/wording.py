"""How links and codes are worded: short, readable, decent, and never to be taken for each other."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,22}[A-Z0-9]")

# Words that would read as ours, or as somebody's promise.
RESERVED = frozenset(
    "admin affiliate affiliates api app apply billing code codes contact coupon demo discount free gratis "
    "help home kartra legal link links login manage manager money null offer official partner partners pay "
    "payout press program promo root sale sales settings shop sign signin staff status support system team "
    "test webhooks www".split()
)
# English, German, Dutch, French, Spanish, Italian, Portuguese, Polish, Swedish, Turkish.
OFFENSIVE = frozenset(
    "arse ass cock cunt dick nazi nazis piss porn rape shit slut tits whore arschloch fotze hure hitler heil "
    "kut hoer kanker merde pute salope connard puta puto mierda cojones cazzo merda puttana stronzo caralho "
    "kurwa chuj pizda fitta hora orospu".split()
)
OFFENSIVE_INSIDE = ("fuck", "nigger", "faggot", "wichser", "scheiss", "bullshit", "siegheil")
# How digits are read as letters, and which signs are taken for each other on a screen or over the phone.
READ_AS = str.maketrans("013457", "oieast")
TWINS = str.maketrans("OQILSBZ", "0011582")


def plain_letters(name: str) -> str:
    """A name in a-z, 0-9 and spaces: `Jürgen Groß` becomes `jurgen gross`. Other scripts become empty."""
    spelled = name.replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("ł", "l").replace("đ", "d")
    bare = unicodedata.normalize("NFKD", spelled.casefold()).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def slug_proposals(name: str) -> Iterator[str]:
    """Slugs for a name, best first, without end: `ada`, `ada-lindqvist`, `ada-2`, `ada-3` …"""
    words = plain_letters(name).split()
    first = words[0][:30] if words else "partner"
    if is_decent(first) and len(first) > 1:
        yield first
    whole = "-".join(words)[:30].strip("-")
    if len(words) > 1 and is_decent(whole):
        yield whole
    stem = first if is_decent(first) else "partner"
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def code_proposals(name: str, percent: int, pattern: str) -> Iterator[str]:
    """Codes by the program's pattern, best first; a taken name gets letters that can be read aloud."""
    words = plain_letters(name).upper().split() or ["PARTNER"]
    first = words[0][:12] if is_decent(words[0]) else "PARTNER"
    stems = dict.fromkeys((first, "".join(words)[:16]))
    longer = (first + tail for tail in _tails())
    wordings = (_worded(pattern, stem, percent) for stem in chain(stems, longer))
    return (code for code in wordings if code_problem(code) is None)


def is_decent(word: str) -> bool:
    """Short words count only when they stand alone: Larsen, Draper and Yoshitaka are names."""
    plain = word.casefold()
    spellings = (plain, plain.translate(READ_AS))
    alone = {found for spelled in spellings for found in re.findall(r"[a-z]+", spelled)}
    inside = any(bad in spelled.replace("-", "") for bad in OFFENSIVE_INSIDE for spelled in spellings)
    return plain.replace("-", "") not in RESERVED and not alone & OFFENSIVE and not inside


def twin_key(code: str) -> str:
    """The same for codes that people take for each other: OLGA20 and 0LGA2O."""
    return code.upper().translate(TWINS)


def slug_problem(slug: str) -> str | None:
    if not SLUG.fullmatch(slug):
        return "Use small letters, digits and hyphens, 40 at most, like ada or ada-lindqvist."
    return None if is_decent(slug) else "This word is kept for the portal. Choose another one."


def code_problem(code: str) -> str | None:
    if not CODE.fullmatch(code):
        return "Use 3 to 24 capitals, digits and hyphens, like ADA20."
    return None if is_decent(code.rstrip("0123456789-")) else "This word can't be a code. Choose another one."


def _worded(pattern: str, stem: str, percent: int) -> str:
    return pattern.replace("{NAME}", stem).replace("{PERCENT}", str(percent) if percent else "")


def _tails() -> Iterator[str]:
    clear = "ACEFHJKMNPRTWXY"  # none of them is taken for a digit or another letter
    yield from clear
    yield from (a + b for a in clear for b in clear)
    yield from (a + b + c for a in clear for b in clear for c in clear)
