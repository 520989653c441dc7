"""What holds for every answer on the wire, whoever asks and whatever the answer is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, post

from portal.errors import TooSlow
from portal.wire import CONTENT_POLICY, WholeBodies
from tests.cast import PASSWORD, Cast
from tests.conftest import Opening, People, Stage, settings_for

ANSWERS = ("/", "/apply", "/signin", "/nothing-here", "/home", "/healthz", "/r/nobody", "/static/nothing.css")
WANTED = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """The wire is the same on both engines."""
    return sqlite_stage


@pytest.fixture
async def encrypted(stage: Stage, opened: Opening, anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """The same portal behind https."""
    settings = settings_for(
        stage.settings.database_url,
        stage.settings.data_dir.parent,
        PORTAL_BASE_URL="https://partners.example",
    )
    async with opened(settings) as app:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
            yield client


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_answer_carries_the_headers(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert {name: answer.headers.get(name) for name in WANTED} == WANTED


def test_the_policy_allows_nothing_that_is_unsafe_and_no_other_host() -> None:
    assert CONTENT_POLICY.startswith("default-src 'none'")
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert "*" not in CONTENT_POLICY


async def test_behind_https_browsers_stay_there_and_cookies_too(
    encrypted: httpx.AsyncClient, cast: Cast
) -> None:
    answer = await encrypted.post("/signin", data={"email": cast.ada.email, "password": PASSWORD})
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(cookie.lower().split("; "))


async def test_plain_http_promises_no_encryption(visitor: httpx.AsyncClient) -> None:
    assert "Strict-Transport-Security" not in (await visitor.get("/")).headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
async def test_another_sites_page_cannot_act_in_adas_name(
    ada: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    if not headers["Sec-Fetch-Site"]:
        del ada.headers["Sec-Fetch-Site"]
        headers = {"Origin": headers["Origin"]}
    answer = await ada.post("/signout", headers=headers)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert (await ada.get("/home")).status_code == httpx.codes.OK


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:8000"}])
async def test_the_portals_own_page_can(ada: httpx.AsyncClient, headers: dict[str, str]) -> None:
    del ada.headers["Sec-Fetch-Site"]
    answer = await ada.post("/signout", headers=headers)
    assert answer.status_code == httpx.codes.SEE_OTHER


async def test_private_pages_are_kept_by_nobody(ada: httpx.AsyncClient) -> None:
    for path in ("/home", "/links", "/earnings"):
        answer = await ada.get(path)
        assert answer.status_code == httpx.codes.OK
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]


async def test_a_visitor_gets_no_cookie(visitor: httpx.AsyncClient) -> None:
    for path in ("/", "/apply", "/signin", "/healthz"):
        assert "Set-Cookie" not in (await visitor.get(path)).headers


async def test_a_body_that_is_too_large_is_refused(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/signin", data={"email": "a" * 70_000, "password": "x"})
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert "too large" in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "///evil.example",
        "/%0d%0aX: y",
    ],
)
async def test_signing_in_never_leads_to_another_host(people: People, cast: Cast, elsewhere: str) -> None:
    visitor = await people.visitor()
    answer = await visitor.post(
        "/signin", data={"email": cast.ada.email, "password": PASSWORD, "next": elsewhere}
    )
    assert answer.status_code == httpx.codes.SEE_OTHER
    target = httpx.URL("http://127.0.0.1:8000").join(answer.headers["Location"])
    assert target.host == "127.0.0.1"


async def test_an_unknown_address_is_a_page_of_the_house(
    visitor: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    for client in (visitor, ada):
        answer = await client.get("/nothing-here")
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Nothing is at this address" in answer.text


async def test_a_wrong_method_is_a_page_of_the_house(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.delete("/apply")
    assert answer.status_code in {httpx.codes.METHOD_NOT_ALLOWED, httpx.codes.NOT_FOUND}
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/", "/mailbox", "/healthz", "/r/nobody", "/static/nothing.css"])
@pytest.mark.parametrize(
    "host", ["evil.example/path", "evil.example:99999", "evil.example:port", "[::1", "a b", "me@evil.example"]
)
async def test_a_host_that_is_none_gets_the_page_of_the_house(
    visitor: httpx.AsyncClient, host: str, path: str
) -> None:
    answer = await visitor.get(path, headers={"Host": host, "Referer": "https://a.example"})
    assert answer.status_code in (400, 404)  # nothing is there, whatever the host
    assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY
    assert "<h1" in answer.text


@pytest.mark.parametrize("host", ["", "[::1]:8000", "127.0.0.1", "partners.example:443"])
async def test_every_way_to_write_a_host_is_fine(visitor: httpx.AsyncClient, host: str) -> None:
    assert (await visitor.get("/signin", headers={"Host": host})).status_code == 200


async def test_an_origin_that_is_none_is_another_site(visitor: httpx.AsyncClient) -> None:
    del visitor.headers["Sec-Fetch-Site"]  # as older browsers
    answer = await visitor.post("/signin", headers={"Origin": "http://[::1"}, data={"email": "a@b.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("word", ["%E2%82%AC", "%0D%0AX-Injected%3A1", "%26next%3Dx"])
async def test_the_way_back_after_signing_in_is_one_path_whatever_is_in_it(
    visitor: httpx.AsyncClient, word: str
) -> None:
    answer = await visitor.get(f"/creatives/{word}/x")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/signin?next=/creatives/{word}/x"


async def test_json_that_is_nested_without_end_cannot_be_read(visitor: httpx.AsyncClient) -> None:
    nested = b'{"credential":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    answer = await visitor.post("/signin/passkey", content=nested)
    assert answer.status_code == 422


async def test_a_body_that_stops_halfway_is_not_waited_for() -> None:
    """The portal's own patience, made short, before a page that reads what is sent."""

    @post("/", signature_types=[Request])
    async def reads(request: Request[Any, Any, Any]) -> str:
        return (await request.body()).decode()

    app = Litestar([reads], middleware=[WholeBodies(seconds=0.05)], exception_handlers={TooSlow: _late})

    async def halting() -> AsyncIterator[bytes]:
        yield b"half of "
        await asyncio.sleep(30)
        yield b"it"

    async def whole() -> AsyncIterator[bytes]:
        yield b"all of "
        yield b"it"

    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://portal.example") as sender:
        assert (await sender.post("/", content=halting())).status_code == httpx.codes.REQUEST_TIMEOUT
        assert (await sender.post("/", content=whole())).text == "all of it"


def _late(_: Request[Any, Any, Any], error: Exception) -> Response[str]:
    return Response(str(error), status_code=httpx.codes.REQUEST_TIMEOUT)
