"""Who is forgotten, on Unlearn: several classes, a share, lists that are pasted or ticked, words, the preview."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.sample_lists import keep, name_of
from engine.spec import resolve
from engine.types import Spec
from tests.patience import patience

ROOT = Path(__file__).resolve().parents[2]
THREE = (3, 17, 256)
LIST = "select.digits.listed.list"


@pytest.fixture
def asked(jobs, monkeypatch):
    """The specs that the page asks to run; none is computed."""
    specs: list[Spec] = []

    def submit(spec, **_):
        specs.append(resolve(spec).spec)
        return jobs.store.begin(resolve(spec))

    monkeypatch.setattr(jobs, "submit", submit)
    return specs


def page(scenario="random", **query) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience())
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page("pages/unlearn.py").run()
    if scenario != "random":
        next(one for one in at.selectbox if one.key == "scenario").set_value(scenario).run()
    assert not at.exception
    return at


def launch(at: AppTest) -> None:
    assert not at.button(key="launch").disabled
    at.button(key="launch").click().run()
    assert not at.exception


def said(at: AppTest) -> list[str]:
    return [error.value for error in at.error]


def test_all_scenarios_are_in_one_list_with_a_sentence(asked):
    at = page("hardest")
    box = next(one for one in at.selectbox if one.key == "scenario")
    assert sorted(box.options) == ["A class", "A random subset", "Listed samples", "Manipulated samples",
                                   "Samples by memorisation", "The easiest samples", "The hardest samples"]
    assert any(one.value == "The training samples with the Original's highest losses." for one in at.caption)
    assert box.help.count("\n- **") == len(box.options) - 1


def test_several_classes_and_a_share(asked):
    at = page("class")
    at.selectbox(key="class.digits").set_value(5)
    at.multiselect(key="class.digits.more").set_value([3]).run()
    at.slider(key="select.digits.class.share").set_value(0.5).run()
    assert any("100 of 1,000 training samples, 10.0%." in one.value for one in at.caption)
    launch(at)
    assert (asked[0].forget_class, asked[0].selection) == ((3, 5), {"share": 0.5})


def test_a_pasted_list_its_problems_and_its_run(asked):
    at = page("listed")
    assert any("is missing: name the samples" in one for one in said(at)) and at.button(key="launch").disabled
    at.text_area(key=LIST).set_value("3, 17, x, 3").run()
    assert said(at) == ["the list, line 1: 'x' is no sample number: write a whole number from 0 to 999.",
                        "the list, line 1: 3 is named again, first in line 1: once is enough, remove one of them."]
    at.text_area(key=LIST).set_value("256\n17\n3").run()
    assert said(at) == [] and "3 of 1,000 training samples, 0.3%." in [one.value for one in at.caption]
    launch(at)
    assert asked[0].selection == {"list": name_of(THREE)} and asked[0].scenario == "listed"


def test_a_table_is_asked_for_its_column(asked):
    at = page("listed")
    at.text_area(key=LIST).set_value("age,row\n30,3\n40,17\n50,256").run()
    at.selectbox(key=f"{LIST}.column").set_value("row").run()
    launch(at)
    assert asked[0].selection == {"list": name_of(THREE)}


def test_a_link_to_a_run_brings_its_list_back(jobs, asked):
    run_id = jobs.store.begin(resolve(Spec(scenario="listed", selection={"list": keep(THREE)})))
    at = page(run=run_id)
    assert at.text_area(key=LIST).value == "3, 17, 256"
    launch(at)
    assert asked[0].selection == {"list": name_of(THREE)}


def test_a_link_to_a_run_whose_list_is_gone_is_a_sentence(jobs):
    name = keep(THREE)
    run_id = jobs.store.begin(resolve(Spec(scenario="listed", selection={"list": name})))
    from engine.sample_lists import path_of

    path_of(name).unlink()
    at = page(run=run_id)
    assert any("This version does not know the settings of the run shown" in one.value for one in at.caption)


def test_the_preview_shows_who_and_samples_can_be_ticked(asked):
    at = page("class")
    at.selectbox(key="class.digits").set_value(3).run()
    at.toggle(key="who").set_value(True).run()
    assert not at.exception
    texts = " ".join(one.value for one in (*at.markdown, *at.caption))
    assert "training samples** (10." in texts or "training samples** (9." in texts
    assert "By class: 3: " in texts
    ticks = next(one for one in at.get("button_group") if getattr(one, "key", "") == "who.ticked")
    numbers = [int(option) for option in ticks.options]
    assert len(numbers) == 12
    ticks.set_value(numbers[:2]).run()
    at.button(key="who.ticked.take").click().run()
    assert at.text_area(key=LIST).value == f"{numbers[0]}, {numbers[1]}"
    launch(at)
    assert asked[0].selection == {"list": name_of(numbers[:2])}


def test_words_are_for_texts_only(asked, jobs, tmp_path, monkeypatch):
    import sys

    sys.path.insert(0, str(ROOT / "tests" / "engine"))
    from texts import write_go_emotions

    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path / "data")))
    at = page()
    assert "matching samples" not in next(one for one in at.selectbox if one.key == "scenario").options
    at.selectbox(key="dataset").set_value("go_emotions").run()
    next(one for one in at.selectbox if one.key == "scenario").set_value("matching").run()
    assert any("is missing: name a word" in one for one in said(at))
    at.text_input(key="select.go_emotions.matching.pattern").set_value("won(der").run()
    assert said(at) == ["pattern is 'won(der', which is no regular expression: missing ) at character 8."]
    at.text_input(key="select.go_emotions.matching.pattern").set_value("wonder(ful)?").run()
    at.toggle(key="who").set_value(True).run()
    assert not at.exception and said(at) == []
    assert all("wonderful" in text for text in at.table[0].value["Text"])
