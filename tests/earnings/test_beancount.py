"""The books as text for an accounting program, which checks it."""

import sys
from pathlib import Path
from subprocess import run

import pytest

from portal.audit.actions import Actor
from portal.earnings.beancount import beancount_text
from portal.earnings.facts import AdjustmentKind
from portal.earnings.rulings import adjust
from portal.earnings.timeline import Month
from portal.money import Money
from tests.cast import Cast
from tests.earnings.books import Desk, at
from tests.earnings.test_books import _pay, sale


@pytest.fixture
def desk(cast: Cast, bound: None) -> Desk:
    return Desk(cast)


def checked(text: str, folder: Path) -> str:
    file = folder / "books.beancount"
    file.write_text(text)
    check = "import sys; from beancount.scripts.check import main; main()"
    done = run([sys.executable, "-c", check, str(file)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (f"exit {done.returncode}" if done.returncode else "")


async def a_year(desk: Desk) -> None:
    bill = await sale(desk)
    await _pay(desk, Month(2027, 3), "16 Mar")
    await desk.tell(desk.refunded(bill, at("1 Apr"), total=1_900))
    by = Actor("manager", str(desk.cast.mira.id))
    await adjust(
        desk.cast.ben.enrollment,
        AdjustmentKind.BONUS,
        Money(1_500, "JPY"),
        reason='Said "hello" \\ twice',
        by=by,
        now=at("2 Apr"),
    )


async def test_bean_check_finds_nothing_wrong(desk: Desk, tmp_path: Path) -> None:
    await a_year(desk)
    text = await beancount_text()
    assert checked(text, tmp_path) == ""
    assert "35.70 USD" in text
    assert "1500 JPY" in text
    assert f"Liabilities:Affiliates:Kartra:E{desk.cast.ada.enrollment.hex.upper()}" in text


async def test_bean_check_would_notice_a_cent(desk: Desk, tmp_path: Path) -> None:
    await a_year(desk)
    text = (await beancount_text()).replace("  -35.70 USD", "  -35.71 USD", 1)
    assert "not balance" in checked(text, tmp_path)


async def test_empty_books_are_fine_too(desk: Desk, tmp_path: Path) -> None:
    assert checked(await beancount_text(), tmp_path) == ""
