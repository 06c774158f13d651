"""The service that the benchmarks ask: an HTTP/1.1 server on loopback in a process of its own.

``/health`` answers at once, ``/slow/200/…`` after 200 ms, ``/body/1024/…`` with so many bytes, ``/flood/1024`` with so
many bytes whose number it does not tell beforehand, ``/bomb/1024`` with so many bytes gzipped, ``/drip`` one byte each
second, ``/hang`` never. ``python benchmarks/server.py`` prints its address; it ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BLOCK: Final = b"x" * 65536
FOR_EVER: Final = 3600.0


async def _health(_argument: str) -> AsyncIterator[bytes]:
    yield _head(2) + b"ok"


async def _slow(milliseconds: str) -> AsyncIterator[bytes]:
    await asyncio.sleep(int(milliseconds) / 1000)
    yield _head(2) + b"ok"


async def _body(size: str) -> AsyncIterator[bytes]:
    yield _head(int(size))
    for block in _blocks(int(size)):
        yield block


async def _flood(size: str) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for block in _blocks(int(size)):
        yield b"%x\r\n%b\r\n" % (len(block), block)
    yield b"0\r\n\r\n"


async def _bomb(size: str) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    for block in _blocks(int(size)):
        packed = packer.compress(block)
        if packed:
            yield packed
    yield packer.flush()


async def _drip(_argument: str) -> AsyncIterator[bytes]:
    yield _head(3600)
    for _ in range(3600):
        yield b"x"
        await asyncio.sleep(1)


async def _hang(_argument: str) -> AsyncIterator[bytes]:
    await asyncio.sleep(FOR_EVER)
    yield b""


ANSWERS: Final[dict[str, Callable[[str], AsyncIterator[bytes]]]] = {
    "health": _health,
    "slow": _slow,
    "body": _body,
    "flood": _flood,
    "bomb": _bomb,
    "drip": _drip,
    "hang": _hang,
}


def _head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % length


def _blocks(size: int) -> list[bytes]:
    whole, rest = divmod(size, len(BLOCK))
    return [BLOCK] * whole + ([BLOCK[:rest]] if rest else [])


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection, one after the other."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            kind, _, rest = request.split(b" ", 2)[1].decode("ascii").lstrip("/").partition("/")
            async for part in ANSWERS[kind](rest.partition("/")[0]):
                writer.write(part)
                await writer.drain()
            if kind == "bomb":
                break
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def main() -> None:
    """Serve until the standard input ends."""
    listening = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    host, port = listening.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    listening.close()


if __name__ == "__main__":
    asyncio.run(main())
