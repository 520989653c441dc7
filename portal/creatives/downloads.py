"""What a picture can be downloaded as: each format once and at twice the pixels, with what it weighs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assets_gen import Size

FORMATS = (
    ("jpg", "JPEG", "taken everywhere"),
    ("png", "PNG", "the sharpest"),
    ("webp", "WebP", "the lightest"),
)
Weights = Mapping[str, int | None]  # bytes by file; None for what was not drawn yet


@dataclass(frozen=True)
class Download:
    density: str
    pixels: str
    weight: str  # empty until it was drawn once
    href: str


@dataclass(frozen=True)
class Format:
    name: str
    note: str
    downloads: tuple[Download, ...]


def files_of(size: Size) -> tuple[str, ...]:
    return tuple(_file(size, density, form) for form, _, _ in FORMATS for density in (1, 2))


def formats_of(size: Size, weights: Weights, address: Callable[[str], str]) -> tuple[Format, ...]:
    """`address` is where a file is downloaded."""
    return tuple(
        Format(name, note, tuple(_download(size, density, form, weights, address) for density in (1, 2)))
        for form, name, note in FORMATS
    )


def weighing(size: int) -> str:
    """As people say it: 84 kB, 1.2 MB."""
    return f"{size / 1_000_000:.1f} MB" if size >= 999_500 else f"{max(1, round(size / 1_000))} kB"


def _download(
    size: Size, density: int, form: str, weights: Weights, address: Callable[[str], str]
) -> Download:
    file = _file(size, density, form)
    weight = weights.get(file)
    return Download(
        density=f"{density}×",
        pixels=f"{size.width * density:,} × {size.height * density:,}",
        weight=weighing(weight) if weight else "",
        href=address(file),
    )


def _file(size: Size, density: int, form: str) -> str:
    return f"{Size(size.width, size.height, density)}.{form}"
