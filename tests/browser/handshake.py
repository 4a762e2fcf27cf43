"""A WebSocket handshake by hand: what a server answers to a Host and an Origin of one's choice."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit


def answer(url: str, host: str | None = None, origin: str | None = None) -> int:
    """The status of the answer to the handshake of Streamlit's WebSocket at ``url``: 101 where it is taken."""
    at = urlsplit(url)
    host = host or at.netloc
    head = [f"GET {at.path.rstrip('/')}/_stcore/stream HTTP/1.1", f"Host: {host}", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    head += [f"Origin: {origin}"] if origin else []
    with socket.create_connection((at.hostname, at.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        return int(connection.makefile("rb").readline().split()[1])
