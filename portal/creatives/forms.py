"""The brand kit's form: text to a draft or to errors beside their fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from urllib.parse import urlsplit

from portal.creatives.rules import ADDRESS_MOST, NAME_MOST, TAGLINE_MOST, name_to_draw

_COLOUR = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\Z")


@dataclass(frozen=True)
class KitDraft:
    """What was typed, as it was typed, and a sentence for each field that cannot stay so."""

    name: str = ""
    web_address: str = ""
    tagline: str = ""
    main: str = ""
    second: str = ""
    focus_x: str = ""  # whole percents; empty where there is no photo
    focus_y: str = ""
    errors: Mapping[str, str] = dataclass_field(default_factory=dict)

    @property
    def colours(self) -> tuple[str, ...]:
        """Chosen by hand, the main one first; empty leaves the choice to the logo."""
        return tuple(colour for colour in (self.main, self.second) if colour)

    @property
    def focus(self) -> tuple[int, int] | None:
        """None where none is said or it cannot be read."""
        if _percent(self.focus_x) is None or _percent(self.focus_y) is None:
            return None
        return int(self.focus_x), int(self.focus_y)

    def with_error(self, field: str, sentence: str) -> "KitDraft":
        return replace(self, errors={**self.errors, field: sentence})


def parse_kit(form: Mapping[str, str]) -> KitDraft:
    errors: dict[str, str] = {}
    name = " ".join(form.get("name", "").split())
    if not name_to_draw(name):
        errors["name"] = "Write the name that your readers know you by."
    elif len(name) > NAME_MOST:
        errors["name"] = f"Shorten it to {NAME_MOST} characters; it has {len(name)}."
    tagline = " ".join(form.get("tagline", "").split())
    if len(tagline) > TAGLINE_MOST:
        errors["tagline"] = f"Shorten it to {TAGLINE_MOST} characters; it has {len(tagline)}."
    web_address = form.get("web_address", "").strip()
    if web_address and _site(web_address) is None:
        errors["web_address"] = "This is not a web address. Write it like northbound.example."
    colours = {}
    for key in ("main", "second"):
        typed = form.get(key, "").strip()
        colours[key] = typed if colour_of(typed) is None else colour_of(typed) or ""
        if typed and colour_of(typed) is None:
            errors[key] = "This is not a colour. Write it like #14574A, or leave it empty."
    if colours["second"] and not colours["main"] and "second" not in errors:
        colours = {"main": colours["second"], "second": ""}
    focus = {key: form.get(key, "").strip() for key in ("focus_x", "focus_y")}
    for key, typed in focus.items():
        if typed and _percent(typed) is None:
            errors[key] = "Write a whole number from 0 to 100."
    address = web_address if "web_address" in errors else (_site(web_address) or "")
    return KitDraft(name, address, tagline, **colours, **focus, errors=errors)


def _percent(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= 100 else None


def colour_of(text: str) -> str | None:
    """`#14574A`; None where it is no colour."""
    match = _COLOUR.match(text)
    if match is None:
        return None
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    return f"#{digits.upper()}"


def _site(text: str) -> str | None:
    """`https://northbound.example/blog` from what people type; None if no host can be made out."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    plain = text.isprintable() and " " not in text and len(text) <= ADDRESS_MOST
    if not plain or parts.scheme not in ("http", "https") or "." not in host or parts.username is not None:
        return None
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
