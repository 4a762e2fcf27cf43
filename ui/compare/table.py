"""The finished table as HTML: ours, the paper's in grey below it, one colour for "inside the chance range". Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType

from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.metrics import metric_of, metric_title
from engine.evaluation.sides import signed
from engine.evaluation.verdict import verdict_of
from engine.runs.records import Run
from engine.studies.cell import Against, Cell
from engine.studies.comparison import REFERENCE, Runs
from engine.studies.costs import RATIOS, SPENT, Cost
from engine.studies.exports import inside, marks_legend, value_text
from engine.studies.notes import ORIGINAL, method_title
from engine.studies.ranking import Ranking
from engine.studies.table import Table
from ui.charts.colours import method_colour
from ui.common import measures, words
from ui.common.html_table import INSIDE, Box, Name, Row, Small, draw
from ui.compare import answer

RATIO = {cost.name: ratio for cost in SPENT for ratio in RATIOS if ratio.name == f"{cost.name}_ratio"}
ALL_INSIDE: dict[Against, str] = {"retrained": "inside in all", "ideal": "inside in all with an ideal"}
NOTHING = "No finished run has this number yet."


def main(table: Table, runs: Runs, each_seed: bool = False, order: Sequence[str] = (),
         ranking: Ranking | None = None, against: Against = "retrained",
         headings: Mapping[str, tuple[str, str]] = MappingProxyType({})) -> str:
    """The paper's columns and the cost, a row a method; ``each_seed`` adds a small row a seed.

    ``order`` are the rows from top to bottom, by default the table's; ``ranking`` brings the first column, each
    method's worst measure. Coloured is what lies inside the chance range of ``against``. ``headings`` are a title and
    what it means, by the row before which they stand.
    """
    shown = [name for name in order or table.methods
             if name != ORIGINAL or table.cell(ORIGINAL, table.columns[0]).seeds]
    rows = [row for name in shown for row in (
        *((Row(Name(headings[name][0]), note=headings[name][1], kind="group"),) if name in headings else ()),
        _row(table, runs, name, ranking, against),
        *(_seed_rows(table, runs, name, ranking is not None) if each_seed else ()))]
    return draw("compared", _head(table, ranking), rows, _foot(table, runs),
                several=len(table.comparison.seeds) > 1, known=against == "ideal" or has_truth(table),
                aim=answer.REFERENCES[against], paper=any(cell.paper_mean is not None for cell in table.cells),
                marks=marks_legend(table), rule=answer.rule(ranking.against) if ranking else "", inside=INSIDE)


def _head(table: Table, ranking: Ranking | None) -> Iterable[Name]:
    yield Name("Method")
    if ranking:
        yield Name("Worst measure", answer.rule(ranking.against), (Small("points beyond chance"),))
    for name in table.columns:
        ideal = measures.ideal(metric_of(name), table.comparison.scenario)
        yield Name(metric_title(name), metric_of(name).help, (Small(f"ideal: {ideal}"),))
    for cost in SPENT:
        ratio = RATIO.get(cost.name)
        yield Name(cost.title, cost.help, (Small("% of retraining", ratio.help),) if ratio else ())


def _row(table: Table, runs: Runs, method: str, ranking: Ranking | None, against: Against) -> Row:
    name = _name(table, runs, method)
    if method != ORIGINAL and not table.cost[method]["steps"] and not _seeds_done(table, method):
        failed = "failed" in _statuses(table, runs, method).values()
        return Row(name, note=_states(table, runs, method), kind="failed" if failed else "")
    values = (_value(table.cell(method, metric), against, runs) for metric in table.columns)
    costs = (_cost(cost, table.cost.get(method, {})) for cost in SPENT)
    first = (_worst(ranking, method),) if ranking else ()
    return Row(name, (*first, *values, *costs), kind="over" if table.marks(method) else "")


def _worst(ranking: Ranking, method: str) -> Box:
    """How far a method's worst measure lies beyond chance, which one that is, and all of them on hovering."""
    place = ranking.places.get(method)
    if place is None:
        return Box("–", "Nothing is held against its reference here.", number=False)
    ranked, worst = method not in ranking.left_out, place.worst
    which = [answer.measure(worst), answer.side(worst)] if worst.beyond else [ALL_INSIDE[ranking.against]]
    why = "" if ranked else answer.excluded(ranking, method)
    small = filter(None, [*which, why, "" if ranked else "not ranked"])
    return Box(f"{worst.beyond:.1f}", answer.parts(place), tuple(map(Small, small)),
               any(place.method == one.method for one in ranking.nearest),
               INSIDE if ranked and not worst.beyond else "")


