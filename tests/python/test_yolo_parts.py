# SPDX-License-Identifier: MIT
"""rocmfix-yolo, part by part, without a training: tests/training has those."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from conftest import SOURCE
from rocmfix import sensors, store
from rocmfix.hints import Hints, read_hints
from rocmfix.librocmfix import Gpu
from rocmfix.store import Damaged
from rocmfix.yolo import checkpoint, cli, launcher
from rocmfix.yolo.batch import Governor, Pressure
from rocmfix.yolo.errors import Failure
from rocmfix.yolo.journal import Journal
from rocmfix.yolo.session import Session

# ---------------------------------------------------------------- command line


@pytest.mark.parametrize("words, arguments", [
    ("--model yolov8n.pt --epochs 10", {"model": "yolov8n.pt", "epochs": "10"}),
    ("model=a.pt epochs=10 name=", {"model": "a.pt", "epochs": "10", "name": ""}),
    ("--amp --data d.yaml", {"amp": "True", "data": "d.yaml"}),
    ("--amp data=d.yaml", {"amp": "True", "data": "d.yaml"}),
    ("--no-plots --close-mosaic 3", {"plots": "False", "close_mosaic": "3"}),
    ("--lr0 -1 --data=a=b.yaml", {"lr0": "-1", "data": "a=b.yaml"}),
])  # fmt: skip
def test_every_ultralytics_key_is_passed_on(words, arguments):
    line = cli.read_line(words.split())
    assert (line.arguments, line.own, line.words) == (arguments, {}, [])


def test_options_of_its_own_are_not():
    line = cli.read_line("--retries 3 --python=/bin/true --no-dynamic-batch --batch 8".split())
    assert line.own == {"retries": "3", "python": "/bin/true", "no-dynamic-batch": "1"}
    assert line.arguments == {"batch": "8"}


@pytest.mark.parametrize("words, what", [
    ([], "no verb given"),
    (["fly"], "no such verb: fly"),
    (["train"], "which model"),
    (["train", "yolov8n.pt"], "is not KEY=VALUE"),
    (["detect"], "no verb given"),
    (["detect", "mode=fly", "model=m"], "no such verb: fly"),
    (["detect", "train", "segment", "model=m"], "one task at a time, not detect and segment"),
    (["train", "-x"], "unknown option -x"),
    (["train", "--model", "m", "--retries", "many"], "--retries many"),
    (["train", "--model", "m", "--retries"], "missing value after --retries"),
    (["train", "--model", "m", "--min-batch", "4", "--max-batch", "2"], "less than"),
])  # fmt: skip
def test_wrong_usage_is_an_error_with_status_2(words, what):
    with pytest.raises(Failure, match=what) as caught:
        cli.run(words)
    assert caught.value.status == 2


@pytest.mark.parametrize("words", ["train model=m", "detect train model=m", "train detect model=m",
                                   "model=m detect train", "detect mode=train model=m",
                                   "task=detect --model m train"])  # fmt: skip
def test_yolos_own_forms_of_the_command_are_understood(words):
    line = cli.read_line(words.split())
    assert cli.take_verb(line) == "train"
    session = cli.session_of("train", line)
    expected = {"model": "m"} if words == "train model=m" else {"model": "m", "task": "detect"}
    assert (session.verb, session.arguments) == ("train", expected)


def test_the_word_after_resume_is_a_run_whatever_it_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "train")
    line = cli.read_line(["resume", "train"])
    assert cli.take_verb(line) == "resume"
    assert cli.session_of("resume", line).save_dir == str(tmp_path / "train")


def test_the_model_may_be_in_the_file_of_cfg():
    assert cli.session_of("train", cli.read_line(["cfg=my.yaml"])).arguments == {"cfg": "my.yaml"}


def test_help_needs_neither_torch_nor_ultralytics():
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", SOURCE / "userspace/python/rocmfix-yolo", "--help"],
        env={**os.environ, "PYTHONPATH": str(SOURCE / "userspace/python")},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: rocmfix-yolo train")
    assert "torch" not in [line.split("|")[-1].strip() for line in done.stderr.splitlines()]


def make_run(directory):
    state = directory / "rocmfix"
    state.mkdir(parents=True)
    Session("train", {"model": "m.pt", "epochs": "5"}, save_dir="/gone").write(state / "session.json")
    return directory


def test_resume_finds_a_run_by_its_directory_by_its_weights_and_as_the_newest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_run(tmp_path / "runs/detect/old")
    os.utime(tmp_path / "runs/detect/old/rocmfix/session.json", (1, 1))
    run = make_run(tmp_path / "runs/detect/train")
    for words in (["runs/detect/train"], ["runs/detect/train/weights/last.pt"], []):
        session = cli.session_of("resume", cli.read_line([*words, "batch=2"]))
        assert (session.save_dir, session.resume) == (str(run), True)  # moved: it is where it is
        assert session.arguments == {"model": "m.pt", "epochs": "5", "batch": "2"}
    with pytest.raises(Failure, match="amp cannot be changed within a run"):
        cli.session_of("resume", cli.read_line(["--amp"]))
    with pytest.raises(Failure, match="is not a run of rocmfix-yolo"):
        cli.session_of("resume", cli.read_line([str(tmp_path)]))


# ---------------------------------------------------------------- hints


def test_hints_are_what_the_supervisor_has_set():
    assert read_hints({}) == Hints()
    assert read_hints({"ROCMFIX_ATTEMPT": "3", "ROCMFIX_RESUME": "1", "ROCMFIX_BATCH_SCALE": "0.25",
                       "ROCMFIX_PRECISION": "full", "ROCMFIX_DEVICE": "cpu"}) == Hints(
        3, True, 0.25, True, True)  # fmt: skip
    for name, value in (("ATTEMPT", "0"), ("BATCH_SCALE", "2"), ("BATCH_SCALE", "half")):
        with pytest.raises(ValueError, match=value):
            read_hints({f"ROCMFIX_{name}": value})


# ---------------------------------------------------------------- batch


def test_a_full_card_halves_the_batch_and_that_batch_is_not_tried_again():
    governor = Governor(8, 2, 8)
    assert "95%" in governor.after_epoch(Pressure(0.95))
    assert governor.batch == 4
    for _ in range(20):
        governor.after_epoch(Pressure(0.1))
    assert governor.batch == 4


def test_the_allocators_retry_is_a_reason_of_its_own():
    governor = Governor(8, 1, 8)
    why = governor.after_epoch(Pressure(0.5, retried=True))
    assert "had to free cached blocks" in why and "full" not in why
    assert governor.batch == 4


def test_room_for_some_epochs_doubles_it_up_to_what_is_allowed():
    governor = Governor(4, 1, 12)
    changes = [governor.after_epoch(Pressure(0.3)) is not None for _ in range(9)]
    assert changes == [False, False, True, False, False, True, False, False, False]
    assert governor.batch == 12


def test_no_room_for_twice_the_batch_leaves_it():
    governor = Governor(4, 1, 16)
    assert not any(governor.after_epoch(Pressure(0.5)) for _ in range(10))


def test_the_smallest_batch_is_the_end():
    governor = Governor(3, 2, 3)
    assert (governor.halved(), governor.batch, governor.halved()) == (2, 2, None)


# ---------------------------------------------------------------- journal


def test_a_torn_line_is_skipped_and_does_not_spoil_the_next(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("launch", attempt=1)
    with open(journal.path, "a") as file:
        file.write('{"event": "epo')
    journal.append("launch", attempt=2)
    assert [event["attempt"] for event in journal.read()] == [1, 2]


def test_the_journal_is_not_written_through_a_link(tmp_path):
    (tmp_path / "mine").write_text("")
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "mine")
    with pytest.raises(OSError):
        Journal(tmp_path / "journal.jsonl").append("launch")
    assert (tmp_path / "mine").read_text() == ""


# ---------------------------------------------------------------- verified checkpoints

torch = pytest.importorskip("torch")


class Weights:
    """A run's directory as ultralytics leaves it after an epoch."""

    def __init__(self, run):
        self.run, self.state = run, run / "rocmfix"
        self.store = checkpoint.store_of(self.state)
        (run / "weights").mkdir()
        self.state.mkdir()

    def write(self, number, name="last.pt", **content):
        content = {"epoch": number - 1, "model": {"w": torch.full((3,), float(number))},
                   "optimizer": {}, **content}  # fmt: skip
        torch.save(content, self.run / "weights" / name)

    def keep(self, epoch, best=True, state=None, **content):
        self.write(epoch, **content)
        if best:
            shutil.copy(self.run / "weights/last.pt", self.run / "weights/best.pt")
        (self.run / "results.csv").write_text("epoch\n" + "".join(f"{n}\n" for n in range(1, epoch + 1)))
        return checkpoint.keep(self.store, epoch, self.run / "weights", best, state or {"epoch": epoch - 1},
                               self.run / "results.csv", {"epochs": 9, "stop": False})  # fmt: skip

    def newest(self):
        return self.store.newest()[0]

    def weight(self, name="last.pt", tensor=None):
        model = torch.load(self.run / "weights" / name)["model"]
        return model[tensor] if tensor else float(model["w"][0])


