# SPDX-License-Identifier: MIT
"""The short form of the campaign, half a minute with a seed of its own; and that the campaign
sees what it looks for, shown on stand-ins that do it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
from campaign import outcome  # noqa: E402
from campaign.run import PARTS  # noqa: E402
from campaign.runner import BUILD, ROOTS, Case  # noqa: E402

SECONDS = 30
SEED = "check"


def attack(*words, build=BUILD):
    env = {**os.environ, "ROCMFIX_BUILD_DIR": str(build), "ROCMFIX_TEST_ROOTS": str(ROOTS)}
    return subprocess.run([HERE / "attack", "--seed", SEED, *words], env=env, capture_output=True, text=True,
                          errors="replace", timeout=400, check=False)


@pytest.fixture(scope="module", name="short")
def fixture_short(tmp_path_factory):
    document = tmp_path_factory.mktemp("attack") / "document.json"
    done = attack("--seconds", str(SECONDS), "--json", str(document))
    assert document.exists(), done.stdout + done.stderr
    return json.loads(document.read_text(encoding="utf-8")), done.stdout


@pytest.mark.parametrize("part", PARTS)
def test_nothing_bad_comes_of(short, part):
    document, text = short
    if part == "packages" and os.geteuid() != 0:
        pytest.skip("a chroot needs root")
    assert part in document["counts"], "no case ran\n" + text
    bad = {kind: number for kind, number in document["counts"][part].items() if kind in outcome.BAD}
    lines = [line for line in text.splitlines() if f" {part}:" in line]
    assert not bad, f"{bad}\n" + "\n".join(lines)


STAND_INS = {
    "right": "echo well",
    "clear error": "echo 'error: no' >&2; exit 1",
    "crash": "kill -SEGV $$",
    "memory": f"exec {sys.executable} -c 'x = b\"x\" * (700 << 20)'",
    "flood": "yes | head -c 400000",
    "unprintable": "printf '\\033[31m'",
    "silent": "exit 1",
}


@pytest.mark.parametrize("kind", STAND_INS)
def test_an_outcome_is_seen(tmp_path, kind):
    case = Case("test", 0, SEED, tmp_path)
    case.ask(["sh", "-c", STAND_INS[kind]])
    assert [result[0] for result in case.results] == [kind]


def test_a_hang_is_seen(tmp_path):
    case = Case("test", 0, SEED, tmp_path)
    case.ask(["sleep", "30"], seconds=0.3)
    assert case.results[0][0] == "hang"
    case.ask(["sh", "-c", "while :; do :; done"], seconds=0.3)
    assert case.results[1][0] == "hang"


@pytest.mark.parametrize("text", ["\x1b[0m", "\x9b31m", "\x7f", "a\rb", "\u202ex", "\u2066x", "\u2028",
                                  "\0"])
def test_what_may_not_be_printed(text):
    assert outcome.unprintable(text.encode())
    assert outcome.unprintable(json.dumps({"a": text}).encode()) is None


def test_what_may_be_printed():
    assert outcome.unprintable("Größe\t\u4e2d\n".encode()) is None
    assert outcome.unprintable(b"\xff") and outcome.unprintable(b"\xed\xa0\x80")


def test_what_is_left_behind_is_seen_and_ended(tmp_path):
    case = Case("test", 0, SEED, tmp_path)
    case.run(["sh", "-c", "setsid sleep 60 & exit 0"])
    assert len(case.marked()) == 1
    case.expect_nothing_left("it", patience=0.1)
    assert case.results == [("left", "it", "sleep")]
    assert case.expect_nothing_left("it")


def stand_in(tmp_path, name, script):
    """A build with one program that is not ours."""
    build = tmp_path / "build"
    (build / "bin").mkdir(parents=True)
    (build / "lib").symlink_to(BUILD / "lib")
    for program in ("rocmfix", "rocmfix-run"):
        (build / "bin" / program).symlink_to(BUILD / "bin" / program)
    (build / "bin" / name).unlink()
    (build / "bin" / name).write_text(script, encoding="utf-8")
    (build / "bin" / name).chmod(0o755)
    return build


def kinds_of(done, tmp_path):
    document = json.loads((tmp_path / "document.json").read_text(encoding="utf-8"))
    assert done.returncode == 1, done.stdout + done.stderr
    return {finding["kind"] for finding in document["findings"]}


CARELESS = """#!/bin/bash
# apply and revert that write in place, and keep nothing.
conf=$2/etc/modprobe.d/rocmfix.conf
case $3 in
  apply) echo "# Written by rocmfix" >"$conf"; sleep 0.02; echo "options amdgpu noretry=0" >>"$conf" ;;
  revert) rm -f "$conf" ;;
esac
"""


def test_a_lost_file_is_seen(tmp_path):
    build = stand_in(tmp_path, "rocmfix", CARELESS)
    done = attack("--only", "files", "--seconds", "3", "--json", tmp_path / "document.json", build=build)
    assert "file lost" in kinds_of(done, tmp_path)


OBLIVIOUS = """#!/bin/bash
# A launcher that ends all of its children, and that is not ended by a signal.
while [ "$1" != sh ] && [ "$1" != seq ]; do shift; done
"$@" &
wait $!
status=$?
pkill -P $$
exit $status
"""


def test_a_killed_bystander_is_seen(tmp_path):
    build = stand_in(tmp_path, "rocmfix-run", OBLIVIOUS)
    done = attack("--only", "signals", "--seconds", "6", "--json", tmp_path / "document.json",
                  build=build)
    assert "killed" in kinds_of(done, tmp_path)


FOLLOWING = """#!/bin/sh
# Writes wherever a link leads.
echo x >>"$2/etc/modprobe.d/rocmfix.conf"
for file in "$2"/etc/modprobe.d/*; do timeout 1 head -c 1000 "$file"; done 2>/dev/null | tr -cd '[:print:]'
"""


def test_what_happens_outside_the_root_is_seen(tmp_path):
    build = stand_in(tmp_path, "rocmfix", FOLLOWING)
    done = attack("--case", "roots:11", "--json", tmp_path / "document.json", build=build)
    assert "outside" in kinds_of(done, tmp_path)


def test_a_case_is_repeated_by_its_number(tmp_path):
    texts = []
    for _ in range(2):
        done = attack("--case", "roots:4", "--json", tmp_path / "document.json")
        texts.append([line for line in done.stdout.splitlines() if not line.endswith(" s")])
    assert texts[0] == texts[1]
    assert any("explain" in line for line in texts[0])


def test_what_is_asked_wrongly_is_refused():
    assert attack("--only", "nonsense").returncode == 2
    assert attack("--case", "roots").returncode == 2
