"""Events of other billing systems: `POST /api/v1/events`, and its description as an OpenAPI document."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from portal.earnings.actions import Delivery, Receipt, refuse
from portal.earnings.api_events import ApiEvent, read
from portal.earnings.facts import Malformed
from portal.earnings.keys import signed_by
from portal.earnings.pages import body_of, intake_of
from portal.earnings.sources import API
from portal.earnings.stripe import Forged
from portal.web import Asking, client_network, problem, settings_of

LARGEST = 64 * 1024
AHEAD = timedelta(minutes=5)  # how far a sender's clock may be ahead of ours
FORGED_AT_MOST = "30/minute"
TITLES = {
    400: "This is no JSON event",
    401: "Not signed by a key",
    403: "Not for this key",
    409: "This id came before",
    413: "Too large",
    422: "Not as the description has it",
    429: "Too many wrong signatures",
}


@post("/api/v1/events", request_max_body_size=LARGEST)
async def receive_event(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """Stored and booked before it is answered; what was not answered with 200 is sent again."""
    limits, network = request.app.state.limits, client_network(request)
    await limits.must_have_room(FORGED_AT_MOST, "api", network)
    body = await body_of(request, LARGEST)
    name, signature = (request.headers.get(header, "") for header in ("Portal-Key", "Portal-Signature"))
    try:
        key = await signed_by(settings_of(request).secret, name, signature, body, now)
    except Forged as wrong:
        await limits.spend(FORGED_AT_MOST, "api", network)
        await refuse(str(wrong), now, body, API)
        return _refused(401, str(wrong))
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        event = read(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return _refused(400, f"{wrong}.")
    except Malformed as wrong:
        return _refused(422, str(wrong))
    if event.kind not in key.kinds:
        return _refused(403, f"This key may tell {', '.join(sorted(key.kinds))}, not {event.kind}.")
    if event.happened_at > now + AHEAD:
        return _refused(422, "This has not happened yet: its time is ahead of ours - at `$.at`.")
    receipt = await intake_of(request).receive(key.program, Delivery(event, body), now, API)
    if receipt is Receipt.ALTERED:
        return _refused(409, "An event of this id came before with another body. Nothing was changed.")
    return Response({"received": str(receipt)}, status_code=200, headers={"Cache-Control": "no-store"})


def _refused(status: int, detail: str) -> Response[Any]:
    return problem(status, TITLES[status], detail)


@get("/api/v1/openapi.json", sync_to_thread=False)
def openapi(request: Asking) -> Response[Any]:
    document = {**described(), "servers": [{"url": settings_of(request).base_url}]}
    return Response(msgspec.json.encode(document), media_type="application/json")


@cache
def described() -> dict[str, Any]:
    """The document, from the very shapes that are read."""
    (event,), shapes = msgspec.json.schema_components([ApiEvent], ref_template="#/components/schemas/{name}")
    problems = {
        str(status): {
            "description": title,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, title in TITLES.items()
    }
    text = {"type": "string"}
    problem_shape = {"type": text, "title": text, "status": {"type": "integer"}, "detail": text}
    received = {"type": "string", "enum": [Receipt.BOOKED, Receipt.KNOWN]}
    booked = {
        "description": "Stored and booked; `known` where it came before",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"received": received}, "required": ["received"]}
            }
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Affiliate portal", "version": "1", "description": SIGNING},
        "paths": {
            "/api/v1/events": {
                "post": {
                    "operationId": "tellEvent",
                    "summary": "Tell what happened",
                    "security": [{"key": [], "signature": []}],
                    "requestBody": {"required": True, "content": {"application/json": {"schema": event}}},
                    "responses": {"200": booked, **problems},
                }
            }
        },
        "components": {
            "schemas": {
                **shapes,
                "Problem": {"type": "object", "properties": problem_shape, "required": list(problem_shape)},
            },
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "Portal-Key"},
                "signature": {"type": "apiKey", "in": "header", "name": "Portal-Signature"},
            },
        },
    }


SIGNING = (
    "`Portal-Key` names the key. `Portal-Signature` is `t=<seconds>,v1=<hex>`: the HMAC-SHA256, with the "
    "key's secret, of the seconds, a full stop and the body's bytes. It is good for five minutes. "
    "An event's `id` makes it safe to send again: the same bytes are answered and not booked twice. "
    "Amounts are whole minor units of their currency."
)

api_router = Router("/", route_handlers=[receive_event, openapi], opt={"nobody": True, "signed": True})
