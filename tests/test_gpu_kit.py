"""The kit for a machine with a card, rehearsed on the CPU: the real run.sh, the real steps, tiny budgets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import types
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.gpu import page, plan, runner
from benchmarks.gpu.plan import PLAN, Step
from benchmarks.gpu.unpack import unpack
from engine.studies.paper import paper_value
from tests.documents import ROOT
from tests.patience import patience


def records(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]


def outcomes(found: list[dict]) -> dict[str, str]:
    return {record["step"]: record["outcome"] for record in found if "outcome" in record}


@pytest.mark.long
def test_the_whole_plan_runs_on_a_cpu(tmp_path):
    out = tmp_path / "out"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UNLEARN_", "KIT"))}
    ended = subprocess.run(
        ["sh", "benchmarks/gpu/run.sh", sys.executable], cwd=ROOT, capture_output=True, text=True, timeout=patience(),
        env=environment | {"OUT": str(out), "KIT_WORK": str(tmp_path / "work"), "KIT": str(tmp_path / "no-kit"),
                           "KIT_TINY": "1", "UNLEARN_DEVICE": "cpu"})
    found = records(out)
    assert ended.returncode == 0, (found[-5:], ended.stderr, (out / "log.txt").read_text()[-2000:])
    assert outcomes(found) == {step.name: "done" for step in PLAN} | {"plan": "ended"}
    assert [record["equal"] for record in found if "equal" in record] == [True] * 4
    assert [record["device"][:4] for record in found if record["step"] == "card" and "device" in record] == ["cpu,"]
    assert sorted(path.name for path in out.iterdir()) == [
        "log.txt", "results.jsonl", "runs-corrected.zip", "runs-paper.zip"]


@pytest.fixture
def a_plan(monkeypatch):
    """Lets the plan consist of steps that are functions."""
    def of(*steps):
        for step, work in steps:
            monkeypatch.setitem(sys.modules, f"benchmarks.gpu.steps.{step.module}", types.SimpleNamespace(run=work))
        for module in (plan, runner):
            monkeypatch.setattr(module, "PLAN", tuple(step for step, _ in steps))
        monkeypatch.setattr(runner, "LEAST", 0)

    return of


def carried_out(folder: Path, seconds: float = 60.0) -> tuple[int, list[dict]]:
    """One call of the plan; what it wrote in this call alone."""
    out = folder / f"out{time.monotonic_ns()}"
    (folder / "work").mkdir(exist_ok=True)
    out.mkdir()
    wrong = runner.run_plan(runner.Ledger(out, folder / "work"), out, folder / "work", seconds, True)
    return wrong, records(out)


def test_a_step_that_is_cut_off_keeps_what_it_said_and_the_next_ones_run(tmp_path, a_plan):
    def quick(place):
        yield {"figure": place.argument}

    def endless(place):
        yield {"figure": 1}
        time.sleep(60)

    a_plan((Step("first", 20, argument="a"), quick), (Step("slow", 1), endless), (Step("last", 20, argument="b"),
                                                                                 quick))
    wrong, found = carried_out(tmp_path)
    assert wrong == 1 and outcomes(found) == {"first": "done", "slow": "stopped", "last": "done"}
    assert [record["figure"] for record in found if "figure" in record] == ["a", 1, "b"]
    _, again = carried_out(tmp_path)
    assert outcomes(again) == {"first": "skipped", "slow": "stopped", "last": "skipped"}


def test_a_step_that_fails_costs_itself_alone_unless_it_is_needed(tmp_path, a_plan):
    def broken(place):
        raise RuntimeError("no card")
        yield

    def fine(place):
        yield {}

    a_plan((Step("first", 20), broken), (Step("second", 20), fine))
    wrong, found = carried_out(tmp_path)
    assert wrong == 1 and outcomes(found) == {"first": "failed", "second": "done"}
    a_plan((Step("third", 20, needed=True), broken), (Step("fourth", 20), fine))
    wrong, found = carried_out(tmp_path)
    assert wrong == 2 and outcomes(found) == {"third": "failed"}


def test_later_steps_keep_their_least_time(monkeypatch):
    monkeypatch.setattr(plan, "PLAN", (Step("a", 50), Step("b", 30, least=20), Step("c", 30, least=10)))
    assert [plan.limit(position, left) for position, left in ((0, 100), (0, 60), (1, 30), (2, 12), (2, 90))] == [
        50, 30, 20, 12, 30]


def test_the_plan_fits_its_time():
    assert sum(step.least for step in PLAN) < 450 - PLAN[0].seconds
    assert [step.module for step in PLAN if not (ROOT / f"benchmarks/gpu/steps/{step.module}.py").is_file()] == []


# --- what travels ---------------------------------------------------------------------------


def prepare(folder: Path, **more: str) -> subprocess.CompletedProcess:
    return subprocess.run(["sh", str(ROOT / "benchmarks/gpu/prepare.sh"), sys.executable], cwd=folder, text=True,
                          capture_output=True, env=os.environ | {"KIT_WHEELS": "", **more})


def test_what_travels_is_added_up_and_refused_where_it_is_too_much(tmp_path):
    tree, data = tmp_path / "tree", tmp_path / "data"
    for name in ("cifar10", "go_emotions"):
        (data / name).mkdir(parents=True)
        (data / name / "train.parquet").write_bytes(bytes(600_000))
    tree.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    (tree / "code.py").write_bytes(bytes(1024**2))
    (tree / ".gitignore").write_text("/kit/\n")
    absent = prepare(tree, UNLEARN_DATA_DIR=str(tmp_path))
    assert absent.returncode == 1 and f"There is no folder {tmp_path}/cifar10: " in absent.stderr
    fits = prepare(tree, UNLEARN_DATA_DIR=str(data))
    assert fits.returncode == 0 and fits.stdout.startswith("tree 1 MiB, wheels ") and ": 2." in fits.stdout
    over = prepare(tree, UNLEARN_DATA_DIR=str(data), KIT_MOST="2")
    assert over.returncode == 1 and over.stdout == fits.stdout
    assert over.stderr == "That is more than 2 MiB: take fewer wheels (KIT_WHEELS), or allow more (KIT_MOST).\n"


def test_unpacked_pictures_have_the_same_pixels(tmp_path, monkeypatch):
    import numpy as np
    from PIL import Image

    monkeypatch.setattr("benchmarks.gpu.unpack.ProcessPoolExecutor", lambda count: Here())
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    cells = []
    for one in pixels:
        made = io.BytesIO()
        Image.fromarray(one).save(made, "PNG")
        cells.append({"bytes": made.getvalue(), "path": None})
    table = pa.table({"img": cells, "label": [4, 5, 6]}).replace_schema_metadata({"huggingface": "{}"})
    pq.write_table(table, tmp_path / "train.parquet")
    unpack(tmp_path / "train.parquet", tmp_path / "there" / "train.parquet")
    found = pq.read_table(tmp_path / "there" / "train.parquet")
    read = [np.asarray(Image.open(io.BytesIO(cell["bytes"]))) for cell in found.column("img").to_pylist()]
    assert np.array_equal(read, pixels) and found.column("label").to_pylist() == [4, 5, 6]
    assert found.schema.metadata is None


# --- the page -------------------------------------------------------------------------------


def test_the_page_shows_each_call_with_means_and_the_papers_values(tmp_path):
    cell = {"step": "tables", "scenario": "random", "forget": 0.15, "method": "finetune", "status": "finished",
            "retain_accuracy": 99.0, "test_accuracy": 80.0, "accuracy_gap": 9.0, "mia_entropy_gap": 3.0}
    lines = [{"step": "machine", "time": "2027-01-02 03:04:05", "torch": "2.11.0", "python": "3.12.3", "cores": 16,
              "code": "1.0"}, {"step": "card", "device": "cuda:0, NVIDIA H100"},
             {"step": "card", "outcome": "done", "seconds": 1.5},
             *(cell | {"seed": seed, "seconds": 2.0 + seed, "mia_loss_gap": 2.0 + seed} for seed in (0, 1)),
             {"step": "tables", "outcome": "stopped", "seconds": 140.0, "reason": "140 s were over"},
             {"step": "figures", "figure": "peak memory", "mib": 1234},
             {"step": "figures", "outcome": "done", "seconds": 12.0}, {"step": "plan", "outcome": "ended"}]
    (tmp_path / "h100.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    of_paper = [f"({paper_value('cifar10', 'random', 0.15, 'finetune', metric)[0]:.1f})" for metric in page.METRICS]
    means = " | ".join(f"{mean} {paper}" for mean, paper in zip(("99.0", "80.0", "9.0", "2.5", "3.0"), of_paper))
    assert page.page(tmp_path) == f"""### cuda:0, NVIDIA H100

2027-01-02, torch 2.11.0, Python 3.12.3, 16 cores, version 1.0.

| step | outcome | seconds |
| --- | --- | --- |
| card | done | 1.5 |
| tables | stopped | 140 |
| figures | done | 12 |

**tables**

| scenario | forget | method | seeds | retain accuracy | test accuracy | accuracy gap | mia loss gap | \
mia entropy gap | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| random | 0.15 | finetune | 2 | {means} | 2.5 |

**figures**

| figure | mib |
| --- | --- |
| peak memory | 1234 |"""
    assert page.page(tmp_path / "nowhere") == "No card has run the kit yet."


class Here:
    """A pool of this process alone."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    map = staticmethod(map)
