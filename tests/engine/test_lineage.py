"""A result is kept by what made it: the code of its components is part of the identity of runs and Originals."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from engine import lineage, registry
from engine.originals.checkpoints import Checkpoints, original_key
from engine.runs.provenance import remark
from engine.runs.recorded import asked_for, recorded_runs
from engine.runs.records import Run, outdated
from engine.spec import resolve
from engine.studies.comparison import Comparison, find_runs, missing
from engine.system import source
from engine.system.source import source_hash, text_hash
from engine.types import Spec

NOISE = '''"""Weight noise."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.types import Method, Plan, Progress, parameter


@dataclass(frozen=True)
class Parameters:
    noise: float = parameter(0.05, low=0.0, high=1.0, step=0.01, help="Standard deviation.")


def unlearn(task, parameters):
    with __import__("torch").no_grad():
        for weight in task.model.parameters():
            weight *= 1 + SIZE * parameters.noise
    yield Progress(step=1, total_steps=1, samples=0, terms={})


SIZE = 1
METHOD = Method(name="noise", title="Noise", summary="Blurs.", source="this test", parameters=Parameters,
                unlearn=unlearn, plan=lambda parameters, sizes: Plan(steps=1, samples=0))
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of components; ``write(text)`` puts the method there as after a restart."""
    monkeypatch.setenv("UNLEARN_COMPONENTS", str(tmp_path))

    def write(text: str, name: str = "noise.py"):
        (tmp_path / name).write_text(text)
        forget()

    yield write
    monkeypatch.delenv("UNLEARN_COMPONENTS")
    forget()


def forget() -> None:
    registry.table.cache_clear()
    for name in [name for name in sys.modules if name.startswith("unlearn_components")]:
        del sys.modules[name]


@pytest.mark.parametrize("old, new", [
    ("SIZE = 1\n", "# a comment\n\n\nSIZE   =   1\n"),
    ('"""Weight noise."""', '"""Weight noise: blur."""'),
    ("def unlearn(task, parameters):\n",
     'def unlearn(task: object, parameters: Parameters) -> "Iterator":\n    """Words."""\n'),
    ('help="Standard deviation."', 'help="The standard deviation, in words."'),
    ('title="Noise"', 'title="Weight noise"'),
    ("from collections.abc import Iterator\n", ""),
])
def test_words_and_formatting_change_no_hash(old, new):
    assert old in NOISE and text_hash(NOISE.replace(old, new)) == text_hash(NOISE)


@pytest.mark.parametrize("old, new", [
    ("SIZE = 1", "SIZE = 10"), ("weight *=", "weight +="), ("parameter(0.05", "parameter(0.06"),
    ("Plan(steps=1, samples=0)", "Plan(steps=2, samples=0)"),
    ("yield Progress", "assert task\n    yield Progress"),
    ("Progress(step=1,", "Progress(step=2,"),  # a word of declarations, but no declaration
    ("weight *= 1 +", "weight *= max(1, round(1.4, ndigits=1)) +"),
])
def test_what_computes_changes_the_hash(old, new):
    assert old in NOISE and text_hash(NOISE.replace(old, new)) != text_hash(NOISE)


def test_a_helper_beside_a_component_belongs_to_it(tmp_path):
    (tmp_path / "one.py").write_text("from unlearn_components._shared import size\n\nMETHOD = size()\n")
    (tmp_path / "_shared.py").write_text("import _deeper\n\n\ndef size():\n    return _deeper.SIZE\n")
    (tmp_path / "_deeper.py").write_text("SIZE = 1\n")
    (tmp_path / "_other.py").write_text("SIZE = 1\n")
    before = source_hash(tmp_path / "one.py")
    (tmp_path / "_other.py").write_text("SIZE = 2\n")
    assert source_hash(tmp_path / "one.py") == before
    (tmp_path / "_deeper.py").write_text("SIZE = 22\n")
    assert source_hash(tmp_path / "one.py") not in ("", before)


def test_all_that_ships_is_in_the_table():
    assert registry.unlisted() == {}, (
        "These components were edited. Where their results are the same, add the hash to the last generation of "
        "engine/lineage.json, else as a new one.")


def test_the_tables_first_generation_is_what_made_the_recorded_runs_and_originals():
    specs = [run.spec for run in recorded_runs()]
    made_by = {(kind, getattr(spec, kind)) for spec in specs for kind in ("dataset", "model", "scenario", "method")}
    table = json.loads(lineage.FILE.read_text())
    assert len(specs) >= 455 and {f"{kind}/{name}" for kind, name in made_by} <= set(table)
    assert {kind: registry.code(*kind) for kind in made_by} == dict.fromkeys(made_by, "")
    assert all(asked_for(run).fingerprint == run.fingerprint for run in recorded_runs() if run.fingerprint
               and run.spec.model)


@pytest.mark.parametrize("generations, code", [
    ([["a", "NOW"]], ""), ([["a"], ["NOW"]], "NOW"), ([["a"], ["b", "NOW"]], "b"), ([["a"]], "NOW"), ([], "NOW")])
def test_hashes_of_one_generation_are_one_code(generations, code, monkeypatch):
    place = registry.source("method", "ssd")
    now = source_hash(place)
    table = json.loads(json.dumps(generations).replace("NOW", now))
    monkeypatch.setattr(lineage, "_generations", lambda: {"method/ssd": table})
    assert lineage.code_of("method", registry.get("method", "ssd"), place) == code.replace("NOW", now)


def test_the_engines_own_files_are_parsed_when_asked_as_they_were_when_found(tmp_path, monkeypatch):
    monkeypatch.setattr(lineage, "HERE", tmp_path)
    ssd, place, read = registry.get("method", "ssd"), tmp_path / "methods/mine.py", []
    place.parent.mkdir()
    (place.parent / "_helper.py").write_text("A = 1\n")
    place.write_text("from engine.methods._helper import A\n")
    at_first = source_hash(place)
    monkeypatch.setattr("engine.system.source._read", lambda *file, real=source._read: read.append(file) or real(*file))
    asked = lineage.coded("method", ssd, place)
    assert read == []
    (place.parent / "_helper.py").write_text("A = 2 + 2\n")
    assert asked() == asked() == at_first and len(read) == 2
    assert lineage.coded("method", ssd, place)() == source_hash(place) != at_first


def test_a_changed_method_is_run_anew_and_its_old_runs_say_so(folder, store, with_original):
    import threading

    from engine.runs.here import run_here

    comparison = Comparison(methods=("noise",))
    folder(NOISE)
    run = run_here(resolve(comparison.spec("noise", 0)), store, False, threading.Event(), lambda progress: None)
    assert run.status == "finished" and list(run.code) == ["method"] and outdated(run) == []
    assert missing(comparison, find_runs(comparison, store)) == []
    folder("# only a comment\n" + NOISE)
    assert missing(comparison, find_runs(comparison, store)) == [] and outdated(run) == []
    folder(NOISE.replace("SIZE = 1", "SIZE = 10"))
    assert [spec.method for spec in missing(comparison, find_runs(comparison, store))] == ["noise"]
    assert outdated(run) == ["method"]


def test_a_changed_model_finds_no_old_original(folder):
    model = registry.source("model", "small_cnn").read_text().replace('name="small_cnn"', 'name="mine"')
    folder(model, "mine.py")
    first = original_key(resolve(Spec(model="mine"))).name
    folder(f"# edited\n{model}", "mine.py")
    assert original_key(resolve(Spec(model="mine"))).name == first
    folder(model.replace("nn.MaxPool2d(2)", "nn.AvgPool2d(2)"), "mine.py")
    assert original_key(resolve(Spec(model="mine"))).name != first


def test_shipped_originals_are_found(tmp_path):
    names = {original_key(resolve(spec)).name for spec in (
        Spec(), Spec(dataset="cifar10"), Spec(dataset="go_emotions"), Spec(dataset="go_emotions", profile="paper"))}
    shipped = Checkpoints(tmp_path)
    assert {name for name in names if list(shipped.shipped.glob(f"{name}-*.json"))} == names and len(names) == 4
    key = original_key(resolve(Spec()))
    assert shipped.find(key) is not None and shipped.find(replace(key, code={"model": "another"})) is None


def test_a_page_says_which_part_of_a_run_has_changed(folder):
    folder(NOISE)
    run = Run("cafe", "finished", Spec(model="small_cnn", method="noise"),
              code={"method": registry.code("method", "noise")})
    assert remark(run) is None and outdated(replace(run, spec=replace(run.spec, method="gone"))) == []
    assert remark(replace(run, code={"method": "an earlier one"})) == (
        "Made by an earlier version of this method: its code has changed since. Run it again for today's numbers.")
    assert outdated(replace(run, code={"dataset": "another", "method": ""})) == ["dataset", "method"]


def test_compiled_code_is_the_same_text_in_every_process():
    def work(name):
        return name in {"b", "a", "c"}

    assert "frozenset([\"'a'\", \"'b'\", \"'c'\"])" in lineage._compiled(work.__code__)


@pytest.mark.parametrize("word", ["low", "high", "step", "source", "lower", "group", "role"])
def test_a_declarations_words_count_everywhere_else(word):
    one, other = (f"x = draw({word}={value})\n" for value in (1, 2))
    assert text_hash(one) != text_hash(other)
    assert text_hash(one.replace("draw", "parameter")) == text_hash(other.replace("draw", "parameter"))
