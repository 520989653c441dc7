"""Who plays in the demo, and how they sign in: passwords are random for each data folder, and kept in it."""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import pyotp

from portal.accounts.rules import Role
from portal.outbox.queries import SignInHint
from portal.settings import Settings


@dataclass(frozen=True)
class Partner:
    """An affiliate of the demo. `days` ago it was approved; `pull` is how well it sends customers."""

    name: str
    site: str
    kind: str
    ways: tuple[str, ...]
    audience: str
    days: int
    pull: float
    state: str = "active"


@dataclass(frozen=True)
class Applicant:
    """Someone whose application waits, was asked about or declined, or is not confirmed yet."""

    name: str
    site: str
    kind: str
    ways: tuple[str, ...]
    audience: str
    hours: int
    outcome: str = "waits"
    reason: str = ""  # of a refusal; the question of one that was asked
    answer: str = ""
    note: str = ""  # between managers


class SignIn(msgspec.Struct):
    name: str
    role: str
    email: str
    password: str
    totp_secret: str | None = None


ADA = Partner(
    "Ada Lindqvist",
    "northbound.example",
    "reviewer",
    ("blog", "youtube", "email"),
    "9,000 founders of small companies who compare tools before they buy.",
    245,
    2.2,
)

NEWCOMER = Partner(
    "Nils Brandt",
    "werkzeugkasten.example",
    "creator",
    ("youtube",),
    "Craftspeople who sell courses beside their workshop.",
    2,
    0.0,
)

PARTNERS = (
    ADA,
    Partner(
        "Tomás Herrera",
        "embudolisto.example",
        "educator",
        ("youtube", "email"),
        "Coaches in Mexico and Spain.",
        330,
        3.6,
    ),
    Partner(
        "Growth Kitchen",
        "growthkitchen.example",
        "publisher",
        ("blog", "seo"),
        "Marketers at small firms.",
        350,
        3.1,
    ),
    Partner(
        "Priya Raman",
        "priyateaches.example",
        "educator",
        ("youtube", "email"),
        "Course creators in India.",
        310,
        2.6,
    ),
    Partner(
        "Funnel Nerds",
        "funnelnerds.example",
        "reviewer",
        ("blog", "youtube"),
        "People who love split tests.",
        290,
        2.4,
    ),
    Partner(
        "Camille Roux",
        "atelierroux.example",
        "creator",
        ("email", "social"),
        "Makers who sell online.",
        270,
        1.5,
    ),
    Partner(
        "北風レビュー", "kitakaze-review.example", "reviewer", ("blog", "seo"), "日本の小規模事業者", 260, 1.4
    ),
    Partner(
        "Oficina Digital",
        "oficinadigital.example",
        "publisher",
        ("ppc", "seo"),
        "Agências no Brasil.",
        240,
        1.9,
    ),
    Partner(
        "Jürgen Groß",
        "grosse-wirkung.example",
        "educator",
        ("email", "blog"),
        "Berater und Trainer.",
        235,
        1.1,
    ),
    Partner(
        "Marisol Vega", "marisolvega.example", "creator", ("youtube", "social"), "Yoga teachers.", 210, 0.9
    ),
    Partner(
        "Sam O’Brien", "obrienmedia.example", "publisher", ("ppc",), "Local businesses in Ireland.", 205, 1.0
    ),
    Partner(
        "Leila Haddad", "leilahaddad.example", "educator", ("email",), "Translators and writers.", 190, 0.8
    ),
    Partner(
        "WP Workshop", "wpworkshop.example", "publisher", ("wordpress", "blog"), "WordPress shops.", 180, 1.6
    ),
    Partner("Ingrid Solheim", "solheim-studio.example", "creator", ("social",), "Photographers.", 170, 0.6),
    Partner("Bastian Keller", "kellerkurse.example", "educator", ("youtube",), "Musikschulen.", 160, 0.7),
    Partner("Zofia Nowak", "zofianowak.example", "reviewer", ("blog",), "Polish freelancers.", 150, 0.8),
    Partner(
        "The Quiet Launch", "quietlaunch.example", "publisher", ("email",), "Introverts who sell.", 140, 1.3
    ),
    Partner(
        "Andile Mokoena", "andile.example", "creator", ("youtube",), "Founders in Johannesburg.", 130, 0.7
    ),
    Partner("Hana Sato", "hanasato.example", "educator", ("email", "social"), "Language teachers.", 120, 0.5),
    Partner(
        "Deal Rocket", "dealrocket.example", "publisher", ("seo",), "Bargain hunters.", 300, 0.9, "ended"
    ),
    Partner(
        "Pieter de Vries", "devriesadvies.example", "educator", ("email",), "Dutch consultants.", 110, 0.6
    ),
    Partner(
        "Nia Campbell", "niacampbell.example", "creator", ("social", "youtube"), "Beauty founders.", 100, 0.5
    ),
    Partner("Studio Lumen", "studiolumen.example", "publisher", ("blog",), "Designers.", 95, 0.4),
    Partner("Rafael Costa", "rafaelcosta.example", "educator", ("youtube",), "Fitness coaches.", 90, 0.6),
    Partner(
        "Elif Demir",
        "elifdemir.example",
        "reviewer",
        ("blog", "email"),
        "Turkish e-commerce.",
        80,
        0.5,
        "paused",
    ),
    Partner(
        "Kofi Mensah", "kofimensah.example", "creator", ("youtube",), "Young founders in Accra.", 70, 0.4
    ),
    Partner("Maison Claire", "maisonclaire.example", "publisher", ("email",), "Boutiques.", 60, 0.4),
    Partner("Oskar Lind", "oskarlind.example", "educator", ("blog",), "Swedish accountants.", 55, 0.3),
    Partner("Grace Liu", "graceliu.example", "creator", ("social",), "Bakers who teach.", 45, 0.3),
    Partner(
        "The Course Doctor",
        "coursedoctor.example",
        "reviewer",
        ("youtube", "blog"),
        "Course makers.",
        40,
        0.6,
    ),
    Partner("Mateo Rossi", "mateorossi.example", "educator", ("email",), "Italian coaches.", 30, 0.3),
    Partner("Anja Petrović", "anjapetrovic.example", "creator", ("social",), "Ceramicists.", 21, 0.2),
    Partner("Plain Funnels", "plainfunnels.example", "publisher", ("blog", "seo"), "Beginners.", 14, 0.3),
    NEWCOMER,
)

