# SPDX-License-Identifier: MIT
"""What the library reads of files, as the program `targets` prints it."""

import json
import subprocess

import pytest


@pytest.fixture
def read_targets(build):
    def read(*paths, options=()):
        done = subprocess.run([build / "tests" / "targets", *options, *paths], capture_output=True,
                              text=True, timeout=120, check=True)
        documents = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(documents) == len(paths)
        return documents

    return read
