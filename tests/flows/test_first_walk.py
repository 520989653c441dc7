"""The way of one person through the whole portal: from a visitor to an affiliate with its first banner."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageDraw
from playwright.async_api import Error, expect
from pypdf import PdfReader

from portal import db
from portal.enrollments.deciding import DECISION_DUE
from portal.outbox.tables import Letter
from portal.templating import day, day_short
from tests.conftest import STRIPE_SECRET
from tests.flows.conftest import Portal
from tests.flows.managers import hire, sign_in_with_code
from tests.flows.person import Person
from tests.sales import GROWTH, GROWTH_CENTS, tell
from tests.stripe import Shape, checkout_completed, invoice_paid

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "seven quiet herons"
YELLOW = (255, 209, 102)  # bright enough to stay as it is on a dark ground
A4 = (595, 842)  # points
BANNERS = ((1200, 630), (300, 250), (728, 90))
Arrives = Callable[[], Awaitable[Person]]


async def test_one_person_walks_from_the_program_page_to_its_first_banner(
    portal: Portal, arrives: Arrives, tmp_path: Path
) -> None:
    visitor, manager = await arrives(), await arrives()
    mira = await hire(portal)

    await apply(visitor)
    await confirm_address(visitor)
    await sign_in_with_code(manager, mira)
    await approve(manager, "Ada Lindqvist")
    await a_minute_passes(portal)
    await see_her_among_the_affiliates(manager, "Ada Lindqvist")
    ada = visitor
    await choose_password_and_sign_in(ada)
    link, code = await find_link_and_code(ada)
    click = await follow(await arrives(), link)
    await see_the_click(ada)
    await buy(portal, click)
    await see_what_was_earned(ada)
    await let_a_colleague_read_along(ada, await arrives())
    await upload_logo(ada, tmp_path)
    await see_the_preview_follow(ada, tmp_path)
    await download_banners(ada, link, tmp_path)
    await download_paper(ada, code, tmp_path)


async def apply(visitor: Person) -> None:
    await visitor.opens("/")
    await visitor.reads("Apply in two minutes", "40")
    await visitor.clicks("Apply in two minutes")
    await visitor.types(
        {
            "Your name": "Ada Lindqvist",
            "E-mail": "ada@northbound.example",
            "Web address or channel": "northbound.example",
            "Who reads, watches or listens to you?": "People who run a small business on their own.",
        }
    )
    await visitor.ticks("Software reviewer", "Blog")
    await visitor.page.get_by_role("checkbox", name="I have read the program terms").check()
    await visitor.page.wait_for_timeout(800)  # nobody fills in a form in less
    await visitor.presses("Send my application")
    await visitor.reads("look into your mailbox", "ada@northbound.example")


async def confirm_address(visitor: Person) -> None:
    await visitor.clicks("its own mailbox")
    await open_letter(visitor, "Confirm your address")
    await visitor.presses("Yes, this is my address")
    await visitor.reads("We have your application, Ada")
    assert visitor.path.startswith("/apply/status/")


async def open_letter(person: Person, subject: str) -> None:
    """Opens it in the mailbox as soon as it is there, and follows the button inside."""
    letter = person.page.get_by_role("link", name=subject)
    await person.looks_again("/mailbox", letter)
    await person.follows(letter)
    inside = person.page.frame_locator("iframe")
    await person.follows(
        inside.locator("a[href*='/apply/'], a[href*='/signin/'], a[href*='/invitation/']").first
    )


async def approve(manager: Person, name: str) -> None:
    for path in ("/manage/funnel", "/manage/funnel?days=90", "/manage/letters", "/manage"):
        await manager.opens(path)
    await manager.reads(name)
    await manager.opens("/manage/applications")
    await manager.reads(name, "People who run a small business")
    await manager.presses("Approve and send the letter")
    await manager.reads(f"{name} is in", "Undo")


async def a_minute_passes(portal: Portal) -> None:
    """Moves what waits a minute ago: nobody wants a test to sleep that long."""
    async with db.connected(portal.settings.database_url):
        await Letter.update({Letter.send_after: Letter.created_at}).where(Letter.message == DECISION_DUE)


async def see_her_among_the_affiliates(manager: Person, name: str) -> None:
    await manager.looks_again("/manage/affiliates", manager.page.get_by_text(name).first)


async def choose_password_and_sign_in(ada: Person) -> None:
    await open_letter(ada, "You're in")
    await ada.types({"Password": PASSWORD})
    await ada.presses("Save and open my portal")
    assert ada.path == "/home"
    await ada.page.context.clear_cookies()
    await ada.opens("/signin")
    await ada.types({"E-mail": "ada@northbound.example", "Password": PASSWORD})
    await ada.presses("Sign in")
    assert ada.path == "/home"


async def find_link_and_code(ada: Person) -> tuple[str, str]:
    copy = ada.page.get_by_role("button", name="Copy")
    link = await ada.copies(copy.first)
    code = await ada.copies(copy.nth(1))
    assert link == f"{ada.base_url}/r/ada"
    assert code == "ADA20"
    await ada.opens("/links")
    await ada.reads("ADA20")
    return link, code


async def follow(buyer: Person, link: str) -> str:
    """A buyer's browser is sent to the vendor's page, whose address carries the click's id."""
    async with buyer.page.expect_request(re.compile(r"^https://kartra\.com/")) as asked:
        with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):  # no browser of ours reaches another host
            await buyer.page.goto(link)
    (click,) = parse_qs(urlsplit((await asked.value).url).query)["click_id"]
    return click


async def see_the_click(ada: Person) -> None:
    counted = ada.page.locator("dl.pair .figure").first.get_by_text("1", exact=True)
    await ada.looks_again("/links", counted)


