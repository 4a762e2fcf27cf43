"""Uploads are kept whole or not at all, and a zip is not believed."""

from __future__ import annotations

import io
import stat
import struct
import zipfile

import pytest
from making import pictures

from engine.errors import BadSource
from engine.own import uploads
from engine.own.layouts import look_into


def zipped(files: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED, **attributes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packed) as archive:
        for name, data in files.items():
            part = zipfile.ZipInfo(name)
            part.compress_type = packed
            for attribute, value in attributes.items():
                setattr(part, attribute, value)
            archive.writestr(part, data)
    return content.getvalue()


def refused(name: str, content: bytes, home) -> str:
    with pytest.raises(BadSource) as caught:
        uploads.keep(name, content)
    there = [path for path in (home / "uploads").rglob("*") if path.is_file()] if (home / "uploads").is_dir() else []
    assert there == [] and "\n" not in str(caught.value), "nothing is left behind"
    return str(caught.value)


def test_a_zip_of_pictures_is_unpacked_once_and_read(tmp_path, home):
    folder = pictures(tmp_path / "shapes")
    content = zipped({f"shapes/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*.png")})
    place = uploads.keep("My shapes.zip", content)
    assert place == uploads.keep("My shapes.zip", content) and place.is_relative_to(home / "uploads")
    assert place.name == "My_shapes" and len(list(place.rglob("*.png"))) == 60
    assert look_into(place).kind == "pictures"
    assert [one.name for one in (home / "uploads").iterdir()] == [place.parent.name]


def test_a_table_is_kept_as_it_is(home):
    place = uploads.keep("a b/../../c d.csv", b"text,label\n")
    assert place.read_bytes() == b"text,label\n" and place.name == "c_d.csv"
    assert place.is_relative_to(home / "uploads")


@pytest.mark.parametrize("name", ["../x.png", "/etc/x.png", "a/../../x.png", "..\\x.png", "C:\\x.png", "a/..",
                                  "\\\\host\\x"])
def test_names_that_lead_out(name, home):
    said = refused("a.zip", zipped({"ok.png": b"1", name: b"2"}), home)
    assert said.startswith("a.zip holds a file named ") and said.endswith("leads out of the folder: make it again.")


@pytest.mark.parametrize("mode, said", [(stat.S_IFLNK | 0o777, "which is a link: put the file itself into it."),
                                        (stat.S_IFIFO | 0o644, "which is no plain file: put the file itself into it."),
                                        (stat.S_IFCHR | 0o644, "which is no plain file: put the file itself into it.")])
def test_links_and_other_files(mode, said, home):
    assert refused("a.zip", zipped({"x": b"/etc/passwd"}, external_attr=mode << 16), home).endswith(said)


def test_sizes_before_and_after_unpacking(home, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 3 * uploads.MB)
    monkeypatch.setattr(uploads, "MOST_UNPACKED", 2 * uploads.MB)
    assert refused("a.csv", b"0" * (3 * uploads.MB + 1), home) == (
        "a.csv has 3 MB, but an upload may have 3: copy it to the machine that the app runs on, and give its path.")
    bomb = zipped({"a.png": b"0" * uploads.MB, "b.png": b"0" * (uploads.MB + 1)})
    assert len(bomb) < 9_000
    assert refused("a.zip", bomb, home) == ("a.zip would unpack to 2 MB, but may to 2: give the folder's path "
                                            "instead.")


def test_a_directory_that_understates_a_size_is_not_believed(home, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_UNPACKED", uploads.MB)
    bomb = bytearray(zipped({"a.png": b"0" * (3 * uploads.MB)}))
    begin = bomb.rindex(b"PK\x01\x02")  # the directory's entry: its size comes 24 bytes after the beginning
    bomb[begin + 24:begin + 28] = struct.pack("<I", 10)
    assert refused("a.zip", bytes(bomb), home).startswith("a.zip ")


def test_too_many_files_encrypted_ones_two_alike_and_none(home, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 3)
    assert "holds 4 files, but may hold 3" in refused("a.zip", zipped(dict.fromkeys("abcd", b"1")), home)
    locked = bytearray(zipped({"a": b"1"}))
    locked[locked.rindex(b"PK\x01\x02") + 8] |= 1
    assert "which is encrypted" in refused("a.zip", bytes(locked), home)
    assert refused("a.zip", zipped({}), home) == "a.zip holds no file: zip the folder with the data."
    assert "two files named 'a'" in refused("a.zip", zipped({"a": b"1", "b": b"2"}).replace(b"b", b"a"), home)


def test_damaged_and_other_files(home):
    content = zipped({"a.png": bytes(range(256)) * 9})
    for wrong in (b"PK", b"none", content[:60], content[:40] + b"\xff" * 30 + content[70:]):
        assert refused("a.zip", wrong, home).startswith("a.zip is no zip file that can be unpacked (")
    assert refused("a.csv", b"", home) == "a.csv is empty: choose another file."
    assert refused("a.exe", b"1", home).startswith("a.exe cannot be read as data: upload a zip of a folder, or one of ")
    assert "cannot be kept" in refused("a.zip", zipped({"a": b"1", "a/b": b"2"}), home)


def test_a_file_of_weights_is_kept(home):
    assert uploads.keep_file("net.pt", b"1").read_bytes() == b"1"
