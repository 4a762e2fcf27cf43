"""Writes an excerpt: a few samples of the recorded runs of a data set, to be shown where the data are not at hand.

The samples of a split, which all runs on it share:

- of the forget set, those that the runs' stories choose (:mod:`engine.runs.stories`), five a run, then the 36 whose
  loss is least, run after run, which an attacker catches first, and others, run after run, spread evenly by how much
  their loss rose, until there are 150;
- of the test set, 18 whose loss is least, others spread evenly by the Original's loss, 50 in all, and on top the ones
  most like a story's sample (its twin).

A run whose data, Original or forget set are not those at hand is refused. Where a recorded run ships without a
per-sample table, the table of one's own run is used that has the same identity and the same numbers to the last digit.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from engine.data.splits import split
from engine.errors import BadInput
from engine.evaluation.metrics import headlines
from engine.registry import get
from engine.runs import library
from engine.runs.excerpt import FORMAT, LISTS, MANIFEST, POOL, SAID, SPRITE, SUFFIX, VERSION, sprite_of
from engine.runs.recorded import recorded_runs, recorded_samples
from engine.runs.records import Run
from engine.runs.sources import Loaded, Pool, loaded
from engine.runs.stories import stories
from engine.system.files import parquet_of, write_whole
from engine.system.shown import is_picture

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.originals.checkpoints import Checkpoints
    from engine.runs.store import Store

FORGET, TEST = 150, 50  # samples a split, stories among them and twins on top
SUREST = {"forget": 36, "test": 18}  # of them, those whose loss is least
QUALITY, SMALL = 90, 16  # of WebP; pictures of fewer pixels a side are kept without loss
ACCURACIES = ("retain_accuracy", "forget_accuracy", "test_accuracy")
RULE = (f"Of a split's forget set, {FORGET}: those that the stories of its runs choose, {SUREST['forget']} whose loss "
        "is least, and others spread evenly by how much their loss rose. Of its test set, "
        f"{TEST}: {SUREST['test']} whose loss is least, and others spread evenly by the Original's loss; and on top "
        "the ones most like a story's sample (by pixels, or by words).")


@dataclass(frozen=True)
class Told:
    """A recorded run with its per-sample table and the source of its samples; ``own`` where the table does not ship."""

    run: Run
    table: DataFrame
    source: Loaded
    own: bool


def write_excerpt(path: Path, dataset: str, store: Store, checkpoints: Checkpoints,
                  force: bool = False) -> dict[str, Any]:
    """Writes the excerpt of a data set's recorded runs, of the usual model, whole or not at all.

    Returns path, bytes, runs (ids), samples (pictures or texts) and left_out (ids of runs without a table). Raises
    BadInput where no run has one, and as :func:`engine.runs.sources.loaded`.
    """
    if path.suffix != SUFFIX:
        raise BadInput(f"The excerpt's name {path.name!r} must end in {SUFFIX}.")
    if path.exists() and not force:
        raise BadInput(f"{path} exists already: choose another name, or replace it with --force.")
    told, left_out = _told(dataset, store, checkpoints)
    members, about = _members(told)
    write_whole(path, lambda temporary: _write(temporary, members, about))
    return {"path": str(path), "bytes": path.stat().st_size, "runs": [one.run.id for one in told],
            "samples": about["samples"], "left_out": left_out}


def _told(dataset: str, store: Store, checkpoints: Checkpoints) -> tuple[list[Told], list[str]]:
    """The recorded runs that have a table, each checked against the data at hand; and the ids of the others."""
    told, left_out = [], []
    usual = get("dataset", dataset).default_model
    for run in recorded_runs():
        if run.spec.dataset != dataset or not run.finished or run.spec.model not in (None, usual):
            continue
        table = recorded_samples(run.id)
        own = table is None
        table = _table_of_the_same(run, store) if table is None else table
        if table is None:
            left_out.append(run.id)
            continue
        told.append(Told(run, table, _checked(run, table, loaded(run, checkpoints)), own))
    if not told:
        raise BadInput(f"No recorded run on {dataset} has a table of its samples, neither in its archive nor in "
                       f"{store.root}: run them again first.")
    return told, left_out


def _table_of_the_same(run: Run, store: Store) -> DataFrame | None:
    """The table of one's own run that is this one carried out again, with equal numbers."""
    measured = (*ACCURACIES, *(attack.name for attack in headlines()))
    for own in store.list(status=("finished",), fingerprint=run.fingerprint):
        if run.identity and own.identity == run.identity and own.metrics and run.metrics and all(
                own.metrics.get(name) == run.metrics.get(name) for name in measured):
            return library.samples(own, store)
    return None