@pytest.fixture
def weights(tmp_path):
    return Weights(tmp_path)


def test_the_two_newest_are_kept(weights):
    for epoch in (1, 2, 3):
        weights.keep(epoch)
    assert [path.name for path in weights.store.generations()] == ["epoch-00003", "epoch-00002"]
    assert sorted(path.name for path in weights.state.iterdir()) == ["epoch-00002", "epoch-00003"]


def test_a_torn_last_pt_and_rows_that_were_not_kept_are_undone(weights):
    weights.keep(1)
    weights.keep(2, best=False)
    last = weights.run / "weights/last.pt"
    last.write_bytes(last.read_bytes()[:200])
    (weights.run / "weights/best.pt").unlink()
    with open(weights.run / "results.csv", "a") as file:
        file.write("3\n4")
    checkpoint.restore(weights.newest(), weights.run)
    assert (weights.weight(), weights.weight("best.pt")) == (2, 1)
    assert (weights.run / "results.csv").read_text() == "epoch\n1\n2\n"


@pytest.mark.parametrize("name", ["last.rest", "state.pt", "results.csv", "manifest.json"])
def test_a_damaged_one_is_skipped_for_the_one_before(weights, name):
    weights.keep(1)
    path = weights.keep(2).directory / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)
    generation, complaints = weights.store.newest()
    assert generation.number == 1
    assert len(complaints) == 1 and complaints[0].startswith("epoch-00002: ")


