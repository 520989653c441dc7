"""One picture: composed, painted, encoded."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from assets_gen.brand import Brand, Offer
from assets_gen.design import Design
from assets_gen.draw import painted
from assets_gen.encode import Format, encoded
from assets_gen.layout import arranged
from assets_gen.palette import Palette
from assets_gen.scene import Scene
from assets_gen.size import Size


@dataclass(frozen=True, slots=True)
class Banner:
    data: bytes
    media_type: str
    scene: Scene


def render_banner(
    design: Design,
    size: Size,
    affiliate: Brand,
    program: Brand,
    offer: Offer,
    form: Format | str = Format.PNG,
) -> Banner:
    """The encoded picture and the scene it shows.

    The file has width x height x density pixels and, as JPEG or WebP, keeps the weight limit of its size.
    Raises AssetError, with a sentence for people, for a shape that the design does not know, a logo that
    cannot be read and a format that is none of png, jpg, webp.
    """
    form = Format.parse(form)
    picture, scene, _ = compose(design, size, affiliate, program, offer)
    return Banner(encoded(picture, form, size.weight_limit), form.media_type, scene)


def compose(
    design: Design, size: Size, affiliate: Brand, program: Brand, offer: Offer
) -> tuple[Image.Image, Scene, Palette]:
    scene, palette = arranged(design, size, affiliate, program, offer)
    return painted(scene, palette), scene, palette
