"""The README stays true: its tables equal the registries, its paths exist, its examples run."""

from __future__ import annotations

import dataclasses
import re
import sys
import types
from pathlib import Path

import pytest

from engine import registry
from ui import shell

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table(first: str) -> list[list[str]]:
    """The rows of the table whose first heading is ``first``."""
    block = README.split(f"| {first} |", 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.splitlines()[2:]]


def code(after: str) -> str:
    """The first Python block behind a heading."""
    return re.search(r"```python\n(.*?)```", README.split(f"## {after}", 1)[1], re.DOTALL).group(1)


@pytest.mark.parametrize(("heading", "kind"), [
    ("Data set", "dataset"), ("Model", "model"), ("Method", "method"), ("Attack", "attack")])
def test_tables_equal_the_registries(heading, kind):
    rows = [(row[0], row[1].strip("`")) for row in table(heading)]
    assert rows == [(record.title, record.name) for record in registry.all_of(kind)]


def test_default_models_are_named():
    assert [row[3].strip("`") for row in table("Data set")] == [d.default_model for d in registry.all_of("dataset")]


def test_method_summaries_are_the_methods_own():
    assert [row[2] for row in table("Method")] == [method.summary for method in registry.all_of("method")]


def test_pages_are_the_apps():
    source = (ROOT / "ui" / "shell.py").read_text(encoding="utf-8")
    assert [row[0] for row in table("Page")] == re.findall(r'st\.Page\(\w+, title="(\w+)"', source)
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == {
        Path(page).stem for page in (shell.START, shell.UNLEARN, shell.COMPARE, shell.ROBUSTNESS, shell.RUNS)}


def test_every_path_of_the_layout_exists():
    block = README.split("## Layout", 1)[1].split("```")[1]
    folder = ""
    for line in block.strip().splitlines():
        names = re.split(r" {2,}", line.strip())[0].split()
        indented = line.startswith("  ")
        for name in names:
            path = ROOT / (folder if indented else "") / name
            assert path.exists(), path
        if not indented:
            folder = names[0]


def test_pictures_and_files_that_are_linked_exist():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_example_method_works(monkeypatch):
    module = types.ModuleType("engine.methods.weight_noise")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code("Add a method"), "weight_noise.py", "exec", dont_inherit=True), module.__dict__)
    method = module.METHOD
    methods = dict(registry._components("method")) | {method.name: method}
    monkeypatch.setattr(registry, "_components", lambda kind: methods)
    from engine.types import declared

    assert [(h.name, h.kind) for h in declared(method.parameters)] == [("noise", "float")]
    assert dataclasses.is_dataclass(method.parameters)
    import torch

    from engine.training import Task

    def run() -> torch.Tensor:
        net = torch.nn.Linear(3, 2)
        torch.nn.init.constant_(net.weight, 0.5)
        net.weight.data[0, 0] = 1.0
        task = Task(net, None, None, None, 7, torch.device("cpu"), fresh=lambda: net)
        steps = list(method.unlearn(task, method.parameters()))
        assert [(s.step, s.total_steps) for s in steps] == [(1, 1)]
        return net.weight.detach().clone()

    assert torch.equal(run(), run())
    assert not torch.equal(run(), torch.tensor([[1.0, 0.5, 0.5], [0.5, 0.5, 0.5]]))


def test_the_notebook_example_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "home"))
    exec(compile(code("In a notebook"), "notebook", "exec"), {})
    before, after = (float(value) for value in capsys.readouterr().out.strip().split(" -> "))
    assert before > 60 > after
    assert (tmp_path / "unlearned.safetensors").stat().st_size > 100_000
