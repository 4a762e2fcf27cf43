"""Any selected runs side by side, through AppTest."""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine"))

from archiving import METRICS, finished_run, samples_frame  # noqa: E402

from engine.evaluation.events import Course  # noqa: E402
from engine.studies.paired import paired  # noqa: E402
from tests.patience import patience  # noqa: E402
from ui.selected import (  # noqa: E402
    curves,
    numbers,
    one_sample,
    pairs,
    report,
)
from ui.selected.nearer import nearer  # noqa: E402
from ui.selected.words import sentence, short_names  # noqa: E402


def page(*ids: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).switch_page("pages/selected.py")
    at.query_params["runs"] = ",".join(ids)
    at.run()
    assert not at.exception
    return at


def written(at: AppTest) -> str:
    return "\n".join(str(one.value) for kind in ("header", "caption", "info") for one in getattr(at, kind))


def table(at: AppTest) -> str:
    return next(html.proto.body for html in at.get("html") if "<table>" in html.proto.body)


def test_two_alphas_in_a_sentence_a_table_and_a_scatter(jobs):
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}) for alpha in (0.1, 0.5)]
    at = page(*ids)
    assert "These 2 runs differ only in alpha: 0.1 (A), 0.5 (B)." in written(at)
    shown = table(at)
    assert "Alpha" in shown and "Batch size" not in shown, "only settings that differ"
    assert "outside 48.9 to 50.8" in shown  # METRICS: the loss attack has 51.4%
    assert "No point is marked: these are the 100 of 100 samples" in written(at)
    assert len(at.dataframe[-1].value) == 100


def test_other_splits_and_missing_tables_are_a_sentence(jobs):
    one, other = finished_run(jobs.store), finished_run(jobs.store, seed=1)
    assert "do not forget and test on the same samples" in written(page(one, other))
    bare = finished_run(jobs.store, parameters={"alpha": 0.5})
    (jobs.store.folder(bare) / "samples.parquet").unlink()
    assert "The second run has no table of its samples: run it again to get one." in written(page(one, bare))


def test_too_few_unknown_and_unfinished_runs(jobs):
    one = finished_run(jobs.store)
    assert "1 run is selected, but 2 to 20 can be compared" in written(page(one))
    assert "There is no run 'nobody' here." in written(page(one, "nobody"))
    from engine.spec import resolve
    from engine.types import Spec

    begun = jobs.store.begin(resolve(Spec()))
    jobs.store.update(begun, progress={"fraction": 0.25})
    at = page(one, begun)
    assert f"Still on the way: {begun} running 25%." in written(at)
    assert "These 2 runs have the same settings." in written(at)


def test_a_tag_is_text_and_no_markup(jobs):
    ids = [finished_run(jobs.store, seed=seed) for seed in (0, 1)]
    jobs.store.annotate(ids[0], ["<b>bold</b>"], "")
    assert "&lt;b&gt;bold&lt;/b&gt;" in table(page(*ids))


def test_sentences_and_names(jobs):
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}, seed=seed) for alpha in (0.1, 0.5) for seed in (0, 1)]
    runs = [jobs.store.get(run_id) for run_id in ids]
    assert sentence(runs) == (
        "These 4 runs differ only in seed: 0 (A, C), 1 (B, D); and alpha: 0.1 (A, B), 0.5 (C, D).")
    assert sentence([*runs, *runs[:3]]) == "These 7 runs differ only in seed: 0, 1; and alpha: 0.1, 0.5.", "too many"
    assert short_names(runs)[:2] == ["A: seed 0, alpha 0.1", "B: seed 1, alpha 0.1"]
    assert short_names([runs[0], runs[0]]) == ["A", "B"]


