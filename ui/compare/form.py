"""The left side of the Compare page: what to compare, what is there, what the rest costs, and the race's start."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.registry import all_of, by_class, get, names, target
from engine.runs import estimates
from engine.runs.queue import Jobs, manager
from engine.selection import selected
from engine.spec import resolve
from engine.studies.comparison import REFERENCE, Comparison, Runs, find_runs, missing, queue_missing
from engine.studies.shipped import shipped_comparison
from engine.system.words import numbered, plural
from engine.types import Forgotten, Spec
from ui.common import controls, form_parts, switched, words
from ui.common.allowed import mine
from ui.common.linked_form import LinkedForm
from ui.common.said import plain
from ui.common.state import Slot
from ui.compare import chips
from ui.compare import link as compare_link
from ui.compare import race as compare_runs
from ui.compare import seeds as compare_seeds
from ui.unlearn import form as launch

USUAL = compare_link.USUAL
DATA, SCENARIO, PROFILE = (Slot(f"compare.{name}", getattr(USUAL, field)) for name, field in (
    ("data", "dataset"), ("scenario", "scenario"), ("profile", "profile")))
SHARE = Slot("compare.share", 100 * Spec().fraction)
SEEDS = Slot("compare.seeds", "0")
KEPT = "compare."  # what the keys of the scenario's own parameters begin with here
SWITCHED: Slot[tuple[str, switched.Query]] = Slot("compare.switched", ("", {}))
STOP_HELP = ("Removes this race's waiting runs from the queue and stops the current one, which "
             "keeps its measurements so far.")
RACE = form_parts.StartButton("race", "sports_score", "Queues every missing run and "
                              "reuses finished ones. They continue when you leave this page.")
SEEDS_HELP = ("Runs every method once per seed. The seed draws the forget set (profile corrected), the "
              "test/validation split and the batch order. Enter whole numbers separated by spaces, such as 0 1 2; "
              "three show the spread.")


def _fill(comparison: Comparison) -> None:
    """Makes the widgets show a comparison."""
    DATA.put(comparison.dataset)
    SCENARIO.put(comparison.scenario)
    PROFILE.put(comparison.profile)
    chips.METHODS.put(list(comparison.methods))
    SEEDS.put(" ".join(map(str, comparison.seeds)))
    compare_seeds.ORIGINALS.put(" ".join(map(str, comparison.training_seeds)))
    compare_seeds.UNLEARNING.put(comparison.unlearning_seeds)
    if comparison.model:
        _model(comparison.dataset).put(comparison.model)
    of_class = by_class(comparison.scenario)
    if of_class:
        for key, value in form_parts.class_values(_class(comparison.dataset).key, comparison.forget).items():
            Slot(key, value).put(value)
    share = comparison.forget
    SHARE.put(100 * share if isinstance(share, float) and not of_class else SHARE.get())
    for key, value in controls.scenario_values(comparison.dataset, comparison.spec("", 0), KEPT).items():
        Slot(key, value).put(value)


FORM: LinkedForm[Comparison] = LinkedForm(
    "compare", "Compare", compare_link.NAMES, compare_link.from_query, compare_link.to_query, _fill,
    beside=(*compare_link.LOOK, *compare_link.TUNED))


def form(tuning: bool = False) -> Comparison | None:
    """Draws the controls; what they come to, also in the address, or None where the seeds make no sense.

    For ``tuning``, which is of one Original, those of seeds beyond that are left out and keep what they hold.
    """
    FORM.restore()
    comparison = _choices(tuning)
    if comparison is not None:
        FORM.mirror(comparison)
    return comparison


# --- the controls ---------------------------------------------------------------------------


def _choices(tuning: bool) -> Comparison | None:
    dataset = get("dataset", form_parts.dataset_box(DATA.key, on_change=_fit_data))
    changed = st.empty()
    model = launch.model_unless_usual(dataset, _model(dataset.name).key)
    offered = [one for one in all_of("scenario") if not (one.why_not and one.why_not(dataset))]
    chosen = get("scenario", form_parts.scenario_box(SCENARIO, offered))
    scenario, forget = chosen.name, form_parts.forget_box(dataset, chosen, _class(dataset.name).key, SHARE)
    places: dict[str, Any] = {}
    selection = controls.scenario_controls(dataset, chosen, places, KEPT)
    size, methods_here = st.empty(), st.container()
    text = st.text_input("Seeds", key=SEEDS.key, persist_state="session", help=SEEDS_HELP,
                         **SEEDS.given("value"))
    originals, repeats = compare_seeds.held() if tuning else compare_seeds.more()
    profile = form_parts.profile_box(PROFILE)
    comparison = Comparison(dataset.name, scenario, forget, (), USUAL.seeds, profile, model, selection=selection)
    if problems := selected(comparison.spec(REFERENCE, 0), chips.read_as(dataset, profile))[1]:
        for problem in form_parts.beside(problems, places):
            st.error(plain(problem), icon=":material/error:")
        with methods_here:
            chips.methods(comparison)
        return None
    if by_class(scenario):
        size.caption(launch.class_size(chips.read_as(dataset, profile), comparison.spec(REFERENCE, 0)))
    try:
        comparison = replace(comparison, seeds=compare_link.parse_seeds(text),
                             training_seeds=compare_link.parse_originals(originals), unlearning_seeds=repeats)
    except LabError as error:
        st.error(plain(error), icon=":material/error:")
        with methods_here:
            chips.methods(comparison)
        return None
    with methods_here:
        comparison = replace(comparison, methods=chips.methods(comparison))
    with changed:
        switched.show(SWITCHED, compare_link.to_query(comparison))
    return comparison


def _fit_data() -> None:
    """After other data were chosen: a comparison that ships with them, where what was asked for is not there.

    What nobody has computed keeps its methods, but no profile or seeds that belong to the former data.
    """
    now = _held()
    if now is None or _answers(now):
        return
    shipped = None if by_class(now.scenario) else shipped_comparison(now.dataset)
    usual = replace(now, profile=USUAL.profile, seeds=USUAL.seeds, training_seeds=USUAL.training_seeds)
    new = shipped or usual
    if shipped and REFERENCE in now.methods and set(now.methods) <= set(shipped.methods):
        new = replace(shipped, methods=now.methods)  # all of them ship: no others are put beside them
    unfit = chips.unfit(new)
    new = replace(new, methods=tuple(name for name in names("method") if name in new.methods and name not in unfit))
    _fill(new)
    switched.note(SWITCHED, new.dataset, compare_link.to_query(now), compare_link.to_query(new), {
        "scenario": f"forget {get('scenario', new.scenario).title}", "forget": words.forgotten(new.spec(REFERENCE, 0)),
        "methods": ", ".join(map(compare_runs.short_title, new.methods)), "seeds": numbered("seed", new.seeds),
        "originals": numbered("training seed", new.training_seeds), "profile": f"profile {new.profile}"})


def _held() -> Comparison | None:
    """What the widgets come to; None where the seeds make no sense."""
    goes_by = target(SCENARIO.get())  # the fields of a scenario are other ones with other data: they are as usual
    forget: Forgotten = None if goes_by == "selection" else round(SHARE.get() / 100, 6)
    if goes_by == "class":
        forget = form_parts.chosen_classes(_class(DATA.get()))
    try:
        methods = tuple(sorted(chips.chosen(), key=names("method").index))  # as the form has them
        return Comparison(DATA.get(), SCENARIO.get(), forget, methods, compare_link.parse_seeds(SEEDS.get()),
                          PROFILE.get(), _model(DATA.get()).get(),
                          training_seeds=compare_link.parse_originals(compare_seeds.ORIGINALS.get()))
    except (LabError, ValueError):
        return None


def _answers(comparison: Comparison) -> bool:
    """Whether a method and the reference to hold it against are finished."""
    try:
        runs = find_runs(comparison, manager().store)
    except LabError:
        return False
    done = {method for (method, _), run in runs.items() if run.finished}
    return REFERENCE in done and len(done) > 1


def _model(dataset: str) -> Slot[str | None]:
    return Slot(f"compare.model.{dataset}", None)


def _class(dataset: str) -> Slot[int]:
    return Slot(f"compare.class.{dataset}", 0)


# --- cost, start and stop -------------------------------------------------------------------


def start(comparison: Comparison | None, runs: Runs) -> None:
    """What of the comparison is there, what the rest takes, [Race], and [Stop] while it runs."""
    if comparison is None or not comparison.methods:  # said beside it
        RACE.pressed("Race", disabled=True)
        return
    jobs, todo = manager(), missing(comparison, runs)
    st.markdown(_counts(comparison, runs, len(todo)))
    allowed: bool | None = False
    if todo:
        _cost(comparison, todo, jobs)
        resolved = resolve(todo[0])
        fewest = min(resolved.sizes.forget, resolved.sizes.nonmembers)
        if fewest < launch.NOISY:
            st.caption(launch.noise(fewest))
        launch.download(resolved.dataset)
        allowed = launch.original(resolved)
    if REFERENCE not in comparison.methods:
        _offer_reference(comparison, jobs)
    if RACE.pressed("Race", disabled=not todo or allowed is None):
        try:
            queue_missing(comparison, jobs, train_original=bool(allowed))
        except LabError as error:
            st.error(plain(error), icon=":material/error:")
            return
        st.rerun()
    active = [run.id for run in runs.values() if run.status in ("queued", "running") and mine(run.person)]
    if active and st.button(f"Stop {len(active)} {plural(len(active), 'run')}", icon=":material/stop:",
                            key="compare.stop", width="stretch", help=STOP_HELP):
        for run_id in active:
            jobs.cancel(run_id)
        st.rerun()


def _counts(comparison: Comparison, runs: Runs, todo: int) -> str:
    """What is there of the comparison; a failed run is among those to compute, and the table shows its reason."""
    grid = comparison.grid()
    states: Counter[str] = Counter(runs[cell].status for cell in grid if cell in runs)
    del states["failed"]
    return form_parts.counted(len(grid), states, sum(bool(run.recorded) for run in runs.values()), todo)


def _cost(comparison: Comparison, todo: list[Any], jobs: Jobs) -> None:
    cost = estimates.together([resolve(spec) for spec in todo], jobs.checkpoints, estimates.measured(jobs.store))
    measuring = "measuring included" if cost.measuring else "plus measuring"
    told = f"**Takes {estimates.around(cost.seconds)}**, {measuring}"
    if cost.unknown and cost.seconds is not None:
        told += f", and {cost.unknown} {plural(cost.unknown, 'run')} of unknown duration"
    if cost.trainings:
        shared = ", which serves all seeds" if comparison.profile == "paper" else ""
        told += (f". Of this, the retrained reference takes {estimates.around(cost.retraining)} for {cost.trainings} "
                 f"{plural(cost.trainings, 'training')} from scratch{shared}")
    st.markdown(f"{told}.")


def _offer_reference(comparison: Comparison, jobs: Jobs) -> None:
    """Without retraining nothing can be held against it: say so, with what it would take."""
    alone = replace(comparison, methods=(REFERENCE,))
    try:
        todo = missing(alone, find_runs(alone, jobs.store))
        cost = estimates.together([resolve(spec) for spec in todo], jobs.checkpoints, estimates.measured(jobs.store))
    except LabError:
        return
    time = estimates.around(cost.seconds) if todo else "no time: it is already computed"
    st.caption(f"Without a retrained reference there is nothing to match. It takes {time}.")
    st.button("Add the retrained reference", icon=":material/add:", key="compare.reference", on_click=_add_reference,
              help="Trains a model from scratch without the forget set, once per seed: the gold standard.",
              width="stretch")


def _add_reference() -> None:
    chips.METHODS.put([*chips.METHODS.get(), REFERENCE])
