"""The gate for runs from outside: what is wrong below a column is named with its place, and nothing of it passes."""

from __future__ import annotations

import copy
import io
import json
import re
import tracemalloc
import zipfile
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.numpy
import sqlalchemy as sa
from archiving import METRICS, finished_run, members, probe, put_together, state

from engine.errors import BadArchive, StoreUnavailable
from engine.runs import gate
from engine.runs.archive import courses, format
from engine.runs.archive.limits import MOST_VALUES, TooLarge, strict_json, unpacked
from engine.runs.archive.tables import is_safetensors, read_table
from engine.runs.archive.transfer import export_runs, import_runs, read_archive
from engine.runs.store import Store
from engine.spec import resolve
from engine.system.shapes import wrong
from engine.types import Spec

SPEC = asdict(resolve(Spec()).spec)
GOOD = {"id": "cafe", "status": "finished", "spec": SPEC, "effective": {"alpha": 0.25}, "metrics": METRICS,
        "created": 1.0, "train_original": 0, "tags": ["a"], "evidence": {"relearning-1": {"name": "relearning"}}}
START = {"kind": "start", "bins": [0.0, 1.0], "counts": {"forget": 1}, "before": probe(0)["reading"], "null_band": {}}


def changed(value, path, new):
    """A copy of a value with another one at a place such as ``metrics.null_band``; ``...`` takes it away."""
    value = copy.deepcopy(value)
    *outer, last = path.split(".")
    inner = value
    for name in outer:
        inner = inner[name]
    if new is ...:
        del inner[last]
    else:
        inner[last] = new
    return value


def test_what_runs_have_passes():
    assert gate.columns(GOOD, gate.COLUMNS) is None
    assert wrong(gate.event, START) is None and wrong(gate.event, probe(1)) is None


@pytest.mark.parametrize("path, value, place, what", [
    ("spec.forget_fraction", "a lot", "spec.forget_fraction", "a share from 0 to 1 or null"),
    ("spec.forget_fraction", float("nan"), "spec.forget_fraction", "a share from 0 to 1 or null"),
    ("spec.seed", ..., "spec", "a specification of a run"),
    ("spec.seed", None, "spec.seed", "a whole number"),
    ("spec.seed", 10**400, "spec.seed", "a whole number"),
    ("spec.parameters", {"alpha": {"deep": 1}}, "spec.parameters.alpha", "a number, a text, true, false or null"),
    ("spec.start", {"seed": -1}, "spec.start.seed", "a whole number"),
    ("created", 1e15, "created", "a time of the years 1970 to 2199, in seconds since 1970"),
    ("created", float("inf"), "created", "a time of the years 1970 to 2199, in seconds since 1970"),
    ("metrics.null_band", None, "metrics.null_band", "an object"),
    ("metrics.null_band", {"mia_loss": [1]}, "metrics.null_band.mia_loss", "a pair of numbers or null"),
    ("metrics.test_accuracy", "80", "metrics.test_accuracy", "a number or null"),
    ("metrics.test_accuracy", float("inf"), "metrics.test_accuracy", "a number or null"),
    ("metrics.original", {"mia_loss": []}, "metrics.original.mia_loss", "a number or null"),
    ("metrics.notes", "x", "metrics.notes", "a list or null"),
    ("metrics.missing", {"tow": "x" * 2001}, "metrics.missing.tow", "a text of at most 2,000 characters"),
    ("effective.alpha", float("nan"), "effective.alpha", "a number, a text, true, false or null"),
    ("evidence", {"relearning-1": 3}, "evidence.relearning-1", "an object"),
    ("reason", "x" * 100_000, "reason", "a text of at most 20,000 characters or null"),
    ("tags", ["\ud800"], "tags", "a list of texts or null"),
    ("id", "../../x", "id", "an id of at most 16 letters and digits"),
])
def test_a_value_that_does_not_fit_is_named_with_its_place(path, value, place, what):
    found = gate.columns(changed(GOOD, path, value), gate.COLUMNS)
    assert (found.place, found.what) == (place, what)


@pytest.mark.parametrize("event, path, value, place", [
    (START, "bins", None, "bins"), (START, "bins", [0.0], "bins"), (START, "before", ..., ""),
    (START, "before.histogram", {"forget": [0.5]}, "before.histogram.forget.0"),
    (START, "null_band", {"mia_loss": [None, 1]}, "null_band.mia_loss.0"),
    (probe(1), "step", -1, "step"), (probe(1), "seconds", "1", "seconds"), (probe(1), "reading", [], "reading"),
    (probe(1), "trace", {"loss": ["x"]}, "trace.loss.0"),
    (probe(1), "reading.accuracy", {"forget": None}, "reading.accuracy.forget")])
