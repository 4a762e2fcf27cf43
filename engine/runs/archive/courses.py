"""The events of an archive's runs: kept as text, since parsed ones take ten times the memory, and parsed run by run."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from engine.runs.archive.limits import (
    LONGEST_COURSE,
    LONGEST_EVENT,
    MOST_COURSES,
    MOST_EVENTS,
    MOST_VALUES,
    SIGNS,
    TooLarge,
    strict_json,
)
from engine.runs.gate import event
from engine.system.shapes import shown, wrong

if TYPE_CHECKING:
    import pyarrow

STRAY = "has an event that belongs to no run or is no event"


class Courses:
    """A table of events (run, seq, payload) of some runs. Raises ValueError, its text the end of a sentence."""

    def __init__(self, table: pyarrow.Table, runs: Collection[str]):
        if table.num_rows > MOST_EVENTS:
            raise TooLarge(f"has {table.num_rows:,} events, but the limit is {MOST_EVENTS:,}")
        self._payloads = table.column("payload").combine_chunks()
        self._places: dict[str, dict[int, int]] = {run_id: {} for run_id in runs}
        of = table.column("run").combine_chunks()  # in a dictionary too, whose names are looked at once
        names = of.dictionary.to_pylist()
        if not set(names) <= self._places.keys():
            raise ValueError(STRAY)
        for place, (number, seq) in enumerate(zip(of.indices.to_pylist(), table.column("seq").to_pylist(),
                                                  strict=True)):
            seen = self._places[names[number]]
            if seq < 0 or seq in seen:
                raise ValueError(STRAY)
            seen[seq] = place
        self._measure()

    def _measure(self) -> None:
        """The texts are in a dictionary, which says a long one once: all of them are measured before any is taken."""
        import pyarrow.compute as pc

        texts, of_each = self._payloads.dictionary, self._payloads.indices
        lengths = pc.utf8_length(texts).take(of_each)
        if (pc.max(lengths).as_py() or 0) > LONGEST_EVENT or (pc.sum(lengths).as_py() or 0) > MOST_COURSES:
            raise TooLarge(f"has events of over {MOST_COURSES:,} characters in all, or one of over {LONGEST_EVENT:,}")
        counts = functools.reduce(pc.add, (pc.count_substring(texts, sign) for sign in SIGNS)).take(of_each)
        for name, sizes, most in (("characters", lengths, LONGEST_COURSE), ("values", counts, MOST_VALUES)):
            of = sizes.to_numpy(zero_copy_only=False)
            for run_id, places in self._places.items():  # the events of a run are parsed together
                if (size := sum(int(of[place]) for place in places.values())) > most:
                    raise TooLarge(f"has {size:,} {name} in the events of run {run_id}, but the limit is {most:,}")

    def of(self, run_id: str) -> list[dict[str, Any]]:
        """The events of a run in order, each with its ``seq``."""
        places = self._places.get(run_id, {})
        return [{"seq": seq, **self._parsed(run_id, seq, places[seq])} for seq in sorted(places)]

    def check(self) -> None:
        """Reads all of them, one after another."""
        for run_id in self._places:
            self.of(run_id)

    def _parsed(self, run_id: str, seq: int, place: int) -> dict[str, Any]:
        try:
            found = strict_json(self._payloads[place].as_py())
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("kind"), str):
            raise ValueError(STRAY)
        if unfit := wrong(event, found):
            raise ValueError(f"has an event {seq} of run {run_id} whose {unfit.place} is {shown(unfit.value)}, but "
                             f"must be {unfit.what}")
        return found
