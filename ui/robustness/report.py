"""A map's report: a coloured table for each measure, the best of each row, what failed, the command that resumes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from markupsafe import Markup

from engine.evaluation.metrics import metric_of
from engine.registry import live_attacks
from engine.studies import heatmap as heatmaps
from engine.studies.heatmap import Heatmap, Square, build
from engine.studies.heatmap_exports import amount
from engine.studies.repeat import sweep_command
from engine.studies.sweep import Sweep
from engine.studies.sweep_runs import Runs
from engine.system.words import spaced
from ui.charts.robustness import EDGE, GOOD, GREY, HATCH, LEAST, MIDDLE, POOR, Marks
from ui.common import measures, words
from ui.report.document import TEMPLATES, Part, Report, listed, render, texts
from ui.robustness import map as shown_map
from ui.robustness import rows as best_rows

QUESTION = "How sensitive is it?"
MOST_FAILED = 50  # cells that are named


def write(heatmap: Heatmap, runs: Runs) -> str:
    """The report of a grid as one HTML file; the measure of ``heatmap`` comes first."""
    return render(report(heatmap, runs))


def report(heatmap: Heatmap, runs: Runs) -> Report:
    """The same as a record."""
    sweep = heatmap.sweep
    others = [build(sweep, runs, metric) for metric in heatmaps.measures() if metric != heatmap.metric]
    parts = [part for one in (heatmap, *others) for part in _map(one)]
    about = f"{words.title_of('method', sweep.method)} on {words.title_of('dataset', sweep.dataset)}, {_axes(sweep)}"
    rule = _plain(best_rows.verdict(heatmap, heatmap.rows()))
    answer = best_rows.answer(heatmap) or about
    return Report(f"{QUESTION} {about}", answer, [rule] if rule else [],
                  [*parts, *_failed(sweep, runs), _settings(sweep)], _facts(runs), [sweep_command(sweep)])


def _axes(sweep: Sweep) -> str:
    return f"{sweep.across.title} by {sweep.down.title}"


def _plain(markdown: str) -> str:
    return markdown.replace("**", "")


# --- maps -----------------------------------------------------------------------------------


def _map(heatmap: Heatmap) -> Iterable[Part]:
    title, aim = shown_map.measure_title(heatmap.metric), measures.ideal(metric_of(heatmap.metric), "random")
    legend = shown_map.subtitle(replace(heatmap, rule={})).split("<br>")  # the rule's line is in the page's map only
    yield Part(title, draw(heatmap), (f"Ideal: {aim}.", *legend))
    if (rows := heatmap.rows()) and len(heatmap.sweep.across.values) > 1:
        told = [best_rows.row_of(heatmap, row) for row in rows]
        yield Part(f"{title}, best of each row", texts(list(told[0]), [list(one.values()) for one in told]),
                   tuple(filter(None, [_plain(best_rows.verdict(heatmap, rows))])), folded=True)


def draw(heatmap: Heatmap) -> Markup:
    """The map as a table: values in coloured squares, more when the mouse rests on one."""
    sweep, shown = heatmap.sweep, shown_map.marks(heatmap, None)
    known = [one.excess for one in heatmap.squares.values() if one.excess is not None]
    top, hovers = max([LEAST, *known]), shown_map.said(heatmap)
    lines = [{"name": amount(sweep.down.name, y), "note": shown.blind.get(row, ""), "squares": [
        _square(heatmap.squares[x, y], top, _marks(shown, (column, row)), hovers[row][column])
        for column, x in enumerate(sweep.across.values)]} for row, y in enumerate(sweep.down.values)]
    return Markup(TEMPLATES.get_template("map.html.j2").render(
        lines=lines, columns=[amount(sweep.across.name, x) for x in sweep.across.values], across=sweep.across.title,
        down=sweep.down.title, unit=metric_of(heatmap.metric).unit, grey=GREY, hatch=HATCH))


def _square(square: Square, top: float, marks: str, hover: str) -> dict[str, str | None]:
    return {"text": "–" if square.mean is None else f"{square.mean:.1f}{marks}",
            "colour": None if square.mean is None else colour(square.excess, top, square.doubtful),
            "hover": hover.replace("<br>", "; ").replace("<b>", "").replace("</b>", "")}


def _marks(shown: Marks, spot: tuple[int, int]) -> str:
    return "★" * (spot in shown.best) + "†" * (spot in shown.doubtful)


def colour(excess: float | None, top: float, doubtful: bool = False) -> str:
    """The page's colour of a square as ``#rrggbb``: good inside the chance range, outside from the middle to poor."""
    if excess is None or doubtful:
        return GREY
    share = min(1.0, excess / top)
    if share <= EDGE:
        return GOOD
    part = (share - EDGE) / (1 - EDGE)
    mixed = [round(a + (b - a) * part) for a, b in zip(_rgb(MIDDLE), _rgb(POOR), strict=True)]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _rgb(code: str) -> tuple[int, ...]:
    return tuple(int(code[at:at + 2], 16) for at in (1, 3, 5))


# --- what else ------------------------------------------------------------------------------


def _failed(sweep: Sweep, runs: Runs) -> Iterable[Part]:
    failed = [(cell, run) for cell, run in runs.items() if run.status == "failed"]
    if failed:
        rows = [(amount(sweep.across.name, x), amount(sweep.down.name, y), str(seed), run.reason or "not known")
                for (x, y, seed), run in failed[:MOST_FAILED]]
        more = (f"{len(failed) - MOST_FAILED} more failed.",) if len(failed) > MOST_FAILED else ()
        yield Part("Failed", texts((sweep.across.title, sweep.down.title, "Seed", "Reason"), rows), more)


def _settings(sweep: Sweep) -> Part:
    used = {"method": words.title_of("method", sweep.method), "data": words.title_of("dataset", sweep.dataset),
            "model": words.title_of("model", sweep.model) if sweep.model else "the data set's first",
            "profile": sweep.profile, "seeds": " ".join(map(str, sweep.seeds)), **sweep.options, **sweep.parameters}
    return Part("Settings of every cell", listed({spaced(name): words.setting(value) for name, value in used.items()}))


def _facts(runs: Runs) -> dict[str, str]:
    finished = [run for run in runs.values() if run.finished]
    dates = sorted(words.when(run.started or run.created)[:10] for run in finished)
    facts = {"Runs": f"{len(finished):,} finished, of them {sum(run.recorded for run in finished):,} recorded",
             "Device": _distinct(run.device for run in finished),
             "Started": " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else "",
             "Code version of the runs": _distinct(run.code_version for run in finished)}
    for attack in live_attacks():
        bands = [band for run in finished if run.metrics and (band := run.metrics.null_band.get(attack.name))]
        if bands:
            narrow, wide = (pick(bands, key=lambda band: band[1] - band[0]) for pick in (min, max))
            facts[f"Chance range, {attack.label}"] = (f"{narrow[0]:.1f} to {narrow[1]:.1f}% in the cell where it is "
                                                      f"narrowest, {wide[0]:.1f} to {wide[1]:.1f}% where it is widest")
    return {name: value for name, value in facts.items() if value}


def _distinct(values: Iterable[str | None]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))
