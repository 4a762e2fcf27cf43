"""Reports of stored results: every number, its chance range, its ideal, and the command that repeats it."""

from __future__ import annotations

import json
import platform
import re
import shlex
from dataclasses import replace

import pytest
from test_report_document import HOSTILE, Page

from engine.cli.main import build_parser
from engine.cli.run import _spec_of
from engine.cli.sweep import sweep_of
from engine.evaluation.verdict import verdict_of
from engine.registry import get
from engine.runs import exposure, library, recorded
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.attacker import take
from engine.studies.comparison import Comparison, find_runs
from engine.studies.heatmap import build
from engine.studies.sweep import Axis, Sweep
from engine.studies.sweep_runs import find_runs as find_cells
from engine.studies.table import build_table
from ui.compare import report as compare_report
from ui.inspect import payload
from ui.inspect import report as seat_report
from ui.report.document import render
from ui.robustness import report as map_report
from ui.unlearn import report as run_report

GRID = Sweep(across=Axis("alpha", (0.05, 0.25)), down=Axis("forget_fraction", (0.15, 0.3)), seeds=(0,),
             parameters={"max_forget_epochs": 80})
PAPERS = Comparison("cifar10", methods=("retrain", "nabla_tau", "ssd"), seeds=(0, 1), profile="paper")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return Store(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def opened(store):
    """A recorded run with a retrained model beside it."""
    run = next(run for run in recorded.recorded_runs() if run.finished and run.metrics.retrained
               and not run.is_reference and run.spec.dataset == "digits")
    return library.get(run.id, store)


def read(commands: str, parse) -> list:
    return [parse(build_parser().parse_args(shlex.split(line)[3:])) for line in commands.splitlines() if line]


def command_of(html: str) -> str:
    found = re.search(r"<pre>(.*?)</pre>", html, re.S)
    return found[1].replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")


def test_a_runs_report_has_its_numbers_ranges_ideals_and_origin(opened):
    run = opened.run
    page = Page(html := render(run_report.report(run, opened.course)))
    said = "\n".join(page.texts)
    attack, band = run.metrics["mia_loss"], run.metrics.null_band["mia_loss"]
    for number in (attack, run.metrics.original["mia_loss"], run.metrics.retrained["mia_loss"]):
        assert f"{number:.1f}%" in said
    assert f"{band[0]:.1f} to {band[1]:.1f}%" in said
    assert "as retrained" in said and "50%" in said
    for fact in (run.device, run.identity, run.code_version, run.id, "arxiv.org/abs/2403.14339"):
        assert fact in said
    scene = json.loads(page.scripts[0])
    assert scene["run"] == run.id and len(scene["points"]) >= 2
    assert len(html.encode()) < 300_000


def test_a_runs_commands_repeat_it_and_its_reference(opened):
    html = render(run_report.report(opened.run, opened.course))
    reference, again = read(command_of(html), _spec_of)
    assert resolve(again).fingerprint == opened.run.resolved().fingerprint
    assert reference.method == "retrain"
    lines = command_of(html).splitlines()
    assert all(f"--seed {opened.run.spec.seed} --profile {opened.run.spec.profile}" in line for line in lines if line)
    assert all("--option label_noise=0.2" in line for line in lines if line)
    said = "\n".join(Page(html).texts)
    assert "label noise" in said and f"Python {platform.python_version()}, PyTorch" in said
    assert resolve(reference).split_identity() == opened.run.resolved().split_identity()


def test_what_people_wrote_on_a_run_is_text(opened):
    run = replace(opened.run, note=HOSTILE, tags=[HOSTILE], reason=HOSTILE, notice=HOSTILE, device=HOSTILE)
    page = Page(render(run_report.report(run, opened.course)))
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert "".join(page.texts).count(HOSTILE) == 5
    assert not {name for name in page.attributes() if name.startswith("on")}


def test_a_damaged_run_wears_a_red_ribbon(opened):
    stored = opened.run.metrics.to_json()
    metrics = replace(opened.run.metrics, stored=stored | {"test_accuracy": 20.0})
    report = run_report.report(replace(opened.run, metrics=metrics), opened.course)
    assert report.damaged and report.answer.startswith("Damaged")
    assert 'class="verdict damaged"' in render(report)
    assert 'class="verdict damaged"' not in render(run_report.report(opened.run, opened.course))


def test_a_run_that_this_version_cannot_repeat_says_why(opened):
    report = run_report.report(replace(opened.run, spec_extra={"colour": "blue"}), opened.course)
    assert list(report.commands) == []
    assert "cannot repeat the run" in report.unrepeatable and "'colour'" in report.unrepeatable
    assert "cannot repeat the run" in render(report)


def test_the_number_that_decides_is_marked_in_a_runs_report(store):
    run = next(run for run in recorded.recorded_runs() if run.finished and (found := verdict_of(run)).decisive
               and found.kind == "not_forgotten" and found.decisive.metric == "mia_loss_auc")
    opened = library.get(run.id, store)
    number = verdict_of(run).decisive
    said = "\n".join(Page(render(run_report.report(opened.run, opened.course))).texts)
    assert f"This measure decides: {number.value:.3f}, by chance at most {number.limit:.3f}." in said
    assert "but ranks forgotten samples ahead of never-seen ones" in said


def test_the_attackers_seat_is_reported_with_its_rates_and_its_command(store):
    run = next(run for run in exposure.exposed_runs(store) if run.spec.dataset == "digits")
    found, attack = exposure.gather(run, store), get("attack", "mia_loss")
    sides = exposure.sides(found, "now", attack)
    data = payload.seat("key", take(sides, attack), sides, attack, "test", None, None,
                        payload.counting(run.metrics, "now", attack))
    html = seat_report.write(found, "now", attack, data)
    page = Page(html)
    said = "\n".join(page.texts)
    assert json.loads(re.search(r'id="report-data">(.*?)</script>', html, re.DOTALL)[1]) == json.loads(json.dumps(data))
    one = take(sides, attack).lines[0]
    assert f"{one.counted.caught:,} of {one.counted.members:,}, {100 * one.counted.tpr:.1f}%" in said
    assert f"The attack of the tables {run.metrics['mia_loss']:.1f}%" in said
    assert "Who is caught by which attack?" in said
    command = f"python -m engine roc {run.id} --attack mia_loss --view now"
    assert command in said
    asked = build_parser().parse_args(shlex.split(command)[3:])
    assert (asked.run, asked.attack, asked.view) == (run.id, "mia_loss", "now")
    assert not page.attributes() & {"src", "href", "onclick"}


def test_a_failed_run_says_why_and_has_no_numbers(opened):
    run = replace(opened.run, status="failed", metrics=None, reason="The disk is full.")
    report = run_report.report(run, opened.course)
    assert "The disk is full." in report.verdict and "All measures" not in [part.title for part in report.parts]
    assert "The disk is full." in render(report)


def test_a_comparisons_report_has_each_run_and_its_command(store):
    runs = find_runs(PAPERS, store)
    assert {run.finished for run in runs.values()} == {True} and len(runs) == 6
    html = compare_report.write(build_table(PAPERS, runs), runs, "CIFAR-10, forget 15%")
    said = "\n".join(Page(html).texts)
    for run in runs.values():
        band = run.metrics.null_band["mia_loss"]
        assert run.identity in said and f"{band[0]:.1f} to {band[1]:.1f}%" in said
    again = read(command_of(html), _spec_of)
    assert [resolve(spec).fingerprint for spec in again] == [resolve(spec).fingerprint for spec in PAPERS.specs()]
    assert "Not forgotten: ∇τ, SSD." in said
    assert html.count("<svg") == 2 and "<script" not in html and "href" not in html


def test_a_comparison_with_runs_that_failed_or_wait_is_reported_too(store):
    runs = find_runs(PAPERS, store)
    runs[("ssd", 1)] = replace(runs["ssd", 1], status="failed", metrics=None, reason=HOSTILE)
    del runs[("nabla_tau", 0)]
    page = Page(compare_report.write(build_table(PAPERS, runs), runs, HOSTILE))
    said = "".join(page.texts)
    assert f"failed, recorded: {HOSTILE}" in said and "not run yet" in said
    assert "script" not in {tag for tag, _ in page.elements}


def test_a_maps_report_has_every_measure_and_the_command_of_its_grid(store):
    runs = find_cells(GRID, store)
    assert {run.finished for run in runs.values()} == {True} and len(runs) == 4
    heatmap = build(GRID, runs, "test_accuracy")
    html = map_report.write(heatmap, runs)
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    assert titles[0] == "Test accuracy" and {"Loss attack", "Entropy attack", "Accuracy gap"} <= set(titles)
    for square in heatmap.squares.values():
        assert re.search(rf">{square.mean:.1f}[★†]*</td>", html)
    (again,) = read(command_of(html), sweep_of)
    assert again.cells() == GRID.cells()
    assert [resolve(spec).fingerprint for spec in again.specs()] == [resolve(spec).fingerprint for spec in GRID.specs()]
    assert "Chance range, loss attack" in html and "<script" not in html
    assert "dashed" not in html, "the line of the method's own choice is drawn on the page only"


def test_a_failed_cell_of_a_map_says_why(store):
    runs = find_cells(GRID, store)
    cell = GRID.cells()[0]
    runs[cell] = replace(runs[cell], status="failed", metrics=None, reason=HOSTILE)
    html = map_report.write(build(GRID, runs, "mia_loss_gap"), runs)
    assert "".join(Page(html).texts).count(HOSTILE) == 1 and "<script" not in html
    assert html.count('class="empty"') == 4  # in the map of each measure
