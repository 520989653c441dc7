"""From what went wrong to an answer: a page of the house, or JSON where no person reads it."""

import sqlite3
from typing import Any
from urllib.parse import quote

import asyncpg
import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from portal import db, errors
from portal.accounts.sessions import forget
from portal.web import Asking, ErrorPage, nothing, problem, settings_of, show, who

log = structlog.get_logger("portal")

HEADINGS = {
    400: "This can't be understood",
    403: "This page isn't for your account",
    404: "Nothing is at this address",
    405: "This address doesn't take that",
    408: "This took too long",
    409: "Nothing was changed",
    413: "This is too large",
    422: "This can't be read",
    429: "A short break, please",
    500: "Something broke on our side",
    503: "The portal is busy",
    507: "There is no room left",
}

STATUS: dict[type[errors.PortalError], int] = {
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.TooSlow: 408,
    errors.Refused: 409,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Unreadable: 422,
    errors.TooMany: 429,
    errors.Busy: 503,
    errors.StorageFull: 507,
}

SENTENCES = {
    400: "The request was damaged on its way. Go back and try again.",
    404: errors.NotFound.sentence,
    405: "Go back and use the page's own buttons.",
    413: errors.TooLarge.sentence,
}


def refused(request: Asking, error: errors.PortalError) -> Response[Any]:
    if isinstance(error, errors.NotSignedIn):
        return _to_sign_in(request)
    if isinstance(error, errors.NotProved):
        return _onward(request, f"/signin/again?next={quote(error.onward)}")
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    retry_after = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return answer(request, status, error.sentence, headers, getattr(error, "heading", ""))


def http_problem(request: Asking, error: HTTPException) -> Response[Any]:
    """Litestar's own refusals: no route, a wrong method, a body that is too large or damaged."""
    status = error.status_code if error.status_code in HEADINGS else 400
    return answer(request, status, SENTENCES.get(status, SENTENCES[400]), dict(error.headers or {}))


def database_problem(request: Asking, error: Exception) -> Response[Any]:
    if db.is_away(error):
        log.warning("database away", path=request.scope["path"], error=type(error).__name__)
        return refused(request, errors.Busy())
    return broken(request, error)


def broken(request: Asking, error: Exception) -> Response[Any]:
    log.error("request failed", method=request.method, path=request.scope["path"], exc_info=error)
    sentence = "It is in our log and nothing of yours was lost. Try again, or write to us if it stays."
    return answer(request, 500, sentence, {})


def answer(
    request: Asking, status: int, sentence: str, headers: dict[str, str], heading: str = ""
) -> Response[Any]:
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    if request.scope["path"].startswith("/api/"):
        return problem(status, heading or HEADINGS[status], sentence, headers)
    if wants_json or request.scope["path"].startswith("/webhooks/"):
        return Response(
            {"error": sentence}, status_code=status, headers={"Cache-Control": "no-store", **headers}
        )
    home = {"affiliate": ("/home", "Back to home"), "manager": ("/manage", "Back to today")}
    href, label = home.get(who(request).kind, ("/", "To the program"))
    page = ErrorPage(status, heading or HEADINGS[status], sentence, href, label)
    return show(request, "errors/error.html", page=page, status=status, headers=headers)


def _to_sign_in(request: Asking) -> Response[Any]:
    where = "/signin/code" if who(request).kind == "half" else "/signin"
    if request.method == "GET" and request.scope["path"] not in ("/", "/home", "/manage"):
        where += f"?next={quote(request.scope['path'])}"
    response = _onward(request, where)
    if who(request).kind == "visitor" and request.cookies:
        forget(response, settings_of(request))
    return response


def _onward(request: Asking, where: str) -> Response[Any]:
    if request.headers.get("Accept", "").startswith("application/json"):
        return Response({"to": where}, status_code=401, headers={"Cache-Control": "no-store"})
    if request.headers.get("HX-Request") == "true":
        # htmx would follow the redirect and put the page into a corner of this one.
        return nothing(204, {"HX-Redirect": where})
    return nothing(303, {"Location": where, "Cache-Control": "no-store"})


HANDLERS: ExceptionHandlersMap = {
    errors.PortalError: refused,
    HTTPException: http_problem,
    sqlite3.Error: database_problem,
    asyncpg.PostgresError: database_problem,
    asyncpg.InterfaceError: database_problem,
    OSError: database_problem,
    Exception: broken,
}
