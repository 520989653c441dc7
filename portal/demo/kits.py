"""Brand kits of the demo: Ada's logo is drawn here, so that no one's logo is used."""

import asyncio
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

from PIL import Image, ImageDraw, ImageFont

from assets_gen.fonts import HERE as FONTS
from assets_gen.intake import clean_logo
from portal.accounts.tables import Affiliate
from portal.creatives.actions import KeptLogo, upload_key
from portal.creatives.forms import KitDraft
from portal.creatives.kit_actions import Files, save_kit
from portal.demo.people import ADA, email_of
from portal.settings import Settings
from portal.storage import Storage

GREEN = "#14574A"
SCALE = 4  # drawn larger and reduced, for smooth edges


async def dress_up(settings: Settings, now: datetime) -> None:
    """Ada has had a kit since her first days."""
    ada = await Affiliate.select(Affiliate.id).where(Affiliate.email == email_of(ADA)).first()
    if ada is None:
        raise LookupError("the demo has no Ada")
    affiliate_id = UUID(str(ada["id"]))
    logo = clean_logo(await asyncio.to_thread(northbound))
    key = upload_key("logos", affiliate_id, logo.data, logo.media_type)
    await Storage(settings.storage_url).put(key, logo.data)
    draft = KitDraft("Northbound", f"https://{ADA.site}", "Tools for small companies, tried for weeks", GREEN)
    kept = KeptLogo(key, logo.colours)
    await save_kit(affiliate_id, ADA.name, draft, Files(kept), None, now - timedelta(days=ADA.days - 3))


def northbound() -> bytes:
    """A compass needle and the name, in one green on nothing, as a PNG."""
    face = ImageFont.truetype(FONTS / "BricolageGrotesque-Bold.ttf", 66 * SCALE)
    picture = Image.new("RGBA", (520 * SCALE, 100 * SCALE))
    pen = ImageDraw.Draw(picture)
    needle = [(45, 6), (84, 92), (45, 72), (6, 92)]
    pen.polygon([(x * SCALE, y * SCALE) for x, y in needle], fill=GREEN)
    pen.polygon([(x * SCALE, y * SCALE) for x, y in needle[:1] + needle[2:]], fill="#2F8F78")
    pen.text((104 * SCALE, 50 * SCALE), "Northbound", font=face, fill=GREEN, anchor="lm")
    small = picture.resize((520 * 2, 100 * 2), Image.Resampling.LANCZOS)
    file = BytesIO()
    small.save(file, "PNG")
    return file.getvalue()
