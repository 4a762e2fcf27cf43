"""A report's page: nothing that somebody else wrote becomes markup, nothing in it asks for the network."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.system.version import __version__
from ui.common.stage import files
from ui.report.citation import PAPER, SOFTWARE
from ui.report.document import POLICY, Part, Report, listed, render, texts

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = "</script><script>alert(1)</script><img src=//evil.example/x onerror=alert(2)>\" onload=\"alert(3)"


class Page(HTMLParser):
    """What a browser would make of a page: its elements, its texts, its scripts."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        (self.scripts if self._inside == "script" else self.texts).append(data)

    def attributes(self) -> set[str]:
        return {name for _, attributes in self.elements for name in attributes}


def hostile() -> Report:
    return Report(HOSTILE, HOSTILE, [HOSTILE], [Part(HOSTILE, texts([HOSTILE], [(HOSTILE, HOSTILE)]), (HOSTILE,)),
                                               Part(HOSTILE, listed({HOSTILE: HOSTILE}), folded=True)],
                  {HOSTILE: HOSTILE}, [HOSTILE], HOSTILE, damaged=True, scene={"run": HOSTILE, "caption": HOSTILE})


def test_hostile_text_is_text_everywhere():
    page = Page(render(hostile()))
    assert [tag for tag, _ in page.elements].count("script") == 2  # the scene, and the stage that plays it
    assert not {"img", "iframe", "object", "embed", "link", "form", "base"} & {tag for tag, _ in page.elements}
    assert not {name for name in page.attributes() if name.startswith("on")}
    assert "".join(page.texts).count(HOSTILE) == 16
    assert json.loads(page.scripts[0]) == {"run": HOSTILE, "caption": HOSTILE}


def test_nothing_in_a_report_asks_for_the_network():
    page = Page(render(hostile()))
    assert not {"src", "href", "srcset", "action", "data", "poster"} & page.attributes()
    assert "url(" not in "".join(page.texts) and "@import" not in "".join(page.texts)
    policies = [attributes["content"] for tag, attributes in page.elements
                if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY] == ["default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                                    "img-src data: blob:"]


def test_the_policy_comes_before_any_script_and_style():
    tags = [tag for tag, _ in Page(render(hostile())).elements]
    assert tags.index("meta") < min(tags.index("script"), tags.index("style"))


def test_a_report_without_a_scene_brings_no_script():
    page = Page(render(Report("Question", "Answer", [], [], {})))
    assert page.scripts == [] and "script" not in {tag for tag, _ in page.elements}


def test_the_stages_script_can_stand_in_a_page_and_names_its_entry():
    assert "</script" not in files.code().lower() and "</style" not in files.style().lower()
    assert "<!--" not in files.code()
    assert files.code().count("export default function stage(") == 1
    assert "import " not in files.code().replace("important", "")


@pytest.mark.parametrize("field", ["Trippa", "Campagnano", "Bucarelli", "Tolomei", "Silvestri",
                                   "∇τ: Gradient-based and Task-Agnostic machine Unlearning", "2024",
                                   "https://arxiv.org/abs/2403.14339"])
def test_the_paper_is_cited_as_the_citation_file_has_it(field):
    assert field in PAPER and field in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_software_is_cited_as_the_citation_file_has_it():
    stored = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert "title: Machine Unlearning Lab" in stored and f"version: {__version__}" in stored
    assert "Machine Unlearning Lab" in SOFTWARE and __version__ in SOFTWARE
