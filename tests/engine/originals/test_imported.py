"""Weights of other people as Originals: names mended, wrong files refused in a sentence, then forgotten from."""

from __future__ import annotations

import json
import logging
import warnings

import pytest
import torch
from torch import nn

from engine.cli.main import main
from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints, original_key
from engine.originals.imported import import_original, name_from
from engine.originals.weight_names import listed, renamed
from engine.registry import get
from engine.spec import resolve
from engine.system.weight_files import read_weights
from engine.types import Spec
from tests.engine.originals.foreign import digits_weights, wrong_files


@pytest.fixture(scope="module")
def weights():
    return digits_weights()


def imported(path, digits, name="mine"):
    return import_original(path, resolve(Spec(original=name)), digits, open_checkpoints())


def refused(path, digits, name="mine"):
    with pytest.raises(BadInput) as caught:
        imported(path, digits, name)
    said = str(caught.value)
    assert "\n" not in said and said.startswith(str(path)) and said[-1] in ".?", said
    return said.removeprefix(f"{path} ")


def saved(content, path):
    torch.save(content, path)
    return path


def test_a_checkpoint_of_many_wrappers_becomes_the_original_it_is(home, tmp_path, digits, weights):
    content = {"epoch": 7, "state_dict": {f"module._orig_mod.{name}": value for name, value in weights.items()}}
    found = imported(saved(content, tmp_path / "own.pt"), digits)
    assert found.changes == ("The weights lie under 'state_dict' of the file.",
                             "The prefix 'module._orig_mod.' was taken off in 20 names.")
    assert found.doubts == () and found.original.sidecar["metrics"]["train_accuracy"] == 100.0
    kept = open_checkpoints().load(found.original)
    assert all(torch.equal(kept[name], value) for name, value in weights.items())


def test_the_sidecar_says_that_nothing_is_known_of_its_training(home, tmp_path, digits, weights):
    sidecar = imported(saved(weights, tmp_path / "own.pt"), digits).original.sidecar
    assert (sidecar["imported"], sidecar["file"], sidecar["recipe"], sidecar["seed"]) == ("mine", "own.pt", None, None)
    assert len(sidecar["file_sha256"]) == 64 and sidecar["fingerprint"] == digits.fingerprint


def test_an_imported_original_is_never_taken_for_a_trained_one(home, tmp_path, digits, weights):
    checkpoints = open_checkpoints()
    trained = checkpoints.find(original_key(resolve(Spec())))
    found = imported(saved(weights, tmp_path / "own.pt"), digits)
    assert checkpoints.find(original_key(resolve(Spec()))).path == trained.path != found.original.path
    assert checkpoints.find(original_key(resolve(Spec(original="mine")))).path == found.original.path
    assert checkpoints.find(original_key(resolve(Spec(original="min")))) is None
    assert checkpoints.find(original_key(resolve(Spec(original="mine", options={"label_noise": 0.0})))) is None


def test_equal_weights_are_not_taken_for_the_trained_original_in_one_process(home, tmp_path, digits, weights):
    from engine.originals.workbench import prepare_bench

    imported(saved(weights, tmp_path / "own.pt"), digits)
    benches = [prepare_bench(resolve(spec), open_checkpoints(), torch.device("cpu"))
               for spec in (Spec(), Spec(original="mine"), Spec())]
    assert [bench.original.imported for bench in benches] == [None, "mine", None]
    assert [bench.notice is None for bench in benches] == [True, False, True]


def test_a_name_is_given_once(home, tmp_path, digits, weights):
    path = saved(weights, tmp_path / "own.pt")
    assert imported(path, digits).original.path == imported(path, digits).original.path
    changed = saved(weights | {"0.weight": weights["0.weight"] * 2}, tmp_path / "other.pt")
    with pytest.raises(BadInput, match=r"--name is mine, but an Original of that name was imported from own.pt for "
                                       r"digits with small_cnn: give this one another --name\."):
        imported(changed, digits)
    assert imported(changed, digits, "other").original.imported == "other"


def test_identities_of_other_runs_stay_as_they_were():
    assert resolve(Spec()).fingerprint == "c89e9546cca4"
    assert resolve(Spec()).identity("d", "o") == "fa1ce5d1443c98b03985e8fcb672f65f"
    assert resolve(Spec(method="retrain")).split_identity() == "781048c88b4e"
    assert resolve(Spec(original="mine")).fingerprint != resolve(Spec()).fingerprint


