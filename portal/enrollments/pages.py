"""The application form: shown, kept while somebody types, opened elsewhere, sent."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from portal.accounts.forms import email_problem
from portal.accounts.rules import email_key
from portal.enrollments import applying_queries as queries
from portal.enrollments import drafts
from portal.enrollments.drafts import Saved, Saving
from portal.enrollments.form_page import (
    Asked,
    asked_now,
    draft_here,
    keep_here,
    kept_here,
    let_go_here,
    new_page,
    place_of,
    same_page,
    seal,
    shown_at,
    source_of,
    typed_so_far,
)
from portal.enrollments.forms import (
    ApplicationDraft,
    parse_application,
)
from portal.enrollments.rules import DRAFT_LASTS, Source, due
from portal.errors import NotFound
from portal.ids import moment_of, new_id, unsealed
from portal.web import (
    Asking,
    Page,
    Said,
    client_network,
    go,
    houses_of,
    program_of,
    read_said,
    settings_of,
    show,
    speak_of,
    wants_fragment,
)

# Nobody sees and sends seven fields in less, not even with a browser that fills them in.
FASTEST_PERSON = timedelta(milliseconds=800)
APPLICATIONS = "10/hour"
LETTERS = "5/hour"
LINKS = "3/day"  # letters that open a draft, to one address
LINKS_OF_ALL = "10/hour"
DRAFTS = "30/hour"
SAVES = "1200/hour"

QUICK = "That was very quick. Please look it over and send it."
ELSEWHERE = (
    "This application was also written on another page or device since you opened this one. "
    "Send it again, and what stands here counts."
)
NEW_QUESTIONS = (
    "The questions have changed since you opened this page. What you wrote is still here; "
    "please look at all of it once more."
)


@get("/apply")
async def apply_to_the_only_one(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    if houses_of(request).several:
        return go(request, "/")
    return await _shown(request, await asked_now(program_of(request), now), now)


@get("/p/{program:str}/apply")
async def apply_page(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    return await _shown(request, await asked_now(program_of(request), now), now)


@post("/p/{program:str}/apply")
async def apply(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    asked, said = await asked_now(program_of(request), now), await read_said(request)
    terms = asked.terms
    ways = {way.key: way.name for way in terms.words.ways}
    draft = parse_application(said.one, said.many("ways"), ways, asked.form.questions, said.all)
    problems = _page_problems(request, said, asked, now)
    # Agreed to was what stood on the page; what came since has to be agreed to by hand.
    agreed = draft.consent and "consent" not in problems
    draft = replace(draft, consent=agreed, errors={**draft.errors, **problems})
    place = place_of(request, said, asked)
    if draft.errors or place is None:
        return await _back_with_errors(request, said, asked, draft, now)
    limits, source = request.app.state.limits, await source_of(said, asked)
    await limits.spend(APPLICATIONS, "apply", client_network(request))
    opened_at = moment_of(place.writer)
    if await limits.allows(LETTERS, "apply", email_key(draft.email)) and terms.terms_id:
        sent = await drafts.send_draft(
            place, draft, source, terms_id=terms.terms_id, opened_at=opened_at, now=now
        )
        if sent.how is Saving.ELSEWHERE:
            opened = replace(same_page(request, said, asked, now), base=sent.revision)
            draft = replace(draft, errors={"form": ELSEWHERE})
            return _form(request, asked, draft, opened, now, saved=sent)
        place = replace(place, draft_id=sent.draft_id)
    else:
        # The same page and no letter: nobody fills somebody else's mailbox from here. Nothing is lost by it.
        await drafts.save_draft(place, draft, source, started_at=opened_at, now=now, over=True)
    response = go(request, "/apply/sent/" + seal(request, "sent", place.draft_id))
    keep_here(request, response, asked, place.draft_id)
    return response


@post("/p/{program:str}/apply/draft")
async def save(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """As somebody types, through htmx; and by a button where there is no script."""
    asked, said = await asked_now(program_of(request), now), await read_said(request)
    saved = await _save(request, said, asked, now)
    if wants_fragment(request):
        page = _page(asked, typed_so_far(said, asked), same_page(request, said, asked, now), now, saved)
        response: Response[Any] = show(request, "enrollments/apply.html", page=page, fragment="saved")
    elif saved.how in (Saving.SAVED, Saving.SENT):
        response = go(request, asked.path, flash="Saved. Come back to this page in this browser to go on.")
    else:
        opened = same_page(request, said, asked, now)
        return _form(request, asked, typed_so_far(said, asked), opened, now, saved=saved, status=409)
    if saved.how is Saving.SAVED:
        keep_here(request, response, asked, saved.draft_id)
    return response


@post("/p/{program:str}/apply/link")
async def mail_link(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    """A letter opens the draft on another device. It goes only to who asks for it, and only so often."""
    asked, said = await asked_now(program_of(request), now), await read_said(request)
    typed, opened = typed_so_far(said, asked), same_page(request, said, asked, now)
    if email_problem(typed.email):
        problem = "Type your e-mail address first. Then we can send you the link."
        draft = replace(typed, errors={"email": problem})
        return _form(request, asked, draft, opened, now)
    saved = await _save(request, said, asked, now)
    if saved.how is not Saving.SAVED:
        return _form(request, asked, typed, opened, now, saved=saved, status=409)
    limits = request.app.state.limits
    await limits.spend(LINKS_OF_ALL, "draft-link", client_network(request))
    if await limits.allows(LINKS, "draft-link", email_key(typed.email)):
        await drafts.mail_draft(saved.draft_id, now)
    response = go(
        request,
        asked.path,
        flash=f"The link is on its way to {typed.email}. It opens this page on any device.",
    )
    keep_here(request, response, asked, saved.draft_id)
    return response


@post("/p/{program:str}/apply/forget")
async def forget(request: Asking, now: NamedDependency[datetime]) -> Response[Any]:
    asked = await asked_now(program_of(request), now)
    if kept := draft_here(request, asked):
        await drafts.forget_draft(kept, asked.program_id, now)
    response = go(request, asked.path, flash="The form is empty again. What you had typed is deleted.")
    let_go_here(request, response, asked)
    return response


@get("/apply/draft/{token:str}")
async def draft_page(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    """From the letter. It takes a press to go on: nobody types into another's draft unawares."""
    draft_id, asked = await _lettered(request, token, now)
    if draft_here(request, asked) == draft_id:
        return go(request, asked.path)
    email = await drafts.address_of(draft_id)
    return show(request, "enrollments/go_on.html", page=queries.GoOnPage(email, asked.terms.name))


