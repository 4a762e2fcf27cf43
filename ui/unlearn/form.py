"""From widgets to a queued run: the form of the Unlearn page, and the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from engine import chain
from engine.errors import BadSpec, LabError, Problem, UnknownRun
from engine.evaluation.noise import LITTLE, expected_half_range
from engine.originals.checkpoints import original_key
from engine.registry import all_of, by_class, get, models_for
from engine.runs import estimates, library
from engine.runs.queue import manager
from engine.selection import selected
from engine.spec import Resolved, expected_sizes, resolve
from engine.system.read_only import read_only
from engine.system.words import spaced
from engine.types import Dataset, Option, Setting, Sizes, Spec
from ui.common import controls, form_parts, words
from ui.common.address import as_markdown
from ui.common.folded import folded
from ui.common.queueing import queue
from ui.common.said import plain
from ui.common.state import Slot
from ui.unlearn import beginning, chips, cost, live, prefill, who

MEANT_FOR = {"any": "", "class": " Meant for forgetting a class.", "random": " Meant for forgetting random samples."}
NOISY = 400  # samples per side under which the page warns of the attack's own noise
DEMO = Spec(seed=1)
DEMO_TEXT = (
    "1,000 small pictures of digits and a small network that has memorised them; ∇τ at its default settings. 20% of "
    "the labels are wrong **on purpose**: a model can only repeat those by memorising them, and memorisation is "
    "what unlearning has to undo.")
# Its rule is held by tests/engine/runs/test_stories.py.
DEMO_SPLIT = (
    f"The forget set, the test/validation split and the batch order are drawn with seed {DEMO.seed}, the measures are "
    f"of the profile *{DEMO.profile}*. The rule: of the seeds from 1 on, the first on which the retrained model is "
    "inside the chance ranges of both attacks and the model before unlearning is outside both: chance alone can put "
    "even the retrained model outside, and on such a split nothing could be shown. How well a method unlearns has no "
    "part in the rule. The pages Compare and Robustness show other seeds.")
MORE, EFFECTIVE = "settings-more", "settings-effective"  # keys of what is folded, and drawn while it is open
START = form_parts.StartButton("launch", "ink_eraser")


def demo() -> str:
    """Queues the demo and returns the run's id; where nothing may be started, the id of the recorded one."""
    run_id = _shown_demo() if read_only() else queue(DEMO)
    live.launched(run_id)
    return run_id


def _shown_demo() -> str:
    """The demo's best run, own or recorded. Raises UnknownRun where it does not ship."""
    found = library.best({"demo": resolve(DEMO).fingerprint}, manager().store)
    if "demo" not in found:
        raise UnknownRun("The recorded run of the demo is not in this copy: open another run on the page Runs.")
    return found["demo"].id


def form() -> Resolved | None:
    """The controls of the page; the button queues the run and puts it into the address.

    Returns what the form asks for, None where that cannot be run.
    """
    for problem in prefill.FORM.problems():
        if problem.field == prefill.RUN:
            st.caption(as_markdown(problem))
    places: dict[str, Any] = {}  # below each control, for what is wrong with it
    spec = _spec(places)
    try:
        resolved = resolve(spec)
    except BadSpec as error:
        _mark(error.problems, places)
        START.pressed("Unlearn", disabled=True)
        return None
    who.show(resolved)
    chips.show(spec)
    price = st.container()
    allowed, busy = _preview(resolved), cost.busy()
    if START.pressed("Unlearn", disabled=allowed is None):
        try:
            who.check(resolved)
            run_id = queue(spec, train_original=bool(allowed))
            live.launched(run_id)
            prefill.FORM.mirror(prefill.now(run_id))
            busy = True
        except LabError as error:
            st.error(plain(error))
    with price:
        cost.show(resolved, busy)
    return resolved


def _mark(problems: Sequence[Problem], places: Mapping[str, Any]) -> None:
    """Each problem at its own control; here where it has none."""
    for problem in form_parts.beside(problems, places):
        st.error(plain(problem), icon=":material/error:")
    if any(problem.field in places for problem in problems):
        st.caption(":material/arrow_upward: Fix what is marked in red to start.")


