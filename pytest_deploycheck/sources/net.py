"""What every source that opens connections needs: deadlines, names, addresses, certificates, and errors in plain words.

It stands below the sources (http, tcp) and knows nothing of asks.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_HINTS: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (ConnectionRefusedError, "refused the connection", "Is the service running and listening on that port?"),
    (ConnectionResetError, "reset the connection", "Look for a crash or a restart in the service's log."),
    (BrokenPipeError, "closed the connection", "Look for a crash or a restart in the service's log."),
    (TimeoutError, "could not be reached in time", "Is a firewall in the way, or the host down?"),
)


class Deadline:
    """A point in time on the monotonic clock, shared by all that one request does."""

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float) -> None:
        """End ``seconds`` from now."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self._end - time.monotonic())


def safe_url(url: str) -> str:
    """Return the URL without user, password, query and fragment: what a message may show."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "the URL"
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def is_loopback(host: str) -> bool:
    """Return whether the name or address means this machine."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    return False


def resolve(host: str, port: int, timeout: float) -> list[str]:
    """Return the addresses of a name, in the system's order, each once.

    Raises:
        OSError: the name is unknown (``socket.gaierror``), or the answer took longer than ``timeout`` seconds.
    """
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return [host]
    # getaddrinfo cannot be interrupted, so a thread that nobody waits for holds it
    found = _in_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), timeout)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _in_time(work: Callable[[], Any], timeout: float) -> Any:
    """Return what ``work`` returns, waiting at most ``timeout`` seconds."""
    box: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((True, work()))
        except (OSError, UnicodeError) as error:
            box.put((False, error))

    threading.Thread(target=run, name="deploycheck-resolve", daemon=True).start()
    try:
        good, result = box.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if good:
        return result
    if isinstance(result, UnicodeError):
        raise socket.gaierror(socket.EAI_NONAME, "not a valid host name") from None
    raise result


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connected socket, trying each address of the host with its share of the time that is left.

    Raises:
        OSError: no address answered; the last one's error.
    """
    addresses = resolve(host, port, deadline.left())
    failure: OSError = OSError("the name has no address")
    for tried, address in enumerate(addresses):
        share = deadline.left() / (len(addresses) - tried)
        if share <= 0:
            raise TimeoutError("no time left to connect")
        try:
            return socket.create_connection((address, port), timeout=share)
        except OSError as error:
            failure = error
    raise failure


def cause_of(error: BaseException) -> OSError | None:
    """Return the operating system's error at the bottom of a library's, None when there is none."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, OSError):
        # a library may raise "from None", which hides the context but keeps it
        seen = seen.__cause__ or seen.__context__
    return seen


def explain(error: BaseException | None) -> tuple[str, str]:
    """Return a connection error in plain words, and what to do about it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or "certificate verify failed"
        return f"has a certificate that cannot be trusted ({reason})", "Renew or repair the certificate and its chain."
    if isinstance(error, ssl.SSLError):
        reason = (getattr(error, "reason", None) or "handshake failed").replace("_", " ").lower()
        return f"failed the TLS handshake ({reason})", "Does that port speak TLS, in a version that is still accepted?"
    if isinstance(error, socket.gaierror):
        return "has a host name that cannot be resolved", "Check the name, and this machine's DNS."
    for kind, words, hint in _HINTS:
        if isinstance(error, kind):
            return words, hint
    words = f" ({getattr(error, 'strerror', None) or type(error).__name__})" if error is not None else ""
    return f"cannot be reached{words}", "Check the network between this machine and the target."


def unverified_context() -> ssl.SSLContext:
    """Return a TLS context that accepts any certificate, for looking at it or where the settings ask for that."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def look_at_certificate(host: str, port: int, timeout: float) -> datetime | None:
    """Return when the server's certificate ends, trusted or not; None when it cannot be seen within ``timeout`` s."""
    deadline = Deadline(timeout)
    with suppress(OSError, ValueError), connect(host, port, deadline) as raw:
        raw.settimeout(max(deadline.left(), 0.001))
        with unverified_context().wrap_socket(raw, server_hostname=host) as wrapped:
            return certificate_end(wrapped.getpeercert(binary_form=True) or b"")
    return None


def certificate_end(der: bytes) -> datetime:
    """Return ``notAfter`` (UTC) of a certificate in DER; the ssl module tells it for trusted ones only.

    Raises:
        ValueError: that is no certificate.
    """
    certificate, _ = _element(der, 0x30)
    fields, _ = _element(certificate, 0x30)
    if fields[:1] == b"\xa0":  # the version is optional
        _, fields = _element(fields, 0xA0)
    for tag in (0x02, 0x30, 0x30):  # serial number, signature algorithm, issuer
        _, fields = _element(fields, tag)
    validity, _ = _element(fields, 0x30)
    _, after = _element(validity, validity[0] if validity else 0)
    text, _ = _element(after, after[0] if after else 0)
    return _asn1_time(text.decode("ascii", "replace"), short=after[0] == 0x17)  # noqa: PLR2004  # UTCTime


def _asn1_time(text: str, *, short: bool) -> datetime:
    """Return a UTCTime (two digits of the year: 50 and above are 19xx) or a GeneralizedTime."""
    if short:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """Return the content of the leading DER element, and what follows it."""
    if len(data) < 2 or data[0] != tag:  # noqa: PLR2004  # tag and length
        raise ValueError("not a certificate")
    length, start = data[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise ValueError("a certificate that ends too early")
    return data[start : start + length], data[start + length :]