def test_nothing_that_does_not_load_back_counts(weights):
    weights.keep(1)
    for content in ({"epoch": 0}, {"optimizer": None}, {"model": None}):
        weights.write(2, **content)
        with pytest.raises(Damaged):
            checkpoint.keep(weights.store, 2, weights.run / "weights", True, {}, weights.run / "results.csv", {})
    (weights.run / "weights/last.pt").write_bytes(b"PK\3\4 no checkpoint")
    with pytest.raises(Damaged):
        checkpoint.keep(weights.store, 2, weights.run / "weights", True, {}, weights.run / "results.csv", {})
    assert weights.newest().number == 1


def exact_and_rounded(seed):
    """A model's 32-bit numbers, as the exact state has them, and last.pt's 16-bit ones."""
    generator = torch.Generator().manual_seed(seed)
    exact = {f"w{n}": torch.randn((40, 50), generator=generator) for n in range(8)}
    return exact, {name: value.half() for name, value in exact.items()}


def test_what_last_pt_has_rounded_is_kept_once_and_comes_back_to_the_byte(weights):
    exact, rounded = exact_and_rounded(1)
    moments = {n: {"exp_avg": value * 0.1, "step": torch.tensor(1.0)} for n, value in enumerate(exact.values())}
    made = weights.keep(1, state={"epoch": 0, "ema": exact, "optimizer": moments}, model=rounded,
                        optimizer=moments)  # fmt: skip
    written = (weights.run / "weights/last.pt").read_bytes()
    assert made.files["last.rest"]["bytes"] < len(written) - 8 * (4000 + 8000) + 2000
    assert "best.pt" not in made.files
    for name in ("last.pt", "best.pt"):
        (weights.run / "weights" / name).unlink()
    checkpoint.restore(weights.newest(), weights.run)
    for name in ("last.pt", "best.pt"):
        assert (weights.run / "weights" / name).read_bytes() == written


