"""A list of samples in a report: its numbers, the file itself to save, and commands that read it on another machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from engine.errors import LabError
from engine.sample_lists import load
from engine.selection import lists_of
from engine.system.words import plural
from engine.types import Spec
from ui.report.document import Part

SHOWN = 200  # numbers that are written out, and that a command may bring along
FILE = ("The file is in this report. Save it beside the command, which reads it with --forget-list; the numbers are "
        "those of the training samples, counted from 0.")


@dataclass(frozen=True)
class SampleList:
    """A kept list: its name and its numbers, sorted."""

    name: str
    numbers: Sequence[int]

    @property
    def file(self) -> str:
        """What it is saved as."""
        return f"samples-{self.name}.json"

    @property
    def content(self) -> str:
        """The file's text."""
        return json.dumps(list(self.numbers), separators=(",", ":"))

    def part(self) -> Part:
        """The section that shows it."""
        count, shown = len(self.numbers), self.numbers[:SHOWN]
        which = f"{count:,} {plural(count, 'sample')}"
        which = which if count <= SHOWN else f"The first {SHOWN:,} of {which}"
        body = Markup('<p>{}: {}.</p><p><a download="{}" href="data:application/json,{}">{}</a></p>').format(
            which, ", ".join(map(str, shown)), self.file, self.content, f"Save {self.file}")
        return Part("The samples that were forgotten", body, (FILE,))

    def elsewhere(self, commands: Sequence[str]) -> list[str]:
        """The commands for a machine that has no such list: a short one is written by the first of them."""
        asked, given = f"--select list={self.name}", f"--forget-list {self.file}"
        begins = [f"echo '{self.content}' > {self.file}"] if len(self.numbers) <= SHOWN else []
        return [*begins, *(command.replace(asked, given) for command in commands)]


def of(spec: Spec) -> SampleList | None:
    """The list that a run forgot; None where it forgot none, or the list is not on this machine."""
    name = next(iter(lists_of(spec)), None)
    if name is None:
        return None
    try:
        return SampleList(name, load(name))
    except LabError:
        return None  # the command then names the list, and says so where it is run
