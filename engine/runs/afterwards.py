"""Attacks that were added or changed after a run had finished: their numbers come from the samples that the run kept.

An attack's code is no part of a run's identity, so none is computed again. ``attack_code`` in a run's metrics names
the code of those attacks whose code is not the first one (:mod:`engine.lineage`). What is measured here is stored with
one's own runs; of recorded ones the process remembers it. The Original's table is not kept, so its value is empty then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import UnknownRun
from engine.evaluation.measured import Metrics
from engine.evaluation.metrics import of_attack, stored_names
from engine.registry import all_of, code, find, live_attacks
from engine.runs.recorded import recorded_samples
from engine.types import Attack, Spec

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.runs.records import Run
    from engine.runs.store import Store

Values = Mapping[str, Any]
_remembered: dict[tuple[str, ...], dict[str, Any]] = {}
UNKEPT = "This attack was added or changed after the run, which kept no table of its samples: run it again."


def lacking(metrics: Values | None, whole: bool = False) -> tuple[Attack, ...]:
    """The attacks on one model that a finished run's metrics lack, or have by another version of their code.

    ``whole``: also those of which an older version measured only some numbers.
    """
    return tuple(attack for attack in live_attacks() if metrics and _lacks(metrics, attack, whole))


def _lacks(metrics: Values, attack: Attack, whole: bool) -> bool:
    names = [metric.name for metric in of_attack(attack)] if whole else [attack.name]
    return not same_code(metrics, attack) or any(name not in metrics for name in names)


def lacks_beside(metrics: Values) -> bool:
    """Whether an attack beside retrained models was added or changed since a run was completed."""
    beside = [attack for attack in all_of("attack") if attack.needs_retrained]
    return bool(metrics.get("retrained")) and not all(same_code(metrics, attack) for attack in beside)


def same_code(metrics: Values, attack: Attack) -> bool:
    """Whether an attack has today the code that these metrics were measured by."""
    codes: dict[str, str] = metrics.get("attack_code") or {}
    return codes.get(attack.name, "") == code("attack", attack.name)


def completed(run: Run, store: Store, whole: bool = False) -> Run:
    """A finished run with the numbers of every attack; as it is where nothing lacks."""
    attacks = lacking(run.metrics or {}, whole) if run.finished else ()
    if not attacks:
        return run
    if run.recorded:
        key = (run.id, *(f"{attack.name} {code('attack', attack.name)}" for attack in attacks))
        if key not in _remembered:
            _remembered[key] = with_attacks(run.metrics or {}, attacks, recorded_samples(run.id), run.spec)
        return replace(run, metrics=Metrics(_remembered[key]))
    samples = store.load_samples(run.id)
    metrics = with_attacks(run.metrics or {}, attacks, samples, run.spec)
    if samples is not None:
        metrics = metrics | {"retrained": _retrained(run, metrics, attacks, store)}
        store.amend(run.id, metrics=metrics)
    return replace(run, metrics=Metrics(metrics))


def with_attacks(metrics: Values, attacks: Sequence[Attack], samples: DataFrame | None,
                 spec: Spec) -> dict[str, Any]:
    """The metrics with these attacks' numbers from a per-sample table, or with the reason where there is none."""
    found = dict(metrics)
    for attack in attacks:
        values, band, reason = _measured(attack, samples, spec)
        bands, names = found.get("null_band") or {}, stored_names(attack)
        if same_code(metrics, attack):  # what is there stays
            values |= {name: found[name] for name in names if name in found}
            band = bands.get(attack.name, band)
        else:  # the Original's table is not kept: its numbers are of the attack as it was
            found["original"] = {name: value for name, value in (found.get("original") or {}).items()
                                 if name not in names}
        found |= values | {"null_band": {**bands, attack.name: band}}
        missing = {name: why for name, why in (found.get("missing") or {}).items() if name not in names}
        empty = [metric.name for metric in of_attack(attack) if found.get(metric.name) is None]
        found["missing"] = missing | (dict.fromkeys(empty, reason) if reason else {})
        codes = {**(found.get("attack_code") or {}), attack.name: code("attack", attack.name)}
        found["attack_code"] = {name: made_by for name, made_by in codes.items() if made_by}
    return found if found["attack_code"] else {name: found[name] for name in found if name != "attack_code"}


def _measured(attack: Attack, samples: DataFrame | None,
              spec: Spec) -> tuple[dict[str, Any], tuple[float, float] | None, str | None]:
    """All that an attack comes to on the kept samples, its null band, and why there is none."""
    from engine.attacks._attacker import FEWEST
    from engine.attacks._shuffles import shuffled_by
    from engine.evaluation.measure import null_band, of_scores, scores
    from engine.evaluation.phi import NOT_KEPT

    if samples is None or not set(attack.needs) <= set(samples.columns):
        return of_scores(attack, None, None), None, NOT_KEPT if samples is not None else UNKEPT
    scenario = find("scenario", spec.scenario)
    compared = scenario.compared_with if scenario else "test"
    sides = [samples[samples["set"] == name] for name in ("forget", compared)]
    if min(map(len, sides)) < FEWEST:
        return of_scores(attack, None, None), None, f"It needs at least {FEWEST} samples per side."
    mine, theirs = (scores(attack, {name: side[name].to_numpy() for name in attack.needs}, len(side)) for side in sides)
    with shuffled_by(spec.evaluation_seed):
        return of_scores(attack, mine, theirs), null_band(attack, mine, theirs, seed=spec.seeds.evaluation), None


def _retrained(run: Run, metrics: Values, attacks: Sequence[Attack], store: Store) -> dict[str, Any] | None:
    """The retrained model's metrics with these attacks' numbers, from its own run where that is there."""
    known: dict[str, Any] | None = metrics.get("retrained")
    if not known:
        return known
    names = {name for attack in attacks for name in stored_names(attack)}
    if known["run_id"] == run.id:
        theirs: Values = metrics
    else:
        try:
            theirs = completed(store.get(known["run_id"]), store).metrics or {}
        except UnknownRun:
            return known
    return known | {name: theirs[name] for name in names if name in theirs}