def _spec(places: dict[str, Any]) -> Spec:
    dataset = get("dataset", form_parts.dataset_box(prefill.DATASET.key))
    note, origin = st.empty(), st.container()
    forget, size = _forget(dataset, places), st.empty()
    method = get("method", form_parts.method_box(prefill.METHOD.key))
    places["method"] = st.empty()
    st.caption(plain(method.summary) + MEANT_FOR[method.meant_for] + (
        "" if method.in_paper else " Not one of the paper's methods."))
    main, more = st.container(), st.expander("More settings", icon=":material/tune:", key=MORE, on_change="rerun")
    with more:
        model, options, seed, profile = _setting(dataset, places) if more.open else _setting_kept(dataset)
    note.caption(plain(dataset.summary) if options or not dataset.note else plain(dataset.note))
    known = {option.name: options.get(option.name, option.default_in(profile)) for option in dataset.options}
    with origin:
        begins = beginning.fields(dataset, model, options, profile)
    spec = Spec(dataset=dataset.name, model=model, method=method.name, options=options, seed=seed, profile=profile,
                **forget, **begins)
    here = dataset.at(known)
    setting = Setting(here, get("model", model).recipe_for(here), _sizes(spec, here))
    chosen = get("scenario", spec.scenario)
    counted = chosen.by_class or (chosen.target == "selection" and chosen.unseen is None)
    if counted and not selected(spec, here)[1]:
        size.caption(class_size(here, spec))
    with main:
        return replace(spec, parameters=controls.method_controls(spec, here, method, setting, more, places))


def _sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """The set sizes that automatic values go by; those of a usual share where what is to be forgotten is not valid."""
    spec, problems = selected(spec, dataset)
    sizes = expected_sizes(Spec(dataset.name) if problems else spec, dataset)
    try:
        before = chain.parent(spec)
        return sizes if before is None else chain.remaining(sizes, resolve(before).sizes)
    except BadSpec:  # said of the whole spec
        return sizes


def _forget(dataset: Dataset, places: dict[str, Any]) -> dict[str, Any]:
    """What to forget: a share of the training set, a class, or what the scenario's own parameters say."""
    offered = [one for one in all_of("scenario") if not (one.why_not and one.why_not(dataset))]
    scenario = get("scenario", form_parts.scenario_box(prefill.SCENARIO, offered))
    places["scenario"] = st.empty()
    forget: dict[str, Any] = {"scenario": scenario.name, "forget_fraction": None}
    if scenario.by_class:
        more = ", and the attack compares with never-seen samples of it" if scenario.compared_with == "unseen" else ""
        forget["forget_class"] = form_parts.class_box(dataset, prefill.class_slot(dataset.name).key, more)
        places["forget_class"] = st.empty()
    elif scenario.target == "fraction":
        forget["forget_fraction"] = form_parts.share_slider("Forget, % of the training set", prefill.SHARE, scenario)
        places["forget_fraction"] = st.empty()
    return forget | {"selection": controls.scenario_controls(dataset, scenario, places)}


def class_size(dataset: Dataset, spec: Spec) -> str:
    """How many are forgotten; of a class whose counts the data set does not declare, as if classes were equal."""
    sizes, guess = expected_sizes(spec, dataset), by_class(spec.scenario) and not dataset.class_counts
    return (f"{'About ' if guess else ''}{sizes.forget:,} of {sizes.train:,} training samples, "
            f"{100 * sizes.forget / sizes.train:.1f}%.")


def _setting(dataset: Dataset, places: dict[str, Any]) -> tuple[str, dict[str, Any], int, str]:
    """Model, options of the data set, seed and profile: seldom changed, so folded away."""
    model = model_of(dataset, prefill.model_slot(dataset.name).key)
    before, places["model"] = st.container(), st.empty()
    seed = st.number_input("Seed", value=0, step=1, key=prefill.SEED.key, persist_state="session",
                           help="Draws the forget set, the test/validation split and the batch order.")
    places["seed"] = st.empty()
    profile = form_parts.profile_box(prefill.PROFILE)
    with before:
        options = {option.name: _option(dataset, option, profile, places) for option in dataset.options}
    return model, _changed(dataset, options, profile), seed, profile


def _setting_kept(dataset: Dataset) -> tuple[str, dict[str, Any], int, str]:
    """The same of widgets that are not drawn, since nobody sees them: to send and to draw them is half of the form."""
    models, profile = [model.name for model in models_for(dataset)], prefill.PROFILE.get()
    model = prefill.model_slot(dataset.name).get()
    options = {o.name: Slot(controls.option_key(dataset, o, profile), o.default_in(profile)).get()
               for o in dataset.options}
    return (model if model in models else models[0], _changed(dataset, options, profile), prefill.SEED.get(), profile)


def _changed(dataset: Dataset, options: Mapping[str, Any], profile: str) -> dict[str, Any]:
    return {o.name: options[o.name] for o in dataset.options if options[o.name] != o.default_in(profile)}


