"""The domain name system as a source: ``DnsAsk`` becomes ``DnsAnswer``; the sole importer of dnspython."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import DnsAnswer, DnsAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    MissingAccessError,
    NoAnswerError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    import dns.resolver

_PORT: Final = 53


class DnsSource:
    """Asks name servers; safe to use from several threads at once."""

    ask_type = DnsAsk

    def observe(self, ask: DnsAsk) -> DnsAnswer:
        """Return the records of the name; none when the name exists without such a record.

        Raises:
            MissingAccessError: the extra ``dns`` is not installed.
            BadAnswerError: the name does not exist, or the server refuses to tell.
            AnswerTimeoutError: no server answered in time.
            QueryError: that is no name.
        """
        try:
            import dns.exception  # noqa: PLC0415  # an extra
            import dns.resolver  # noqa: PLC0415
        except ImportError:
            raise MissingAccessError(
                "dnspython is not installed", "Run: pip install 'pytest-deploycheck[dns]'"
            ) from None
        shown, at, started = printable(ask.name), datetime.now(UTC), time.perf_counter()
        try:
            found = _resolver(ask).resolve(ask.name, ask.record, lifetime=ask.timeout, search=False)
        except dns.exception.DNSException as error:
            raise _problem(error, ask, shown) from None
        except (OSError, ValueError) as error:
            raise QueryError(f"{shown} cannot be looked up ({type(error).__name__})", "Check name and server") from None
        values = sorted(record.to_text().rstrip(".").lower() for record in found.rrset or ())
        return DnsAnswer(
            values=tuple(printable(value) for value in values),
            seconds=time.perf_counter() - started,
            ttl=found.rrset.ttl if found.rrset is not None else 0,
            target=f"{ask.record} {shown}",
            at=at,
        )

    def close(self) -> None:
        """Nothing is kept open."""


def _resolver(ask: DnsAsk) -> dns.resolver.Resolver:
    import dns.resolver  # noqa: PLC0415  # an extra

    resolver = dns.resolver.Resolver(configure=ask.server is None)
    if ask.server is not None:
        address, _, port = ask.server.rpartition(":")
        resolver.nameservers = [address.strip("[]")]
        resolver.port = int(port or _PORT)
    return resolver


def _problem(error: Exception, ask: DnsAsk, shown: str) -> SourceError:
    import dns.exception  # noqa: PLC0415  # an extra
    import dns.resolver  # noqa: PLC0415

    meanings: tuple[tuple[type[Exception], SourceError], ...] = (
        (dns.resolver.NXDOMAIN, BadAnswerError(f"the name {shown} does not exist", "Create the record")),
        (dns.resolver.NoAnswer, BadAnswerError(f"{shown} has no {ask.record} record", "Create the record")),
        (dns.exception.Timeout, AnswerTimeoutError(f"no name server answered about {shown} within {ask.timeout:g} s")),
        (dns.resolver.NoNameservers, BadAnswerError(f"no name server gave a usable answer about {shown}")),
        (dns.resolver.NoResolverConfiguration, NoAnswerError("this machine has no name servers", "Give server")),
    )
    found = next((problem for kind, problem in meanings if isinstance(error, kind)), None)
    return found or QueryError(f"{shown} cannot be looked up ({type(error).__name__})", "Is it a valid name?")
