"""A page changes on the server while the browser is busy and its clocks ask for parts of the page before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.patience import patience

# The clocks that ask for a fragment again and again do so at once; all others are left as they are.
HASTY = """const real = window.setInterval;
window.setInterval = (what, every, ...rest) => real(what, [2000, 8000].includes(every) ? 100 : every, ...rest);"""
BUSY = "() => { for (const end = performance.now() + 1000; performance.now() < end;); }"
APP = """
import sys
import time
import streamlit as st
sys.path.insert(0, {root!r})
from ui.frame.fragments import ensure_own_page
ensure_own_page()
def go():
    if st.button("Go"):
        time.sleep(0.3)  # until the browser is busy
        st.switch_page(second, query_params={{"at": "2"}})
first = st.Page(go, title="First", url_path="first", default=True)
second = st.Page(lambda: st.write(f"The second at {{st.query_params.get('at')}}"), title="Second", url_path="second")
page = st.navigation([first, second])
st.title(page.title)
with st.sidebar:
    st.fragment(lambda: st.caption(f"A clock at {{st.query_params.get('at')}}"), run_every=2)()
page.run()
"""


@pytest.fixture
def hasty(page):
    page.add_init_script(HASTY)
    return page


def test_a_clock_of_the_page_before_does_not_empty_the_new_one(hasty, serve, tmp_path):
    """Streamlit 1.67 does; where a newer one does not without ``ensure_own_page()``, that can go."""
    script = tmp_path / "app.py"
    script.write_text(APP.format(root=str(Path(__file__).parents[2])))
    hasty.goto(serve(script, fresh=True))
    hasty.get_by_role("button", name="Go").wait_for()
    hasty.get_by_text("A clock at None").wait_for()
    hasty.get_by_role("button", name="Go").click()
    hasty.wait_for_timeout(60)
    hasty.evaluate(BUSY)
    hasty.wait_for_url("**/second?at=2")
    hasty.get_by_role("heading", name="Second").wait_for()
    hasty.get_by_text("A clock at 2").wait_for()
    hasty.wait_for_timeout(1000)
    assert hasty.get_by_text("The second at 2").is_visible()


@pytest.mark.long
def test_a_key_opens_a_lesson_though_the_browser_is_busy(hasty, museum):
    hasty.goto(f"{museum}/runs?present=1")
    hasty.get_by_text("Tick rows").wait_for()
    hasty.locator(".keys[data-turns=false]").wait_for(state="attached")
    hasty.wait_for_timeout(300)
    hasty.keyboard.press("4")
    hasty.wait_for_timeout(60)
    hasty.evaluate(BUSY)
    hasty.wait_for_url("**/learn?lesson=4*", timeout=patience() * 1000)
    hasty.get_by_role("heading", name="Too little, right, too much").wait_for()
    hasty.wait_for_timeout(1000)
    assert hasty.get_by_role("heading", name="Too little, right, too much").is_visible() and hasty.errors == []