async def buy(portal: Portal, click: str) -> None:
    """One customer pays the list price, another begins a trial; Stripe tells in its newer and older shape."""
    now = datetime.now(UTC)
    sales: tuple[tuple[str, int, Shape], ...] = (("full", GROWTH_CENTS, "since"), ("trial", 100, "before"))
    for name, cents, shape in sales:
        buyer = {"customer": f"cus_{name}", "subscription": f"sub_{name}", "email": f"{name}@shop.example"}
        events = (
            checkout_completed(now, click=click, **buyer),
            invoice_paid(now, price=GROWTH, cents=cents, shape=shape, **buyer),
        )
        async with httpx.AsyncClient(base_url=portal.url) as stripe:
            for event in events:
                assert (await tell(stripe, event, STRIPE_SECRET, now)).status_code == httpx.codes.OK


async def see_what_was_earned(ada: Person) -> None:
    today = datetime.now(UTC).date()
    await ada.opens("/home")
    await ada.reads("$35.70")
    await ada.opens("/earnings")
    await ada.reads("$35.70", "Held", day_short(today + timedelta(days=45), today))
    # The trial stands in the list as well, of the same moment: it is not counted, and says so.
    await ada.follows(ada.page.get_by_role("row", name="$35.70").get_by_role("link").first)
    await ada.reads("How it adds up", "$119.00", "$35.70", day(today + timedelta(days=45), today))
    await ada.opens("/earnings?state=not_counted")
    await ada.follows(ada.page.locator("#ledger a.row").first)
    await ada.reads("Why it didn’t count", "This payment was for a trial")


async def let_a_colleague_read_along(ada: Person, rita: Person) -> None:
    for page in ("/settings", "/settings/sign-in", "/settings/sign-in/email"):
        await ada.opens(page)
    await ada.opens("/settings/team")
    await ada.types({"E-mail": "rita@northbound.example"})
    await ada.page.get_by_label("What they may do").select_option("reader")
    await ada.presses("Send an invitation")
    await ada.reads("is on its way", "Take back")
    await open_letter(rita, "Ada Lindqvist invites you")
    await rita.types({"Your name": "Rita Holm", "Password": PASSWORD})
    await rita.presses("Accept")
    assert rita.path == "/home"
    await rita.opens("/settings")
    await rita.reads("You are a reader here")
    await ada.opens("/settings/team")
    await ada.reads("Rita Holm")
    await rita.opens("/settings/team")
    await rita.reads("Only an owner invites people")


async def upload_logo(ada: Person, folder: Path) -> None:
    logo = Image.new("RGBA", (900, 300))
    pen = ImageDraw.Draw(logo)
    pen.ellipse((20, 20, 280, 280), fill=YELLOW)
    pen.rectangle((330, 110, 880, 190), fill=YELLOW)
    logo.save(folder / "logo.png")
    await ada.opens("/brand")
    await ada.types({"Name": "Northbound"})
    await ada.page.locator("#logo").set_input_files(folder / "logo.png")
    await ada.presses("Save brand kit")
    await ada.reads("Your brand kit is saved")
    await expect(ada.page.get_by_alt_text("Your logo on a light ground")).to_be_visible()


async def see_the_preview_follow(ada: Person, folder: Path) -> None:
    """A click on the photo and a typed colour change the preview at once, and nothing else."""
    Image.new("RGB", (600, 800), "#806040").save(folder / "portrait.jpg")
    await ada.page.locator("#photo").set_input_files(folder / "portrait.jpg")
    await ada.presses("Save brand kit")
    photo = ada.page.get_by_alt_text("Your photo")
    size = await photo.evaluate("picture => [picture.clientWidth, picture.clientHeight]")
    await photo.click(position={"x": size[0] * 0.7, "y": size[1] * 0.2})
    await expect(ada.page.locator("#focus_x")).to_have_value("70")
    await expect(ada.page.locator("#preview img[src*='focus_x=70&focus_y=20']")).to_have_count(3)
    await ada.types({"Main": "#14574A"})
    await expect(ada.page.locator("#colours-read")).to_contain_text("#14574A reads well on white: 8.4 : 1")
    await expect(ada.page.locator("#preview img[src*='14574A']")).to_have_count(3)
    await ada.opens("/brand")
    await ada.presses("Undo the last change")
    await ada.reads("Undone.")


async def download_banners(ada: Person, link: str, folder: Path) -> None:
    await ada.opens("/creatives")
    for width, height in BANNERS:
        await ada.opens("/creatives")
        await ada.follows(ada.page.locator(f"a.stage[href='/creatives/spotlight/{width}x{height}']"))
        file = await ada.downloads(ada.page.locator("a[download]", has_text="PNG").first, folder)
        with Image.open(file) as banner:
            assert banner.format == "PNG"
            assert banner.size == (width, height)
            assert holds(banner, YELLOW), "the logo is in it"
            codes = [found.text for found in zxingcpp.read_barcodes(banner.convert("RGB"))]
        if (width, height) == BANNERS[0]:
            assert codes == [link]


async def download_paper(ada: Person, code: str, folder: Path) -> None:
    paper = PdfReader(await ada.downloads(ada.page.locator("a[download]", has_text="PDF").first, folder))
    text = "\n".join(page.extract_text() for page in paper.pages)
    assert code in text
    assert "Northbound" in text
    (width, height) = paper.pages[0].mediabox[2:]
    assert (round(width), round(height)) == A4


def holds(picture: Image.Image, colour: tuple[int, int, int]) -> bool:
    """Whether at least a hundred pixels are of this colour, give or take what an encoder does to it."""
    plain = np.asarray(picture.convert("RGB"), dtype=int)
    return int((abs(plain - colour).max(axis=2) < 12).sum()) >= 100
