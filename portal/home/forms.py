"""What a visitor of the program page chose: numbers for the calculator, a name for the live studio."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.creatives.rules import NAME_MOST, name_to_draw
from portal.enrollments.wording import is_decent, plain_letters
from portal.home.calculator import MOST_CUSTOMERS, MOST_LEAVING, Wish
from portal.programs.rules import ProgramTerms

USUAL_CUSTOMERS = 4
SAMPLE_NAME = "Plain Funnels"

COLOURS = {
    "amber": "#F2B233",
    "coral": "#E4634B",
    "green": "#3FA773",
    "blue": "#4A8CE8",
    "plum": "#B5549B",
    "sand": "#EDE6D6",
}


@dataclass(frozen=True)
class Asked:
    """The numbers to work with, and a sentence for each that could not stay as it was asked."""

    wish: Wish
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Try:
    """What to draw for a visitor. `typed` is what stands in the field, `name` what stands on the pictures."""

    typed: str
    name: str
    colour: str
    design: str
    note: str = ""

    @property
    def hex(self) -> str:
        return COLOURS[self.colour]


def parse_wish(said: Mapping[str, str], terms: ProgramTerms) -> Asked:
    """Anything can stand in an address: what is no answer gives way to the nearest one, and says so."""
    notes: list[str] = []
    customers = _whole(said.get("customers"), USUAL_CUSTOMERS, 1, MOST_CUSTOMERS, "customers a month", notes)
    leaving = _whole(said.get("leaving"), 0, 0, MOST_LEAVING, "per cent who leave", notes)
    plan = terms.usual_plan
    if (key := said.get("plan")) and key != plan.key:
        found = terms.plan(key)
        if found is None:
            notes.append(f"There is no such plan any more: shown is {plan.name}.")
        plan = found or plan
    trial = plan.trial is not None and said.get("trial", "yes") != "no"
    return Asked(Wish(plan, customers, trial, leaving), tuple(notes))


def _whole(text: str | None, usual: int, least: int, most: int, what: str, notes: list[str]) -> int:
    if text is None or not text.strip():
        return usual
    plain = text.strip()
    if not (plain.isascii() and plain.removeprefix("-").isdigit() and len(plain) < 10):
        notes.append(f"“{plain[:20]}” is no whole number: shown are {usual} {what}.")
        return usual
    number = min(max(int(plain), least), most)
    if number != int(plain):
        notes.append(f"Only {least} to {most} can be worked out here: shown are {number} {what}.")
    return number


def parse_try(said: Mapping[str, str], designs: tuple[str, ...]) -> Try:
    typed = " ".join(said.get("name", "").split())
    colour = said.get("colour", "")
    design = said.get("design", "")
    name, note = name_to_draw(typed), ""
    if typed and not name:
        note = "Nothing of this can be drawn. Type letters or digits."
    elif len(typed) > NAME_MOST:
        note = f"Shown are the first {NAME_MOST} characters. There is no room for more on a banner."
    # With a word behind it, because what is only kept as an address may stand on a banner.
    elif not is_decent(f"{plain_letters(name)} x"):
        name, note = "", "This name is not drawn here. Try another one."
    return Try(
        typed=typed[: NAME_MOST * 2],
        name=name or SAMPLE_NAME,
        colour=colour if colour in COLOURS else next(iter(COLOURS)),
        design=design if design in designs else designs[0],
        note=note,
    )
