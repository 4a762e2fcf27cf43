"""The table's template: every text is text, whatever is in it, and every class has its style."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.studies.notes import Note
from engine.studies.table import build_table
from tests.ui.compare.test_compare_table import comparison, metrics, run
from ui.common import html_table
from ui.common.html_table import Box, Name, Row, Small, draw
from ui.compare import more_measures as compare_more
from ui.compare import table as compare_table
from ui.frame import shell

NASTY = '<b>&"\'</b>'


class Parsed(HTMLParser):
    """``tags`` with their attributes, and all the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def drawn(monkeypatch, notes=()):
    """The comparison's two tables where method, metric's help, reasons, devices, ids and notes hold markup."""
    monkeypatch.setattr(compare_table, "method_title", lambda name: f"{name} {NASTY}")
    monkeypatch.setattr(compare_more, "short_title", lambda name: f"{name} {NASTY}")
    runs = {("scrub", 0): run("scrub", id=f'"{NASTY}', device=NASTY, recorded=True, metrics=metrics(
                mia_loss_auc=0.2, missing={"tow": NASTY}, tow=None, retrained=metrics())),
            ("ssd", 0): run("ssd", status="failed", reason=NASTY)}
    asked = comparison("scrub", "ssd")
    table = replace(build_table(asked, runs), notes=list(notes))
    more = build_table(asked, runs, compare_more.columns("random"))
    return Parsed(compare_table.main(table, runs, each_seed=True)), Parsed(compare_more.more(more, runs))


def test_markup_in_any_text_is_shown_as_text(monkeypatch):
    main, more = drawn(monkeypatch, [Note("devices", f"Two devices: {NASTY}"), Note("damaged", NASTY, "scrub", (0,)),
                                     Note("over_forgotten", "", "scrub", (0,))])
    for shown in (f"scrub {NASTY}", f"Two devices: {NASTY}", f"‡ {NASTY}", f"failed: {NASTY}",
                  f"† scrub {NASTY}, seed 0. Over-forgotten: forgotten", f"Recorded earlier, on {NASTY}, "):
        assert shown in main.text
    assert f"scrub {NASTY}" in more.text
    assert ("td", {"title": NASTY}) in more.tags, "why a value is absent"
    assert ("a", {"href": f'unlearn?run="{NASTY}'}) in main.tags


def test_markup_makes_no_tag(monkeypatch):
    tags = [[tag for tag, _ in one.tags] for one in drawn(monkeypatch, [Note("devices", NASTY)])]
    monkeypatch.undo()
    monkeypatch.setattr(f"{__name__}.NASTY", "plain")
    assert tags == [[tag for tag, _ in one.tags] for one in drawn(monkeypatch, [Note("devices", "plain")])]


def test_marks_of_notes_go_by_their_kind(monkeypatch):
    """A note that reads like another one, or says nothing of what it is about, is shown by its kind alone."""
    main, _ = drawn(monkeypatch, [Note("over_forgotten", "Reworded once.", "scrub", (0,)),
                                  Note("damaged", "Reworded twice.", "scrub", (0,)),
                                  Note("partial_mean", "scrub is over-forgotten and damaged the model.")])
    assert "Reworded once." not in main.text, "the page says so itself, with the run's numbers"
    assert "‡ Reworded twice." in main.text
    assert "‡ scrub is over" not in main.text and "scrub is over-forgotten and damaged the model." in main.text


def test_a_drawn_table_is_exactly_this():
    head = [Name("Method"), Name("A (%)", hover="What?", small=(Small("ideal: 0"),)), Name("B")]
    rows = [Row(Name("One", dot="#123456", more=" †"), (
                Box("1.00", "seed 0", (Small("(2.00)", "Theirs."), Small("-1.00")), bold=True, colour="red"),
                Box("–", "Not yet.", number=False)), kind="over"),
            Row(Name("Two", link="unlearn?run=x"), note="not run yet", kind="failed")]
    lines = draw("measures", head, rows, ["A & B."]).splitlines()
    assert [line for line in lines if line.startswith(("<tr", "<thead", "<div", "<p"))] == [
        '<div class="cmp"><table>',
        '<thead><tr><th>Method</th><th title="What?">A (%)<small>ideal: 0</small></th><th>B</th></tr></thead>',
        '<tr class="over"><th><span class="dot" style="background:#123456"></span>One †</th>'
        '<td class="num" title="seed 0" style="background:red"><b>1.00</b><small title="Theirs.">(2.00)</small>'
        '<small>-1.00</small></td><td title="Not yet.">–</td></tr>',
        '<tr class="failed"><th><a href="unlearn?run=x">Two</a></th><td class="note" colspan="2">not run yet</td></tr>',
        '<p class="cmp-foot">Mean ± standard deviation over seeds; spans are exact 95% intervals of single runs '
        '(Clopper, Pearson 1934).', '<p class="cmp-foot">A &amp; B.</p>']


def test_every_class_has_its_style(monkeypatch):
    style = Path(shell.STYLE).read_text(encoding="utf-8")
    used = {name for parsed in drawn(monkeypatch) for _, attributes in parsed.tags
            for name in (attributes.get("class") or "").split()}
    assert {"cmp", "num", "dot", "over", "failed", "note", "one", "cmp-foot", "cmp-key"} <= used
    assert [name for name in used if not re.search(rf"\.{name}\b", style)] == []


@pytest.mark.parametrize("template", html_table.TEMPLATES.list_templates())
def test_no_template_trusts_a_text(template):
    source = html_table.TEMPLATES.loader.get_source(html_table.TEMPLATES, template)[0]
    assert not re.search(r"\|\s*safe|autoescape", source)
