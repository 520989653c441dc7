"""Where an application came from is kept from its first page on, and who recommended the program."""

from dataclasses import replace
from datetime import datetime

import httpx
import msgspec
import pytest
from litestar import Litestar

from portal.enrollments.actions import approve
from portal.enrollments.applying import confirm_address, submit_application
from portal.enrollments.forms import ApplicationDraft, parse_source
from portal.enrollments.rules import Source
from portal.enrollments.tables import Application, Enrollment
from portal.ids import new_id
from portal.programs.tables import Terms
from tests.cast import KARTRA, Cast
from tests.conftest import FrozenClock
from tests.enrollments.test_drafts import LENA, sends
from tests.letters import sent_letters
from tests.pages import filled_in


async def source_of(app: Litestar, email: str, now: datetime) -> Source:
    await sent_letters(app, now)
    application = await Application.objects().where(Application.affiliate.email == email).first()
    assert application is not None
    return msgspec.json.decode(application.source, type=Source)


async def test_it_comes_along_from_the_program_page_to_the_application(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    front = await visitor.get(
        f"/?utm_source=news&utm_campaign=spring&via={cast.ada.slug}",
        headers={"Referer": "https://duckduckgo.com/?q=partners"},
    )
    (link, *_) = [part.split('"')[0] for part in front.text.split('href="') if part.startswith("/apply?")]
    form = filled_in(await visitor.get(link.replace("&amp;", "&")))
    clock.forward(minutes=1)
    await sends(visitor, form)
    assert await source_of(app, LENA["email"], clock()) == Source(
        utm_source="news",
        utm_campaign="spring",
        referrer="duckduckgo.com",
        via=cast.ada.slug,
        recruiter=cast.ada.enrollment,
    )


async def test_only_active_affiliates_recommend(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    form = filled_in(await visitor.get(f"/p/kartra/apply?via={cast.cleo.slug}"))
    clock.forward(minutes=1)
    await sends(visitor, form)
    assert (await source_of(app, LENA["email"], clock())).recruiter is None


@pytest.mark.parametrize(
    "told", ["", "a=b&c", "utm_source=%00%ff&via[]=x", "recruiter=0190a000", "x" * 9_000]
)
def test_what_an_address_makes_up_does_no_harm(told: str) -> None:
    source = parse_source(told)
    assert source.recruiter is None
    assert source.via == ""


async def test_an_approval_remembers_who_recommended(app: Litestar, cast: Cast, clock: FrozenClock) -> None:
    draft = ApplicationDraft(
        name="Lena Hoffmann",
        email=LENA["email"],
        web_address="https://kurswerkstatt.example",
        kind="educator",
        ways=("blog",),
        audience="Trainers.",
        consent=True,
    )
    for who, recruiter, remembered in (
        ("lena", cast.ada.enrollment, cast.ada.enrollment),
        ("mila", None, None),
    ):
        application = await submit_application(
            cast.program,
            cast.terms,
            replace(draft, email=f"{who}@kurswerkstatt.example"),
            clock(),
            source=Source(recruiter=recruiter),
        )
        assert application is not None
        await confirm_address(application, clock())
        enrollment = await approve(
            application,
            cast.mira.id,
            cast.terms,
            tier="starter",
            slug=who,
            code=f"{who.upper()}20",
            now=clock(),
        )
        kept = await Enrollment.objects().get(Enrollment.id == enrollment)
        assert kept is not None
        assert (str(kept.recruited_by) if kept.recruited_by else None) == (
            str(remembered) if remembered else None
        )


async def test_affiliates_find_the_address_to_recommend_only_where_that_earns(
    ada: httpx.AsyncClient, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    assert "Recommend the program" not in (await ada.get("/links")).text
    document = KARTRA.read_text().replace("second_tier_bps = 0 ", "second_tier_bps = 500 ")
    await Terms.insert(
        Terms(
            id=new_id(),
            program=cast.program,
            version=2,
            starts_at=clock(),
            document=document,
            digest="second",
            loaded_at=clock(),
        )
    )
    await Enrollment.update({Enrollment.recruited_by: cast.ada.enrollment}).where(
        Enrollment.id == cast.ben.enrollment
    )
    page = (await ada.get("/links")).text
    assert "of what partners sell whom you bring" in page
    assert "1 is here already" in page
    (address, *_) = [word for word in page.split('"') if word.endswith(f"?via={cast.ada.slug}")]
    assert f'href="/apply?via={cast.ada.slug}"' in (await visitor.get(address)).text
