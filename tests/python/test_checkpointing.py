# SPDX-License-Identifier: MIT
"""rocmfix.checkpointing(): a script continues where its last checkpoint was made, to the bit."""

import hashlib
import json
import os
import pickle
import random
import subprocess
import sys
import zipfile

import numpy
import pytest

import rocmfix
from conftest import SOURCE
from rocmfix import CheckpointError
from rocmfix.script import run as script_run

torch = pytest.importorskip("torch")
data = torch.utils.data

EPOCHS, BATCHES = 3, 5


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("ROCMFIX_RESUME", "ROCMFIX_ATTEMPT", "TORCHELASTIC_RESTART_COUNT", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)


class Died(Exception):
    """Instead of a process: nothing after it runs."""


class Noisy(data.Dataset):
    """Draws in whichever process loads: random augmentation."""

    def __len__(self):
        return 4 * BATCHES

    def __getitem__(self, index):
        noise = torch.rand(3) + random.random() + numpy.random.rand()
        return torch.arange(3.0) + index + noise, torch.tensor([float(index)])


class Stream(data.IterableDataset):
    def __iter__(self):
        return iter([(torch.arange(3.0) + n, torch.tensor([float(n)])) for n in range(4 * BATCHES)])


def plain_set():
    features = torch.arange(12.0 * BATCHES).view(-1, 3)
    return data.TensorDataset(features, features.sum(1, keepdim=True))


def program(folder, die=None, dataset=None, steps=2, generator=None, replay=False, batch=4, **options):
    """A script: makes its objects, trains, and gives all that could differ. `die`: in which batch."""
    torch.manual_seed(5)
    random.seed(5)
    numpy.random.seed(5)
    model = torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.Dropout(0.4), torch.nn.Linear(6, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=EPOCHS * 4 * BATCHES)
    seen = []
    if generator is not None:
        generator = torch.Generator().manual_seed(generator)
    dataset = plain_set() if dataset is None else dataset
    if not isinstance(dataset, list):
        shuffle = not isinstance(dataset, data.IterableDataset)
        dataset = data.DataLoader(dataset, batch_size=batch, shuffle=shuffle, generator=generator, **options)
    run = rocmfix.checkpointing(folder, model=model, optimizer=optimizer, scheduler=scheduler, seen=seen)
    count = 0
    for epoch in run.epochs(EPOCHS):
        random.random()  # before the pass begins: done again by one that continues inside it
        torch.rand(1)
        for features, target in run.steps(dataset, every=steps, replay=replay) if steps else dataset:
            count += 1
            if count == die:
                raise Died
            loss = (model(features) - target).square().mean() * (1 + random.random() + numpy.random.rand())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            seen.append((epoch, features[:, 0].tolist(), loss.item()))
    weights = [value.tolist() for value in model.state_dict().values()]
    return seen, weights, scheduler.get_last_lr(), random.random(), numpy.random.rand(), torch.rand(2).tolist()


def killed(folder, deaths, **options):
    for die in deaths:
        with pytest.raises(Died):
            program(folder, die, **options)
    return program(folder, **options)


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------- exact


@pytest.mark.parametrize("die", range(1, EPOCHS * BATCHES + 1))
def test_killed_in_any_batch_it_ends_as_one_that_never_was(tmp_path, die):
    whole = program(tmp_path / "whole")
    assert killed(tmp_path / "run", [die]) == whole


@pytest.mark.parametrize("options", [
    {"steps": 0},
    {"steps": 1},
    {"steps": 7},
    {"generator": 9},
    {"num_workers": 2},
    {"num_workers": 2, "generator": 9},
    {"num_workers": 2, "persistent_workers": True},
    {"dataset": Noisy()},
    {"dataset": Noisy(), "num_workers": 2, "replay": True},
    {"dataset": Noisy(), "num_workers": 2, "steps": 0},
    {"dataset": Stream()},
    {"dataset": [(torch.rand(4, 3), torch.rand(4, 1)) for _ in range(BATCHES)]},
], ids=str)  # fmt: skip
def test_killed_again_and_again_it_is_exact(tmp_path, options):
    whole = program(tmp_path / "whole", **options)
    deaths = [4, 9, 3, 1] if options.get("steps", 2) else [8, 2, 6]
    assert killed(tmp_path / "run", deaths, **options) == whole


