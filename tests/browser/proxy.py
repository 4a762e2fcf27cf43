"""A small reverse proxy for tests: one path goes to a server, WebSockets included; everything else is another site."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

OTHER = b"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\nConnection: close\r\n\r\nanother site"


class Proxy:
    """Forwards what is below ``path`` to ``port`` on this machine; ``strayed`` lists the other paths asked for."""

    def __init__(self, path: str, port: int):
        self.path, self.port, self.strayed = path, port, list[str]()
        self._loop, self._up = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._up.wait(30)

    @property
    def url(self) -> str:
        """The address of the proxy itself."""
        return f"http://127.0.0.1:{self._listens}"

    def stop(self) -> None:
        """Ends it with all its connections."""
        def end() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.call_later(0.1, self._loop.stop)

        self._loop.call_soon_threadsafe(end)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", 0))
        self._listens = server.sockets[0].getsockname()[1]
        self._up.set()
        self._loop.run_forever()
        server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a connection: its path decides where it goes, and every later byte goes there too."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            asked = head.split(b" ", 2)[1].decode().partition("?")[0]
            if asked == self.path or asked.startswith(f"{self.path}/"):
                there, to = await asyncio.open_connection("127.0.0.1", self.port)
                to.write(_closing(head))
                both = [asyncio.ensure_future(one) for one in (_pipe(reader, to), _pipe(there, writer))]
                _, open_ones = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for one in open_ones:
                    one.cancel()
                to.close()
            else:
                self.strayed.append(asked)
                writer.write(OTHER)
                await writer.drain()
        writer.close()


def _closing(head: bytes) -> bytes:
    """A request after which the connection ends, so that the next one is looked at too; a WebSocket keeps it."""
    if b"\r\nupgrade: websocket" in head.lower():
        return head
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@contextlib.contextmanager
def proxy(path: str, port: int) -> Iterator[Proxy]:
    """A proxy for as long as it is needed."""
    made = Proxy(path, port)
    try:
        yield made
    finally:
        made.stop()
