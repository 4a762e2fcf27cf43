"""Runs as one portable file: written whole or not at all, taken over whole or not at all.

The format, with its reader, is in ``engine.runs.archive.format``; what of a run travels, in
``engine.runs.archive.columns``.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import sample_lists
from engine.errors import BadArchive, BadInput, LabError
from engine.runs.archive import declarations
from engine.runs.archive.columns import portable, same_run, unusable
from engine.runs.archive.format import (
    ATTACKED,
    EVENTS,
    FORMAT,
    MANIFEST,
    RUNS,
    SUFFIX,
    VERSION,
    Archive,
    list_name,
    samples_name,
    weights_name,
)
from engine.runs.archive.tables import LATER, events_schema, samples_schema
from engine.runs.records import Run
from engine.runs.store import Store
from engine.selection import lists_of
from engine.system.files import to_json, write_whole

if TYPE_CHECKING:
    import pyarrow

SAMPLES = ("attacked", "all", "none")
MANY, QUICK, SMALL = 200, 3, 15  # above so many runs, tables are compressed quickly rather than small (zstd's levels)
OnProgress = Callable[[dict[str, Any]], None]
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
log = logging.getLogger(__name__)


def silent(_progress: dict[str, Any]) -> None:
    """Nobody is interested in how far it is."""


def read_archive(path: Path | str) -> Archive:
    """An archive with its manifest and runs (``.manifest``, ``.runs``, ``.events(id)``, ``.samples(id)``).

    Only manifest and runs are read and checked here; ``.verify()`` reads everything. Raises BadArchive.
    """
    return Archive(path)


# --- writing --------------------------------------------------------------------------------


def export_runs(path: Path | str, run_ids: Iterable[str], store: Store, samples: str = "attacked",
                force: bool = False, weights: bool = False, on_progress: OnProgress = silent) -> dict[str, Any]:
    """Writes ended runs into one file, whole or not at all; an existing file is replaced with ``force`` only.

    ``samples``: per-sample losses of the sets that are ``attacked`` (forget, test, unseen, validation), of
    ``all`` sets, or ``none``; ``weights``: what runs that kept them ended with; ``on_progress`` is called with the
    stage and the fraction done. Returns path, bytes, runs (ids),
    with_samples and, where asked for, with_weights (how many have them). Raises BadInput, UnknownRun, or LabError
    where the disk is full.
    """
    path, ids = Path(path), list(dict.fromkeys(run_ids))
    _check_target(path, samples, force)
    runs = _ended(ids, store)
    members: set[str] = set()
    try:
        write_whole(path, lambda temporary: members.update(_write(temporary, runs, store, samples, weights,
                                                                  on_progress)))
    except OSError as error:
        kind = LabError if error.errno in FULL else BadInput
        raise kind(f"The archive {path} could not be written ({error.strerror or error}): no partial "
                   "file was left behind.") from error
    counts = {"with_samples": samples_name} | ({"with_weights": weights_name} if weights else {})
    return {"path": str(path), "bytes": path.stat().st_size, "runs": ids,
            **{what: sum(name(run_id) in members for run_id in ids) for what, name in counts.items()}}


def _ended(ids: list[str], store: Store) -> list[Run]:
    if not ids:
        raise BadInput("There is no run to export: choose at least one.")
    found = {run.id: run for run in store.list()} if len(ids) > 1 else {}
    runs = [found.get(run_id) or store.get(run_id) for run_id in ids]
    for run in runs:
        if not run.has_ended:
            raise BadInput(f"Run {run.id} is {run.status}: only runs that have ended can be exported.")
    return runs


def _write(path: Path, runs: list[Run], store: Store, samples: str, weights: bool,
           on_progress: OnProgress) -> Iterable[str]:
    """Writes the zip, a member at a time; returns their names. Its version is the first one that can read it."""
    version = 1
    members: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:

        def add(name: str, content: bytes) -> None:
            members[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            archive.writestr(_dateless(name), content)

        add(RUNS, to_json([portable(run) for run in runs]).encode())
        on_progress({"stage": "Writing the courses", "fraction": 0.0})
        add(EVENTS, _events_bytes(store, [run.id for run in runs]))
        for number, run in enumerate(runs if samples != "none" else ()):
            on_progress({"stage": "Writing the samples", "fraction": number / len(runs)})
            if (table := _samples_table(run.id, store, samples)) is not None:
                add(samples_name(run.id), _samples_bytes(table, QUICK if len(runs) > MANY else SMALL))
                version = 2 if "phi" in table.column_names else version
        for run in runs if weights else ():
            if store.weights_bytes(run.id) is not None:
                add(weights_name(run.id), store.weights_path(run.id).read_bytes())
                version = 2
        for name in sorted({name for run in runs for name in lists_of(run.spec)}):
            if sample_lists.path_of(name).is_file():
                add(list_name(name), to_json(sample_lists.load(name)).encode())
                version = 3
        for name, text in declarations.portable(run.spec.dataset for run in runs).items():
            add(declarations.member(name), text.encode())
            version = VERSION
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        archive.writestr(_dateless(MANIFEST), to_json({
            "format": FORMAT, "version": version, "created": created, "runs": len(runs), "members": members}))
    return members


def _check_target(path: Path, samples: str, force: bool) -> None:
    if samples not in SAMPLES:
        raise BadInput(f"samples is {samples!r}, but must be one of {', '.join(SAMPLES)}.")
    if path.suffix != SUFFIX:
        raise BadInput(f"The archive's name {path.name!r} must end in {SUFFIX}.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder: name a file that ends in {SUFFIX}.")
    if not path.parent.exists():
        raise BadInput(f"The folder {path.parent} does not exist, so {path.name} cannot be written there: make it "
                       "first, or name a file in a folder that exists.")
    if path.exists() and not force:
        raise BadInput(f"{path} exists already: choose another name, or replace it with --force.")


def _dateless(name: str) -> zipfile.ZipInfo:
    """A member that says nothing of when or by whom it was written; the manifest has the date."""
    info = zipfile.ZipInfo(name)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return info


def _events_bytes(store: Store, ids: list[str]) -> bytes:
    import pyarrow as pa

    rows = [{"run": run_id, "seq": seq, "payload": payload} for run_id, seq, payload in store.payloads(ids)]
    return _parquet(pa.Table.from_pylist(rows, events_schema()), use_dictionary=["run"], write_statistics=False)


def _samples_table(run_id: str, store: Store, samples: str) -> pyarrow.Table | None:
    """The table of a run's samples, None where it kept none."""
    import pyarrow as pa

    try:
        table = store.samples_table(run_id)
        return table and _portable(table, samples)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise BadInput(f"The per-sample table of run {run_id} cannot be read ({type(error).__name__}): export it "
                       "without samples, --samples none.") from error