def _name(table: Table, runs: Runs, method: str) -> Name:
    done, wanted = len(_seeds_done(table, method)), len(table.comparison.seeds)
    said = [f"{done} of {wanted} seeds"] if method != ORIGINAL and 0 < done < wanted else []
    said += ["recorded"] if any(run.recorded for run in _of(runs, method).values()) else []
    marks = table.marks(method)
    return Name(method_title(method), small=(Small(", ".join(said)),) if said else (), dot=dot(method),
                more=f"\u00a0{marks}" if marks else "")


def dot(method: str) -> str:
    """The colour of a method's dot; the Original has none."""
    return "transparent" if method == ORIGINAL else method_colour(method)


def _value(cell: Cell, against: Against, runs: Runs) -> Box:
    if cell.mean is None:
        return Box("–", NOTHING, number=False)
    return Box(value_text(cell.mean, cell.std) + cell.mark, _told(cell, runs), tuple(_paper(cell)), cell.best,
               INSIDE if inside(cell, against) else "")


def _paper(cell: Cell) -> Iterable[Small]:
    if cell.paper_mean is not None:
        yield Small(f"({value_text(cell.paper_mean, cell.paper_std)})", "The paper's value.")
        if cell.outside:
            yield Small(f"{cell.difference:+.2f}", "More than two standard deviations from the paper's value.")


def _cost(cost: Cost, spent: dict[str, float | None]) -> Box:
    share = spent.get(RATIO[cost.name].name) if cost.name in RATIO else None
    return Box(words.number(spent.get(cost.name), cost.digits),
               small=() if share is None else (Small(f"{100 * share:.1f}%"),))


def _told(cell: Cell, runs: Runs) -> str:
    """What hovering says: each seed's value, the distance to the ideal, the chance range; of distances the side."""
    unit = metric_of(cell.metric).unit
    mine = {seed: metrics_of(cell.method, seed, runs) for seed in cell.values}
    sides = {seed: _side(cell.metric, [metrics]) for seed, metrics in mine.items()}
    once = next(iter(sides.values())) if len(set(sides.values())) == 1 else ""  # the same in every seed
    said = [", ".join(f"seed {seed}: {value:.2f}{'' if once else sides[seed]}"
                      for seed, value in cell.values.items()) + once]
    if cell.distance is not None:
        said.append(f"distance to the ideal {cell.distance:.2f} {'points' if unit == '%' else unit}".rstrip())
    if cell.retrained is not None:
        theirs = [metrics.retrained for metrics in mine.values() if metrics.retrained]
        said.append(f"retrained model {cell.retrained:.2f}{_side(cell.metric, theirs)}")
    if cell.off_retrained is not None:
        said.append(f"{cell.off_retrained:.2f} from it")
    if cell.chance is not None:
        said.append(f"chance range ±{cell.chance:.2f}")
    return "; ".join(said)


def _side(metric: str, those: Sequence[Metrics]) -> str:
    """`` (forget accuracy below test accuracy)``: on which side a distance lies, over seeds on average."""
    known = [value for metrics in those if (value := signed(metric, metrics)) is not None]
    side = words.side(metric, fmean(known) if known else None)
    return f" ({side})" if side else ""


def metrics_of(method: str, seed: int, runs: Runs) -> Metrics:
    """A run's metrics, or the Original's as any run of the seed has measured them."""
    if method != ORIGINAL:
        run = runs.get((method, seed))
        return (run.metrics if run else None) or UNMEASURED
    known = (run.metrics for (_, of), run in runs.items() if of == seed and run.metrics)
    return next((metrics.original for metrics in known if metrics.original), UNMEASURED)


def has_truth(table: Table) -> bool:
    """Whether any value has a retrained model's beside it."""
    return any(cell.retrained is not None for cell in table.cells)


# --- single seeds and states ----------------------------------------------------------------


def _seed_rows(table: Table, runs: Runs, method: str, ranked: bool) -> Iterable[Row]:
    for seed in table.comparison.seeds:
        run = runs.get((method, seed))
        done = run is not None and run.status == "finished"
        values = [""] * ranked + [words.number(table.cell(method, name).values.get(seed), 2) for name in table.columns]
        spent = [words.number(getattr(run, cost.name), cost.digits) if done else "" for cost in SPENT]
        yield Row(_seed_name(method, seed, run), tuple(map(Box, values + spent)), kind="one")


def _seed_name(method: str, seed: int, run: Run | None) -> Name:
    """A seed with the way to its run, or why there is none."""
    if run and run.status == "finished":
        return Name(f"seed {seed}", link=f"unlearn?run={run.id}", more=", recorded" if run.recorded else "")
    return Name(f"seed {seed}", more=f" ({_state(run)[0]})" if method != ORIGINAL else "")


def _states(table: Table, runs: Runs, method: str) -> str:
    """Why a row has no numbers: one text for all seeds where it is the same."""
    said = {seed: ": ".join(filter(None, _state(runs.get((method, seed))))) for seed in table.comparison.seeds}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return "; ".join(f"seed {seed} {text}" for seed, text in said.items())


