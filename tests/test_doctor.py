"""`portal doctor` tells what is missing in sentences that say what to do."""

from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread

from portal import doctor, machine
from portal.doctor import Finding
from portal.settings import Settings
from tests.postgres import free_port
from tests.stripe_api import KEY, stripe_api


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def named(about: str, findings: list[Finding]) -> Finding:
    (found,) = (finding for finding in findings if finding.about == about)
    return found


async def test_a_portal_that_is_set_up_has_no_failure(settings: Settings) -> None:
    findings = await to_thread.run_sync(doctor.run_checks, settings)
    assert [finding for finding in findings if finding.level == "failure"] == []
    assert named("Database", findings).sentence == "It answers and is up to date."
    assert named("Raqm", findings).level == "ok"


def test_a_missing_library_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = machine.SystemLibrary("Pango", "libnothing.so.9", "libpango-1.0-0", "PDFs cannot be made")
    monkeypatch.setattr(machine, "LIBRARIES", (absent,))
    (finding,) = doctor.libraries()
    assert finding.level == "failure"
    assert "apt-get install libpango-1.0-0" in finding.sentence


def test_a_full_disk_and_a_folder_of_somebody_else_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "cannot be written" in doctor.room(tmp_path / "nowhere").sentence
    monkeypatch.setattr(doctor, "ROOM_LEAST", 10**18)
    assert "Make room now" in doctor.room(tmp_path).sentence


def test_a_secret_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x" * 40)
    (tmp_path / "secret").chmod(0o644)
    assert doctor.secret(tmp_path).level == "warning"
    (tmp_path / "secret").chmod(0o600)
    assert doctor.secret(tmp_path).level == "ok"


async def test_a_database_that_is_away_is_a_failure(settings: Settings) -> None:
    away = replace(settings, database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    finding = await doctor.database(away)
    assert finding.level == "failure"
    assert "PORTAL_DATABASE_URL" in finding.sentence


async def test_mail_is_a_warning_without_a_server_and_a_failure_with_a_silent_one(settings: Settings) -> None:
    assert (await doctor.mail(settings)).level == "warning"
    silent = replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}?from=portal@example.com")
    assert (await doctor.mail(silent)).level == "failure"


def test_passwords_in_the_open_are_a_warning(settings: Settings) -> None:
    assert doctor.address(replace(settings, base_url="http://partners.example.com")).level == "warning"
    assert doctor.address(replace(settings, base_url="https://partners.example.com")).level == "ok"


@pytest.mark.parametrize(
    ("base_url", "level"), [("http://127.0.0.1:8000", "warning"), ("http://localhost:8000", "ok")]
)
def test_an_address_in_numbers_has_no_passkeys(settings: Settings, base_url: str, level: str) -> None:
    finding = doctor.passkeys(replace(settings, base_url=base_url))
    assert finding.level == level
    assert base_url in finding.sentence or level == "ok"


async def test_a_key_of_stripes_api_is_tried_and_never_said(settings: Settings) -> None:
    (without,) = await doctor.codes(settings)
    assert without.level == "ok"
    with stripe_api() as stripe:
        given = replace(settings, stripe_api_keys=(("", KEY),), stripe_api_url=stripe.url)
        (works,) = await doctor.codes(given)
        assert (works.level, "test mode" in works.sentence) == ("warning", True)
        stripe.key = "rk_live_another"
        (live,) = await doctor.codes(replace(given, stripe_api_keys=(("", "rk_live_another"),)))
        assert live.level == "ok"
        (wrong,) = await doctor.codes(given)
        assert wrong.level == "failure"
        assert {one.method for one in stripe.asked} == {"GET"}
    (away,) = await doctor.codes(given)
    assert away.level == "failure"
    assert [one for one in (works, live, wrong, away) if KEY in one.sentence] == []
