"""The archive format and its reader: runs in a zip of JSON and parquet, nothing of it taken on trust.

    manifest.json            format, version, created (UTC), number of runs, sha256 and size of every other member
    runs.json                a list of runs, each with the columns of ``engine.runs.archive.columns.COLUMNS``
    events.parquet           run, seq, payload (JSON text)
    weights/<run id>.safetensors  what the run ended with, where that was asked for
    lists/<name>.json        the lists of samples that its runs were asked to forget
    datasets/<name>.toml     what a person's own data sets are that its runs are about
    samples/<run id>.parquet per-sample losses: set, sample, loss, entropy, correct, predicted, phi

Whatever is wrong with an archive is a BadArchive in one sentence. A member's sha256 is checked whenever it is
read, so a listing of runs does not wait for samples. The hashes find accidents and careless edits; they are no
signature. No pickle, and nothing is unpacked to a disk. ``engine.runs.archive.transfer`` writes and takes them over.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadArchive
from engine.runs.archive import declarations
from engine.runs.archive.columns import problem
from engine.runs.archive.courses import Courses
from engine.runs.archive.limits import (
    MOST_RUNS,
    TooLarge,
    check_directory,
    check_members,
    named,
    strict_json,
    unpacked,
)
from engine.runs.archive.tables import LATER, events_schema, impossible, is_safetensors, read_table, samples_schema
from engine.runs.records import spec_of
from engine.sample_lists import checked
from engine.selection import lists_of
from engine.system.shapes import shown

if TYPE_CHECKING:
    import pyarrow
    from pandas import DataFrame

    from engine.own.declaration import Declaration

FORMAT, VERSION, SUFFIX = "machine-unlearning-runs", 4, ".zip"
MANIFEST, RUNS, EVENTS = "manifest.json", "runs.json", "events.parquet"
ATTACKED = ("forget", "test", "unseen", "validation")  # what attacks and distances look at; retain is far larger


def samples_name(run_id: str) -> str:
    """The member with a run's per-sample table."""
    return f"samples/{run_id}.parquet"


def weights_name(run_id: str) -> str:
    """The member with the weights that a run ended with."""
    return f"weights/{run_id}.safetensors"


def list_name(name: str) -> str:
    """The member with a list of samples."""
    return f"lists/{name}.json"


