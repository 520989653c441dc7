"""After sending: confirming the address, seeing how it stands, changing answers, finding it again."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.accounts.forms import email_problem
from portal.accounts.rules import email_key
from portal.enrollments import applying, declined
from portal.enrollments import applying_queries as queries
from portal.enrollments.actions import answer_more
from portal.enrollments.form_page import asked_now, keep_here
from portal.enrollments.forms import TYPED_MOST, more_problem, parse_application
from portal.errors import NotFound, Refused
from portal.ids import sealed, unsealed
from portal.programs.queries import terms_at
from portal.programs.rules import ProgramTerms
from portal.web import (
    Asking,
    Page,
    client_network,
    form_of,
    go,
    houses_of,
    read_said,
    settings_of,
    show,
    speak_of,
)

FINDS = "10/hour"
LETTERS = "5/hour"


@get("/apply/confirm/{token:str}")
async def confirm_page(
    request: Asking, token: FromPath[str], now: NamedDependency[datetime]
) -> Response[Any]:
    application = _confirming(request, token)
    if await queries.is_confirmed(application):
        return go(request, _status_path(request, application))
    terms = await _terms(request, application, now)
    return show(request, "enrollments/confirm.html", page=await queries.confirm_page(application, terms, now))


@post("/apply/confirm/{token:str}")
async def confirm(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    application = _confirming(request, token)
    await applying.confirm_address(application, now)
    return go(request, _status_path(request, application), flash="Your address is confirmed.")


@get("/apply/status/{token:str}")
async def status_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    application = _whose(request, token)
    terms = await _terms(request, application, now)
    path = _status_path(request, application)
    page = await queries.status_page(application, terms, path, now)
    return show(request, "enrollments/status.html", page=page)


@get("/apply/status/{token:str}/change")
async def change_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    application = _whose(request, token)
    await _terms(request, application, now)
    page = await queries.change_page(application, None, _status_path(request, application), now)
    return show(request, "enrollments/change.html", page=page)


@post("/apply/status/{token:str}/change")
async def change(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    application, said = _whose(request, token), await read_said(request)
    await _terms(request, application, now)
    page = await queries.change_page(application, None, _status_path(request, application), now)
    ways = {way.key: way.name for way in page.terms.words.ways}
    # The address was confirmed and the terms agreed to: neither is on this form.
    kept = {**said.one, "email": page.draft.email, "consent": "yes"}
    draft = parse_application(kept, said.many("ways"), ways, page.questions.questions, said.all)
    if draft.errors:
        return show(request, "enrollments/change.html", page=replace(page, draft=draft), status=422)
    await applying.change_answers(application, draft, page.questions.form_id, now)
    return go(request, page.path, flash="Your answers are changed.")


@post("/apply/status/{token:str}/answer")
async def answer(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    """What a manager wanted to know besides."""
    application = _whose(request, token)
    path, terms = _status_path(request, application), await _terms(request, application, now)
    typed = (await form_of(request)).get("answer", "").replace("\r\n", "\n").strip()
    if problem := more_problem(typed):
        page = await queries.status_page(application, terms, path, now)
        page = replace(page, typed=typed[:TYPED_MOST], error=problem)
        return show(request, "enrollments/status.html", page=page, status=422)
    await answer_more(application, typed, now)
    return go(request, path, flash="Thank you. Your answer is with us, and your application goes on.")


@post("/apply/status/{token:str}/again")
async def apply_again(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    """A new form with the answers of the declined application."""
    application = _whose(request, token)
    asked = await asked_now(await queries.program_of(application), now)
    response = go(request, asked.path)
    keep_here(request, response, asked, await declined.begin_again(application, asked.form.form_id, now))
    return response


@post("/apply/status/{token:str}/remind")
async def remind(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    """One letter on the day from which they may apply again, or none after all."""
    application = _whose(request, token)
    if (await form_of(request)).get("do") == "not":
        await declined.dont_remind(application)
        said = "No letter will come."
    else:
        await declined.remind(application, now)
        said = "You get one letter on that day."
    return go(request, _status_path(request, application), flash=said)


@get("/apply/status/{token:str}/delete")
async def delete_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    application = _whose(request, token)
    path, terms = _status_path(request, application), await _terms(request, application, now)
    page = await queries.status_page(application, terms, path, now)
    return show(request, "enrollments/delete_answers.html", page=page)


@post("/apply/status/{token:str}/delete")
async def delete(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    application = _whose(request, token)
    await declined.delete_answers(application, now)
    return go(request, _status_path(request, application), flash="Your answers are deleted.")


@get("/apply/find")
async def find_page(request: Asking) -> Page:
    return show(request, "enrollments/find.html", page=queries.FindPage())


@post("/apply/find")
async def find(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """The same answer for every address; whether somebody has applied, only a letter tells."""
    email = (await form_of(request)).get("email", "").strip()
    if problem := email_problem(email):
        page = queries.FindPage(email[:320], problem)
        return show(request, "enrollments/find.html", page=page, status=422)
    limits = request.app.state.limits
    await limits.spend(FINDS, "find-application", client_network(request))
    if await limits.allows(LETTERS, "find-application", email_key(email)):
        await applying.ask_for_application(email, now)
    words = f"If there is an application under {email}, a letter is on its way to it."
    return go(request, "/apply/find", flash=words)


async def _terms(request: Asking, application: UUID, now: datetime) -> ProgramTerms:
    """Of the program that it was sent to; from here on the page speaks of that one."""
    program = await queries.program_of(application)
    speak_of(request, houses_of(request).of(program))
    return await terms_at(program, now)


def _status_path(request: Asking, application: UUID) -> str:
    return "/apply/status/" + sealed(settings_of(request).secret, "status", application)


def _whose(request: Asking, token: str) -> UUID:
    application = unsealed(settings_of(request).secret, "status", token)
    if application is None:
        raise NotFound("There is no application at this address. Use the link from our letter.")
    return application


def _confirming(request: Asking, token: str) -> UUID:
    found = unsealed(settings_of(request).secret, "confirm", token)
    if found is None:
        raise Refused("This link is not complete. Open it from the letter again, or copy it whole.")
    return found


status_router = Router(
    "/",
    route_handlers=[
        confirm_page,
        confirm,
        status_page,
        change_page,
        change,
        answer,
        apply_again,
        remind,
        delete_page,
        delete,
        find_page,
        find,
    ],
)
