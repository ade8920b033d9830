# SPDX-License-Identifier: MIT
"""What `rocmfix recommend` tells people to paste is what pip and a shell understand."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

SOURCE = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve() / "bin"
TARGETS = ["gfx1010", "gfx1011", "gfx1012", "gfx1013", "gfx1030", "gfx1031", "gfx1032", "gfx1033",
           "gfx1034", "gfx1035", "gfx1036"]  # fmt: skip


def ask(*words):
    run = subprocess.run([BIN / "rocmfix", "recommend", "--json", *words], text=True,
                         capture_output=True, check=True)  # fmt: skip
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def answers():
    """Every build of every framework for every card, as --json says it."""
    frameworks = [one["name"] for one in ask("--list")["frameworks"]]
    return {(framework, gfx): ask("--for", framework, "--gfx", gfx)["cards"][0]["builds"]
            for framework in frameworks for gfx in TARGETS}  # fmt: skip


def builds(answers):
    found = [(gfx, build) for (_, gfx), list_of in answers.items() for build in list_of]
    assert len(found) > 300
    return found


def test_every_requirement_is_one_for_pip(answers):
    seen = 0
    for gfx, build in builds(answers):
        for line in build["requirements"]:
            requirement = Requirement(line)
            assert requirement.url is None and requirement.marker is None, line
            assert requirement.extras <= {f"device-{gfx}"}, line
            seen += 1
    assert seen > 100


def test_pinned_versions_of_a_build_are_of_one_rocm(answers):
    """torchvision for another ROCm than torch's imports, and fails at its first operator."""
    for _, build in builds(answers):
        pins = [Version(spec.version) for line in build["requirements"]
                for spec in Requirement(line).specifier]  # fmt: skip
        assert len({pin.local for pin in pins}) <= 1, build["requirements"]


def test_every_index_is_a_place_on_the_web(answers):
    for _, build in builds(answers):
        if build["index"] is not None:
            parts = urlsplit(build["index"])
            assert parts.scheme == "https" and parts.netloc and not parts.query, build["index"]


def test_every_command_is_one_line_that_bash_parses(answers):
    commands = {build["command"] for _, build in builds(answers)} - {None}
    assert len(commands) > 30
    for command in commands:
        assert "\n" not in command and not re.search(r"\{\w+\}", command), command
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_a_requirement_reaches_pip_as_it_is(answers):
    """The brackets of an extra are a pattern for a shell."""
    for _, build in builds(answers):
        if build["command"] is not None and build["requirements"]:
            words = shlex.split(build["command"])
            assert [word for word in words if word in build["requirements"]] == build["requirements"]