@post("/apply/draft/{token:str}")
async def open_draft(request: Asking, token: FromPath[str], now: NamedDependency[datetime]) -> Response[Any]:
    """This browser has the draft from now on."""
    draft_id, asked = await _lettered(request, token, now)
    response = go(request, asked.path)
    keep_here(request, response, asked, draft_id)
    return response


@get("/apply/sent/{token:str}")
async def sent_page(request: Asking, token: FromPath[str]) -> Page:
    draft_id = unsealed(settings_of(request).secret, "sent", token)
    if draft_id is None:
        raise NotFound
    house = houses_of(request).of(await drafts.program_of_draft(draft_id))
    speak_of(request, house)
    page = queries.CheckMailPage(
        email=await drafts.address_of(draft_id),
        has_mailbox=settings_of(request).has_mailbox,
        path=house.apply_path,
    )
    return show(request, "enrollments/check_mail.html", page=page)


async def _lettered(request: Asking, token: str, now: datetime) -> tuple[UUID, Asked]:
    """The draft that a letter leads to. Raises NotFound for one that was cleared away."""
    draft_id = unsealed(settings_of(request).secret, "draft", token)
    program_id = await drafts.program_of_draft(draft_id) if draft_id else None
    if draft_id is None or program_id is None:
        raise NotFound(
            f"This application is not here any more. What is typed is kept for {DRAFT_LASTS.days} days. "
            "You can begin a new one; it takes two minutes."
        )
    speak_of(request, houses_of(request).of(program_id))
    return draft_id, await asked_now(program_id, now)