@pytest.mark.parametrize("change, said", [
    (lambda w: {n: v for n, v in w.items() if n not in ("0.weight", "12.bias")},
     "does not hold the weights of small_cnn for digits: absent: 0.weight, 12.bias. Name the model and the data set "
     "that these 18 weights belong to."),
    (lambda w: w | {f"x{number}": torch.zeros(1) for number in range(7)},
     "does not hold the weights of small_cnn for digits: of no use: x0, x1, x2, x3, x4 and 2 more. Name the model and "
     "the data set that these 27 weights belong to."),
    (lambda w: w | {"12.weight": torch.zeros(100, 768), "12.bias": torch.zeros(100)},
     "does not hold the weights of small_cnn for digits: its last layer answers 100 classes and not 10. Where the "
     "model was made, put a last layer for these 10 classes in its place and train that, or name the data set of 100 "
     "classes that it was trained on (--dataset)."),
    (lambda w: w | {"0.weight": torch.zeros(24, 3, 3, 3)},
     "does not hold the weights of small_cnn for digits: of another shape: 0.weight (24, 3, 3, 3) instead of "
     "(24, 1, 3, 3). Name the model and the data set that these 20 weights belong to."),
    (lambda w: w | {"12.bias": torch.full((10,), float("nan"))},
     "holds NaN or infinite values in 12.bias: the training went wrong, so take an earlier checkpoint."),
    (lambda w: w | {"12.weight": torch.full((10, 768), 7e4)},
     "holds weights beyond ±65,504 in 12.weight: Originals are kept in half precision, which ends there."),
])
def test_what_differs_is_named(home, tmp_path, digits, weights, change, said):
    assert refused(saved(change(weights), tmp_path / "own.pt"), digits) == said


def test_the_model_that_the_weights_fit_is_named(home, tmp_path, digits, weights):
    path = saved(weights, tmp_path / "own.pt")
    with pytest.raises(BadInput, match=r"They are those of --model small_cnn\."):
        import_original(path, resolve(Spec(original="mine", model="image_mlp")), digits, open_checkpoints())


def test_no_code_of_a_pickle_runs_and_no_advice_to_allow_it_is_shown(home, tmp_path, digits, weights):
    from tests.engine.originals.foreign import Code

    said = refused(saved({"state_dict": weights, "args": Code(tmp_path / "ran")}, tmp_path / "own.pt"), digits)
    assert said == ("holds more than weights: posix.system could run code when it is read, so nothing of it was read. "
                    "Where it was made, save the weights alone with torch.save(model.state_dict(), FILE) or as "
                    "safetensors.")
    assert not (tmp_path / "ran").exists()


@pytest.mark.long
def test_wrong_files_of_every_kind_are_one_sentence_each(home, tmp_path, digits, weights, caplog):
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        said = [refused(path, digits) for path in wrong_files(tmp_path, weights, 204)]
    assert len(said) == 204 and not caplog.records
    assert not (tmp_path / "ran").exists(), "code of a pickle ran"
    assert not any("weights_only" in one or "Traceback" in one for one in said)
    assert not list((home / "checkpoints").glob("*.safetensors")) if (home / "checkpoints").exists() else True


