"""The address of a page: what Streamlit leaves of another page's name is cut, at every depth."""

from __future__ import annotations

import pytest
from streamlit.runtime.context_util import maybe_add_page_path, maybe_trim_page_path

from ui.common.address import PAGES, mended
from ui.frame import shell

ROOTS = ("http://localhost:8501", "https://lab.example", "http://127.0.0.1:80/lab", "https://h.example/a/deep/base",
         "http://localhost:8501/un")


class Manager:
    """What Streamlit asks of its own when it works out an address."""

    def __init__(self, page: str):
        self.current_page_script_hash = page

    def get_pages(self):
        return {name: {"url_pathname": name} for name in ("", *PAGES)}


def given(root: str, opened: str, page: str) -> str:
    """The address that Streamlit gives for a page, where the browser's still is that of ``opened``."""
    manager = Manager(page)
    return maybe_add_page_path(maybe_trim_page_path(f"{root}/{opened}", manager), manager)


def test_the_pages_are_those_of_the_sidebar(monkeypatch):
    monkeypatch.setattr(shell.st, "Page", lambda path, url_path="", **more: url_path)
    assert [path for section in shell.pages().values() for path in section if path] == list(PAGES)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("opened", PAGES)
def test_a_pages_address_is_its_own_wherever_the_server_is(root, opened):
    base = root.partition("//")[2].partition("/")[2]
    for page in PAGES:
        assert mended(given(root, opened, page), base) == f"{root}/{page}"
        assert mended(f"{root}/{page}?run=1#top", base) == f"{root}/{page}"


def test_behind_a_proxy_the_base_is_that_of_the_address():
    assert mended("https://h.example/team/lab/un/unlearn") == "https://h.example/team/lab/unlearn"
    assert mended("https://h.example/team/lab/runs") == "https://h.example/team/lab/runs"


def test_without_a_page_an_address_stays():
    assert mended("") == "" and mended("http://localhost:8501") == "http://localhost:8501"
