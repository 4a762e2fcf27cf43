"""A run of listed samples is repeated from its report alone: numbers, file and command."""

from __future__ import annotations

import shlex
from html import unescape

import pytest

from engine.cli.main import build_parser
from engine.cli.run import _spec_of
from engine.evaluation.events import Course
from engine.runs.store import Store
from engine.sample_lists import keep, name_of
from engine.spec import resolve
from engine.system.paths import home
from engine.types import Spec
from ui.report import sample_list
from ui.report.document import render
from ui.unlearn import report as run_report

FEW = (3, 17, 256)
MANY = tuple(range(0, 1_000, 4))  # 250


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "here"))


def reported(numbers):
    store = Store(home())
    run = store.get(store.begin(resolve(Spec(method="finetune", scenario="listed", selection={"list": keep(numbers)}))))
    return run_report.report(run, Course.from_json([])), run


def test_all_numbers_stand_in_the_report_and_the_command_works_on_another_machine(monkeypatch, tmp_path):
    found, run = reported(FEW)
    page = unescape(render(found))
    assert "3 samples: 3, 17, 256." in page and 'href="data:application/json,[3,17,256]"' in page
    written, command = found.commands
    file = f"samples-{name_of(FEW)}.json"
    assert written == f"echo '[3,17,256]' > {file}" and f"--forget-list {file}" in command and "--select" not in command
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_text("[3,17,256]")
    again = _spec_of(build_parser().parse_args(shlex.split(command)[3:]))
    assert again.selection == run.spec.selection and again.method == "finetune"


def test_of_a_long_list_the_first_are_shown_and_the_file_is_in_the_report():
    found, _ = reported(MANY)
    page = unescape(render(found))
    assert "The first 200 of 250 samples: 0, 4, 8," in page and "792, 796." in page
    assert f'href="data:application/json,{sample_list.SampleList("x", MANY).content}"' in page
    assert len(found.commands) == 1 and f"--forget-list samples-{name_of(MANY)}.json" in found.commands[0]


def test_a_run_of_another_scenario_has_no_list():
    assert sample_list.of(Spec()) is None