class TestDoubts:
    def test_at_chance(self, home, tmp_path, digits, weights):
        shuffled = weights | {f"12.{name}": weights[f"12.{name}"].roll(1, 0) for name in ("weight", "bias")}
        [said] = imported(saved(shuffled, tmp_path / "own.pt"), digits).doubts
        assert "no better than always naming the commonest class" in said
        assert said.endswith("was it trained on these data, with this normalisation (pixels from 0 to 1, less "
                             f"{digits.mean[0]:.4g}, divided by {digits.std[0]:.4g})?")

    def test_training_samples_that_it_knows_no_better(self, digits):
        from engine.evaluation.readout import Readout
        from engine.originals.imported import doubted
        from engine.originals.weight_names import Named

        def right(count, of):
            ones = torch.zeros(of)
            ones[:count] = 1
            return Readout(torch.zeros(of), torch.zeros(of), ones)

        [said] = doubted(right(910, 1000), right(718, 797), digits, Named({}))
        assert said == ("It knows the training samples no better than unseen ones (91.0% and 90.1%): was it trained on "
                        "these data, with this normalisation? If it was, there is little for an attack to find.")
        assert doubted(right(1000, 1000), right(718, 797), digits, Named({})) == []

    def test_held_out_samples_that_were_drawn_here_louder_where_they_are_known_as_well(self, digits):
        from engine.evaluation.readout import Readout
        from engine.originals.imported import doubted
        from engine.originals.weight_names import Named

        def right(count, of):
            ones = torch.zeros(of)
            ones[:count] = 1
            return Readout(torch.zeros(of), torch.zeros(of), ones)

        [said] = doubted(right(1000, 1000), right(500, 500), digits, Named({}), 500)
        assert said.startswith("It is right on 100.0% of the held-out samples and on 100.0% of the training samples, "
                               "as a model is that was trained on both. These 500 held-out samples were drawn by the "
                               "lab ")
        [said] = doubted(right(1000, 1000), right(350, 500), digits, Named({}), 500)
        assert said.startswith("These 500 held-out samples were drawn by the lab from your data: ")

    def test_another_normalisation_in_the_file(self, home, tmp_path, digits, weights):
        more = {"normalize.mean": torch.tensor([0.5]), "normalize.std": torch.tensor([0.25])}
        found = imported(saved(weights | more, tmp_path / "own.pt"), digits)
        assert found.changes == ("Left out: normalize.mean, normalize.std, which are no weights.",)
        assert found.doubts[0].startswith("The file was trained with the normalisation mean 0.5 and std 0.25; here it "
                                          "is pixels from 0 to 1, less")


class TestNames:
    def test_kuangliu_names(self):
        from torchvision.models import resnet18

        wanted = resnet18(num_classes=10).state_dict()
        theirs = {name.replace("downsample", "shortcut").replace("fc.", "linear."): value
                  for name, value in wanted.items()}
        found = renamed(theirs, wanted)
        assert found.tensors.keys() == wanted.keys() and found.said == [
            "The name 'shortcut' was changed to 'downsample' in 18 names.",
            "The name 'linear' was changed to 'fc' in 2 names."]

    def test_a_prefix_that_would_make_two_names_one_stays(self):
        found = renamed({"module.a": torch.zeros(1), "a": torch.zeros(1)}, {"a": torch.zeros(1)})
        assert set(found.tensors) == {"module.a", "a"}

    def test_absent_counters_of_batch_norm_and_those_of_profilers(self):
        wanted = nn.BatchNorm1d(2).state_dict()
        theirs = {name: value for name, value in wanted.items() if name != "num_batches_tracked"}
        found = renamed(theirs | {"total_ops": torch.zeros(1)}, wanted)
        assert found.tensors.keys() == wanted.keys() and found.said == [
            "Left out: total_ops, which is no weight.",
            "1 step counters of batch norm were absent and set to 0; nothing reads them."]

    def test_five_names_and_a_count(self):
        assert listed("abcdefg") == "a, b, c, d, e and 2 more" and listed("ab") == "a, b"

    @pytest.mark.parametrize("file, name", [("My Net (v2).pt", "my_net_v2"), ("é.pt", "imported")])
    def test_the_name_of_a_file(self, tmp_path, file, name):
        assert name_from(tmp_path / file) == name


