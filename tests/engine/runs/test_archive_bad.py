"""Archives that are cut off, changed, from a newer version or none: one sentence, and the store stays as it is."""

from __future__ import annotations

import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archiving import finished_run, members, put_together, state

from engine.errors import BadArchive
from engine.runs.archive import limits
from engine.runs.archive.transfer import export_runs, import_runs, read_archive
from engine.runs.store import Store


@pytest.fixture
def good(tmp_path, store):
    """An archive of two runs."""
    path = tmp_path / "good.zip"
    export_runs(path, [finished_run(store, seed=seed) for seed in range(2)], store)
    return path


@pytest.fixture
def refuses(tmp_path):
    """Imports a file into a store that holds a run; the sentence without its first words, the store unchanged."""
    other = Store(tmp_path / "elsewhere")
    finished_run(other, seed=9)

    def refuse(path):
        before = state(other)
        with pytest.raises(BadArchive) as caught:
            import_runs(path, other)
        assert state(other) == before and "\n" not in str(caught.value)
        assert not list((other.root / "artifacts").glob("*/.*"))
        return str(caught.value).removeprefix(f"{path.name} cannot be used: ")

    return refuse


def changed(path, name, change):
    """The members of an archive with the JSON of one of them changed."""
    content = members(path)
    found = json.loads(content[name])
    return content | {name: json.dumps(change(found)).encode()}


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


# --- no archives ----------------------------------------------------------------------------


def test_no_file_no_zip_no_archive(refuses, tmp_path):
    path = tmp_path / "x.zip"
    assert refuses(path) == f"There is no file {path}."
    path.touch()
    assert refuses(path) == "it is empty."
    path.write_text("a,b\n1,2\n" * 50)
    assert refuses(path) == "it is not a zip file, so it is not an archive of runs."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.jpg", b"pixels")
    assert refuses(path) == "its member manifest.json is missing, so it is not an archive of runs."
    folder = tmp_path / "folder.zip"
    folder.mkdir()
    assert refuses(folder) == f"{folder} cannot be read (Is a directory)."


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.9, 0.9999])
def test_a_file_cut_off(good, refuses, tmp_path, share):
    path, content = tmp_path / "cut.zip", good.read_bytes()
    path.write_bytes(content[:max(5, int(share * len(content)))])
    assert refuses(path) == "it is cut off before its end; copy or download it again."


def test_a_changed_byte_is_found_wherever_it_matters(good, store, tmp_path):
    """Every 29th byte in turn: refused in a sentence, or of no consequence (a date in the zip's directory)."""
    content, path = good.read_bytes(), tmp_path / "flipped.zip"
    whole = read_archive(good)

    def everything(archive):
        return [(run, archive.events(run["id"]), archive.samples(run["id"]).to_csv()) for run in archive.runs]

    expected, refused = everything(whole), 0
    for place in range(0, len(content), 29):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1:])
        try:
            archive = read_archive(path)
            archive.verify()
            assert everything(archive) == expected, f"byte {place}"
        except BadArchive as error:
            refused += 1
            assert str(error).startswith("flipped.zip cannot be used: ") and "\n" not in str(error)
    assert refused > 0.9 * len(content) / 29


def test_a_member_changed_but_not_its_sha256(good, refuses, tmp_path):
    for name in ("runs.json", "events.parquet", f"samples/{read_archive(good).runs[1]['id']}.parquet"):
        content = members(good)
        path = put_together(tmp_path / "changed.zip", content | {name: content[name][:-1] + b" "}, signed=False)
        assert refuses(path) == (f"its member {name} was changed or damaged (its sha256 is not the one in "
                                 "manifest.json).")


# --- members --------------------------------------------------------------------------------


