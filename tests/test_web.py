"""What every page shares: where people may be sent, who is at the other end, what they may type."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from litestar.datastructures import Address, Headers

from portal.settings import Settings, read_settings
from portal.web import client_network, own_path, page_number


@pytest.mark.parametrize("path", ["/home", "/earnings?state=held", "/manage/applications/1"])
def test_our_own_paths_are_kept(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "disguised",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "//[",
        "http:evil.example",
        "/home\r\nSet-Cookie: a=b",
        "\t//evil.example",
        "",
    ],
)
def test_anything_else_leads_to_the_front_door(disguised: str) -> None:
    assert own_path(disguised) == "/"


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("0", 1), ("-1", 1), ("x", 1), ("", 1), ("9" * 40, 1), ("٣", 1), ("1e3", 1)],
)
def test_page_numbers_are_read_kindly(text: str, number: int) -> None:
    assert page_number(text) == number


class Connection:
    """As much of a connection as an address needs."""

    def __init__(self, settings: Settings, peer: str, forwarded: list[str]) -> None:
        self.client = Address(peer, 5_000)
        self.headers = Headers([(b"x-forwarded-for", line.encode()) for line in forwarded])
        self.app = SimpleNamespace(state=SimpleNamespace(settings=settings))


@pytest.mark.parametrize(
    ("peer", "forwarded", "taken_for"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["6.6.6.6"], "203.0.113.9"),  # not one of our proxies: whatever it claims
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),  # a proxy that adds a line of its own
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),  # one subscriber has a whole network
        # As a listener on both families writes IPv4: a shared limit would be everybody's.
        ("::ffff:203.0.113.9", ["6.6.6.6"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
    ],
)
def test_only_our_own_proxies_say_who_is_behind_them(
    tmp_path: Path, peer: str, forwarded: list[str], taken_for: str
) -> None:
    settings = read_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_TRUSTED_PROXIES": "10.0.0.0/8"})
    connection: Any = Connection(settings, peer, forwarded)
    assert client_network(connection) == taken_for


async def test_a_sentence_for_the_next_page_cannot_be_made_up(visitor: httpx.AsyncClient) -> None:
    visitor.cookies.set("flash", "AAAAAAAAAAAAAAAAWW91IGhhdmUgd29u")
    assert "You have won" not in (await visitor.get("/signin")).text


async def test_a_sentence_for_the_next_page_is_said_once(ada: httpx.AsyncClient) -> None:
    await ada.post("/signout")
    assert "You are signed out." in (await ada.get("/signin")).text
    assert "You are signed out." not in (await ada.get("/signin")).text


async def test_nul_bytes_in_a_form_do_no_harm(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/signin", data={"email": "ada\0@northbound.example", "password": "\0" * 12})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
