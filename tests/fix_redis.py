"""A real Redis for tests, with a password, or with a user that may do nothing."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "red1s-pass"


@contextmanager
def running_redis(folder: Path, *options: str) -> Iterator[int]:
    """Run a Redis with a password and give its port; it is gone at the end."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is needed (Debian package redis-server)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    listening = () if "--tls-port" in options else ("--port", str(port))
    users = ("--requirepass", PASSWORD, "--user", "nobody", "on", ">n0body-pass", "-@all")
    command = [program, *listening, "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), *users]
    command += [str(port) if option == "PORT" else option for option in options]
    with (folder / "redis.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            for _ in range(200):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            else:
                pytest.fail(f"Redis did not start: {(folder / 'redis.log').read_text()}")
            yield port
        finally:
            process.kill()


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Redis with a password."""
    with running_redis(tmp_path_factory.mktemp("redis")) as port:
        yield port
