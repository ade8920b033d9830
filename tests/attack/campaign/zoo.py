# SPDX-License-Identifier: MIT
"""Programs of every habit under the launcher and what it preloads, compared with the same program
run plainly: the same output, the same status, nothing left behind."""

import os
import shutil
import subprocess
from pathlib import Path

from .runner import BUILD

SOURCE = Path(__file__).resolve().parent.parent / "programs/zoo.c"
HABITS = ["status", "abort", "kill", "empty", "chain", "threads", "bomb", "daemon", "session", "closed",
          "streams", "spawn", "clone", "limit", "children", "masks", ""]
# How it is built; a compiler that cannot (no static libc, no sanitizer) leaves the kind out.
KINDS = {
    "plain": [["gcc", "-pthread"]],
    "static": [["gcc", "-pthread", "-static"]],
    "gcc-asan": [["gcc", "-pthread", "-fsanitize=address"]],
    "gcc-tsan": [["gcc", "-pthread", "-fsanitize=thread"]],
    "clang-asan": [["clang", "-pthread", "-fsanitize=address"]],
    "now": [["gcc", "-pthread", "-Wl,-z,now", "-Wl,-z,relro", "-pie", "-fPIE"]],
    "no-pie": [["gcc", "-pthread", "-no-pie"]],
}
OPTIONS = [[], [], ["--retries", "1"], ["-q"], ["--no-hip"], ["--coherence", "all"]]


def folder(work):
    return Path(work) / "zoo"


def prepare(work):
    """Builds what can be built, once for the campaign."""
    made = folder(work)
    made.mkdir(parents=True, exist_ok=True)
    for kind, (command,) in KINDS.items():
        if shutil.which(command[0]):
            subprocess.run([*command, "-O1", "-w", "-o", made / kind, SOURCE], check=False,
                           stderr=subprocess.DEVNULL)
    assert (made / "plain").exists(), "gcc is needed"
    if os.geteuid() == 0:
        shutil.copy(made / "plain", made / "setuid")
        os.chown(made / "setuid", 65534, 65534)
        (made / "setuid").chmod(0o6755)


def without_ours(stderr):
    return b"".join(line for line in stderr.splitlines(keepends=True)
                    if not line.startswith(b"rocmfix-run: ") and b"==ERROR: " not in line)


def attack(case):
    rng = case.random
    programs = sorted(path for path in folder(case.folder.parent).iterdir())
    program, habit = rng.choice(programs), rng.choice(HABITS)
    # A sanitizer's runtime does these its own way.
    if "san" in program.name and habit in ("abort", "limit", "clone", "closed", "streams", "threads"):
        habit = "status"
    options = rng.choice(OPTIONS)
    # What a shell starts is not seen beforehand: a limit, see docs/reliability.md.
    shell = rng.random() < 0.3 and not program.name.startswith(("gcc-asan", "gcc-tsan"))
    words = ["sh", "-c", '"$@"; exit $?', "sh", program, habit] if shell else [program, habit]
    what = f"{program.name} {habit or '(none)'}{' in a shell' if shell else ''} {' '.join(options)}"
    env = {**case.env, "ASAN_OPTIONS": "", "UBSAN_OPTIONS": ""}
    plain = case.run(words, env=env, seconds=30)
    ours = case.run([BUILD / "bin/rocmfix-run", "--root", case.copy_root("rx6700xt"), *options, *words],
                    env=env, seconds=30)
    if ours.status is None:
        case.record("hang", what, f"after {ours.seconds:.0f} s")
    elif (ours.status, ours.stdout) != (plain.status, plain.stdout):
        case.record("wrong", what, f"status {ours.status}, not {plain.status}; "
                    f"{ours.stdout[:40]!r}, not {plain.stdout[:40]!r}; {ours.stderr[:80]!r}")
    elif habit not in ("abort", "kill") and without_ours(ours.stderr) != without_ours(plain.stderr):
        case.record("wrong", what, f"says {ours.stderr[:100]!r}")
    else:
        case.record("right", what)
    case.expect_nothing_left(what)
