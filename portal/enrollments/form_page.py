"""What a page of the application form carries: its draft, what it had seen of it, where it came from."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response
from litestar.datastructures import Cookie

from portal.enrollments import applying_queries as queries
from portal.enrollments import drafts
from portal.enrollments.drafts import KeptDraft, Place
from portal.enrollments.forms import ApplicationDraft, parse_source, typed_application
from portal.enrollments.rules import DRAFT_LASTS, Source
from portal.ids import moment_of, new_id, sealed, unsealed
from portal.programs.queries import current_form, terms_at
from portal.programs.questions import Form
from portal.programs.rules import ProgramTerms
from portal.web import Asking, Said, came_from, settings_of


@dataclass(frozen=True)
class Asked:
    """What the program asks at this moment."""

    program_id: UUID
    terms: ProgramTerms
    form: Form

    @property
    def path(self) -> str:
        return f"/p/{self.terms.slug}/apply"


async def asked_now(program_id: UUID, now: datetime) -> Asked:
    return Asked(program_id, await terms_at(program_id, now), await current_form(program_id))


def new_page(request: Asking, asked: Asked, kept: KeptDraft | None, now: datetime) -> queries.Opened:
    """A page as it is first shown. One that was sent begins a new draft with the same words."""
    page_id, goes_on = new_id(now), kept if kept and not kept.sent_at else None
    return queries.Opened(
        draft=seal(request, "draft", goes_on.id if goes_on else page_id),
        page=seal(request, "opened", page_id),
        base=goes_on.revision if goes_on else 0,
        source=came_from(request),
        terms=asked.terms.version,
        form=asked.form.version,
    )


def same_page(request: Asking, said: Said, asked: Asked, now: datetime) -> queries.Opened:
    """The same page again: it was opened when it was first shown, and writes the same draft."""
    one = said.one
    fresh = new_id(now)
    whole = shown_at(request, said) is not None and unseal(request, "draft", one.get("draft", ""))
    return queries.Opened(
        draft=one["draft"] if whole else seal(request, "draft", fresh),
        page=one["opened"] if whole else seal(request, "opened", fresh),
        base=_base(said),
        source=one.get("source", "")[:2_000],
        terms=asked.terms.version,
        form=asked.form.version,
    )


def place_of(request: Asking, said: Said, asked: Asked) -> Place | None:
    """None for a page that is not one of ours."""
    draft_id = unseal(request, "draft", said.one.get("draft", ""))
    writer = unseal(request, "opened", said.one.get("opened", ""))
    if draft_id is None or writer is None:
        return None
    return Place(asked.program_id, draft_id, writer, _base(said), asked.form.form_id)


def _base(said: Said) -> int:
    text = said.one.get("base", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def typed_so_far(said: Said, asked: Asked) -> ApplicationDraft:
    return typed_application(said.one, said.many("ways"), asked.form.questions, said.all)


async def source_of(said: Said, asked: Asked) -> Source:
    source = parse_source(said.one.get("source", ""))
    return replace(source, recruiter=await drafts.recruiter_of(source.via, asked.program_id))


def shown_at(request: Asking, said: Said) -> datetime | None:
    """The form carries the moment it was shown, as a sealed id: a UUIDv7 holds its time."""
    shown = unseal(request, "opened", said.one.get("opened", ""))
    return moment_of(shown) if shown else None


async def kept_here(request: Asking, asked: Asked) -> KeptDraft | None:
    kept = draft_here(request, asked)
    return await drafts.kept_draft(kept, asked.program_id) if kept else None


def draft_here(request: Asking, asked: Asked) -> UUID | None:
    return unseal(request, "draft", request.cookies.get(cookie_name(request, asked), ""))


def cookie_name(request: Asking, asked: Asked) -> str:
    return ("__Host-" if settings_of(request).https else "") + f"draft-{asked.terms.slug}"


def keep_here(request: Asking, response: Response[Any], asked: Asked, draft_id: UUID) -> None:
    """This browser finds the draft again."""
    _set_cookie(request, response, asked, seal(request, "draft", draft_id), int(DRAFT_LASTS.total_seconds()))


def let_go_here(request: Asking, response: Response[Any], asked: Asked) -> None:
    # With all its marks: over https, browsers ignore a `__Host-` cookie that lacks one, also to delete it.
    _set_cookie(request, response, asked, "", 0)


def _set_cookie(request: Asking, response: Response[Any], asked: Asked, value: str, lasts: int) -> None:
    response.set_cookie(
        Cookie(
            key=cookie_name(request, asked),
            value=value,
            httponly=True,
            secure=settings_of(request).https,
            samesite="lax",
            max_age=lasts,
        )
    )


def seal(request: Asking, purpose: str, identity: UUID) -> str:
    return sealed(settings_of(request).secret, purpose, identity)


def unseal(request: Asking, purpose: str, text: str) -> UUID | None:
    return unsealed(settings_of(request).secret, purpose, text)