def _portable(table: pyarrow.Table, samples: str) -> pyarrow.Table:
    """The sets of a table that travel, in the columns of an archive; without pandas, for thousands are written."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if samples != "all":
        table = table.filter(pc.is_in(table["set"].cast(pa.string()), pa.array(ATTACKED)))
    whole = [name in table.column_names and not _gaps(table[name]) for name in LATER]
    schema = samples_schema([*whole, False].index(False))
    columns = [pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(column.type) else column
               for column in map(table.column, schema.names)]
    return pa.table(columns, names=schema.names).cast(schema)


def _gaps(column: pyarrow.ChunkedArray) -> bool:
    """Whether a column lacks values, as null or as NaN."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.is_null(column, nan_is_null=True)).as_py())


def _samples_bytes(table: pyarrow.Table, level: int = SMALL) -> bytes:
    """The parquet file of such a table. Bytes split by their place halve what floats take."""
    floats = [name for name in ("loss", "entropy", "phi") if name in table.column_names]
    return _parquet(table, level, use_dictionary=["set"], column_encoding={
        "sample": "DELTA_BINARY_PACKED", **dict.fromkeys(floats, "BYTE_STREAM_SPLIT")})


def _parquet(table: pyarrow.Table, level: int = SMALL, **options: Any) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=level, **options)
    return buffer.getvalue()


# --- taking over ----------------------------------------------------------------------------


def import_runs(path: Path | str, store: Store) -> dict[str, Any]:
    """Takes the runs of an archive into the store, all that are new or, where anything is wrong, none.

    Returns {"imported": ids, "already_there": ids, "skipped": {id: reason}}, and where own data sets came with them
    "datasets": {name: sentence}. Skipped are runs that have not ended
    and those of methods or data that this version does not know. Imported runs keep their device, times and
    metrics and are marked by the column ``imported``. Raises BadArchive, or StoreUnavailable on a full disk.
    """
    archive = read_archive(path)
    archive.verify()
    declared = archive.declarations()
    came = declarations.places(declared)
    lists = {sample_lists.path_of(name): numbers for name, numbers in archive.lists().items()}
    try:
        with store.noted([str(record["id"]) for record in archive.runs], [
                *came.values(), *(path for path in lists if not path.is_file())]):
            for numbers in lists.values():
                sample_lists.keep(numbers)  # by its content, so that it harms nobody where the import is refused
            declarations.adopt(declared, came)
            done = _taken(archive, store)
    except BaseException:
        declarations.take_back(came.values())
        raise
    return done | ({"datasets": {name: declarations.said(name, place) for name, place in came.items()}} if came else {})


def _taken(archive: Archive, store: Store) -> dict[str, Any]:
    """The runs of a verified archive, whose data sets are known by now, into the store."""
    own = {run.id: run for run in store.list()}
    new, there, skipped = [], [], {}
    for record in archive.runs:
        if reason := unusable(record):
            skipped[record["id"]] = reason
        elif record["id"] not in own:
            new.append(record)
        elif same_run(portable(own[record["id"]]), record):
            there.append(record["id"])
        else:
            raise BadArchive(f"Run {record['id']} of {archive.path.name} is in the store already, with other content: "
                             "nothing was imported. Delete it there first, or export the others alone.")
    store.adopt((record, archive.events(record["id"]), archive.samples(record["id"]), archive.weights(record["id"]))
                for record in new)
    _complete(store, {record["split"] for record in new})
    return {"imported": [record["id"] for record in new], "already_there": there, "skipped": skipped}


def _complete(store: Store, splits: set[str]) -> None:
    """Runs that were waiting for a retrained model that has now come, or the other way round, are completed."""
    finished = [run for run in store.list(status=("finished",)) if run.metrics and (
        run.split in splits or run.reference_split in splits)]
    retrained = {(run.split, run.data) for run in finished if run.is_reference}
    for run in finished:
        if (run.reference_split, run.data) in retrained and run.metrics and run.metrics.retrained is None:
            from engine.runs.references import complete  # it imports torch

            try:
                complete(store, run)
            except (KeyError, TypeError, ValueError) as error:  # metrics of an older version
                log.warning("run %s could not be compared with its retrained model: %r", run.id, error)