def model_of(dataset: Dataset, key: str) -> str:
    """The network that has to forget; asked only where several read these data."""
    models = [model.name for model in models_for(dataset)]
    if len(models) == 1:
        return models[0]
    model = st.selectbox("Model", models, key=key, persist_state="session", help="The network that has to forget.",
                         format_func=lambda name: words.title_of("model", name))
    st.caption(plain(get("model", model).summary))
    return model


def model_unless_usual(dataset: Dataset, key: str) -> str | None:
    """The chosen model; None for the data set's default one, which links need not name."""
    model = model_of(dataset, key)
    return None if model == dataset.default_model else model


def _option(dataset: Dataset, option: Option, profile: str, places: dict[str, Any]) -> Any:
    usual = option.choices.index(option.default_in(profile))
    chosen = st.selectbox(plain(spaced(option.name).capitalize()), option.choices, usual, help=plain(option.help),
                          key=controls.option_key(dataset, option, profile), persist_state="session")
    places[f"options.{option.name}"] = st.empty()
    return chosen


def _preview(resolved: Resolved) -> bool | None:
    """What to know before launch; returns whether to train an Original first, or None where that is not allowed yet."""
    dataset = resolved.dataset
    fewest = min(resolved.sizes.forget, resolved.sizes.nonmembers)
    if fewest < NOISY:
        st.caption(noise(fewest))
    folded("Effective settings", ":material/checklist:", EFFECTIVE, lambda: st.table(_settings(resolved)))
    download(dataset)
    if resolved.model.available() is None:
        st.caption(f":material/cloud_download: The weights of {plain(resolved.model.title)} are not on this machine: "
                   "they will be downloaded from the Hugging Face hub, or put its files into "
                   f"$UNLEARN_MODEL_DIR/{plain(resolved.model.name)}.")
    return original(resolved)


def download(dataset: Dataset) -> None:
    """Says where the data will come from, if they are not here."""
    if dataset.available() is None and dataset.absent:
        st.warning(plain(dataset.absent), icon=":material/folder_off:")
    elif dataset.available() is None:
        st.caption(f":material/cloud_download: {plain(dataset.title)} is not on this machine: it will be downloaded "
                   f"from the Hugging Face hub, or put its parquet files into $UNLEARN_DATA_DIR/{plain(dataset.name)}.")


def noise(samples: int) -> str:
    """What so few samples mean for the attack, by the rule that a result's chance range follows."""
    if samples < 10:
        return f"Only {samples:,} samples per side: too few for an attack, so its numbers stay empty."
    little = ", so it says little here" if samples < LITTLE else ""
    return (f"With {samples:,} samples per side, the attack's chance range (95%) reaches about "
            f"{expected_half_range(samples, samples):.0f} points to either side{little}.")


def _settings(resolved: Resolved) -> dict[str, str]:
    sizes = resolved.sizes
    if sizes.unseen is None:
        shown = {"forget set": f"{sizes.forget:,} samples", "retain set": f"{sizes.retain:,} samples",
                 "validation set": f"{sizes.validation:,} samples", "test set": f"{sizes.test:,} samples"}
    else:  # how many samples a class has is known for sure once the data are loaded
        shown = {"forget set": f"{plain(words.forgotten(resolved.spec))}, about {sizes.forget:,} samples",
                 "retain set": f"about {sizes.retain:,} samples", "validation set": f"{sizes.validation:,} samples",
                 "test set": f"about {sizes.test:,} samples, the class left out",
                 "unseen samples of the class": f"about {sizes.unseen:,}"}
    return shown | {spaced(name): f"{value:.6g}" if isinstance(value, float) else plain(value)
                    for name, value in resolved.effective.items()}


def original(resolved: Resolved) -> bool | None:
    """Whether to train the Original first, asked where there is none; None where that is not allowed yet."""
    checkpoints = manager().checkpoints
    key = original_key(resolved)
    try:
        if checkpoints.find(key):
            return False
    except LabError as error:
        st.error(plain(error))
        return None
    if key.imported:
        st.error(f"The Original {plain(key.imported)!r} has not been imported here for these data, options and "
                 "model: import it on Start.", icon=":material/error:")
        return None
    time = estimates.in_words(estimates.training_span(resolved, checkpoints))
    agreed: Any = st.toggle(f"Train the Original first: {time}", key=f"train.{key.name}",
                            help="There is no trained Original (the model before unlearning) for these data, model, "
                                 "options and seed. It is trained once and kept; if stopped, training can be resumed "
                                 "later.")
    return True if agreed else None
