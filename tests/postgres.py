"""A PostgreSQL server of the tests' own: a private port and a temporary folder, both gone at the end."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.machine import postgres_programs

# Nothing here must survive a power cut, so nothing waits for the disk.
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "jit=off")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres_server(options: tuple[str, ...] = FAST) -> Iterator[str]:
    """Gives the server's address without a database name, like `postgresql://tests@127.0.0.1:54321`."""
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's server is missing: run ./test, or install the package postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    identity = _unprivileged(folder)
    port = free_port()
    try:
        _init(programs, folder, identity)
        server = _start(programs, folder, port, identity, options)
        try:
            _wait_until_ready(folder, server)
            yield f"postgresql://tests@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # the server's "fast" shutdown
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root lends it somebody else's name."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _init(programs: Path, folder: Path, identity: dict[str, Any]) -> None:
    done = subprocess.run(
        [
            *(str(programs / "initdb"), "--no-sync", "--auth=trust", "--username=tests"),
            *("--encoding=UTF8", "--locale=C.UTF-8", f"--pgdata={folder / 'data'}"),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        **identity,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr or done.stdout}")


def _start(
    programs: Path, folder: Path, port: int, identity: dict[str, Any], options: tuple[str, ...]
) -> subprocess.Popen[bytes]:
    place = ("-D", str(folder / "data"), "-k", str(folder), "-h", "127.0.0.1", "-p", str(port))
    settings = (part for setting in options for part in ("-c", setting))
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [str(programs / "postgres"), *place, *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,  # Ctrl-C is for pytest, which then stops the server in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - no threads run yet that could hold a lock
            **identity,
        )


def _wait_until_ready(folder: Path, server: subprocess.Popen[bytes]) -> None:
    """The last line of postmaster.pid says "ready", as pg_ctl knows too."""
    status = folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + 30
    while not (status.exists() and status.read_text().rstrip().endswith("ready")):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.02)


def _end_with_parent() -> None:
    """A pytest that is killed can't tidy up: the kernel then ends the server."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
