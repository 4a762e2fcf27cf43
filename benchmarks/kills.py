"""kill -9 at random moments of seven kinds of work: what is lost, changed, computed twice, left running, left behind.

``python benchmarks/kills.py [--kills 200] [--seconds 1200] [--seed 0]``; prints one JSON object last. Each piece of
work is begun, killed, looked at as the next start finds it, and begun again until it ends, in a home folder of its
own; what comes of it is held against the same work that nobody interrupted; what was computed twice is counted where
runs come of it. Processes are forked from one that has everything imported, so that kills fall into the work. Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")
from benchmarks.kills_seen import looked

KINDS = ("run", "sweep", "ensemble", "relearning", "original", "export", "import")
AGAIN = 40  # times that one piece of work is killed at most before it may end


@dataclass
class Counts:
    """What went wrong, in all."""

    kills: int = 0
    lost: int = 0
    changed: int = 0
    twice: int = 0
    left_running: int = 0
    leftovers: int = 0
    failed: int = 0
    seen: list[str] = field(default_factory=list)

    def note(self, what: str, text: str) -> None:
        setattr(self, what, getattr(self, what) + 1)
        self.seen.append(f"{what}: {text}")


# --- processes ------------------------------------------------------------------------------


def fork(work: Callable[[], Any], home: Path, quiet: bool = True) -> tuple[int, int]:
    """A process that does ``work`` in that home folder; its id, and where its answer can be read as JSON."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    status = 1
    try:
        os.close(reader)
        os.environ["UNLEARN_HOME"] = str(home)
        if quiet:
            for number in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        answer = json.dumps(work()).encode()
        with open(writer, "wb") as file:
            file.write(answer)
        status = 0
    finally:
        os._exit(status)


def done(work: Callable[[], Any], home: Path) -> Any:
    """What ``work`` comes to in a process of its own."""
    pid, reader = fork(work, home, quiet=False)
    with open(reader, "rb") as file:
        answer = file.read()
    os.waitpid(pid, 0)
    return json.loads(answer)


def killed(work: Callable[[], Any], home: Path, after: float) -> bool:
    """Whether the process was killed ``after`` so many seconds, before it had ended by itself."""
    pid, reader = fork(work, home)
    until = time.monotonic() + after
    try:
        while time.monotonic() < until:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return False
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    finally:
        os.close(reader)


# --- pieces of work -------------------------------------------------------------------------


def command(*words: str) -> Callable[[], int]:
    def work() -> int:
        from engine.cli.main import main

        return main([*words, "--json"])
    return work


def pieces(kind: str, number: int, home: Path) -> Callable[[], int]:
    """The work of a kind with this number; every number is another one."""
    seed = str(number)
    if kind == "run":
        return command("run", "--dataset", "moons", "--method", "finetune", "--set", "retain_epochs=10", "--seed", seed,
                       "--keep-weights")
    if kind == "sweep":
        return command("sweep", "--dataset", "moons", "--method", "finetune", "--axis", "retain_epochs=3,4",
                       "--seeds", seed, "--forget-fractions", "0.1", "0.2", "--keep-weights")
    if kind == "ensemble":
        return command("ensemble", "--dataset", "moons", "--methods", "finetune", "--models", "6", "--seed", seed)
    if kind == "relearning":
        return command("relearn", (home / "base").read_text(), "--seeds", seed, "--forgotten", "0", "--no-second")
    if kind == "original":
        return command("pretrain", "--dataset", "moons", "--seed", str(number + 1))
    if kind == "export":
        return command("archive", "export", str(home.parent / f"{home.name}-out" / f"{number}.zip"), "--samples", "all",
                       "--with-weights", "--force")
    return command("archive", "import", str(home.parent / "runs.zip"))


# --- the trial ------------------------------------------------------------------------------


