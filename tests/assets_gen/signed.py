"""`python -m tests.assets_gen.signed split-1080x1080 ...`: signs them anew, after a look."""

import sys
from pathlib import Path

from PIL import Image

from assets_gen import Design, Size
from assets_gen.banner import compose
from assets_gen.kits import PROGRAM, kits

HERE = Path(__file__).parent / "golden"
# One of each shape class, and the large square, which is composed apart from the small boxes.
SHAPES = ("1200x630", "300x250", "1080x1080", "728x90", "1080x1920", "160x600", "320x50")


def drawn(design: str, size: str) -> Image.Image:
    brand, offer = kits()["mark and two lines"]
    return compose(Design.load(design), Size.parse(size), brand, PROGRAM, offer)[0]


def kept(picture: Image.Image) -> Image.Image:
    """As small as tells every fault."""
    share = 4 if picture.height > 1200 else 2 if picture.width > 800 else 1
    return picture.resize((picture.width // share, picture.height // share), Image.Resampling.BOX)


if __name__ == "__main__":
    for told in sys.argv[1:]:
        kept(drawn(*told.rsplit("-", 1))).save(HERE / f"{told}.jpg", quality=92, subsampling=0)
