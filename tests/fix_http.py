"""Servers on loopback that misbehave exactly as a test says, down to the single byte."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType


class Talk:
    """One connection, as the server's side sees it."""

    def __init__(self, server: Server, connection: socket.socket, number: int) -> None:
        """Wrap an accepted connection; ``number`` counts from 1."""
        self.server = server
        self.connection = connection
        self.number = number

    def request(self) -> bytes:
        """Read one request, body included, and return it; empty when the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.connection.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0]):
            body += self.connection.recv(65536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return self.server.requests[-1]

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.connection.sendall(data)

    def answer(self, body: bytes = b"{}", status: str = "200 OK", headers: str = "") -> None:
        """Send a whole answer in one piece, and keep the connection."""
        self.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)

    def drip(self, data: bytes, pause: float = 0.02) -> None:
        """Send byte by byte with pauses, for as long as the server runs."""
        for byte in data:
            self.send(bytes([byte]))
            if self.server.stopping.wait(pause):
                return

    def hang(self) -> None:
        """Do nothing until the server stops."""
        self.server.stopping.wait()

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.connection.close()


class Server:
    """Accepts connections and gives each to ``behave`` in a thread of its own."""

    def __init__(self, behave: Callable[[Talk], None], tls: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of the loopback."""
        self.behave = behave
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        """Start to accept."""
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything and wait for the threads."""
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        # the client may leave at any time: that is what is tested
        with suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection:
                self.behave(Talk(self, connection, number))
        connection.close()


def forever(answer: Callable[[Talk, bytes], None]) -> Callable[[Talk], None]:
    """Return a behaviour that answers one request after another on the same connection."""

    def behave(talk: Talk) -> None:
        while request := talk.request():
            answer(talk, request)

    return behave


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def certificate(folder: Path, *, days: int = 30, not_after: str | None = None) -> ssl.SSLContext:
    """Return a server's TLS context with a self-signed certificate for 127.0.0.1, made by the openssl program.

    ``not_after`` (YYYYMMDDHHMMSSZ) overrides ``days``; the certificate lies in ``folder`` as ``cert.pem``.
    """
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is needed to make a certificate")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    if not_after is None:
        command = ["openssl", "req", "-x509", *key, *files, *names, "-days", str(days)]
        subprocess.run(command, check=True, capture_output=True)
    else:
        _dated(folder, [*key, *files], names, not_after)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def _dated(folder: Path, key: list[str], names: list[str], not_after: str) -> None:
    """Make a certificate with a given end; ``openssl ca`` takes absolute dates in every version."""
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\nnew_certs_dir={folder}\n"
        "default_md=sha256\npolicy=p\ncopy_extensions=copy\n[p]\ncommonName=supplied\n"
    )
    request = [part if not part.endswith("cert.pem") else str(folder / "request.pem") for part in key]
    subprocess.run(["openssl", "req", "-new", *request, *names], check=True, capture_output=True)
    command = ["openssl", "ca", "-batch", "-selfsign", "-notext", "-config", str(folder / "ca.cnf")]
    command += [
        "-keyfile",
        str(folder / "key.pem"),
        "-in",
        str(folder / "request.pem"),
        "-out",
        str(folder / "cert.pem"),
    ]
    command += ["-startdate", "20200101000000Z", "-enddate", not_after]
    subprocess.run(command, check=True, capture_output=True)
