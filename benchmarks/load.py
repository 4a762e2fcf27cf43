"""What many visitors cost: sessions that watch one live run, and pages beside thousands of runs.

    python benchmarks/load.py sessions --sessions 30 --seconds 20   # ticks of a live run: median, worst, bytes
    python benchmarks/load.py growth --runs 2000                    # pages, lists and exports beside so many runs

Each session is a real one (``visitor.py``): a WebSocket that asks for a page and then, as the browser does, for every
fragment that asked to be run again after its interval, with the names of the messages that it keeps. A tick is the
time from asking to the end of the script. The server is the README's. The last line is one JSON object; figures of a
shared machine are noisy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.visitor import Session  # noqa: E402

END = 8_000  # bytes that no look at a run has that goes on, but every one that shows its end
IDLE = 0.04  # seconds of processor time in two seconds: a server that has imported in the background what runs need


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """The app as ``make run`` starts it, on a free port; gives its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"], cwd=ROOT,
                              env=os.environ | {"UNLEARN_HOME": str(home), "GOMP_SPINCOUNT": "2000"},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"127.0.0.1:{port}", server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


def sessions(options: argparse.Namespace) -> dict[str, Any]:
    """Many sessions on one run that goes on for as long as they watch."""
    from engine.runs.queue import Jobs  # noqa: F401 - a missing engine is said before a server starts

    with tempfile.TemporaryDirectory() as home, served(Path(home)) as (address, process):
        asyncio.run(Session(f"ws://{address}", "unlearn", "").visit(0.0))  # imports and starts the workers
        run_id = _long_run(Path(home))
        visitors = [Session(f"ws://{address}", "unlearn", f"run={run_id}") for _ in range(options.sessions)]
        before = _cpu(process)
        asyncio.run(_together(visitors, options.seconds))
        used = _cpu(process) - before
        end = _end(Path(home), run_id, [Session(one.address, one.page, one.query) for one in visitors])
    ticks = sorted(tick for one in visitors for tick in one.ticks)
    sizes = sorted(size for one in visitors for size in one.sizes)
    return {"sessions": len(visitors), "ticks": len(ticks), "median_s": round(statistics.median(ticks), 3),
            "p95_s": round(ticks[int(0.95 * len(ticks))], 3), "worst_s": round(ticks[-1], 3),
            "over_2_s": sum(tick > 2 for tick in ticks), "median_bytes": statistics.median(sizes),
            "worst_bytes": sizes[-1], "first_page_s": round(statistics.median(one.first for one in visitors), 2),
            "intervals": sorted({pause for one in visitors for pause in one.intervals.values()}),
            "ticks_a_second": round(len(ticks) / options.seconds, 1), "server_cpu_s": round(used, 1),
            "cpu_ms_a_tick": round(1000 * used / len(ticks), 1), "end": end, "load": round(os.getloadavg()[0], 1)}


def _end(home: Path, run_id: str, visitors: list[Session]) -> dict[str, Any]:
    """What it takes that the run ends, which each session's look shows: the worst look, the largest answer."""
    from engine.runs.store import Store

    store = Store(home)
    threading.Timer(8.0, lambda: _running(store, run_id) and store.request_cancel(run_id)).start()
    asyncio.run(_together(visitors, 20.0))
    if store.get(run_id).status != "cancelled":
        raise SystemExit("The run had ended before it was stopped: nothing was measured of its end, or of it.")
    ticks = [tick for one in visitors for tick in one.ticks]
    return {"ticks": len(ticks), "worst_s": round(max(ticks), 2), "over_2_s": sum(tick > 2 for tick in ticks),
            "ends": sum(size > END for one in visitors for size in one.sizes),
            "worst_bytes": max(size for one in visitors for size in one.sizes),
            "of_them": dict(max((one.largest for one in visitors), key=Counter.total).most_common(6))}


def _running(store: Any, run_id: str) -> bool:
    return bool(store.get(run_id).status == "running")


async def _together(visitors: list[Session], seconds: float) -> None:
    await asyncio.gather(*(one.visit(seconds) for one in visitors))


def _long_run(home: Path) -> str:
    """Queues a run of some minutes, which the server takes; its id."""
    from engine.runs.store import Store
    from engine.spec import resolve
    from engine.types import Spec

    store = Store(home)
    spec = Spec(method="finetune", seed=77, parameters={"retain_epochs": 200, "max_forget_epochs": 1000,
                                                        "batch_size": 4})
    run_id = store.submit(resolve(spec))
    while len(store.events(run_id)) < 10:  # the picture is there, and its course has some length
        time.sleep(0.2)
    return run_id


