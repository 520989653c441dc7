"""What the portal found out about an applicant. A hint is a finding and why it matters; it never decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from portal.accounts.rules import person_key
from portal.enrollments.answers import Answers

# Here many people live at one host, so that a path belongs to each.
SHARED_HOSTS = frozenset(
    "youtube.com youtu.be instagram.com tiktok.com facebook.com linkedin.com x.com twitter.com medium.com "
    "pinterest.com twitch.tv threads.net reddit.com github.io linktr.ee bsky.app".split()
)
# Here anybody opens a mailbox, so that it says nothing about a site.
FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com "
    "aol.com icloud.com me.com mac.com proton.me protonmail.com pm.me tutanota.com tuta.com fastmail.com "
    "hey.com zoho.com mail.com gmx.com gmx.net gmx.de gmx.at gmx.ch web.de freenet.de t-online.de posteo.de "
    "mailbox.org orange.fr wanadoo.fr free.fr laposte.net sfr.fr libero.it virgilio.it tiscali.it alice.it "
    "wp.pl o2.pl onet.pl interia.pl seznam.cz ziggo.nl kpnmail.nl hetnet.nl telenet.be skynet.be bluewin.ch "
    "terra.com.br uol.com.br bol.com.br yandex.ru yandex.com mail.ru rambler.ru ukr.net qq.com 163.com "
    "126.com sina.com naver.com daum.net rediffmail.com btinternet.com sky.com comcast.net "
    "verizon.net".split()
)
COUPON_WORDS = (
    "coupon voucher promocode promo-code discountcode dealhunt bestdeals dealdrawer gutschein rabatt bonplan "
    "codepromo codesconto descuento cupon kortingscode"
).split()


class Look(StrEnum):
    GOOD = "good"  # speaks for the applicant
    KNOW = "know"  # good to know
    LOOK = "look"  # to be looked at before deciding


@dataclass(frozen=True, slots=True)
class Hint:
    look: Look
    finding: str
    why: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another affiliate of the program."""

    name: str
    ended: bool
    email: str
    web_address: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """An application of the same person to the same program that was declined."""

    on: date
    reason: str
    again_from: date


@dataclass(frozen=True, slots=True)
class Found:
    """What is known around an applicant."""

    disposable: bool
    vendor: str
    others: tuple[Other, ...]
    earlier: tuple[Earlier, ...]


def hints_about(answers: Answers, found: Found) -> tuple[Hint, ...]:
    """The ones to be looked at first."""
    hints = [
        *_about_address(answers, found),
        *_about_others(answers, found.others),
        *_about_words(answers, found.vendor),
        *(_applied_before(one) for one in found.earlier),
    ]
    order = (Look.LOOK, Look.KNOW, Look.GOOD)
    return tuple(sorted(hints, key=lambda hint: order.index(hint.look)))


def site_key(web_address: str) -> str:
    """The same for two ways of writing one site: `https://www.Ada.example/` and `ada.example/about`."""
    text = web_address.strip().lower()
    if text.startswith("@"):
        return text
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = (parts.hostname or "").removeprefix("www.")
    if host.removeprefix("m.") in SHARED_HOSTS:
        return f"{host.removeprefix('m.')}/{parts.path.strip('/')}"
    return host


def mail_belongs_to_site(email: str, web_address: str) -> bool:
    """The other way round, mail below the site's name, would let `co.uk` be somebody's site."""
    host, site = email.rpartition("@")[2].lower(), site_key(web_address)
    return not _is_free_mail(host) and (site == host or site.endswith("." + host))


def _is_free_mail(host: str) -> bool:
    name = host.partition(".")[0]
    return host in FREE_MAIL or name in ("yahoo", "hotmail", "outlook", "live")  # yahoo.co.uk, hotmail.fr …


def _about_address(answers: Answers, found: Found) -> list[Hint]:
    host = answers.email.rpartition("@")[2].lower()
    if found.disposable:
        why = f"Anybody can open a mailbox at {host} for ten minutes. Letters about money would be lost."
        return [Hint(Look.LOOK, "The e-mail address is a throw-away one", why)]
    if mail_belongs_to_site(answers.email, answers.web_address):
        why = f"Both end in {host}, and the address is confirmed."
        return [Hint(Look.GOOD, "The mail belongs to the site", why)]
    return []


def _about_others(answers: Answers, others: Sequence[Other]) -> list[Hint]:
    hints = []
    site, person, name = site_key(answers.web_address), person_key(answers.email), answers.name.casefold()
    for other in others:
        same_site = bool(site) and site == site_key(other.web_address)
        same_person = person == person_key(other.email)
        if other.ended and (same_site or same_person):
            what = "e-mail address" if same_person else "web address"
            why = f"{other.name} was ended in this program. Look up why before you let them back in."
            hints.append(Hint(Look.LOOK, f"Same {what} as an ended affiliate", why))
        elif same_site:
            why = f"{other.name} gave {site} as well. Two accounts of one site can’t both be credited."
            hints.append(Hint(Look.LOOK, "Another affiliate uses this web address", why))
        elif same_person:
            why = f"{other.name} gave it, in another spelling. A person needs one account only."
            hints.append(Hint(Look.LOOK, "Another affiliate uses this e-mail address", why))
        elif name == other.name.casefold():
            why = "Perhaps the same person, perhaps a namesake. Ask if it matters."
            hints.append(Hint(Look.KNOW, "Another affiliate has the same name", why))
    return hints


def _about_words(answers: Answers, vendor: str) -> list[Hint]:
    site = site_key(answers.web_address)
    said = f"{site} {answers.name}".casefold()
    plain = "".join(sign for sign in said if sign.isalnum() or sign in " -")
    hints = []
    if any(word in plain for word in COUPON_WORDS):
        why = "Coupon sites are often last before the checkout and earn on sales that were made already."
        hints.append(Hint(Look.LOOK, "Looks like a coupon site", why))
    brand = "".join(filter(str.isalnum, vendor.casefold()))
    if len(brand) >= 4 and brand in site.replace("-", ""):
        why = "Visitors may take it for yours. The terms say how the name may be used."
        hints.append(Hint(Look.LOOK, f"The web address carries the name {vendor}", why))
    return hints


def _applied_before(earlier: Earlier) -> Hint:
    why = f"“{earlier.reason}” Could come back from {earlier.again_from:%-d %B %Y}."
    return Hint(Look.KNOW, f"Applied before, declined on {earlier.on:%-d %B %Y}", why)