def _checked(run: Run, table: DataFrame, source: Loaded) -> Loaded:
    """The source, if the run's forget set and what it measured of the Original are what the data at hand give."""
    forget = split(source.bench.data, run.spec).forget.cpu().numpy()
    known = run.metrics.original if run.metrics else None
    accuracy = 100 * float(source.bench.readouts["train"].correct.double().numpy()[forget].mean())
    if not np.array_equal(np.sort(table["sample"][table["set"] == "forget"].to_numpy()), forget):
        raise BadInput(f"The forget set of run {run.id} is not the one of its spec on the data at hand.")
    if not known or abs(known["forget_accuracy"] - accuracy) > 0.1:  # percent: sums differ a little between devices
        raise BadInput(f"The Original gets {accuracy:.2f}% of run {run.id}'s forget set right here, and "
                       f"{known['forget_accuracy'] if known else '–'}% in its record: these are other samples.")
    return source


# --- choosing -------------------------------------------------------------------------------


def spread(ranked: Sequence[Sequence[int]], first: Sequence[int], most: int) -> list[int]:
    """``first``, then numbers at evenly spaced places of each ranking in turn, ``most`` in all or all there are."""
    chosen = dict.fromkeys(first)
    for each in range(1, most + 1):
        for ranking in ranked:
            for place in np.linspace(0, len(ranking) - 1, each).astype(int):
                if len(chosen) >= most:
                    return list(chosen)
                chosen.setdefault(ranking[place])
    return list(chosen)


def surest(tables: Sequence[DataFrame], name: str) -> list[int]:
    """The samples of a set whose loss is least, of each table in turn: those that an attacker catches first."""
    rows = [table[table["set"] == name].sort_values(["loss", "sample"])["sample"].to_list() for table in tables]
    ranked = (int(number) for numbers in zip(*rows, strict=True) for number in numbers)
    return list(itertools.islice(dict.fromkeys(ranked), SUREST[name]))


def _forget(told: Sequence[Told]) -> tuple[list[int], dict[int, int]]:
    """A split's forget samples, and the twins of those that stories choose."""
    best = [story.sample for one in told for story in stories(one.run, one.table, one.source)]
    twins = {number: twin for number in dict.fromkeys(best) if (twin := told[0].source.twin(number)) is not None}
    first = [*best, *surest([one.table for one in told], "forget")]
    return spread([_by_rise(one) for one in told], first, FORGET), twins


def _by_rise(one: Told) -> list[int]:
    rows = one.source.with_before(one.table[one.table["set"] == "forget"])
    order = (rows["loss"] - rows["loss_before"]).to_numpy().argsort(kind="stable")
    return [int(number) for number in rows["sample"].to_numpy()[order]]


def _test(told: Sequence[Told]) -> list[int]:
    numbers = told[0].table["sample"][told[0].table["set"] == "test"].to_numpy()
    losses = told[0].source.bench.readouts["heldout"].loss.numpy()[numbers]
    return spread([[int(number) for number in numbers[losses.argsort(kind="stable")]]],
                  surest([one.table for one in told], "test"), TEST)


# --- writing --------------------------------------------------------------------------------


