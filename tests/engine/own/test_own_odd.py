"""Inputs of other kinds than the fuzz makes: each in a sentence, none of them read for ever or taken for another."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from making import pictures
from PIL import Image

from engine.errors import BadSource
from engine.own import adding
from engine.own.look import Choices
from engine.own.pictures import arrays
from engine.own.tables import read

TEXTS = [f"word{number} of a text about {number % 7}" for number in range(60)]
LABELS = [number % 2 for number in range(60)]


def table(place: Path, **columns) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), place / "t.parquet")
    return place / "t.parquet"


def written(place: Path, text: str, name: str = "t.csv") -> Path:
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_text(text, encoding="utf-8")
    return place / name


def refused(source: object, **choices) -> str:
    """What is said of a source, without its path."""
    with pytest.raises(BadSource) as caught:
        adding.prepared("given", str(source), Choices(**choices))
    assert len(str(caught.value)) < 600
    return str(caught.value).replace(str(source), "IT") if str(source).strip() else str(caught.value)


# --- files that are none ----------------------------------------------------------------------


def test_a_pipe_is_not_waited_for(home, tmp_path):
    """A pipe that nobody writes to is read for ever."""
    pictures(tmp_path / "p", ("a", "b"), each=30)
    os.mkfifo(tmp_path / "p/a/pipe.png")
    os.mkfifo(tmp_path / "train.csv")
    found, added = adding.prepared("given", str(tmp_path / "p"))
    assert added is not None and found.totals == {"train": 48, "test": 12}
    said = "IT is a pipe or a device, which cannot be read as data: name a file or a folder."
    assert refused(tmp_path / "train.csv") == said == refused("/dev/zero")
    names = table(tmp_path / "t", file=["../train.csv"] * 59 + ["pipe.png"], label=LABELS)
    os.mkfifo(tmp_path / "t/pipe.png")
    found, _ = adding.prepared("given", str(names), Choices(image="file", label="label"))
    assert "its path leads out of the folder" in found.problems[0]
    found, _ = adding.prepared("given", str(table(tmp_path / "u", file=[str(tmp_path / "t/pipe.png")] * 60,
                                                  label=LABELS)), Choices(image="file", label="label"))
    assert "it is a pipe or a device" in found.problems[0]


def test_links_in_a_circle_and_folders_named_like_files(home, tmp_path):
    pictures(tmp_path / "p", ("a", "b"), each=30)
    os.symlink(tmp_path / "p", tmp_path / "p/a/again")
    (tmp_path / "p/b/folder.png").mkdir()
    found, added = adding.prepared("given", str(tmp_path / "p"))
    assert added is not None and found.totals == {"train": 48, "test": 12}
    os.symlink(tmp_path / "x.csv", tmp_path / "x.csv")
    assert refused(tmp_path / "x.csv") == "There is no file or folder IT on this machine: check the path."
    (tmp_path / "train.csv").mkdir()
    assert refused(tmp_path / "train.csv").startswith("IT holds nothing and no data that can be read")


@pytest.mark.parametrize(("source", "said"), [
    ("/" + "a" * 5_000, "The path '/aaa"),
    ("https://huggingface.co/datasets/uoft-cs/cifar10", "IT is an address: give the path"),
    (" ", "No data are named: give the path of a folder"),
    ("a\0b", "The path 'a\\x00b' cannot be kept"),
])
def test_paths_that_are_none(home, source, said):
    assert refused(source).startswith(said)


def test_names_that_are_no_utf8(home, tmp_path):
    pictures(tmp_path / "p", ("a", "b"), each=30)
    os.rename(next((tmp_path / "p/a").iterdir()), os.path.join(os.fsencode(tmp_path / "p/a"), b"\xff.png"))
    assert refused(tmp_path / "p") == (
        r"IT has the picture 'a/\udcff.png', whose name is no UTF-8: rename it, for example with convmv.")


def test_pictures_of_endings_that_are_not_read_are_named(home, tmp_path):
    for name in ("a", "b"):
        written(tmp_path / name, "x", "1.heic")
    assert refused(tmp_path).endswith("Its folders hold 2 HEIC files, which are not read: convert them to PNG or JPEG.")


# --- tables -----------------------------------------------------------------------------------


def test_a_million_columns_and_names_that_are_texts(home, tmp_path):
    many = written(tmp_path / "a", ",".join(f"c{number}" for number in range(1_000_000)) + "\n1\n")
    assert refused(many) == ("IT has 1,000,000 columns, but may have 10,000: keep those of the samples, the labels, "
                             "and what samples are chosen by.")
    assert "has 10,001 columns" in refused(table(tmp_path / "b", **{f"c{at}": [1] for at in range(10_001)}))
    long = written(tmp_path / "c", f"text,{'l' * 300}\n" + "a,1\n" * 60)
    assert "has a column whose name has 300 characters ('lll" in refused(long)


@pytest.mark.parametrize(("text", "name", "said"), [
    ("text,label\n" + "a,1\n" * 5 + "a,1,2\n" + "a,0\n" * 60, "t.csv",
     "IT cannot be read as CSV (CSV parse error: Row #7: Expected 2 columns, got 3: a,1,2): write it again."),
    ('{"text": "a", "label": "1"}\n{"text": "b", "label": 1}\n', "t.jsonl",
     "IT cannot be read as JSONL (column 'label': row 2 has 1, a whole number, but row 1 a text): write it again."),
    ('{"text": "a", "label": 99999999999999999999999999}\n', "t.jsonl",
     "IT cannot be read as JSONL (column 'label': Python int too large to convert to C long): write it again."),
    ("[" * 100_000, "t.json", "IT cannot be read as JSON (maximum recursion depth exceeded"),
])
def test_the_row_or_the_column_is_named(home, tmp_path, text, name, said):
    assert refused(written(tmp_path, text, name)).startswith(said)


@pytest.mark.parametrize(("labels", "said"), [
    ([[[one]] for one in LABELS], "t.parquet, row 1: the label is '[[0]]', a list, but a class is a word"),
    ([{"id": one} for one in LABELS], "t.parquet, row 1: the label is \"{'id': 0}\", an object, but a class"),
    ([b"\xff" if one else b"\xfe" for one in LABELS],
     "t.parquet, row 1: the label is b'\\xfe' in the column 'label', which is no UTF-8 text: name another"),
    (["x" * 5_000 if one else "y" for one in LABELS], "t.parquet, row 2: the label has 5,000 characters ('xxx"),
    ([list(range(500))] * 60, "t.parquet, row 1: the label is [0, 1, 2, 3,"),
    ([float("inf") if one else 0.0 for one in LABELS], "t.parquet, row 2: the label is inf in the column 'label'"),
])
def test_labels_of_other_kinds(home, tmp_path, labels, said):
    """Two labels that are no text must not become the same class."""
    assert refused(table(tmp_path, text=TEXTS, label=labels), text="text", label="label").startswith(said)


def test_labels_that_are_no_number_are_left_out_by_row(home, tmp_path):
    found, added = adding.prepared("given", str(table(tmp_path, text=TEXTS, label=[
        float("nan") if number % 5 == 0 else float(number % 2) for number in range(60)])))
    assert added is not None and found.totals == {"train": 38, "test": 10}
    assert any("12 of the 60 samples" in note and "row 1: its label is nan" in note for note in found.notes)


def test_texts_that_were_stored_as_bytes_are_not_taken_for_pictures(home, tmp_path):
    source = table(tmp_path, text=[one.encode() for one in TEXTS], label=LABELS)
    assert refused(source).startswith("No column of t.parquet is surely one of pictures, texts or points")
    found, _ = adding.prepared("given", str(source), Choices(text="text", label="label"))
    assert "row 1: its text is " in found.problems[0] and "bytes" in found.problems[0]


# --- pictures ---------------------------------------------------------------------------------


def encoded(form: str, mode: str = "RGB", **more) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(len(form)).integers(0, 256, (24, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(file, form, **more)
    return file.getvalue()


def read_pictures(place: Path, picture: bytes) -> tuple[np.ndarray, dict[int, str]]:
    return arrays(read([table(place, image=[picture] * 3, label=[0, 1, 0])]), "image", 16, lambda share: None)


def test_a_picture_that_lies_on_its_side_is_turned_as_it_says(tmp_path):
    """Orientation 6: the upper half of what is stored is the right half of what is shown."""
    turned = Image.Exif()
    turned[0x0112] = 6
    upper, file = np.zeros((16, 16, 3), dtype=np.uint8), io.BytesIO()
    upper[:8] = 255
    Image.fromarray(upper).save(file, "PNG", exif=turned)
    found, damaged = read_pictures(tmp_path, file.getvalue())
    assert damaged == {} and (found[:, :, 8:] == 255).all() and not found[:, :, :8].any()


@pytest.mark.parametrize("picture", [
    encoded("JPEG", "CMYK"), encoded("GIF", save_all=True, append_images=[Image.new("RGB", (12, 24))]),
    encoded("PNG", "LA"), encoded("BMP", "1"), encoded("TIFF", "LAB"), encoded("WEBP")])
def test_pictures_of_other_forms_are_read(tmp_path, picture):
    found, damaged = read_pictures(tmp_path, picture)
    assert damaged == {} and found.shape == (3, 16, 16, 3) and found.std() > 0
