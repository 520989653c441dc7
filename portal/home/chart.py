"""The year as a picture: two lines of steps over the days. Whole numbers in, points of an SVG out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from portal.earnings.timeline import Month
from portal.home.calculator import Year
from portal.money import Money
from portal.templating import money_parts

Across = Callable[[date], int]
Up = Callable[[int], int]
ROOM_FOR_WORDS = 150
LEAST_APART = 40  # between the words at the ends of the two lines


@dataclass(frozen=True)
class Frame:
    """The room for the drawing. Words stand left, below and, where `ends` is more than 0, right of it."""

    key: str  # of the picture's ids, which are the only ones of their kind on the page
    width: int
    height: int
    top: int
    below: int
    ends: int
    every: int  # which months are named: each, or every third


WIDE = Frame("wide", 744, 262, 14, 40, 128, 1)
NARROW = Frame("narrow", 358, 232, 40, 40, 0, 3)


@dataclass(frozen=True)
class Tick:
    at: int
    words: str
    under: str = ""


@dataclass(frozen=True)
class Chart:
    frame: Frame
    right: int  # where the year ends
    floor: int
    earned: str  # paths
    paid: str
    paid_area: str
    between: str
    heights: tuple[Tick, ...]
    months: tuple[Tick, ...]
    earned_at: int
    paid_at: int
    to_come_at: int | None
    first: Tick | None
    first_right: bool  # its words stand right of it, where there is no room on the left


def chart_of(year: Year, frame: Frame) -> Chart:
    right, floor = frame.width - frame.ends, frame.height - frame.below
    top = _round_up(year.earned.minor)
    room = floor - frame.top
    days = (year.end - year.today).days

    def across(day: date) -> int:
        return max(0, (day - year.today).days) * right // days

    def up(minor: int) -> int:
        return floor - (minor * room // top if top else 0)

    earned = _steps(((line.booked_on, line.amount) for line in year.lines), year.end)
    paid = _steps(((line.window.last, line.amount) for line in year.lines), year.end)
    earned_points = _points(earned, across, up, right)
    paid_points = _points(paid, across, up, right)
    back = " ".join(f"L{x} {y}" for x, y in reversed(paid_points))
    earned_at, paid_at = up(year.earned.minor), up(year.paid.minor)
    first = _first(year, across)
    middle = (earned_at + paid_at) // 2
    if paid_at - earned_at < LEAST_APART:
        middle = 0
        paid_at = min(floor - 4, max(paid_at, earned_at + LEAST_APART))
    return Chart(
        frame=frame,
        right=right,
        floor=floor,
        earned=_path(earned_points),
        paid=_path(paid_points),
        paid_area=f"{_path(paid_points)} L{right} {floor} L0 {floor} Z",
        between=f"{_path(earned_points)} {back} Z",
        heights=tuple(
            Tick(up(minor), money_parts(Money(minor, year.earned.currency))[0])
            for minor in _marks(top)
            if minor
        ),
        months=_month_ticks(year, frame, across),
        earned_at=earned_at,
        paid_at=paid_at,
        to_come_at=middle or None,
        first=first,
        first_right=first is not None and first.at < ROOM_FOR_WORDS,
    )


def _steps(amounts: Iterable[tuple[date, Money]], end: date) -> list[tuple[date, int]]:
    """What there is from each day on, the days in order."""
    added: dict[date, int] = {}
    for day, amount in amounts:
        if day < end:
            added[day] = added.get(day, 0) + amount.minor
    so_far, steps = 0, []
    for day in sorted(added):
        so_far += added[day]
        steps.append((day, so_far))
    return steps


def _points(steps: list[tuple[date, int]], across: Across, up: Up, right: int) -> list[tuple[int, int]]:
    points, height = [(0, up(0))], up(0)
    for day, minor in steps:
        x = across(day)
        points += [(x, height), (x, up(minor))]
        height = up(minor)
    return [*points, (right, height)]


def _path(points: list[tuple[int, int]]) -> str:
    return "M" + " L".join(f"{x} {y}" for x, y in points)


def _month_ticks(year: Year, frame: Frame, across: Across) -> tuple[Tick, ...]:
    """The first of every month, named; with the year at its first month and where it changes."""
    first = Month.of(year.today).plus(0 if year.today.day == 1 else 1)
    ticks, said = [], 0
    for number in range(12):
        month = first.plus(number)
        if number % frame.every or month.first_day >= year.end:
            continue
        under = str(month.year) if month.year != said else ""
        said = month.year
        ticks.append(Tick(across(month.first_day), f"{month.first_day:%b}", under))
    return tuple(ticks)


def _first(year: Year, across: Across) -> Tick | None:
    window = year.first_payout
    if window is None or window.last >= year.end:
        return None
    return Tick(across(window.last), "First payout", f"{window.first.day}–{window.last.day} {window.last:%B}")


def _round_up(minor: int) -> int:
    """The next amount of one, one and a half, two, three, four, six or eight with noughts."""
    if minor <= 0:
        return 0
    unit: int = 10 ** max(0, len(str(minor)) - 1)
    for tenths in (10, 15, 20, 30, 40, 60, 80, 100):
        if minor * 10 <= unit * tenths:
            return unit * tenths // 10
    return unit * 10


def _marks(top: int) -> tuple[int, ...]:
    return tuple(top * part // 3 for part in (1, 2, 3)) if top % 3 == 0 else (top // 2, top)