def test_seeds_become_one_line_with_a_band(jobs):
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}, seed=seed) for alpha in (0.1, 0.5) for seed in (0, 1)]
    runs = [jobs.store.get(run_id) for run_id in ids]
    measured = [curves.Measured(run, name, Course.from_json(jobs.store.events(run.id)))
                for run, name in zip(runs, short_names(runs))]
    apart = curves.lines(measured, "mia_loss", "step", False)
    together = curves.lines(measured, "mia_loss", "step", True)
    assert [line["name"] for line in apart] == short_names(runs)
    assert [line["name"] for line in together] == ["A+B: alpha 0.1, 2 seeds", "C+D: alpha 0.5, 2 seeds"]
    assert [line["colour"] for line in together] == [apart[0]["colour"], apart[2]["colour"]], "as in the table"
    assert together[0]["points"][-1] == {"x": 3.0, "y": METRICS["mia_loss"], "low": METRICS["mia_loss"],
                                         "high": METRICS["mia_loss"]}


def test_marked_points_are_samples_those_that_moved_most_first():
    both = paired(samples_frame(0), samples_frame(0).assign(loss=lambda frame: frame["loss"] * 2 + 0.1))
    forget = [int(sample) for sample in both.samples[both.sets == "forget"][:2]]
    keys = pairs.marks(both, [[2, 0], [2, 1], [0, 1], [3, 0]])
    assert keys == (("forget", forget[0]), ("forget", forget[1])), "neither the diagonal nor the ring"
    rows = pairs.rows_of(both, keys)
    assert sorted(both.samples[rows].tolist()) == sorted(forget) and set(both.sets[rows]) == {"forget"}
    assert abs(both.apart[rows[0]]) >= abs(both.apart[rows[1]])
    assert len(pairs.rows_of(both, ())) == 0


class Source:
    """Every training sample is a 6 that the data call an 8, and says so as a text."""

    classes = tuple("0123456789")
    shown = staticmethod(lambda pool, number: {"text": f"the text of {number}"})
    label = staticmethod(lambda pool, number: "8")
    truth = staticmethod(lambda pool, number: "6")


def test_a_click_shows_the_sample_with_both_labels_and_both_answers(jobs, monkeypatch):
    frames = [samples_frame(0).assign(predicted=said, correct=said == 8) for said in (8, 6)]
    ids = [finished_run(jobs.store, frame=frame, parameters={"alpha": alpha})
           for frame, alpha in zip(frames, (0.1, 0.5))]
    monkeypatch.setattr(one_sample, "_source", lambda run, whole: Source)
    at = page(*ids)
    assert "Click a point, or tick a row of the list" in written(at) and not at.dataframe[-1].value.empty
    key = f"pairs.{ids[0]}.{ids[1]}"
    at.session_state[key] = pairs.marks(paired(*frames), [[2, 3]])  # as the chart's click does
    at.run()
    number = sorted(frames[0].query("set == 'forget'")["sample"])[3]
    said = "\n".join(one.value for one in at.markdown)
    assert f"Forget sample {number:,}: a 6, labelled 8 on purpose" in said and f"“the text of {number}”" in said
    answers = next(html.proto.body for html in at.get("html") if "two-answers" in html.proto.body)
    assert "A says 8" in answers and "the false label" in answers and "B says 6" in answers and "the truth" in answers
    assert answers.count(" nats</td>") == 2
    assert "1 sample marked. Double-click the chart to mark none." in written(at)
    assert len(at.dataframe[-1].value) == 1


def test_which_run_is_nearer_to_retraining_and_how_sure_that_is(jobs):
    band = {"mia_loss": [42.0, 58.0], "mia_entropy": [42.0, 58.0]}
    base = {"retain_accuracy": 99.0, "forget_accuracy": 72.0, "test_accuracy": 72.0, "mia_loss": 50.0,
            "mia_entropy": 50.0, "null_band": band}
    before = {**base, "forget_accuracy": 99.0, "mia_loss": 75.0, "mia_entropy": 75.0}
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}, metrics={
        **base, "mia_loss": loss, "mia_loss_gap": loss - 50, "mia_entropy_gap": 0.0, "accuracy_gap": 0.0,
        "original": before, "retrained": base}) for alpha, loss in ((0.1, 62.0), (0.5, 65.0), (0.25, 71.0))]
    runs = [jobs.store.get(run_id) for run_id in ids]
    rest = "Each run is held against its own retrained run. One seed each."
    assert nearer(runs[:2]) == ("Cannot tell which run is nearer to retraining: A and B differ by no more than chance "
                                f"in each of 5 measures. {rest}")
    by = "attack on the loss (12.0 points off against 21.0, chance range ±8.0)"
    assert nearer(runs[::2]) == (f"Nearer to retraining: A, by {by}. The other 4 measures cannot tell them apart. "
                                 f"{rest}")
    assert nearer(runs) == ("Cannot tell which run is nearest to retraining between A, B: the measures disagree, or "
                            f"chance explains the differences. Farther: C than A by {by}. {rest}")
    assert any(nearer(runs[:2]) in one.value for one in page(*ids[:2]).markdown)
    assert nearer(runs[:1] * 2) == "", "one run twice is one run"


