"""The comparison's HTML and its link, on runs made by hand: no streamlit page, no store, no training."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.errors import BadInput
from engine.registry import get
from engine.registry import table as table_of
from engine.runs.records import Run
from engine.studies.comparison import Comparison
from engine.studies.exports import inside
from engine.studies.ranking import NEAREST, ordered, rank
from engine.studies.table import build_table
from ui.charts.colours import method_colour
from ui.common.html_table import INSIDE
from ui.compare import more_measures as compare_more
from ui.compare import race as compare_runs
from ui.compare import table as compare_table
from ui.compare.answer import left_out
from ui.compare.link import RECORDED, USUAL, View, from_query, parse_seeds, to_query, view_of, view_query
from ui.compare.page import untuned

SPEC = {"dataset": "cifar10", "scenario": "random", "profile": "paper", "model": "resnet18"}
ORIGINAL = {"retain_accuracy": 94.14, "forget_accuracy": 94.4, "test_accuracy": 85.0, "accuracy_gap": 9.4,
            "mia_loss": 55.0, "mia_loss_gap": 5.0, "mia_entropy": 54.0, "mia_entropy_gap": 4.0}


def metrics(retain=99.0, gap=2.0, test=85.0, loss=51.0, entropy=51.5, **more):
    return {"retain_accuracy": retain, "forget_accuracy": test + gap, "test_accuracy": test, "accuracy_gap": gap,
            "mia_loss": loss, "mia_loss_gap": abs(loss - 50), "mia_entropy": entropy,
            "mia_entropy_gap": abs(entropy - 50), "over_forgotten": False, "notes": [], "original": ORIGINAL,
            "null_band": {"mia_loss": [49.0, 51.0], "mia_entropy": [49.0, 51.0]}, "retrained": None,
            "missing": {}} | more


def run(method, seed=0, status="finished", seconds=10.0, samples=1_000, **more):
    row = {"id": f"{method}{seed}", "status": status, "spec": {**SPEC, "method": method, "seed": seed},
           "metrics": metrics() if status == "finished" else None, "seconds": seconds, "steps": 100,
           "samples": samples, "device": "cpu", "created": 0.0, "started": 0.0} | more
    return Run.from_row(row, recorded=row.get("recorded", False))


def comparison(*methods, seeds=(0,), **more):
    return Comparison(**({"dataset": "cifar10", "forget": 0.15, "methods": methods, "seeds": seeds,
                          "profile": "paper"} | more))


def html(runs, *methods, seeds=(0,), each=False, **more):
    found = {(one.spec.method, one.spec.seed): one for one in runs}
    asked = comparison(*methods, seeds=seeds, **more)
    return compare_table.main(build_table(asked, found), found, each)


def row(text, title):
    """The cells of a method's row, as they read."""
    found = next(part for part in re.findall(r"<tr[^>]*>.*?</tr>", text) if title in part)
    return [re.sub(r"<[^>]+>", " ", cell).split() for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", found)]


def test_ours_the_papers_below_and_what_it_cost():
    runs = [run("scrub", metrics=metrics(retain=93.5)), run("retrain", seconds=40.0, samples=10_000)]
    cells = row(html(runs, "retrain", "scrub"), "SCRUB")
    assert cells[1] == ["93.50", "(93.90", "±", "0.14)", "-0.40"], "more than two standard deviations"
    assert row(html([run("scrub", metrics=metrics(retain=93.8))], "scrub"), "SCRUB")[1] == [
        "93.80", "(93.90", "±", "0.14)"]
    assert cells[6:] == [["100"], ["1,000", "10.0%"], ["10.0", "25.0%"]]


def test_mean_and_deviation_over_seeds_and_each_seed_on_demand():
    runs = [run("scrub", seed, metrics=metrics(test=test)) for seed, test in ((0, 84.0), (1, 86.0))]
    assert row(html(runs, "scrub", seeds=(0, 1)), "SCRUB")[3][:3] == ["85.00", "±", "1.41"]
    assert "seed 0</a>" not in html(runs, "scrub", seeds=(0, 1))
    text = html(runs, "scrub", seeds=(0, 1), each=True)
    assert '<a href="unlearn?run=scrub1">seed 1</a>' in text
    assert row(text, "run=scrub1")[3] == ["86.00"]


def test_best_is_bold_and_ties_are_shared():
    runs = [run("scrub", metrics=metrics(loss=50.5)), run("ssd", metrics=metrics(loss=51.0)),
            run("amnesiac", metrics=metrics(loss=61.0))]
    text = html(runs, "scrub", "ssd", "amnesiac")
    assert "<b>0.50</b>" in text
    assert "<b>1.00</b>" in text, "inside the chance range of one point"
    assert "<b>11.00</b>" not in text


RETRAINED = metrics(retain=95.0, gap=0.5, loss=50.2)


def placed(runs, *methods, against="retrained"):
    found = {(one.spec.method, 0): one for one in runs}
    table = build_table(comparison(*methods), found)
    return {method: inside(table.cell(method, "mia_loss_gap"), against) for method in table.methods}


PAPERS = ("scrub", "ssd", "amnesiac")


def test_one_colour_for_what_chance_alone_explains():
    runs = [run(method, metrics=metrics(loss=loss, retrained=RETRAINED))
            for method, loss in (("scrub", 50.5), ("ssd", 56.0), ("amnesiac", 51.3))]
    # The chance range is 1 point to either side of the retrained model's 50.2%.
    assert placed([*runs, run("retrain", metrics=RETRAINED)], *PAPERS, "retrain") == {
        "scrub": True, "ssd": False, "amnesiac": False, "original": None, "retrain": None}
    text = html(runs, *PAPERS)
    dots = {method_colour(name) for name in PAPERS}
    assert set(re.findall(r"background:([^\"]+)", text)) - dots == {INSIDE, "transparent"}, "no second colour"


def test_without_a_retrained_model_nothing_is_coloured_and_the_key_says_so():
    runs = [run("scrub", metrics=metrics(loss=50.5))]
    assert placed(runs, "scrub") == {"original": None, "scrub": None}
    text = html(runs, "scrub")
    assert "No retrained model yet" in text and INSIDE not in text


def test_the_ideal_may_be_what_values_are_held_against():
    runs = [run(method, metrics=metrics(loss=loss, retrained=RETRAINED | {"mia_loss": 56.0}))
            for method, loss in (("scrub", 50.5), ("ssd", 56.0))]
    assert placed(runs, "scrub", "ssd") == {"original": None, "scrub": False, "ssd": True}
    assert placed(runs, "scrub", "ssd", against="ideal") == {"original": None, "scrub": True, "ssd": False}
    found = {(one.spec.method, 0): one for one in runs}
    table = build_table(comparison("scrub", "ssd"), found)
    assert inside(table.cell("scrub", "retain_accuracy"), "ideal") is None, "its ideal is the retrained model's value"
    text = compare_table.main(table, found, against="ideal")
    assert "inside the chance range of\nthe formula&#39;s ideal (50% for an attack, 0 for a gap)" in text


def test_without_a_retrained_model_the_ideal_still_colours():
    runs = [run("scrub", metrics=metrics(loss=50.5))]
    found = {("scrub", 0): runs[0]}
    text = compare_table.main(build_table(comparison("scrub"), found), found, against="ideal")
    assert INSIDE in text and "No retrained model yet" not in text


def ranked_text(**by_method):
    found = {(name, 0): run(name, metrics=metrics(retrained=RETRAINED, **more)) for name, more in by_method.items()}
    asked = comparison(*by_method)
    table, ranking = build_table(asked, found), rank(asked, found)
    return compare_table.main(table, found, order=ordered(table, NEAREST, ranking), ranking=ranking)


def test_rows_come_in_the_order_of_the_ranking_whose_worst_measure_is_the_first_column():
    text = ranked_text(scrub={"loss": 58.0, "retain": 95.0}, ssd={"loss": 53.0, "retain": 95.0})
    assert text.index("Original") < text.index("SSD") < text.index("SCRUB")
    assert row(text, "SCRUB")[1] == ["6.8", "attack", "on", "the", "loss"], "58 is 7.8 from 50.2; chance: one point"
    assert row(text, "Retain accuracy")[1] == ["Worst", "measure", "points", "beyond", "chance"]
    assert "Ranked by the worst measure" in text.partition("cmp-foot")[2]


def test_a_method_that_changed_nothing_is_marked_not_ranked_never_best_and_the_mark_is_explained():
    same = {"retain": 94.14, "test": 85.0, "gap": 9.4, "loss": 55.0, "entropy": 54.0}
    text = ranked_text(ssd=same, scrub={"loss": 58.0, "retain": 95.0, "test": 84.0})
    cells = row(text, "SSD")
    assert cells[0] == ["Selective", "synaptic", "dampening", "(SSD)", "○"] and cells[1][-2:] == ["not", "ranked"]
    visible = text.partition("<details")[0]
    assert "○ changed nothing: every measure lies within the chance range of the Original" in visible
    assert "over-forgotten" not in visible and "damaged model" not in visible, "only marks that occur"
    assert "<b>85.00</b>" not in text and "<b>84.00</b>" in text, "doing nothing costs nothing: no merit"


def test_every_mark_that_occurs_is_explained_in_the_visible_caption():
    text = ranked_text(ssd={"test": 60.0}, scrub={"loss": 53.0, "mia_loss_auc": 0.3}, amnesiac={"entropy": 40.0})
    visible = text.partition("<details")[0]
    for mark, meaning in (("†", "over-forgotten: "), ("‡", "damaged model, "), ("↓", "below the chance range")):
        assert f"{mark} {meaning}" in visible
    assert "○ changed nothing" not in visible


def test_an_over_forgotten_run_is_marked_with_a_sentence():
    text = html([run("scrub", metrics=metrics(mia_loss_auc=0.4, notes=["Other."])), run("ssd")], "scrub", "ssd")
    assert '<tr class="over">' in text
    assert row(text, "SCRUB")[0] == ["SCRUB", "†"]
    assert "† SCRUB, seed 0. Over-forgotten: forgotten samples have higher losses than unseen" in text
    assert text.count("over-forgotten with seed") == 0, "said once"


def test_a_failed_run_says_why_and_markup_in_it_is_text():
    text = html([run("scrub", status="failed", reason="Diverged: <script>alert(1)</script>"), run("ssd")], "scrub",
                "ssd")
    assert row(text, "SCRUB")[1] == ["failed:", "Diverged:", "&lt;script&gt;alert(1)&lt;/script&gt;"]
    assert "<script>" not in text
    assert '<tr class="failed">' in text


def test_a_failed_seed_beside_a_finished_one_is_named_below():
    text = html([run("scrub", 0), run("scrub", 1, status="failed", reason="Out of memory.")], "scrub", seeds=(0, 1))
    assert row(text, "SCRUB")[0] == ["SCRUB", "1", "of", "2", "seeds"]
    assert "SCRUB, seed 1 failed: Out of memory." in text


@pytest.mark.parametrize(("state", "shown"), [
    ({"status": "queued"}, "waiting"), ({"status": "running"}, "running"),
    ({"status": "running", "progress": {"fraction": 0.434}}, "running, 43%"),
    ({"status": "cancelled", "reason": "Stopped."}, "stopped: Stopped."),
    ({"status": "interrupted", "reason": "Gone."}, "interrupted: Gone.")])
def test_a_row_that_waits_says_what_for(state, shown):
    assert row(html([run("scrub", **state), run("ssd")], "scrub", "ssd"), "SCRUB")[1] == shown.split()


def test_a_row_without_any_run_says_so():
    assert row(html([run("ssd")], "scrub", "ssd"), "SCRUB")[1] == ["not", "run", "yet"]


def test_recorded_runs_are_marked_with_device_and_date():
    text = html([run("scrub", recorded=True, device="NVIDIA H200", started=1_795_431_099.0)], "scrub")
    assert row(text, "SCRUB")[0] == ["SCRUB", "recorded"]
    assert "Recorded earlier, on NVIDIA H200, 2026-11-23: SCRUB seed 0." in text


def test_more_measures_say_why_one_is_empty_and_show_intervals():
    known = metrics(tpr_at_1pct_fpr=2.0, tpr_at_1pct_fpr_interval=[0.4, 5.7], tow=None,
                    missing={"tow": "It needs a model retrained on the same split."})
    found = {("scrub", 0): run("scrub", metrics=known)}
    columns = compare_more.columns("random")
    assert "retain_accuracy" not in columns
    assert {"tow", "rmia_auc", "mia_loss_auc", "ks_test"} <= set(columns)
    text = compare_more.more(build_table(comparison("scrub"), found, columns), found)
    assert "2.0<small>0.4 to 5.7</small>" in text
    assert '<td title="It needs a model retrained on the same split.">–</td>' in text
    assert '<td title="It compares with the retrained model and is measured for unlearned models only.">–' in text


# -- what the charts are given ----------------------------------------------------------------------------

def test_outcomes_are_a_point_a_finished_run_and_the_original():
    runs = {("scrub", 0): run("scrub"), ("ssd", 0): run("ssd", status="running")}
    compared = comparison("scrub", "ssd")
    assert compare_runs.outcomes(compared, runs, "mia_loss", build_table(compared, runs)) == [
        {"method": "original", "name": "Original", "seed": 0, "x": 5.0, "y": 85.0},
        {"method": "scrub", "name": "SCRUB", "seed": 0, "x": 1.0, "y": 85.0}]


def test_a_doubtful_outcome_carries_its_mark():
    found = {("scrub", 0): run("scrub", metrics=metrics() | {"test_accuracy": 9.0, "mia_loss_auc": 0.3}),
             ("scrub", 1): run("scrub", 1, metrics=metrics(mia_loss_auc=0.3))}
    compared = comparison("scrub", seeds=(0, 1))
    outcomes = compare_runs.outcomes(compared, found, "mia_loss", build_table(compared, found))
    assert [one["name"] for one in outcomes] == ["Original", "Original", "SCRUB†‡", "SCRUB†‡"]


def test_the_row_the_note_and_the_headline_count_seeds_by_the_verdict():
    """Two damaged models that were over-forgotten too, beside one that was only over-forgotten."""
    broken = metrics(test=60.0, mia_loss_auc=0.3) | {"forget_accuracy": 95.0}
    found = {("scrub", 0): run("scrub", 0, metrics=broken), ("scrub", 1): run("scrub", 1, metrics=broken),
             ("scrub", 2): run("scrub", 2, metrics=metrics(mia_loss_auc=0.3))}
    asked = comparison("scrub", seeds=(0, 1, 2))
    table, ranking = build_table(asked, found), rank(asked, found, "ideal")
    assert table.judged == {"scrub": {"damaged": (0, 1), "over_forgotten": (2,)}}
    said = "damaged the model (2 of 3 seeds) and over-forgot (1 of 3 seeds)"
    assert left_out(ranking) == f"Not ranked: SCRUB {said}."
    text = compare_table.main(table, found, ranking=ranking, against="ideal")
    assert said in text and "† SCRUB, seed 2. Over-forgotten" in text
    assert "‡ SCRUB damaged the model with seeds 0, 1" in text


def test_methods_with_green_values_that_have_not_forgotten_are_named_with_their_seeds():
    truth = metrics()
    found = {("scrub", seed): run("scrub", seed, metrics=metrics(loss=51.0 + 3 * seed, retrained=truth))
             for seed in (0, 1)}
    table = build_table(comparison("scrub", seeds=(0, 1)), found)
    assert table.judged["scrub"]["not_forgotten"] == (1,)
    assert compare_table.not_forgotten(table, "retrained").startswith(
        "Judged as not forgotten all the same: SCRUB (seed 1). ")


def test_a_notice_on_the_retraining_is_one_visible_sentence():
    odd = run("retrain", spec_extra={}, recorded=True)
    said = replace(odd, notice="Its held-out sets were read in training mode. More of it.")
    table = build_table(comparison("retrain", "scrub"), {("retrain", 0): said})
    assert compare_table.shaky(table, {("retrain", 0): said}) == (
        "The reference itself is uncertain: its held-out sets were read in training mode (more under the table).")
    assert compare_table.shaky(table, {("retrain", 0): run("retrain")}) == ""


def reading(attack):
    return {"attacks": {"mia_loss": attack}, "histogram": {"forget": [1], "test": [1]}, "overlap": 1.0}


def followed(method, seed, attack=70.0, retrained=None, band=(47.0, 53.0)):
    one = compare_runs.Followed(run(method, seed, spec={"dataset": "digits", "method": method, "seed": seed}))
    one.add([{"seq": 0, "kind": "start", "before": reading(attack), "retrained": retrained,
              "null_band": {"mia_loss": band},
              "bins": [0.0, 1.0], "counts": {"forget": 1, "test": 1}}])
    return one


def test_the_null_band_is_the_widest_of_the_runs():
    two = [followed("scrub", 0, band=(47.0, 53.0)), followed("scrub", 1, band=(46.0, 52.0))]
    assert compare_runs.band(two, "mia_loss") == (46.0, 53.0)
    assert compare_runs.band([followed("scrub", 0, band=None)], "mia_loss") is None


def test_the_retrained_level_is_the_finished_retrainings_own_else_what_runs_know_of_it():
    known = reading(51.0)
    courses = [followed("scrub", 0, retrained=known), followed("scrub", 1, retrained=known),
               followed("retrain", 0, attack=49.0)]
    assert compare_runs.retrained_levels(courses, {}, "mia_loss") == {0: 49.0, 1: 51.0}
    late = {("ssd", 2): run("ssd", 2, metrics=metrics(retrained={"mia_loss": 52.0}))}
    assert compare_runs.retrained_levels([], late, "mia_loss") == {2: 52.0}


def test_a_level_apart_from_the_tables_is_told():
    drawn = [followed("scrub", 0, retrained=reading(54.0))]
    runs = {("scrub", 0): run("scrub", 0, metrics=metrics(retrained={"mia_loss": 50.2}))}
    assert compare_runs.level_apart(drawn, runs, "mia_loss") == (
        "The retrained model is at 54.0% on the samples drawn here and at 50.2% on all of them, as in the table: "
        "small samples differ by chance. Compare lines with the dashed level, and numbers with the table.")
    near = {("retrain", 0): run("retrain", 0, metrics=metrics(mia_loss=53.1))} | runs  # its own, not what others know
    assert compare_runs.level_apart(drawn, near, "mia_loss") == ""
    assert compare_runs.level_apart(drawn, {}, "mia_loss") == compare_runs.level_apart([], runs, "mia_loss") == ""


def test_small_charts_are_of_one_seed_where_possible_and_retrained_comes_first():
    cells = (("scrub", 0), ("scrub", 1), ("ssd", 1), ("retrain", 1))
    shown = compare_runs.smalls([followed(*cell) for cell in cells])
    assert [(one.method, one.seed) for one in shown] == [("retrain", 1), ("scrub", 1), ("ssd", 1)]


# -- the link ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("asked", [
    USUAL, comparison("ssd", seeds=(3, 1)), comparison("retrain", scenario="class", forget=8)])
