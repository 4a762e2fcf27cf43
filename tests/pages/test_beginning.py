"""Where a run begins, in the form of Unlearn: an imported Original, or where another run ended; and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.originals.checkpoints import open_checkpoints
from engine.originals.importing import import_file
from engine.spec import resolve
from engine.types import Spec
from tests.engine.originals.foreign import digits_weights
from tests.pages.test_pages import finish, opened, texts, unlearn_page

QUICK = Spec(method="finetune", forget_fraction=0.05, parameters={"retain_epochs": 1})


def imported(folder: Path, name="mine") -> str:
    from safetensors.torch import save_file

    save_file({f"module.{key}": value for key, value in digits_weights().items()}, folder / "own.safetensors")
    import_file(folder / "own.safetensors", Spec(original=name), open_checkpoints())
    return name


def launched(at, jobs):
    """Presses the button; the run that it queued, ended, and the page after it."""
    assert not at.button(key="launch").disabled
    at.button(key="launch").click().run()
    assert not at.exception
    return finish(jobs, jobs.store.list()[-1].id), at.run()


def original_box(at):
    return next((one for one in at.selectbox if one.key == "original"), None)


def place_of(block, begin: str) -> list[int] | None:
    """Where the first text with that beginning stands: its number in each container around it."""
    for number, child in block.children.items():
        if str(getattr(child, "value", "")).startswith(begin):
            return [number]
        if hasattr(child, "children") and (found := place_of(child, begin)):
            return [number, *found]
    return None


def in_the_view(at) -> list[int]:
    """Where the headline stands in its column; AppTest leaves out what app.py draws above it in later runs."""
    return place_of(at.main, "## ")[1:]


@pytest.mark.long
def test_an_imported_original_is_a_choice_for_its_data_and_kept_in_the_link(jobs, tmp_path):
    assert original_box(unlearn_page()) is None, "nothing was imported"
    at = opened(unlearn_page(original=imported(tmp_path)))
    assert not at.exception
    assert original_box(at).options == ["trained by the recipe", "mine (imported)"]
    assert original_box(at).value == "mine" == at.query_params.get("original")
    at.selectbox(key="option.digits.label_noise").set_value(0.0).run()
    assert original_box(at) is None, "it was imported for other labels"
    at.selectbox(key="option.digits.label_noise").set_value(0.2).run()
    original_box(at).set_value("mine").run()
    at.selectbox(key="method").set_value("finetune").run()
    run, at = launched(at, jobs)
    assert (run.status, run.spec.original) == ("finished", "mine")
    assert dict(at.query_params) == {"run": run.id} and original_box(at).value == "mine", "the run says it"
    assert ":gray-badge[Original mine]" in texts(at) and "cannot" not in texts(at)
    again = unlearn_page(run=run.id)
    assert original_box(again).value == "mine"
    headline = in_the_view(again)
    original_box(again).set_value("").run()
    assert "The form holds other settings than this run" in texts(again)
    assert in_the_view(again) == headline, "what stands elsewhere is drawn from nothing, and the page jumps"
    original_box(again).set_value("mine").run()
    assert "The form holds other settings than this run" not in texts(again)
    trained = unlearn_page(run=jobs.store.begin(resolve(QUICK)))
    assert original_box(trained).value == ""
    original_box(trained).set_value("mine").run()
    assert trained.query_params["original"] == "mine"


@pytest.mark.parametrize(("query", "said"), [
    ({"original": "other"}, "No Original named 'other' has been imported here: the form uses the trained one. Import "
                            "it on Start."),
    ({"from": "zzz"}, "There is no run 'zzz'")])
def test_a_link_to_what_is_not_here_says_so(jobs, query, said):
    at = unlearn_page(**query)
    assert not at.exception and said in texts(at) and not at.button(key="launch").disabled


@pytest.mark.long
def test_a_run_is_continued_and_its_chain_is_shown(jobs):
    first = finish(jobs, jobs.submit(QUICK))
    at = unlearn_page(run=first.id)
    at.button(key=f"more-{first.id}").click().run()
    assert not at.exception
    assert at.query_params["from"] == first.id
    assert f"Continues run {first.id}; its forgotten samples stay forgotten." in texts(at)
    assert at.slider(key="forget").value == 5.0
    second, at = launched(at, jobs)
    assert second.status == "finished", second.reason
    assert second.spec.start["method"] == "finetune" and len(second.spec.earlier) == 1
    assert dict(at.query_params) == {"run": second.id}
    assert "Request 2. Forgotten before, and still left out:" in texts(at) and ":gray-badge[request 2]" in texts(at)
    assert f"Continues run {first.id}" in texts(unlearn_page(run=second.id)), "the form continues the same run"
    at.button(key="stop-continuing").click().run()
    assert "Continues run" not in texts(at) and not at.button(key="launch").disabled
    link = at.button(key=f"request-{first.id}")
    assert link.label == "1: Fine-tuning, 5%"
    link.click().run()
    assert dict(at.query_params) == {"run": first.id} and "Request 2" not in texts(at)


def test_other_data_than_the_run_before_are_refused_at_the_form(jobs):
    first = jobs.store.begin(resolve(QUICK))
    jobs.store.end(first, "finished")
    at = unlearn_page(**{"from": first})
    at.selectbox(key="dataset").set_value("cifar10").run()
    assert not at.exception and at.button(key="launch").disabled
    assert any("is 'cifar10', but the run that it continues has 'digits'" in one.value for one in at.error)


def test_a_run_that_has_not_finished_cannot_be_continued(jobs):
    run_id = jobs.store.begin(resolve(QUICK))
    jobs.store.end(run_id, "failed", reason="It broke.")
    at = unlearn_page(run=run_id, **{"from": run_id})
    assert f"from is {run_id}, but that run is failed: only a finished run can be continued." in texts(at)
    assert not [one for one in at.button if one.key == f"more-{run_id}"]


def test_a_class_that_is_gone_already_cannot_be_forgotten_again(jobs):
    first = finish(jobs, jobs.submit(Spec(method="finetune", scenario="class", forget_class=3,
                                    parameters={"retain_epochs": 1})))
    at = unlearn_page(run=first.id)
    at.button(key=f"more-{first.id}").click().run()
    assert not at.exception and at.button(key="launch").disabled
    assert any("nothing is left to forget, so choose others" in one.value for one in at.error)


def test_a_list_of_a_class_that_is_gone_is_refused_before_it_is_queued(jobs):
    from engine.preview import preview
    from engine.runs.continued import start_from
    from engine.sample_lists import keep

    first = finish(jobs, jobs.submit(Spec(method="finetune", scenario="class", forget_class=3,
                                    parameters={"retain_epochs": 1})))
    chosen = preview(first.resolved().spec).samples[:5]
    with_list = jobs.store.begin(resolve(Spec(method="finetune", scenario="listed", selection={"list": keep(chosen)},
                                              start=start_from(first))))
    at = unlearn_page(run=with_list)
    before = len(jobs.store.list())
    at.button(key="launch").click().run()
    assert not at.exception and len(jobs.store.list()) == before
    assert any("Of the 5 chosen samples 0 are not forgotten yet" in one.value for one in at.error)


def test_an_original_that_was_just_imported_opens_with_an_empty_result(jobs, tmp_path):
    before = jobs.store.begin(resolve(QUICK))
    at = unlearn_page(original=imported(tmp_path))
    assert at.query_params.get("run") is None and f"stop-{before}" not in [one.key for one in at.button]
    assert any(one.value.startswith("No run with the Original **mine** is open.") for one in at.info)


def test_a_run_without_a_reference_offers_to_retrain(jobs):
    run = finish(jobs, jobs.submit(QUICK))
    at = unlearn_page(run=run.id)
    button = at.button(key=f"retrain-{run.id}")
    assert button.label.startswith("Retrain to compare, ") and not at.exception
    button.click().run()
    assert jobs.store.list()[-1].spec.method == "retrain" and not at.exception
