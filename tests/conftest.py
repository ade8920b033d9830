# SPDX-License-Identifier: MIT
"""Runs the readable text cases (*.case) and gives every test the built programs and the roots.

A case file holds cases separated by blank lines; a line that begins with '#' is a comment:

    NAME status names the card
    RUN rocmfix --root {roots}/rx5600xt status
    EXPECT Navi 10

RUN     a shell line, run with build/bin first in PATH; its exit status must be STATUS (default 0)
EXPECT  stdout or stderr holds this text           REJECT  neither holds it
STDOUT, STDERR  that stream holds it               JSON    a.0.b = <JSON>: stdout at that path
SETUP   a shell line before RUN                    AFTER   a shell line after it, must exit 0
AS      the user who does RUN; skipped unless the tests run as root
{roots} the synthetic roots, {tmp} a fresh directory, {src} the checkout, {build} the build
"""

import json
import os
import pwd
import re
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("ROCMFIX_BUILD_DIR", SOURCE / "build")).resolve()
ROOTS = Path(os.environ.get("ROCMFIX_TEST_ROOTS", BUILD / "roots")).resolve()
KEYWORDS = {"NAME", "RUN", "EXPECT", "REJECT", "STDOUT", "STDERR", "JSON", "STATUS", "SETUP",
            "AFTER", "AS"}
TIMEOUT = 120


def clean_environment():
    """The caller's environment without what would change a result, build/bin first in PATH."""
    dropped = ("ROCMFIX_", "HSA_", "HIP_", "PYTORCH_", "MIOPEN_", "GPU_")
    env = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    env["PATH"] = f"{BUILD / 'bin'}:{env.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
    env["LC_ALL"] = "C.UTF-8"
    return env


@pytest.fixture
def source():
    return SOURCE


@pytest.fixture
def build():
    return BUILD


@pytest.fixture
def roots():
    return ROOTS


@pytest.fixture
def environment():
    return clean_environment()


def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".case":
        return CaseFile.from_parent(parent, path=file_path)
    return None


class CaseFile(pytest.File):
    def collect(self):
        steps, first = [], 0
        text = self.path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines() + [""], 1):
            if line.startswith("#"):
                continue
            if line.strip():
                keyword, _, argument = line.partition(" ")
                if keyword not in KEYWORDS:
                    raise ValueError(f"{self.path}:{number}: unknown keyword '{keyword}'")
                first = first or number
                steps.append((keyword, argument.strip()))
            elif steps:
                keywords = [keyword for keyword, _ in steps]
                if keywords[0] != "NAME" or keywords.count("RUN") != 1:
                    raise ValueError(f"{self.path}:{first}: a case is NAME, one RUN, and checks")
                yield Case.from_parent(self, name=steps[0][1], steps=steps)
                steps, first = [], 0


class CaseFailure(Exception):
    pass


class Case(pytest.Item):
    def __init__(self, *, steps, **kwargs):
        super().__init__(**kwargs)
        self.steps = steps

    def all(self, *keywords):
        return [(key, value) for key, value in self.steps if key in keywords]

    def one(self, keyword, default=None):
        found = self.all(keyword)
        return found[-1][1] if found else default

    def runtest(self):
        factory = pytest.TempPathFactory.from_config(self.config, _ispytest=True)
        tmp = factory.mktemp("case")
        words = {"roots": ROOTS, "tmp": tmp, "src": SOURCE, "build": BUILD}

        def filled(text):
            for word, value in words.items():
                text = text.replace("{" + word + "}", str(value))
            return text

        def shell(line, user=None):
            command = ["bash", "-c", filled(line)]
            if user:
                command = ["setpriv", f"--reuid={user}", "--clear-groups", "--"] + command
            return subprocess.run(command, env=clean_environment(), cwd=tmp, text=True,
                                  errors="replace", capture_output=True, timeout=TIMEOUT,
                                  stdin=subprocess.DEVNULL, check=False)

        user = self.one("AS")
        if user:
            if os.geteuid() != 0:
                pytest.skip("switching users needs root")
            pwd.getpwnam(user)
            for path in [tmp, *tmp.parents]:
                if path.stat().st_uid == 0 and path != Path("/") and "pytest" in path.name:
                    path.chmod(0o755)
        for _, line in self.all("SETUP"):
            done = shell(line)
            if done.returncode != 0:
                raise CaseFailure(f"SETUP {line}\n{done.stdout}{done.stderr}")
        done = shell(self.one("RUN"), user)
        self.check(done, filled)
        for _, line in self.all("AFTER"):
            after = shell(line)
            if after.returncode != 0:
                raise CaseFailure(f"AFTER {line}: status {after.returncode}\n{after.stdout}"
                                  f"{after.stderr}\n--- RUN had printed\n{done.stdout}{done.stderr}")

    def check(self, done, filled):
        faults = []
        wanted = int(self.one("STATUS", "0"))
        if done.returncode != wanted:
            faults.append(f"STATUS is {done.returncode}, not {wanted}")
        streams = {"EXPECT": done.stdout + done.stderr, "STDOUT": done.stdout,
                   "STDERR": done.stderr}
        for keyword, text in self.all("EXPECT", "STDOUT", "STDERR"):
            if filled(text) not in streams[keyword]:
                faults.append(f"{keyword} not there: {filled(text)}")
        for _, text in self.all("REJECT"):
            if filled(text) in streams["EXPECT"]:
                faults.append(f"REJECT is there: {filled(text)}")
        for _, text in self.all("JSON"):
            fault = check_json(done.stdout, filled(text))
            if fault:
                faults.append(fault)
        if faults:
            raise CaseFailure("\n".join(faults) + f"\n--- RUN {filled(self.one('RUN'))}\n"
                              f"--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}: {self.name}"


def check_json(stdout, assertion):
    """The fault in words, or None. `a.0.b = value`; `a.[name=noretry].b` picks a list's element."""
    path, _, literal = assertion.partition(" = ")
    try:
        value = json.loads(stdout)
    except json.JSONDecodeError as error:
        return f"stdout is no JSON: {error}"
    for part in re.findall(r"\[[^]]*\]|[^.]+", path):
        try:
            if part.startswith("["):
                key, _, wanted = part.strip("[]").partition("=")
                value = next(item for item in value if str(item[key]) == wanted)
            elif isinstance(value, list):
                value = value[int(part)]
            else:
                value = value[part]
        except (KeyError, IndexError, StopIteration, ValueError, TypeError):
            return f"JSON {path}: nothing at '{part}'"
    if value != json.loads(literal):
        return f"JSON {path} is {json.dumps(value)}, not {literal}"
    return None