def orders(folder, objects, last=EPOCHS):
    """Of eight items in each epoch; `objects`: what is given of a loader and of its own generator."""
    generator = torch.Generator().manual_seed(3)
    loader = data.DataLoader(range(8), shuffle=True, generator=generator)
    found = []
    for epoch in rocmfix.checkpointing(folder, **objects(loader, generator)).epochs(EPOCHS):
        if epoch == last:
            break
        found.append([int(item) for item in loader])
    return found


def test_a_loaders_own_generator_is_kept_as_an_object(tmp_path):
    def objects(loader, generator):
        return {"generator": generator}

    whole = orders(tmp_path / "whole", objects)
    assert orders(tmp_path / "run", objects, 2) + orders(tmp_path / "run", objects) == whole
    assert whole[1] != whole[2]


def test_a_loader_can_be_given_for_the_order_that_its_generator_draws(tmp_path):
    def objects(loader, generator):
        return {"loader": loader}

    whole = orders(tmp_path / "whole", objects)
    assert orders(tmp_path / "run", objects, 2) + orders(tmp_path / "run", objects) == whole


def test_a_loader_that_does_not_ask_its_sampler_is_an_error_and_no_batch_comes_twice(tmp_path):
    class Own(data.DataLoader):
        def __iter__(self):
            return iter([0, 1, 2, 3])

    def train(last, replay=False):
        found = []
        run = rocmfix.checkpointing(tmp_path / "run")
        for batch in run.steps(Own(range(4)), every=1, replay=replay):
            if batch == last:
                raise Died
            found.append(batch)
        return found

    with pytest.raises(Died):
        train(2)
    with pytest.raises(CheckpointError, match="cannot continue inside an epoch\nhint: .*replay=True"):
        train(9)
    assert train(9, replay=True) == [2, 3]


def test_loader_processes_that_draw_give_the_same_order_and_other_draws_without_replay(tmp_path):
    """As documented: what replay=True is for."""
    options = {"dataset": Noisy(), "num_workers": 2}
    whole, resumed = program(tmp_path / "whole", **options), killed(tmp_path / "run", [4], **options)
    first, second = ([[int(one) for one in batch] for _, batch, _ in seen[0]] for seen in (whole, resumed))
    assert len(first) == len(second) == EPOCHS * BATCHES
    assert whole != resumed
    assert whole[0][:2] == resumed[0][:2]


def test_after_a_smaller_batch_no_sample_of_the_epoch_is_left_out_or_seen_twice(tmp_path):
    with pytest.raises(Died):
        program(tmp_path / "run", die=4, batch=4)
    seen = program(tmp_path / "run", batch=2)[0]
    of_first = sorted(one for epoch, batch, _ in seen if epoch == 0 for one in batch)
    assert of_first == plain_set().tensors[0][:, 0].tolist()
    assert [len(batch) for epoch, batch, _ in seen if epoch == 0] == [4, 4] + [2] * 6


def test_one_pass_without_epochs_continues_with_the_next_batch(tmp_path):
    def train(die=None):
        found = []
        run = rocmfix.checkpointing(tmp_path / "run", found=found)
        for batch in run.steps(data.DataLoader(range(10)), every=3):
            if int(batch) == die:
                raise Died
            found.append(int(batch))
        assert run.step == 10
        return found

    with pytest.raises(Died):
        train(8)
    assert train() == list(range(10))
    assert train() == list(range(10))  # finished: nothing is trained


# ---------------------------------------------------------------- a run


