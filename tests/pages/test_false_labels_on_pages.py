"""True label, given label, what the model says: three things in stories, lists and the attacker's catch of digits, a
fifth of whose labels are wrong on purpose.
"""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from engine.runs.recorded import recorded_runs, recorded_samples
from tests.pages.test_exposed_page import exposed, sent
from tests.pages.test_text_pages import shown, unlearn_page

pytestmark = pytest.mark.usefixtures("jobs")
LIE, TRUTH = ", the false label", ", the true one"


@pytest.fixture(scope="module")
def demo() -> str:
    return next(run.id for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 1
                and run.spec.method == "nabla_tau" and recorded_samples(run.id) is not None)


def captions(at: AppTest, start: str) -> list[str]:
    return [one.value for one in at.caption if one.value.startswith(start)]


def test_the_five_stories_call_a_lie_a_lie(demo):
    at = unlearn_page(run=demo)
    told = captions(at, "Before: ")
    assert len(told) == 5
    for one in told:
        before, now = one.split(" · ")[0].split(" → ")
        assert before.endswith(LIE) and now.endswith(TRUTH) and "✓" not in one
    assert sum(one.value.startswith("Truly **") and one.value.endswith(" on purpose") for one in at.markdown) == 5


def test_the_list_ticks_right_answers_only_and_shows_the_false_labels_alone(demo):
    at = shown(unlearn_page(run=demo), demo)
    lies, others = captions(at, "Truly "), [one for one in captions(at, "**") if "\u00a0→\u00a0" in one]
    assert len(lies) + len(others) == 24 and lies
    assert not any("✓" in one for one in lies) and any(LIE in one for one in lies)
    assert not any(LIE in one or TRUTH in one for one in others)
    at.segmented_control(key=f"samples-order-{demo}").set_value("false").run()
    assert len(captions(at, "Truly ")) == 24


def test_the_attacker_catches_samples_that_are_called_what_they_are_not(demo, monkeypatch):
    seen = sent(monkeypatch)
    at = exposed(run=demo)
    at.toggle(key="exposed.samples").set_value(True).run()
    assert not at.exception
    for side in ("forget", "unseen"):  # the labels of never-seen samples are as false as those of the others
        tiles = seen[-1]["gallery"][side]
        false = [tile for tile in tiles if tile["called"].startswith("Truly ")]
        assert false and not any("✓" in tile["said"] for tile in false)
        assert any(tile["said"].endswith(TRUTH) for tile in false)
        assert any(tile["said"].endswith("✓") for tile in tiles if tile["called"].endswith(", rightly"))
