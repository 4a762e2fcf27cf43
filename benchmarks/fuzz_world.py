"""What ``benchmarks/fuzz.py`` tries its inputs on: a scratch home with a few runs, a way for each kind of input."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.fuzz_changes import (
    PARAMETERS,
    VALUES,
    WORDS,
    as_json,
    blank,
    changed_events,
    changed_picture,
    command_line,
    flipped,
    mutated,
)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "engine"), str(ROOT / "tests" / "engine" / "own")]
os.environ |= {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


class World:
    """A scratch home with a store of a few runs, and what they are exported to; what passes is drawn."""

    def __init__(self, folder: Path):
        import torch  # first, so that no alarm interrupts what is imported only once
        from archiving import finished_run, members, put_together
        from making import comments, pictures

        import ui.unlearn.live  # noqa: F401
        from engine.cli.main import build_parser
        from engine.originals.checkpoints import SHIPPED
        from engine.runs.archive.transfer import export_runs
        from engine.runs.store import Store, open_store

        torch.set_num_threads(1)
        build_parser()
        os.environ["UNLEARN_HOME"] = str(folder / "home")
        self.folder, self.store = folder, open_store()
        self.ids = [finished_run(self.store, seed=seed, status=status) for seed, status in
                    enumerate(("finished", "finished", "failed", "cancelled"))]
        export_runs(folder / "good.zip", self.ids, self.store, samples="all")
        self.members, self.put_together, self.Store = members(folder / "good.zip"), put_together, Store
        self.pictures, self.comments = pictures(folder / "shapes", each=12), comments(folder / "moods.csv")
        self.original = next(path for path in sorted(SHIPPED.glob("digits-small_cnn-seed0-*.json"))
                             if path.with_suffix(".safetensors").is_file())

    # --- what is drawn ----------------------------------------------------------------------

    def warm(self) -> None:
        """Imports and caches whatever a first look fills, so that no alarm interrupts it."""
        self.draw(self.store, report_too=True)
        blank((20_000, 20_000))

    def draw(self, store: Any, report_too: bool = False) -> None:
        """Everything that lists and pages compute of each run; whatever it raises is a fault."""
        from engine.evaluation.verdict import verdict_of
        from engine.runs import library
        from engine.runs.records import described
        from engine.system.files import to_json
        from ui.common import measures, words
        from ui.common.stage.scene import scene
        from ui.runs.columns import columns
        from ui.runs.rows import row_of
        from ui.unlearn import headline, report

        known = columns()
        for run in store.list():
            row = row_of(run, store, known)
            if row.problem:
                raise AssertionError(row.problem)
            to_json(described(run))
            words.run_title(run), headline.headline(run), headline.chips(run), verdict_of(run), headline.remedy(run)
            course = library.get(run.id, store).course
            scene(run, course)
            if run.metrics:
                measures.rows(run.metrics, run.spec.scenario, None)
            if course.start and run.has_ended and report_too:  # it takes as long as all the rest
                report.write(run.id)

    # --- kinds of input ---------------------------------------------------------------------

    def archive(self, rng: random.Random) -> None:
        from engine.runs.archive.transfer import import_runs

        content, how = dict(self.members), rng.random()
        if how < 0.55:
            content["runs.json"] = as_json(mutated(rng, json.loads(content["runs.json"])))
        elif how < 0.75:
            content["events.parquet"] = changed_events(rng, content["events.parquet"])
        elif how < 0.9:
            name = rng.choice(list(content))
            content[name] = flipped(rng, content[name])
        path, signed = self.folder / "bad.zip", rng.random() < 0.9
        try:
            self.put_together(path, content, signed=signed,
                              manifest=lambda one: mutated(rng, one) if how >= 0.9 else one)
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # what was made is none that can be written
        if rng.random() < 0.1:
            path.write_bytes(flipped(rng, path.read_bytes()))
        with self.another() as store:
            try:
                import_runs(path, store)
            finally:
                self.draw(store, rng.random() < 0.1)

    def row(self, rng: random.Random) -> None:
        import sqlalchemy as sa

        from engine.runs.schema import runs

        with self.another(copied=True) as store:
            column = rng.choice([one.name for one in runs.columns if one.name != "number"])
            kept = store.get(self.ids[0]).to_row()[column]
            value = mutated(rng, kept) if rng.random() < 0.8 else rng.choice(VALUES)
            text = value if isinstance(value, str) and rng.random() < 0.5 else json.dumps(value)
            text = text[:200_000].encode("utf-8", "replace").decode()
            with contextlib.suppress(sa.exc.SQLAlchemyError), store._engine.begin() as connection:  # a key, or no null
                connection.execute(sa.text("PRAGMA foreign_keys=OFF"))
                connection.execute(sa.text(f"UPDATE runs SET {column} = :value WHERE id = :id"),
                                   {"value": text, "id": self.ids[0]})
            self.draw(store, rng.random() < 0.1)
            for one in store.unreadable():
                store.delete(one.id)
            assert store.unreadable() == []
            store.mark_interrupted()

    def sidecar(self, rng: random.Random) -> None:
        from engine.originals.checkpoints import Checkpoints, original_key
        from engine.runs.estimates import rate_from_sidecars
        from engine.spec import resolve
        from engine.types import Spec

        folder = self.folder / "checkpoints"
        folder.mkdir(exist_ok=True)
        sidecar, weights = folder / self.original.name, folder / f"{self.original.stem}.safetensors"
        content = self.original.read_bytes()
        sidecar.write_bytes(flipped(rng, content) if rng.random() < 0.3 else
                            as_json(mutated(rng, json.loads(content))))
        shutil.copy(self.original.with_suffix(".safetensors"), weights)
        kept = Checkpoints(folder, None)
        rate_from_sidecars("digits", "small_cnn", kept)
        found = kept.find(original_key(resolve(Spec())))
        if found:
            f"{found.sidecar['metrics']['train_accuracy']:.1f} {found.sidecar['metrics']['heldout_accuracy']:.1f}"
            kept.load(found)

    def list(self, rng: random.Random) -> None:
        from engine.sample_lists import Asked, read_file

        good = rng.choice(["1\n2\n3\n", "row,name\n1,a\n2,b\n", "[1, 2, 3]", '[{"row": 1}, {"row": 2}]',
                           '{"row": [1, 2]}'])
        path = self.folder / f"list{rng.choice(['.csv', '.json', '.txt', '.tsv', ''])}"
        how = rng.random()
        content = (flipped(rng, good.encode()) if how < 0.5 else
                   as_json(mutated(rng, [{"row": 1}, {"row": 2}, 3])) if how < 0.8 else
                   "\n".join(rng.choice(WORDS) for _ in range(5)).encode("utf-8", "surrogateescape"))
        path.write_bytes(content)
        read_file(path, Asked("digits", 1000), rng.choice([None, "row", "x" * 1000]))

    def checkpoint(self, rng: random.Random) -> None:
        from engine.system.weight_files import read_weights

        path = self.folder / rng.choice(["weights.safetensors", "weights.pt"])
        path.write_bytes(flipped(rng, self._weights(path.suffix)))
        read_weights(path)

    def _weights(self, suffix: str) -> bytes:
        if suffix == ".safetensors":
            return self.original.with_suffix(".safetensors").read_bytes()
        import torch

        buffer = io.BytesIO()
        torch.save({"state_dict": {"a.weight": torch.zeros(3, 3), "b": torch.ones(2)}}, buffer)
        return buffer.getvalue()

    def data(self, rng: random.Random) -> None:
        from engine.own import adding

        folder = self.folder / "data"
        shutil.rmtree(folder, ignore_errors=True)
        if rng.random() < 0.5:
            shutil.copytree(self.pictures, folder)
            for path in rng.sample(sorted(folder.rglob("*.png")), 3):
                path.write_bytes(changed_picture(rng, path.read_bytes()))
            source = folder
        else:
            folder.mkdir()
            source = folder / f"t{rng.choice(['.csv', '.jsonl', '.json', '.parquet', '.tsv'])}"
            source.write_bytes(flipped(rng, self.comments.read_bytes()))
        adding.prepared("fuzzed", str(source))

    def command(self, rng: random.Random) -> None:
        from engine.cli.main import main

        words = command_line(rng, self.folder)
        if rng.random() < 0.02:
            done = subprocess.run([sys.executable, "-m", "engine", *words], cwd=ROOT, capture_output=True, text=True,
                                  timeout=120, errors="replace")
            said, status = done.stderr, done.returncode
        else:
            with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()):
                status = main(words)
            said = err.getvalue()
        judged(said, status, words)

    def environment(self, rng: random.Random) -> None:
        from engine.cli.main import main

        name = rng.choice(["UNLEARN_HOME", "UNLEARN_DATABASE_URL", "UNLEARN_DATA_DIR", "UNLEARN_DEVICE",
                           "UNLEARN_MODEL_DIR"])
        value = rng.choice([*(word for word in WORDS if word and "\0" not in word), "postgresql://u:SECRET@127.0.0.1:1/x",
                            "postgresql://u:SECRET@h:notaport/x", "sqlite:///", "sqlite:////proc/x",
                            "mysql://u:SECRET@h/x", "/proc/1/x", "cuda:99", "sqlite:////dev/null",
                            str(self.folder / "good.zip")])
        before = dict(os.environ)
        os.environ[name] = value if name != "UNLEARN_HOME" or value.startswith(("/", "~")) else f"/proc/{value}"
        words = rng.choice([["list", "runs"], ["list", "datasets"], ["show", "x"], ["preview"]])
        try:
            with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()) as out:
                status = main(words)
        finally:
            os.environ.clear()
            os.environ.update(before)
        assert "SECRET" not in err.getvalue() + out.getvalue(), "a password is shown"
        judged(err.getvalue(), status, [f"{name}={value[:80]}", *words])

    def link(self, rng: random.Random) -> None:
        from streamlit.testing.v1 import AppTest

        page = rng.choice(["start", "learn", "playground", "unlearn", "exposed", "compare", "robustness", "evidence",
                           "runs", "selected"])
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name in rng.sample(PARAMETERS, 4):
            at.query_params[name] = rng.choice([word for word in WORDS if "\udcff" not in word])
        at.switch_page(f"pages/{page}.py").run()
        assert not at.exception, [one.message for one in at.exception]

    @contextlib.contextmanager
    def another(self, copied: bool = False) -> Any:
        """A second home with an empty store, or with one that holds the same runs."""
        home = self.folder / "other"
        shutil.rmtree(home, ignore_errors=True)
        if copied:
            home.mkdir()
            for path in self.store.root.glob("runs.sqlite*"):
                shutil.copy(path, home)
            shutil.copytree(self.store.root / "artifacts", home / "artifacts")
        before = os.environ["UNLEARN_HOME"]
        os.environ["UNLEARN_HOME"] = str(home)
        try:
            from engine.runs.store import open_store

            open_store.__globals__["_open"].cache_clear()
            yield open_store()
        finally:
            os.environ["UNLEARN_HOME"] = before
            open_store.__globals__["_open"].cache_clear()


class Unexpected(Exception):
    """A sentence that names the log: no traceback, but nobody foresaw the error."""


def judged(said: str, status: int, words: list[str]) -> None:
    from engine.errors import LabError

    shown = [word[:60] for word in words]
    assert "Traceback" not in said, f"{shown}: {said[-300:]}"
    assert status in (0, 1, 2), f"{shown} ended with {status}"
    assert len(said) < 8000, f"{shown} said {len(said)} characters"
    if "Details: " in said:
        raise Unexpected(f"{shown}: {said[-300:]}")
    if status:
        raise LabError("refused")
