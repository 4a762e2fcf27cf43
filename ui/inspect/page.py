"""The page: which run, which of its models, which attack; then the seat, who is caught by what, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import LabError
from engine.registry import KINDS, all_of, get
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.runs.remembered import Latest
from engine.studies.memorised import memorised_of
from engine.system.same import Same
from ui.common import address as link
from ui.common import glossary, take_away, words
from ui.common.allowed import starts
from ui.common.queueing import queue
from ui.common.said import plain
from ui.common.state import Slot
from ui.common.take_away import Export
from ui.frame import shell
from ui.inspect import caught, payload, report
from ui.inspect.form import FORM, REFUSED, RUN, SCORE, SECOND, VIEW, WHEN, Seen, When
from ui.inspect.seat import seat

if TYPE_CHECKING:
    from engine.evaluation.roc import Sides
    from engine.runs.excerpt import Excerpt
    from engine.runs.exposure import Exposure
    from engine.types import Attack

NONE = "no second run"
TERMS = ("loss", "nats", "entropy", "RMIA", "ROC area", "chance range", "forget set", "false alarms", "retrained")
SHOWN = Slot("exposed.samples", False)
FAILED: Slot[dict[str, str]] = Slot("exposed.failed", {})
TITLES: Latest[Mapping[str, str]] = Latest(2)
READ: Slot[dict[str, Exposure]] = Slot("exposed.read", {})  # by run id, with what the Original said


def show() -> None:
    """The page below its title."""
    from engine.runs.exposure import exposed_runs

    FORM.restore()
    runs = {run.id: run for run in exposed_runs(manager().store)}
    link.warn(FORM.problems())
    run = _chosen(runs)
    if run is None:
        return
    exposure = _exposure(run)
    attack, when, second = _controls(exposure, runs)
    seen = Seen(run.id, when, attack.name, second.id if second else "")
    FORM.mirror(seen)
    ready = _ready(exposure, when)
    sides, data = _seat(exposure, ready, attack, second)
    _left_out(exposure, ready)
    glossary.line(TERMS)
    _show_them(exposure)
    caught.show(exposure, ready)
    take_away.show("exposed", f"exposed-{run.id}", [
        Export(take_away.REPORT, "html", "text/html", lambda: report.write(exposure, ready, attack, data),
               "Opens anywhere, also without a network: the humps with their line, the rates, who is caught, settings "
               "and the commands.")], "The line moves in the file, too.", FORM.write(seen))
    _load(exposure, when, sides)


def _chosen(runs: dict[str, Run]) -> Run | None:
    """The run that the page is about, chosen among those that keep a table; a sentence where the link names another."""
    from engine.runs.exposure import default_run

    asked = RUN.get()
    if asked and asked not in runs:
        REFUSED.put(asked)
    if REFUSED.get():  # until another run is chosen: the button beside the sentence needs a second look at the page
        _without_table(REFUSED.get())
    usual = default_run(list(runs.values()))
    if usual is None:
        st.info("No finished run keeps a table of its samples yet. Start one on the page **Unlearn**.",
                icon=":material/info:")
        return None
    if asked not in runs:
        RUN.put(usual.id)
    chosen: str = st.selectbox("Run", list(runs), key=RUN.key, on_change=lambda: REFUSED.put(""),
                               format_func=_titles(runs).__getitem__,
                               label_visibility="collapsed")
    return runs[chosen]


def _titles(runs: Mapping[str, Run]) -> Mapping[str, str]:
    """What the runs are called in lists, by id; worked out once for all sessions, since there may be thousands."""
    known = Same(record for kind in KINDS for record in all_of(kind))
    return TITLES.get("", (Same(runs.values()), known), lambda: {
        run.id: f"{words.run_title(run)} · {'recorded' if run.recorded else words.when(run.created)[:16]}"
        for run in runs.values()})


def _without_table(run_id: str) -> None:
    """Why the run of a link cannot be shown, and the way to one that can; another run is shown below."""
    from engine.runs import library
    from engine.runs.exposure import gather

    jobs = manager()
    try:
        run = library.get(run_id, jobs.store).run
    except LabError as error:
        st.warning(f"{plain(error)} Another run is shown.", icon=":material/search_off:")
        return
    try:
        gather(run, jobs.store)
    except LabError as error:
        st.warning(f"**{plain(words.run_title(run))}**: {plain(error)} Until then, another run is shown.",
                   icon=":material/table_rows:")
    if run.has_ended and st.button("Run again", icon=":material/replay:", key="exposed.again",
                                   **starts()):
        st.switch_page(shell.UNLEARN, query_params={"run": queue(run.resolved().spec, of=run.id)})


def _exposure(run: Run) -> Exposure:
    from engine.runs.exposure import gather

    return READ.get().get(run.id) or gather(run, manager().store)


def _ready(exposure: Exposure, when: When) -> When:
    """The model that can be shown at once; what the Original said is loaded after the rest of the page."""
    return when if when in exposure.views else "now"


def _controls(exposure: Exposure, runs: dict[str, Run]) -> tuple[Attack, When, Run | None]:
    """Which model, which attack and which second run."""
    from engine.runs.exposure import possible

    model, score, other = st.columns([3, 4, 4], vertical_alignment="bottom")
    views = [name for name in WHEN if name == "before" or name in exposure.views]
    if VIEW.get() not in views:
        VIEW.put("now")
    when: When = model.segmented_control("Model", views, key=VIEW.key, format_func=WHEN.__getitem__, required=True,
                                         help=plain(" ".join(exposure.missing.values())) or None) or "now"
    attacks = {attack.name: attack for attack in possible(exposure, _ready(exposure, when))}
    if SCORE.get() not in attacks:
        SCORE.put(next(iter(attacks)))
    chosen: str = score.segmented_control("What the attacker sees", list(attacks), key=SCORE.key, required=True,
                                          format_func=lambda name: _named(attacks[name])) or SCORE.get()
    alike = [run_id for run_id, run in runs.items() if run.spec.dataset == exposure.run.spec.dataset
             and run.spec.scenario == exposure.run.spec.scenario and run_id != exposure.run.id]
    if SECOND.get() not in alike:
        SECOND.put("")
    titles = _titles(runs)
    second = other.selectbox("Beside", ["", *alike], key=SECOND.key,
                             format_func=lambda run_id: titles[run_id] if run_id else NONE)
    return attacks[chosen], when, runs.get(second)


def _left_out(exposure: Exposure, when: When) -> None:
    """Why an attack has no button on this model."""
    from engine.runs.exposure import impossible

    said = [f"{_named(get('attack', name))} has no button here. {plain(why)}"
            for name, why in impossible(exposure, when).items()]
    if said:
        st.caption(" ".join(said))


def _named(attack: Attack) -> str:
    """``Loss attack``; abbreviations stay as they are."""
    return attack.label.capitalize() if attack.short else attack.label


def _seat(exposure: Exposure, when: When, attack: Attack,
          second: Run | None) -> tuple[Sides, dict[str, Any]]:
    """The component, with the samples where they have been loaded; returns the scores and what it draws."""
    from engine.runs.afterwards import completed
    from engine.runs.exposure import sides
    from engine.studies.attacker import take

    mine, beside = sides(exposure, when, attack), _beside(second, attack)
    found = take(mine, attack, beside)
    key = f"{exposure.run.id}|{when}|{attack.name}|{second.id if second else ''}"
    pair = (words.title_of("method", second.spec.method), beside) if second and beside else None
    counts = payload.counting(completed(exposure.run, manager().store, whole=True).metrics, when, attack)
    data = payload.seat(key, found, mine, attack, words.never_seen(exposure.run.spec), pair,
                        _gallery(exposure, when, mine, found.axis.logarithmic), counts)
    seat(data, "seat")
    return mine, data


def _beside(second: Run | None, attack: Attack) -> Sides | None:
    """The second run's scores; None without one, or where this attack cannot be carried out on it."""
    from engine.runs.exposure import gather, sides

    if second is None:
        return None
    try:
        return sides(gather(second, manager().store), "now", attack)
    except LabError as error:
        st.caption(f"The second run is left out: {plain(error)}")
        return None


