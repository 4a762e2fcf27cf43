"""The look at a person's data: every layout is read, and each oddity is said with what happens to it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from making import comments, picture, pictures, table, texts

from engine.errors import BadSource
from engine.own.look import Choices, look


def refused(source, **choices) -> str:
    with pytest.raises(BadSource) as caught:
        look(str(source), Choices(**choices))
    assert "\n" not in str(caught.value) and str(caught.value).rstrip(").'").strip()
    return str(caught.value)


def noted(source, part, **choices):
    """The look, in which one note or problem is as given."""
    found = look(str(source), Choices(**choices))
    assert part in (*found.notes, *found.problems), (found.notes, found.problems)
    return found


HELD = ("There is no test split: {} samples (20%), drawn with a fixed seed, are held out. Name another one with "
        "--test. A run tests on one half of them and validates on the other.")


# --- layouts ---------------------------------------------------------------------------------


def test_a_folder_a_class(tmp_path):
    found = noted(pictures(tmp_path), HELD.format(12))
    assert (found.kind, found.classes, found.input_size, found.sizes) == ("image", ("circle", "square"), 12,
                                                                         "12x12 pixels")
    assert found.totals == {"train": 48, "test": 12} and found.problems == ()
    first = found.parts["train"]
    where = first.places.index("circle/000.png") if "circle/000.png" in first.places else None
    part, row = (first, where) if where is not None else (found.parts["test"], found.parts["test"].places.index(
        "circle/000.png"))
    assert np.array_equal(part.samples[row], np.asarray(picture(0))) and part.labels[row] == 0


def test_folders_train_and_test(tmp_path):
    pictures(tmp_path / "Train")
    pictures(tmp_path / "test", each=6, first=100)
    found = look(str(tmp_path))
    assert found.totals == {"train": 60, "test": 12} and found.counts["test"] == (6, 6) and found.test_size is None


def test_a_validation_split_is_kept_apart(tmp_path):
    for split, each in (("train", 30), ("test", 6), ("val", 5)):
        pictures(tmp_path / split, each=each, first={"train": 0, "test": 100, "val": 200}[split])
    found = look(str(tmp_path))
    assert found.totals == {"train": 60, "test": 12, "validation": 10} and found.test_size == 12
    shutil.rmtree(tmp_path / "test")
    noted(tmp_path, "There is no test split: the validation split takes its place.")


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_tables_of_texts(tmp_path, ending):
    found = noted(comments(tmp_path / f"data.{ending}"), HELD.format(12))
    assert (found.kind, found.sample, found.label, found.classes) == ("text", "comment", "mood", ("happy", "sad"))
    assert "Taken for the columns: 'comment' for the texts and 'mood' for the labels. Name others with --text and " \
           "--label." in found.notes
    everything = {place: (text, label) for part in found.parts.values()
                  for place, text, label in zip(part.places, part.samples, part.labels, strict=True)}
    assert everything[f"data.{ending}, row 1"] == ("comment 0 is sad", 1) and len(everything) == 60
    assert noted(tmp_path, HELD.format(12)).totals == found.totals  # the folder says the same


def test_an_arrow_file_and_a_saved_data_set(tmp_path):
    import datasets

    said, moods = texts(60)
    rows = datasets.Dataset.from_dict({"text": said, "label": [int(mood == "sad") for mood in moods]}).cast_column(
        "label", datasets.ClassLabel(names=["merry", "gloomy"]))
    rows.save_to_disk(tmp_path / "alone")
    datasets.DatasetDict({"train": rows, "test": rows.select(range(20))}).save_to_disk(tmp_path / "both")
    alone, both = look(str(tmp_path / "alone")), look(str(tmp_path / "both"))
    assert alone.classes == both.classes == ("merry", "gloomy") and alone.totals == {"train": 48, "test": 12}
    assert both.totals == {"train": 60, "test": 20} and both.parts["train"].samples == said
    stream = next((tmp_path / "alone").glob("*.arrow"))
    shutil.copy(stream, tmp_path / "data.arrow")
    assert look(str(tmp_path / "data.arrow")).classes == ("merry", "gloomy")


def test_a_saved_data_set_without_its_arrow_file(tmp_path):
    import datasets

    datasets.Dataset.from_dict({"text": ["a"] * 60, "label": [0, 1] * 30}).save_to_disk(tmp_path)
    next(tmp_path.glob("*.arrow")).unlink()
    assert "looks as if save_to_disk had written it, but cannot be read" in refused(tmp_path)


def test_pictures_in_parquet_as_the_hub_has_them(tmp_path):
    import datasets

    features = datasets.Features({"img": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog", "owl"])})
    rows = datasets.Dataset.from_dict({"img": [picture(one) for one in range(60)], "label": [0, 1, 2] * 20},
                                      features=features)
    (tmp_path / "plain_text").mkdir()
    rows.to_parquet(tmp_path / "plain_text" / "train-00000-of-00001.parquet")
    found = noted(tmp_path, f"The data were found further down, in {tmp_path}/plain_text.")
    assert (found.classes, found.sample, found.label, found.input_size) == (("cat", "dog", "owl"), "img", "label", 12)


def test_a_table_of_file_names(tmp_path):
    pictures(tmp_path / "images")
    names = [f"images/{name}/{number:03}.png" for name in ("circle", "square") for number in range(30)]
    table(tmp_path / "train.csv", {"file_name": names, "class": ["round"] * 30 + ["angular"] * 30})
    found = look(str(tmp_path))
    assert (found.kind, found.classes, found.sample) == ("image", ("angular", "round"), "file_name")
    assert "Taken" in found.notes[0] and found.totals == {"train": 48, "test": 12}


def test_a_test_split_from_elsewhere(tmp_path):
    found = look(str(comments(tmp_path / "a.csv")), Choices(test=str(comments(tmp_path / "b.csv", 20, first=100))))
    assert found.totals == {"train": 60, "test": 20}


# --- what is said ----------------------------------------------------------------------------


def test_odd_pictures_are_brought_to_one_size_and_to_colour(tmp_path):
    pictures(tmp_path, each=10, size=(40, 30))
    for number, mode in enumerate(("L", "RGBA", "CMYK")):
        picture(number, mode=mode).save(tmp_path / "circle" / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}")
    found = look(str(tmp_path), Choices(size=16))
    assert found.parts["train"].samples.shape[1:] == (16, 16, 3) and found.input_size == 16
    assert found.sizes == "12x12 to 40x30 pixels"
    assert "1 grey picture becomes RGB." in found.notes
    assert ("2 pictures of another colour mode (RGBA, palette or CMYK) become RGB, transparent parts on white."
            in found.notes)
    assert ("Pictures that are not square are cut to their middle square and brought to 16x16 pixels; choose another "
            "size with --size." in found.notes)


def test_sixteen_bits_keep_their_upper_half(tmp_path):
    from PIL import Image

    pictures(tmp_path)
    Image.fromarray(np.full((12, 12), 200 * 256, np.uint16)).save(tmp_path / "circle" / "deep.png")
    found = look(str(tmp_path))
    (part, row), = [(part, part.places.index("circle/deep.png")) for part in found.parts.values()
                    if "circle/deep.png" in part.places]
    assert (part.samples[row] == 200).all()


def test_transparent_parts_are_white(tmp_path):
    from PIL import Image

    pictures(tmp_path)
    Image.new("RGBA", (12, 12), (255, 0, 0, 0)).save(tmp_path / "circle" / "clear.png")
    found = look(str(tmp_path))
    samples = {place: sample for part in found.parts.values() for place, sample in zip(part.places, part.samples)}
    assert (samples["circle/clear.png"] == 255).all()


def test_a_damaged_picture_is_left_out_by_name(tmp_path):
    pictures(tmp_path)
    whole = (tmp_path / "circle" / "001.png").read_bytes()
    (tmp_path / "circle" / "001.png").write_bytes(whole[:200])
    (tmp_path / "square" / "001.png").write_bytes(b"nothing")
    found = look(str(tmp_path))
    said = next(note for note in found.notes if "left out" in note)
    assert said.startswith("2 of the 60 samples of the train split are left out (circle/001.png: ")
    assert said.endswith("; square/001.png: it is no picture).") and sum(found.totals.values()) == 58


def test_rows_without_label_or_text_are_left_out_with_file_row_and_value(tmp_path):
    said, moods = texts(60)
    said[16], moods[3] = "   ", None
    noted(table(tmp_path / "data.jsonl", {"comment": said, "mood": moods}),
          "2 of the 60 samples of the train split are left out (data.jsonl, row 4: its label is None; "
          "data.jsonl, row 17: its text is empty).")


def test_minus_one_is_no_label_but_a_class_beside_one(tmp_path):
    said, _ = texts(60)
    found = noted(table(tmp_path / "a.csv", {"text": said, "label": [-1, 0, 1] * 20}),
                  "20 of the 60 samples of the train split are left out (a.csv, data row 1 (2 with the header): its "
                  "label is -1; a.csv, data row 4 (5 with the header): its label is -1; a.csv, data row 7 (8 with the "
                  "header): its label is -1; and 17 more).")
    assert found.classes == ("0", "1")
    found = noted(table(tmp_path / "b.csv", {"text": said, "label": [-1, 1] * 30}),
                  "The labels are the numbers -1, 1: they become 0 to 1 in this order.")
    assert found.classes == ("-1", "1") and sum(found.totals.values()) == 60


def test_gaps_words_and_floats_are_numbered(tmp_path):
    said, _ = texts(60)
    found = noted(table(tmp_path / "a.csv", {"text": said, "label": [2, 5, 10] * 20}),
                  "The labels are the numbers 2, 5, 10: they become 0 to 2 in this order.")
    assert found.classes == ("2", "5", "10")
    found = look(str(table(tmp_path / "b.csv", {"text": said, "label": [0.0, 1.0] * 30})))
    assert found.classes == ("0", "1")
    found = look(str(table(tmp_path / "c.csv", {"text": said, "label": ["10", "9", "x"] * 20})))
    assert found.classes == ("9", "10", "x")


@pytest.mark.parametrize("labels, said", [
    ([0.5] * 60, "data.parquet, row 1: the label is 0.5 in the column 'label', but a class is a word or a whole "
                 "number: name another column with --label."),
    ([[1, 2]] * 60, "data.parquet, row 1: the label is [1, 2], but a sample must have one class: keep the rows with "
                    "one, or write a component file for several (docs/extending.md)."),
    ([None] * 60, "The column 'label' holds no label: name another one with --label."),
    (list(range(1001)), "The column 'label' holds 1,001 different values, and at most 1,000 classes can be told apart: "
                        "name another column with --label."),
])
def test_labels_that_are_no_classes(tmp_path, labels, said):
    source = table(tmp_path / "data.parquet", {"text": texts(len(labels))[0], "label": labels})
    assert refused(source, label="label") == said


def test_a_label_given_in_a_list_of_one(tmp_path):
    found = look(str(table(tmp_path / "a.parquet", {"text": texts(60)[0], "labels": [[3], [3, 3], [7]] * 20})))
    assert found.classes == ("3", "7")


def test_one_class_too_few_and_a_tiny_test_split(tmp_path):
    pictures(tmp_path / "one", classes=("only",))
    noted(tmp_path / "one", "All training samples are of one class (only), and a classifier needs at least two: give "
                            "the folder that holds a folder for each class.")
    noted(pictures(tmp_path / "few", each=5),
          "There are 8 usable training samples, and at least 20 are needed: add some.")
    pictures(tmp_path / "split" / "train")
    pictures(tmp_path / "split" / "test", each=1, first=99)
    noted(tmp_path / "split", "There are 2 usable test samples, and at least 10 are needed: add some, or name a "
                              "larger test split with --test.")


def test_duplicates_between_train_and_test(tmp_path):
    pictures(tmp_path / "train")
    pictures(tmp_path / "test", first=100)
    shutil.copy(tmp_path / "train" / "circle" / "003.png", tmp_path / "test" / "square" / "000.png")
    noted(tmp_path, "1 held-out sample is in the training set too (square/000.png is circle/003.png): an attack "
                    "takes them for strangers although the model has learnt them. Leave them out with "
                    "--drop-duplicates.")
    found = look(str(tmp_path), Choices(drop_duplicates=True))
    assert found.totals == {"train": 60, "test": 59} and "square/000.png" not in found.parts["test"].places


def test_an_unlabelled_test_split_is_not_used(tmp_path):
    comments(tmp_path / "train.csv")
    table(tmp_path / "test.csv", {"comment": texts(20, 200)[0]})
    table(tmp_path / "sample_submission.csv", {"id": [1], "mood": ["sad"]})
    found = noted(tmp_path, "The test split (test.csv) is not used: it has no column 'mood'.")
    assert found.totals == {"train": 48, "test": 12}
    assert "sample_submission.csv is not used: its name speaks of no split." in found.notes


# --- refused ---------------------------------------------------------------------------------


def test_what_is_found_instead_is_said_with_the_mend(tmp_path):
    assert refused(tmp_path / "nowhere") == (f"There is no file or folder {tmp_path}/nowhere on this machine: check "
                                             "the path.")
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    assert refused(tmp_path) == (
        f"{tmp_path} holds 3 PNG files and no data that can be read: give a folder of pictures with a folder a "
        "class, a parquet, CSV, JSON lines or arrow file with a column of labels, or a folder written by "
        "save_to_disk. The pictures lie side by side: move those of each class into a folder with its name.")
    (tmp_path / "data.pkl").write_bytes(b"cos\nsystem\n(S'touch /tmp/never'\ntR.")
    assert "may run code when they are loaded" in refused(tmp_path / "data.pkl")
    (tmp_path / "data.zip").write_bytes(b"PK")
    assert refused(tmp_path / "data.zip") == (f"{tmp_path}/data.zip is an archive: unpack it, and name the folder that "
                                              "comes out.")


def test_a_missing_shard(tmp_path):
    comments(tmp_path / "train-00000-of-00002.parquet")
    assert refused(tmp_path) == (f"{tmp_path} has train-00000-of-00002.parquet, but train-00001-of-00002.parquet of "
                                 "the same 2 parts is missing: copy all parts into the folder.")
    comments(tmp_path / "train-00001-of-00002.parquet", first=100)
    found = look(str(tmp_path))
    assert sum(found.totals.values()) == 120
    assert {"train-00000-of-00002.parquet, row 60", "train-00001-of-00002.parquet, row 1"} <= {
        place for part in found.parts.values() for place in part.places}


def test_unknown_and_doubtful_columns(tmp_path):
    source = comments(tmp_path / "data.csv")
    assert refused(source, label="moood") == "--label: No column in data.csv named 'moood'. Did you mean 'mood'?"
    source = table(tmp_path / "two.csv", {"text": texts(60)[0], "a": [0, 1] * 30, "b": [1, 2, 3] * 20})
    assert refused(source) == ("The column of labels of two.csv could be a or b (columns: text, a, b): name it with "
                               "--label COLUMN.")
    assert look(str(source), Choices(label="b")).classes == ("1", "2", "3")


def test_a_csv_that_is_not_utf8_and_a_cut_parquet(tmp_path):
    (tmp_path / "a.csv").write_bytes("text,label\ncafé,1\n".encode("latin-1"))
    assert refused(tmp_path / "a.csv").startswith(f"{tmp_path}/a.csv is not UTF-8 (byte ")
    cut = comments(tmp_path / "b.parquet")
    cut.write_bytes(cut.read_bytes()[:-100])
    assert refused(cut).startswith(f"{cut} cannot be read as PARQUET (")


def test_brackets_and_spaces_in_a_path_are_no_pattern(tmp_path):
    folder = tmp_path / "v2 [old] {1}"
    comments(folder / "train.csv")
    assert look(str(folder)).totals == {"train": 48, "test": 12}


def test_semicolons_quotes_and_words_that_look_like_gaps(tmp_path):
    rows = "".join(f'"a; b\nc {number}";{"NA" if number % 2 else "null"}\n' for number in range(60))
    (tmp_path / "a.csv").write_text("\ufefftext;label\n" + rows, encoding="utf-8")
    found = look(str(tmp_path / "a.csv"))
    assert found.classes == ("NA", "null") and "a; b\nc 0" in [*found.parts["train"].samples,
                                                               *found.parts["test"].samples]


def test_a_path_in_a_table_does_not_lead_out_of_its_folder(tmp_path):
    picture(0).save(tmp_path / "secret.png")
    table(tmp_path / "data" / "train.csv", {"file": ["../secret.png"] * 40, "label": [0, 1] * 20})
    found = look(str(tmp_path / "data"))
    assert found.totals["train"] == 0 and "its path leads out of the folder" in " ".join(found.problems)


def test_a_path_that_reads_like_an_id_of_the_hub():
    from engine.errors import DataMissing

    with pytest.raises(DataMissing) as caught:
        look("nowhere/there")
    assert str(caught.value).startswith("There is no file or folder nowhere/there on this machine, and the Hugging "
                                        "Face hub gave no data set of that name (")


def test_a_data_set_of_the_hub_is_read_through_the_library(monkeypatch):
    """The hub cannot be reached here: what the library would hand out stands in for it."""
    import datasets

    asked, said = [], texts(60)[0]
    rows = datasets.Dataset.from_dict({"text": said, "label": [0, 1] * 30}).cast_column(
        "label", datasets.ClassLabel(names=["neg", "pos"]))
    monkeypatch.setattr(datasets, "load_dataset", lambda name: asked.append(name) or datasets.DatasetDict(
        {"train": rows, "test": rows.select(range(20)), "unsupervised": rows.select(range(5))}))
    found = look("stanfordnlp/imdb")
    assert asked == ["stanfordnlp/imdb"] and found.totals == {"train": 60, "test": 20}
    assert found.classes == ("neg", "pos")
    assert found.parts["train"].places[1] == "stanfordnlp/imdb (train), row 2"


def test_a_damaged_line_of_json_is_named(tmp_path):
    lines = comments(tmp_path / "data.jsonl").read_text().splitlines()
    (tmp_path / "data.jsonl").write_text("\n".join([*lines[:6], lines[6][:10], *lines[7:]]))
    assert refused(tmp_path).startswith(f"{tmp_path}/data.jsonl cannot be read as JSONL (line 7: ")
    (tmp_path / "data.jsonl").write_text("\n".join([*lines, '{"comment": "late", "mood": "sad", "id": 3}']))
    assert sum(look(str(tmp_path)).totals.values()) == 61
    (tmp_path / "data.jsonl").write_text("\n".join([*lines, '{"comment": "late", "mood": 3}']))
    assert refused(tmp_path).startswith(f"{tmp_path}/data.jsonl cannot be read as JSONL (")


def test_a_csv_that_begins_with_an_empty_line(tmp_path):
    whole = comments(tmp_path / "a.csv")
    whole.write_text("\n" + whole.read_text())
    assert look(str(whole)).totals == {"train": 48, "test": 12}


# --- read without an error, but most likely not meant ------------------------------------------


def test_a_column_in_which_every_sample_has_a_value_of_its_own_is_not_one_of_labels(tmp_path):
    said, moods = texts(60)
    source = table(tmp_path / "a.csv", {"id": list(range(60)), "comment": said, "mood": moods})
    found = look(str(source), Choices(label="id", text="comment"))
    assert found.problems == ("The column 'id' holds 60 different values for 60 samples: is it the column of labels; "
                              "'mood' looks more like it? Name the column of labels with --label.",)
    swapped = look(str(source), Choices(label="comment", text="mood"))
    assert swapped.problems[0].startswith("The column 'comment' holds 60 different values for 60 samples: is it the "
                                          "column of labels? ") and len(swapped.problems) == 1
    assert look(str(source), Choices(label="mood", text="comment")).problems == ()


def test_folders_of_one_picture_each_are_no_classes(tmp_path):
    pictures(tmp_path, classes=[f"sample{number}" for number in range(40)], each=1)
    assert look(str(tmp_path)).problems[0] == (
        "There are 40 folders for 40 pictures: give a folder that holds a folder for each class, with the pictures of "
        "that class in it.")


def test_held_out_samples_that_are_nearly_all_in_the_training_set_are_refused(tmp_path):
    comments(tmp_path / "train.csv")
    comments(tmp_path / "test.csv", 20)
    found = look(str(tmp_path))
    assert found.problems == (
        "20 of the 20 held-out samples are in the training set too (test.csv, row 1 is train.csv, row 1), so nothing "
        "unseen is left to compare with. Are the columns the right ones (--label, --text or --image), and is --test "
        "another set than the training set?",)
    comments(tmp_path / "test.csv", 20, first=10 ** 6)
    assert look(str(tmp_path)).problems == ()


def test_a_folder_too_far_up_is_refused_and_the_right_one_named(tmp_path):
    pictures(tmp_path / "shapes", classes=("circles", "squares", "stars"))
    pictures(tmp_path / "oneclass", classes=("circles",), first=500)
    assert look(str(tmp_path)).problems == (
        f"2 of the 2 folders in {tmp_path} hold no pictures, only folders of pictures (shapes: circles, squares, "
        f"stars): name the folder that holds the classes, such as {tmp_path}/shapes. If these folders are the classes, "
        "move their pictures up into them.",)
    assert look(str(tmp_path / "shapes")).problems == ()


def test_pictures_further_down_in_one_class_alone_are_taken(tmp_path):
    pictures(tmp_path)
    pictures(tmp_path / "square", classes=("more",), first=500)
    pictures(tmp_path / "circle", classes=("more", "again"), first=900)
    assert look(str(tmp_path)).problems == ()


def test_one_class_is_said_by_its_name_with_a_mend_that_fits(tmp_path):
    pictures(tmp_path / "a", classes=("only",), each=60)
    assert look(str(tmp_path / "a")).problems == (
        "All training samples are of one class (only), and a classifier needs at least two: give the folder that holds "
        "a folder for each class.",)
    source = table(tmp_path / "b.csv", {"text": texts(60)[0], "label": ["x"] * 60})
    assert look(str(source)).problems == (
        "All training samples are of one class (x), and a classifier needs at least two. Is --label the right column?",)


def test_a_problem_is_printed_once(tmp_path, capsys, home):
    from engine.cli.main import main

    pictures(tmp_path / "a", classes=("only",))
    assert main(["add-dataset", "mine", str(tmp_path / "a")]) == 2
    assert capsys.readouterr().err.count("All training samples are of one class") == 1


def test_a_row_is_named_as_a_spreadsheet_counts_it_too(tmp_path):
    said, moods = texts(60)
    said[50] = ""
    noted(table(tmp_path / "a.csv", {"comment": said, "mood": moods}),
          "1 of the 60 samples of the train split is left out (a.csv, data row 51 (52 with the header): its text "
          "is empty).")


def test_sentences_go_with_their_numbers(tmp_path):
    source = table(tmp_path / "a.jsonl", {"text": [f"w{number}" for number in range(60)], "label": [0, 1] * 30})
    assert look(str(source)).sizes == "1 word each"
    numbers = look(str(table(tmp_path / "b.jsonl", {"n": list(range(60)), "label": [0, 1] * 30})), Choices(text="n"))
    assert numbers.sizes == "no texts"
    assert numbers.problems[0].startswith("60 of the 60 samples of the train split are left out (b.jsonl, row 1: its "
                                          "text is '0', a whole number; ")
