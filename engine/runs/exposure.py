"""How exposed the forget samples of a finished run are: what its attacker sees, before, now and after retraining.

The tables that finished runs keep are all it needs. What the Original said is not kept with a run: :func:`before` reads
it, which loads the data; every other view comes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.errors import BadInput
from engine.evaluation.measure import scores
from engine.evaluation.phi import NOT_KEPT
from engine.evaluation.retrained import Beside, nonmember_set, references_of
from engine.evaluation.roc import Sides
from engine.registry import all_of
from engine.runs import library
from engine.runs.nearest import nearest
from engine.runs.recorded import with_recorded_samples
from engine.runs.records import Run
from engine.runs.references import ALIKE, is_reference, shadow_samples
from engine.runs.remembered import Latest
from engine.system.same import Same
from engine.types import Attack, Spec
from engine.validity import COLUMNS

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.evaluation.readout import Readout
    from engine.originals.checkpoints import Checkpoints
    from engine.runs.store import Store

_exposed: Latest[list[Run]] = Latest(4)
When = Literal["before", "now", "retrained"]
RECORDED_WITHOUT = ("This recorded run ships without a table of its samples, to stay small: run it again to get one.")
OWN_WITHOUT = "This run has no table of its samples, so nobody can be told apart: run it again to get one."
NO_RETRAINED = ("Nobody has retrained a model on this split yet: run Retraining with the same forget set, seed and "
                "profile.")


@dataclass(frozen=True)
class View:
    """One model's table rows of both sides: ``forget`` and the ``unseen`` samples that an attacker compares with.

    ``population`` are the rows of the validation set, empty where they were not kept; ``run_id`` is whose they are.
    """

    forget: DataFrame
    unseen: DataFrame
    population: DataFrame
    run_id: str


@dataclass(frozen=True)
class Exposure:
    """What an attacker has to work with: views by ``now``, ``retrained`` and, once it has been read, ``before``.

    ``references`` are the tables of models retrained on these data, ``shadows`` those of the run's own split,
    ``missing`` has the reason where one is not there.
    """

    run: Run
    nonmembers: str
    views: Mapping[When, View]
    references: tuple[DataFrame, ...] = ()
    shadows: tuple[DataFrame, ...] = ()
    missing: Mapping[When, str] = field(default_factory=dict)


def gather(run: Run, store: Store) -> Exposure:
    """The exposure of a finished run, its own or a recorded one. Raises BadInput where it keeps no table."""
    if not run.finished:
        raise BadInput(f"Run {run.id} is {run.status}: only a finished run has a table of its samples.")
    samples = library.samples(run, store)
    if samples is None:
        raise BadInput(RECORDED_WITHOUT if run.recorded else OWN_WITHOUT)
    unseen = nonmember_set(run.spec)
    views: dict[When, View] = {"now": _view(samples, unseen, run.id)}
    missing: dict[When, str] = {}
    retrainings = _retrainings(run, store)
    reference = next((one for one in retrainings if one.split == run.split), None)
    table = library.samples(reference, store) if reference else None
    if is_reference(run):
        missing["retrained"] = "This run is the retrained model."
    elif table is None or reference is None:
        missing["retrained"] = " ".join(filter(None, [NO_RETRAINED, nearest(run, library.retrainings(store))]))
    else:
        views["retrained"] = _view(table, unseen, reference.id)
    return Exposure(run, unseen, views, tuple(_tables(run, samples, retrainings, store)),
                    tuple(shadow_samples(store, run)), missing)


def before(exposure: Exposure, checkpoints: Checkpoints) -> Exposure:
    """The same with what the Original said of these samples; loads the data and the Original.

    Raises BadInput or another LabError where either is not here or not the run's.
    """
    from engine.runs.sources import own_bench  # torch, which nothing else here needs

    bench, now = own_bench(exposure.run, checkpoints), exposure.views["now"]
    rows = View(_said(now.forget, bench.readouts["train"]), _said(now.unseen, bench.readouts["heldout"]),
                _said(now.population, bench.readouts["heldout"]), exposure.run.id)
    return replace(exposure, views={"before": rows, **exposure.views})


def sides(exposure: Exposure, when: When, attack: Attack) -> Sides:
    """Both sides' scores of an attack on one model. Raises BadInput with the reason where it cannot be carried out."""
    if why := why_not(exposure, when, attack):
        raise BadInput(why)
    view = exposure.views[when]
    found = [_scores(attack, rows, view, exposure) for rows in (view.forget, view.unseen)]
    if not all(np.isfinite(side).all() for side in found):
        raise BadInput(f"The {attack.label} has no score for some of these samples.")
    return Sides(*found)


