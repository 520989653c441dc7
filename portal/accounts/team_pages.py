"""The team of an account, the managers, and the letters that invite to both."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from portal.accounts import own_queries, teams
from portal.accounts.doors import device, entered, limits_of, must_be_proved, token_in
from portal.accounts.forms import InviteDraft, email_problem, name_problem, one_line, parse_invite
from portal.accounts.rules import Role, email_key, password_problem
from portal.accounts.sessions import forget
from portal.accounts.whose import Whose
from portal.audit.actions import Actor
from portal.errors import Refused
from portal.web import (
    Asking,
    Page,
    form_of,
    go,
    managers_only,
    owners_only,
    people_only,
    settings_of,
    show,
    who,
)

LETTERS = "30/day"
TEAM, MANAGERS = "/settings/team", "/manage/team"


@get("/")
async def team(
    request: Asking,
    now: NamedDependency[datetime],
    email: FromQuery[str] = "",
    role: FromQuery[str] = Role.MEMBER,
) -> Page:
    return await _team(request, now, InviteDraft(email[:320], role if role in set(Role) else Role.MEMBER))


@post("/")
async def invite(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    draft, asking = parse_invite(await form_of(request)), who(request)
    if draft.errors:
        return await _team(request, now, draft)
    # What was typed comes along, and stands in the form again afterwards.
    must_be_proved(request, now, f"{TEAM}?{urlencode({'email': draft.email, 'role': draft.role})}")
    await limits_of(request).spend(LETTERS, "invitations", str(asking.id))
    try:
        await teams.invite(asking.known, draft.email, Role(draft.role), _me(request), now)
    except Refused as refusal:
        return await _team(request, now, replace(draft, errors={"email": refusal.sentence}))
    return go(request, TEAM, flash=f"An invitation to {draft.email} is on its way.")


@post("/invitations/{invitation:uuid}/again")
async def invite_again(
    request: Asking, invitation: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    await limits_of(request).spend(LETTERS, "invitations", str(who(request).id))
    email = await teams.send_again(invitation, who(request).known, _actor(request), now)
    return go(request, TEAM, flash=f"The invitation to {email} is sent again.")


@post("/invitations/{invitation:uuid}/withdraw")
async def withdraw(
    request: Asking, invitation: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    email = await teams.withdraw(invitation, who(request).known, _actor(request), now)
    return go(request, TEAM, flash=f"The invitation to {email} is taken back.")


@post("/{membership:uuid}")
async def change_role(
    request: Asking, membership: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    said = (await form_of(request)).get("role", "")
    role = Role(said) if said in set(Role) else None
    if role is Role.OWNER:
        must_be_proved(request, now, TEAM)
    await teams.change_role(who(request).known, membership, role, _me(request), now)
    return go(request, TEAM, flash="The role is changed.")


@post("/{membership:uuid}/remove")
async def remove(
    request: Asking, membership: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    await teams.remove(who(request).known, membership, _me(request), now)
    return go(request, TEAM, flash="They are off this account and signed out of it.")


@post("/settings/leave")
async def leave(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    asking = who(request)
    await teams.leave(asking.known, _me(request), now)
    response = go(request, "/signin", flash=f"You have left {asking.account}.")
    forget(response, settings_of(request))
    return response


@get("/")
async def managers(request: Asking, now: NamedDependency[datetime], email: FromQuery[str] = "") -> Page:
    page = replace(await own_queries.managers_page(who(request).known, now), email=email[:320])
    return show(request, "accounts/managers.html", page=page)


@post("/")
async def invite_manager(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    email, me = (await form_of(request)).get("email", "").strip()[:320], who(request).known
    problem = email_problem(email)
    if not problem:
        must_be_proved(request, now, f"{MANAGERS}?{urlencode({'email': email})}")
        await limits_of(request).spend(LETTERS, "invitations", str(me))
        try:
            await teams.invite_manager(email, me, now)
        except Refused as refusal:
            problem = refusal.sentence
    if problem:
        page = replace(await own_queries.managers_page(me, now), email=email, error=problem)
        return show(request, "accounts/managers.html", page=page, status=422)
    return go(request, MANAGERS, flash=f"An invitation to {email} is on its way.")


@post("/invitations/{invitation:uuid}/again")
async def invite_manager_again(
    request: Asking, invitation: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    await limits_of(request).spend(LETTERS, "invitations", str(who(request).id))
    email = await teams.send_again(invitation, None, _actor(request), now)
    return go(request, MANAGERS, flash=f"The invitation to {email} is sent again.")


@post("/invitations/{invitation:uuid}/withdraw")
async def withdraw_manager(
    request: Asking, invitation: FromPath[UUID], now: NamedDependency[datetime]
) -> Response[Any]:
    email = await teams.withdraw(invitation, None, _actor(request), now)
    return go(request, MANAGERS, flash=f"The invitation to {email} is taken back.")


@get("/invitation/{token:str}")
async def invitation_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Page:
    page = await own_queries.invitation_page(token_in(request, "invitation", token), now)
    return show(request, "accounts/invitation.html", page=page)


@post("/invitation/{token:str}")
async def accept(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    identity = token_in(request, "invitation", token)
    page = await own_queries.invitation_page(identity, now)
    if page.is_known:
        session = await teams.accept(identity, device(request), now)
        if session is not None:
            return await entered(request, session, flash=f"You are on {page.account} now.")
        mine = await own_queries.person_at(email_key(page.email))
        if who(request).kind == "affiliate" and who(request).person == mine:
            return go(request, "/home", flash=f"You are on {page.account} too. Switch to it in the menu.")
        return go(request, "/signin", flash=f"You are on {page.account} now. Sign in as you always do.")
    said = await form_of(request)
    name, password = one_line(said.get("name", "")), said.get("password", "")
    problems = {
        "name": name_problem(name),
        "password": password_problem(password, email=page.email, name=name),
    }
    if errors := {key: problem for key, problem in problems.items() if problem}:
        again = replace(page, name=name, errors=errors)
        return show(request, "accounts/invitation.html", page=again, status=422)
    session = await teams.join(identity, name, password, device(request), now)
    return await entered(request, session, flash=f"Welcome to {page.account}." if page.account else None)


def _me(request: Asking) -> UUID:
    return Whose.asking(who(request)).id


def _actor(request: Asking) -> Actor:
    return Whose.asking(who(request)).actor


async def _team(request: Asking, now: datetime, draft: InviteDraft) -> Page:
    asking = who(request)
    page = await own_queries.team_page(asking.known, asking.person, asking.account, now)
    page = replace(page, email=draft.email, role=draft.role or Role.MEMBER, errors=draft.errors)
    return show(request, "accounts/team.html", page=page, status=422 if draft.errors else 200)


team_routers = (
    Router(
        TEAM,
        route_handlers=[team, invite, invite_again, withdraw, change_role, remove],
        guards=[owners_only],
    ),
    Router("/", route_handlers=[leave], guards=[people_only]),
    Router(
        MANAGERS,
        route_handlers=[managers, invite_manager, invite_manager_again, withdraw_manager],
        guards=[managers_only],
    ),
    Router("/", route_handlers=[invitation_page, accept]),
)
