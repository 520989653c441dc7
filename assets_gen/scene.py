"""What stands where: the measured composition, before and after it becomes pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from assets_gen.colour import Rgb
from assets_gen.logo import Logo
from assets_gen.qr import Qr
from assets_gen.size import Size
from assets_gen.slip import Cut
from assets_gen.text import LEAN, Setting


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the file; right and bottom are one past the last."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def pixels(self) -> tuple[int, int, int, int]:
        return round(self.left), round(self.top), round(self.right), round(self.bottom)

    def gap_to(self, other: Box) -> float:
        """The distance between the nearest points; negative if they overlap."""
        across = max(self.left, other.left) - min(self.right, other.right)
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        if across < 0 and down < 0:
            return max(across, down)
        return math.hypot(max(across, 0.0), max(down, 0.0))

    def around(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Type:
    """A setting of text with its place: left edge and first baseline."""

    setting: Setting
    x: int
    y: int
    align: str = "left"


@dataclass(frozen=True, slots=True)
class Tile:
    """A QR code on its light ground: `pixels` a module."""

    qr: Qr
    pixels: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A piece of art by name with its options."""

    options: tuple[tuple[str, object], ...] = field(default=())
    density: int = 1


@dataclass(frozen=True, slots=True)
class Mark:
    name: str
    height: int
    accent: str


@dataclass(frozen=True, slots=True)
class Picture:
    logo: Logo


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photo and where its face is; without one the field shows `instead`, a quotation mark in that face."""

    photo: bytes | None
    focus: tuple[float, float]
    instead: Setting
    density: int


@dataclass(frozen=True, slots=True)
class Slip:
    """A piece of paper: `scene` is laid out at twice its size, and lies on its left side if `turned`."""

    scene: Scene
    cut: Cut
    turned: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """One element. `group`: elements of one group may stand close. `solid`: nothing else may touch its box.

    `clip`: only what lies in it is painted, as where a line of text changes its ink. Elements of one `block`
    keep their order where the picture is mirrored.
    """

    name: str
    kind: str
    box: Box
    content: Type | Tile | Drawing | Mark | Picture | Portrait | Slip | None = None
    ink: Rgb = (0, 0, 0)
    group: str = ""
    solid: bool = True
    bleeds: bool = False
    colour: Rgb | None = None
    radius: float = 0.0
    cut: bool = False
    clip: Box | None = None
    block: str = ""

    @property
    def text(self) -> str:
        return (
            " ".join(self.content.setting.lines).replace(LEAN, "") if isinstance(self.content, Type) else ""
        )

    @property
    def text_size(self) -> float | None:
        return self.content.setting.size if isinstance(self.content, Type) else None

    def moved(self, dx: int, dy: int) -> Placed:
        box = Box(self.box.left + dx, self.box.top + dy, self.box.right + dx, self.box.bottom + dy)
        content = self.content
        if isinstance(content, Type):
            content = replace(content, x=content.x + dx, y=content.y + dy)
        return replace(self, box=box, content=content)


@dataclass(frozen=True, slots=True)
class Scene:
    """`dropped`: elements left out for want of room or content. `missing`: characters that no font has.

    `mirrored`: composed for a language that is read from the right.
    """

    size: Size
    margin: float
    elements: tuple[Placed, ...]
    dropped: tuple[str, ...] = ()
    missing: str = ""
    mirrored: bool = False

    def has(self, kind: str) -> bool:
        """Whether there is such an element in it or in one of its slips."""
        inner = [element.content.scene for element in self.elements if isinstance(element.content, Slip)]
        return any(e.kind == kind for e in self.elements) or any(scene.has(kind) for scene in inner)
