"""``python -m engine reproduce table1``: a table of the paper, computed here and printed beside the paper's numbers.

Resumable: what has finished, here or among the recorded runs, is used; what is missing is computed in this process,
one run after another, retraining first per size (in profile ``paper`` one training serves all seeds). A run that
fails is told with its reason and the rest goes on; what another process is running is left to it.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import registry
from engine.cli.commands import Result, as_number
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadInput, BadSpec
from engine.originals.checkpoints import open_checkpoints
from engine.registry import names
from engine.runs import estimates
from engine.runs.here import heartbeat, run_here
from engine.runs.store import Run, Store, open_store
from engine.spec import Resolved, resolve
from engine.studies.comparison import REFERENCE, Comparison, Runs, check, find_runs
from engine.studies.exports import cells_of, to_markdown, to_text, what_is_forgotten
from engine.studies.paper import TABLES, PaperTable
from engine.studies.table import ORIGINAL, build_table, method_title
from engine.system.words import numbered, plural
from engine.types import PROFILES, Spec

SEEDS = ("0", "1", "2")  # as many as the paper's
STAND_IN = "cifar10"  # numbers are checked against it where the table's own data set is not known here
LEGEND = ("* differs from the paper's value by more than two standard deviations; ^ best, ties within the noise floor "
          "shared.")


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("reproduce", help="compute a table of the paper, or go on with it")
    parser.add_argument("table", metavar="|".join(TABLES))
    for flag, what in (("--forget-fractions", "sizes of a random subset (default: the table's)"),
                       ("--classes", "classes to forget, by name or number (default: the table's)"),
                       ("--methods", "methods, also beyond the table (default: the table's)")):
        parser.add_argument(flag, nargs="+", help=what)
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--seeds", nargs="+", default=list(SEEDS), help=f"default: {' '.join(SEEDS)}")
    parser.add_argument("--profile", default="paper", help="paper or corrected (default: paper)")
    parser.add_argument("--recorded-only", action="store_true", help="compute nothing: only runs that are there")
    parser.add_argument("--train-original", action="store_true", help="train an Original where these data have none")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON array of cells on stdout")
    shape.add_argument("--markdown", action="store_true", help="print one Markdown table per size or class")
    parser.set_defaults(work="reproduce")


def command_reproduce(options: Namespace) -> Result:
    """Computes what a table lacks; returns its cells (``--json``), Markdown or plain text. Raises BadInput."""
    table = _table_of(options.table)
    comparisons = _comparisons(options, table)
    store = open_store()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        _say(text)

    status = 0 if options.recorded_only else _compute(comparisons, store, options.train_original, say)
    found = [(comparison, _all_runs(comparison, table, store)) for comparison in comparisons]
    tables = [build_table(comparison, runs, table.metrics) for comparison, runs in found]
    told = [line for comparison, runs in found for line in _told(comparison, runs)]
    for line in told if options.json else ():
        if line not in said:  # when the run ended
            say(line)
    for line in _elsewhere(comparisons, store) if options.recorded_only else ():
        _say(line)
    if options.json:
        return [cell for built in tables for cell in cells_of(built)], status
    if options.markdown:
        return "\n".join([*map(to_markdown, tables), *(f"- {line}" for line in told)]).rstrip(), status
    return "\n".join([f"{table.title}\n", *(to_text(built) for built in tables), LEGEND, *told]), status


# --- what was asked for ---------------------------------------------------------------------


def _table_of(name: str) -> PaperTable:
    key = name.lower().replace(" ", "")
    if key not in TABLES:
        raise BadInput(f"No table named {name!r}. Valid: {', '.join(TABLES)}.")
    return TABLES[key]


def _comparisons(options: Namespace, table: PaperTable) -> list[Comparison]:
    """One comparison per size or class; raises BadInput, with every problem."""
    known = table.dataset in names("dataset")
    if not known and not options.recorded_only:
        raise BadInput(f"{table.title} needs the data set {table.dataset!r}, which is not there yet: it cannot be "
                       "computed. With --recorded-only the paper's numbers are shown without ours.")
    forgets, problems = _forgets(options, table)
    methods = tuple(_words(options.methods)) if options.methods else table.methods
    methods = tuple(method for method in methods if method != ORIGINAL)
    if not methods:
        problems.append(f"--methods names no method: the row {ORIGINAL!r} is always shown.")
    seeds = tuple(_whole(as_number(word)) for word in _words(options.seeds))
    made = [Comparison(table.dataset, table.scenario, forget, methods or table.methods[1:], seeds, options.profile,
                        options.model) for forget in forgets]
    for comparison in made:
        try:
            check(comparison if known else replace(comparison, dataset=STAND_IN))
        except BadSpec as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise BadSpec(problems)
    made = [_by_number(comparison) for comparison in made] if known else made
    sizes = [comparison.forget for comparison in made]
    twice = [size for size in dict.fromkeys(sizes) if sizes.count(size) > 1]
    if twice:
        what = "forget_class" if registry.by_class(table.scenario) else "forget_fraction"
        raise BadSpec([f"{what} {size} is chosen twice: once is enough." for size in twice])
    return made


def _forgets(options: Namespace, table: PaperTable) -> tuple[list[Any], list[str]]:
    """What to forget, by the table or as asked, and what is wrong with it."""
    by_class = registry.by_class(table.scenario)
    sizes = [("--forget-fractions", options.forget_fractions), ("--classes", options.classes)]
    (flag, mine), (wrong, others) = reversed(sizes) if by_class else sizes
    problems = []
    if others:
        what = "an entire class" if by_class else "a random subset"
        problems.append(f"{wrong} does not go with {table.name}, which forgets {what}: use {flag}.")
    chosen = [as_number(word) for word in _words(mine)] if mine else list(table.forgets)
    return chosen, problems


def _words(texts: Sequence[str]) -> list[str]:
    """The values of a flag, separated by spaces or by commas."""
    return [word for text in texts for word in text.split(",") if word]


def _whole(number: Any) -> Any:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _by_number(comparison: Comparison) -> Comparison:
    """The comparison with its class as a number and its fraction as one."""
    spec = resolve(comparison.spec(comparison.methods[0], comparison.seeds[0])).spec
    by_class = registry.by_class(comparison.scenario)
    return replace(comparison, forget=spec.forget_class if by_class else spec.forget_fraction)


# --- computing ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Todo:
    """One run to carry out; ``queued`` is its id where it waits in the queue already."""

    comparison: Comparison
    method: str
    seed: int
    queued: str | None

    @property
    def resolved(self) -> Resolved:
        return resolve(self.comparison.spec(self.method, self.seed))


def _compute(comparisons: Sequence[Comparison], store: Store, train_original: bool,
             say: Callable[[str], None] | None = None) -> int:
    """Carries out what is missing, one run after another; returns 130 where it was stopped, else 0."""
    store.mark_interrupted()
    say = say or _say
    line, tried = ProgressLine(), set()
    with ctrl_c() as cancel, heartbeat(store):
        while todo := [item for item in _missing(comparisons, store) if _key(item) not in tried]:
            item = todo[0]
            tried.add(_key(item))
            if item.queued and store.claim(item.queued) is None:
                continue  # somebody else has taken it
            tell = _teller(line, todo, len(tried), store)
            run = run_here(item.resolved, store, train_original, cancel, tell, item.queued)
            line.end()
            for text in filter(None, (run["notice"], _state(item.comparison, item.method, item.seed, run))):
                say(text)
            if cancel.is_set() or run["status"] == "cancelled":
                return 130
    return 0


def _key(item: Todo) -> tuple[Any, ...]:
    return item.comparison.forget, item.method, item.seed


def _missing(comparisons: Sequence[Comparison], store: Store) -> Iterator[Todo]:
    """What is neither finished nor running, in the order in which it is best run."""
    for comparison in comparisons:
        runs = find_runs(comparison, store)
        for cell in comparison.grid():
            run = runs.get(cell)
            if run is None or run["status"] not in ("finished", "running"):
                yield Todo(comparison, *cell, run["id"] if run and run["status"] == "queued" else None)


# --- how long it will take ------------------------------------------------------------------


def _teller(line: ProgressLine, todo: Sequence[Todo], number: int, store: Store) -> Any:
    """Progress of the first of these runs, with the time that all of them will take."""
    seconds = _forecast(todo, store)
    label = f"[{number} of {number + len(todo) - 1}] {_label(todo[0].comparison, todo[0].method, todo[0].seed)}"
    rest = None if None in seconds[1:] else sum(seconds[1:])

    def tell(progress: dict[str, Any]) -> None:
        now = progress.get("eta", seconds[0])
        left = None if rest is None or now is None else now + rest
        line({**progress, "stage": f"{label}: {progress['stage']}", "note": f"all: {estimates.duration(left)} left"})

    return tell


def _forecast(todo: Sequence[Todo], store: Store) -> list[float | None]:
    """Seconds of each run, None where nothing was measured. A training that serves all seeds counts once a size."""
    finished = store.list(status=("finished",), newest_first=True)
    checkpoints = open_checkpoints()
    trained = {_training(_resolved(run)) for run in finished if run["spec"]["method"] == REFERENCE} - {None}
    seconds = []
    for item in todo:
        resolved = item.resolved
        training = _training(resolved)
        served = training is not None and training in trained
        seconds.append(0.0 if served else estimates.run_seconds(resolved, checkpoints, finished))
        trained.add(training)
    return seconds


def _resolved(run: Run) -> Resolved | None:
    """A stored run's spec, resolved; None where it is of a version that this one does not understand."""
    try:
        return resolve(Spec(**run["spec"]))
    except (BadInput, TypeError):
        return None