def test_what_differs_in_a_bit_from_the_rounded_tensor_is_kept_as_it_is(weights):
    exact, rounded = exact_and_rounded(2)
    rounded["w3"] = torch.nextafter(rounded["w3"].float(), torch.full((), 9.0)).half() + 2**-9
    weights.keep(1, state={"epoch": 0, "ema": exact}, model=rounded)
    written = (weights.run / "weights/last.pt").read_bytes()
    (weights.run / "weights/last.pt").unlink()
    checkpoint.restore(weights.newest(), weights.run)
    assert (weights.run / "weights/last.pt").read_bytes() == written


def test_the_best_is_kept_once_for_all_that_are_not(weights):
    exact, rounded = exact_and_rounded(3)
    for epoch, best in ((1, True), (2, False), (3, False)):
        made = weights.keep(epoch, best, {"epoch": epoch - 1, "ema": exact}, model=rounded)
    assert len({(path / "best.pt").stat().st_ino for path in weights.store.generations()}) == 1
    best = (weights.run / "weights/best.pt").read_bytes()
    (made.directory / "best.pt").write_bytes(b"damaged")
    assert weights.keep(4, False).read("best.pt") == best, "ultralytics' own"


def test_a_torn_best_pt_is_made_again_from_the_checkpoint(weights):
    exact, rounded = exact_and_rounded(4)
    weights.keep(1, True, {"epoch": 0, "ema": exact}, model=rounded)
    best = (weights.run / "weights/best.pt").read_bytes()
    (weights.run / "weights/best.pt").write_bytes(b"torn")
    assert weights.keep(2, False).read("best.pt") == best


def test_a_checkpoint_from_before_there_was_a_remainder_is_restored(weights):
    weights.write(1)
    last = (weights.run / "weights/last.pt").read_bytes()
    contents = {"last.pt": last, "best.pt": "last.pt", "state.pt": b"", "results.csv": b"epoch\n1\n"}
    weights.store.keep(1, contents, {"epochs": 9, "batch": 4})
    (weights.run / "weights/last.pt").unlink()
    checkpoint.restore(weights.newest(), weights.run)
    assert (weights.run / "weights/last.pt").read_bytes() == (weights.run / "weights/best.pt").read_bytes() == last


def test_a_full_disk_gives_up_the_older_and_the_newer_is_restored_over_half_a_file(weights, room):
    exact, rounded = exact_and_rounded(5)
    for epoch in (1, 2):
        weights.keep(epoch, state={"epoch": epoch - 1, "ema": exact}, model=rounded)
    weights.write(3, model=rounded)
    room(40_000)
    with pytest.raises(OSError) as caught:
        checkpoint.keep(weights.store, 3, weights.run / "weights", True, {"ema": exact},
                        weights.run / "results.csv", {"epochs": 9})  # fmt: skip
    assert caught.value.errno in store.NO_ROOM, "and not torch's own error"
    assert [path.name for path in weights.store.folder.iterdir()] == ["epoch-00002"]
    room(-1)
    (weights.run / "weights/last.pt").write_bytes(b"half")
    (weights.run / "weights/.last.pt-abcdefgh").write_bytes(b"of a process that died")
    checkpoint.restore(weights.newest(), weights.run)
    assert weights.weight("last.pt", "w0").shape == (40, 50)
    assert sorted(path.name for path in (weights.run / "weights").iterdir()) == ["best.pt", "last.pt"]


def test_what_takes_the_room_is_said():
    state = {"model": {"w": torch.zeros(1_000_000)}, "optimizer": {"state": {0: {"m": torch.zeros(5_000_000)}}}}
    assert checkpoint.contents_text(state) == "4.0 MB weights, 20 MB optimizer"
    assert checkpoint.contents_text({}) == ""


