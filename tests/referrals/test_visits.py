"""Which requests through a link are clicks, and where they lead."""

import pytest

from portal.referrals.rules import NotCounted
from portal.referrals.visits import device_of, is_bot, not_counted, placement_of, referrer_host, with_click

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148"
)
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148"


def headers(**more: str) -> dict[str, str]:
    return {"user-agent": CHROME, **{name.replace("_", "-"): value for name, value in more.items()}}


def test_a_person_in_a_browser_is_a_click() -> None:
    assert not_counted("GET", headers(sec_fetch_dest="document")) is None
    assert not_counted("GET", headers()) is None


@pytest.mark.parametrize(
    ("method", "sent", "why"),
    [
        ("HEAD", headers(), NotCounted.HEAD),
        ("GET", headers(sec_purpose="prefetch;prerender"), NotCounted.PREFETCH),
        ("GET", headers(purpose="prefetch"), NotCounted.PREFETCH),
        ("GET", headers(sec_fetch_dest="image"), NotCounted.NOT_A_VISIT),
        ("GET", headers(sec_fetch_dest="iframe"), NotCounted.NOT_A_VISIT),
        ("GET", {"user-agent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}, NotCounted.BOT),
        ("GET", {"user-agent": "curl/8.5.0"}, NotCounted.BOT),
        ("GET", {"user-agent": ""}, NotCounted.BOT),
        ("GET", {}, NotCounted.BOT),
    ],
)
def test_what_nobody_clicked_is_no_click(method: str, sent: dict[str, str], why: NotCounted) -> None:
    assert not_counted(method, sent) is why


def test_people_are_not_taken_for_bots() -> None:
    assert not any(is_bot(agent) for agent in (CHROME, PHONE, IPAD))


@pytest.mark.parametrize(("agent", "device"), [(CHROME, "computer"), (PHONE, "phone"), (IPAD, "tablet")])
def test_devices_are_told_apart(agent: str, device: str) -> None:
    assert device_of(agent) == device


def test_the_vendors_page_gets_the_click_and_keeps_its_own_query() -> None:
    assert with_click("https://kartra.com/pricing?plan=growth", "abc") == (
        "https://kartra.com/pricing?plan=growth&click_id=abc"
    )


def test_a_click_that_somebody_put_there_before_is_replaced() -> None:
    assert with_click("https://kartra.com/?click_id=old", "new") == "https://kartra.com/?click_id=new"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("yt-funnel", "yt-funnel"),
        ("  spring   mail ", "spring mail"),
        ("<b>x</b>", "bx/b"),
        ("p" * 200, "p" * 80),
    ],
)
def test_placements_are_short_plain_words(typed: str, kept: str) -> None:
    assert placement_of(typed) == kept


def test_only_the_host_of_a_referrer_is_kept() -> None:
    assert referrer_host("https://blog.example/secret-draft?token=1") == "blog.example"
    assert referrer_host("http://[broken") == ""