def why_not(exposure: Exposure, when: When, attack: Attack) -> str | None:
    """Why an attack cannot be carried out on one of the models, in a sentence; None where it can."""
    view = exposure.views[when]
    if not attack.needs_retrained:
        lacking = [name for name in attack.needs if name not in view.forget]
        if "phi" in lacking:
            return NOT_KEPT
        return f"The table has no column {', '.join(lacking)}." if lacking else None
    if when != "now":
        return "It is measured on the unlearned model only."
    if "ensemble" in attack.needs:
        return "It compares with models that never had these samples, not with unseen ones: see the run's numbers."
    if why := Beside(exposure.references, exposure.shadows).too_few(attack):
        return why
    if "population" not in attack.needs:
        return None
    if view.population.empty:
        return "It needs the losses of the validation set, which this run did not keep."
    if not references_of(view.population, list(exposure.references)):
        return "It needs a model retrained on these data: run Retraining with the same forget set."
    return None


def possible(exposure: Exposure, when: When) -> list[Attack]:
    """The attacks that can be carried out on one of the models and have a score for every sample."""
    refused = impossible(exposure, when)
    return [attack for attack in all_of("attack") if attack.name not in refused]


def impossible(exposure: Exposure, when: When) -> dict[str, str]:
    """Why an attack cannot be carried out on one of the models, by the names of those that cannot."""
    found = {}
    for attack in all_of("attack"):
        try:
            sides(exposure, when, attack)
        except BadInput as error:
            found[attack.name] = str(error)
    return found


def exposed_runs(store: Store) -> list[Run]:
    """The finished runs that keep a table, one's own before recorded ones, the newest first."""
    own, shipped, runs = store.with_samples(), with_recorded_samples(), library.all_runs(store)

    def make() -> list[Run]:
        found = [run for run in runs if run.finished and run.id in (shipped if run.recorded else own)]
        return sorted(found, key=lambda run: (run.recorded, -(run.created or 0.0)))

    return [*_exposed.get(store.url, (Same(runs), own, shipped), make)]


def default_run(runs: list[Run]) -> Run | None:
    """The run to open where none is named: one's own newest that is no retraining, else a recorded one.

    Of recorded ones it is the default method's with the largest forget set, where a leak is seen best.
    """
    own = (run for run in runs if not run.recorded and not is_reference(run))
    shipped = sorted((run for run in runs if run.recorded and run.spec.method == Spec().method),
                     key=lambda run: (-(run.spec.forget_fraction or 0.0), run.spec.seed))
    return next(own, next(iter(shipped or runs), None))


def _view(samples: DataFrame, unseen: str, run_id: str) -> View:
    def rows(name: str) -> DataFrame:
        return samples[samples["set"] == name].reset_index(drop=True)

    return View(rows("forget"), rows(unseen), rows("validation"), run_id)


def _said(rows: DataFrame, said: Readout) -> DataFrame:
    """The rows with what a read-out of their pool says of them."""
    index = rows["sample"].to_numpy()
    return rows.assign(**{name: values.numpy()[index] for name, values in vars(said).items() if values is not None})


def _scores(attack: Attack, rows: DataFrame, view: View, exposure: Exposure) -> np.ndarray:
    columns: dict[str, Any] = {name: rows[name].to_numpy() for name in COLUMNS if name in rows}
    if attack.needs_retrained:
        usable = references_of(view.population, list(exposure.references))
        columns |= {"samples": rows, "population": view.population, "retrained": usable,
                    "shadows": exposure.shadows}
    return scores(attack, columns, len(rows))


def _retrainings(run: Run, store: Store) -> list[Run]:
    """The finished retrainings on the same kind of data, the newest first, one's own before recorded ones."""
    found = [other for other in exposed_runs(store) if other.data == run.data and is_reference(other)
             and all(getattr(run.spec, name) == getattr(other.spec, name) for name in ALIKE)]
    return found if run.data else []


def _tables(run: Run, samples: DataFrame, retrainings: list[Run], store: Store) -> list[DataFrame]:
    """The tables of the newest retraining of each split; a retraining is its own reference, alone."""
    if is_reference(run):
        return [samples]
    own = [other for other in retrainings if not other.recorded]  # as a run's own numbers take them
    newest = {other.split: other for other in reversed(own or retrainings)}
    tables = [library.samples(other, store) for other in newest.values()]
    return [table for table in tables if table is not None]