async def _shown(request: Asking, asked: Asked, now: datetime) -> Page:
    """A new form, or what this browser has written so far."""
    kept = await kept_here(request, asked)
    opened = new_page(request, asked, kept, now)
    if kept is None:
        return _form(request, asked, ApplicationDraft(), opened, now)
    # Agreeing is never remembered: it belongs to the page on which the terms stood.
    typed = replace(kept.typed, consent=False)
    if kept.sent_at:
        saved = Saved(Saving.SENT, kept.sent_at, kept.id)
        return _form(request, asked, typed, opened, now, saved=saved, sent_to=typed.email)
    saved = Saved(Saving.SAVED, kept.saved_at, kept.id, kept.revision)
    return _form(request, asked, typed, opened, now, saved=saved)


def _form(
    request: Asking,
    asked: Asked,
    draft: ApplicationDraft,
    opened: queries.Opened,
    now: datetime,
    *,
    saved: Saved | None = None,
    sent_to: str = "",
    status: int = 200,
) -> Page:
    page = _page(asked, draft, opened, now, saved, sent_to)
    return show(request, "enrollments/apply.html", page=page, status=422 if draft.errors else status)


def _page(
    asked: Asked,
    draft: ApplicationDraft,
    opened: queries.Opened,
    now: datetime,
    saved: Saved | None = None,
    sent_to: str = "",
) -> queries.ApplyPage:
    return queries.ApplyPage(
        path=asked.path,
        terms=asked.terms,
        questions=asked.form,
        draft=draft,
        kinds=queries.choices_of_kind(),
        ways=queries.choices_of_ways(asked.terms),
        answer_by=due(now, asked.terms),
        opened=opened,
        saved=saved,
        sent_to=sent_to,
    )


async def _back_with_errors(
    request: Asking, said: Said, asked: Asked, draft: ApplicationDraft, now: datetime
) -> Page:
    """With everything as it was typed, on the page and in the draft."""
    saved = await _save(request, said, asked, now)
    shown = saved if saved.how is Saving.SAVED else None
    opened = same_page(request, said, asked, now)
    page = _form(request, asked, draft, opened, now, saved=shown)
    if shown:
        keep_here(request, page, asked, shown.draft_id)
    return page


async def _save(request: Asking, said: Said, asked: Asked, now: datetime) -> Saved:
    place, limits, network = place_of(request, said, asked), request.app.state.limits, client_network(request)
    if place is None or said.one.get("company"):
        return Saved(Saving.TOO_OFTEN, now, new_id())
    is_new = await drafts.kept_draft(place.draft_id, asked.program_id) is None
    if (is_new and not await limits.allows(DRAFTS, "draft", network)) or not await limits.allows(
        SAVES, "draft-save", network
    ):
        return Saved(Saving.TOO_OFTEN, now, place.draft_id)
    return await drafts.save_draft(
        place,
        typed_so_far(said, asked),
        await source_of(said, asked) if is_new else Source(),
        # With a script, the first save comes with the first keystroke; without, writing began with the page.
        started_at=now if wants_fragment(request) else moment_of(place.writer),
        now=now,
        over=said.one.get("over") == "yes",
    )


def _page_problems(request: Asking, said: Said, asked: Asked, now: datetime) -> dict[str, str]:
    """What is wrong with the page rather than with an answer."""
    opened_at = shown_at(request, said)
    if said.one.get("company") or opened_at is None or now - opened_at < FASTEST_PERSON:
        # A bot goes away. A person whose browser was this quick sends it once more and has lost nothing.
        return {"form": QUICK}
    problems = {}
    if said.one.get("questions") != str(asked.form.version):
        problems["form"] = NEW_QUESTIONS
    if said.one.get("terms") != str(asked.terms.version):
        problems["consent"] = (
            f"The terms have changed to version {asked.terms.version} while you were writing. "
            "Please read what is new and agree once more."
        )
    return problems


apply_router = Router(
    "/",
    route_handlers=[
        apply_to_the_only_one,
        apply_page,
        apply,
        save,
        mail_link,
        forget,
        draft_page,
        open_draft,
        sent_page,
    ],
)
