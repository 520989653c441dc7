"""What managers are told about an applicant: findings with their reason, never a verdict."""

from dataclasses import replace
from datetime import date

import pytest

from portal.enrollments.answers import Answers
from portal.enrollments.finding import _is_disposable
from portal.enrollments.hints import Earlier, Found, Look, Other, hints_about, site_key

LENA = Answers(
    name="Lena Hoffmann",
    email="lena@kurswerkstatt.example",
    web_address="https://www.kurswerkstatt.example/ueber-uns",
    kind="Online educator",
    ways=("Blog",),
    audience="Trainers.",
)
NOTHING = Found(disposable=False, vendor="Kartra", others=(), earlier=())


def findings(answers: Answers, found: Found = NOTHING) -> list[tuple[Look, str]]:
    return [(hint.look, hint.finding) for hint in hints_about(answers, found)]


def test_a_mail_address_of_the_site_speaks_for_the_applicant() -> None:
    assert findings(LENA) == [(Look.GOOD, "The mail belongs to the site")]
    assert findings(replace(LENA, web_address="https://blog.kurswerkstatt.example")) == findings(LENA)


def test_an_ordinary_mailbox_is_no_finding() -> None:
    assert findings(replace(LENA, email="lena@gmail.com")) == []


@pytest.mark.parametrize("email", ["x@mailinator.com", "x@sub.mailinator.com", "X@MAILINATOR.COM"])
def test_throw_away_addresses_are_known(email: str) -> None:
    assert _is_disposable(email)
    assert not _is_disposable("lena@kurswerkstatt.example")


def test_the_same_site_or_person_as_an_ended_affiliate_is_to_be_looked_at() -> None:
    ended = Other("Kurs AG", ended=True, email="info@kurs.example", web_address="kurswerkstatt.example")
    assert (Look.LOOK, "Same web address as an ended affiliate") in findings(
        LENA, replace(NOTHING, others=(ended,))
    )
    plus = replace(ended, email="le.na+2@kurswerkstatt.example", web_address="other.example")
    assert (Look.LOOK, "Same e-mail address as an ended affiliate") in findings(
        LENA, replace(NOTHING, others=(plus,))
    )


def test_a_site_that_another_affiliate_uses_is_to_be_looked_at() -> None:
    other = Other(
        "Kurs AG", ended=False, email="info@kurs.example", web_address="http://kurswerkstatt.example"
    )
    assert (Look.LOOK, "Another affiliate uses this web address") in findings(
        LENA, replace(NOTHING, others=(other,))
    )


def test_two_channels_of_one_platform_are_two_sites() -> None:
    assert site_key("https://www.youtube.com/@lena") != site_key("youtube.com/@ada")
    assert site_key("https://m.youtube.com/@lena/") == site_key("youtube.com/@lena")
    assert site_key("@lena") == "@lena"


@pytest.mark.parametrize(
    "site", ["couponcastle.example", "https://gutschein-welt.example", "best.deals-vouchers.example"]
)
def test_coupon_sites_are_recognised(site: str) -> None:
    assert (Look.LOOK, "Looks like a coupon site") in findings(replace(LENA, web_address=site))


def test_the_vendors_name_in_an_address_is_to_be_looked_at() -> None:
    assert (Look.LOOK, "The web address carries the name Kartra") in findings(
        replace(LENA, web_address="best-kartra-reviews.example")
    )


def test_an_earlier_refusal_is_told_with_its_reason() -> None:
    found = replace(NOTHING, earlier=(Earlier(date(2026, 5, 4), "Too few posts yet.", date(2026, 8, 2)),))
    (hint, *_) = [one for one in hints_about(LENA, found) if one.look is Look.KNOW]
    assert hint.finding == "Applied before, declined on 4 May 2026"
    assert "Too few posts yet." in hint.why


def test_what_is_to_be_looked_at_comes_first() -> None:
    looks = [
        look for look, _ in findings(replace(LENA, web_address="kurswerkstatt.example", name="Coupon King"))
    ]
    assert looks == sorted(looks, key=[Look.LOOK, Look.KNOW, Look.GOOD].index)
    assert looks[0] is Look.LOOK
