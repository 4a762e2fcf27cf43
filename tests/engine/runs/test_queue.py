"""The queue and its worker: runs end in exactly one way, and the next one starts whatever the last one did."""

from __future__ import annotations

import dataclasses
import errno
import threading

import pytest
import torch
from helping import home_at, wait_for

from engine import registry
from engine.errors import BadSpec, StoreUnavailable
from engine.methods import finetune
from engine.runs import ends, queue
from engine.runs import patience as waits
from engine.runs.queue import Jobs, manager
from engine.runs.reasons import reason_of
from engine.runs.schema import runs
from engine.runs.store import open_store
from engine.spec import resolve
from engine.system.paths import home
from engine.types import ENDED, Method, Plan, Progress, Spec
from tests.patience import patience

QUICK = Spec(parameters={"max_forget_epochs": 2})  # 10 steps


@pytest.fixture
def jobs(with_original):
    made = Jobs(open_store())
    yield made
    made.stop()


def ended(jobs, run_id):
    return wait_for(lambda: (run := jobs.store.get(run_id)).status in ENDED and run, f"the end of run {run_id}")


@dataclasses.dataclass(frozen=True)
class NoParameters:
    """A method without anything to set."""


def fake(name, work):
    return Method(name=name, title=name.title(), summary="Fake.", source="test", parameters=NoParameters,
                  unlearn=lambda task, parameters: work(task), plan=lambda parameters, sizes: Plan(3, 3))


@pytest.fixture
def fake_method(monkeypatch):
    """Registers a method that does what it is told: ``fake_method(name, generator function)``."""

    def register(name, work):
        monkeypatch.setitem(registry.table("method"), name, fake(name, work))
        return Spec(method=name)

    return register


def test_a_run_from_the_queue_to_its_end(jobs):
    run_id = jobs.submit(QUICK)
    run = ended(jobs, run_id)
    assert (run.status, run.reason, run.notice) == ("finished", None, None)
    assert (run.steps, run.samples) == (10, 2 * 150 + 10 * 32) and run.seconds > 0
    assert run.progress == {"stage": "Finished", "fraction": 1.0}
    assert run.created <= run.started <= run.ended and len(run.identity) == 32
    metrics = run.metrics
    assert {"retain_accuracy", "forget_accuracy", "test_accuracy", "mia_loss", "mia_entropy"} <= set(metrics)
    assert metrics["original"]["forget_accuracy"] > 99 and metrics["retrained"] is None
    assert set(metrics["null_band"]) >= {"mia_loss", "mia_entropy"}

    events = jobs.store.events(run_id)
    assert [event["kind"] for event in events] == ["start"] + ["probe"] * (len(events) - 1) and len(events) >= 2
    assert (events[-1]["step"], events[-1]["samples"]) == (10, 620)
    steps = [step for event in events for step in event.get("trace", {}).get("step", [])]
    assert steps == list(range(1, 11)), "every step is shown once"
    assert {"forget_loss", "retain_loss", "validation_loss", "alpha"} <= set(events[-1]["trace"])
    assert events[-1]["reading"]["accuracy"]["test"] == pytest.approx(metrics["test_accuracy"], abs=1e-3)

    samples = jobs.store.load_samples(run_id)
    assert samples["set"].value_counts().to_dict() == {"retain": 850, "forget": 150, "validation": 398, "test": 399}
    forget = samples[samples["set"] == "forget"]
    assert 100 * forget["correct"].mean() == pytest.approx(metrics["forget_accuracy"])
    assert list(samples.columns) == ["set", "sample", "loss", "entropy", "correct", "predicted",
                                     "phi"] and samples["sample"].max() < 1_000


def test_two_runs_one_after_the_other(jobs):
    first, second = jobs.submit(QUICK), jobs.submit(dataclasses.replace(QUICK, seed=1))
    done = [ended(jobs, run_id) for run_id in (first, second)]
    assert [run.status for run in done] == ["finished", "finished"]
    assert done[0].ended <= done[1].started, "one worker a device"


def test_a_bad_spec_is_refused_at_once(jobs):
    with pytest.raises(BadSpec):
        jobs.submit(Spec(forget_fraction=0.9))
    assert jobs.store.list() == []


@pytest.mark.long
def test_the_retrained_reference_is_found_by_its_split(jobs, monkeypatch):
    digits = registry.get("dataset", "digits")
    short = dataclasses.replace(digits, recipe=dataclasses.replace(digits.recipe, epochs=4))
    monkeypatch.setitem(registry.table("dataset"), "digits", short)
    reference = jobs.submit(Spec(method="retrain", seed=3, forget_fraction=0.6), train_original=True)
    spec = dataclasses.replace(QUICK, seed=3, forget_fraction=0.6)
    run = ended(jobs, jobs.submit(spec))
    retrained = run.metrics["retrained"]
    assert retrained["run_id"] == reference
    assert retrained["test_accuracy"] == jobs.store.get(reference).metrics["test_accuracy"]
    start = jobs.store.events(run.id)[0]
    assert sum(start["retrained"]["histogram"]["forget"]) == start["counts"]["forget"]
    other = ended(jobs, jobs.submit(dataclasses.replace(spec, seed=4)))
    assert other.metrics["retrained"] is None


