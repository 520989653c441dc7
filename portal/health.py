"""For machines that watch: alive, ready, and numbers."""

from typing import Any

from litestar import Response, Router, get
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from portal import db
from portal.limits import RateLimits
from portal.migrate import missing
from portal.outbox.tables import Letter
from portal.web import Asking, settings_of

PLAIN = "text/plain; version=0.0.4; charset=utf-8"


@get("/healthz")
async def healthz() -> Response[Any]:
    """The process answers."""
    return Response({"ok": True})


@get("/readyz")
async def readyz(request: Asking) -> Response[Any]:
    """It can do its work: the database is there and migrated, tries are counted, the data folder is there."""
    problems = []
    try:
        if waiting := await missing():
            problems.append(f"{len(waiting)} migrations have not run")
    except Exception as error:
        if not db.is_away(error):
            raise
        problems.append("the database does not answer")
    limits: RateLimits = request.app.state.limits
    if not await limits.answer():
        problems.append("the server of PORTAL_RATE_LIMIT_URL does not answer")
    if not settings_of(request).data_dir.is_dir():
        problems.append("the data folder is gone")
    return Response({"ok": not problems, "problems": problems}, status_code=503 if problems else 200)


@get("/metrics")
async def metrics() -> Response[bytes]:
    """Prometheus. Behind a proxy, keep this address to yourself: it tells how busy the program is."""
    registry = CollectorRegistry()
    waiting = await Letter.raw(
        "SELECT count(*) AS letters FROM letter WHERE sent_at IS NULL AND given_up_at IS NULL"
    )
    given_up = await Letter.count().where(Letter.given_up_at.is_not_null())
    Gauge("portal_letters_waiting", "Letters in the outbox", registry=registry).set(waiting[0]["letters"])
    Gauge("portal_letters_given_up", "Letters that could not be sent", registry=registry).set(given_up)
    return Response(generate_latest(registry), media_type=PLAIN)


health_router = Router("/", route_handlers=[healthz, readyz, metrics], opt={"nobody": True})
