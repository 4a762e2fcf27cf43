"""Whole files or none: two writers at once, the umask, full disks, and the home folder's mode."""

from __future__ import annotations

import errno
import os
import stat
import threading

import pytest

from engine.errors import LabError, NotWritten
from engine.system.files import work_folder, write_folder, write_whole
from engine.system.paths import home as home_folder


@pytest.fixture
def umask():
    """Sets the umask for a test."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_two_threads_may_write_one_file(tmp_path):
    path, errors = tmp_path / "one", []

    def write(letter):
        try:
            for _ in range(100):
                write_whole(path, lambda temporary: temporary.write_bytes(letter * 5_000))
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and path.read_bytes() in (b"a" * 5_000, b"b" * 5_000)
    assert list(tmp_path.iterdir()) == [path]


def private(path):
    """Writes as some libraries do: a file of its own, for its owner only, in place of the one that is there."""
    path.unlink()
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


@pytest.mark.parametrize("mask, expected", [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
@pytest.mark.parametrize("write", [lambda path: path.write_text("x"), private])
def test_the_umask_is_kept(tmp_path, umask, mask, expected, write):
    umask(mask)
    write_whole(tmp_path / "one", write)
    assert mode(tmp_path / "one") == expected


def test_the_home_folder_is_made_for_its_owner_and_an_old_one_is_left_alone(home, umask, monkeypatch):
    assert mode(home_folder()) == 0o700
    home.chmod(0o755)
    assert mode(home_folder()) == 0o755


class SafetensorError(Exception):
    """As the library has it, whose errors are no OSErrors."""


FULL = OSError(errno.ENOSPC, "No space left on device")
RUST = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
OLDER = SafetensorError('Error while serializing: I/O error: Os { code: 28, kind: StorageFull, message: "..." }')


@pytest.mark.parametrize("error", [FULL, RUST, OLDER])
@pytest.mark.parametrize("how", [write_whole, write_folder])
def test_a_full_disk_is_one_sentence_that_names_the_file(tmp_path, how, error):
    def write(temporary):
        raise error

    with pytest.raises(NotWritten) as caught:
        how(tmp_path / "one", write)
    assert str(caught.value) == (f"{tmp_path}/one could not be written (No space left on device): free some space and "
                                 "run it again.")
    assert isinstance(caught.value, LabError) and caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritten, match=r"^.*/file/one could not be written \(.*\): make its folder one that can be "
                                         r"written, or name another one\.$"):
        write_whole(tmp_path / "file" / "one", lambda temporary: temporary.write_text("x"))


@pytest.mark.parametrize("error", [SafetensorError("header too large"), ValueError("x"),
                                   FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere/samples.parquet")])
def test_other_errors_stay_what_they_are(tmp_path, error):
    """A file that is read while another one is written is not the one that could not be written."""
    def write(temporary):
        raise error

    with pytest.raises(type(error)) as caught:
        write_whole(tmp_path / "one", write)
    assert caught.value is error


def test_a_folder_appears_with_all_its_files(tmp_path):
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "empty", tmp_path / "new"):
        def write(folder, target=target):
            for name in "ab":
                (folder / name).write_text(name)
                assert not target.exists() or list(target.iterdir()) == []

        write_folder(target, write)
        assert sorted(path.name for path in target.iterdir()) == ["a", "b"]


def test_a_folder_to_work_in_goes_with_the_work(home):
    with work_folder() as folder:
        assert folder.parent == home and mode(folder) == 0o700
        (folder / "x").write_text("")
    assert not folder.exists() and list((home / "unfinished").iterdir()) == []