def test_the_sentence_and_the_cell_hold_an_attack_against_the_same_run(jobs):
    """A retrained run of 42%: 51 lies 9 points off it, which a chance range of 7.4 points does not hide."""
    band = {"mia_loss": [42.6, 57.4], "mia_entropy": [42.6, 57.4]}
    base = {"retain_accuracy": 99.0, "forget_accuracy": 72.0, "test_accuracy": 72.0, "mia_loss": 42.0,
            "mia_entropy": 50.0, "null_band": band}
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}, metrics={
        **base, "mia_loss": loss, "mia_loss_gap": abs(loss - 50), "mia_entropy_gap": 0.0, "accuracy_gap": 0.0,
        "original": {**base, "mia_loss": 75.0, "forget_accuracy": 99.0}, "retrained": base})
        for alpha, loss in ((0.1, 51.0), (0.5, 41.0))]
    runs = [jobs.store.get(run_id) for run_id in ids]
    assert nearer(runs).startswith("Nearer to retraining: B, by attack on the loss (1.0 points off against 9.0, ")
    shown = numbers.table(runs)
    assert "outside 34.6 to 49.4" in shown and "inside 34.6 to 49.4" in shown
    assert "its own retrained run" in " ".join(shown.split()).replace("the run's own", "its own")


def test_every_place_names_the_runs_by_the_same_letters(jobs):
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}) for alpha in (0.5, 0.1, 0.25)]
    at = page(*ids)
    rows = table(at).split("<tr")[2:]
    assert [f">{letter}: " in row and run in row for letter, run, row in zip("ABC", ids, rows)] == [True] * 3
    assert [at.selectbox(key=key).options[0] for key in ("pairs.one", "pairs.other")] == ["A: alpha 0.5"] * 2
    assert list(at.dataframe[-1].value.columns)[2:4] == ["loss in A", "loss in B"]
    at.selectbox(key="pairs.one").set_value(2).run()
    assert list(at.dataframe[-1].value.columns)[2:4] == ["loss in C", "loss in B"], "the table's letters"


def test_the_report_of_selected_runs_is_offered(jobs):
    at = page(*(finished_run(jobs.store, parameters={"alpha": alpha}) for alpha in (0.1, 0.5)))
    assert [button.proto.label for button in at.get("download_button")] == ["Report, one HTML file"]


def test_the_report_has_the_runs_the_curves_and_the_commands(jobs):
    ids = [finished_run(jobs.store, parameters={"alpha": alpha}) for alpha in (0.1, 0.5)]
    jobs.store.annotate(ids[0], [], "<script>alert(1)</script>")
    runs = [jobs.store.get(run_id) for run_id in ids]
    made = report.report(runs, curves.measure(runs, jobs.store))
    assert made.answer == "These 2 runs differ only in alpha: 0.1 (A), 0.5 (B)."
    assert made.commands == ["python -m engine run --dataset digits --model small_cnn --method nabla_tau "
                             f"--forget-fraction 0.15 --seed 0 --profile corrected --set alpha={alpha} "
                             "--option label_noise=0.2 --train-original" for alpha in (0.1, 0.5)]
    assert [part.title for part in made.parts][:2] == ["What differs, and what came of it", "Attack on the loss"]
    text = report.write(runs, curves.measure(runs, jobs.store))
    assert text.count("<polyline") == 2 * (len(made.parts) - 3) >= 4, "a line a run in each chart"
    assert "A: alpha 0.1: 51.4 at the end" in text and "Grey: the chance range (95%)" in text
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert 'href="' not in text.partition("<main>")[2].partition("<footer")[0], "the app is not there"