def _state(run: Run | None) -> tuple[str, str]:
    """A run's state and, where it ended without numbers, why."""
    if run is None:
        return "not run yet", ""
    progress = run.progress or {}
    if run.status == "running":
        share = progress.get("fraction")
        return ("running" if share is None else f"running, {100 * share:.0f}%"), ""
    ended = {"queued": "waiting", "cancelled": "stopped", "finished": "finished"}
    return ended.get(run.status, run.status), "" if run.status == "queued" else run.reason or ""


def _statuses(table: Table, runs: Runs, method: str) -> dict[int, str]:
    return {seed: run.status for seed in table.comparison.seeds if (run := runs.get((method, seed)))}


def _of(runs: Runs, method: str) -> dict[int, Run]:
    return {seed: run for (name, seed), run in runs.items() if name == method and run.status == "finished"}


def _seeds_done(table: Table, method: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(seed for name in table.columns for seed in table.cell(method, name).seeds))


# --- what to know when reading it -----------------------------------------------------------


def _foot(table: Table, runs: Runs) -> Iterable[str]:
    yield from (*_averaging(table), *_over_forgotten(table, runs),
                *_unfinished(table, runs), *_recorded(table, runs))
    yield from (f"{'‡ ' if note.kind == 'damaged' else ''}{note.text}" for note in table.notes
                if note.kind != "over_forgotten")  # told above, with numbers


def _averaging(table: Table) -> Iterable[str]:
    if len(table.comparison.seeds) > 1 and any(name.endswith("_gap") for name in table.columns):
        yield ("Distances from 50 are computed per seed, then averaged: attacks of 47% and 53% are 3 points away, "
               "though their mean is 50%.")


def _over_forgotten(table: Table, runs: Runs) -> Iterable[str]:
    """The table's notes on it in the words of a run, which has numbers."""
    for note in table.notes:
        if note.kind == "over_forgotten" and note.method is not None:
            seeds = sorted(note.seeds)
            more = f" The numbers are those of seed {seeds[0]}." if len(seeds) > 1 else ""
            yield f"† {method_title(note.method)}, {_named(seeds)}. {_why(runs[note.method, seeds[0]])}{more}"


def not_forgotten(table: Table, against: Against) -> str:
    """Methods with green values whose runs are judged as not forgotten: the colour is about one measure at a time."""
    green = {cell.method for cell in table.cells if inside(cell, against)}
    found = [f"{method_title(method)} ({_named(list(kinds['not_forgotten']))})"
             for method, kinds in table.judged.items() if method in green and "not_forgotten" in kinds]
    return (f"Judged as not forgotten all the same: {', '.join(found)}. Green is about one measure of this table, over "
            "all its seeds; the verdict on a run goes by every attack, also by those without a column here, and by its "
            "own seed.") if found else ""


def shaky(table: Table, runs: Runs) -> str:
    """What the retraining's own runs say against them as a reference, in a sentence; the rest is under the table."""
    notices = [run.notice for run in _of(runs, REFERENCE).values() if run.notice and REFERENCE in table.methods]
    said = dict.fromkeys(notice.partition(". ")[0].rstrip(".") for notice in notices)
    return " ".join(f"The reference itself is uncertain: {text[:1].lower()}{text[1:]} (more under the table)."
                    for text in said)


def _why(run: Run) -> str:
    verdict = verdict_of(run)
    return (verdict and verdict.over_forgotten) or "The forgotten samples stand out."


def _unfinished(table: Table, runs: Runs) -> Iterable[str]:
    """Runs that failed or were stopped beside others of their method that have numbers."""
    for method in table.methods:
        for seed, run in ((seed, runs.get((method, seed))) for seed in table.comparison.seeds):
            if run and _seeds_done(table, method) and run.status in ("failed", "cancelled", "interrupted"):
                yield f"{method_title(method)}, seed {seed} {': '.join(filter(None, _state(run)))}"


def _recorded(table: Table, runs: Runs) -> Iterable[str]:
    """Which runs were not computed here, with the device and the day they were made."""
    made: dict[tuple[str, str], dict[str, list[int]]] = {}
    for method in table.methods:
        for seed, run in sorted(_of(runs, method).items()):
            if run.recorded:
                place = (run.device or "an unknown device", words.when(run.started or run.created)[:10])
                made.setdefault(place, {}).setdefault(method, []).append(seed)
    for (device, day), which in made.items():
        told = (f"{method_title(method)} {_named(seeds)}" for method, seeds in which.items())
        yield f"Recorded earlier, on {device}, {day}: {', '.join(told)}."


def _named(seeds: list[int]) -> str:
    """``seed 0`` or ``seeds 0 1``."""
    return f"seed{'s' if len(seeds) > 1 else ''} {' '.join(map(str, seeds))}"
