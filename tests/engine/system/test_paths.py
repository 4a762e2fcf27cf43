"""Folders with odd names, and machines without a home folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.errors import StoreUnavailable
from engine.runs.store import Store
from engine.system import hub, paths


@pytest.mark.parametrize("name", ["100%25", "a?b=c#d", "ü %zz", "a@b:c", "x&mode=ro", "[o]{p}", "+ ;"])
def test_a_store_in_a_folder_of_any_name_is_in_that_folder(tmp_path, name):
    Store(tmp_path / name)
    assert (tmp_path / name / "runs.sqlite").is_file()
    assert [one.name for one in tmp_path.iterdir() if one.name != "home"] == [name]


@pytest.fixture
def homeless(monkeypatch):
    def no_home(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)


def test_without_a_home_folder_a_path_stays_as_it_is(homeless):
    assert paths.expanded("~/x") == Path("~/x")
    assert hub.cached("HF_DATASETS_CACHE", "datasets", "*") is False


def test_a_home_that_cannot_be_found_is_named(homeless, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", "~nobody/x")
    assert paths.datasets_folder() is None
    with pytest.raises(StoreUnavailable, match=r"^UNLEARN_HOME=~nobody/x cannot be used \(this machine knows no folder "
                                               r"for it\): write the whole path\.$"):
        paths.home()


def test_the_folder_is_the_one_that_is_there_now(tmp_path, monkeypatch):
    asked, other = tmp_path / "results", tmp_path / "other"
    monkeypatch.setenv("UNLEARN_HOME", str(asked))
    assert paths.home() == asked and paths.home() == asked and asked.is_dir()
    asked.rmdir()
    assert paths.home() == asked and asked.is_dir(), "made again"
    asked.rmdir()
    other.mkdir()
    asked.symlink_to(other)
    assert paths.home() == other, "another folder has taken its place"
    monkeypatch.chdir(other)
    monkeypatch.setenv("UNLEARN_HOME", "inside")
    assert paths.home() == other / "inside"
    monkeypatch.chdir(tmp_path)
    assert paths.home() == tmp_path / "inside"


@pytest.mark.parametrize("words", [["list", "datasets"], ["add-dataset", "x", "~/pictures"],
                                   ["archive", "export", "x.zip"],
                                   ["import-original", "~/x", "--dataset", "digits"]])
def test_commands_without_a_home_folder(homeless, home, words, capsys):
    assert main(words) in (0, 2)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(("encoding", "mend"), [("utf-8", "choose"), ("iso8859-1", "set LC_ALL=C.UTF-8, or choose")])
def test_a_name_that_the_locale_has_no_signs_for(encoding, mend, monkeypatch):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: encoding)
    monkeypatch.setenv("UNLEARN_HOME", "/tmp/\udce6")
    with pytest.raises(StoreUnavailable, match=rf"\(it holds signs that are no text\): {mend} another name\.$"):
        paths.home()
