"""Plain reachability: ``TcpAsk`` becomes a ``Number``, the seconds that a TCP or TLS connection takes to open."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime

from pytest_deploycheck.asks import Number, TcpAsk
from pytest_deploycheck.errors import AnswerTimeoutError, NoAnswerError
from pytest_deploycheck.sources.net import Deadline, connect, explain


class TcpSource:
    """Opens a connection, measures that, and closes it; nothing is sent."""

    ask_type = TcpAsk

    def observe(self, ask: TcpAsk) -> Number:
        """Return the seconds until the connection (with ``tls``, the handshake too) was there.

        Raises:
            NoAnswerError: refused, unknown name, or a certificate that cannot be trusted.
            AnswerTimeoutError: not within ``timeout`` seconds.
        """
        deadline = Deadline(ask.timeout)
        at, started = datetime.now(UTC), time.perf_counter()
        try:
            with connect(ask.address, ask.port, deadline) as connection:
                if ask.tls:
                    connection.settimeout(max(deadline.left(), 0.001))
                    with ssl.create_default_context().wrap_socket(connection, server_hostname=ask.address):
                        seconds = time.perf_counter() - started
                else:
                    seconds = time.perf_counter() - started
        except TimeoutError:
            raise AnswerTimeoutError(
                f"{ask.host} could not be connected to within {ask.timeout:g} s",
                "Is a firewall in the way, or the host down?",
            ) from None
        except (OSError, ValueError) as error:
            words, hint = explain(error)
            raise NoAnswerError(f"{ask.host} {words}", hint) from None
        return Number(value=seconds, unit="s", n=1, target=ask.host, at=at)

    def close(self) -> None:
        """Nothing is kept open."""
