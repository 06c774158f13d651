"""Redis, a real one and hostile ones."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import RedisAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    BadAnswerError,
    DeploycheckError,
    LoginRefusedError,
    MissingAccessError,
    NoAnswerError,
)
from pytest_deploycheck.sources.redis import RedisSource
from tests.fix_http import Server, certificate, closed_port
from tests.fix_redis import PASSWORD, running_redis

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fix_http import Talk


def ask(port: int, password: str | None = PASSWORD, *, info: bool = False, timeout: float = 5.0) -> RedisAsk:
    """Return a question to a server on loopback."""
    return RedisAsk(address="127.0.0.1", port=port, password=password, info=info, timeout=timeout)


def test_ping(redis_port: int) -> None:
    """It answers, and how fast."""
    answer = RedisSource().observe(ask(redis_port))
    assert 0 < answer.seconds < 5
    assert ((), f"127.0.0.1:{redis_port}") == (answer.info, answer.target)


def test_info(redis_port: int) -> None:
    """All fields by name."""
    fields = dict(RedisSource().observe(ask(redis_port, info=True)).info)
    assert {"used_memory", "connected_clients", "keyspace_hits"} <= set(fields)
    assert int(fields["used_memory"]) > 0


@pytest.mark.parametrize("password", [None, "wrong-wrong"])
def test_login_refused(redis_port: int, password: str | None) -> None:
    """Our login, not its health; and never the password."""
    with pytest.raises(LoginRefusedError, match=r"\[redis\]") as caught:
        RedisSource().observe(ask(redis_port, password))
    assert "wrong-wrong" not in str(caught.value)


def test_missing_right(redis_port: int) -> None:
    """A user that may not ask is told what to grant."""
    mine = RedisAsk(address="127.0.0.1", port=redis_port, username="nobody", password="n0body-pass")
    with pytest.raises(MissingAccessError, match=r"ACL SETUSER"):
        RedisSource().observe(mine)


def test_tls(tmp_path: Path) -> None:
    """With TLS; a certificate that nobody signed is not trusted unless that is asked for."""
    certificate(tmp_path)
    for name in ("cert.pem", "key.pem"):
        shutil.copy(tmp_path / name, tmp_path / f"r-{name}")
    files = ("--tls-cert-file", str(tmp_path / "r-cert.pem"), "--tls-key-file", str(tmp_path / "r-key.pem"))
    options = ("--port", "0", "--tls-port", "PORT", *files, "--tls-ca-cert-file", str(tmp_path / "r-cert.pem"))
    with running_redis(tmp_path, *options, "--tls-auth-clients", "no") as port:
        plain = RedisAsk(address="127.0.0.1", port=port, password=PASSWORD, tls=True)
        with pytest.raises(NoAnswerError, match="certificate that cannot be trusted"):
            RedisSource().observe(plain)
        trusting = RedisAsk(address="127.0.0.1", port=port, password=PASSWORD, tls=True, verify_tls=False)
        assert RedisSource().observe(trusting).seconds > 0
        with pytest.raises(DeploycheckError):
            RedisSource().observe(ask(port))


def test_refused() -> None:
    """Nothing listens."""
    with pytest.raises(NoAnswerError, match="refused"):
        RedisSource().observe(ask(closed_port()))


HOSTILE: dict[str, tuple[bytes, type[Exception]]] = {
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", BadAnswerError),
    "no pong": (b"+GNOP\r\n", BadAnswerError),
    "loading": (b"-LOADING Redis is loading\r\n", BadAnswerError),
    "endless line": (b"+" * 9000, BadAnswerError),
    "huge": (b"$99999999999\r\n", AnswerTooLargeError),
    "negative": (b"$-1\r\n", BadAnswerError),
    "cut off": (b"$4\r\nPO", NoAnswerError),
    "nothing": (b"", NoAnswerError),
    "escape": (b"-\x1b[31mERR\r\n", BadAnswerError),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers(name: str) -> None:
    """Each is one clear error, harmless on a terminal."""
    body, kind = HOSTILE[name]

    def behave(talk: Talk) -> None:
        talk.connection.recv(100)
        talk.send(body)

    with Server(behave) as server, pytest.raises(DeploycheckError) as caught:
        RedisSource().observe(ask(server.port, None))
    assert kind is type(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", ["hang", "drip"])
def test_no_answer_in_time(name: str) -> None:
    """A server that drips holds us no longer than one that says nothing."""

    def behave(talk: Talk) -> None:
        talk.connection.recv(100)
        talk.hang() if name == "hang" else talk.drip(b"+" + b"x" * 500)

    with Server(behave) as server, pytest.raises(AnswerTimeoutError):
        RedisSource().observe(ask(server.port, None, timeout=0.3))
