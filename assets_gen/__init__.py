"""Co-branded pictures and papers from two brands and an offer. No portal, no database and no network."""

from assets_gen.banner import Banner, render_banner
from assets_gen.brand import AssetError, Brand, Offer, Plan
from assets_gen.design import Design
from assets_gen.encode import Format
from assets_gen.sheet import render_sheet
from assets_gen.size import Size

__all__ = [
    "AssetError",
    "Banner",
    "Brand",
    "Design",
    "Format",
    "Offer",
    "Plan",
    "Size",
    "render_banner",
    "render_sheet",
]
