"""The one place where errors of libraries become sentences, their log, and what every sentence passes."""

from __future__ import annotations

import json
import stat

import PIL
import pyarrow
import pytest
import safetensors
import sqlalchemy
from PIL import Image

from engine.cli import listing
from engine.cli.main import main
from engine.errors import BadSpec, LabError, Problem, StoreUnavailable
from engine.runs.store import open_store
from engine.system import logs
from engine.system.sentences import sentence
from engine.tidy import tidy

SECRET = "postgresql://u:SECRET@127.0.0.1:{port}/x"


@pytest.mark.parametrize("error, said", [
    (safetensors.SafetensorError("header too large"),
     "A file of weights is damaged (header too large): copy it again, or train it again."),
    (sqlalchemy.exc.OperationalError("SELECT", {}, Exception("disk I/O error")),
     "The run store does not answer (disk I/O error): look at UNLEARN_DATABASE_URL, or try it again."),
    (PIL.UnidentifiedImageError("cannot identify 'x.png'"),
     "A picture cannot be read (cannot identify 'x.png'): save it again as PNG, at most a few thousand pixels wide."),
    (Image.DecompressionBombError("400000000 pixels"),
     "A picture cannot be read (400000000 pixels): save it again as PNG, at most a few thousand pixels wide."),
    (pyarrow.ArrowInvalid("no magic"), "A table cannot be read (no magic): write it again."),
    (RecursionError(), "A value is nested too deeply to be read: make it flatter."),
    (OverflowError("int too large"), "A number is too large to be computed with: choose a smaller one."),
    (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
     "A text holds signs that cannot be written or read as UTF-8: write it in other signs."),
    (PermissionError(13, "Permission denied", "/x"), "/x cannot be read or written (Permission denied)."),
    (KeyError("x"), "KeyError: 'x'."), (ValueError(), "ValueError: no message.")])
def test_errors_of_libraries_are_sentences_that_name_the_log(error, said, home):
    assert sentence(error) == f"{said} Details: {home / 'logs' / 'errors.log'}"
    assert type(error).__name__ in (home / "logs" / "errors.log").read_text()


def test_what_is_meant_or_the_machines_state_needs_no_log(home):
    assert sentence(MemoryError()) == "Out of memory: a smaller batch size needs less."
    assert sentence(OSError(28, "No space", "/x")).startswith("The disk is full: /x could not be written.")
    assert sentence(LabError("No.")) == "No." and not home.exists()


def test_the_log_is_its_owners_alone_and_a_full_one_is_put_aside(home, monkeypatch):
    monkeypatch.setattr(logs, "LARGEST", 100)
    for number in range(6):
        try:
            raise ValueError(f"error {number}")
        except ValueError as error:
            path = logs.keep(error)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "error 5" in path.read_text() and "Traceback" in path.read_text()
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name, *(f"{path.name}.{n}" for n in (1, 2, 3))]


def test_no_traceback_reaches_the_terminal(monkeypatch, capfd, home):
    def broken(options):
        raise RuntimeError("the shapes\ndo not fit")

    monkeypatch.setattr(listing, "command_list", broken)
    said = f"RuntimeError: the shapes. Details: {home / 'logs' / 'errors.log'}"
    assert main(["list", "methods", "--json"]) == 1
    out, err = capfd.readouterr()
    assert json.loads(out) == {"run_id": None, "status": "failed", "reason": said} and err == f"{said}\n"


# --- passwords ------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["1", "notaport"])
def test_a_password_in_an_address_is_shown_nowhere(monkeypatch, capfd, home, port):
    monkeypatch.setenv("UNLEARN_DATABASE_URL", SECRET.format(port=port))
    status = main(["list", "runs", "--json"])
    out, err = capfd.readouterr()
    assert status == (2 if port == "notaport" else 1)
    assert "SECRET" not in out + err and f"postgresql://u:***@127.0.0.1:{port}/x" in err and err.count("\n") == 1
    with pytest.raises(StoreUnavailable) as caught:
        open_store().list()
    assert "SECRET" not in repr(caught.value) + str(caught.value)
    logs.keep(ValueError(SECRET.format(port=port)))
    assert "SECRET" not in (home / "logs" / "errors.log").read_text()


@pytest.mark.parametrize("text, shown", [
    ("mysql://a:p@ss/w:rd@h/x", "mysql://a:***@h/x"), ("sqlite:////home/me/a:b@c", "sqlite:////home/me/a:b@c"),
    ("https://me:word@h/x", "https://me:***@h/x"), ("http://h:80/a?to=b@c", "http://h:80/a?to=b@c"),
    ("pg://h/x?password=a&b=1", "pg://h/x?password=***&b=1"), ("no address: a@b", "no address: a@b")])
def test_what_is_hidden(text, shown):
    assert tidy(text) == shown


# --- long values ----------------------------------------------------------------------------


def test_values_are_cut_in_every_sentence():
    long = "x" * 100_000
    assert len(str(BadSpec([Problem.about("seed", f"is {long!r}, but must be a number.")]))) < 120
    assert str(LabError(f"There is no file {long}.")) == f"There is no file {'x' * 60}…"
    assert len(str(LabError("a b " * 100_000))) < 2100
    assert str(LabError("It isn't there. " * 15)) == "It isn't there. " * 15


# --- the environment ------------------------------------------------------------------------


@pytest.mark.parametrize("home", ["/proc/nowhere", "~nobody-here/x", "/tmp/\udcff"])
def test_an_unusable_home_is_bad_input(home, monkeypatch, capfd):
    monkeypatch.setenv("UNLEARN_HOME", home)
    assert main(["list", "runs", "--json"]) == 2
    out, err = capfd.readouterr()
    assert json.loads(out)["status"] == "bad_input" and err.startswith("UNLEARN_HOME=") and err.count("\n") == 1


def test_words_that_are_no_text(home, capfd):
    assert main(["show", "\udcff"]) == 2  # what Python makes of the byte ff
    assert capfd.readouterr().err == f"There is no run '\\udcff' in {home}.\n"


@pytest.mark.parametrize("seed", ["1" * 400, "-" + "9" * 400, "1" * 5000, "1e999", "nan"])
def test_a_seed_beyond_all_numbers_is_a_sentence(seed, capfd):
    assert main(["preview", f"--seed={seed}"]) == 2
    err = capfd.readouterr().err
    assert err.startswith("seed is ") and err.count("\n") == 1 and len(err) < 250
