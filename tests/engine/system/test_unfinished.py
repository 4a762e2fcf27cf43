"""What a kill -9 leaves behind is removed at the next start, and nothing of a process that lives."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from helping import kill

from engine.system.files import work_folder, write_folder, write_whole
from engine.system.paths import home as home_folder
from engine.system.unfinished import FOLDER, Note, clear, noted


@pytest.fixture(autouse=True)
def made(home):
    return home_folder()


def everything(*folders):
    return sorted(str(path) for folder in folders for path in folder.rglob("*") if path.name != FOLDER)


def file(folder, ready):
    write_whole(folder / "one", lambda temporary: (temporary.write_text("half"), ready()))


def files(folder, ready):
    write_folder(folder / "one", lambda temporary: ((temporary / "half").write_text("half"), ready()))


def working(folder, ready):
    with work_folder() as place:
        (place / "half").write_text("half")
        ready()


def several(folder, ready):
    """As an Original is written: its sidecar comes last."""
    with noted(Note((str(folder / "home" / "weights"),), unless=str(folder / "home" / "sidecar"))):
        (folder / "home" / "weights").write_text("whole")
        ready()


@pytest.mark.parametrize("work", [file, files, working, several])
def test_a_kill_leaves_nothing_after_the_next_start(work, tmp_path, home, forked):
    pid = forked(lambda ready: work(tmp_path, ready))
    there = everything(tmp_path)
    assert len(there) >= 2 and clear() == [] and everything(tmp_path) == there, "it lives"
    kill(pid)
    assert len(clear()) == 1 and everything(tmp_path) == [str(home)]


def test_what_was_whole_stays(tmp_path, home, forked):
    def work(ready):
        with noted(Note((str(home / "weights"),), unless=str(home / "sidecar"))):
            (home / "weights").write_text("")
            (home / "sidecar").write_text("")
            ready()

    kill(forked(work))
    assert clear() == [] and everything(home) == [str(home / "sidecar"), str(home / "weights")]


def test_a_note_leads_to_nothing_but_our_files(tmp_path, home):
    """Whatever is in a note: only what lies in the home folder, or is named like a temporary file, is removed."""
    mine = tmp_path / "thesis.txt"
    mine.write_text("x")
    (home / FOLDER).mkdir()
    hostile = json.dumps({"paths": [str(mine)], "unless": None, "runs": [], "store": None})
    for number, text in enumerate(["", "[]", "{", "[" * 100_000, '{"paths": 1}', hostile]):
        (home / FOLDER / str(number)).write_text(text)
    assert clear() == [] and mine.read_text() == "x" and list((home / FOLDER).iterdir()) == []


def test_where_nothing_can_be_noted_the_work_is_done_all_the_same(tmp_path, home):
    (home / FOLDER).write_text("a file in the place of the folder")
    write_whole(tmp_path / "one", lambda temporary: temporary.write_text("x"))
    assert (tmp_path / "one").read_text() == "x"


def test_notes_of_one_process_are_apart(home):
    with ExitStack() as stack:
        for name in ("a", "b"):
            stack.enter_context(noted(Note((str(home / name),))))
        assert len(list((home / FOLDER).iterdir())) == 2 and clear() == []
    assert list((home / FOLDER).iterdir()) == []
