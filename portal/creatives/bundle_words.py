"""What stands beside the pictures in a ZIP."""

from collections.abc import Sequence
from datetime import datetime

from portal.creatives.actions import Picture
from portal.creatives.kits import Holder
from portal.creatives.queries import address_of, alt_text, tracked_link
from portal.programs.rules import ProgramTerms


def readme(
    who: Holder,
    terms: ProgramTerms,
    base: str,
    pictures: Sequence[Picture],
    left_out: Sequence[str],
    now: datetime,
) -> str:
    lines = [
        f"{terms.name} creatives for {who.name}",
        f"Made on {now.day} {now:%B %Y}",
        "",
        "You may upload these files, or use a picture's address instead: it keeps its size for ever",
        "and follows your brand kit and the current offer.",
        "",
        f"Your link: {base}/r/{who.slug}",
        *([f"Your code: {who.code}"] if who.code else []),
        *([f"Say beside it: {terms.words.disclosure}"] if terms.words.disclosure else []),
    ]
    gone = set(left_out)
    for picture in pictures:
        name = f"{picture.design.name}/{picture.wanted.file}"
        if name not in gone:
            lines += [
                "",
                name,
                f"  Address: {base}{address_of(who, picture.design.name, picture.wanted.file)}",
                f"  Link:    {tracked_link(base, who, picture.design.name, picture.wanted.shape)}",
                f"  Alt:     {alt_text(terms.name, who, picture.design)}",
            ]
    if left_out:
        lines += [
            "",
            "These could not be drawn. Download them again later:",
            *(f"  {name}" for name in left_out),
        ]
    return "\n".join(lines)


def for_windows(text: str) -> bytes:
    """Lines end with CR LF, and a mark tells the encoding."""
    return ("\ufeff" + "\r\n".join(text.splitlines()) + "\r\n").encode()