class TestFolders:
    def shards(self, folder, weights):
        from safetensors.torch import save_file

        names = sorted(weights)
        parts = {"model-00001-of-00002.safetensors": names[:9], "model-00002-of-00002.safetensors": names[9:]}
        folder.mkdir()
        for file, held in parts.items():
            save_file({name: weights[name] for name in held}, folder / file)
        index = {"weight_map": {name: file for file, held in parts.items() for name in held}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        return folder

    def test_shards_are_put_together(self, home, tmp_path, digits, weights):
        found = imported(self.shards(tmp_path / "own", weights), digits)
        assert found.original.sidecar["metrics"]["train_accuracy"] == 100.0

    def test_an_older_folder(self, home, tmp_path, digits, weights):
        (tmp_path / "own").mkdir()
        torch.save(weights, tmp_path / "own/pytorch_model.bin")
        assert imported(tmp_path / "own", digits).original.sidecar["metrics"]["train_accuracy"] == 100.0

    def test_a_shard_that_is_absent(self, home, tmp_path, digits, weights):
        folder = self.shards(tmp_path / "own", weights)
        (folder / "model-00002-of-00002.safetensors").unlink()
        assert refused(folder, digits) == ("lacks model-00002-of-00002.safetensors, one of 2 files that "
                                           "model.safetensors.index.json names: copy it there.")

    def test_an_index_that_leads_out_of_its_folder(self, home, tmp_path, digits, weights):
        folder = self.shards(tmp_path / "own", weights)
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../good.safetensors"}}))
        assert "names '../good.safetensors', which is no file of this folder" in refused(folder, digits)

    def test_a_training_folder_whose_weights_are_one_below(self, home, tmp_path, digits, weights):
        (tmp_path / "own/checkpoint-500").mkdir(parents=True)
        torch.save(weights, tmp_path / "own/checkpoint-500/pytorch_model.bin")
        assert refused(tmp_path / "own", digits) == (
            "holds none of model.safetensors, pytorch_model.bin, model.safetensors.index.json, "
            "pytorch_model.bin.index.json: its folder checkpoint-500 does, so name that one.")


    def test_a_header_whose_length_begins_like_a_pickle(self, tmp_path):
        from safetensors.torch import save_file

        path = tmp_path / "net.safetensors"
        for longer in range(300):  # headers are padded to eight bytes, so one in 32 lengths ends in 0x80
            save_file({"a" * (longer + 1): torch.ones(2)}, path)
            if path.read_bytes()[0] == 0x80:
                break
        assert path.read_bytes()[0] == 0x80
        found, _ = read_weights(path)
        assert [value.tolist() for value in found.values()] == [[1.0, 1.0]]

    def test_older_shards_are_put_together(self, home, tmp_path, digits, weights):
        folder, names = tmp_path / "own", sorted(weights)
        folder.mkdir()
        parts = {f"pytorch_model-0000{number}-of-00003.bin": names[number::3] for number in range(3)}
        for file, held in parts.items():
            torch.save({f"model.{name}": weights[name] for name in held}, folder / file)
        index = {"metadata": {"total_size": 1}, "weight_map": {f"model.{name}": file for file, held in parts.items()
                                                               for name in held}}
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
        assert imported(folder, digits).original.sidecar["metrics"]["train_accuracy"] == 100.0

    @pytest.mark.parametrize("file", ["pytorch_model.bin", "pytorch_model-00001-of-00001.bin"])
    def test_an_older_folder_with_code_is_refused_with_the_conversion_and_nothing_runs(self, home, tmp_path, digits,
                                                                                       weights, file):
        from tests.engine.originals.foreign import Code

        folder = tmp_path / "own"
        folder.mkdir()
        torch.save(weights | {"args": Code(tmp_path / "ran")}, folder / file)
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": dict.fromkeys(weights, file)}))
        said = refused(folder, digits)
        assert "holds more than weights: posix.system could run code" in said
        assert said.endswith("save the weights alone with torch.save(model.state_dict(), FILE) or as safetensors.")
        assert not (tmp_path / "ran").exists()

    def test_a_folder_that_save_pretrained_wrote_in_shards_and_the_older_file_of_it(self, home, tmp_path, monkeypatch):
        from texts import write_go_emotions, write_tiny_roberta
        from transformers import RobertaModel

        monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path)))
        monkeypatch.setenv("UNLEARN_MODEL_DIR", str(write_tiny_roberta(tmp_path / "models")))
        model = get("model", "roberta_base").build(28, 0)
        model.encoder.save_pretrained(tmp_path / "sharded", max_shard_size="20KB")
        assert len(list((tmp_path / "sharded").glob("model-*-of-*.safetensors"))) > 1
        found, _ = read_weights(tmp_path / "sharded")
        older = tmp_path / "older"
        older.mkdir()
        torch.save(dict(RobertaModel.from_pretrained(tmp_path / "sharded").state_dict()), older / "pytorch_model.bin")
        assert found.keys() <= read_weights(older)[0].keys()
        whole = tmp_path / "classifier"
        whole.mkdir()
        torch.save({name.replace("encoder.", "roberta.", 1): value for name, value in model.state_dict().items()},
                   whole / "pytorch_model.bin")
        assert main(["import-original", str(whole), "--dataset", "go_emotions", "--model", "roberta_base", "--name",
                     "mine"]) == 0
        assert main(["import-original", str(tmp_path / "sharded"), "--dataset", "go_emotions", "--model",
                     "roberta_base", "--name", "encoder"]) == 2, "an encoder alone has no head"

    def test_wrong_folders_are_one_sentence_each(self, home, tmp_path, digits, weights):
        import random

        said = []
        for number in range(48):
            rng = random.Random(number)
            folder = self.shards(tmp_path / f"own{number}", weights)
            index, shard = folder / "model.safetensors.index.json", folder / "model-00002-of-00002.safetensors"
            texts = (rng.randbytes(40), b"[1]", b'{"weight_map": {"a": 3}}', b"{" * 5_000, b'{"weight_map": {}}',
                     b'{"weight_map": {"a": "/etc/passwd"}}')
            if number % 8 < len(texts):
                index.write_bytes(texts[number % 8])
            elif number % 8 == 6:
                shard.write_bytes(shard.read_bytes()[:rng.randrange(99)])
            else:
                shard.unlink()
            said.append(refused(folder, digits))
        assert len(said) == 48 and not any("Traceback" in one for one in said)


