# SPDX-License-Identifier: MIT
"""A trial of a command that faults as it is told to, without a GPU."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "run"))

FAULT = ("Memory access fault by GPU node-1 (Agent handle: 0x55921bba97b0) on address "
         "0x7f3d7a123000. Reason: Page not present or supervisor privilege.")
# A model of a fault, in every run without the variable GOOD.
FAULTS_UNLESS_GOOD = f'test -n "$GOOD" || {{ ulimit -c 0; echo "{FAULT}" >&2; kill -ABRT $$; }}'


class Trial:
    """`rocmfix trial` in a directory of its own, on the machine of a synthetic root."""

    def __init__(self, environment, root, folder):
        self.environment = environment
        self.root = root
        self.directory = folder / "trial"

    def words(self, *options, command=(), resume=False):
        where = ["--resume", self.directory] if resume else ["-o", self.directory, "--settle", "0s"]
        return ["rocmfix", "--root", self.root, "trial", *where, *options,
                *(["--", *command] if command else [])]

    def start(self, *options, command=(), resume=False, **more):
        return subprocess.Popen(self.words(*options, command=command, resume=resume),
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)

    def __call__(self, *options, command=(), resume=False, status=0, **more):
        run = self.start(*options, command=command, resume=resume, **more)
        run.out, run.err = run.communicate(timeout=110)
        assert run.returncode == status, run.out + run.err
        return run

    def json(self, *options, **more):
        return json.loads(self("--json", *options, **more).out)

    def journal(self):
        lines = (self.directory / "journal.jsonl").read_text().splitlines()
        return [json.loads(line)["entry"] for line in lines]


@pytest.fixture
def root(roots, tmp_path):
    """A machine with an RX 5600 XT that a test may change."""
    copy = tmp_path / "root"
    shutil.copytree(roots / "rx5600xt", copy, symlinks=True)
    return copy


@pytest.fixture
def trial(environment, root, tmp_path):
    return Trial({**environment, "HOME": str(tmp_path)}, root, tmp_path)


@pytest.fixture
def interrupt():
    return lambda process: os.kill(process.pid, signal.SIGINT)