def test_a_link_comes_back_as_it_was(asked):
    assert from_query(to_query(asked)) == (asked, [])


def test_an_address_that_asks_for_nothing_opens_a_comparison_that_ships_finished():
    assert from_query({}) == (RECORDED, [])
    assert from_query({"seeds": "0"})[0].dataset == "digits", "what a link leaves out is the usual"


def test_the_order_the_reference_and_the_choice_of_rows_are_in_the_address():
    for view, query in ((View(), {}), (View("seconds"), {"sort": "seconds"}),
                        (View("seconds", "ideal"), {"sort": "seconds", "against": "ideal"}),
                        (View(shown="source_free", grouped=True), {"show": "source_free", "group": "needs"})):
        assert view_query(view) == query and view_of(query) == (view, [])
    view, problems = view_of({"sort": "speed", "against": "luck"})
    assert view == View()
    assert problems[0].startswith("The link's sort: there is no column 'speed'. Valid: nearest, retain_accuracy")
    assert problems[1] == ("The link's against: there is no reference 'luck'. Valid: retrained, ideal. The default is "
                           "shown instead.")


def test_a_link_reads_like_a_sentence():
    assert to_query(comparison("scrub", "ssd", seeds=(0, 1))) == {
        "data": "cifar10", "scenario": "random", "forget": "0.15", "methods": "scrub ssd", "seeds": "0 1",
        "profile": "paper"}


