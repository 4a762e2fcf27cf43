"""One visitor of the app over its WebSocket, like the browser's half of Streamlit: what it says, and what it keeps.

It names the page it is on by its hash, follows the address that the server writes, lets fragments run after their
intervals, and keeps large messages that may come again, so that the server sends their names alone.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

QUIET = 300.0  # seconds that nothing here takes
OLDEST = 2  # script runs for which a browser keeps a message that did not come again


class Kept:
    """The messages that a browser keeps, by their hashes (``ForwardMessageCache`` in Streamlit's own script)."""

    def __init__(self) -> None:
        self._runs = 0
        self._used: dict[str, int] = {}
        self._fragment: dict[str, str] = {}

    def hashes(self) -> list[str]:
        return list(self._used)

    def take(self, said: Any) -> None:
        """A message came: itself, or the hash of one that is kept."""
        if said.WhichOneof("type") == "ref_hash":
            if said.ref_hash not in self._used:
                raise SystemExit("the server sent the name of a message that no browser would have any more")
            self._used[said.ref_hash] = self._runs
        elif said.metadata.cacheable:
            self._used[said.hash] = self._runs
            self._fragment.setdefault(said.hash, said.delta.fragment_id)

    def ended(self, fragments: Sequence[str]) -> None:
        """A script has ended, of these fragments or of the whole page: what has not come for a while is dropped."""
        self._runs += 1
        for one in [one for one, used in self._used.items() if self._runs - used > OLDEST]:
            if not fragments or self._fragment[one] in fragments:
                del self._used[one], self._fragment[one]


@dataclass
class Session:
    """One visitor: what came back, and when."""

    address: str
    page: str
    query: str
    first: float = 0.0
    ticks: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    largest: Counter[str] = field(default_factory=Counter)  # of the largest look, the bytes by kind of message
    intervals: dict[str, float] = field(default_factory=dict)
    kept: Kept = field(default_factory=Kept)
    script: str = ""  # the hash of the page
    fragments: tuple[str, ...] = ()  # what the script that is running draws; none for the whole page

    async def visit(self, seconds: float) -> None:
        """Opens the page, then lets its fragments run until the time is over."""
        import websockets

        async with websockets.connect(f"{self.address}/_stcore/stream", max_size=None,
                                      subprotocols=["streamlit"]) as socket:  # type: ignore[list-item]
            begun = time.perf_counter()
            await self._ask(socket, "")
            self.first = time.perf_counter() - begun
            end, due = time.perf_counter() + seconds, {}
            while time.perf_counter() < end:
                now = time.perf_counter()
                due = {one: due.get(one, now + pause) for one, pause in self.intervals.items()}
                if not due:
                    await asyncio.sleep(0.1)
                    continue
                one = min(due, key=lambda name: due[name])
                await asyncio.sleep(max(0.0, min(due[one], end) - now))
                if due[one] > end:
                    return
                asked = time.perf_counter()
                sizes = await self._ask(socket, one)
                self.ticks.append(time.perf_counter() - asked)
                self._note(sizes)
                due[one] = max(asked + self.intervals.get(one, 1.0), time.perf_counter())

    def _note(self, sizes: Counter[str]) -> None:
        if sizes.total() > self.largest.total():
            self.largest = sizes
        self.sizes.append(sizes.total())

    async def _ask(self, socket: Any, fragment: str) -> Counter[str]:
        """Sends a rerun and reads until its script has ended; the bytes that came, by kind of message."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        await socket.send(self._said(fragment).SerializeToString())
        sizes: Counter[str] = Counter()
        if not fragment:
            self.intervals.clear()
        while True:
            raw = await asyncio.wait_for(socket.recv(), QUIET)
            said = ForwardMsg.FromString(raw)
            sizes[kind_of(said)] += len(raw)
            self.kept.take(said)
            if self._take(said):
                return sizes

    def _said(self, fragment: str) -> Any:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.fragment_id, asked.is_auto_rerun = self.query, fragment, bool(fragment)
        asked.page_script_hash, asked.page_name = self.script, "" if self.script else self.page
        asked.cached_message_hashes.extend(self.kept.hashes())
        return message

    def _take(self, said: Any) -> bool:
        """Does what a message asks for; whether the script that was asked for has ended with it."""
        kind = said.WhichOneof("type")
        if kind == "page_not_found":
            raise SystemExit(f"there is no page {self.page!r}")
        if kind == "new_session":
            self.script, self.fragments = said.new_session.page_script_hash, tuple(said.metadata.run.fragment_ids)
        elif kind == "navigation":
            self.script = said.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = said.page_info_changed.query_string
        elif kind == "auto_rerun":
            self.intervals[said.auto_rerun.fragment_id] = said.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            for one in said.stop_auto_rerun.fragment_ids:
                self.intervals.pop(one, None)
        elif kind == "script_finished":
            if said.script_finished != said.FINISHED_EARLY_FOR_RERUN:
                self.kept.ended(self.fragments)
                return True
            self.intervals.clear()  # the whole page is drawn again, with other fragments
        return False


def kind_of(said: Any) -> str:
    """What a message is of, and where in the page it goes."""
    kind = str(said.WhichOneof("type"))
    if kind != "delta":
        return kind
    what = said.delta.WhichOneof("type")
    one = getattr(said.delta, what)
    inner = one.WhichOneof("type") if what in ("new_element", "add_block") else ""
    name = one.bidi_component.component_name if inner == "bidi_component" else inner
    return f"{name} at {'.'.join(map(str, said.metadata.delta_path))}"