def keep_and_die(weights, count):
    """In a fork: SIGKILL at the `count`-th step that changes the disk. Gives its exit status."""
    child = os.fork()
    if child == 0:
        left = count

        def dying(original):
            def call(*arguments, **named):
                nonlocal left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return original(*arguments, **named)

            return call

        try:
            for name in ("fsync", "rename", "mkdir", "link", "unlink", "rmdir"):
                setattr(os, name, dying(getattr(os, name)))
            weights.keep(3, best=False)
        finally:
            os._exit(0 if weights.newest().number == 3 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_killed_at_any_step_there_is_a_whole_one(weights):
    """Epoch 3 is written again and again, and dies a step later each time."""
    for count in range(1, 60):
        shutil.rmtree(weights.state / "epoch-00003", ignore_errors=True)
        weights.keep(1)
        weights.keep(2)
        status = keep_and_die(weights, count)
        generation, complaints = weights.store.newest()
        assert generation.number in (2, 3) and complaints == []
        checkpoint.load_state(generation)
        if status == 0:
            break
        assert status == -signal.SIGKILL
    assert status == 0 and count > 15 and generation.number == 3


# ---------------------------------------------------------------- sensors


def make_gpu(root, status="active", **files):
    device = root / "sys/bus/pci/devices/0000:03:00.0"
    for name, value in {"power/runtime_status": status, "mem_info_vram_used": 3 << 30,
                        "mem_info_vram_total": 6 << 30, "gpu_busy_percent": 97,
                        "hwmon/hwmon3/temp1_input": 71000, "hwmon/hwmon3/power1_average": 142_400_000,
                        **files}.items():  # fmt: skip
        if value is not None:
            (device / name).parent.mkdir(parents=True, exist_ok=True)
            (device / name).write_text(f"{value}\n")
    return sensors.Sensors("0000:03:00.0", str(root))


def test_the_status_line(tmp_path):
    assert make_gpu(tmp_path).read().text() == "VRAM 3.0 of 6.0 GiB, GPU 97 %, 71 °C, 142 W"


def test_missing_values_are_left_out(tmp_path):
    gpu = make_gpu(tmp_path, **{"gpu_busy_percent": None, "hwmon/hwmon3/power1_average": None})
    assert gpu.read().text() == "VRAM 3.0 of 6.0 GiB, 71 °C"


def test_a_suspended_gpu_is_not_asked(tmp_path):
    assert make_gpu(tmp_path, status="suspended").read().text() == ""


def test_samples_come_back_from_their_file(tmp_path):
    path = tmp_path / "gpu.csv"
    sampler = sensors.Sampler(make_gpu(tmp_path), path, period=0.01)
    sampler.start()
    deadline = time.monotonic() + 30
    while len(sensors.read_rows(path)) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    sampler.stop()
    with open(path, "a") as file:
        file.write("17000")  # a process that died here
    rows = sensors.read_rows(path)
    assert len(rows) >= 3
    assert (rows[0].vram_used, rows[0].busy, rows[0].power) == (3 << 30, 97, 142.4)
    assert sensors.summary(sampler.take()).temperature == 71


def test_pytorchs_device_numbers_are_kfds_nodes_that_are_visible(monkeypatch):
    gpus = [Gpu("0000:0c:00.0", None, "gfx1030", True, 2, None), Gpu("0000:03:00.0", None, "gfx1010", True, 1, None),
            Gpu("0000:0d:00.0", None, None, False, None, None)]  # fmt: skip
    for name in ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    assert [sensors.find_gpu(n, gpus).kfd_node for n in (0, 1)] == [1, 2]
    assert sensors.find_gpu(2, gpus) is None
    monkeypatch.setenv("HIP_VISIBLE_DEVICES", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert sensors.find_gpu(0, gpus).kfd_node == 2


# ---------------------------------------------------------------- the launcher's wait

WAITER = """
import os, sys
sys.path.insert(0, {package!r})
from rocmfix.yolo.launcher import wait_for
sys.exit(os.waitstatus_to_exitcode(wait_for(sys.argv[1:])) & 0xff)
"""


def waiter(*command):
    program = WAITER.format(package=str(SOURCE / "userspace/python"))
    return subprocess.Popen([sys.executable, "-c", program, *command], stdout=subprocess.PIPE, text=True)


def test_the_commands_status_is_waited_for():
    assert waiter("sh", "-c", "exit 7").wait(60) == 7
    assert waiter("sh", "-c", "kill -ABRT $$").wait(60) == (-signal.SIGABRT & 0xFF)


def test_a_signal_from_another_process_is_passed_on_once():
    trapping = "trap 'echo TERM' TERM; echo ready; sleep 1 & wait; wait; echo end"
    process = waiter("bash", "-c", trapping)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.read() == "TERM\nend\n"
    assert process.wait(60) == 0


def test_it_stops_and_continues_with_the_command():
    process = waiter("bash", "-c", "echo $$; kill -STOP $$; echo on")
    process.stdout.readline()
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(process.pid, signal.SIGCONT)
    assert process.stdout.read() == "on\n"
    assert process.wait(60) == 0
