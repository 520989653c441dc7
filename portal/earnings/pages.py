"""Billing systems in."""

from datetime import datetime
from typing import Any, cast

from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.earnings.actions import Delivery, Receipt, refuse
from portal.earnings.facts import Malformed
from portal.earnings.intake import Intake
from portal.earnings.stripe import Forged, read, verify
from portal.errors import NotFound, TooLarge
from portal.web import Asking, House, houses_of, settings_of

LARGEST_EVENT = 256 * 1024


@post("/webhooks/stripe", request_max_body_size=LARGEST_EVENT)
async def stripe_webhook(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """Of the only program, or of the first one: a second program must not cut the first one off."""
    return await _received(request, houses_of(request).all[0], now)


@post("/webhooks/stripe/{program:str}", request_max_body_size=LARGEST_EVENT)
async def program_webhook(
    request: Asking, program: FromPath[str], now: NamedDependency[datetime]
) -> Response[Any]:
    return await _received(request, houses_of(request).by_slug(program), now)


async def _received(request: Asking, house: House, now: datetime) -> Response[Any]:
    """Stored and booked before it is answered: Stripe sends again whatever was not answered with 200."""
    if house.program_id is None:
        raise NotFound
    body = await body_of(request, LARGEST_EVENT)
    try:
        header = request.headers.get("Stripe-Signature")
        verify(body, header, settings_of(request).stripe_secrets_of(house.slug), now)
        delivery = Delivery(read(body), body)
    except (Forged, Malformed) as wrong:
        await refuse(str(wrong), now, body)
        return _answer(400, error=str(wrong))
    receipt = await intake_of(request).receive(house.program_id, delivery, now)
    if receipt is Receipt.ALTERED:
        return _answer(409, error="This event came before with another body. Nothing was changed.")
    return _answer(200, received=str(receipt))


def intake_of(request: Asking) -> Intake:
    return cast(Intake, request.app.state.intake)


async def body_of(request: Asking, largest: int) -> bytes:
    """Read in pieces, so that a body without a length cannot fill the memory."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > largest:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def _answer(status: int, **values: str) -> Response[Any]:
    return Response(values, status_code=status, headers={"Cache-Control": "no-store"})


webhooks_router = Router(
    "/", route_handlers=[stripe_webhook, program_webhook], opt={"nobody": True, "signed": True}
)
