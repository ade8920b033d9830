# SPDX-License-Identifier: MIT
"""apply and revert, stopped at every system call that can change a file.

strace(1) first records which such calls an undisturbed run makes; then the run is repeated once
for each of them, killed on entry to it, or with the call failing with EIO or ENOSPC. However it
ends: rocmfix.conf is the old one or the new one, the user's own text is whole somewhere, the next
run finishes the work and leaves nothing behind, and revert gives the user's file back.

This shows what a killed process leaves. What a power cut leaves depends on fsync, whose calls are
counted here but whose effect is not tested.
"""

import collections
import re
import shutil
import subprocess

import pytest

OWN = b"# mine\noptions amdgpu runpm=0\n"
EDIT = b"options amdgpu runpm=1 # added by hand\n"
CALLS = "openat,write,renameat,renameat2,fsync,unlinkat,mkdirat,fchmod,fchown,linkat,ftruncate"
OWN_PATHS = ("etc/modprobe.d/rocmfix.conf", "var/lib/rocmfix/original.conf")


def has_strace():
    if not shutil.which("strace"):
        return False
    probe = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return probe.returncode == 0


pytestmark = pytest.mark.skipif(not has_strace(), reason="strace(1) is missing or not permitted")


def prepare(machine, state):
    """Brings the machine into one of the states that apply or revert can find."""
    machine.restore({})
    if state in ("own", "ours-over-own", "edited-over-own"):
        machine.write_conf(OWN, 0o640)
    if state.startswith(("ours", "edited")):
        assert machine.run("apply", "--profile", "original").returncode == 0
    if state.startswith("edited"):
        machine.write_conf(machine.conf.read_bytes() + EDIT)
    return machine.snapshot()


STATES = ["absent", "own", "ours", "ours-over-own", "edited", "edited-over-own"]


def points(machine, verb, tmp_path):
    """[(call, n)]: the n-th such call of the run, for those that can change a file."""
    log = tmp_path / "trace"
    done = machine.run(verb, prefix=("strace", "-f", "-o", str(log), "-e", f"trace={CALLS}"))
    assert done.returncode == 0, done.stderr
    counts = collections.Counter()
    found = []
    for line in log.read_text().splitlines():
        call = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if call is None:
            continue
        counts[call[1]] += 1
        if call[1] != "openat" or "O_CREAT" in line:
            found.append((call[1], counts[call[1]]))
    return found


def own_text_is_whole(machine, state):
    snapshot = machine.snapshot()
    if "own" in state:
        assert any(snapshot.get(path, (b"",))[0] == OWN for path in OWN_PATHS), "the user's is lost"
    if "edited" in state:
        assert any(text.endswith(EDIT) for text, _ in snapshot.values()), "the edit is lost"


def is_put_back(machine, state):
    snapshot = machine.snapshot()
    if "own" in state:
        assert snapshot.pop("etc/modprobe.d/rocmfix.conf") == (OWN, 0o640)
    kept = [text for text, _ in snapshot.values()]
    # The edited text is kept once, by name; everything else of rocmfix is gone.
    assert all(re.fullmatch(r"var/lib/rocmfix/edited-\d+\.conf", name) for name in snapshot)
    assert len(set(kept)) == len(kept)
    if "edited" in state:
        assert any(text.endswith(EDIT) for text in kept)
    else:
        assert not machine.state.exists()


def inject(machine, verb, call, number, what):
    line = ("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:{what}:when={number}")
    return machine.run(verb, prefix=line)


@pytest.mark.parametrize("what", ["signal=SIGKILL", "error=EIO", "error=ENOSPC"])
@pytest.mark.parametrize("verb", ["apply", "revert"])
@pytest.mark.parametrize("state", STATES)
def test_stopped_anywhere(machine, tmp_path, state, verb, what):
    before = prepare(machine, state)
    calls = points(machine, verb, tmp_path)
    after = machine.snapshot()
    assert any(call == "write" for call, _ in calls)
    if before != after:
        assert any(call in ("renameat", "unlinkat") for call, _ in calls)
    conf = "etc/modprobe.d/rocmfix.conf"

    refused = 0
    for call, number in calls:
        where = f"{state}: {verb} with {what} at {call} {number}"
        machine.restore(before)
        stopped = inject(machine, verb, call, number, what)
        if what == "signal=SIGKILL":
            assert stopped.returncode in (-9, 137), where
        else:
            assert stopped.returncode in (0, 1), where + stopped.stderr
            if stopped.returncode == 1:
                refused += 1
                assert "error: " in stopped.stderr, where
        left = machine.snapshot()
        assert left.get(conf) in (before.get(conf), after.get(conf)), where
        own_text_is_whole(machine, state)
        if what != "signal=SIGKILL" and call != "unlinkat":
            assert not [name for name in left if name.endswith(".new")], where

        # The same again finishes the work and leaves what an undisturbed run leaves.
        assert machine.run(verb).returncode == 0, where
        assert machine.snapshot() == after, where

        # The other way out, straight from what was left.
        machine.restore(left)
        assert machine.run("apply").returncode == 0, where
        assert machine.conf.read_bytes().startswith(b"# Written by rocmfix (profile safe)"), where
        own_text_is_whole(machine, state)
        machine.restore(left)
        assert machine.run("revert").returncode == 0, where
        is_put_back(machine, state)
    # Some may be skipped, but not all of them: then nothing was injected.
    assert refused or what == "signal=SIGKILL" or before == after


def test_revert_undoes_apply_in_every_state(machine):
    for state in STATES:
        prepare(machine, state)
        assert machine.run("apply").returncode == 0
        assert machine.run("apply").returncode == 0
        assert machine.run("revert").returncode == 0
        is_put_back(machine, state)


def test_a_file_put_in_place_of_ours_becomes_the_original(machine):
    prepare(machine, "ours-over-own")
    newer = b"options amdgpu runpm=2\n"
    machine.write_conf(newer)
    assert machine.run("apply").returncode == 0
    assert machine.run("revert").returncode == 0
    assert machine.conf.read_bytes() == newer
    assert (machine.state / "edited-1.conf").read_bytes() == OWN
