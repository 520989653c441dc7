"""What the gallery shows: by use, size and design, all together, at an address that can be shared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlencode

from assets_gen import Design
from portal.creatives.rules import Kind, kind_of

LEADING = 3  # sizes of a design that stand for it where all designs are shown
Chip = tuple[str, str, int | None, bool]  # href, label, how many, chosen
Creative = tuple[Design, str]  # and its size or paper


class Use(StrEnum):
    BANNER = "banner"
    POST = "post"
    STORY = "story"
    VIDEO = "video"
    EMAIL = "email"
    PAPER = "paper"


USE_NAMES = {
    Use.BANNER: "Website",
    Use.POST: "Posts",
    Use.STORY: "Stories",
    Use.VIDEO: "Video",
    Use.EMAIL: "E-mail",
    Use.PAPER: "PDF",
}
_SINGLE = {"1080x1920": Use.STORY, "1280x720": Use.VIDEO}
_OF_KIND = {Kind.DISPLAY: Use.BANNER, Kind.SOCIAL: Use.POST, Kind.EMAIL: Use.EMAIL, Kind.PAPER: Use.PAPER}


def use_of(shape: str) -> Use:
    return _SINGLE.get(shape) or _OF_KIND[kind_of(shape)]


@dataclass(frozen=True)
class Filter:
    """Empty words filter nothing."""

    use: str = ""
    size: str = ""
    design: str = ""
    promotion: str = ""  # whose creatives are looked at: the shelf holds no others

    @classmethod
    def read(cls, said: Mapping[str, str], shelf: Sequence[Design], promotion: str = "") -> "Filter":
        """What nothing is called counts as nothing said. `only` is in addresses of old."""
        only = said.get("only", "")
        use = said.get("use") or ("paper" if only == "paper" else "")
        design = said.get("design") or only
        size = said.get("size", "")
        return cls(
            use=use if use in set(Use) else "",
            size=size if any(size == str(one) for known in shelf for one in known.sizes) else "",
            design=design if any(design == known.name for known in shelf) else "",
            promotion=promotion,
        )

    def wants(self, creative: Creative) -> bool:
        design, shape = creative
        return (
            self.design in ("", design.name) and self.size in ("", shape) and self.use in ("", use_of(shape))
        )

    def address(self, lang: str) -> str:
        said = {"use": self.use, "size": self.size, "design": self.design}
        said |= {"promotion": self.promotion, "lang": lang}
        query = urlencode({key: value for key, value in said.items() if value})
        return f"/creatives?{query}" if query else "/creatives"


NOTHING = Filter()


@dataclass(frozen=True)
class Choice:
    key: str
    label: str


@dataclass(frozen=True)
class Facets:
    """The ways to filter, each with how many would be left."""

    uses: tuple[Chip, ...]
    designs: tuple[Chip, ...]
    sizes: tuple[Choice, ...]
    chosen: Filter
    others: tuple[
        tuple[str, str], ...
    ]  # (href, words): without one of the filters, where all together find nothing


def everything(shelf: Iterable[Design]) -> list[Creative]:
    return [(design, shape) for design in shelf for shape in (*map(str, design.sizes), *design.previews)]


def found(chosen: Filter, shelf: Sequence[Design]) -> list[Creative]:
    """All that is wanted; without any filter some of each design."""
    if replace(chosen, promotion="") != NOTHING:
        return [one for one in everything(shelf) if chosen.wants(one)]
    return [
        (design, shape) for design in shelf for shape in (*map(str, design.sizes[:LEADING]), *design.previews)
    ]


def facets(chosen: Filter, shelf: Sequence[Design], lang: str) -> Facets:
    whole = everything(shelf)

    def count(wanted: Filter) -> int:
        return sum(map(wanted.wants, whole))

    def chip(wanted: Filter, label: str) -> Chip:
        return wanted.address(lang), label, count(wanted), wanted == chosen

    sizes = dict.fromkeys(size for design in shelf for size in design.sizes)
    left = {size: count(replace(chosen, size=str(size))) for size in sizes}
    return Facets(
        uses=(
            chip(replace(chosen, use=""), "Every use"),
            *(chip(replace(chosen, use=use.value), name) for use, name in USE_NAMES.items()),
        ),
        designs=(
            chip(replace(chosen, design=""), "Every design"),
            *(chip(replace(chosen, design=design.name), design.title) for design in shelf),
        ),
        sizes=(
            Choice("", "Every size"),
            *(
                Choice(str(size), f"{size.width} × {size.height} ({number})")
                for size, number in left.items()
                if number or str(size) == chosen.size
            ),
        ),
        chosen=chosen,
        others=() if count(chosen) else _others(chosen, shelf, lang),
    )


def _others(chosen: Filter, shelf: Sequence[Design], lang: str) -> tuple[tuple[str, str], ...]:
    title = next((design.title for design in shelf if design.name == chosen.design), "")
    names = (
        ("design", title and f"in every design, not only {title}"),
        ("size", chosen.size and f"in every size, not only {chosen.size.replace('x', ' × ')}"),
        ("use", chosen.use and f"for every use, not only {USE_NAMES[Use(chosen.use)]}"),
    )
    wider = [(replace(chosen, **{key: ""}), words) for key, words in names if words]
    return tuple(
        (wanted.address(lang), words) for wanted, words in wider if any(map(wanted.wants, everything(shelf)))
    )
