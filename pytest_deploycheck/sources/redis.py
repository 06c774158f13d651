"""Redis as a source: ``RedisAsk`` becomes ``RedisAnswer``, by the three commands AUTH, PING and INFO.

Its protocol is spoken here because a client library waits for each piece of an answer anew: a server that drips would
hold it past any timeout.
"""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import RedisAnswer, RedisAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    AnswerTooLargeError,
    BadAnswerError,
    LoginRefusedError,
    MissingAccessError,
    NoAnswerError,
)
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.net import Deadline, connect, explain, unverified_context

if TYPE_CHECKING:
    import socket

_CHUNK: Final = 65_536
_LONGEST_LINE: Final = 4096
_SHOWN: Final = 120
_LOGIN: Final = ("NOAUTH", "WRONGPASS", "ERR invalid password", "ERR AUTH", "ERR Client sent AUTH")


class RedisSource:
    """Asks Redis servers, each question over a connection of its own; safe to use from several threads at once."""

    ask_type = RedisAsk

    def observe(self, ask: RedisAsk) -> RedisAnswer:
        """Log in, send PING, and INFO when it is asked for.

        Raises:
            NoAnswerError: refused, lost, or a certificate that cannot be trusted.
            AnswerTimeoutError: not all of it within ``timeout`` seconds.
            LoginRefusedError: it does not know us.
            MissingAccessError: the user may not ask that.
            BadAnswerError: the answer is not Redis'.
        """
        deadline = Deadline(ask.timeout)
        at, started = datetime.now(UTC), time.perf_counter()
        try:
            with _open(ask, deadline) as connection:
                talk = _Talk(connection, ask, deadline)
                talk.login()
                if talk.ask("PING") != b"PONG":
                    raise BadAnswerError(f"{ask.host} answers no PONG to PING", "Is that a Redis?")
                seconds = time.perf_counter() - started
                info = _fields(talk.ask("INFO")) if ask.info else ()
        except TimeoutError:
            raise AnswerTimeoutError(
                f"{ask.host} did not answer within {ask.timeout:g} s", "Is it overloaded, or a firewall in the way?"
            ) from None
        except (OSError, ValueError) as error:
            words, hint = explain(error)
            raise NoAnswerError(f"{ask.host} {words}", hint) from None
        return RedisAnswer(seconds=seconds, target=ask.host, info=info, at=at)

    def close(self) -> None:
        """Nothing is kept open."""


def _open(ask: RedisAsk, deadline: Deadline) -> socket.socket:
    connection = connect(ask.address, ask.port, deadline)
    if not ask.tls:
        return connection
    context = ssl.create_default_context() if ask.verify_tls else unverified_context()
    try:
        connection.settimeout(max(deadline.left(), 0.001))
        return context.wrap_socket(connection, server_hostname=ask.address)
    except (OSError, ValueError):
        connection.close()
        raise


class _Talk:
    """One connection: a command out, its answer in, all within one deadline."""

    def __init__(self, connection: socket.socket, ask: RedisAsk, deadline: Deadline) -> None:
        self._connection = connection
        self._ask = ask
        self._deadline = deadline
        self._rest = b""

    def login(self) -> None:
        if self._ask.password is not None:
            self.ask("AUTH", *([self._ask.username] if self._ask.username else []), self._ask.password)

    def ask(self, *words: str) -> bytes:
        parts = [word.encode() for word in words]
        request = b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)])
        self._connection.settimeout(max(self._deadline.left(), 0.001))
        self._connection.sendall(request)
        line = self._until_line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"$" and rest.isdigit():
            return self._exactly(int(rest))
        if kind == b"-":
            raise self._refusal(rest.decode("utf-8", "replace"))
        raise BadAnswerError(
            f"{self._ask.host} does not speak as a Redis does: {printable(line[:_SHOWN].decode('utf-8', 'replace'))}",
            "Is that the port of a Redis, and does it want TLS?",
        )

    def _refusal(self, text: str) -> Exception:
        words = f"{self._ask.host} answered {printable(text[:_SHOWN])}"
        if text.startswith(_LOGIN):
            return LoginRefusedError(words, "Set username and password in [redis]")
        if text.startswith("NOPERM"):
            return MissingAccessError(words, "Run in Redis: ACL SETUSER name +ping +info")
        return BadAnswerError(words, "Is it loading its data, or out of connections?")

    def _until_line(self) -> bytes:
        while b"\r\n" not in self._rest:
            if len(self._rest) > _LONGEST_LINE:
                raise BadAnswerError(f"{self._ask.host} does not speak as a Redis does", "Is that its port?")
            self._more()
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line

    def _exactly(self, size: int) -> bytes:
        if size > self._ask.max_bytes:
            raise AnswerTooLargeError(f"{self._ask.host} answers more than {self._ask.max_bytes} bytes")
        parts, have = [self._rest], len(self._rest)
        while have < size + 2:
            self._rest = b""
            self._more()
            parts.append(self._rest)
            have += len(self._rest)
        whole = b"".join(parts)
        self._rest = whole[size + 2 :]
        return whole[:size]

    def _more(self) -> None:
        if not self._deadline.left():
            raise TimeoutError
        self._connection.settimeout(max(self._deadline.left(), 0.001))
        chunk = self._connection.recv(_CHUNK)
        if not chunk:
            raise NoAnswerError(
                f"{self._ask.host} closed the connection", "Look for a crash in its log; does it want TLS?"
            )
        self._rest += chunk


def _fields(body: bytes) -> tuple[tuple[str, str], ...]:
    lines = (line.partition(":") for line in body.decode("utf-8", "replace").splitlines() if not line.startswith("#"))
    return tuple((name, value) for name, colon, value in lines if colon)
