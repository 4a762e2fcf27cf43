"""What relearning found about the runs that ship with it, as a table and from the command line."""

from __future__ import annotations

import json

import pytest

from engine.cli.main import main
from engine.runs.recorded_findings import FOLDER, shipped_finding
from engine.studies.relearn_table import HEAD, shipped_rows, to_markdown


@pytest.fixture(scope="module")
def row():
    """Lesson 5's run."""
    (found,) = shipped_rows(4)
    return found


def test_a_row_has_the_ends_of_the_worst_rates_curves_and_the_answer(row):
    worst = row.found.worst(0)
    mine = row.found.curve("unlearned", worst.rate, 0)
    cells = row.cells()
    assert len(cells) == len(HEAD) and (row.spec.method, row.spec.seed) == ("random_label", 4)
    assert cells[0] == "Random labelling" and cells[1:3] == (f"{mine[0]:.1f}", f"{mine[-1]:.1f}")
    assert cells[4] == f"{worst.aurc:+.1f}" and cells[-1] == row.found.said()
    assert to_markdown([row]).splitlines()[2] == f"| {' | '.join(cells)} |"


def test_every_file_that_ships_says_what_run_it_is_about():
    for path in FOLDER.glob("*.json.gz"):
        assert {"seed"} <= set(shipped_finding(path.name.removesuffix(".json.gz"))["about"])


def test_the_command_prints_what_ships(home, capsys, row):
    assert main(["relearn", "--recorded-only", "4", "--markdown"]) == 0
    assert capsys.readouterr().out.strip() == to_markdown([row])
    assert main(["relearn", "--recorded-only", "4", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["method"], found["seed"], found["said"]) == ("random_label", 4, row.found.said())


@pytest.mark.parametrize(("words", "said"), [
    ((), "RUN is missing: name a finished run."),
    (("--recorded-only", "99"), "--recorded-only is 99, but nothing ships about runs of this seed."),
    (("1a2b3c4d", "--recorded-only", "1"), "RUN is 1a2b3c4d, but --recorded-only takes all runs that ship"),
    (("1a2b3c4d", "--markdown"), "--markdown is for --recorded-only."),
])
def test_what_does_not_go_together_is_refused(home, capsys, words, said):
    assert main(["relearn", *words]) == 2
    assert said in capsys.readouterr().err
