"""What a request through a link tells: is it a person's visit, from where, on what."""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from portal.referrals.rules import NotCounted

CLICK_PARAMETER = "click_id"
PLACEMENT = re.compile(r"[^\w .,:&+()/-]")
TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk|Android(?!.*Mobi)", re.IGNORECASE)


def not_counted(method: str, headers: Mapping[str, str], shown_as: str = "document") -> NotCounted | None:
    """Why a request through a link is no click; None for a visit. Repeats are found when it is stored.

    `shown_as` is what browsers say that they open it for; a picture on a page is an "image".
    """
    if method == "HEAD":
        return NotCounted.HEAD
    purpose = headers.get("sec-purpose") or headers.get("purpose") or headers.get("x-moz") or ""
    if "prefetch" in purpose or "preview" in purpose:
        return NotCounted.PREFETCH
    if headers.get("sec-fetch-dest", shown_as) != shown_as:
        # A hidden picture or frame is nobody's visit.
        return NotCounted.NOT_A_VISIT
    if is_bot(headers.get("user-agent", "")):
        return NotCounted.BOT
    return None


@lru_cache(maxsize=4096)
def is_bot(user_agent: str) -> bool:
    from crawleruseragents import is_crawler  # reads half a megabyte of patterns, so not at start

    return not user_agent or is_crawler(user_agent[:500])


def device_of(user_agent: str) -> str:
    if TABLET.search(user_agent):
        return "tablet"
    return "phone" if "Mobi" in user_agent else "computer"


def referrer_host(referrer: str) -> str:
    """The host of the page that the link stood on; the rest of its address is nobody's business."""
    try:
        return (urlsplit(referrer).hostname or "")[:255]
    except ValueError:
        return ""


def placement_of(text: str) -> str:
    return " ".join(PLACEMENT.sub("", text).split())[:80]


def with_click(destination: str, token: str) -> str:
    """The vendor's page with the click's id, which its checkout hands on."""
    parts = urlsplit(destination)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != CLICK_PARAMETER]
    return urlunsplit(parts._replace(query=urlencode([*query, (CLICK_PARAMETER, token)])))
