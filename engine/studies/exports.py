"""A table as text to take away: CSV, Markdown, LaTeX, JSON. Pure: a table in, a string out."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, replace
from typing import Any

from engine.evaluation.metrics import metric_title
from engine.evaluation.sides import MEANING
from engine.naming import classes_of, in_brackets, selection_name
from engine.registry import all_of, by_class, get
from engine.studies import table_frame, unchanged
from engine.studies.cell import Against, Cell
from engine.studies.comparison import REFERENCE, Comparison
from engine.studies.costs import COSTS
from engine.studies.notes import ORIGINAL, method_title
from engine.studies.table import Table
from engine.system.files import to_json as json_text
from engine.system.words import numbered
from engine.types import Spec

JSON_FIELDS = ("dataset", "scenario", "forget", "method", "metric", "mean", "std", "seeds", "paper_mean", "paper_std",
               "difference")
MARKS = {"†": "over-forgotten: the forgotten samples stand out, so never best in an attack's column",
         "‡": "damaged model, so never best", unchanged.MARK: f"{unchanged.MEANING}, so never best",
         unchanged.IDLE: f"{unchanged.IDLE_MEANING}, so never best"}
LATEX_SIDES = {"": "", "↑": r"$^\uparrow$", "↓": r"$^\downarrow$"}
LATEX_MARKS = {"†": r"$^\dagger$", "‡": r"$^\ddagger$", unchanged.MARK: r"$^\circ$",
               unchanged.IDLE: r"$^\emptyset$"}
INSIDE = "✓"  # behind a value inside the chance range of what it is held against
AIMS: dict[Against, str] = {"retrained": "the retrained model", "ideal": "the ideal of its column, where that is fixed"}
NONE = "-"
HEAD_WIDTH = 18


# --- CSV and JSON: every digit --------------------------------------------------------------


def to_csv(table: Table) -> str:
    """One row per method and metric, numbers in full; ``seed_N`` is the value of seed N, costs are means over seeds."""
    return table_frame.to_csv(table_frame.tidy(table))


def to_json(table: Table) -> str:
    """A JSON array with one object per cell, all that is known of it; null where a value is missing.

    ``values`` are the seeds' by seed, ``cost`` the method's means over seeds.
    """
    return json_text([cell | asdict(whole) | {"seeds": cell["seeds"], "profile": table.comparison.profile,
                      "values": {str(seed): value for seed, value in whole.values.items()},
                      "cost": table.cost.get(whole.method, {})} for cell, whole in zip(cells_of(table), table.cells)])


def cells_of(table: Table) -> list[dict[str, Any]]:
    """The cells as dictionaries with exactly the fields that scripts are promised."""
    return [{name: list(cell.seeds) if name == "seeds" else getattr(cell, name) for name in JSON_FIELDS}
            for cell in table.cells]


# --- for people -----------------------------------------------------------------------------


def value_text(mean: float | None, std: float | None, between: str = " ± ") -> str:
    """``82.86 ± 0.31``, ``82.86`` for one seed, ``-`` for none."""
    if mean is None:
        return NONE
    return f"{mean:.2f}" if std is None else f"{mean:.2f}{between}{std:.2f}"


def stem(comparison: Comparison) -> str:
    """What a file of a comparison is called: ``cifar10-15-paper-seeds-0-1-2``, ``digits-class-3-corrected-seed-0``."""
    forget = comparison.forget
    many = forget if isinstance(forget, tuple) else (forget,)
    of = f"{100 * forget:g}" if isinstance(forget, float) else f"class-{'-'.join(map(str, many))}"
    seeds = numbered("seed", comparison.seeds, "-").replace(" ", "-")
    return f"{comparison.dataset}-{of}-{comparison.profile}-{seeds}"


def what_is_compared(table: Table) -> str:
    """One line: data set, what is forgotten, profile and seeds."""
    comparison = table.comparison
    seeds = numbered("seed", comparison.seeds)
    seeds += f", Original of seed {comparison.training_seeds[0]}" if any(comparison.training_seeds[:1]) else ""
    what = what_is_forgotten(replace(comparison, forget=table.cells[0].forget))
    return f"{comparison.dataset}, forgetting {what}, profile {comparison.profile}, {seeds}"


def what_is_forgotten(comparison: Comparison) -> str:
    """``15%`` or ``the class automobile``; ``15% (the newest samples)`` by a scenario that is not the usual one."""
    spec = comparison.spec("", 0)
    if by_class(comparison.scenario):
        return in_brackets(f"the {classes_of(spec)}", selection_name(spec))
    usual = comparison.scenario == Spec().scenario
    share = "" if spec.forget_fraction is None else f"{100 * float(spec.forget_fraction):g}%"
    return in_brackets(share, "" if usual else get("scenario", comparison.scenario).title, selection_name(spec))


def to_markdown(table: Table, against: Against = "retrained") -> str:
    """A Markdown table: mean ± standard deviation, best in bold, the paper's value in brackets, then the cost.

    ``✓`` follows what lies inside the chance range of ``against``.
    """
    rows = [[_title(table, method), *(_markdown_cell(table.cell(method, name), against) for name in table.columns),
             *_costs(table, method)] for method in table.methods]
    notes = [f"{_spread(table, 'Mean ± standard deviation')} Bold: best; differences within the chance range are ties."]
    if _has_paper(table):
        notes.append("In brackets: the paper's value, with * where it differs by more than two standard deviations.")
    notes += [*_held(table, against, INSIDE), *marks_legend(table)]
    notes += [note.text for note in table.notes]
    return "\n".join([f"**{what_is_compared(table)}**", "", table_frame.to_markdown(_titles(table), rows),
                      *(f"- {note}" for note in notes)]) + "\n"


def marks_legend(table: Table) -> list[str]:
    """What the marks behind names and values mean, for those that occur."""
    rows, cells = "".join(map(table.marks, table.methods)), "".join(cell.mark for cell in table.cells)
    return [f"{mark} {said}." for mark, said in (MARKS | MEANING).items() if mark in rows + cells]


def inside(cell: Cell, against: Against) -> bool | None:
    """Whether chance alone explains how far a value is from its reference, signs counted.

    None where that is not known, where nothing is compared (the reference, the Original) or where it would mislead.
    """
    beyond = None if cell.method in (ORIGINAL, REFERENCE) or cell.doubtful else cell.beyond(against)
    return None if beyond is None else beyond == 0


def _held(table: Table, against: Against, mark: str) -> list[str]:
    """What values are held against and how one sees it, where any value is."""
    if all(inside(cell, against) is None for cell in table.cells):
        return []
    return [f"Held against {AIMS[against]}: {mark} inside its chance range (95%)."]


def _has_paper(table: Table) -> bool:
    return any(cell.paper_mean is not None for cell in table.cells)


def _spread(table: Table, several: str) -> str:
    """What the numbers are: of one seed they have no spread."""
    return f"{several} over seeds." if len(table.comparison.seeds) > 1 else "One seed."


def _titles(table: Table) -> list[str]:
    return ["Method", *map(metric_title, table.columns), *(cost.title for cost in COSTS)]


def _title(table: Table, method: str) -> str:
    return f"{method_title(method)}{table.marks(method)}"


def _costs(table: Table, method: str) -> list[str]:
    return [cost.text(table.cost.get(method, {}).get(cost.name)) for cost in COSTS]


def _markdown_cell(cell: Cell, against: Against) -> str:
    ours = value_text(cell.mean, cell.std)
    ours = (f"**{ours}**" if cell.best else ours) + cell.mark + (f" {INSIDE}" if inside(cell, against) else "")
    mark = r"\*" if cell.outside else ""
    return ours if cell.paper_mean is None else f"{ours} ({value_text(cell.paper_mean, cell.paper_std)}{mark})"


def to_text(table: Table) -> str:
    """Aligned plain text: under each method's values the paper's, ``*`` outside two standard deviations, ``^`` best."""
    head = [textwrap.wrap(metric_title(name), HEAD_WIDTH) for name in table.columns]
    height = max(len(lines) for lines in head)
    rows = [["", "", *(f"{lines[at]}  " if at < len(lines) else "" for lines in head)] for at in range(height)]
    for method in table.methods:
        cells = [table.cell(method, name) for name in table.columns]
        rows.append([_title(table, method), "ours", *(f"{value_text(cell.mean, cell.std)}{_marks(cell)}"
                                                      for cell in cells)])
        if any(cell.paper_mean is not None for cell in cells):
            rows.append(["", "paper", *(f"{value_text(cell.paper_mean, cell.paper_std)}  " for cell in cells)])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [what_is_compared(table), ""]
    for name, whose, *values in rows:
        texts = [name.ljust(widths[0]), whose.ljust(widths[1])]
        texts += [value.rjust(width) for value, width in zip(values, widths[2:])]
        lines.append("  ".join(texts).rstrip())
    said = [*marks_legend(table), *(note.text for note in table.notes)]
    lines += ["", *said] if said else []
    return "\n".join(lines) + "\n"


def _marks(cell: Cell) -> str:
    return ("*" if cell.outside else " ") + (cell.mark or ("^" if cell.best else " "))


# --- LaTeX ----------------------------------------------------------------------------------


def to_latex(table: Table, against: Against = "retrained") -> str:
    r"""A booktabs table, ready to paste: mean $\pm$ std, best bold, the paper's values in a grey row below ours.

    Underlined is what lies inside the chance range of ``against``.
    """
    paper = _has_paper(table)
    lines = [r"% Needs \usepackage{booktabs}" + (r" and \usepackage{xcolor}." if paper else "."),
             f"% {what_is_compared(table)}.",
             f"% {_spread(table, 'Mean and standard deviation')} Bold: best; differences within the chance range are "
             "ties."]
    if paper:
        lines.append("% Grey: the paper's value; * where ours differs by more than two standard deviations.")
    told = (*_held(table, against, "underlined"), *marks_legend(table), *(note.text for note in table.notes))
    lines += [f"% {said}" for said in told]
    rows = [row for method in table.methods for row in _latex_rows(table, method, against)]
    return "\n".join([*lines, table_frame.to_latex(_titles(table), rows)])


def _latex_rows(table: Table, method: str, against: Against) -> list[list[str]]:
    """Ours and, where the paper has any value of the method, the paper's."""
    cells = [table.cell(method, name) for name in table.columns]
    title = latex_title(method) + "".join(LATEX_MARKS[mark] for mark in table.marks(method))
    theirs = [_latex_paper(cell) for cell in cells]
    ours = [_latex_cell(cell, against) for cell in cells]
    rows = [[title, *ours, *_costs(table, method)], ["", *theirs, *[""] * len(COSTS)]]
    return rows if any(theirs) else rows[:1]


def latex_title(method: str) -> str:
    r"""A row's title as LaTeX: ``$\nabla\tau$`` for nabla_tau."""
    declared = next((record.latex for record in all_of("method") if record.name == method), "")
    return declared or table_frame.escaped(method_title(method))


def _latex_cell(cell: Cell, against: Against) -> str:
    text = value_text(cell.mean, cell.std, r" $\pm$ ")
    text = rf"\underline{{{text}}}" if inside(cell, against) else text
    text = (rf"\textbf{{{text}}}" if cell.best else text) + LATEX_SIDES[cell.mark]
    return f"{text}*" if cell.outside else text


def _latex_paper(cell: Cell) -> str:
    text = value_text(cell.paper_mean, cell.paper_std, r" $\pm$ ")
    return "" if cell.paper_mean is None else rf"\textcolor{{gray}}{{\small {text}}}"