def _training(resolved: Resolved | None) -> str | None:
    """What two runs share that need one training only."""
    if resolved is None or resolved.spec.profile != "paper" or not resolved.method.from_scratch:
        return None
    return resolved.training_identity("")


# --- telling --------------------------------------------------------------------------------


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _all_runs(comparison: Comparison, table: PaperTable, store: Store) -> Runs:
    """The comparison's runs, and the table's other ones, which know the Original and the retrained model too."""
    if table.dataset not in names("dataset"):
        return {}
    others = tuple(method for method in table.methods[1:] if method not in comparison.methods)
    return find_runs(replace(comparison, methods=comparison.methods + others), store)


def _label(comparison: Comparison, method: str, *seeds: int) -> str:
    what = what_is_forgotten(comparison.dataset, comparison.scenario, comparison.forget)
    return f"{method_title(method)}, {what}, {numbered('seed', seeds)}"


def _state(comparison: Comparison, method: str, seed: int, run: Run) -> str:
    reason = "" if run["status"] == "finished" or not run["reason"] else f": {run['reason']}"
    return f"{_label(comparison, method, seed)}: {run['status']}{reason or '.'}"


def _told(comparison: Comparison, runs: Runs) -> list[str]:
    """What became of the runs that have not finished, and which are not there."""
    told = []
    for method in dict.fromkeys(method for method, _ in comparison.grid()):
        absent = [seed for seed in comparison.seeds if (method, seed) not in runs]
        told += [_state(comparison, method, seed, runs[method, seed]) for seed in comparison.seeds
                 if seed not in absent and runs[method, seed]["status"] != "finished"]
        told += [f"{_label(comparison, method, *absent)}: not there yet."] if absent else []
    return told


def _elsewhere(comparisons: Sequence[Comparison], store: Store) -> list[str]:
    """Where runs that are missing here are there with another profile: how many, and how to see them."""
    told = []
    for profile in PROFILES:
        known = [c for c in comparisons if c.profile != profile and c.dataset in names("dataset")]
        count = sum(_finished_elsewhere(comparison, profile, store) for comparison in known)
        one = count == 1
        told += [f"{count} {plural(count, 'run')} of what is missing here {'is' if one else 'are'} there with profile "
                 f"{profile}: pass --profile {profile} to see {'it' if one else 'them'}."] if count else []
    return told


def _finished_elsewhere(comparison: Comparison, profile: str, store: Store) -> int:
    here, there = (find_runs(c, store) for c in (comparison, replace(comparison, profile=profile)))
    return sum(run["status"] == "finished" and (cell not in here or here[cell]["status"] != "finished")
               for cell, run in there.items())
