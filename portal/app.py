"""The portal as one ASGI application: routers, guards, engine, error pages."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from datetime import datetime
from functools import partial

import structlog
from litestar import HttpMethod, Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from portal import db
from portal.accounts.letter_pages import letters_router
from portal.accounts.own_pages import own_routers
from portal.accounts.pages import accounts_router
from portal.accounts.passkey_pages import passkeys_router
from portal.accounts.sessions import KnowWho
from portal.accounts.team_pages import team_routers
from portal.answers import HANDLERS
from portal.clock import Clock, utc_now
from portal.creatives.designs_staff_pages import staff_designs_router
from portal.creatives.hits import counting_hits
from portal.creatives.pages import creatives_routers
from portal.creatives.renderers import Renderers, rendering
from portal.creatives.staff_pages import staff_creatives_router
from portal.demo.people import kept_hints
from portal.earnings.api import api_router
from portal.earnings.dry_run_pages import terms_draft_router
from portal.earnings.intake import booking
from portal.earnings.ledger_pages import earnings_router
from portal.earnings.pages import webhooks_router
from portal.earnings.staff_pages import staff_earnings_router
from portal.enrollments.code_pages import codes_router
from portal.enrollments.me import KnowProgram, provide_me
from portal.enrollments.pages import apply_router
from portal.enrollments.question_pages import questions_router
from portal.enrollments.several_pages import applications_router
from portal.enrollments.status_pages import status_router
from portal.enrollments.terms_pages import agreement_router, staff_terms_router, terms_router
from portal.errors import NotFound
from portal.health import health_router
from portal.home.pages import affiliate_home_router, colours_router, front_router, switch_router
from portal.home.staff_pages import staff_home_router
from portal.insights.pages import funnel_router
from portal.insights.visits import counting_visits
from portal.limits import RateLimits
from portal.outbox.pages import mailbox_router
from portal.outbox.staff_pages import given_up_router
from portal.programs.colours import look_of
from portal.programs.queries import all_programs, terms_at
from portal.referrals.clicks import counting_clicks
from portal.referrals.pages import follow_router, links_router
from portal.settings import Settings, read_settings
from portal.static_files import StaticFiles, static_router
from portal.storage import Storage
from portal.support.pages import claims_router
from portal.support.staff_pages import staff_claims_router
from portal.templating import make_environment
from portal.web import Asking, House, Houses
from portal.wire import ReadableHost, SameOrigin, WholeBodies, security_headers
from portal.worker import Worker, working

BODY_LIMIT = 64 * 1024


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock = utc_now,
    own_worker: bool = True,
    lifespan: tuple[Callable[[Litestar], AbstractAsyncContextManager[None]], ...] = (),
) -> Litestar:
    """The whole application. Its database must be migrated; `own_worker` sends letters from here too."""
    static = StaticFiles()
    app = _routed(static, lifespan)
    app.state.templates = make_environment(static.address, lambda: app.state.clock().date())
    settle(app, settings or read_settings(), clock, own_worker=own_worker)
    return app


def settle(app: Litestar, settings: Settings, clock: Clock, *, own_worker: bool) -> None:
    """Gives an app, which must not be running, its place: this database, these limits, this storage.

    Half a second goes into an app's routes and templates, which are the same wherever it runs.
    """
    app.state = State(
        {
            "settings": settings,
            "clock": clock,
            "own_worker": own_worker,
            "templates": app.state.templates,
            "limits": RateLimits(settings.rate_limit_url),
            "storage": Storage(settings.storage_url),
            "renderers": Renderers(),
            "sign_in_hints": partial(kept_hints, settings),
        }
    )


@asynccontextmanager
async def database(app: Litestar) -> AsyncIterator[None]:
    async with db.connected(app.state.settings.database_url):
        app.state.houses = await houses_of(app.state.settings, app.state.clock())
        yield


@asynccontextmanager
async def counting_tries(app: Litestar) -> AsyncIterator[None]:
    async with aclosing(app.state.limits):
        yield


@asynccontextmanager
async def letters(app: Litestar) -> AsyncIterator[None]:
    if not app.state.own_worker:
        yield
        return
    here = app.state
    async with working(Worker(here.settings, here.templates, here.houses, here.clock, here.storage)):
        yield


def now(request: Asking) -> datetime:
    clock: Clock = request.app.state.clock
    return clock()


def _routed(
    static: StaticFiles, lifespan: tuple[Callable[[Litestar], AbstractAsyncContextManager[None]], ...]
) -> Litestar:
    return Litestar(
        route_handlers=[
            static_router(static),
            health_router,
            front_router,
            colours_router,
            switch_router,
            apply_router,
            status_router,
            terms_router,
            agreement_router,
            staff_terms_router,
            terms_draft_router,
            questions_router,
            accounts_router,
            passkeys_router,
            letters_router,
            *own_routers,
            *team_routers,
            mailbox_router,
            follow_router,
            webhooks_router,
            api_router,
            affiliate_home_router,
            links_router,
            earnings_router,
            staff_earnings_router,
            claims_router,
            staff_claims_router,
            *creatives_routers(),
            staff_creatives_router,
            staff_designs_router,
            staff_home_router,
            funnel_router,
            given_up_router,
            applications_router,
            codes_router,
            Router("/", route_handlers=[nowhere]),
        ],
        dependencies={"now": Provide(now, sync_to_thread=False), "me": Provide(provide_me)},
        middleware=[WholeBodies(), ReadableHost(), KnowWho(), KnowProgram(), SameOrigin()],
        before_send=[security_headers],
        exception_handlers=HANDLERS,
        # Pictures and PDFs are packed already, and so are static files.
        compression_config=CompressionConfig(
            backend="gzip", gzip_compress_level=5, exclude=["^/static/", "^/c/"], exclude_opt_key="packed"
        ),
        # The pool first: contexts end in reverse, so buffers and worker still have it when they end.
        lifespan=[
            counting_tries,
            database,
            letters,
            counting_clicks,
            counting_visits,
            counting_hits,
            booking,
            rendering,
            *lifespan,
        ],
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
    )


async def houses_of(settings: Settings, now: datetime) -> Houses:
    """What frames and letters say about each program. Raises RuntimeError while no program is loaded."""
    programs = await all_programs()
    if not programs:
        raise RuntimeError(
            "No program is loaded. Put a program file into the data folder's programs/ and start again."
        )
    houses = []
    for program in programs:
        terms = await terms_at(program.id, now)
        houses.append(
            House(
                program_id=program.id,
                slug=program.slug,
                program=terms.name,
                mark=terms.brand.mark,
                drawing=terms.brand.drawing,
                contact=terms.contact,
                look=look_of(program.slug, terms.brand.accent),
                has_mailbox=settings.has_mailbox,
                several=len(programs) > 1,
            )
        )
    return Houses(tuple(houses), settings.has_mailbox)


@HTTPRouteHandler(
    "/{anything:path}",
    http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
    sync_to_thread=False,
)
def nowhere() -> None:
    """Unknown addresses get the house's page too, in the frame of whoever asks."""
    raise NotFound


def start_logging() -> None:
    """JSON, one line an event."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def served() -> Litestar:
    """What the server's processes make: settings come from the environment."""
    start_logging()
    return create_app()


def served_without_worker() -> Litestar:
    start_logging()
    return create_app(own_worker=False)