class TestCommand:
    def test_from_a_file_to_a_finished_run(self, home, tmp_path, weights, capsys):
        path = saved({f"module.{name}": value for name, value in weights.items()}, tmp_path / "own.pt")
        assert main(["import-original", str(path), "--dataset", "digits", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["status"] == "finished" and said["imported"] == "own"
        status = main(["run", "--original", "own", "--method", "finetune", "--set", "retain_epochs=1", "--json"])
        run = json.loads(capsys.readouterr().out)
        assert status == 0 and run["spec"]["original"] == "own"
        assert run["notice"] == ("The Original was imported from own.pt: how it was trained is not known. A retrained "
                                 "model follows this project's recipe for Small conv net on Digits, so part of a "
                                 "difference from it can come from the recipe.")
        assert run["metrics"]["original"]["retain_accuracy"] == 100.0

    def test_the_path_is_checked_before_any_data_is_read(self, home, capsys, monkeypatch):
        def load_data(*_):
            raise AssertionError("the data were read")

        monkeypatch.setattr("engine.originals.workbench.load_data", load_data)
        assert main(["import-original", "no.pt", "--dataset", "digits"]) == 2
        assert capsys.readouterr().err.strip().endswith("check the path.")

    def test_a_name_that_was_imported_for_another_model_or_option_leads_there(self, home, tmp_path, weights, capsys):
        path = saved(weights, tmp_path / "own.pt")
        assert main(["import-original", str(path), "--dataset", "digits", "--option", "label_noise=0"]) == 0
        capsys.readouterr()
        assert main(["run", "--original", "own", "--model", "resnet18_cifar"]) == 2
        assert capsys.readouterr().err.strip().endswith(
            "'own' was imported for digits with small_cnn and label_noise=0.0: add --model small_cnn --option "
            "label_noise=0.0.")

    def test_its_text_says_how_to_forget_from_it(self, home, tmp_path, weights, capsys):
        path = saved(weights, tmp_path / "own.pt")
        assert main(["import-original", str(path), "--dataset", "digits", "--name", "a.b"]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            "Forget from it: python -m engine run --dataset digits --model small_cnn --option label_noise=0.2 "
            "--original a.b")

    @pytest.mark.parametrize("arguments, said", [
        (["import-original", "no.pt", "--dataset", "digits"],
         "There is no file or folder no.pt on this machine: check the path."),
        (["import-original", "no.pt", "--dataset", "digits", "--name", "A-b"],
         "name is 'A-b', but must be 1 to 40 of the characters a to z, 0 to 9, _ and ., a letter or digit first."),
        (["run", "--original", "nobody"],
         "No Original named 'nobody' was imported for digits with small_cnn and these options: python -m engine "
         "import-original FILE --dataset digits --model small_cnn --name nobody"),
        (["run", "--original", "nobody", "--original-seed", "2"],
         "original_seed is 2, but the imported Original 'nobody' has no seed: leave it out."),
    ])
    def test_what_cannot_be(self, home, capsys, arguments, said):
        assert main([*arguments, "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["problems"] == [said]