def _members(told: Sequence[Told]) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The contents of the file, and what its manifest says of them."""
    lists: dict[str, dict[str, list[int]]] = {}
    twins: dict[int, int] = {}
    sizes: dict[str, dict[str, int]] = {}
    for name in dict.fromkeys(str(one.run.split) for one in told):
        mine = [one for one in told if one.run.split == name]
        forget, found = _forget(mine)
        twins |= found
        sizes[name] = {part: int((mine[0].table["set"] == part).sum()) for part in ("forget", "test")}
        lists[name] = {"forget": sorted(forget), "test": sorted(_test(mine))}
    keys = _keys(lists, twins)
    pool = _pool(told[0].source, keys, twins)
    shown = [told[0].source.shown(*key) for key in keys]
    about = {"format": FORMAT, "version": VERSION, "dataset": told[0].run.spec.dataset,
             "credit": get("dataset", told[0].run.spec.dataset).source,
             "data": told[0].source.bench.data.content, "original": told[0].source.bench.original.sha256,
             "rule": RULE, "samples": len(keys), "sizes": sizes, "runs": {one.run.id: one.run.split for one in told}}
    members = {LISTS: parquet_of(_lists(lists, keys))}
    if is_picture(shown[0]):
        tiles = np.stack([one["picture"] for one in shown])
        about["tile"] = list(tiles.shape[1:])
        members[SPRITE] = sprite_of(tiles, QUALITY if tiles.shape[1] >= SMALL else None)
    else:
        pool = pool.assign(text=[one["text"] for one in shown])
    members[POOL] = parquet_of(pool)
    if any(one.own for one in told):
        members[SAID] = parquet_of(_said(told, lists))
    return members, about


def _keys(lists: Mapping[str, Mapping[str, Sequence[int]]], twins: Mapping[int, int]) -> list[tuple[Pool, int]]:
    """Every sample once, by pool and number."""
    train = {number for one in lists.values() for number in one["forget"]}
    heldout = {*(number for one in lists.values() for number in one["test"]), *twins.values()}
    return [*(("train", number) for number in sorted(train)), *(("heldout", number) for number in sorted(heldout))]


def _pool(source: Loaded, keys: Sequence[tuple[Pool, int]], twins: Mapping[int, int]) -> DataFrame:
    row_of = {key: row for row, key in enumerate(keys)}
    rows = []
    for pool, number in keys:
        before = source.bench.readouts[pool]
        assert before.predicted is not None  # the bench reads both pools out with it
        twin = twins.get(number) if pool == "train" else None
        rows.append({"pool": pool, "sample": number, "label": source.label(pool, number),
                     "truth": (source.truth(pool, number) if pool == "train" else None) or "",
                     "before": int(before.predicted[number]), "loss_before": float(before.loss[number]),
                     "right_before": bool(before.correct[number]),
                     "twin": -1 if twin is None else row_of[("heldout", twin)]})
    return pd.DataFrame(rows).astype({"sample": "int32", "before": "int16", "loss_before": "float32", "twin": "int32"})


def _lists(lists: Mapping[str, Mapping[str, Sequence[int]]], keys: Sequence[tuple[Pool, int]]) -> DataFrame:
    row_of = {key: row for row, key in enumerate(keys)}
    pools: dict[str, Pool] = {"forget": "train", "test": "heldout"}
    return pd.DataFrame([{"split": name, "set": part, "row": row_of[(pools[part], number)]}
                         for name, parts in lists.items() for part, numbers in parts.items()
                         for number in numbers]).astype({"row": "int32"})


def _said(told: Sequence[Told], lists: Mapping[str, Mapping[str, Sequence[int]]]) -> DataFrame:
    """The rows of the tables that do not ship."""
    parts = []
    for one in told:
        for name, numbers in lists[str(one.run.split)].items() if one.own else ():
            rows = one.table[(one.table["set"] == name) & one.table["sample"].isin(numbers)]
            parts.append(rows.assign(run=one.run.id))
    return pd.concat(parts, ignore_index=True).astype({"sample": "int32"})


def _write(path: Path, members: Mapping[str, bytes], about: dict[str, Any]) -> None:
    about = about | {"members": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in {MANIFEST: json.dumps(about, indent=1).encode(), **members}.items():
            info = zipfile.ZipInfo(name)  # says nothing of when it was written
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, content)