class Archive:
    """An archive whose manifest and runs are read and checked; events and samples are read when asked for."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        with self._open() as archive:
            infos = self._members(archive)
            self.manifest = self._manifest(archive)
            self._check_names(set(infos))
            self.runs: list[dict[str, Any]] = self._json(archive, RUNS)
        self._check_runs()

    def verify(self) -> None:
        """Reads every member, compares its sha256 with the manifest's and checks the events; raises BadArchive."""
        with self._open() as archive:
            for name in self.manifest["members"]:
                if name != EVENTS:  # those are checked as they are read
                    self._bytes(archive, name)
        with self._of_events():
            self._courses.check()

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """A run's events in order, each with its ``seq``; raises BadArchive."""
        with self._of_events():
            return self._courses.of(run_id)

    def has_samples(self, run_id: str) -> bool:
        """Whether it holds a run's per-sample table."""
        return samples_name(run_id) in self.manifest["members"]

    def samples(self, run_id: str) -> DataFrame | None:
        """The per-sample table as :meth:`Store.load_samples` has it; None where there is none."""
        name = samples_name(run_id)
        if not self.has_samples(run_id):
            return None
        with self._open() as archive:
            table = self._table(archive, name, *map(samples_schema, range(len(LATER) + 1)), texts=("set",))
        frame = table.to_pandas().astype({"sample": "int64"})
        if strange := sorted(set(frame["set"].unique()) - {"retain", *ATTACKED}):
            raise self._bad(f"its member {name} has samples of a set {named(strange[0])} that runs do not have")
        if wrong := impossible(frame):
            raise self._bad(f"its member {name} {wrong}")
        return frame.astype({"set": "str"})

    def weights(self, run_id: str) -> bytearray | None:
        """The weights that a run ended with, as :mod:`engine.runs.packing` made them; None where there are none."""
        name = weights_name(run_id)
        if name not in self.manifest["members"]:
            return None
        with self._open() as archive:
            content = self._bytes(archive, name)
        if not is_safetensors(content):
            raise self._bad(f"its member {name} is no safetensors file")
        return content

    def lists(self) -> dict[str, tuple[int, ...]]:
        """The lists of samples that it carries, by their names; raises BadArchive."""
        found = {}
        with self._open() as archive:
            for name in self._list_names:
                if list_name(name) not in self.manifest["members"]:
                    continue
                content = self._bytes(archive, list_name(name))
                try:
                    found[name] = checked(content, name)
                except (ValueError, RecursionError):
                    raise self._bad(f"its member {list_name(name)} is not the list of that name") from None
        return found

    def declarations(self) -> dict[str, Declaration]:
        """What it says of a person's own data sets, by their names; raises BadArchive."""
        with self._open() as archive:
            return {name: declarations.read(self._bytes(archive, member), member, self._bad)
                    for name, member in self._declared.items() if member in self.manifest["members"]}

    @property
    def _declared(self) -> dict[str, str]:
        return declarations.members(record["spec"]["dataset"] for record in self.runs)

    @property
    def _list_names(self) -> set[str]:
        """The names of the lists that its runs go by."""
        return {name for record in self.runs for name in lists_of(spec_of(record["spec"]))}

    @functools.cached_property
    def _courses(self) -> Courses:
        with self._open() as archive, self._of_events():
            return Courses(self._table(archive, EVENTS, events_schema(), texts=("run", "payload")),
                           [run["id"] for run in self.runs])

    @contextmanager
    def _of_events(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise self._bad(f"its member {EVENTS} {error}") from None

    # --- checks -----------------------------------------------------------------------------

    def _bad(self, what: str) -> BadArchive:
        return BadArchive(f"{self.path.name} cannot be used: {what}.")

    @contextmanager
    def _open(self) -> Iterator[zipfile.ZipFile]:
        try:
            check_directory(self.path)
            with zipfile.ZipFile(self.path) as archive:
                yield archive
        except TooLarge as error:
            raise self._bad(str(error)) from None
        except (FileNotFoundError, NotADirectoryError):
            raise BadArchive(f"There is no file {self.path}.") from None
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError) as error:
            raise self._bad(self._why_no_zip()) from error
        except OSError as error:
            if error.errno == errno.EINVAL:  # a damaged directory points outside the file
                raise self._bad(self._why_no_zip()) from error
            raise BadArchive(f"{self.path} cannot be read ({error.strerror or error}).") from error

    def _why_no_zip(self) -> str:
        with self.path.open("rb") as file:
            first = file.read(4)
        if first != b"PK\x03\x04":
            return "it is empty" if not first else "it is not a zip file, so it is not an archive of runs"
        if not zipfile.is_zipfile(self.path):
            return "it is cut off before its end; copy or download it again"
        return "it is damaged; copy or download it again"

    def _members(self, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
        """The zip's directory, where nothing in it is out of place or absurdly large."""
        check_members(archive.infolist())
        found: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            name = info.orig_filename
            if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name or "\0" in name:
                raise self._bad(f"its member {named(name)} has a name that leads out of the archive")
            if name in found:
                raise self._bad(f"it has two members named {named(name)}")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
                raise self._bad(f"its member {named(name)} is encrypted or packed in another way than deflated")
            found[name] = info
        return found

    def _manifest(self, archive: zipfile.ZipFile) -> dict[str, Any]:
        if MANIFEST not in archive.namelist():
            raise self._bad(f"its member {MANIFEST} is missing, so it is not an archive of runs")
        manifest = self._parsed(MANIFEST, unpacked(archive, MANIFEST))
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise self._bad(f"its {MANIFEST} does not say that it is an archive of runs (format {FORMAT!r})")
        version = manifest.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise self._bad(f"its {MANIFEST} has the version {version!r}, but it must be a whole number from 1")
        if version > VERSION:
            raise self._bad(f"it is of version {version} of the format, and this program knows versions up to "
                            f"{VERSION}; update the program")
        members = manifest.get("members")
        if not isinstance(members, dict) or not all(
                isinstance(about, dict) and isinstance(about.get("sha256"), str) and type(about.get("bytes")) is int
                for about in members.values()):
            raise self._bad(f"its {MANIFEST} does not list the sha256 and the bytes of its members")
        return manifest

    def _check_names(self, there: set[str]) -> None:
        for name in sorted({MANIFEST, RUNS, EVENTS, *self.manifest["members"]} - there):
            raise self._bad(f"its member {name} is missing")
        for name in sorted(there - {MANIFEST, *self.manifest["members"]}):
            raise self._bad(f"it has a member {named(name)} that its {MANIFEST} does not list")

    def _check_runs(self) -> None:
        if not isinstance(self.runs, list) or len(self.runs) != self.manifest.get("runs"):
            raise self._bad(f"its member {RUNS} is not a list of {shown(self.manifest.get('runs'))} runs")
        if len(self.runs) > MOST_RUNS:
            raise self._bad(f"it has {len(self.runs):,} runs, but the limit is {MOST_RUNS:,}")
        for number, record in enumerate(self.runs, start=1):
            if wrong := problem(record, number):
                raise self._bad(f"{wrong}, in {RUNS}")
        ids = [record["id"] for record in self.runs]
        if twice := [run_id for run_id, count in Counter(ids).items() if count > 1]:
            raise self._bad(f"it has two runs with the id {twice[0]}")
        known = {MANIFEST, RUNS, EVENTS, *map(samples_name, ids), *map(weights_name, ids),
                 *map(list_name, self._list_names), *self._declared.values()}
        for name in sorted(set(self.manifest["members"]) - known):
            raise self._bad(f"it has a member {named(name)} that no archive of these runs has")

    def _bytes(self, archive: zipfile.ZipFile, name: str) -> bytearray:
        content, about = unpacked(archive, name), self.manifest["members"][name]
        if (hashlib.sha256(content).hexdigest(), len(content)) != (about["sha256"], about["bytes"]):
            raise self._bad(f"its member {name} was changed or damaged (its sha256 is not the one in {MANIFEST})")
        return content

    def _json(self, archive: zipfile.ZipFile, name: str) -> Any:
        return self._parsed(name, self._bytes(archive, name))

    def _parsed(self, name: str, content: bytearray) -> Any:
        try:
            return strict_json(content)
        except TooLarge as error:
            raise self._bad(f"its member {name} is too large: {error}") from None
        except (ValueError, RecursionError):
            raise self._bad(f"its member {name} is not valid JSON") from None

    def _table(self, archive: zipfile.ZipFile, name: str, schema: pyarrow.Schema,
               *others: pyarrow.Schema, texts: tuple[str, ...] = ()) -> pyarrow.Table:
        """A member as a table of the schema, or of one of the others that it may have as well.

        ``texts`` stay in dictionaries: a file may say a long text a million times in a few bytes.
        """
        try:
            return read_table(self._bytes(archive, name), (schema, *others), texts)
        except ValueError as error:
            raise self._bad(f"its member {name} {error}") from None
