"""A Redis or Valkey server of the tests' own, in memory alone, gone at the end."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.machine import counting_server
from tests.postgres import free_port


@contextmanager
def counting() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Gives its address, like `redis://127.0.0.1:54321`, and its process."""
    program = counting_server()
    if program is None:
        raise RuntimeError("A Redis server is missing: run ./test, or install the package redis-server.")
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
    with subprocess.Popen((str(program), *options), stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        deadline = time.monotonic() + 30
        while b"Ready to accept" not in server.stdout.readline():
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The server that counts did not start.")
        try:
            yield f"redis://127.0.0.1:{port}", server
        finally:
            server.kill()
