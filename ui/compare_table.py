"""The finished table as HTML: ours, the paper's below it, colour for the distance to the ideal. Pure: text out.

HTML, because a person selects it and pastes it into a paper, with bold and colour. Everything that is not markup is
escaped. Colours are translucent, so that the page's own background and text stay what they are, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from engine.comparison import Runs
from engine.exports import metric_title, value_text
from engine.metrics import BY_NAME
from engine.tables import ORIGINAL, Cell, Table, method_title
from engine.verdict import verdict_of
from ui import measures, words
from ui.charts.colours import method_colour

CLOSE, FAR = (27, 158, 143), (217, 119, 6)  # towards the ideal, away from it; apart for colour-blind eyes too
STRONGEST = 0.30  # opacity of a cell's colour
ROW = "rgba(128,128,128,.3)"
STYLE = f"""<style>
.cmp {{ overflow-x: auto; margin-bottom: .4rem; }}
.cmp table {{ border-collapse: collapse; font-size: .85rem; line-height: 1.3; width: 100%; margin: 0; }}
.cmp th, .cmp td {{ padding: .35rem .4rem; border: none; border-bottom: 1px solid {ROW}; text-align: right;
  vertical-align: top; font-weight: 400; font-variant-numeric: tabular-nums; }}
.cmp th:first-child, .cmp td:first-child {{ text-align: left; }}
.cmp thead th {{ font-weight: 600; vertical-align: bottom; border-bottom-width: 2px; line-height: 1.2; }}
.cmp tbody th {{ min-width: 8rem; max-width: 11rem; overflow-wrap: anywhere; }}
.cmp small {{ display: block; opacity: .72; font-size: .74rem; font-weight: 400; white-space: nowrap; }}
.cmp tbody th small, .cmp thead small {{ white-space: normal; }}
.cmp .num {{ white-space: nowrap; }}
.cmp .dot {{ display: inline-block; width: .6rem; height: .6rem; border-radius: 50%; margin-right: .4rem; }}
.cmp .far {{ opacity: 1; }}
.cmp .far span {{ background: rgba(217,119,6,.28); border-radius: .25rem; padding: 0 .2rem; }}
.cmp .note {{ text-align: left; }}
.cmp .failed {{ border-left: 3px solid #d6453d; }}
.cmp .over th {{ border-left: 3px solid rgb(217,119,6); }}
.cmp .one td, .cmp .one th {{ font-size: .76rem; padding-top: .1rem; padding-bottom: .1rem; opacity: .85; }}
.cmp .one th {{ padding-left: 1.6rem; }}
.cmp a {{ color: inherit; }}
@supports (color: light-dark(#fff, #000)) {{ /* the pages' own backgrounds, .streamlit/config.toml */
  .cmp tr > th:first-child {{ position: sticky; left: 0; z-index: 1; background: light-dark(#ffffff, #0f141b); }}
}}
.cmp-foot {{ font-size: .8rem; opacity: .85; margin: 0 0 .3rem 0; overflow-wrap: anywhere; }}
.cmp-key {{ padding: 0 .35rem; border-radius: .2rem; }}
</style>"""
COST = (("steps", "Steps", "Optimiser steps, mean over seeds."),
        ("samples", "Samples", "Samples that passed forward and backward, mean over seeds; below, as a share of what "
                               "retraining takes."),
        ("seconds", "Seconds", "Training time of the method alone, mean over seeds; evaluation is not counted. Below, "
                               "as a share of what retraining takes on the same device."))
MATTERS = 5.0  # points from the ideal that get the farthest colour at the least, however near the others are


def main(table: Table, runs: Runs, each_seed: bool = False) -> str:
    """The paper's columns and the cost, a row a method; ``each_seed`` adds a small row a seed."""
    rows = [_row(table, runs, method) + (_seed_rows(table, runs, method) if each_seed else "")
            for method in table.methods if method != ORIGINAL or table.cell(ORIGINAL, table.columns[0]).seeds]
    return (f'{STYLE}<div class="cmp"><table><thead>{_head(table)}</thead><tbody>{"".join(rows)}</tbody></table></div>'
            f"{_foot(table, runs)}")


def _head(table: Table) -> str:
    columns = "".join(
        f'<th title="{escape(BY_NAME[name].help)}">{escape(metric_title(name))}'
        f"<small>ideal: {escape(measures.ideal(BY_NAME[name], table.comparison.scenario))}</small></th>"
        for name in table.columns)
    share = "<small>% of retraining</small>"
    cost = "".join(f'<th title="{escape(said)}">{title}{share if name != "steps" else ""}</th>'
                   for name, title, said in COST)
    return f"<tr><th>Method</th>{columns}{cost}</tr>"


def _row(table: Table, runs: Runs, method: str) -> str:
    if method != ORIGINAL and not table.cost[method]["steps"] and not _seeds_done(table, method):
        failed = ' class="failed"' if "failed" in _statuses(table, runs, method).values() else ""
        return (f"<tr{failed}>{_name(table, runs, method)}"
                f'<td class="note" colspan="{len(table.columns) + len(COST)}">{_states(table, runs, method)}</td>'
                "</tr>")
    cells = "".join(_value(table, table.cell(method, name)) for name in table.columns)
    kind = ' class="over"' if table.marks(method) else ""
    return f"<tr{kind}>{_name(table, runs, method)}{cells}{_cost(table, method)}</tr>"


def _name(table: Table, runs: Runs, method: str) -> str:
    colour = "transparent" if method == ORIGINAL else method_colour(method)
    done, wanted = len(_seeds_done(table, method)), len(table.comparison.seeds)
    marks = [f"{done} of {wanted} seeds"] if method != ORIGINAL and 0 < done < wanted else []
    marks += ["recorded"] if any(run.get("recorded") for run in _of(runs, method).values()) else []
    dagger = f"\u00a0{table.marks(method)}" if table.marks(method) else ""
    small = f"<small>{escape(', '.join(marks))}</small>" if marks else ""
    return (f'<th><span class="dot" style="background:{colour}"></span>{escape(method_title(method))}{dagger}'
            f"{small}</th>")


def _value(table: Table, cell: Cell) -> str:
    if cell.mean is None:
        return f'<td title="{escape(NOTHING)}">–</td>'
    ours = escape(value_text(cell.mean, cell.std))
    ours = f"<b>{ours}</b>" if cell.best else ours
    colour = tint(table, cell)
    style = f' style="background:{colour}"' if colour else ""
    return f'<td class="num" title="{escape(_told(table, cell))}"{style}>{ours}{_paper(cell)}</td>'


def _paper(cell: Cell) -> str:
    if cell.paper_mean is None:
        return ""
    theirs = f'<small title="The paper\'s value.">({escape(value_text(cell.paper_mean, cell.paper_std))})</small>'
    return theirs if not cell.outside else (f'{theirs}<small class="far" title="More than two standard deviations from '
                                            f'the paper\'s value."><span>{cell.difference:+.2f}</span></small>')


def _told(table: Table, cell: Cell) -> str:
    """What hovering says: each seed's value, the distance to the ideal, the noise floor."""
    unit = BY_NAME[cell.metric].unit
    said = [", ".join(f"seed {seed}: {value:.2f}" for seed, value in cell.values.items())]
    if cell.distance is not None:
        said.append(f"distance to the ideal {cell.distance:.2f} {'points' if unit == '%' else unit}".rstrip())
    if cell.retrained is not None:
        said.append(f"retrained model {cell.retrained:.2f}")
    if (noise := table.noise[cell.metric]) is not None:
        said.append(f"differences up to {noise:.2f} are noise")
    return "; ".join(said)


def tint(table: Table, cell: Cell) -> str | None:
    """A cell's colour: full teal within the noise of the truth, through nothing half-way, to amber for the farthest.

    The truth is the retrained model's value, without one the column's ideal; an ideal that nobody reaches (``max``)
    then begins at the best of the column. No colour before a method has a value, nor where a good one misleads.
    """
    if cell.doubtful or table.noise[cell.metric] is None or (away := from_truth(table, cell)) is None:
        return None
    known = [far for one in table.cells if one.metric == cell.metric and (far := from_truth(table, one)) is not None]
    nearest = min(known) if BY_NAME[cell.metric].ideal == "max" and not has_truth(table) else 0.0
    nearest += table.noise[cell.metric]
    span = max(max(known) - nearest, MATTERS)
    share = max(0.0, away - nearest) / span
    colour, strength = (CLOSE, 1 - 2 * share) if share < 0.5 else (FAR, 2 * share - 1)
    return f"rgba({','.join(map(str, colour))},{STRONGEST * strength:.3f})"


def has_truth(table: Table) -> bool:
    """Whether every value has a retrained model's beside it."""
    return all(cell.retrained is not None for cell in table.cells if cell.mean is not None)


def from_truth(table: Table, cell: Cell) -> float | None:
    """How far a value is from the retrained model's, without one from the column's ideal."""
    if not has_truth(table) or cell.mean is None:
        return cell.distance
    return abs(cell.mean - cell.retrained)


def _cost(table: Table, method: str) -> str:
    cost = table.cost.get(method, {})
    cells = []
    for name, digits in (("steps", 0), ("samples", 0), ("seconds", 1)):
        share = cost.get(f"{name}_ratio")
        small = "" if share is None else f"<small>{100 * share:.1f}%</small>"
        cells.append(f'<td class="num">{words.number(cost.get(name), digits)}{small}</td>')
    return "".join(cells)


# --- single seeds and states ----------------------------------------------------------------


NOTHING = "No finished run has this number yet."


def _seed_rows(table: Table, runs: Runs, method: str) -> str:
    rows = []
    for seed in table.comparison.seeds:
        values = "".join(f'<td class="num">{words.number(table.cell(method, name).values.get(seed), 2)}</td>'
                         for name in table.columns)
        run = runs.get((method, seed))
        if run and run["status"] == "finished":
            spent = [words.number(run["steps"], 0), words.number(run["samples"], 0), f"{run['seconds']:,.1f}"]
            name = f'<a href="unlearn?run={escape(run["id"])}">seed {seed}</a>'
            name += ", recorded" if run.get("recorded") else ""
        else:
            spent, name = ["", "", ""], f"seed {seed}"
            name += f" ({escape(_state(run)[0])})" if method != ORIGINAL else ""
        cost = "".join(f'<td class="num">{text}</td>' for text in spent)
        rows.append(f'<tr class="one"><th>{name}</th>{values}{cost}</tr>')
    return "".join(rows)


def _states(table: Table, runs: Runs, method: str) -> str:
    """Why a row has no numbers: one text for all seeds where it is the same."""
    said = {seed: ": ".join(filter(None, _state(runs.get((method, seed))))) for seed in table.comparison.seeds}
    if len(set(said.values())) == 1:
        return escape(next(iter(said.values())))
    return escape("; ".join(f"seed {seed} {text}" for seed, text in said.items()))


def _state(run: dict[str, Any] | None) -> tuple[str, str]:
    """A run's state and, where it ended without numbers, why."""
    if run is None:
        return "not run yet", ""
    progress = run["progress"] or {}
    if run["status"] == "running":
        share = progress.get("fraction")
        return ("running" if share is None else f"running, {100 * share:.0f}%"), ""
    ended = {"queued": "waiting", "cancelled": "stopped", "finished": "finished"}
    return ended.get(run["status"], run["status"]), "" if run["status"] == "queued" else run["reason"] or ""


def _statuses(table: Table, runs: Runs, method: str) -> dict[int, str]:
    return {seed: run["status"] for seed in table.comparison.seeds if (run := runs.get((method, seed)))}


def _of(runs: Runs, method: str) -> dict[int, dict[str, Any]]:
    return {seed: run for (name, seed), run in runs.items() if name == method and run["status"] == "finished"}


def _seeds_done(table: Table, method: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(seed for name in table.columns for seed in table.cell(method, name).seeds))


# --- what to know when reading it -----------------------------------------------------------


def _foot(table: Table, runs: Runs) -> str:
    said = [*_key(table), *_averaging(table), *_over_forgotten(table, runs), *_unfinished(table, runs),
            *_recorded(table, runs)]
    over = tuple(f"{method_title(method)} is over-forgotten" for method in table.methods)  # told above, with numbers
    said += [f"{'‡ ' if 'damaged the model' in note else ''}{escape(note)}" for note in table.notes
             if not note.startswith(over)]
    return "".join(f'<p class="cmp-foot">{text}</p>' for text in said)


def _key(table: Table) -> Iterable[str]:
    truth = "the retrained model" if has_truth(table) else "the ideal (no retrained model yet)"
    close, far = (f'<span class="cmp-key" style="background:rgba({",".join(map(str, rgb))},{STRONGEST})">{word}</span>'
                  for rgb, word in ((CLOSE, f"close to {truth}"), (FAR, "farthest from it")))
    paper = ("" if all(cell.paper_mean is None for cell in table.cells) else
             " In brackets the paper’s value, below it ours minus the paper’s where they are more than two standard "
             "deviations apart.")
    several = "Mean ± standard deviation over seeds. " if len(table.comparison.seeds) > 1 else ""
    yield (f"{several}Colour: {close} to {far}. <b>Bold</b>: nearest to the column's ideal among the methods, ties "
           f"inside the noise floor shared.{paper}")


def _averaging(table: Table) -> Iterable[str]:
    if len(table.comparison.seeds) > 1 and any(name.endswith("_gap") for name in table.columns):
        yield ("A distance from 50 is taken seed by seed and then averaged: attacks of 47% and 53% are 3 points away, "
               "though their mean is 50%.")


def _over_forgotten(table: Table, runs: Runs) -> Iterable[str]:
    for method in table.methods:
        marked = {seed: why for seed, run in sorted(_of(runs, method).items())
                  if (found := verdict_of(run)) and (why := found.over_forgotten)}
        if marked:
            seeds, note = list(marked), next(iter(marked.values()))
            more = f" The numbers are those of seed {seeds[0]}." if len(seeds) > 1 else ""
            yield f"† {escape(method_title(method))}, {_named(seeds)}. {escape(note)}{more}"


def _unfinished(table: Table, runs: Runs) -> Iterable[str]:
    """Runs that failed or were stopped beside others of their method that have numbers."""
    for method in table.methods:
        for seed, run in ((seed, runs.get((method, seed))) for seed in table.comparison.seeds):
            if run and _seeds_done(table, method) and run["status"] in ("failed", "cancelled", "interrupted"):
                yield f"{escape(method_title(method))}, seed {seed} {escape(': '.join(filter(None, _state(run))))}"


def _recorded(table: Table, runs: Runs) -> Iterable[str]:
    """Which runs were not computed here, with the device and the day they were made."""
    made: dict[tuple[str, str], dict[str, list[int]]] = {}
    for method in table.methods:
        for seed, run in sorted(_of(runs, method).items()):
            if run.get("recorded"):
                place = (run["device"] or "an unknown device", words.when(run["started"] or run["created"])[:10])
                made.setdefault(place, {}).setdefault(method, []).append(seed)
    for (device, day), which in made.items():
        told = (f"{method_title(method)} {_named(seeds)}" for method, seeds in which.items())
        yield f"Recorded earlier, on {escape(device)}, {day}: {escape(', '.join(told))}."


def _named(seeds: list[int]) -> str:
    """``seed 0`` or ``seeds 0 1``."""
    return f"seed{'s' if len(seeds) > 1 else ''} {' '.join(map(str, seeds))}"
