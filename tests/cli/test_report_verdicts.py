# SPDX-License-Identifier: MIT
"""A report of a machine is examined with the same outcome as the machine."""

import json
import re
import subprocess
from pathlib import Path

import pytest

MACHINES = sorted(path.stem for path in
                  (Path(__file__).resolve().parents[1] / "data/machines").glob("*.toml")
                  if path.stem != "base")  # fmt: skip


def json_of(build, environment, *words, **more):
    done = subprocess.run([build / "bin/rocmfix", *words, "--json"], env=environment,
                          capture_output=True, text=True, check=False, timeout=120, **more)  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stderr
    return done.stdout


def make_report(build, environment, file, *words, **more):
    subprocess.run([build / "bin/rocmfix", "report", "-o", file, *words], env=environment, check=True,
                   capture_output=True, timeout=120, **more)  # fmt: skip


@pytest.mark.parametrize("machine", MACHINES)
def test_of_a_synthetic_machine(build, environment, roots, tmp_path, machine):
    root, file = roots / machine, tmp_path / "r.tar.zst"
    make_report(build, environment, file, "--root", root)
    for verb in ("doctor", "status", "plan"):
        before = json_of(build, environment, verb, "--root", root)
        after = json_of(build, environment, verb, "--root", file)
        # Messages have the path of the root before that of the file.
        assert after == before.replace(str(root), ""), verb


def test_of_the_running_system(build, environment, tmp_path):
    file = tmp_path / "r.tar.zst"
    make_report(build, environment, file)
    before = json.loads(json_of(build, environment, "doctor"))
    after = json.loads(json_of(build, environment, "doctor", "--root", file))
    assert [(one["id"], one["verdict"]) for one in after["checks"]] == [
        (one["id"], one["verdict"]) for one in before["checks"]]  # fmt: skip
    assert before["machine"] == after["machine"]


def test_of_a_program_of_the_running_system(build, environment, tmp_path):
    """The words of --program, the working directory and the variables are those of the report."""
    folder = tmp_path / "work"
    (folder / "lib").mkdir(parents=True)
    environment |= {"LD_LIBRARY_PATH": str(folder / "lib"), "HSA_OVERRIDE_GFX_VERSION": "10.3.0"}
    (folder / "job").write_bytes(Path("/bin/true").read_bytes())
    (folder / "job").chmod(0o755)
    file = tmp_path / "r.tar.zst"
    make_report(build, environment, file, "--program", "./job", cwd=folder)
    before = json.loads(json_of(build, environment, "doctor", "--program", "./job", cwd=folder))
    after = json.loads(json_of(build, environment | {"HSA_OVERRIDE_GFX_VERSION": "9.0.0"}, "doctor",
                               "--root", file))  # fmt: skip
    assert after["checks"] == before["checks"]
    assert before["program"]["command"] == ["./job"]
    assert after["program"] == before["program"]


def test_a_report_has_every_variable_that_a_verdict_goes_by(build, environment, source):
    """Those that the sources ask for by name; settings and runtime variables are in tables."""
    asked = set()
    for folder in ("software", "doctor", "machine"):
        for path in (source / "userspace/librocmfix/src" / folder).rglob("*.cpp"):
            if path.name != "code_cache.cpp":  # where the cache is decides nothing
                asked.update(re.findall(r'(?:variable|find|value_of)\((?:environment, )?"([A-Z][A-Z0-9_]+)"\)',
                                        path.read_text(encoding="utf-8")))  # fmt: skip
    assert {"PYTHONPATH", "SUDO_USER", "HOME", "LD_PRELOAD"} <= asked
    plain = asked - {"LD_PRELOAD", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "HOME"}  # the loader reads those
    environment |= {name: f"planted{number}" for number, name in enumerate(sorted(plain))}
    done = subprocess.run([build / "bin/rocmfix", "report", "--preview", "--json"], env=environment,
                          capture_output=True, text=True, check=True)  # fmt: skip
    text = next(entry["text"] for entry in json.loads(done.stdout)["entries"]
                if entry["path"] == "/rocmfix-report/machine.json")  # fmt: skip
    reported = json.loads(text)["environment"]
    assert {name for name in plain if name not in reported} == set()
    assert "HOME" in reported
