"""The forms of managers' designs: what a design is called and for whom, and where its slots are."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from assets_gen import Size
from assets_gen.brand import drawable
from assets_gen.colour import Colour
from assets_gen.slots import Align, Kind, Slot
from portal.creatives.designs_rules import NAME_MOST, SLOTS_MOST

TEXT_MOST = 90
_HOLDS = re.compile(r"\{[^}]*\}?")
_KNOWN = ("{name}", "{code}", "{saving}")
_NUMBERS = ("left", "top", "width", "height")


@dataclass(frozen=True)
class DesignDraft:
    name: str = ""
    slug: str = ""
    tier: str = ""
    promotion: str = ""
    starts: str = ""
    ends: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def starts_on(self) -> date | None:
        return _day(self.starts)

    @property
    def ends_on(self) -> date | None:
        return _day(self.ends)

    @property
    def said(self) -> dict[str, object]:
        return {
            "name": self.name,
            "tier": self.tier,
            "promotion": self.promotion,
            "starts_on": self.starts_on,
            "ends_on": self.ends_on,
        }


def parse_design(
    form: Mapping[str, str], tiers: Collection[str], promotions: Collection[str], taken: Collection[str]
) -> DesignDraft:
    """`taken` are the slugs that a new design may not have; empty for one that has its slug already."""
    name = drawable(form.get("name", ""), 200)
    keys = ("tier", "promotion", "starts_on", "ends_on")
    tier, promotion, starts, ends = (form.get(key, "").strip() for key in keys)
    slug = slug_for(name)
    errors = {}
    if not name:
        errors["name"] = "Give it a name that affiliates will know it by."
    elif len(name) > NAME_MOST:
        errors["name"] = f"Shorten it to {NAME_MOST} characters; it has {len(name)}."
    elif taken and not slug:
        errors["name"] = "Use at least one letter from a to z or a digit: the address is made from it."
    elif slug in taken:
        errors["name"] = "There is a design of this name already, now or earlier. Choose another one."
    if tier and tier not in tiers:
        errors["tier"] = "Choose one of the program’s tiers."
    if promotion and promotion not in promotions:
        errors["promotion"] = "Choose one of the program’s promotions."
    for key, text in (("starts_on", starts), ("ends_on", ends)):
        if text and _day(text) is None:
            errors[key] = "This is not a date. Choose one, or leave it empty."
    first, last = _day(starts), _day(ends)
    if first and last and last < first:
        errors["ends_on"] = "It would end before it starts. Choose a later day."
    return DesignDraft(name, slug, tier, promotion, starts, ends, errors)


def slug_for(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")


@dataclass(frozen=True)
class SlotDraft:
    """A slot as it was typed."""

    kind: Kind
    said: Mapping[str, str]


@dataclass(frozen=True)
class SlotsDraft:
    drafts: tuple[SlotDraft, ...]
    slots: tuple[Slot, ...]
    errors: Mapping[str, str]


def draft_of(slot: Slot) -> SlotDraft:
    said = {key: str(getattr(slot, key)) for key in _NUMBERS}
    more = {"text": slot.text, "colour": slot.colour, "align": slot.align.value}
    return SlotDraft(slot.kind, {**said, **more, "largest": str(slot.largest or "")})


def parse_slots(form: Mapping[str, str], size: Size) -> SlotsDraft:
    """Fields are named `left-0` and so on, by number from 0."""
    drafts: list[SlotDraft] = []
    slots: list[Slot] = []
    errors: dict[str, str] = {}
    for number in range(SLOTS_MOST):
        kind = form.get(f"kind-{number}", "")
        if kind not in list(Kind):
            continue
        keys = (*_NUMBERS, "text", "colour", "align", "largest")
        draft = SlotDraft(Kind(kind), {key: form.get(f"{key}-{number}", "").strip() for key in keys})
        wrong = _problems(draft, size)
        place = len(drafts)
        drafts.append(draft)
        errors.update({f"{key}-{place}": sentence for key, sentence in wrong.items()})
        if not wrong:
            slots.append(_slot(draft))
    return SlotsDraft(tuple(drafts), tuple(slots), errors)


def added(kind: Kind, size: Size) -> Slot:
    """A new slot in the middle of the picture, of a size that suits its kind."""
    short, width = size.short, size.width
    across, high = {
        Kind.LOGO: (min(0.4 * width, 1.2 * short), 0.2 * short),
        Kind.QR: (max(0.28 * short, 90), max(0.28 * short, 90)),
        Kind.TEXT: (0.6 * width, 0.2 * short),
    }.get(kind, (0.4 * width, 0.14 * short))
    wide, tall = min(round(across), width), min(max(round(high), 20), size.height)
    text = "{saving} off with {code}" if kind == Kind.TEXT else ""
    return Slot(kind, (width - wide) // 2, (size.height - tall) // 2, wide, tall, text)


def _problems(draft: SlotDraft, size: Size) -> dict[str, str]:
    errors = {}
    limits = {"left": size.width, "top": size.height, "width": size.width, "height": size.height}
    for key, most in limits.items():
        least = 0 if key in ("left", "top") else 8
        value = _number(draft.said[key])
        if value is None or not least <= value <= most:
            errors[key] = f"Write a whole number of pixels from {least} to {most}."
    if not errors:
        errors.update(_beyond(draft, size))
    largest = draft.said["largest"]
    if largest and not 0 <= (_number(largest) or -1) <= 400:
        errors["largest"] = "Write a whole number of pixels up to 400, or leave it empty."
    colour = draft.said["colour"]
    if colour and not _is_colour(colour):
        errors["colour"] = "This is not a colour. Write it like #14574A, or leave it empty."
    if draft.kind == Kind.TEXT:
        errors.update(_text_problem(draft.said["text"]))
    return errors


def _beyond(draft: SlotDraft, size: Size) -> dict[str, str]:
    left, top, width, height = (int(draft.said[key]) for key in _NUMBERS)
    errors = {}
    if left + width > size.width:
        errors["width"] = f"It would end {left + width - size.width} px right of the picture."
    if top + height > size.height:
        errors["height"] = f"It would end {top + height - size.height} px below the picture."
    return errors


def _text_problem(text: str) -> dict[str, str]:
    unknown = [held for held in _HOLDS.findall(text) if held not in _KNOWN]
    if not drawable(text, TEXT_MOST):
        return {"text": "Write what stands here, or remove the slot."}
    if len(text) > TEXT_MOST:
        return {"text": f"Shorten it to {TEXT_MOST} characters; it has {len(text)}."}
    if unknown:
        return {"text": f"{unknown[0]} is not known. There are {{name}}, {{code}} and {{saving}}."}
    return {}


def _slot(draft: SlotDraft) -> Slot:
    left, top, width, height = (int(draft.said[key]) for key in _NUMBERS)
    align = draft.said["align"]
    colour = draft.said["colour"]
    return Slot(
        kind=draft.kind,
        left=left,
        top=top,
        width=width,
        height=height,
        text=drawable(draft.said["text"], TEXT_MOST) if draft.kind == Kind.TEXT else "",
        colour=f"#{colour.lstrip('#').upper()}" if colour else "",
        align=Align(align) if align in list(Align) else Align.LEFT,
        largest=_number(draft.said["largest"]) or 0,
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _is_colour(text: str) -> bool:
    try:
        Colour.parse(f"#{text.lstrip('#')}")
    except ValueError:
        return False
    return True


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
