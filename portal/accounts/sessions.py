"""The cookie that knows you: every request learns here who is asking.

Litestar's own sessions keep an id that the client chose, also through sign-in. Ours are random, new at every
change of rights, and only their hash is stored.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from portal import db
from portal.accounts.rules import SEEN_EVERY
from portal.accounts.signing_in import NewSession
from portal.accounts.tables import Session
from portal.asking import VISITOR, Account, Who
from portal.clock import Clock
from portal.ids import token_hash
from portal.settings import Settings

PATIENCE = 0.3  # seconds


def cookie_name(settings: Settings) -> str:
    return "__Host-session" if settings.https else "session"


class KnowWho(ASGIMiddleware):
    """Puts `Who` into the request's state. Routes that never ask who you are carry `opt={"nobody": True}`."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "nobody"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        state = connection.app.state
        token = connection.cookies.get(cookie_name(state.settings))
        clock: Clock = state.clock
        scope["state"]["who"] = await who_is(token, clock()) if token else VISITOR
        await next_app(scope, receive, send)


async def who_is(token: str, now: datetime) -> Who:
    # A row for each account that the person is on, so that one question answers for the menu too.
    rows = await Session.raw(
        "SELECT s.id, s.affiliate, s.manager, s.program, s.second_factor_at, s.proved_at, s.last_seen_at, "
        "p.id AS person, p.name AS person_name, p.email AS person_email, "
        "t.affiliate AS account, t.role, a.name AS account_name, "
        "m.name AS manager_name, m.email AS manager_email "
        "FROM session s LEFT JOIN person p ON p.id = s.person "
        "LEFT JOIN membership t ON t.person = p.id AND t.ended_at IS NULL "
        "LEFT JOIN affiliate a ON a.id = t.affiliate "
        "LEFT JOIN manager m ON m.id = s.manager AND m.ended_at IS NULL "
        "WHERE s.token_hash = {} AND s.expires_at > {}",
        token_hash(token),
        now,
    )
    found = _person(rows) or _manager(rows)
    if found.session_id is not None and now - rows[0]["last_seen_at"] > SEEN_EVERY:
        await _note_seen(found.session_id, now)
    return found


def _person(rows: list[dict[str, Any]]) -> Who | None:
    """None also for somebody who is not on that account any more."""
    row = next((row for row in rows if row["account"] and row["account"] == row["affiliate"]), None)
    if row is None:
        return None
    others = (
        Account(UUID(str(one["account"])), one["account_name"], one["role"]) for one in rows if one != row
    )
    return Who(
        "affiliate",
        UUID(str(row["affiliate"])),
        UUID(str(row["id"])),
        row["person_name"],
        row["person_email"],
        person=UUID(str(row["person"])),
        role=row["role"],
        account=row["account_name"],
        others=tuple(sorted(others, key=lambda one: one.name.casefold())),
        proved_at=row["proved_at"],
        program=UUID(str(row["program"])) if row["program"] else None,
    )


def _manager(rows: list[dict[str, Any]]) -> Who:
    row = next((row for row in rows if row["manager_name"] is not None), None)
    if row is None:
        return VISITOR
    return Who(
        "half" if row["second_factor_at"] is None else "manager",
        UUID(str(row["manager"])),
        UUID(str(row["id"])),
        row["manager_name"],
        row["manager_email"],
        proved_at=row["proved_at"],
        program=UUID(str(row["program"])) if row["program"] else None,
    )


async def _note_seen(session_id: UUID, now: datetime) -> None:
    """Only to show people their sessions: a page does not wait while somebody else writes."""
    try:
        async with asyncio.timeout(PATIENCE):
            await Session.update({Session.last_seen_at: now}).where(Session.id == session_id)
    except Exception as error:
        if not db.is_away(error):
            raise


def remember(response: Response[Any], session: NewSession, settings: Settings) -> None:
    response.set_cookie(
        Cookie(
            key=cookie_name(settings),
            value=session.token,
            max_age=int(session.lasts.total_seconds()),
            path="/",
            httponly=True,
            secure=settings.https,
            samesite="lax",
        )
    )


def forget(response: Response[Any], settings: Settings) -> None:
    response.set_cookie(
        Cookie(
            key=cookie_name(settings),
            value="",
            max_age=0,
            path="/",
            httponly=True,
            secure=settings.https,
            samesite="lax",
        )
    )
