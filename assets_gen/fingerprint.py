"""The name of a picture's content: equal exactly if the same picture would be drawn."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from assets_gen.brand import Brand, Offer
from assets_gen.design import Design

_DRAWN_WITH = ("pillow", "weasyprint", "pypdfium2", "segno", "numpy", "isal")


def fingerprint(design: Design, shape: str, form: str, affiliate: Brand, program: Brand, offer: Offer) -> str:
    """64 hex digits. `shape` is a size such as "300x250@2x" or a paper, `form` a format."""
    said = [
        design.name,
        design.revision,
        design.digest,
        shape,
        form,
        _brand(affiliate),
        _brand(program),
        asdict(offer),
    ]
    return hashlib.sha256(json.dumps([_engine(), *said], sort_keys=True).encode()).hexdigest()


def _brand(brand: Brand) -> dict[str, object]:
    values = asdict(brand)
    for key in ("logo", "dark_logo", "photo"):
        data = values[key]
        values[key] = hashlib.sha256(data).hexdigest() if data is not None else None
    return values


@cache
def _engine() -> str:
    """The code, fonts, languages and libraries that draw: no old picture survives a change of them."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    told = [
        *sorted(here.rglob("*.py")),
        *sorted(here.glob("languages/*.toml")),
        here / "fonts" / "fonts.toml",
    ]
    for file in told:
        digest.update(file.read_bytes())
    return digest.hexdigest() + "".join(version(package) for package in _DRAWN_WITH)
