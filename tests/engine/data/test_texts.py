"""Texts: the data set in both readings, tokens, losses worked out by hand, and every method on them."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from helping import weights_hash
from texts import SIZES, rows, text_task, write_go_emotions

from engine.data.criteria import MANY_LABELS, ONE_LABEL
from engine.data.splits import split
from engine.errors import BadSpec, DataMissing
from engine.models import _texts
from engine.models._texts import by_length
from engine.originals.workbench import load_data
from engine.registry import all_of, get, models_for
from engine.spec import requested_parameters, resolve
from engine.training.dropout import at_step
from engine.training.networks import build_network
from engine.types import Setting, Spec

CPU = torch.device("cpu")
RECORD = get("dataset", "go_emotions")


@pytest.fixture(scope="module", autouse=True)
def few_words():
    """Room for three times the words that the texts here have: with 12,000 they are nine tenths of the net."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_texts, "WORDS", 200)
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_go_emotions(tmp_path_factory.mktemp("texts"))


@pytest.fixture
def folder(written, monkeypatch):
    """For those who read; who removes a file writes its own."""
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(written))
    return written / "go_emotions"


@pytest.fixture(scope="module")
def loaded(written):
    """The data by reading, loaded once; nobody changes them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLEARN_DATA_DIR", str(written))
        return {choice: load_data(RECORD, {"labels": choice}, CPU, model=get("model", "text_cnn"))
                for choice in ("single", "several")}


@pytest.fixture
def data(loaded):
    return loaded["single"]


# --- the data set ---------------------------------------------------------------------------


def test_the_reading_with_single_labels_drops_the_others(data):
    single = {name: [row for row in rows(name) if len(row["labels"]) == 1] for name in SIZES}
    assert data.train.texts == tuple(row["text"] for row in single["train"]) and len(data.train) == 200
    assert data.train.labels.tolist() == [row["labels"][0] for row in single["train"]]
    assert data.test_count == len(single["test"]) == 66
    assert data.heldout.texts[66] == single["validation"][0]["text"]
    assert data.criterion is ONE_LABEL and data.train.targets is data.train.labels


def test_the_papers_reading_keeps_all_labels(loaded):
    data = loaded["several"]
    assert (len(data.train), data.test_count, len(data.heldout)) == (240, 80, 140)
    assert data.criterion is MANY_LABELS and data.train.targets.shape == (240, 28)
    assert data.train.targets[0].nonzero().flatten().tolist() == [0, 5]  # the first row has the labels 0 and 5
    assert data.train.labels[0] == 0


def test_official_test_and_validation_stay_apart(data):
    for seed in (0, 1):
        parts = split(data, Spec("go_emotions", seed=seed))
        assert parts.test.tolist() == list(range(66)) and parts.validation.tolist() == list(range(66, 116))


def test_the_declared_sizes_are_the_real_ones(real_data, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(real_data))
    for choice in ("single", "several"):
        loaded, record = RECORD.load({"labels": choice}), RECORD.at({"labels": choice})
        assert (len(loaded.train), len(loaded.heldout), loaded.test_count) == (
            record.train_size, record.heldout_size, record.test_size)
        labels = (loaded.train.labels, loaded.heldout.labels[:loaded.test_count], loaded.heldout.labels)
        assert tuple(tuple(torch.bincount(side, minlength=28).tolist()) for side in labels) == record.class_counts


def test_the_profile_chooses_the_reading():
    assert resolve(Spec("go_emotions")).options == {"labels": "single"}
    assert resolve(Spec("go_emotions")).sizes.train == 36_308
    paper = resolve(Spec("go_emotions", profile="paper"))
    assert paper.options == {"labels": "several"} and (paper.sizes.train, paper.sizes.test) == (43_410, 5_427)
    assert resolve(Spec("go_emotions", profile="paper", options={"labels": "single"})).sizes.train == 36_308
    removal = resolve(Spec("go_emotions", scenario="class", forget_class="grief"))
    assert (removal.sizes.forget, removal.sizes.unseen, removal.sizes.test) == (39, 8, 4_590 - 2)


def test_methods_that_need_one_label_say_so():
    with pytest.raises(BadSpec) as caught:
        resolve(Spec("go_emotions", "amnesiac", profile="paper"))
    assert str(caught.value) == (
        "Amnesiac gives every sample to forget one other label, but here a sample of GoEmotions can have several "
        "labels: choose single labels (labels=single, the default of profile corrected).")


def test_a_data_set_says_itself_how_single_labels_are_had():
    """Another one has other options, or none."""
    several = dataclasses.replace(RECORD.at({"labels": "several"}), title="Mine", single_labels="")
    assert get("method", "amnesiac").why_not(several) == (
        "Amnesiac gives every sample to forget one other label, but here a sample of Mine can have several labels.")
    mine = dataclasses.replace(several, single_labels="set reading=first")
    assert get("method", "amnesiac").why_not(mine).endswith("can have several labels: set reading=first.")


def test_settings_come_from_the_data_set_and_then_the_model():
    ours, papers = (resolve(Spec("go_emotions", model=name)).effective for name in ("text_cnn", "roberta_base"))
    assert {name: ours[name] for name in ("learning_rate", "retain_epochs", "alpha", "batch_size")} == {
        "learning_rate": 2e-3, "retain_epochs": 2, "alpha": 0.5, "batch_size": 128}
    assert {name: papers[name] for name in ("learning_rate", "retain_epochs", "final_lr_fraction")} == {
        "learning_rate": 3e-4, "retain_epochs": 1, "final_lr_fraction": 1.0}


def test_absent_data_and_absent_splits_are_told(monkeypatch, tmp_path):
    folder = write_go_emotions(tmp_path) / "go_emotions"
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(tmp_path))
    (folder / "validation-00000-of-00001.parquet").unlink()
    with pytest.raises(DataMissing) as caught:
        RECORD.load({"labels": "single"})
    assert str(caught.value) == (
        f"The folder {folder} has train*.parquet but no validation*.parquet: download all splits of "
        "google-research-datasets/go_emotions into it.")
    monkeypatch.delenv("UNLEARN_DATA_DIR")
    with pytest.raises(DataMissing, match="The data set go_emotions is not on this machine"):
        RECORD.load({"labels": "single"})


# --- tokens ---------------------------------------------------------------------------------


def test_words_of_a_text():
    assert _texts.split_words("Don't STOP, it's 42!") == ["don't", "stop", ",", "it's", "42", "!"]


def test_the_vocabulary_counts_and_breaks_ties_by_the_alphabet():
    assert _texts.vocabulary(("b a a", "c b a")) == {"a": 2, "b": 3, "c": 4}


def test_a_batch_is_cut_to_its_longest_text(data):
    lengths = data.train.lengths
    short = (lengths == lengths.min()).nonzero().flatten()[:3]
    tokens, targets = data.batch(data.train, short)
    assert tokens.shape == (3, int(lengths.min())) and tokens.dtype == torch.int64
    assert targets.tolist() == data.train.labels[short].tolist()


def test_an_unknown_word_has_its_own_number(data):
    strange = dataclasses.replace(data.heldout, texts=("zebra it",) * len(data.heldout))
    other = dataclasses.replace(data, heldout=strange)
    assert _texts.prepare(other).heldout.tokens[0, :3].tolist() == [1, _texts.vocabulary(data.train.texts)["it"], 0]


def test_parts_of_like_length_change_nothing():
    tokens = torch.tensor([[3, 0, 0, 0], [1, 2, 3, 4], [5, 6, 0, 0], [7, 8, 9, 0]])
    widths = []

    def read(part):
        widths.append(part.shape[1])
        return part.sum(dim=1, keepdim=True)

    assert by_length(read, tokens, 0, 2).tolist() == [[3], [10], [11], [24]]
    assert widths == [2, 4]


def test_logits_do_not_depend_on_the_batch(data):
    net = build_network(get("model", "text_cnn"), 28, data.inputs, 0, CPU).eval()
    index = torch.arange(100)
    together = net(data.batch(data.train, index)[0])
    alone = torch.cat([net(data.batch(data.train, one[None])[0]) for one in index])
    assert torch.allclose(together, alone, atol=1e-5)


# --- losses ---------------------------------------------------------------------------------


def test_several_labels_by_hand():
    """p = 1/2 everywhere: each label costs ln 2, in the mean over labels and summed for the attack.

    The entropy is that of the softmax, which gives each of the four labels a quarter.
    """
    logits, targets = torch.zeros(2, 4), torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 1]])
    assert float(MANY_LABELS.loss(logits, targets)) == pytest.approx(math.log(2))
    assert float(MANY_LABELS.total(logits, targets)) == pytest.approx(2 * math.log(2))
    loss, entropy, right = MANY_LABELS.columns(logits, targets)
    assert loss.tolist() == pytest.approx([4 * math.log(2)] * 2)
    assert entropy.tolist() == pytest.approx([math.log(4)] * 2)
    assert right.tolist() == [True, False]  # argmax of equal logits is 0: the first of sample one's labels


def test_the_entropy_of_several_labels_is_that_of_the_softmax():
    """Logits ln 3, 0, 0 and -inf: the softmax is .6, .2, .2, 0. Both readings ask the same of the outputs."""
    logits = torch.tensor([[math.log(3), 0.0, 0.0, -1e9]])
    _, entropy, _ = MANY_LABELS.columns(logits, torch.tensor([[1.0, 1, 0, 0]]))
    assert float(entropy) == pytest.approx(0.6 * math.log(5 / 3) + 0.4 * math.log(5))
    assert torch.allclose(entropy, ONE_LABEL.columns(logits, torch.tensor([0]))[1])


def test_one_label_by_hand():
    logits, targets = torch.tensor([[math.log(3), 0.0]]), torch.tensor([1])
    assert float(ONE_LABEL.loss(logits, targets)) == pytest.approx(math.log(4))
    loss, entropy, right = ONE_LABEL.columns(logits, targets)
    assert float(loss) == pytest.approx(math.log(4)) and right.tolist() == [False]
    assert float(entropy) == pytest.approx(0.75 * math.log(4 / 3) + 0.25 * math.log(4))


# --- methods --------------------------------------------------------------------------------


def run(method, data, choice, model="text_cnn"):
    task = text_task(data, model)
    record = RECORD.at({"labels": choice})
    spec = Spec("go_emotions", method.name, model=model)
    values, problems = requested_parameters(spec, record, method, get("model", model))
    assert not problems
    from engine.spec import effective_parameters

    values |= {name: 16 for name in values if name.endswith("batch_size")}
    parameters = effective_parameters(values, method, Setting(record, task.recipe, task.split.sizes))
    if hasattr(parameters, "epochs"):
        parameters = dataclasses.replace(parameters, epochs=min(parameters.epochs, 2))
    return task, list(method.unlearn(task, parameters))


@pytest.mark.parametrize("choice", ["single", "several"])
@pytest.mark.parametrize("method", all_of("method"), ids=lambda method: method.name)
def test_every_method_works_on_texts_or_says_why_not(method, choice, loaded):
    data = loaded[choice]
    if method.why_not(RECORD.at({"labels": choice}), get("model", "text_cnn")):
        assert choice == "several" or method.unfit
        return
    state = torch.random.get_rng_state()
    task, steps = run(method, data, choice)
    assert torch.equal(state, torch.random.get_rng_state()), "the global torch generator was drawn from"
    assert steps[-1].step == steps[-1].total_steps == len(steps)
    assert all(bool(value.isfinite().all()) for value in task.model.state_dict().values())
    torch.rand(100)
    assert weights_hash(run(method, data, choice)[0].model) == weights_hash(task.model), "dropout did not repeat"


def test_dropout_depends_on_seed_and_step_alone():
    net = torch.nn.Sequential(torch.nn.Dropout(0.5)).train()

    def draw(seed, step):
        with at_step(net, seed, CPU)(step):
            return net(torch.ones(64)).tolist()

    assert draw(0, 3) == draw(0, 3) != draw(0, 4)
    assert draw(0, 3) != draw(1, 3)


def test_a_retrained_model_is_read_without_dropout_in_both_profiles(folder, tmp_path):
    """Only Table 1's pictures are read in training mode: there is no sign of it in Table 3."""
    from engine.originals.checkpoints import Checkpoints
    from engine.originals.workbench import prepare_bench
    from engine.runs.readings import read_sets

    resolved = resolve(Spec("go_emotions", "retrain", profile="paper"))
    short = dataclasses.replace(resolved, recipe=dataclasses.replace(resolved.recipe, epochs=1))
    bench = prepare_bench(short, Checkpoints(tmp_path / "checkpoints"), CPU, train_original=True)
    parts = split(bench.data, resolved.spec)
    read = [read_sets(bench.network, bench, parts, resolved)[0].forget.loss for _ in range(2)]
    assert torch.equal(*read)
    assert torch.equal(read[0], bench.readouts["train"][parts.forget].loss)


def test_every_text_data_set_has_models_that_read_it():
    assert [model.name for model in models_for(RECORD)][:3] == ["text_cnn", "minilm", "roberta_base"]
