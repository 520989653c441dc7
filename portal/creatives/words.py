"""Words to copy: e-mail, posts, descriptions, with an affiliate's own link, code and disclosure in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape

from assets_gen.languages import language
from portal.creatives.disclosures import Disclosure, disclosure
from portal.creatives.filling import Filled
from portal.creatives.kits import Holder
from portal.creatives.queries import address_of, alt_text
from portal.creatives.rules import EVERGREEN
from portal.creatives.spoken import Pattern, spoken
from portal.creatives.wording_rules import NO_WORDING, Wording
from portal.programs.rules import ProgramTerms, Promotion
from portal.programs.texts import TEXTS

HEADER = "600x200"  # the picture that an e-mail begins with
POINTS = ("first_title", "first", "second_title", "second", "third_title", "third")
X_LINK, X_LIGHT = 23, ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
# What lines may break at and where words hold together is of use in pictures only.
_UNBROKEN = str.maketrans({"\u00a0": " ", "\u2011": "-", "\u200b": "", "\u00ad": ""})


@dataclass(frozen=True)
class Use:
    """What a text is for. `most` is what the place takes; a subject is only shown so far."""

    title: str
    channel: str
    hint: str
    most: int = 0
    place: str = ""


USES = {
    "email": Use(
        "E-mail",
        "email",
        "For people who asked for your letters. The HTML holds a picture in your brand and takes the look of "
        "your newsletter.",
    ),
    "blog": Use(
        "Paragraph for a blog",
        "blog",
        "Put before it what you use it for, or what you miss in it: that is what readers come for.",
    ),
    "post": Use("Post", "social", "LinkedIn, Facebook and others with room.", 3_000, "LinkedIn"),
    "short": Use("Short post", "social", "X, Bluesky, Threads, Mastodon.", 280, "X"),
    "caption": Use(
        "Caption",
        "social",
        "Instagram and TikTok don’t make links in captions clickable: put yours into your profile.",
        2_200,
        "Instagram",
    ),
    "video": Use(
        "Video description",
        "video",
        "The first lines show above “more”, so the disclosure and the link stand there.",
        5_000,
        "YouTube",
    ),
    "spoken": Use("To be said", "podcast", "For a podcast or a video. Your own words are better than these."),
}
SHOWN = {"Subject": 60, "Preview": 90}


@dataclass(frozen=True)
class Piece:
    """Something to copy. `counted` says how long it is where that matters."""

    name: str
    text: str
    ending: str = ""  # of the file it can be had as
    is_code: bool = False
    counted: str = ""
    too_long: bool = False


@dataclass(frozen=True)
class Text:
    key: str
    use: Use
    pieces: tuple[Piece, ...]
    disclosure: Disclosure
    files: Mapping[str, str]  # by ending: what is in them


@dataclass(frozen=True)
class Teller:
    """Whose words they are, on one day. Without `code_works` no text speaks of the code."""

    who: Holder
    terms: ProgramTerms
    tier: str
    code_works: bool
    base: str
    country: str
    today: date
    wording: Wording = NO_WORDING  # what the program's pictures say


def texts_of(teller: Teller) -> tuple[Text, ...]:
    """In the language that its holder speaks; those that the program switched off are missing."""
    return tuple(_text(teller, key) for key in TEXTS if key not in teller.terms.texts.off)


def files_of(teller: Teller) -> Iterator[tuple[str, str]]:
    """(name, content) of all that can be kept as a file."""
    for text in texts_of(teller):
        for ending, content in text.files.items():
            yield f"{text.key}.{ending}", content


def _text(teller: Teller, key: str) -> Text:
    said = spoken(teller.who.language)
    told = disclosure(USES[key].channel, teller.country, teller.who.language)
    own = teller.terms.texts.of(key, teller.who.language)
    pattern = Pattern(own.text, own.subject, own.preview) if own else said.texts[key]
    values = values_of(teller, key, told)
    filled = Filled(pattern.text, values, said.linked)
    if key == "email":
        subject, preview = (Filled(part, values).text for part in (pattern.subject, pattern.preview))
        pieces, files = _mail(teller, subject, preview, filled)
    elif key == "blog":
        pieces, files = _paragraph(teller, USES[key].title, filled)
    else:
        pieces, files = _plain(USES[key], filled, values["link"])
    if key == "caption":
        pieces += (Piece("Link for your profile", values["link"]),)
    return Text(key, USES[key], pieces, told, files)


def _mail(
    teller: Teller, subject: str, preview: str, filled: Filled
) -> tuple[tuple[Piece, ...], dict[str, str]]:
    first, *others = filled.blocks
    # The picture promises the code too.
    header = [_header(teller)] if teller.code_works or not teller.who.code else []
    html = _html(teller, [first, *header, *others])
    heads = [(name, said) for name, said in (("Subject", subject), ("Preview", preview)) if said]
    pieces = (
        *(Piece(name, said, counted=f"{len(said)}, about {SHOWN[name]} are shown") for name, said in heads),
        Piece("Text", filled.text, "txt"),
        Piece("HTML", html, "html", is_code=True),
    )
    whole = "".join(f"{name}: {said}\n" for name, said in heads) + f"\n{filled.text}"
    return pieces, {"txt": whole, "html": _page(teller, subject, html)}


def _paragraph(teller: Teller, title: str, filled: Filled) -> tuple[tuple[Piece, ...], dict[str, str]]:
    html = _html(teller, filled.blocks)
    pieces = (Piece("Markdown", filled.markdown, "md"), Piece("HTML", html, "html", is_code=True))
    return pieces, {"md": filled.markdown, "html": _page(teller, title, html)}


def _plain(use: Use, filled: Filled, link: str) -> tuple[tuple[Piece, ...], dict[str, str]]:
    length = x_length(filled.text, link) if use.place == "X" else len(filled.text)
    counted = f"{length:,} of {use.most:,} on {use.place}" if use.most else ""
    piece = Piece("Text", filled.text, "txt", counted=counted, too_long=0 < use.most < length)
    return (piece,), {"txt": filled.text}


def values_of(teller: Teller, key: str, told: Disclosure) -> dict[str, str]:
    """What the placeholders stand for; nothing where there is nothing to say."""
    who, terms, said = teller.who, teller.terms, spoken(teller.who.language)
    pictures = teller.wording.design(EVERGREEN).words(who.language)
    drawn = language(who.language)
    offer, plan = _running(teller), terms.usual_plan
    code = who.code if teller.code_works and who.percent_bps else ""
    figure = drawn.figure(who.percent_bps / 100)
    words = {
        "disclosure": told.text,
        "program": terms.name,
        "name": who.name,
        "link": f"{teller.base}/r/{who.slug}?p=words-{key}",
        "code": code,
        "saving": drawn.saving.format(figure=figure, discount=drawn.discount) if code else "",
        "offer": offer.name if offer else "",
        "offer_code": offer.codes[0] if offer else "",
        "until": said.day(offer.ends_on) if offer else "",
        "plan": plan.name if plan.trial else "",
        "trial": said.trial(plan.trial) if plan.trial else "",
        "claim": pictures["headline"].rstrip(".。"),
        "about": pictures["sub_paper"],
        **{name: pictures[name] for name in POINTS},
    }
    return {name: " ".join(text.translate(_UNBROKEN).split()) for name, text in words.items()}


def _running(teller: Teller) -> Promotion | None:
    """The offer of today for this affiliate's customers; of several the one that ends first."""
    offers = [
        offer
        for offer in teller.terms.promotions
        if offer.starts_on <= teller.today <= offer.ends_on and offer.tier in (None, teller.tier)
    ]
    return min(offers, key=lambda offer: offer.ends_on, default=None)


