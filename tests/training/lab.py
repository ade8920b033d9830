# SPDX-License-Identifier: MIT
"""Trainings to disturb: a data set, an environment, runs with faults, and what they have left."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
sys.path.insert(0, str(SOURCE / "userspace/python"))
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()
EPOCHS = 6
BATCHES = 3  # an epoch: 12 images, batch 4
# Small, and with every state that a resume could lose: an accumulation that goes over epochs (64
# images a step, 12 an epoch), a warm-up of half the run, mosaic that is closed on the way.
ARGUMENTS = {
    "model": "yolov8n.yaml", "epochs": EPOCHS, "imgsz": 64, "device": "cpu", "batch": 4, "seed": 3,
    "close_mosaic": 2, "plots": False,
}  # fmt: skip


@dataclass
class Run:
    directory: Path
    outputs: list[str] = field(default_factory=list)  # of each process that the test started
    statuses: list[int] = field(default_factory=list)

    @property
    def rows(self):
        """results.csv without its column of seconds."""
        with open(self.directory / "results.csv", newline="") as file:
            rows = [{name.strip(): value for name, value in row.items()} for row in csv.DictReader(file)]
        return [{name: value for name, value in row.items() if name != "time"} for row in rows]

    @property
    def epochs(self):
        return [int(float(row["epoch"])) for row in self.rows]

    @property
    def events(self):
        lines = (self.directory / "rocmfix/journal.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines if line]

    def event(self, name):
        return [event for event in self.events if event["event"] == name]


def make_root(root, mitigations=()):
    """A machine with an RX 5600 XT, and a supervisor that is quick and takes only these mitigations.

    None by default: half the batch, for one, would change the numbers.
    """
    roots = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BUILD / "roots"))
    shutil.copytree(roots / "rx5600xt", root, symlinks=True)
    (root / "etc/rocmfix").mkdir(parents=True, exist_ok=True)
    escalation = tomllib.loads((SOURCE / "userspace/data/mitigations.toml").read_text())
    text = "[restart]\ndelay_ms = 10\ndelay_max_ms = 10\nsettle_ms = 1\n"
    for mitigation in escalation["mitigation"]:
        text += "[[mitigation]]\n"
        for key in ("name", "step", "summary", "set", "grade", "source"):
            text += f"{key} = {json.dumps(mitigation[key])}\n"
        text += f"enabled = {json.dumps(mitigation['name'] in mitigations)}\n"
        text += 'when = { fault = ["memory"] }\n'
    (root / "etc/rocmfix/mitigations.toml").write_text(text)
    return root


class Lab:
    def __init__(self, directory, python):
        self.directory = Path(directory)
        self.python = str(python)
        self.data = self.directory / "data"
        self.root = self.make_root()
        subprocess.run([sys.executable, HERE / "make-data", self.data], check=True)

    def make_root(self, name="root", mitigations=()):
        return make_root(self.directory / name, mitigations)

    def environment(self, home, faults=None):
        """The test's own: one thread, so that sums are always added in the same order."""
        environment = {
            "PATH": f"{BUILD / 'bin'}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8",
            "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "YOLO_OFFLINE": "true",
            "YOLO_CONFIG_DIR": str(self.directory / "yolo"), "PYTHONDONTWRITEBYTECODE": "1",
            "ROCMFIX_ROOT": str(self.root),
            "MPLCONFIGDIR": str(self.directory / "matplotlib"), "ROCMFIX_PYTHON": self.python,
        }  # fmt: skip
        if faults is not None:
            environment.update(ROCMFIX_TEST_FAULTS=str(faults), PYTHONPATH=str(HERE / "faulty"))
        return environment

    def write_faults(self, home, faults):
        directory = home / "faults"
        directory.mkdir(parents=True)
        for number, fault in enumerate(faults):
            (directory / f"{number}.json").write_text(json.dumps(fault))
        return directory

    def arguments(self, home, **more):
        named = {**ARGUMENTS, "data": self.data / "data.yaml", "project": home, "name": "run", **more}
        return [f"{name}={value}" for name, value in named.items()]

    def train(self, name, faults=(), retries=9, hints=(), options=(), once=False, **more):
        """A run through rocmfix-yolo, resumed by hand when something but a GPU fault ended it; not if `once`."""
        home = self.directory / name
        directory = self.write_faults(home, faults)
        environment = {**self.environment(home, directory), **dict(hints)}
        run = Run(home / "run")
        command = ["rocmfix-yolo", "train", f"--retries={retries}", *options]
        command += self.arguments(home, **more)
        for _ in range(len(faults) + 2):
            done = subprocess.run(command, env=environment, cwd=home, text=True, timeout=900,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)  # fmt: skip
            run.outputs.append(done.stdout)
            run.statuses.append(done.returncode)
            if done.returncode != -signal.SIGKILL or once:
                break
            if (run.directory / "rocmfix/session.json").exists():
                command = ["rocmfix-yolo", "resume", f"--retries={retries}", str(run.directory)]
        return run

    def struck(self, name):
        return len(list((self.directory / name / "faults").glob("*.struck")))


def random_faults(seed):
    """1 to 5 faults, at points and in ways that the seed decides. Most are GPU memory faults."""
    generator = random.Random(seed)
    events = {  # how often in an epoch, about
        "on_train_start": 0, "on_train_epoch_start": 1, "on_train_batch_start": BATCHES,
        "on_train_batch_end": BATCHES, "on_train_epoch_end": 1, "on_val_batch_start": 1,
        "on_model_save": 1, "on_fit_epoch_end": 1, "on_train_end": 0,
    }  # fmt: skip
    faults = []
    for _ in range(generator.randrange(1, 6)):
        # Up to two epochs on, so that several faults find a place in one run.
        kind = generator.choices(("abort", "torn", "fsync"), (6, 1, 1))[0]
        if kind == "torn":
            faults.append({"kind": kind, "count": generator.randrange(1, 3)})
        elif kind == "fsync":
            faults.append({"kind": kind, "count": generator.randrange(4, 30)})
        else:
            event = generator.choice(list(events))
            count = 1 + generator.randrange(2 * events[event] or 1)
            delay = generator.choice((0, 0.01, 0.1, 0.4))
            faults.append({"kind": kind, "event": event, "count": count, "delay": delay})
    return faults