def hold(counts: Counts, kind: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Counts what a kill has done to what was there."""
    for run_id in now["running"]:
        counts.note("left_running", f"{kind} {run_id}")
    for path in now["leftovers"]:
        counts.note("leftovers", f"{kind} {path}")
    for part in ("finished", "originals", "models", "findings", "archives"):
        for name, value in before[part].items():
            if name not in now[part]:
                counts.note("lost", f"{kind} {part} {name}")
            elif now[part][name] != value:
                counts.note("changed", f"{kind} {part} {name}")


def same(counts: Counts, kind: str, expected: dict[str, Any], now: dict[str, Any]) -> None:
    """Counts what differs from the work that nobody interrupted, and what was computed twice."""
    mine = sorted(value for value in now["finished"].values())
    wanted = sorted(value for value in expected["finished"].values())
    if len(mine) > len(wanted):
        counts.note("twice", f"{kind}: {len(mine)} runs, not {len(wanted)}")
    for what, found, wished in (("finished", mine, wanted), ("originals", now["originals"], expected["originals"]),
                                ("models", now["models"], expected["models"]),
                                ("findings", sorted(now["findings"].values()), sorted(expected["findings"].values()))):
        if found != wished:
            counts.note("changed", f"{kind}: {what} differ from those of the uninterrupted work")


def home_of(folder: Path, name: str, kind: str) -> Path:
    """A new home folder with what work of this kind needs."""
    home = folder / name
    home.mkdir()
    (folder / f"{name}-out").mkdir()
    if kind in ("relearning", "export"):
        done(lambda: main_import(folder / "runs.zip"), home)
        runs = json.loads((folder / "ids").read_text())
        (home / "base").write_text(runs[0])
    return home


def main_import(path: Path) -> int:
    from engine.runs.archive.transfer import import_runs
    from engine.runs.store import open_store

    import_runs(path, open_store())
    return 0


def prepare(folder: Path) -> None:
    """An archive of a few runs that the other kinds begin with."""
    home = folder / "first"
    home.mkdir()
    for method in ("finetune", "retrain"):
        work = command("run", "--dataset", "moons", "--method", method, "--keep-weights")
        for name in done(partial(imported_by, work), home):
            with contextlib.suppress(Exception):
                import_module(name)
    done(command("archive", "export", str(folder / "runs.zip"), "--samples", "all", "--with-weights"), home)
    (folder / "ids").write_text(json.dumps(done(ids, home)))


def imported_by(work: Callable[[], int]) -> list[str]:
    """The modules that a piece of work imports, for the process that others are forked from."""
    work()
    return list(sys.modules)


def ids() -> list[str]:
    from engine.runs.store import open_store

    return [run.id for run in open_store().list(status=("finished",))]


def trial(kind: str, number: int, folder: Path, counts: Counts, kills: int, draw: random.Random) -> int:
    """One piece of work, killed until ``kills`` are reached or it ends; how often it was killed."""
    quiet, home = (home_of(folder, f"{kind}-{number}-{name}", kind) for name in ("quiet", "killed"))
    began = time.monotonic()
    done(pieces(kind, number, quiet), quiet)
    takes = time.monotonic() - began
    expected, before, times = done(looked, quiet), done(looked, home), 0
    while times < min(kills, AGAIN):
        if not killed(pieces(kind, number, home), home, draw.uniform(0, 1.1 * takes)):
            break
        times += 1
        now = done(looked, home)
        hold(counts, kind, before, now)
        before = now
        if kind == "run" and now["finished"]:
            break  # killed after its end: run always computes, so that it would be there twice
    if not (kind == "run" and done(looked, home)["finished"]) and done(pieces(kind, number, home), home) != 0:
        counts.note("failed", f"{kind} {number} after {times} kills")
    now = done(looked, home)
    hold(counts, kind, before, now)
    same(counts, kind, expected, now)
    return times


def measure(kills: int, seconds: float, seed: int, kinds: tuple[str, ...]) -> dict[str, Any]:
    """The kinds in turn until the number of kills or the time is reached."""
    counts, by_kind, draw, until = Counts(), dict.fromkeys(kinds, 0), random.Random(seed), time.monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="unlearn-kills-") as place:
        folder = Path(place)
        prepare(folder)
        number = 0
        while counts.kills < kills and time.monotonic() < until:
            kind = min(kinds, key=lambda one: by_kind[one])
            share = -(-kills // len(kinds)) - by_kind[kind]
            times = trial(kind, number, folder, counts, min(share, kills - counts.kills), draw)
            by_kind[kind] += times
            counts.kills += times
            number += 1
            print(f"{counts.kills} kills, {kind}: {times}", *counts.seen[-3:], file=sys.stderr, flush=True)
    found = {name: value for name, value in vars(counts).items() if name != "seen"}
    return {**found, "by_kind": by_kind, "seen": counts.seen[:20], "machine": f"{platform.machine()}, {os.cpu_count()} "
            f"cores", "date": time.strftime("%Y-%m-%d"), "seed": seed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    options = parser.parse_args()
    os.environ["UNLEARN_DEVICE"] = "cpu:0"  # a sweep then computes in the process that is killed
    import torch

    import engine.cli.main
    import engine.originals.pretrain
    import engine.runs.execute
    import engine.studies.ensemble_work
    import engine.studies.relearn  # noqa: F401

    torch.set_num_threads(1)
    with contextlib.suppress(KeyboardInterrupt):
        print(json.dumps(measure(options.kills, options.seconds, options.seed, tuple(options.kinds))))


if __name__ == "__main__":
    main()