def epochs_of(folder, count=4, last=None, resume=True, **objects):
    found = []
    run = rocmfix.checkpointing(folder, resume=resume, **objects)
    for epoch in run.epochs(count):
        found.append(epoch)
        if epoch == last:
            break
    return found


def test_two_checkpoints_are_kept_of_data_and_a_manifest(tmp_path):
    assert epochs_of(tmp_path / "run", 5, values=[1.5]) == [0, 1, 2, 3, 4]
    names = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert names == ["checkpoint-00004", "checkpoint-00005", "lock"]
    assert {path.name for path in (tmp_path / "run/checkpoint-00005").iterdir()} == {"manifest.json", "state.pt"}


def test_every_so_many_epochs_and_the_last(tmp_path):
    run = rocmfix.checkpointing(tmp_path / "run")
    made = []
    for _ in run.epochs(5, every=2):
        made.append(len(list((tmp_path / "run").glob("checkpoint-*"))))
    assert made == [0, 0, 1, 1, 2]
    assert len(list((tmp_path / "run").glob("checkpoint-00003"))) == 1


def test_a_finished_run_is_loaded_and_not_trained_again_and_a_longer_one_continues(tmp_path, capfd):
    values = [7]
    assert epochs_of(tmp_path / "run", 2, values=values) == [0, 1]
    values = []
    assert epochs_of(tmp_path / "run", 2, values=values) == []
    assert values == [7]
    assert "is finished (epoch 2), nothing is trained: to train again, name another run" in capfd.readouterr().err
    assert epochs_of(tmp_path / "run", 4, values=values) == [2, 3]
    assert "continuing after 2 of 4 epochs" in capfd.readouterr().err


def test_stop_ends_a_run_with_the_epoch_in_progress(tmp_path):
    run = rocmfix.checkpointing(tmp_path / "run")
    for epoch in run.epochs(9):
        if epoch == 2:
            run.stop()
    assert run.epoch == 3
    assert epochs_of(tmp_path / "run", 9) == []


def test_a_new_run_sets_the_old_one_aside_unless_it_was_restarted(tmp_path, monkeypatch, capfd):
    folder = tmp_path / "run"
    epochs_of(folder, 4, 2)
    before = contents(folder)
    assert epochs_of(folder, 4, 1, resume=False) == [0, 1]
    assert "the checkpoints of an earlier run are now in earlier-1" in capfd.readouterr().err
    after = contents(folder / "earlier-1")
    assert {str(path): text for path, text in before.items() if path.name != "lock"} == {
        str(path): text for path, text in after.items()
    }
    monkeypatch.setenv("ROCMFIX_RESUME", "1")
    assert epochs_of(folder, 4, resume=False) == [1, 2, 3]
    assert not (folder / "earlier-2").exists()


def test_a_run_that_is_being_trained_is_left_alone(tmp_path):
    for _ in rocmfix.checkpointing(tmp_path / "run").epochs(1):
        with pytest.raises(CheckpointError, match=f"is being trained by process {os.getpid()}\nhint: "):
            epochs_of(tmp_path / "run")
    assert epochs_of(tmp_path / "run", 2) == [1]


