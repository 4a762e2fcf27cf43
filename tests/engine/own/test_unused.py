"""Uploads that nothing reads from any more: with their data set, or at the next start; never one that is in use."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from engine.errors import BadSource
from engine.own import folder, unused, uploads
from engine.runs.queue import manager

CONTENT = b"comment,mood\nfine,joy\n"


def old(place: Path, days: float = 2.0) -> Path:
    """The folder of an upload, as if it were some days old."""
    then = time.time() - days * unused.DAY
    os.utime(place.parent.parent, (then, then))
    return place.parent.parent


def declare(home: Path, name: str, source: Path) -> Path:
    place = home / "datasets" / f"{name}.toml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"title = 'Mine'\nsource = '{source}'\n", encoding="utf-8")
    return place


def test_an_upload_goes_with_the_last_data_set_that_reads_from_it(home):
    kept = uploads.keep("moods.csv", CONTENT)
    for name in ("first", "second"):
        declare(home, name, kept)
    folder.remove("first")
    assert kept.is_file(), "the second reads from it"
    folder.remove("second")
    assert not kept.exists() and not kept.parent.parent.exists()


def test_a_path_of_ones_own_is_never_removed(home, tmp_path):
    mine = tmp_path / "uploads" / "moods.csv"
    mine.parent.mkdir()
    mine.write_bytes(CONTENT)
    declare(home, "mine", mine)
    folder.remove("mine")
    assert mine.is_file()


def test_what_nobody_uses_goes_at_the_next_start_once_it_is_a_day_old(home):
    fresh, used, left = (uploads.keep(f"{name}.csv", CONTENT + name.encode()) for name in ("fresh", "used", "left"))
    declare(home, "mine", used)
    broken = home / "uploads" / ".0123456789abcdef" / "half.csv"
    broken.parent.mkdir()
    broken.write_bytes(b"x")
    gone = [old(left), broken.parent]
    os.utime(broken.parent, (0, 0))
    old(used)
    manager()
    assert fresh.is_file() and used.is_file() and not any(one.exists() for one in gone)


def test_an_upload_that_is_used_again_is_young_again(home):
    kept = uploads.keep("moods.csv", CONTENT)
    old(kept)
    assert uploads.keep("moods.csv", CONTENT) == kept
    assert unused.clear() == [] and kept.is_file()


def test_a_file_that_is_no_declaration_still_protects_what_it_names(home):
    kept = uploads.keep("moods.csv", CONTENT)
    old(kept)
    declare(home, "broken", kept).write_text(f"[[[ '{kept}'", encoding="utf-8")
    assert unused.clear() == [] and kept.is_file()


def test_without_a_folder_of_uploads_there_is_nothing_to_do(home):
    assert unused.clear() == [] and unused.clear_of("uploads/0123456789abcdef") == []


def test_weights_are_lent_and_then_removed_whatever_happens(home):
    with uploads.lent("../ne t.pt", b"1") as place:
        assert place.read_bytes() == b"1" and place.name == "ne_t.pt"
        assert place.parent.parent == home
    assert not place.exists() and not list(home.glob(".work*"))
    with pytest.raises(RuntimeError), uploads.lent("net.pt", b"1"):
        raise RuntimeError("the import fails")
    assert not list(home.glob(".work*"))
    with pytest.raises(BadSource, match=r"net\.pt is empty"), uploads.lent("net.pt", b""):
        pass