def test_a_class_may_be_named():
    assert from_query({"data": "cifar10", "scenario": "class", "forget": "dog"})[0].forget == 5


@pytest.mark.parametrize(("asked", "told"), [
    ({"data": "digitz"}, "The link's data: No dataset named 'digitz'. Did you mean 'digits'?"),
    ({"scenario": "everything"}, "The link's scenario: No scenario named 'everything'. Did you mean 'matching'?"),
    ({"profile": "peper"}, "The link's profile: No profile named 'peper'. Did you mean 'paper'?"),
    ({"methods": "scrubb ssd"}, "The link's methods: No method named 'scrubb'. Did you mean 'scrub'?"),
    ({"seeds": "x"}, "The link's seeds: 'x' is not a seed: seeds are whole numbers from 0 to 2,147,483,647, "
                     "separated by spaces, such as 0 1 2."),
    ({"forget": "nan"}, "The link's forget: 'nan' is not a share of the training set: it must be a number from 0.001 "
                        "to 0.6, such as 0.15."),
    ({"forget": "7"}, "The link's forget: '7' is not a share of the training set: it must be a number from 0.001 to "
                      "0.6, such as 0.15."),
    ({"data": "cifar10", "scenario": "class", "forget": "10"},
     "The link's forget: '10' is not a class of cifar10, which has the classes 0 to 9 (airplane to truck).")])
