"""Who cuts the end off the audit log is found out, though the rest of the chain is whole."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from portal import db
from portal.__main__ import main
from portal.audit.actions import PORTAL, record
from portal.audit.queries import audit_problems
from portal.audit.seals import seal_log, seal_problems
from portal.audit.tables import AuditEntry
from portal.settings import Settings
from tests.cast import BEGINNING


async def some_entries(count: int) -> None:
    for number in range(count):
        await record(PORTAL, "tried", "test", str(number), BEGINNING)


async def cut_off(entries: int) -> None:
    """What somebody with the database's password could do."""
    for statement in (
        ("DROP TRIGGER audit_entry_never_delete",)
        if db.dialect() == "sqlite"
        else ("DROP TRIGGER audit_entry_never_changed ON audit_entry",)
    ):
        await db.engine().run_ddl(statement)
    last = await AuditEntry.count()
    await AuditEntry.delete().where(AuditEntry.seq > last - entries)


def seal_of(settings: Settings) -> Path:
    (found,) = settings.data_dir.glob("audit-seal-*")
    return found


async def test_a_log_that_goes_on_fits_its_seal(database: str, settings: Settings) -> None:
    assert await seal_problems(settings) == []
    await seal_log(settings)
    await some_entries(3)
    await seal_log(settings)
    await some_entries(2)
    assert await seal_problems(settings) == []


async def test_a_log_whose_end_was_cut_off_is_found_out(database: str, settings: Settings) -> None:
    await some_entries(5)
    await seal_log(settings)
    await cut_off(2)
    assert await audit_problems() == []
    assert await seal_problems(settings) == [
        "The audit log was cut off: entry 5 was sealed, and is not there any more."
    ]
    # Nor does a new seal bless it, and other entries in their place don't either.
    await seal_log(settings)
    await some_entries(4)
    assert await seal_problems(settings) == ["Entry 5 of the audit log is not the one that was sealed."]


@pytest.mark.parametrize("spoil", ["5", "five a b", "", "5 a b"])
async def test_a_seal_that_was_tampered_with_is_found_out(
    database: str, settings: Settings, spoil: str
) -> None:
    await some_entries(5)
    await seal_log(settings)
    seal_of(settings).write_text(spoil)
    assert len(await seal_problems(settings)) == 1


async def test_the_seal_is_for_the_portal_alone(database: str, settings: Settings) -> None:
    await some_entries(1)
    await seal_log(settings)
    assert seal_of(settings).stat().st_mode & 0o077 == 0


def test_verify_seals_and_looks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("PORTAL_DATABASE_URL", settings.database_url)
    run = CliRunner().invoke
    assert run(main, ["manager", "add", "mira@kartra.example", "--name", "Mira"]).exit_code == 0
    assert run(main, ["verify"]).exit_code == 0
    seal_of(settings).write_text("9 a b\n")
    told = run(main, ["verify"])
    assert told.exit_code == 1
    assert "not made with this installation" in told.output
