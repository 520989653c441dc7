"""The whole portal as a process: from an empty folder to the first banner, and to its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.counting import counting
from tests.house.ours import HOUSE
from tests.postgres import free_port

PATIENCE = 60.0


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    environment = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path / "data"), "PORTAL_PORT": str(port)}
    command = (sys.executable, "-m", "portal", "serve", "--demo")
    with subprocess.Popen(command, cwd=HOUSE, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{port}", process
        process.kill()


def wait_for(address: str, process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{address}/healthz")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the portal did not answer; exit code {process.poll()}")


def test_an_empty_folder_becomes_a_portal_that_draws_banners_and_ends_when_told(
    portal: tuple[str, subprocess.Popen[str]],
) -> None:
    address, process = portal
    wait_for(address, process)
    assert "Kartra" in httpx.get(address).text
    banner = httpx.get(f"{address}/c/ada/spotlight/300x250.png", timeout=PATIENCE)
    assert (banner.status_code, banner.headers["content-type"]) == (200, "image/png")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Sign in as" in said
    assert "mira@kartra.example" in said


def test_two_processes_serve_one_database_and_count_tries_together(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with counting() as (limits, _):
        said = {"PORTAL_DATA_DIR": str(tmp_path / "data"), "PORTAL_PORT": str(port)}
        environment = {**os.environ, **said, "PORTAL_RATE_LIMIT_URL": limits}
        command = (sys.executable, "-m", "portal", "serve", "--processes", "2")
        with subprocess.Popen(command, cwd=HOUSE, env=environment, stdout=subprocess.DEVNULL) as process:
            wait_for(address, process)
            wrong = {"email": "nobody@example.com", "password": "not this one"}
            # A connection each, so that the system hands them to either process.
            answers = [httpx.post(f"{address}/signin", data=wrong).status_code for _ in range(13)]
            assert httpx.get(f"{address}/readyz").json() == {"ok": True, "problems": []}
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
    assert sorted(answers) == [422] * 10 + [429] * 3


def test_a_port_that_is_taken_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        environment = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path / "data"), "PORTAL_PORT": str(port)}
        ended = subprocess.run(
            (sys.executable, "-m", "portal", "serve"),
            cwd=HOUSE,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert ended.returncode == 1
    assert f"Port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("more", "command", "sentence"),
    [
        ({}, ("verify",), "python -m portal migrate"),
        ({}, ("manager", "add", "x@example.com", "--name", "X"), "python -m portal migrate"),
        ({"PORTAL_DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}, ("serve",), "PORTAL_DATABASE_URL"),
        ({"PORTAL_STORAGE_URL": "file:///proc/nothing"}, ("serve",), "PORTAL_STORAGE_URL"),
        ({"PORTAL_PORT": "http"}, ("serve",), "PORTAL_PORT"),
        ({"PORTAL_RATE_LIMIT_URL": "redis://127.0.0.1:1"}, ("serve",), "PORTAL_RATE_LIMIT_URL"),
    ],
)
def test_what_cannot_start_says_why(
    tmp_path: Path, more: dict[str, str], command: tuple[str, ...], sentence: str
) -> None:
    settings = {"PORTAL_DATA_DIR": str(tmp_path / "data"), "PORTAL_PORT": str(free_port()), **more}
    ended = subprocess.run(
        (sys.executable, "-m", "portal", *command),
        cwd=HOUSE,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