def test_events_are_looked_into(event, path, value, place):
    assert wrong(gate.event, changed(event, path, value)).place == place


def test_a_value_nested_for_ever_is_a_sentence():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    found = gate.columns(GOOD | {"evidence": {"a": {"b": deep}}}, gate.COLUMNS)
    assert (found.place, found.what) == ("evidence", "nested less deeply")


# --- archives -------------------------------------------------------------------------------


@pytest.fixture
def refused(store, tmp_path):
    """Imports an archive whose members were changed; the sentence. The store stays as it is."""
    export_runs(tmp_path / "good.zip", [finished_run(store)], store)
    other, good = Store(tmp_path / "elsewhere"), members(tmp_path / "good.zip")

    def refuse(**changes):
        before = state(other)
        with pytest.raises(BadArchive) as caught:
            import_runs(put_together(tmp_path / "bad.zip", good | {
                name.replace("_", "."): data(good[name.replace("_", ".")]) for name, data in changes.items()}), other)
        assert state(other) == before and "\n" not in str(caught.value) and len(str(caught.value)) < 400
        return str(caught.value)

    return refuse


def in_runs(**values):
    return lambda content: json.dumps([json.loads(content)[0] | values]).encode()


def test_an_archive_is_refused_with_file_run_and_field(refused):
    assert refused(runs_json=in_runs(metrics=METRICS | {"null_band": None})) == (
        "bad.zip cannot be used: column 'metrics.null_band' of run 1 is null, but must be an object, in runs.json.")
    assert refused(runs_json=in_runs(metrics=None)) == (
        "bad.zip cannot be used: run 1 has finished, but its column 'metrics' is null, in runs.json.")
    assert refused(runs_json=in_runs(created=1e15)).startswith(
        "bad.zip cannot be used: column 'created' of run 1 is 1000000000000000.0, but must be a time of the years")


def test_an_event_of_an_archive_is_refused_with_its_place(refused):
    def bins(content):
        table = pq.read_table(pa.BufferReader(content))
        rows = table.to_pylist()
        rows[0]["payload"] = json.dumps(START | {"bins": None})
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows, table.schema), sink)
        return sink.getvalue().to_pybytes()

    assert "its member events.parquet has an event 0 of run " in refused(events_parquet=bins)
    assert refused(events_parquet=bins).endswith(
        "whose bins is null, but must be a list of at least two numbers.")


