"""Lists of samples: every form that people write, what is wrong with them by line and value, and their identity."""

from __future__ import annotations

import json
import re

import pytest

from engine import api, sample_lists
from engine.cli.main import main
from engine.errors import BadInput, BadSpec
from engine.runs.archive.format import Archive
from engine.runs.store import open_store
from engine.sample_lists import Asked, keep, load, name_of, read_file, read_text
from engine.spec import resolve
from engine.studies.repeat import run_command
from engine.types import Sizes, Spec

DIGITS = Asked("digits", 1_000)
THREE = (3, 17, 256)


@pytest.mark.parametrize("text", [
    "3\n17\n256\n", "3, 17, 256", "256;17;3", "  3 \r\n\r\n17\t256", "[3, 17, 256]", '["3", 17, 256.0]',
    '{"samples": [256, 3, 17]}', '[{"sample": 3}, {"sample": 17}, {"sample": 256}]', "sample\n3\n17\n256",
    '"sample"\n3\n17\n256', "sample,label\n3,a\n17,b\n256,c\n", "label;sample\na;3\nb;17\nc;256", "id\n3.0\n17\n256",
    "label\tsample\n\"a,\nb\"\t3\nb\t17\nc\t256",
])
def test_the_forms_of_a_list(text):
    assert read_text(text, DIGITS) == THREE


@pytest.mark.parametrize("text", ["name,row\na,3\nb,17\nc,256", '{"row": [3, 17, 256]}',
                                  '[{"row": 3}, {"row": 17}, {"row": 256}]', "row\n3\n17\n256"])
def test_a_column_is_named(text):
    assert read_text(text, DIGITS, column="row") == THREE


@pytest.mark.parametrize("text, problems", [
    ("3\nseven\n17", ["f, line 2: 'seven' is no sample number: write a whole number from 0 to 999."]),
    ("3, 1000, -1", ["f, line 1: 1000 is outside the training set of digits, which has the samples 0 to 999: remove "
                     "it.", "f, line 1: -1 is outside the training set of digits, which has the samples 0 to 999: "
                            "remove it."]),
    ("3\n17\n3", ["f, line 3: 3 is named again, first in line 1: once is enough, remove one of them."]),
    ('sample\n"3\n17"\n', ["f, line 3: '3\\n17' is no sample number: write a whole number from 0 to 999."]),
    ("[1e400]", ["f, item 1: 'Infinity' is no sample number: write a whole number from 0 to 999."]),
    (f"[{'9' * 5_000}]", ["list cannot be read from f: a number in it is too long."]),
    ("sample\n" + "x" * 140_000, ["list cannot be read from f, line 2 (field larger than field limit (131072)): write "
                                  "a table with one row a line."]),
    ("3, 17, x", ["f, line 1: 'x' is no sample number: write a whole number from 0 to 999."]),
    ("2.5", ["f, line 1: '2.5' is no sample number: write a whole number from 0 to 999."]),
    ("sample,x\n3,\n,4", ["f, line 3: an empty cell is no sample number: write a whole number from 0 to 999."]),
    ("[3, true, null, [4]]", ["f, item 2: 'true' is no sample number: write a whole number from 0 to 999.",
                              "f, item 3: an empty cell is no sample number: write a whole number from 0 to 999.",
                              "f, item 4: '[4]' is no sample number: write a whole number from 0 to 999."]),
    ("9" * 5_000, [f"f, line 1: '{'9' * 40}…' is no sample number: write a whole number from 0 to 999."]),
    ("", ["f names no sample: write at least one number from 0 to 999."]),
    ("[]", ["f names no sample: write at least one number from 0 to 999."]),
    ("[3,", ["list cannot be read from f, line 1, character 4: Expecting value. Write [3, 17, 256]."]),
    ("[" * 100_000, ["list cannot be read from f: its JSON is nested too deeply. Write [3, 17, 256]."]),
    ('{"rows": [3]}', ["No list in f named 'samples'. Valid: rows."]),
    ("a,b\n1,2", ["column is missing: f has the columns a, b: name the one with the sample numbers with --column."]),
    ("sample,sample\n1,2", ["column is 'sample', but f has 2 columns of that name: rename one."]),
    (" ".join(map(str, range(601))), ["f names 601 of the 1,000 training samples of digits, but at most 600 (60%) can "
                                      "be forgotten at once."]),
])
def test_what_is_wrong_is_named_by_line_and_value(text, problems):
    with pytest.raises(BadSpec) as refused:
        read_text(text, DIGITS, source="f")
    assert refused.value.problems == problems
    assert {problem.field for problem in refused.value.problems} == {"selection.list"}


@pytest.mark.parametrize("text, column, problem", [
    ("a,b\n1,2", "c", "No column of f named 'c'. Valid: a, b."),
    ("1\n2", "c", "column is 'c', but f has no first line with the names of columns: leave the column out."),
])
def test_a_column_that_is_not_there(text, column, problem):
    with pytest.raises(BadSpec) as refused:
        read_text(text, DIGITS, column, "f")
    assert refused.value.problems == [problem]


