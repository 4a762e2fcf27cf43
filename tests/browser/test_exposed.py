"""The attacker's seat in a real browser: the line moves without the server, and its numbers are the engine's."""

from __future__ import annotations

import re

import pytest
from stillness import place

pytestmark = pytest.mark.browser
NUMBERS = ".seat [data-number=caught]"


@pytest.fixture
def run():
    """The run that the page opens where none is named and nothing is one's own."""
    from engine.runs import exposure
    from engine.runs.store import open_store

    return exposure.default_run(exposure.exposed_runs(open_store()))


@pytest.fixture
def seat(page, museum, run):
    page.goto(f"{museum}/exposed?run={run.id}")
    page.wait_for_selector(".seat-point[cx]")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    return page


def said(page) -> str:
    return page.locator(".seat-humps").get_attribute("aria-valuetext")


def counts(text: str) -> list[int]:
    """caught, forget samples, accused, never-seen samples."""
    return [int(one.replace(",", "")) for pair in re.findall(r"([\d,]+) of ([\d,]+)", text) for one in pair]


@pytest.mark.long
def test_the_line_is_dragged_and_moved_by_keys_and_counts_as_the_engine_does(seat, run):
    from engine.evaluation.roc import count
    from engine.registry import get
    from engine.runs import exposure
    from engine.runs.store import open_store

    sides = exposure.sides(exposure.gather(run, open_store()), "now", get("attack", "mia_loss"))
    requests: list[str] = []
    seat.on("request", lambda request: requests.append(request.url))
    seat.on("websocket", lambda socket: requests.append(socket.url))

    box = place(seat.locator(".seat-humps"))
    seat.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    seat.mouse.down()
    seat.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 100, steps=5)
    seat.mouse.up()
    text = said(seat)
    threshold = float(re.search(r"Line at ([\d.e+-]+) nats", text).group(1))
    assert 0.1 < threshold < 1
    caught, members, accused, others = counts(text)
    found = count(sides, -threshold)
    assert (members, others) == (found.members, found.nonmembers)
    near = [count(sides, -threshold * factor) for factor in (0.93, 1.07)]  # the text has two digits
    assert near[0].caught <= caught <= near[1].caught and near[0].accused <= accused <= near[1].accused
    assert seat.locator(NUMBERS).inner_text() == f"{100 * caught / members:.1f}%"
    assert "same data" in seat.locator(".seat-note").inner_text()

    seat.keyboard.press("ArrowRight")
    assert counts(said(seat))[0] >= caught
    seat.keyboard.press("Home")
    assert counts(said(seat)) == [0, members, 0, others]
    seat.keyboard.press("End")
    assert counts(said(seat)) == [members, members, others, others]

    from engine.studies.attacker import take

    for name, line in zip(("best", "few"), take(sides, get("attack", "mia_loss")).lines, strict=True):
        seat.locator(f".seat [data-line={name}]").click()
        assert counts(said(seat)) == [line.counted.caught, members, line.counted.accused, others]
    seat.get_by_role("button", name="Logarithmic").click()
    assert seat.get_by_role("button", name="Logarithmic").get_attribute("aria-pressed") == "true"
    assert requests == [] and seat.errors == []
