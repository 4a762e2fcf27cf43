"""plotly.js in the browser: from the copy beside the app, or where there can be none from the installed package."""

from __future__ import annotations

from types import SimpleNamespace

from ui.common import assets


def test_the_copy_is_served_where_there_is_one(tmp_path):
    assert assets.ensure_assets(tmp_path) == tmp_path / "static/plotly.min.js"
    assert assets.plotly_url("/lab/", tmp_path).startswith("/lab/app/static/plotly.min.js?v=")


def test_the_packages_file_is_served_where_the_tree_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "static").write_text("no folder")
    assert assets.ensure_assets(tmp_path) is None
    asked = []

    def add(*arguments):
        asked.append(arguments)
        return "/media/abc.js"

    server = SimpleNamespace(media_file_mgr=SimpleNamespace(add=add))
    monkeypatch.setattr("streamlit.runtime.exists", lambda: True)
    monkeypatch.setattr("streamlit.runtime.get_instance", lambda: server)
    assert assets.plotly_url("lab", tmp_path) == "/lab/media/abc.js"
    assert asked == [(str(assets.PLOTLY), "text/javascript", "plotly.min.js")]


def test_a_script_is_written_once_under_a_name_that_changes_with_it(tmp_path):
    one, other = (assets.published("stage", text, "lab", tmp_path) for text in (b"a", b"b"))
    assert one != other and one.startswith("/lab/app/static/stage-") and one.endswith(".js")
    place = tmp_path / "static" / one.rpartition("/")[2]
    written = place.stat().st_mtime_ns
    assert place.read_text() == "a" and assets.published("stage", b"a", "lab", tmp_path) == one
    assert place.stat().st_mtime_ns == written


def test_a_script_is_served_from_memory_where_the_tree_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "static").write_text("no folder")
    monkeypatch.setattr(assets, "served", lambda *asked: asked)
    content, kind, _, base = assets.published("stage", b"a", "lab", tmp_path)
    assert (content, kind, base) == (b"a", "text/javascript", "lab")