def x_length(text: str, link: str) -> int:
    """As X counts: a link is 23 characters, and a letter beyond Latin, Arabic and their like is two."""
    before = text.replace(link, "")
    links = text.count(link) * X_LINK
    return links + sum(1 if any(low <= ord(one) <= high for low, high in X_LIGHT) else 2 for one in before)


def _header(teller: Teller) -> str:
    who, design = teller.who, teller.wording.design(EVERGREEN)
    width, height = HEADER.split("x")
    image = teller.base + address_of(who, design.name, f"{HEADER}@2x.{design.form}", p="words-email")
    here = f"{teller.base}/r/{who.slug}?p=words-email"
    alt = alt_text(teller.terms.name, who, design)
    return (
        f'<p><a href="{escape(here)}" rel="sponsored"><img src="{escape(image)}"\n'
        f'  width="{width}" height="{height}" alt="{escape(alt)}"></a></p>'
    )


def _html(teller: Teller, blocks: list[str]) -> str:
    spoken_in = teller.who.language
    side = ' dir="rtl"' if language(spoken_in).from_right else ""
    return f'<div lang="{spoken_in}"{side}>\n' + "\n".join(blocks) + "\n</div>"


def _page(teller: Teller, title: str, html: str) -> str:
    """A file that opens by itself."""
    return (
        f'<!doctype html>\n<html lang="{teller.who.language}">\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n{html}\n</html>\n"
    )