def test_json_is_measured_before_it_is_parsed(refused):
    many = b"[" + b"{}," * (MOST_VALUES // 2) + b"{}]"
    with pytest.raises(TooLarge, match="it holds about 1,500,002 values, but the limit is 1,500,000"):
        strict_json(many)
    with pytest.raises(ValueError, match="too many digits"):
        strict_json("1" * 401)


def repeated(text, times):
    """The events of a run: one text, so many times."""
    def events(content):
        run_id = pq.read_table(pa.BufferReader(content)).column("run")[0].as_py()
        table = pa.table({"run": pa.array([run_id] * times), "seq": pa.array(range(times), pa.int32()),
                          "payload": pa.array([text] * times)})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        return sink.getvalue().to_pybytes()
    return events


def test_a_long_text_said_a_million_times_is_refused(refused, monkeypatch):
    monkeypatch.setattr(courses, "MOST_COURSES", 1_000_000)
    many = repeated(json.dumps({"kind": "x" * 100_000}), 30)
    assert "has events of over 1,000,000 characters in all, or one of over 1,048,576" in refused(events_parquet=many)


def test_the_events_of_one_run_are_measured_together(refused):
    """8 kB of zip held 250 events of a megabyte, which were parsed together: 4.9 GiB."""
    values = repeated(json.dumps({"kind": "x", "a": [[]] * 100_000}), 20)
    assert re.search(r"has 4,000,040 values in the events of run \w+, but the limit is 1,500,000",
                     refused(events_parquet=values))
    characters = repeated(json.dumps({"kind": "x", "a": "y" * 1_000_000}), 40)
    assert re.search(r"has 40,000,\d+ characters in the events of run \w+, but the limit is 33,554,432",
                     refused(events_parquet=characters))


@pytest.mark.parametrize(("place", "column", "said"), [
    ("samples/", "set", "has samples of a set 'xxx"), ("events", "run", "has an event that belongs to no run")])
def test_a_long_name_is_never_written_out(refused, tmp_path, monkeypatch, place, column, said):
    """A file says it once for all of its rows: 22 kB of zip took 5.7 GiB."""
    def named(content):
        table = pq.read_table(pa.BufferReader(content))
        table = pa.concat_tables([table] * 20).slice(0, 40)
        at = table.schema.get_field_index(column)
        table = table.set_column(at, column, pa.array(["x" * 1_000_000] * 40))
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", write_statistics=False, dictionary_pagesize_limit=2**28)
        return sink.getvalue().to_pybytes()

    def read(*about):
        tables.append(read_table(*about))
        return tables[-1]

    tables = []
    monkeypatch.setattr(format, "read_table", read)
    member = next(name for name in members(tmp_path / "good.zip") if name.startswith(place))
    assert said in refused(**{member.replace(".", "_") if place == "events" else member: named})
    assert 1_000_000 < max(table.nbytes for table in tables) < 10_000_000


def test_weights_are_held_once():
    """Reading all at once held a member twice, and the library copied every tensor."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights", safetensors.numpy.save({"w": np.zeros(5_000_000, "float32")}))
    with zipfile.ZipFile(content) as archive:
        tracemalloc.start()
        try:
            assert is_safetensors(unpacked(archive, "weights"))
            assert 20_000_000 < tracemalloc.get_traced_memory()[1] < 25_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("content", [b"", b"12345678", b"\xff" * 100, (2).to_bytes(8, "little") + b"{}x"])
def test_what_is_no_safetensors_file(content):
    assert not is_safetensors(content)


@pytest.mark.parametrize("member", ["manifest.json", "runs.json"])
def test_a_member_is_measured_before_it_is_unpacked(store, tmp_path, member):
    export_runs(tmp_path / "good.zip", [finished_run(store)], store)
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in members(tmp_path / "good.zip").items():
            archive.writestr(name, b"{}," * (22 * 2**20) if name == member else data)
    with pytest.raises(BadArchive) as caught:
        import_runs(path, store)
    assert str(caught.value) == (
        f"bad.zip cannot be used: its member '{member}' would unpack to 66 MiB, but the limit is 64.")


def test_a_directory_of_millions_of_members_is_not_read(tmp_path):
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    content = bytearray(path.read_bytes())
    content[-10:-6] = (2**31).to_bytes(4, "little")  # the directory's size
    path.write_bytes(content)
    with pytest.raises(BadArchive, match="it has more than 20,000 members, or is over 4 GiB"):
        read_archive(path)


# --- the store ------------------------------------------------------------------------------


@pytest.mark.parametrize("column, value", [
    ("created", 1e15), ("metrics", '{"null_band": 3}'), ("spec", '{"dataset": 3}'), ("status", "sleeping"),
    ("seconds", "soon"), ("progress", '{"fraction": 7}'), ("owner", "{}"), ("tags", "[1]"), ("effective", "[")])
def test_a_row_damaged_by_hand_costs_itself_and_can_be_deleted(store, column, value):
    good, bad = finished_run(store), finished_run(store, seed=1)
    with store._engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE runs SET {column} = :value WHERE id = :id"), {"value": value, "id": bad})
    assert [run.id for run in store.list()] == [good]
    (found,) = store.unreadable()
    assert found.id == bad and found.reason.endswith("its row in the run store is damaged. Delete it.")
    with pytest.raises(StoreUnavailable, match=f"Run {bad} cannot be read"):
        store.get(bad)
    store.delete(bad)
    assert store.unreadable() == [] and [run.id for run in store.list()] == [good]


def test_a_damaged_row_does_not_stop_the_queue(store):
    first, second = store.submit(resolve(Spec())), store.submit(resolve(Spec(seed=1)))
    with store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET effective = '[1]' WHERE id = :id"), {"id": first})
    assert store.claim().id == second and store.claim() is None
    with store._engine.connect() as connection:
        assert connection.execute(sa.text("SELECT status FROM runs WHERE id = :id"), {"id": first}).scalar() == "failed"


def test_a_damaged_id_deletes_no_other_folder(store, tmp_path):
    run_id = finished_run(store)
    keep = store.root / "keep.txt"
    keep.write_text("mine")
    with store._engine.begin() as connection:
        connection.execute(sa.text("PRAGMA foreign_keys=OFF"))
        connection.execute(sa.text("DELETE FROM events"))
        connection.execute(sa.text("UPDATE runs SET id = '..' WHERE id = :id"), {"id": run_id})
    store.delete("..")
    assert keep.read_text() == "mine" and (store.root / "artifacts").is_dir() and store.unreadable() == []