def test_nonsense_in_a_link_is_a_sentence(asked, told):
    found, problems = from_query(asked)
    assert problems == [told + (" It is left out." if "methods" in asked else " The default is shown instead.")]
    assert found.methods == (("ssd",) if "methods" in asked else USUAL.methods)


def test_a_method_that_was_renamed_is_found_under_its_former_name(monkeypatch):
    monkeypatch.setitem(table_of("method"), "ssd", replace(get("method", "ssd"), aliases=("damper",)))
    digits = replace(get("dataset", "digits"), unlearning={"damper": {"alpha": 1.0}})
    monkeypatch.setitem(table_of("dataset"), "digits", digits)
    assert untuned(Comparison("digits", methods=("ssd", "scrub", "retrain"))) == ["scrub"]
    assert from_query({"methods": "damper"}) == (comparison("ssd", dataset="digits", profile=USUAL.profile), [])


def test_a_link_whose_methods_are_all_nonsense_shows_the_usual_ones():
    found, problems = from_query({"methods": "scrubb"})
    assert found.methods == USUAL.methods
    assert problems == ["The link's methods: No method named 'scrubb'. Did you mean 'scrub'? The default "
                        "is shown instead."]


@pytest.mark.parametrize(("text", "seeds"), [("0", (0,)), ("0 1 2", (0, 1, 2)), ("2, 0;7", (2, 0, 7)), ("007", (7,))])
def test_seeds_are_read_with_any_separator(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize(("text", "told"), [
    ("", "No seed is chosen: write at least one whole number, such as 0 1 2."),
    ("-1", "'-1' is not a seed"), ("1.5", "'1.5' is not a seed"), ("9" * 50, "'" + "9" * 40 + "…' is not a seed"),
    ("2147483648", "'2147483648' is not a seed"), ("٣", "'٣' is not a seed"),
    ("1 2 1", "Seed 1 is chosen twice: once is enough."),
    (" ".join(map(str, range(21))), "21 seeds are chosen, but at most 20 can be compared at once.")])
def test_seeds_that_make_no_sense_are_a_sentence(text, told):
    with pytest.raises(BadInput, match=re.escape(told)):
        parse_seeds(text)


def test_an_attack_on_the_other_side_is_not_close_to_the_retrained_model():
    """42% beside 57%: 8 and 7 points from 50, but 15 from one another."""
    runs = [run("retrain", metrics=metrics(loss=57.0)), run("scrub", metrics=metrics(loss=58.0)),
            run("ssd", metrics=metrics(loss=42.0))]
    runs = [one if one.spec.method == "retrain" else run(one.spec.method, metrics={
        **one.metrics, "retrained": dict(runs[0].metrics)}) for one in runs]
    found = {(one.spec.method, 0): one for one in runs}
    table = build_table(comparison("retrain", "scrub", "ssd"), found)
    cells = {method: table.cell(method, "mia_loss_gap") for method in ("scrub", "ssd")}
    assert [cell.off_retrained for cell in cells.values()] == [1.0, 15.0]
    assert inside(cells["scrub"], "retrained") is True
    assert (inside(cells["ssd"], "retrained"), cells["ssd"].best, cells["ssd"].mark) == (None, False, "↓")


@pytest.mark.parametrize(("entropies", "shown"), [
    ((40.0, 65.0), ("10.00↓", "<b>15.00↑</b>")), ((50.5, 65.0), ("<b>0.50</b>", "15.00")),
    ((53.0, 65.0), ("<b>3.00↑</b>", "15.00")), ((40.0, 41.0), ("10.00↓", "9.00↓"))])
def test_below_chance_is_never_best_and_best_over_chance_is_marked(entropies, shown):
    runs = [run(method, metrics=metrics(entropy=value)) for method, value in zip(("scrub", "ssd"), entropies)]
    text = html(runs, "scrub", "ssd")
    for value in shown:
        assert f">{value}<" in text or value in text
    assert ("never best in Attack on the entropy, from 50" in text) is (min(entropies) < 49)