def test_many_problems_are_counted():
    with pytest.raises(BadSpec) as refused:
        read_text("x\n" * 25, DIGITS)
    assert len(refused.value.problems) == 11 and refused.value.problems[-1] == "15 more entries of the list are wrong."


def test_as_many_as_can_be_forgotten():
    assert len(read_text(" ".join(map(str, range(600))), DIGITS)) == 600 and read_text("0", DIGITS) == (0,)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin").write_bytes("sämple".encode("latin-1"))
    (tmp_path / "bom.csv").write_text("sample\n3\n17\n256", encoding="utf-8-sig")
    assert read_file(tmp_path / "bom.csv", DIGITS) == THREE
    for name, text in (("latin", "is not UTF-8 text (byte 1): save the list as UTF-8."),
                       ("none", "cannot be read (No such file or directory): name a file with sample numbers."),
                       (".", "cannot be read (Is a directory): name a file with sample numbers.")):
        with pytest.raises(BadInput) as refused:
            read_file(tmp_path / name, DIGITS)
        assert str(refused.value).endswith(text)


# --- identity -------------------------------------------------------------------------------


def test_a_list_is_named_by_what_it_holds(home):
    """The sha256 of "3,17,256" begins so: worked out with sha256sum."""
    assert name_of((256, 3, 17)) == keep(THREE) == keep((17, 256, 3)) == "9b3f6f436cee6b41"
    assert load(name_of(THREE)) == THREE
    assert json.loads((home / "lists" / f"{name_of(THREE)}.json").read_text()) == [3, 17, 256]


@pytest.mark.parametrize("numbers", [(), (3, 3), (-1,)])
def test_what_is_no_list_is_not_kept(numbers, home):
    with pytest.raises(BadSpec, match="must have at least one, none twice and none below 0"):
        keep(numbers)


def listed(name, dataset="digits"):
    return Spec(dataset, scenario="listed", selection={"list": name})


def test_its_name_is_all_that_a_spec_holds(home):
    resolved = resolve(listed(keep(THREE)))
    assert resolved.spec.selection == {"list": name_of(THREE)} and resolved.spec.forget_fraction is None
    assert resolved.sizes == Sizes(1_000, 3, 997, 398, 399)
    assert api.load("digits").split(scenario="listed", list=keep(THREE)).sets.forget.tolist() == [3, 17, 256]


@pytest.mark.parametrize("name, dataset, text", [
    ("", "digits", "list is missing: name the samples with --forget-list FILE, or paste, upload or tick them in the "
                   "app."),
    ("../../x", "digits", "list is '../../x', but the name of a list has 16 digits from 0 to f: give the list itself "
                          "with --forget-list FILE, or paste it in the app."),
    ("0" * 16, "digits", "list is '0000000000000000', but there is no such list on this machine: give it with "
                         "--forget-list FILE, paste it in the app, or import an archive of its run."),
    (name_of((3, 900)), "moons", "list names the sample 900, but moons has the training samples 0 to 199: it was made "
                                 "for other data."),
    (name_of(range(150)), "moons", "list names 150 samples, but of moons at most 120 can be forgotten at once."),
])
def test_lists_that_do_not_go_with_the_data(name, dataset, text, home):
    keep((3, 900)), keep(range(150))
    with pytest.raises(BadSpec) as refused:
        resolve(listed(name, dataset))
    assert refused.value.problems == [text]


def test_a_list_that_was_changed_is_not_believed(home):
    name = keep(THREE)
    sample_lists.path_of(name).write_text("[3, 17, 257]")
    with pytest.raises(BadSpec, match="was changed or damaged: delete the file and give the list again"):
        resolve(listed(name))


# --- the command line and archives ----------------------------------------------------------

QUICK = ("--method", "finetune", "--set", "retain_epochs=1", "--json")


def test_from_a_file_to_a_run_its_command_and_another_machine(with_original, tmp_path, monkeypatch, capfd):
    (tmp_path / "people.csv").write_text("name,row\nada,3\nbob,17\ncleo,256\n")
    assert main(["run", "--forget-list", str(tmp_path / "people.csv"), "--column", "row", *QUICK]) == 0
    shown = json.loads(capfd.readouterr()[0])
    assert shown["spec"]["scenario"] == "listed" and shown["spec"]["selection"] == {"list": name_of(THREE)}
    run = open_store().get(shown["run_id"])
    assert sorted(open_store().load_samples(run.id).query("set == 'forget'")["sample"]) == [3, 17, 256]
    assert f"--scenario listed --select list={name_of(THREE)}" in run_command(run.spec)

    assert main(["archive", "export", str(tmp_path / "runs.zip"), "--json"]) == 0
    assert Archive(tmp_path / "runs.zip").manifest["version"] == 3
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    assert main(["archive", "import", str(tmp_path / "runs.zip"), "--json"]) == 0
    assert load(name_of(THREE)) == THREE and open_store().get(run.id).resolved().sizes.forget == 3