def _cpu(process: int) -> float:
    import psutil

    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def growth(options: argparse.Namespace) -> dict[str, Any]:
    """Pages, the list of runs and an export beside many runs, against the same beside none."""
    with tempfile.TemporaryDirectory() as none, tempfile.TemporaryDirectory() as many:
        _fill(Path(many), options.runs)
        pages = _pages(Path(none), Path(many), options.pages)
        listing = {count: _command(Path(home), "list", "runs", "--json") for count, home in ((0, none),
                                                                                           (options.runs, many))}
        export = _command(Path(many), "archive", "export", f"{many}/all.zip")
    return {"runs": options.runs, "pages": pages, "list_json_s": listing, "export_s": export,
            "worst_ratio": max(one["ratio"] for one in pages.values()),
            "worst_cpu_ratio": max(one["cpu_ratio"] for one in pages.values()), "load": round(os.getloadavg()[0], 1)}


def _fill(home: Path, count: int) -> None:
    """So many finished runs: one real one, and copies of it with other seeds."""
    from engine.runs.store import Store
    from engine.spec import resolve
    from engine.types import Spec

    subprocess.run([sys.executable, "-m", "engine", "run", "--method", "finetune", "--seed", "9"], cwd=ROOT, check=True,
                   env=os.environ | {"UNLEARN_HOME": str(home)}, capture_output=True)
    store = Store(home)
    real = store.list()[0]
    course, samples = store.events(real.id), store.load_samples(real.id)
    ids = store.begin_all([resolve(Spec(method="finetune", seed=seed)) for seed in range(1000, 1000 + count - 1)])
    columns = {"status": "finished", "metrics": dict(real.metrics.stored), "seconds": real.seconds, "steps": real.steps,
               "samples": real.samples, "device": real.device, "data": real.data}
    events = [{name: value for name, value in event.items() if name != "seq"} for event in course]
    store.settle([(run_id, columns | {"identity": f"{number:032d}"}, events) for number, run_id in enumerate(ids)])
    for run_id in ids:
        store.save_samples(run_id, samples)


def _pages(none: Path, many: Path, repeats: int) -> dict[str, dict[str, float]]:
    """By page, the median seconds of a first run of its script in new sessions, beside no runs and beside many.

    Both servers are asked in turn, so that what else the machine does slows both, after one visit that warms them.
    """
    from ui.common.address import PAGES

    with served(none) as beside_none, served(many) as beside_many:
        both = beside_none, beside_many
        for address, process in both:
            _first(address, "")
            _settle(process)
        return {page or "start": _page(page, both, repeats) for page in ("", *PAGES)}


def _settle(process: int) -> None:
    for _ in range(60):
        before = _cpu(process)
        time.sleep(2)
        if _cpu(process) - before < IDLE:
            return


def _page(page: str, servers: tuple[tuple[str, int], ...], repeats: int) -> dict[str, float]:
    seconds: dict[int, list[float]] = {process: [] for _, process in servers}
    used = {process: 0.0 for _, process in servers}
    for _ in range(repeats + 1):
        for address, process in servers:
            before = _cpu(process)
            seconds[process].append(_first(address, page))
            used[process] += _cpu(process) - before if len(seconds[process]) > 1 else 0.0
    (none, many), (cpu, more) = (statistics.median(times[1:]) for times in seconds.values()), used.values()
    return {"none_s": round(none, 3), "many_s": round(many, 3), "ratio": round(many / none, 2),
            "none_cpu_s": round(cpu / repeats, 3), "many_cpu_s": round(more / repeats, 3),
            "cpu_ratio": round(more / max(cpu, 0.01), 2)}


def _first(address: str, page: str) -> float:
    one = Session(f"ws://{address}", page, "")
    asyncio.run(one.visit(0.0))
    return one.first


def _command(home: Path, *words: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "engine", *words], cwd=ROOT, check=True, capture_output=True,
                   env=os.environ | {"UNLEARN_HOME": str(home)})
    return round(time.perf_counter() - begun, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    kinds = parser.add_subparsers(dest="kind", required=True)
    many = kinds.add_parser("sessions")
    many.add_argument("--sessions", type=int, default=30)
    many.add_argument("--seconds", type=float, default=20.0)
    many.set_defaults(work=sessions)
    grown = kinds.add_parser("growth")
    grown.add_argument("--runs", type=int, default=2000)
    grown.add_argument("--pages", type=int, default=5)
    grown.set_defaults(work=growth)
    options = parser.parse_args()
    print(json.dumps(options.work(options)))


if __name__ == "__main__":
    main()
