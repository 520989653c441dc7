"""Jinja: one environment, strict, with the formats that people read and all macros under `parts`."""

import functools
import hashlib
import os
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import idna
from babel.numbers import format_currency, format_decimal
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from jinja2.bccache import Bucket

from portal.money import Money, exponent

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
NO_BREAK = "\u00a0"
MINUS = "\u2212"

# Scripts that are written together, and letters of others that look like Latin ones.
JAPANESE = frozenset(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "LATIN"))
KOREAN = frozenset(("CJK", "HANGUL", "LATIN"))
LOOKS_LATIN = frozenset("асԁеһіјӏорԛѕԝхуʏвнкмтгпьѵҽαονρικυτχϲ")


class CompiledOnce(BytecodeCache):
    """Keeps what templates compile to: for this process, and in a folder, if there is one, for the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get((bucket.key, bucket.checksum)) or self._written(bucket)
        if kept:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = compiled = bucket.bytecode_to_string()
        if self._folder.is_dir():
            # Without room or rights the next start compiles again, and that is all.
            with suppress(OSError):
                half = self._file(bucket).with_suffix(f".{os.getpid()}")
                half.write_bytes(_HOW + compiled)
                half.replace(self._file(bucket))

    def _written(self, bucket: Bucket) -> bytes:
        try:
            kept = self._file(bucket).read_bytes()
        except OSError:
            return b""
        return kept.removeprefix(_HOW) if kept.startswith(_HOW) else b""

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.jinja"


# What a template compiles to depends on the environment below as well as on its text.
_HOW = hashlib.sha256(Path(__file__).read_bytes()).digest()
_COMPILED = CompiledOnce(ROOT / ".cache")


def make_environment(asset: Callable[[str], str], today: Callable[[], date]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        # Not the text of letters, which would show `&amp;` as it is.
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    environment.filters.update(
        money=money,
        money_parts=money_parts,
        mailbox=mailbox,
        money_short=money_short,
        count=lambda number: format_decimal(number, locale="en_US"),
        rate=rate,
        working_days=working_days,
        nth=nth,
        lasted=lasted,
        day=lambda value: day(_as_date(value), today()),
        day_short=lambda value: day_short(_as_date(value), today()),
        moment=lambda value: f"{day(value, today())}, {value:%H:%M}",
    )
    environment.globals["asset"] = asset
    # In place before its macros are read, because they reach each other by it.
    environment.globals["parts"] = parts = SimpleNamespace()
    vars(parts).update(_parts(environment))
    return environment


def render_block(template: Template, block: str, context: dict[str, Any]) -> str:
    """One named block of a page, as htmx asks for it, with the same context as the whole page."""
    return "".join(template.blocks[block](template.new_context(context)))


@functools.lru_cache(maxsize=8192)  # a page of an affiliate says a hundred amounts, mostly the same ones
def money(amount: Money) -> str:
    """`$1,108.52`, with a true minus sign: `−$20.65`."""
    text = format_currency(abs(_decimal(amount)), amount.currency, locale="en_US")
    return (MINUS if amount.minor < 0 else "") + text


def money_parts(amount: Money) -> tuple[str, str]:
    """The whole and the cents with their point, for large figures: `("$1,108", ".52")`."""
    text = money(amount)
    digits = exponent(amount.currency)
    return (text[: -digits - 1], text[-digits - 1 :]) if digits else (text, "")


def money_short(amount: Money) -> str:
    """`$500` or `$2,500` for the axis of a chart: without cents where they are none."""
    whole, cents = money_parts(amount)
    return whole if not cents.strip(".0") else whole + cents


def rate(basis_points: int) -> str:
    """`35 %`; halves and quarters keep their digits: `12.5 %`."""
    text = f"{basis_points / 100:.2f}".rstrip("0").rstrip(".")
    return f"{text}{NO_BREAK}%"


def working_days(days: int) -> str:
    """`one working day`, `two working days`, `12 working days`."""
    spelled = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    number = spelled[days - 1] if 1 <= days <= len(spelled) else str(days)
    return f"{number} working day{'' if days == 1 else 's'}"


def lasted(seconds: int) -> str:
    """`50 s`, `1 min 50 s`, `2 h 5 min`: as exact as anybody wants to know."""
    minutes, rest = divmod(seconds, 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def mailbox(address: str) -> str:
    """An e-mail address as people read it: `info@bücher.example`, whether it was typed so or as `xn--`.

    Where a domain could be taken for another one, by mixed scripts or by letters that only look Latin, its
    ASCII spelling is shown, as browsers do.
    """
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
        readable = idna.decode(ascii_domain)
    except idna.IDNAError:
        return address
    safe = all(_is_clear(label, domain_ends=ascii_domain.rpartition(".")[2]) for label in readable.split("."))
    return f"{local}{at}{readable if safe else ascii_domain}"


def _is_clear(label: str, *, domain_ends: str) -> bool:
    letters = [character for character in label if character.isalpha()]
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in letters}
    if len(scripts) <= 1 or scripts <= JAPANESE or scripts <= KOREAN:
        looks_latin = bool(letters) and set(letters) <= LOOKS_LATIN
        return not looks_latin or domain_ends.startswith("xn--")
    return False


def nth(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`, `22nd`."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{endings.get(number % 10, 'th') if number % 100 not in (11, 12, 13) else 'th'}"


def day(value: date | datetime, today: date) -> str:
    """`19 December`, with the year when it is not this one; day and month never part."""
    text = f"{value.day}{NO_BREAK}{value:%B}"
    return text if value.year == today.year else f"{text}{NO_BREAK}{value.year}"


def day_short(value: date | datetime, today: date) -> str:
    """`19 Dec`, for tables."""
    text = f"{value.day}{NO_BREAK}{value:%b}"
    return text if value.year == today.year else f"{text}{NO_BREAK}{value.year}"


def _as_date(value: date | datetime | str) -> date | datetime:
    """Letters keep their values as JSON, so a date in them is ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def _decimal(amount: Money) -> Decimal:
    return Decimal(amount.minor).scaleb(-exponent(amount.currency))


def _parts(environment: Environment) -> dict[str, Any]:
    """Every macro of templates/parts, imported once: one imported inside a page would break its fragments."""
    found: dict[str, Any] = {}
    for path in sorted((TEMPLATES / "parts").glob("*.html")):
        module = environment.get_template(f"parts/{path.name}").module
        for name, value in vars(module).items():
            if not name.startswith("_"):
                if name in found:
                    raise RuntimeError(f"The macro {name} stands in two files of templates/parts.")
                found[name] = value
    return found
