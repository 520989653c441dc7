"""Agreeing to the terms by version: with an application, and again when a version changes a rule."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
from litestar import Litestar

from portal.audit.tables import AuditEntry
from portal.enrollments.agreeing import announce_terms
from portal.enrollments.tables import TermsAcceptance
from portal.programs.actions import load_program
from portal.programs.terms_words import changes, rules_of
from tests.cast import KARTRA, Cast
from tests.conftest import FrozenClock
from tests.letters import sent_letters, text_of


async def new_version(folder: Path, now: datetime, *, starts_on: date, hold_days: int) -> None:
    text = KARTRA.read_text().replace("starts_on = 2025-01-01", f"starts_on = {starts_on}")
    path = folder / "kartra.toml"
    path.write_text(text.replace("hold_days = 45", f"hold_days = {hold_days}"))
    assert await load_program(path, now)


def test_a_version_in_words_says_only_what_the_rules_are(cast: Cast) -> None:
    said = {rule.about: rule.says for rule in rules_of(cast.terms)}
    assert said["Hold"] == ("Each commission is held for 45 days from its payment.",)
    assert said["What you earn"][1] == "Partner: 35\u00a0% of each payment, from 10 active paying customers."
    assert changes(cast.terms, replace(cast.terms, version=2)) == ()


async def test_whoever_confirms_has_agreed_to_the_version_on_the_form(app: Litestar, cast: Cast) -> None:
    agreed = await TermsAcceptance.objects().where(TermsAcceptance.affiliate == cast.ada.id)
    assert [(str(one.terms), one.how) for one in agreed] == [(str(cast.terms.terms_id), "application")]


async def test_a_new_version_asks_again_calmly(
    ada: httpx.AsyncClient, clock: FrozenClock, tmp_path: Path
) -> None:
    assert "New terms" not in (await ada.get("/home")).text
    await new_version(tmp_path, clock(), starts_on=date(2026, 4, 1), hold_days=30)
    assert "New terms from 1\u00a0April" in (await ada.get("/home")).text
    page = (await ada.get("/agreement")).text
    assert "held for 45 days" in page
    assert "held for 30 days" in page
    answer = await ada.post("/agreement", data={"version": "2"}, follow_redirects=True)
    assert "You have agreed to version 2" in answer.text
    assert "New terms" not in (await ada.get("/home")).text
    assert await AuditEntry.count().where(AuditEntry.verb == "agreed") == 1


async def test_nobody_agrees_to_what_it_has_not_read(
    ada: httpx.AsyncClient, clock: FrozenClock, tmp_path: Path
) -> None:
    await new_version(tmp_path, clock(), starts_on=date(2026, 4, 1), hold_days=30)
    await new_version(tmp_path, clock(), starts_on=date(2026, 5, 1), hold_days=20)
    answer = await ada.post("/agreement", data={"version": "2"})
    assert answer.status_code == httpx.codes.CONFLICT
    assert "Please read that one" in answer.text


async def test_a_letter_tells_once_and_a_version_without_new_rules_not_at_all(
    app: Litestar, cast: Cast, clock: FrozenClock, tmp_path: Path
) -> None:
    await new_version(tmp_path, clock(), starts_on=date(2026, 4, 1), hold_days=45)
    await announce_terms(clock())
    assert [letter for letter in await sent_letters(app, clock()) if "New terms" in letter["Subject"]] == []
    await new_version(tmp_path, clock(), starts_on=date(2026, 5, 1), hold_days=30)
    await announce_terms(clock())
    await announce_terms(clock() + timedelta(days=1))
    told = [letter for letter in await sent_letters(app, clock()) if "New terms" in letter["Subject"]]
    assert sorted(letter["To"] for letter in told) == sorted(
        (cast.ada.email, cast.ben.email, cast.cleo.email)
    )
    assert "- Hold" in text_of(told[0])


async def test_everybody_reads_every_version_in_full(
    visitor: httpx.AsyncClient, clock: FrozenClock, tmp_path: Path
) -> None:
    await new_version(tmp_path, clock(), starts_on=date(2026, 4, 1), hold_days=30)
    first, second = [(await visitor.get(f"/p/kartra/terms/{version}")).text for version in (1, 2)]
    assert "In force since 1\u00a0January" in first
    assert "They start on 1\u00a0April" in second
    assert (await visitor.get("/p/kartra/terms")).text.count("Version 2") == 1
    assert (await visitor.get("/p/kartra/terms/3")).status_code == httpx.codes.NOT_FOUND


async def test_managers_see_how_many_have_agreed(
    ada: httpx.AsyncClient, mira: httpx.AsyncClient, clock: FrozenClock, tmp_path: Path
) -> None:
    await new_version(tmp_path, clock(), starts_on=date(2026, 4, 1), hold_days=30)
    await ada.post("/agreement", data={"version": "2"})
    page = (await mira.get("/manage/program/terms")).text
    assert '<strong class="inline">1 of 3</strong>' in page
    assert '<strong class="inline">3 of 3</strong>' in page


async def test_terms_that_change_while_somebody_writes_are_agreed_to_anew(
    visitor: httpx.AsyncClient, clock: FrozenClock, tmp_path: Path
) -> None:
    from tests.flows.test_bad_input import APPLICATION
    from tests.pages import filled_in

    form = filled_in(await visitor.get("/p/kartra/apply"))
    await new_version(tmp_path, clock(), starts_on=date(2026, 3, 2), hold_days=45)
    clock.forward(minutes=1)
    answer = await visitor.post("/p/kartra/apply", data={**form, **APPLICATION})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "The terms have changed to version 2" in answer.text
    again = filled_in(answer)
    assert "consent" not in again
    assert again["name"] == APPLICATION["name"]
    sent = await visitor.post("/p/kartra/apply", data={**again, **APPLICATION})
    assert sent.headers["Location"].startswith("/apply/sent/")