# --- cancel ---------------------------------------------------------------------------------


def slow(task):
    """Changes a weight and waits for the test before the second step."""
    for step in (1, 2, 3):
        with torch.no_grad():
            task.model[0].weight.mul_(0.999)
        yield Progress(step, 3, step, {"retain_loss": 0.5})
        if step == 1:
            assert task.gate.wait(patience())


@pytest.fixture
def gated(fake_method):
    """A spec whose run waits after its first step until ``gate`` is set."""
    gate, reached = threading.Event(), threading.Event()

    def work(task):
        task.gate = gate
        for progress in slow(task):
            yield progress
            reached.set()

    return fake_method("slow", work), gate, reached


def test_cancelling_a_run_keeps_what_it_has_and_the_queue_goes_on(jobs, gated):
    spec, gate, reached = gated
    running, waiting, after = jobs.submit(spec), jobs.submit(QUICK), jobs.submit(QUICK)
    assert reached.wait(patience())
    jobs.cancel(waiting)
    assert jobs.store.get(waiting).status == "cancelled"
    jobs.cancel(running)
    assert jobs.store.get(running).status == "running", "cooperative: it stops at its next step"
    gate.set()
    run = ended(jobs, running)
    assert (run.status, run.reason) == ("cancelled", "Stopped. What was measured until then is kept.")
    first, *_, last = jobs.store.events(running)
    assert (first["kind"], last["kind"], last["step"]) == ("start", "probe", 2), "a last look at where it stopped"
    assert last["reading"]["attacks"]["mia_loss"] is not None and run.metrics is None
    assert (run.steps, run.samples) == (2, 2) and run.seconds > 0, "what it cost until then"
    assert ended(jobs, after).status == "finished"
    assert jobs.store.get(waiting).started is None, "a run cancelled in the queue never starts"


def test_another_process_can_ask_a_run_to_stop(jobs, gated):
    """Only the store says so: no event of this manager is set."""
    spec, gate, reached = gated
    running = jobs.submit(spec)
    assert reached.wait(patience())
    open_store().request_cancel(running)
    gate.set()
    assert ended(jobs, running).status == "cancelled"


# --- failures -------------------------------------------------------------------------------


def raising(error):
    def work(task):
        yield Progress(1, 3, 1, {})
        raise error

    return work


def losing_its_mind(task):
    """Destroys the weights without noticing."""
    with torch.no_grad():
        task.model[0].weight.fill_(float("nan"))
    yield Progress(3, 3, 3, {})


def exploding(task):
    """A real loop on weights that are no numbers."""
    with torch.no_grad():
        task.model[0].weight.fill_(float("nan"))
    yield from finetune.unlearn(task, finetune.Parameters())


FAILING = {
    "RuntimeError": (raising(RuntimeError("the shapes\ndo not fit")), "RuntimeError: the shapes. Details: {log}"),
    "no message": (raising(ValueError()), "ValueError: no message. Details: {log}"),
    "MemoryError": (raising(MemoryError()), "Out of memory: a smaller batch size needs less."),
    "OutOfMemoryError": (raising(torch.OutOfMemoryError("CUDA out of memory")),
                         "Out of memory: a smaller batch size needs less."),
    "ENOSPC": (raising(OSError(errno.ENOSPC, "No space left on device", "/data/x")),
               "The disk is full: /data/x could not be written. Free some space and run it again."),
    "NaN loss": (exploding, "The loss became nan at step 1: a smaller learning rate may help."),
    "NaN weights": (losing_its_mind, "not finite")}


@pytest.fixture(scope="module")
def one_after_another(original_folder, tmp_path_factory):
    """Every failure in one queue, and a run that does not fail as the last of it: all as they ended, and the log."""
    folder = tmp_path_factory.mktemp("failing")
    methods = {f"broken_{number}": (name, work) for number, (name, (work, _)) in enumerate(FAILING.items())}
    with home_at(folder, original_folder) as patch:
        jobs = Jobs(open_store())
        for method, (_, work) in methods.items():
            patch.setitem(registry.table("method"), method, fake(method, work))
        try:
            ids = {name: jobs.submit(Spec(method=method)) for method, (name, _) in methods.items()}
            ids["none"] = jobs.submit(QUICK)
            return {name: ended(jobs, run_id) for name, run_id in ids.items()}, home() / "logs/errors.log"
        finally:
            jobs.stop()


@pytest.mark.parametrize("failure", FAILING)
def test_a_run_that_raises_fails_with_its_reason_and_the_next_one_starts(one_after_another, failure):
    runs, log = one_after_another
    run, reason = runs[failure], FAILING[failure][1]
    assert run.status == "failed" and run.metrics is None and run.ended is not None
    assert reason in run.reason if reason == "not finite" else run.reason == reason.format(log=log)
    assert "Traceback" not in run.reason and "\n" not in run.reason
    following = list(runs.values())[list(runs).index(failure) + 1]
    assert run.ended <= following.started and runs["none"].status == "finished"