def test_an_archive_with_another_list_under_that_name_is_refused(with_original, tmp_path, monkeypatch, capfd):
    import hashlib
    import zipfile

    (tmp_path / "l.txt").write_text("3 17 256")
    assert main(["run", "--forget-list", str(tmp_path / "l.txt"), *QUICK]) == 0
    assert main(["archive", "export", str(tmp_path / "runs.zip"), "--json"]) == 0
    member, forged = f"lists/{name_of(THREE)}.json", b"[1, 2]"
    with zipfile.ZipFile(tmp_path / "runs.zip") as old, zipfile.ZipFile(tmp_path / "forged.zip", "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["members"][member] = {"sha256": hashlib.sha256(forged).hexdigest(), "bytes": len(forged)}
        for name in old.namelist():
            new.writestr(name, {member: forged, "manifest.json": json.dumps(manifest)}.get(name, old.read(name)))
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    capfd.readouterr()
    assert main(["archive", "import", str(tmp_path / "forged.zip"), "--json"]) == 2
    assert f"its member {member} is not the list of that name" in capfd.readouterr()[1]
    assert open_store().list() == []


@pytest.mark.parametrize("words, problems", [
    (["--forget-list", "FILE"], ["people.csv, line 2: 'x' is no sample number: write a whole number from 0 to 999."]),
    (["--forget-list", "FILE", "--scenario", "random"],
     ["--forget-list does not go with the scenario 'random': use --scenario listed."]),
    (["--scenario", "listed"], ["list is missing: name the samples with --forget-list FILE, or paste, upload or tick "
                                "them in the app."]),
    (["--column", "row"], ["--column goes with --forget-list: name the file as well."]),
    (["--forget-list", "FILE", "--dataset", "digts"], ["No dataset named 'digts'. Did you mean 'digits'?"]),
])
def test_bad_lists_on_the_command_line(words, problems, home, tmp_path, capfd):
    (tmp_path / "people.csv").write_text("sample\nx\n")
    words = [str(tmp_path / "people.csv") if word == "FILE" else word for word in words]
    for command in (("run",), ("compare", "--methods", "ssd")):
        assert main([*command, *words, "--json"]) == 2
        assert json.loads(capfd.readouterr()[0])["problems"] == problems


def test_a_comparison_on_a_list(with_original, tmp_path, capfd):
    (tmp_path / "list.json").write_text(json.dumps(list(range(0, 1000, 10))))
    assert main(["compare", "--methods", "finetune", "--forget-list", str(tmp_path / "list.json"), "--json"]) == 0
    cells = json.loads(capfd.readouterr()[0])
    assert {cell["scenario"] for cell in cells} == {"listed"} and {cell["forget"] for cell in cells} == {None}
    assert any(cell["method"] == "finetune" and cell["mean"] is not None for cell in cells)


def test_no_text_is_read_otherwise_than_as_samples_or_sentences():
    """2,000 texts of digits, separators, quotes and brackets: never another error, never a number out of place."""
    import random

    draw, signs = random.Random(0), [*"0123456789,;\t\n\r \"'[]{}:.-+eEsampleNaN\x00\u2028é", "sample", "null", "1,2"]
    for _ in range(2_000):
        text = "".join(draw.choices(signs, k=draw.randint(0, 40)))
        try:
            found = read_text(text, DIGITS, draw.choice((None, "sample")))
        except BadSpec as error:
            assert all(problem.endswith((".", "?")) for problem in error.problems)
        else:
            assert list(found) == sorted(set(found)) and set(map(str, found)) <= set(re.findall("[0-9]+", re.sub(
                r"(?<![0-9])[+]?0+(?=[0-9])", "", text)))


def test_240_files_of_every_kind_are_samples_or_sentences(tmp_path):
    """Cut, doubled, badly encoded and foreign files, by every ending, and folders: never another error."""
    import random

    ends = {"read": 0, "refused": 0}
    good = "sample,name\n" + "".join(f"{number},n{number}\n" for number in range(0, 60, 3))
    bodies = [good.encode(), good.replace(",", ";").encode("utf-8-sig"), good.encode("utf-16"), b"[1, 2, 3]",
              json.dumps([{"sample": 1}, {"sample": 2}]).encode(), b"3 17 256", b"\x89PNG\r\n", b"PK\x03\x04"]
    for number in range(240):
        rng = random.Random(number)
        body = bytearray(rng.choice(bodies))
        for _ in range(rng.choice([0, 0, 1, 5])):
            at = rng.randrange(len(body) + 1)
            body[at:at + rng.randrange(3)] = rng.choice([b"", rng.randbytes(3), b"9" * 30, b'"', b"\0", b"[", b"\n\n"])
        path = tmp_path / f"{number}{rng.choice(['.csv', '.json', '.txt', '', '.tsv'])}"
        path.mkdir() if number % 40 == 39 else path.write_bytes(body)
        try:
            found = read_file(path, DIGITS, rng.choice([None, None, "sample", "name"]))
        except BadInput as error:
            ends["refused"] += 1
            assert all(line.endswith((".", "?")) for line in str(error).splitlines()), str(error)
        else:
            ends["read"] += 1
            assert list(found) == sorted(set(found)) and 0 <= found[0] <= found[-1] < DIGITS.size
    assert ends["read"] > 40 and ends["refused"] > 100, ends