def test_missing_members(good, refuses, tmp_path):
    samples = f"samples/{read_archive(good).runs[1]['id']}.parquet"
    for name in ("runs.json", "events.parquet", samples):
        content = {other: data for other, data in members(good).items() if other != name}
        assert refuses(put_together(tmp_path / "less.zip", content, signed=False)) == f"its member {name} is missing."
    content.pop("events.parquet")
    assert refuses(put_together(tmp_path / "forged.zip", content)) == "its member events.parquet is missing."


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "samples/../../evil", "C:\\evil.dll", "..\\evil"])
def test_names_that_lead_out_of_the_archive(good, refuses, tmp_path, name):
    path = put_together(tmp_path / "out.zip", members(good) | {name: b"x"})
    assert refuses(path) == f"its member {name!r} has a name that leads out of the archive."
    assert not (tmp_path / "evil.py").exists()


def test_members_that_do_not_belong(good, refuses, tmp_path):
    content = members(good)
    path = put_together(tmp_path / "more.zip", content | {"notes.txt": b"x"}, signed=False)
    assert refuses(path) == "it has a member 'notes.txt' that its manifest.json does not list."
    path = put_together(tmp_path / "more.zip", content | {"samples/abc.parquet": b"x"})
    assert refuses(path) == "it has a member 'samples/abc.parquet' that no archive of these runs has."
    with zipfile.ZipFile(good, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("runs.json", b"[]")
    assert refuses(good) == "it has two members named 'runs.json'."


def test_members_that_would_fill_the_disk(good, refuses, tmp_path, monkeypatch):
    path = put_together(tmp_path / "bomb.zip", members(good) | {"events.parquet": bytes(20_000_000)})
    assert refuses(path) == "its member 'events.parquet' would unpack to over 1000 times its size."
    monkeypatch.setitem(limits.MOST_BYTES, ".json", 2000)
    assert refuses(good) == "its member 'runs.json' would unpack to 0 MiB, but the limit is 0."


def test_members_packed_otherwise(good, refuses, tmp_path):
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, data in members(good).items():
            archive.writestr(name, data)
    assert refuses(path) == "its member 'runs.json' is encrypted or packed in another way than deflated."


# --- manifest -------------------------------------------------------------------------------


@pytest.mark.parametrize("change, said", [
    ({"version": 5}, "it is of version 5 of the format, and this program knows versions up to 4; update the program."),
    ({"version": "new"}, "its manifest.json has the version 'new', but it must be a whole number from 1."),
    ({"format": "holidays"},
     "its manifest.json does not say that it is an archive of runs (format 'machine-unlearning-runs')."),
    ({"members": ["runs.json"]}, "its manifest.json does not list the sha256 and the bytes of its members."),
    ({"runs": 3}, "its member runs.json is not a list of 3 runs."),
], ids=["newer", "version", "format", "members", "runs"])
def test_manifests(good, refuses, tmp_path, change, said):
    path = put_together(tmp_path / "odd.zip", members(good), manifest=lambda manifest: manifest | change)
    assert refuses(path) == said


def test_a_newer_version_is_named_before_anything_else_that_is_strange(good, refuses, tmp_path):
    content = members(good) | {"plots.svg": b"<svg/>"}
    path = put_together(tmp_path / "newer.zip", content, manifest=lambda manifest: {
        "format": manifest["format"], "version": 7})
    assert refuses(path).startswith("it is of version 7 of the format")


# --- content --------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[NaN]", b"[" * 100_000], ids=["cut", "bytes", "NaN", "deep"])
def test_json_that_is_none(good, refuses, tmp_path, content):
    path = put_together(tmp_path / "odd.zip", members(good) | {"runs.json": content})
    assert refuses(path) in ("its member runs.json is not valid JSON.",
                             "its member 'runs.json' would unpack to over 1000 times its size.")


@pytest.mark.parametrize("name, value, said", [
    ("id", "../../x", 'column \'id\' of run 2 is "../../x", but must be an id of at most 16 letters and digits'),
    ("status", "done", 'column \'status\' of run 2 is "done", but must be one of queued, running, finished, failed, '
                       "cancelled, interrupted"),
    ("created", "today", 'column \'created\' of run 2 is "today", but must be a number of seconds'),
    ("steps", 10**30, f"column 'steps' of run 2 is {10**30}, but must be a whole number or null"),
    ("steps", True, "column 'steps' of run 2 is true, but must be a whole number or null"),
    ("seconds", -1, "column 'seconds' of run 2 is -1, but must be a number of seconds or null"),
    ("metrics", [1] * 50, f"column 'metrics' of run 2 is {json.dumps([1] * 50)[:60]}…, but must be an object or null"),
    ("device", "x" * 121, f"column 'device' of run 2 is \"{'x' * 59}…, but must be a text of at most 120 characters "
                          "or null"),
    ("notice", "\ud800", "column 'notice' of run 2 is \"\\ud800\", but must be a text or null"),
    ("tags", "good", 'column \'tags\' of run 2 is "good", but must be a list of texts or null'),
    ("spec", {"dataset": "digits"}, 'column \'spec\' of run 2 is {"dataset": "digits"}, but must be a specification of '
                                    "a run"),
    ("owner", {"pid": 1}, "run 2 has a column 'owner' that runs do not have"),
])
def test_columns_that_are_wrong(good, refuses, tmp_path, name, value, said):
    content = changed(good, "runs.json", lambda runs: [runs[0], runs[1] | {name: value}])
    assert refuses(put_together(tmp_path / "odd.zip", content)) == f"{said}, in runs.json."


def test_columns_that_are_missing_and_runs_that_are_none(good, refuses, tmp_path):
    content = changed(good, "runs.json", lambda runs: [runs[0], {k: v for k, v in runs[1].items() if k != "metrics"}])
    assert refuses(put_together(tmp_path / "x.zip", content)) == "run 2 lacks the column 'metrics', in runs.json."
    content = changed(good, "runs.json", lambda runs: [runs[0], "run"])
    assert refuses(put_together(tmp_path / "x.zip", content)) == "run 2 is not an object, in runs.json."
    content = changed(good, "runs.json", lambda runs: [runs[0], runs[0]])
    run_id = read_archive(good).runs[0]["id"]
    assert refuses(put_together(tmp_path / "x.zip", content)) == f"it has two runs with the id {run_id}."


def test_events_that_are_none(good, refuses, tmp_path):
    run_id, content = read_archive(good).runs[0]["id"], members(good)

    def said(data):
        return refuses(put_together(tmp_path / "odd.zip", content | {"events.parquet": data}))

    def one(run=run_id, seq=(0,), payload='{"kind": "start"}'):
        return parquet(run=pa.array([run] * len(seq)), seq=pa.array(seq, pa.int32()),
                       payload=pa.array([payload] * len(seq)))

    assert said(b"PAR1 no parquet") == "its member events.parquet is not a parquet file that can be read."
    columns = "its member events.parquet does not have the columns run, seq, payload, full and of the right kinds."
    assert said(parquet(run=[run_id], seq=[0.5])) == said(one(payload=None)) == columns
    event = "its member events.parquet has an event that belongs to no run or is no event."
    assert [said(data) for data in (one(run="other"), one(seq=(0, 0)), one(seq=(-1,)), one(payload="{"),
                                    one(payload="[1]"), one(payload='{"kind": 1}'))] == [event] * 6


def test_samples_that_are_none_are_found_after_others_were_written(good, refuses, tmp_path):
    """The second run's table is looked at when the first run is in the transaction already: it is taken back."""
    name, content = f"samples/{read_archive(good).runs[1]['id']}.parquet", members(good)

    def said(data):
        return refuses(put_together(tmp_path / "odd.zip", content | {name: data}))

    assert said(parquet(loss=[0.5])) == (
        f"its member {name} does not have the columns set, sample, loss, entropy, correct, full and of the right "
        "kinds.")
    columns = {"sample": pa.array([1], pa.int32()), "loss": pa.array([0.5], pa.float32()),
               "entropy": pa.array([0.5], pa.float32()), "correct": [True]}
    assert said(parquet(set=["secret"], **columns)) == (
        f"its member {name} has samples of a set 'secret' that runs do not have.")