def test_a_full_disk_while_the_result_is_written(jobs, monkeypatch):
    def full(run_id, frame):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jobs.store, "save_samples", full)
    run = ended(jobs, jobs.submit(QUICK))
    assert (run.status, run.reason) == (
        "failed", "The disk is full: a file could not be written. Free some space and run it again.")
    monkeypatch.undo()


def test_absent_data_fails_with_the_sentence(jobs):
    run = ended(jobs, jobs.submit(Spec(dataset="cifar10")))
    assert run.status == "failed" and run.reason.startswith("The data set cifar10 is not on this machine and ")
    assert ended(jobs, jobs.submit(QUICK)).status == "finished"


def test_a_missing_original_fails_with_the_question(jobs):
    run = ended(jobs, jobs.submit(dataclasses.replace(QUICK, original_seed=77)))
    assert run.status == "failed"
    assert run.reason.startswith("There is no Original for digits with small_cnn and seed 77 yet. ")


def test_a_queued_run_whose_method_is_gone_fails_too(jobs, fake_method, monkeypatch):
    """A file removed between two starts: the run must not stay running for ever."""
    run_id = jobs.store.submit(resolve(fake_method("gone", raising(RuntimeError()))))
    monkeypatch.delitem(registry.table("method"), "gone")
    after = jobs.submit(QUICK)
    assert ended(jobs, after).status == "finished"
    run = jobs.store.get(run_id)
    assert run.status == "failed" and run.reason.startswith("No method named 'gone'. ")


def test_a_queued_spec_of_another_version_fails_with_its_reason(jobs):
    """A field that this version does not know is no full disk."""
    run_id = jobs.store.submit(resolve(QUICK))
    with jobs.store._transaction() as connection:
        other = dataclasses.asdict(jobs.store.get(run_id).spec) | {"colour": "red"}
        connection.execute(runs.update().values(spec=other))
    assert ended(jobs, jobs.submit(QUICK)).status == "finished"
    run = jobs.store.get(run_id)
    assert (run.status, run.reason) == ("failed", f"The spec of run {run_id} has a field 'colour', which this "
                                        "version does not know: start a new run instead.")


def test_a_device_that_is_none_fails_runs_and_does_not_kill_the_worker(jobs, monkeypatch):
    monkeypatch.setenv("UNLEARN_DEVICE", "abacus")
    run_id = jobs.submit(QUICK)
    worker = next(thread for thread in jobs._workers if thread.name == "jobs-worker")
    wait_for(lambda: not worker.is_alive() or jobs.store.get(run_id).status in ENDED, "the worker's answer")
    run = jobs.store.get(run_id)
    assert run.status == "failed"
    assert run.reason == "UNLEARN_DEVICE='abacus' is not a device. Valid: cpu, cuda, cuda:0, ..."


@pytest.mark.parametrize("error, reason", [
    (OSError(errno.EDQUOT, "Quota exceeded"),
     "The disk is full: a file could not be written. Free some space and run it again."),
    (OSError(errno.ENOENT, "No such file"), "A file cannot be read or written (No such file). Details: {log}"),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"),
     "Out of memory: a smaller batch size needs less."),
    (KeyError("x"), "KeyError: 'x'. Details: {log}")])
def test_reasons_are_sentences(error, reason):
    assert reason_of(error) == reason.format(log=home() / "logs/errors.log")


def test_an_end_that_the_store_refused_is_written_once_it_answers_again(jobs, monkeypatch):
    def refuse(*_, **__):
        raise StoreUnavailable("database or disk is full.")

    monkeypatch.setattr(waits, "BROKEN", 0.3)
    monkeypatch.setattr(queue, "BEAT_EVERY", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(jobs.store, "end", refuse)
        run_id = jobs.submit(QUICK)
        wait_for(lambda: run_id in jobs.store.unwritten, "the end that could not be written")
        assert jobs.store.get(run_id).status == "running"
        assert ends.said(jobs.store).startswith(f"The end of {run_id} could not be written: ")
    run = ended(jobs, run_id)
    assert run.status == "finished" and run.metrics["test_accuracy"] > 0, "nothing of its work is lost"
    wait_for(lambda: not jobs.store.unwritten, "the end to be written once")
    assert ends.said(jobs.store) is None


# --- the manager ----------------------------------------------------------------------------


def test_one_manager_a_process_and_store(with_original):
    one = manager()
    try:
        assert manager() is one and one.store is open_store()
        workers = [thread.name for thread in one._workers]
        one.start()
        assert [thread.name for thread in one._workers] == workers == ["jobs-heartbeat", "jobs-worker"]
        assert all(thread.daemon for thread in one._workers)
    finally:
        one.stop()


def test_the_manager_outlives_a_hot_reload(with_original):
    import importlib
    import sys

    one = manager()
    try:
        before = sys.modules["engine.runs.queue"]
        reloaded = importlib.reload(before)
        assert reloaded.manager() is one
    finally:
        one.stop()


def test_the_queue_survives_a_stop(with_original):
    waiting = open_store().submit(resolve(QUICK))
    jobs = Jobs(open_store())
    jobs.start()
    try:
        assert ended(jobs, waiting).status == "finished"
    finally:
        jobs.stop()