def _gallery(exposure: Exposure, when: When, sides: Sides, logarithmic: bool) -> dict[str, Any] | None:
    """The samples to show: of the loaded data where they have been read, else of the excerpt that ships."""
    few, read = _excerpt(exposure), exposure.run.id in READ.get()
    if not SHOWN.get() or not (few or read):
        return None
    from engine.runs import gallery
    from engine.runs.sources import loaded

    positions: dict[gallery.Side, Any] = {"forget": -sides.members, "unseen": -sides.nonmembers}
    can = gallery.at_hand(exposure, when, few) if few else {}
    rows = {side: gallery.picked(places, can.get(side)) for side, places in positions.items()}
    found = gallery.show(exposure, when, rows, few or loaded(exposure.run, manager().checkpoints))
    memorised = memorised_of(exposure.run, manager().checkpoints)
    return {side: payload.tiles(found[side], places, logarithmic, memorised if side == "forget" else None)
            for side, places in positions.items()}


def _show_them(exposure: Exposure) -> None:
    """The switch for the samples themselves, and how many of them ship where the data are not loaded."""
    few, run = _excerpt(exposure), exposure.run
    st.toggle("Show those caught and those wrongly accused", key=SHOWN.key, **SHOWN.given("value"),
              help="Pictures or texts." if few else "Pictures or texts. Loads the data.")
    if few and SHOWN.get():
        st.caption(f"{len(few.numbers(run, 'forget')):,} of {few.total(run, 'forget'):,} forget and "
                   f"{len(few.numbers(run, 'test')):,} of {few.total(run, 'test'):,} test samples ship with the app; "
                   "of the others the number is shown.")


def _excerpt(exposure: Exposure) -> Excerpt | None:
    """The samples of the run that ship, where its data have not been read."""
    from engine.runs.excerpt import excerpt_of
    from engine.runs.sources import embedded

    run = exposure.run
    return None if run.id in READ.get() or embedded(run) else excerpt_of(run)


def _load(exposure: Exposure, when: str, sides: Sides) -> None:
    """What needs the data comes after everything else: what the Original said, and the samples themselves."""
    from engine.runs.exposure import before

    run_id = exposure.run.id
    wanted = (when == "before" and when not in exposure.views) or (SHOWN.get() and _excerpt(exposure) is None)
    if not wanted or run_id in READ.get():
        return
    if why := FAILED.get().get(run_id):
        st.info(plain(why), icon=":material/info:")
        return
    with st.spinner("Loading the data and what the Original said …"):
        try:
            read = before(exposure, manager().checkpoints)
        except LabError as error:
            from engine.runs.reasons import reason_of

            FAILED.put(FAILED.get() | {run_id: f"{reason_of(error)} The line and the numbers need no data."})
        else:
            READ.put({run_id: read})
    st.rerun()
