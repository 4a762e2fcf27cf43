"""Further columns of a table: samples are chosen by them, and every sample knows its file and row."""

from __future__ import annotations

import json

import pytest
from making import picture, pictures, table

from engine import registry
from engine.cli.main import main
from engine.errors import BadSource
from engine.own import adding
from engine.own.declaration import parse, to_toml
from engine.own.look import Choices
from engine.spec import resolve
from engine.types import Spec
from tests.engine.helping import problems_of

COUNT = 60


def encoded(number: int) -> dict:
    import io

    file = io.BytesIO()
    picture(number).save(file, "PNG")
    return {"bytes": file.getvalue(), "path": None}


@pytest.fixture
def dogs(tmp_path):
    """Pictures in parquet with a breed, a site and labels; every seventh picture is damaged, and left out."""
    images = [{"bytes": b"none", "path": None} if number % 7 == 3 else encoded(number) for number in range(COUNT)]
    breeds = [("Golden retriever", "poodle", None)[number % 3] for number in range(COUNT)]
    return table(tmp_path / "data" / "dogs.parquet", {
        "image": images, "label": [number % 2 for number in range(COUNT)], "breed": breeds,
        "site": [number // 10 for number in range(COUNT)]})


def added(source, name="dogs", **choices):
    found, one = adding.prepared(name, str(source), Choices(**choices))
    assert one is not None, found.problems
    adding.write(name, one)
    return one


def row_of(place: str) -> int:
    return int(place.rpartition(" ")[2].replace(",", "")) - 1


def test_pictures_are_chosen_by_a_column_and_know_their_rows(dogs, capsys, home):
    one = added(dogs, attributes=("breed", "site"))
    data = registry.get("dataset", "dogs").load({})
    assert data.content == one.declaration.content
    for pool in (data.train, data.heldout):
        about = data.about["train" if pool is data.train else "heldout"]
        assert len(about.places) == len(about.columns["breed"]) == len(pool)
        for place, breed, site in zip(about.places, about.columns["breed"], about.columns["site"], strict=True):
            row = row_of(place)
            assert row % 7 != 3 and breed == ("Golden retriever", "poodle", "")[row % 3] and site == str(row // 10)
    assert main(["preview", "--dataset", "dogs", "--scenario", "matching", "--select", "word=retriever", "--select",
                 "column=breed", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    wanted = data.about["train"].columns["breed"].count("Golden retriever")
    assert found["sizes"]["forget"] == wanted > 5
    assert found["sizes"]["unseen"] == data.about["heldout"].columns["breed"].count("Golden retriever")


def test_from_the_command_line_to_a_run_with_a_table_of_rows(dogs, capsys, home):
    assert main(["add-dataset", "dogs", str(dogs), "--attribute", "site", "--epochs", "1", "--json"]) == 0
    asked = ["--dataset", "dogs", "--scenario", "matching", "--select", "pattern=^[12]$", "--method", "finetune",
             "--set", "retain_epochs=1", "--train-original", "--json"]
    assert main(["run", *asked]) == 0, "the only column need not be named"
    run_id = json.loads(capsys.readouterr().out.splitlines()[-1])["run_id"]
    assert main(["show", run_id, "--samples", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    forgotten = [row_of(row["place"]) for row in rows if row["set"] == "forget"]
    assert forgotten and all(10 <= row < 30 for row in forgotten)
    others = [row_of(row["place"]) for row in rows if row["set"] in ("retain", "test")]
    assert others and not any(10 <= row < 30 for row in others)
    assert main(["show", run_id, "--samples"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "set,sample,loss,entropy,correct,predicted,phi,place"


@pytest.mark.parametrize("choices, said", [
    ({"attributes": ("breeed",)}, "--attribute: No column in dogs.parquet named 'breeed'. Did you mean 'breed'?"),
    ({"attributes": ("label",)}, "--attribute is 'label', which is the column of samples or labels already: name "
                                 "another column."),
    ({"attributes": ("site", "site")}, "--attribute site is given twice: give it once.")])
def test_columns_that_cannot_be_had(dogs, choices, said):
    with pytest.raises(BadSource) as refused:
        adding.prepared("dogs", str(dogs), Choices(**choices))
    assert str(refused.value) == said


def test_pictures_in_folders_have_none(tmp_path):
    with pytest.raises(BadSource, match=r"^--attribute is 'breed', but circle/000.png has no column beside samples"):
        adding.prepared("shapes", str(pictures(tmp_path / "shapes")), Choices(attributes=("breed",)))


@pytest.mark.parametrize("selection, said", [
    ({"word": "poodle"}, "column is missing: Dogs has the columns breed, site, so name one of them."),
    ({"word": "poodle", "column": "bread"}, "column is 'bread', but Dogs has no such column: its further columns are "
                                            "breed, site.")])
def test_a_column_is_named_where_there_are_several(dogs, selection, said):
    added(dogs, attributes=("breed", "site"))
    assert problems_of(Spec("dogs", scenario="matching", selection=selection)) == [said]


def test_data_without_texts_and_columns_refuse():
    assert problems_of(Spec("digits", scenario="matching", selection={"word": "x"})) == [
        "The scenario 'matching' looks for words, but Digits holds no texts and no further columns: choose data of "
        "texts, add your data with --attribute COLUMN, or name samples with the scenario 'listed'."]
    assert problems_of(Spec("go_emotions", scenario="matching", selection={"word": "x", "column": "id"})) == [
        "column is 'id', but GoEmotions has no such column: it has no further columns."]


def test_texts_can_be_chosen_by_a_column_too(tmp_path, home):
    said = [f"comment {number} is {'good' if number % 2 else 'bad'}" for number in range(COUNT)]
    source = table(tmp_path / "c.csv", {"text": said, "label": [number % 2 for number in range(COUNT)],
                                        "author": [f"a{number % 6}" for number in range(COUNT)]})
    added(source, "comments", attributes=("author",))
    spec = resolve(Spec("comments", scenario="matching", selection={"word": "a3", "column": "author"})).spec
    data = registry.get("dataset", "comments").load({})
    chosen = registry.get("scenario", "matching").select(data, spec)
    assert len(chosen) > 4 and all(row_of(data.about["train"].places[number]) % 6 == 3 for number in chosen.tolist())


def test_the_file_keeps_the_columns_and_other_data_keep_their_identity(dogs, home):
    with_columns = added(dogs, attributes=("breed",)).declaration
    assert parse(to_toml("dogs", with_columns)) == with_columns and with_columns.read.attributes == ("breed",)
    plain = added(dogs, "plain").declaration
    assert "attributes" not in to_toml("plain", plain) and plain.code != with_columns.code
    assert plain.content != with_columns.content, "who is chosen depends on the values"
    assert registry.get("dataset", "dogs").attributes == ("breed",) and not registry.get("dataset", "plain").attributes


def test_identities_of_data_without_further_columns_stay_as_they_were(dogs, home):
    from dataclasses import asdict, replace

    from engine.system.files import short_hash

    plain = added(dogs, "plain").declaration
    read = {name: value for name, value in asdict(replace(plain.read, test=None)).items() if name in (
        "label", "image", "text", "test", "size", "heldout", "drop_duplicates")}
    assert plain.code == short_hash({"content": plain.content, "read": read, "classes": 2, "mean": plain.mean,
                                     "std": plain.std})
