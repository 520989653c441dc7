"""Applying: the form, the letter's confirmation, and the status page."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.accounts.rules import email_key
from portal.enrollments import actions, queries
from portal.enrollments.forms import ApplicationDraft, parse_application
from portal.errors import NotFound, Refused
from portal.ids import moment_of, new_id, sealed, unsealed
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    client_network,
    form_and_choices,
    go,
    houses_of,
    program_of,
    settings_of,
    show,
    speak_of,
)

# Nobody sees and sends seven fields in less, not even with a browser that fills them in.
FASTEST_PERSON = timedelta(milliseconds=800)
APPLICATIONS = "10/hour"
LETTERS = "5/hour"


@get("/apply")
async def apply_page(request: Asking, now: NamedDependency[datetime]) -> Page:
    return await _form(request, now, ApplicationDraft())


@post("/apply")
async def apply(request: Asking, now: NamedDependency[datetime]) -> Page:
    said, ways = await form_and_choices(request, "ways")
    terms = await _terms(request, now)
    draft = parse_application(said, ways, {way.key: way.name for way in terms.words.ways})
    if said.get("company") or _too_fast(request, said.get("opened", ""), now):
        # A bot goes away. A person whose browser was this quick sends it once more and has lost nothing.
        draft = replace(
            draft, errors={**draft.errors, "form": "That was very quick. Please look it over and send it."}
        )
    if draft.errors:
        return await _form(request, now, draft, said.get("opened", ""))
    limits = request.app.state.limits
    await limits.spend(APPLICATIONS, "apply", client_network(request))
    # Beyond it, the same page and no letter: nobody fills somebody else's mailbox from here.
    if await limits.allows(LETTERS, "apply", email_key(draft.email)):
        await actions.submit_application(program_of(request), terms, draft, now)
    return _check_mail(request, draft.email)


@get("/apply/confirm/{token:str}")
async def confirm_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    application = _confirming(request, token)
    program = await queries.program_of(application)
    speak_of(request, houses_of(request).of(program))
    terms = await terms_at(program, now)
    return show(request, "enrollments/confirm.html", page=await queries.confirm_page(application, terms, now))


@post("/apply/confirm/{token:str}")
async def confirm(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    application = _confirming(request, token)
    await actions.confirm_address(application, now)
    return go(
        request,
        "/apply/status/" + sealed(settings_of(request).secret, "status", application),
        flash="Your address is confirmed.",
    )


@get("/apply/status/{token:str}")
async def status_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    application = unsealed(settings_of(request).secret, "status", token)
    if application is None:
        raise NotFound("There is no application at this address. Use the link from our letter.")
    program = await queries.program_of(application)
    speak_of(request, houses_of(request).of(program))
    page = await queries.status_page(application, await terms_at(program, now), now)
    return show(request, "enrollments/status.html", page=page)


async def _form(request: Asking, now: datetime, draft: ApplicationDraft, opened: str = "") -> Page:
    terms = await _terms(request, now)
    page = queries.ApplyPage(
        terms=terms,
        draft=draft,
        kinds=queries.choices_of_kind(),
        ways=queries.choices_of_ways(terms),
        answer_by=queries.due(now, terms),
        # A form that comes back with its errors was opened when it was first shown.
        opened=opened
        if _shown_at(request, opened)
        else sealed(settings_of(request).secret, "opened", new_id(now)),
    )
    return show(request, "enrollments/apply.html", page=page, status=422 if draft.errors else 200)


def _check_mail(request: Asking, email: str) -> Page:
    page = queries.CheckMailPage(email, settings_of(request).has_mailbox)
    return show(request, "enrollments/check_mail.html", page=page)


async def _terms(request: Asking, now: datetime) -> ProgramTerms:
    return await terms_at(program_of(request), now)


def _confirming(request: Asking, token: str) -> UUID:
    found = unsealed(settings_of(request).secret, "confirm", token)
    if found is None:
        raise Refused("This link is not complete. Open it from the letter again, or copy it whole.")
    return found


def _too_fast(request: Asking, opened: str, now: datetime) -> bool:
    shown_at = _shown_at(request, opened)
    return shown_at is None or now - shown_at < FASTEST_PERSON


def _shown_at(request: Asking, opened: str) -> datetime | None:
    """The form carries the moment it was shown, as a sealed id: a UUIDv7 holds its time."""
    shown = unsealed(settings_of(request).secret, "opened", opened)
    return moment_of(shown) if shown else None


apply_router = Router("/", route_handlers=[apply_page, apply, confirm_page, confirm, status_page])