def test_a_kept_checkpoint_is_progress_and_each_step_a_sign_of_life(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(script_run, "alive", lambda progress=False: calls.append(progress))
    run = rocmfix.checkpointing(tmp_path / "run")
    for _ in run.epochs(1):
        for _ in run.steps([1, 2, 3], every=2):
            pass
    assert calls == [False, False, False, True, False, True]


# ---------------------------------------------------------------- what is wrong


def test_a_damaged_checkpoint_is_passed_over_and_two_are_an_error_that_overwrites_nothing(tmp_path, capfd):
    folder = tmp_path / "run"
    epochs_of(folder, 3)
    state = folder / "checkpoint-00003/state.pt"
    state.write_bytes(state.read_bytes()[:-9])
    assert epochs_of(folder, 3, 2) == [2]
    assert "checkpoint-00003: state.pt is not what was written: not used" in capfd.readouterr().err
    (folder / "checkpoint-00002/manifest.json").write_text("{}")
    before = contents(folder)
    with pytest.raises(CheckpointError, match="no checkpoint in .* is whole.*\nhint: resume=False"):
        epochs_of(folder, 3)
    before.pop(next(path for path in before if path.name == "lock"))
    assert before.items() <= contents(folder).items()
    assert epochs_of(folder, 3, resume=False) == [0, 1, 2]


def test_other_names_and_other_shapes_are_errors_and_overwrite_nothing(tmp_path):
    folder = tmp_path / "run"
    epochs_of(folder, 4, 2, model=torch.nn.Linear(2, 3))
    before = contents(folder)
    with pytest.raises(CheckpointError, match="has model, and the program gives ema, model\nhint: give the same names"):
        epochs_of(folder, 4, model=torch.nn.Linear(2, 3), ema=torch.nn.Linear(2, 3))
    with pytest.raises(CheckpointError, match="model does not fit .*checkpoint-00002: .*size mismatch for weight"):
        epochs_of(folder, 4, model=torch.nn.Linear(2, 4))
    assert contents(folder) == before
    assert epochs_of(folder, 4, model=torch.nn.Linear(2, 3)) == [2, 3]


@pytest.mark.parametrize(("what", "error", "words"), [
    (3, TypeError, "wrong: a int cannot be kept: give objects with state_dict"),
    ([object()], CheckpointError, "wrong cannot be kept: object is not kept"),
    ((lambda: {1: range(2)}, print), CheckpointError, "wrong cannot be kept: range is not kept"),
])  # fmt: skip
def test_what_cannot_be_kept_is_an_error_before_the_first_epoch(tmp_path, what, error, words):
    with pytest.raises(error, match=words):
        assert epochs_of(tmp_path / "run", wrong=what) == "no epoch"
    assert not list(tmp_path.glob("run/checkpoint-*"))


def test_a_checkpoint_cannot_run_code(tmp_path):
    """Its manifest is right, too: whoever could write the one could write the other."""
    folder = tmp_path / "run"
    epochs_of(folder, 4, 2, values=[1])

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    for generation in folder.glob("checkpoint-*"):
        torch.save(Evil(), generation / "state.pt")
        manifest = json.loads((generation / "manifest.json").read_text())
        content = (generation / "state.pt").read_bytes()
        manifest["files"]["state.pt"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        (generation / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match="is not a checkpoint of a script"):
        epochs_of(folder, values=[1])
    assert not (tmp_path / "made").exists()


def test_no_file_of_a_checkpoint_names_code(tmp_path):
    program(tmp_path / "run")  # OneCycleLR has functions in its state
    with zipfile.ZipFile(tmp_path / "run/checkpoint-00010/state.pt") as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("data.pkl")]
        content = archive.read(name)
    named = set()

    class Names(pickle.Unpickler):
        def find_class(self, module, name):
            named.add(f"{module}.{name}")
            return lambda *_: []

        def persistent_load(self, _):
            return None

    import io

    Names(io.BytesIO(content)).load()
    assert named <= {"torch._utils._rebuild_tensor_v2", "collections.OrderedDict"} | {
        f"torch.{kind}Storage" for kind in ("Float", "Byte", "Long", "Double", "Int")
    }


def test_where_nothing_can_be_written_the_error_comes_before_the_first_epoch(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(CheckpointError, match="cannot keep checkpoints in .*file"):
        epochs_of(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "not a directory"


FULL = """
import resource, sys
import torch, rocmfix
values = torch.zeros(int(sys.argv[2]))
for epoch in rocmfix.checkpointing(sys.argv[1], values=[values]).epochs(3):
    if epoch == 1:  # as a full disk: Python ignores SIGXFSZ, so that the write fails
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
print("trained to the end")
"""


@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_a_full_disk_ends_no_training_and_costs_no_checkpoint(tmp_path, size):
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path / "run", str(size)], text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(SOURCE / "userspace/python")},
                          capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "trained to the end\n"
    assert "no checkpoint was made" in done.stderr and "the one before still counts" in done.stderr
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["checkpoint-00001", "lock"]
    assert epochs_of(tmp_path / "run", 3, values=[]) == [1, 2]


def test_steps_twice_in_an_epoch_and_two_loops_at_once_are_errors(tmp_path):
    run = rocmfix.checkpointing(tmp_path / "run")
    with pytest.raises(CheckpointError, match="steps.. is used twice"):
        for _ in run.epochs(1):
            list(run.steps([1], every=5))
            list(run.steps([1], every=5))
    with pytest.raises(CheckpointError, match="has a loop already"):
        for _ in run.epochs(1):
            list(run.epochs(2))
    for wrong in (lambda: list(run.steps([], every=0)), lambda: list(run.epochs(-1)), lambda: list(run.epochs(1, every=0))):
        with pytest.raises(ValueError):
            wrong()


def test_ranks_that_do_not_know_of_each_other_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(CheckpointError, match="one of 2 processes, but torch.distributed is not initialized"):
        epochs_of(tmp_path / "run")


# ---------------------------------------------------------------- objects


def test_lists_dicts_pairs_and_generators_come_back(tmp_path):
    def objects():
        return {"values": [1, (2.5, None)], "best": {"epoch": -1}, "generator": torch.Generator().manual_seed(1)}

    def trained(folder, last=None):
        kept, given = objects(), []
        pair = (lambda: {"given": torch.tensor(kept["values"][0])}, given.append)
        for epoch in rocmfix.checkpointing(folder, pair=pair, **kept).epochs(4):
            kept["values"].append((epoch, float("inf")))
            kept["best"]["epoch"] = epoch
            draw = torch.rand(2, generator=kept["generator"]).tolist()
            if epoch == last:
                break
        return kept["values"], kept["best"], draw, given

    whole = trained(tmp_path / "whole")
    trained(tmp_path / "run", 2)
    resumed = trained(tmp_path / "run")
    assert resumed[:3] == whole[:3]
    assert resumed[3] == [{"given": torch.tensor(1)}] and whole[3] == []


def test_a_models_layers_keep_their_versions_and_a_wrapper_is_looked_through(tmp_path):
    class DistributedDataParallel(torch.nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

    versions = []

    class Layer(torch.nn.Linear):
        _version = 7

        def _load_from_state_dict(self, state, prefix, metadata, *rest):
            versions.append(metadata.get("version"))
            super()._load_from_state_dict(state, prefix, metadata, *rest)

    epochs_of(tmp_path / "run", 2, 1, model=DistributedDataParallel(Layer(2, 2)))
    assert epochs_of(tmp_path / "run", 2, model=Layer(2, 2)) == [1]
    assert versions == [7]


def test_a_sharded_model_is_refused(tmp_path):
    class FullyShardedDataParallel(torch.nn.Module):
        pass

    with pytest.raises(CheckpointError, match="FSDP's sharded models are not supported"):
        epochs_of(tmp_path / "run", model=FullyShardedDataParallel())


def test_a_switched_off_scaler_and_another_device_are_no_obstacle(tmp_path):
    class Scaler:
        """torch.cuda.amp.GradScaler, off before and on now."""

        def state_dict(self):
            return {}

        def load_state_dict(self, state):
            raise RuntimeError("The source state dict is empty")

    def optimizer(**options):
        return torch.optim.Adam(torch.nn.Linear(2, 2).parameters(), **options)

    epochs_of(tmp_path / "run", 2, 0, scaler=Scaler(), optimizer=optimizer())
    epochs_of(tmp_path / "run", 3, 1, scaler=Scaler(), optimizer=optimizer(foreach=True))
    live = optimizer(foreach=False)
    assert epochs_of(tmp_path / "run", 4, scaler=Scaler(), optimizer=live) == [1, 2, 3]
    assert live.param_groups[0]["foreach"] is False
