"""What recorded runs show of their samples without the data: stories, lists, the attacker's catch."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from engine.runs.excerpt import excerpt_of, one_a_class
from engine.runs.recorded import recorded_runs
from engine.runs.stories import stories_at_once
from engine.system.decency import is_clean, masked
from engine.system.shown import text_of
from tests.pages.test_exposed_page import exposed, sent
from tests.pages.test_pages import app, texts


@pytest.fixture(autouse=True)
def without_data(monkeypatch):
    """Neither a folder nor the hub's cache has data."""
    monkeypatch.delenv("UNLEARN_DATA_DIR", raising=False)
    monkeypatch.setattr("engine.datasets._hub.available", lambda *_: None)


def recorded(dataset: str, method: str, fraction: float):
    return next(run for run in recorded_runs() if (run.spec.dataset, run.spec.method, run.spec.forget_fraction) == (
        dataset, method, fraction) and excerpt_of(run) and run.spec.seed == 0)


def opened(run_id: str) -> AppTest:
    at = app()
    at.query_params["run"] = run_id
    return at.switch_page("pages/unlearn.py").run()


def drawn(at: AppTest) -> str:
    return "".join(html.proto.body for html in at.get("html"))


def test_a_recorded_run_on_pictures_tells_five_stories_and_lists_what_ships(jobs):
    run = recorded("cifar10", "finetune", 0.15)
    at = opened(run.id)
    assert not at.exception
    said = texts(at)
    assert "### 5 forgotten samples" in said and "→ at the end: **not its label** · retrained: " in said
    assert "“Like it, never seen” is the held-out picture nearest to it pixel by pixel." in said
    assert "this run kept whether the model was right, not what it said instead" in said
    assert drawn(at).count('<img src="data:image/png;base64,') == 10, "each beside its twin"

    at.toggle(key=f"samples-{run.id}").set_value(True).run()
    assert not at.exception
    assert "150 of 7,500 samples ship with the app; set UNLEARN_DATA_DIR to a folder with CIFAR-10" in texts(at)
    assert "24 samples, sorted by how much their loss rose." in texts(at)


def test_a_recorded_run_on_texts_tells_five_stories(jobs):
    run = recorded("go_emotions", "nabla_tau", 0.3)
    at = opened(run.id)
    assert not at.exception
    said = texts(at)
    assert "### 5 forgotten samples" in said and said.count("Like it, never seen: “") == 5
    assert "is the held-out text that has most words in common with it" in said
    at.toggle(key=f"samples-{run.id}").set_value(True).run()
    assert "of the others it kept no losses: run it again for all." in texts(at)


@pytest.mark.parametrize(("dataset", "model"), [("cifar10", "resnet18"), ("go_emotions", "minilm")])
def test_a_recorded_run_without_losses_of_samples_says_so(jobs, dataset, model):
    bare = next(run for run in recorded_runs() if (run.spec.dataset, run.spec.model) == (dataset, model)
                and excerpt_of(run) is None)
    at = opened(bare.id)
    assert not at.exception
    assert "This recorded run kept no losses of single samples, so none of them can be shown" in texts(at)


@pytest.mark.parametrize(("dataset", "fraction", "content"), [("cifar10", 0.15, "src"), ("go_emotions", 0.03, "text")])
def test_the_caught_are_pictures_or_texts_and_others_their_number(jobs, monkeypatch, dataset, fraction, content):
    seen = sent(monkeypatch)
    at = exposed(run=recorded(dataset, "finetune", fraction).id)
    at.toggle(key="exposed.samples").set_value(True).run()
    assert not at.exception
    assert "test samples ship with the app; of the others the number is shown." in texts(at)
    for side in ("forget", "unseen"):
        tiles = seen[-1]["gallery"][side]
        shown = [tile for tile in tiles if content in tile]
        assert len(shown) >= 36 and all(tile["label"] for tile in shown)
        assert all(tile["label"] is None and tile["number"] >= 0 for tile in tiles if content not in tile)
        assert not any(tile["value"].startswith("-0.000") for tile in tiles)


def test_the_cards_on_start_have_pictures_and_texts(jobs):
    at = app().run()
    assert drawn(at).count('<img src="data:image/png;base64,') == 12, "six digits and six of CIFAR-10"
    assert ":gray[joy]" in texts(at) and ":gray[sadness]" in texts(at)


def test_what_the_original_lost_is_not_drawn_of_samples_that_were_chosen_by_their_losses(jobs, monkeypatch):
    seen, run = sent(monkeypatch), recorded("cifar10", "finetune", 0.15)
    monkeypatch.delenv("UNLEARN_DATA_DIR", raising=False)
    monkeypatch.setattr("datasets.load_dataset", lambda *words, **named: (_ for _ in ()).throw(OSError("offline")))
    at = exposed(run=run.id, view="before")
    assert not at.exception and sum(seen[-1]["main"]["sizes"]) > 200
    assert any("The line and the numbers need no data." in info.value for info in at.info)


def written(jobs, run) -> list[str]:
    """The texts of a run's stories, as they were written."""
    return [text_of(one) for story in stories_at_once(run, jobs.store, jobs.checkpoints)
            for one in (story.shown, story.twin)]


def test_strong_language_is_masked_in_stories_until_it_is_asked_for(jobs):
    told = [(run, written(jobs, run)) for run in recorded_runs()
            if run.spec.dataset == "go_emotions" and excerpt_of(run)]
    assert all(is_clean(masked(text)) for _, texts_of in told for text in texts_of)
    strong = [run for run, texts_of in told if not all(map(is_clean, texts_of))]
    clean = [run for run, texts_of in told if all(map(is_clean, texts_of))]
    shown = 0
    for run in (strong[0], strong[-1], *clean[:1]):
        at = opened(run.id)
        masks = [one for one in at.toggle if one.key == f"written-{run.id}"]
        told = [str(element.value) for element in (*at.markdown, *at.caption) if "“" in str(element.value)]
        assert all(map(is_clean, told))
        if masks and shown == 0:
            shown += 1
            assert any("\\*\\*" in text for text in told)
            masks[0].set_value(True).run()
            told = [str(element.value) for element in (*at.markdown, *at.caption) if "“" in str(element.value)]
            assert not all(map(is_clean, told))
    assert shown == 1


def test_the_cards_texts_are_without_strong_language(jobs):
    run = recorded("go_emotions", "nabla_tau", 0.03)
    found = one_a_class(run, 60)
    assert len(found) > 8
    assert all(is_clean(one.shown["text"]) for one in found)