APPLICANTS = (
    Applicant(
        "Lena Hoffmann",
        "kurswerkstatt.example",
        "educator",
        ("email", "blog"),
        "1.800 Trainerinnen, die ihren ersten Onlinekurs bauen.",
        52,
    ),
    Applicant(
        "Marcus Bell",
        "bellbusiness.example",
        "creator",
        ("youtube", "social"),
        "Small-town shop owners in the Midwest.",
        31,
    ),
    Applicant(
        "سارة منصور", "saramansour.example", "educator", ("youtube",), "مدربات ومدربون يبيعون دوراتهم", 20
    ),
    Applicant(
        "Coupon Castle",
        "couponcastle.example",
        "publisher",
        ("seo", "ppc"),
        "People who look for codes.",
        9,
        note="They wrote to us in May as well, under the name Deal Rocket. Let us look at this one together.",
    ),
    Applicant("Yuki Tanaka", "yukitanaka.example", "reviewer", ("blog",), "Solo founders in Osaka.", 3),
    Applicant(
        "Tomás Ibarra",
        "ibarramedia.example",
        "publisher",
        ("email", "ppc"),
        "38,000 readers of three newsletters in Spanish.",
        44,
        "answered",
        "Which search words do you bid on, and do any of them hold our name?",
        "Only our own brands and “newsletter software” in Spanish. Never yours.",
    ),
    Applicant(
        "Freya Lund",
        "freyalund.example",
        "creator",
        ("social",),
        "Potters and weavers.",
        60,
        "asked",
        "Your profile links to two shops. Which of them would carry our banners?",
    ),
    Applicant(
        "Viktor Hale",
        "halemedia.example",
        "publisher",
        ("ppc",),
        "Anyone with a credit card.",
        240,
        "declined",
        "We don't accept ads that bid on our own brand name, which is what your plan describes. "
        "Without those ads we would gladly look again.",
    ),
    Applicant(
        "Best Deals 24",
        "bestdeals24.example",
        "publisher",
        ("seo",),
        "Deal seekers.",
        500,
        "declined",
        "Your site lists codes of programs that you are not part of. Please take those down first.",
    ),
    Applicant(
        "Iris Okoye",
        "irisokoye.example",
        "creator",
        ("social",),
        "Readers of my newsletter on slow business.",
        1,
        "unconfirmed",
    ),
)


@dataclass(frozen=True)
class Colleague:
    """Somebody else on Ada's account; `also_reads` is another account that they are on."""

    name: str
    email: str
    role: Role
    days: int
    also_reads: Partner | None = None


COLLEAGUES = (
    Colleague("Maja Lindqvist", "maja@northbound.example", Role.MEMBER, 120, NEWCOMER),
    Colleague("Erik Sand", "erik@northbound.example", Role.READER, 40),
)
INVITED = ("sofia@northbound.example", Role.READER)

MANAGERS = (("Mira Okafor", "mira@kartra.example"), ("Jonas Weber", "jonas@kartra.example"))


def email_of(person: Partner | Applicant) -> str:
    return f"{_mailbox(person)}@{person.site}"


def _mailbox(person: Partner | Applicant) -> str:
    first = person.name.split()[0].lower()
    return first if first.isascii() and first.isalpha() and first != "the" else "hello"


def sign_ins_file(settings: Settings) -> Path:
    return settings.data_dir / "demo.json"


def new_sign_ins() -> list[SignIn]:
    """One for each role that somebody may want to try."""
    managers = [
        SignIn(name, "manager", email, _password(), pyotp.random_base32()) for name, email in MANAGERS
    ]
    return [
        *managers,
        SignIn(ADA.name, "affiliate", email_of(ADA), _password()),
        SignIn(NEWCOMER.name, "newcomer", email_of(NEWCOMER), _password()),
        *(SignIn(one.name, one.role, one.email, _password()) for one in COLLEAGUES),
    ]


def keep_sign_ins(settings: Settings, sign_ins: list[SignIn]) -> None:
    path = sign_ins_file(settings)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(sign_ins))


def kept_hints(settings: Settings, now: datetime) -> tuple[SignInHint, ...]:
    """How to sign in to the demo of this data folder, with the one-time codes of this moment."""
    try:
        kept = msgspec.json.decode(sign_ins_file(settings).read_bytes(), type=list[SignIn])
    except FileNotFoundError:
        return ()
    return tuple(
        SignInHint(
            name=one.name,
            role=one.role,
            email=one.email,
            password=one.password,
            code=pyotp.TOTP(one.totp_secret).at(now) if one.totp_secret else None,
        )
        for one in kept
    )


def _password() -> str:
    """Four groups that can be typed from a screen."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
