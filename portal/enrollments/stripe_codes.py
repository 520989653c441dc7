"""Discount codes at Stripe: the only file that knows its words for them.

One coupon for each program and percentage says what is taken off; each code is a promotion code of it. The
shapes are those of Stripe's API version 2025-09-30.clover, which every request asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx
import msgspec

VERSION = "2025-09-30.clover"
PATIENCE = httpx.Timeout(10, connect=5)
OF = "affiliate-portal"

T = TypeVar("T")


class Away(Exception):
    """Stripe did not answer, or not now: it is asked again later."""


class StripeRefused(Exception):
    """Asking again changes nothing. Its text is a sentence for managers."""


class KeyRefused(StripeRefused):
    """The key is at fault, so that every other code would be refused too."""


@dataclass(frozen=True)
class Errand:
    """A code that has to be created at Stripe, or to be switched off there."""

    code_id: UUID
    code: str
    percent_bps: int
    enrollment: UUID
    program: str  # its slug
    leaving: bool
    tries: int
    at: datetime


class Coupon(msgspec.Struct):
    id: str
    percent_off: float | None = None
    duration: str = ""
    valid: bool = False


class Promotion(msgspec.Struct):
    coupon: Coupon | str | None = None


class PromotionCode(msgspec.Struct):
    id: str
    promotion: Promotion = msgspec.field(default_factory=Promotion)
    customer: str | None = None
    customer_account: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class Listed(msgspec.Struct):
    data: list[PromotionCode]


class Problem(msgspec.Struct):
    message: str = ""


class Trouble(msgspec.Struct):
    error: Problem


class StripeCodes:
    """Speaks with the key of one account. Every verb may be repeated: it looks before it changes anything."""

    def __init__(self, http: httpx.AsyncClient, address: str, key: str) -> None:
        self._http, self._address = http, address
        self._headers = {"Authorization": f"Bearer {key}", "Stripe-Version": VERSION}

    async def create(self, errand: Errand) -> str:
        """The id of the promotion code, new or found. Raises Away or StripeRefused."""
        if found := await self._active(errand.code):
            return _adopted(found, errand)
        coupon = await self._coupon(errand)
        try:
            made = await self._post(
                "promotion_codes",
                {
                    "promotion[type]": "coupon",
                    "promotion[coupon]": coupon,
                    "code": errand.code,
                    "active": "true",
                    **_marks(errand),
                    "metadata[enrollment]": str(errand.enrollment),
                    "metadata[discount_code]": str(errand.code_id),
                },
                PromotionCode,
                errand,
            )
        except KeyRefused:
            raise
        except StripeRefused:
            # Somebody may have created it since we looked.
            if found := await self._active(errand.code):
                return _adopted(found, errand)
            raise
        return made.id

    async def switch_off(self, errand: Errand) -> bool:
        """Whether it is off now; one that people created is left alone. Raises Away or StripeRefused."""
        found = await self._active(errand.code)
        if found is None:
            return True
        if found.metadata.get("discount_code") != str(errand.code_id):
            return False
        await self._post(f"promotion_codes/{found.id}", {"active": "false"}, PromotionCode, errand)
        return True

    async def check(self) -> None:
        """Reads what the errands read. Raises Away or StripeRefused."""
        await self._get("coupons", {"limit": "1"}, dict[str, Any])
        await self._get("promotion_codes", {"limit": "1"}, dict[str, Any])

    async def _active(self, code: str) -> PromotionCode | None:
        """Stripe has an active code only once, whatever its case, but for those of single customers."""
        asked = {"code": code, "active": "true", "limit": "100", "expand[]": "data.promotion.coupon"}
        found = (await self._get("promotion_codes", asked, Listed)).data
        open_to_all = [one for one in found if not one.customer and not one.customer_account]
        return open_to_all[0] if open_to_all else None

    async def _coupon(self, errand: Errand) -> str:
        name = f"partners-{errand.program}-{_percent(errand.percent_bps).replace('.', '-')}"
        try:
            coupon = await self._get(f"coupons/{name}", {}, Coupon)
        except NotThere:
            coupon = await self._new_coupon(name, errand)
        if _takes_off(coupon) != errand.percent_bps or coupon.duration != "once" or not coupon.valid:
            raise StripeRefused(
                f"Stripe has a coupon {name} already, and it doesn’t take "
                f"{_percent(errand.percent_bps)} % off one payment. Delete it there, then try again."
            )
        return coupon.id

    async def _new_coupon(self, name: str, errand: Errand) -> Coupon:
        percent = _percent(errand.percent_bps)
        wanted = {
            "id": name,
            "percent_off": percent,
            "duration": "once",
            "name": f"Partner code, {percent} % off",  # customers read it on their invoices
            **_marks(errand),
        }
        try:
            return await self._post("coupons", wanted, Coupon, errand)
        except KeyRefused:
            raise
        except StripeRefused as refusal:
            # Another worker may have been faster.
            try:
                return await self._get(f"coupons/{name}", {}, Coupon)
            except NotThere:
                raise refusal from None

    async def _get(self, path: str, asked: Mapping[str, str], shape: type[T]) -> T:
        return await self._ask("GET", path, shape, params=asked, headers=self._headers)

    async def _post(self, path: str, said: Mapping[str, str], shape: type[T], errand: Errand) -> T:
        # Stripe repeats its answer to a key for a day, failures too. So a key is for one request of one try;
        # what an earlier try left behind is found by looking first.
        once = f"{errand.code_id}-{path}-{errand.at.timestamp():.0f}"
        headers = {**self._headers, "Idempotency-Key": once}
        return await self._ask("POST", path, shape, data=said, headers=headers)

    async def _ask(self, method: str, path: str, shape: type[T], **more: Any) -> T:
        try:
            answer = await self._http.request(method, f"{self._address}/v1/{path}", **more)
        except httpx.HTTPError as error:
            raise Away("Stripe did not answer.") from error
        if answer.status_code in (409, 429) or answer.status_code // 100 not in (2, 4):
            raise Away(f"Stripe can’t take it now (it answered {answer.status_code}).")
        if answer.is_client_error:
            raise _refusal(answer)
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Away("Stripe’s answer could not be read.") from error


class NotThere(StripeRefused):
    pass


def _refusal(answer: httpx.Response) -> StripeRefused:
    match answer.status_code:
        case 401:
            return KeyRefused(
                "Stripe doesn’t know the key in PORTAL_STRIPE_API_KEY. Once a valid one is set, try again."
            )
        case 403:
            return KeyRefused(
                "The key in PORTAL_STRIPE_API_KEY may not do this. "
                "Let it write coupons and promotion codes at Stripe, then try again."
            )
    try:
        said = " ".join(msgspec.json.decode(answer.content, type=Trouble).error.message.split())[:300]
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = ""
    sentence = f"Stripe said: “{said}”" if said else f"Stripe refused it and answered {answer.status_code}."
    return NotThere(sentence) if answer.status_code == 404 else StripeRefused(sentence)


def _adopted(found: PromotionCode, errand: Errand) -> str:
    """Raises StripeRefused when the code that is there is not what was promised."""
    whose = found.metadata.get("discount_code", str(errand.code_id))
    if whose != str(errand.code_id):
        raise StripeRefused(f"Stripe has a code {errand.code} already, and it is another partner’s.")
    coupon = found.promotion.coupon
    if isinstance(coupon, Coupon) and coupon.valid and _takes_off(coupon) == errand.percent_bps:
        return found.id
    raise StripeRefused(
        f"Stripe has a code {errand.code} already, and it doesn’t take {_percent(errand.percent_bps)} % off. "
        "Switch that one off there, then try again."
    )


def _takes_off(coupon: Coupon) -> int:
    return round((coupon.percent_off or 0) * 100)


def _percent(bps: int) -> str:
    return f"{bps / 100:g}"


def _marks(errand: Errand) -> dict[str, str]:
    return {"metadata[of]": OF, "metadata[program]": errand.program}
