"""The mailbox page: for whoever sits at this machine, and for nobody else."""

import httpx
import pytest
from litestar import Litestar

from tests.cast import Cast
from tests.conftest import FrozenClock
from tests.letters import sent_letters


async def test_whoever_sits_here_reads_the_letters(
    app: Litestar, visitor: httpx.AsyncClient, cast: Cast, clock: FrozenClock
) -> None:
    letters = await sent_letters(app, clock())
    page = await visitor.get("/mailbox")
    assert page.status_code == httpx.codes.OK
    assert all(letter["To"] in page.text for letter in letters)


async def test_a_letter_shows_its_text_and_frames_its_html_without_scripts(
    app: Litestar, visitor: httpx.AsyncClient, clock: FrozenClock
) -> None:
    await sent_letters(app, clock())
    overview = await visitor.get("/mailbox")
    address = next(part for part in overview.text.split('"') if part.startswith("/mailbox/"))
    assert (await visitor.get(address)).status_code == httpx.codes.OK
    framed = await visitor.get(f"{address}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Forwarded-Host": "partners.example"},
        {"Via": "1.1 tunnel"},
    ],
)
async def test_a_name_from_elsewhere_or_a_proxy_gets_nothing(
    visitor: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await visitor.get("/mailbox", headers=headers)).status_code == httpx.codes.NOT_FOUND


async def test_another_machine_gets_nothing(app: Litestar) -> None:
    transport = httpx.ASGITransport(app, client=("203.0.113.9", 50_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as stranger:
        assert (await stranger.get("/mailbox")).status_code == httpx.codes.NOT_FOUND


async def test_a_letter_that_is_not_there_is_a_page_of_the_house(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/mailbox/01a20450-edbd-78f5-9ecd-d7b14d979360")
    assert answer.status_code == httpx.codes.NOT_FOUND
