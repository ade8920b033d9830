# SPDX-License-Identifier: MIT
"""The folder of incidents: no secrets in it, nothing lost, nothing forged, and never too much."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest
from faults import program
from test_faults import ABORTED, Runs

KEPT = 100
KEPT_BYTES = 32 << 20


@pytest.fixture
def runs(launcher, roots, tmp_path):
    return Runs(launcher, roots, tmp_path)


def folder_of(runs):
    folder = runs.state / "rocmfix/incidents"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


# ---------------------------------------------------------------- secrets


def test_an_incident_has_no_secret_of_the_command_line_or_the_environment(runs):
    secrets = {f"s3cr3t{n}" for n in range(12)}
    words = ["--api-key=s3cr3t0", "--hf-token", "s3cr3t1", "WANDB_API_KEY=s3cr3t2",
             "https://me:s3cr3t3@example.org/x", "--db.password=two words s3cr3t4",
             "hf_s3cr3t5AbCdEfGhIjKlMnOp"]
    env = {"GPU_CLUSTER_PASSWORD": "s3cr3t6", "HIP_TOKEN": "s3cr3t7", "AMD_API_KEY": "s3cr3t8",
           "TORCH_HOME_SECRET": "s3cr3t9", "PYTORCH_WHATEVER": "s3cr3t10",
           "HSA_TOOLS_LIB": "https://u:s3cr3t11@host/lib", "HSA_ENABLE_SDMA": "0",
           "HSA_OVERRIDE_GFX_VERSION_0": "10.3.0", "MIOPEN_DEBUG_CONV_GEMM": "1"}
    command = ["--root", runs.root, "--no-hip", sys.executable, "-I", "-S", "-c", program(),
               runs.note, runs.kmsg, "kernel", *words]
    run = runs.launcher(*command, env={**runs.env, **env})
    assert run.returncode == ABORTED
    (file,) = folder_of(runs).iterdir()
    text = file.read_text()
    assert [secret for secret in sorted(secrets) if secret in text] == []
    assert "GPU_CLUSTER_PASSWORD" not in text and "PYTORCH_WHATEVER" not in text
    document = json.loads(text)
    assert document["command"][-7:] == [
        "--api-key=[redacted]", "--hf-token", "[redacted]", "WANDB_API_KEY=[redacted]",
        "https://[redacted]@example.org/x", "--db.password=[redacted]", "[redacted]"]
    quoted = {line["text"] for line in document["lines"] if line["source"] == "environment"}
    assert {"HSA_ENABLE_SDMA=0", "HSA_OVERRIDE_GFX_VERSION_0=10.3.0", "MIOPEN_DEBUG_CONV_GEMM=1",
            "HSA_TOOLS_LIB=https://[redacted]@host/lib"} <= quoted


# ---------------------------------------------------------------- names


def test_containers_that_share_a_home_do_not_overwrite_each_others(runs):
    """In each of them the command has the same process number, and all fault within a second."""
    enter = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--pid", "--fork",
             "--mount-proc"]
    if subprocess.run([*enter, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no process namespaces here")
    containers = 6
    command = runs.launcher.command("--root", runs.root, "--no-hip", sys.executable, "-I", "-S",
                                    "-c", program(), runs.note, runs.kmsg, "kernel")
    running = [
        subprocess.Popen([*enter, *command], env={**runs.launcher.base, **runs.env},
                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
        for _ in range(containers)
    ]
    for one in running:
        one.wait(timeout=60)
    documents = runs.incidents()
    assert len(documents) == containers
    assert len({document["command_pid"] for document in documents}) < containers, "the same numbers"


# ---------------------------------------------------------------- how many


def incident(folder, name, size=100, age=1000):
    path = folder / name
    path.write_bytes(b'{"schema":1,"kind":"other"' + b" " * (size - 27) + b"}")
    os.utime(path, (path.stat().st_mtime - age,) * 2)
    return path


def test_the_oldest_incidents_are_removed_with_a_message(runs):
    folder = folder_of(runs)
    old = [incident(folder, f"{1700000000 + n}-7.json", age=10000 - n) for n in range(60)]
    new = [incident(folder, f"{1800000000 + n}-7-{n:016x}.json", age=500 - n) for n in range(60)]
    run = runs("--no-hip", plan=["kernel"])
    assert run.returncode == ABORTED
    assert f"removed: the 21 oldest incidents there; the newest {KEPT}," in run.stderr
    assert run.stderr.count("removed: ") == 1
    assert len(list(folder.iterdir())) == KEPT
    assert [path.exists() for path in old] == [False] * 21 + [True] * 39
    assert all(path.exists() for path in new)
    again = runs("--no-hip", plan=["kernel"])
    assert "removed: the 1 oldest" in again.stderr


def test_incidents_are_removed_by_their_size_too(runs):
    folder = folder_of(runs)
    files = [incident(folder, f"{1800000000 + n}-7.json", size=10 << 20, age=500 - n)
             for n in range(5)]
    run = runs("--no-hip", plan=["kernel"])
    assert "removed: the 2 oldest" in run.stderr
    assert [path.exists() for path in files] == [False, False, True, True, True]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= KEPT_BYTES


def test_nothing_but_incidents_of_ones_own_is_removed(runs):
    folder = folder_of(runs)
    for n in range(KEPT + 5):
        incident(folder, f"{1800000000 + n}-7.json", age=500)
    outside = runs.tmp / "outside.json"
    outside.write_text('{"schema":1}')
    kept = [folder / name for name in
            ("notes.txt", "1-2.json", "1-2.json.bak", "x1-3.json", "1-4.json", "1-5.json", "5.json",
             "1-6-0123456789abcde.json")]
    for path in kept:
        path.write_text("mine")
    (folder / "1-4.json").unlink()
    (folder / "1-4.json").symlink_to(outside)
    (folder / "1-5.json").unlink()
    (folder / "1-5.json").mkdir()
    if os.geteuid() == 0:
        others = incident(folder, "1-7.json", age=9999)
        os.chown(others, 65534, 65534)
        kept.append(others)
    part = folder / ".1800000000-7-0123456789abcdef.json.part"
    part.write_text("{")
    fresh = folder / ".1800000001-7-0123456789abcdef.json.part"
    fresh.write_text("{")
    os.utime(part, (1, 1))
    run = runs("--no-hip", plan=["kernel"])
    assert "removed: the 6 oldest" in run.stderr
    assert all(path.exists() or path.is_symlink() for path in kept) and outside.exists()
    assert not part.exists(), "what a killed process left, long ago"
    assert fresh.exists()


# ---------------------------------------------------------------- forged ones

# What the interposer leaves, with something done to it before the command dies.
LEAVES = 'elif how == "file":\n'


def leaving(change):
    return program().replace("    die()\nelif how == \"kernel\"",
                             f"    path = directory + '/' + name\n    {change}\n"
                             "    die()\nelif how == \"kernel\"", 1)


def left(runs, change="pass"):
    code = leaving(change)
    assert change in code and LEAVES in code
    return runs.launcher("--root", runs.root, sys.executable, "-I", "-S", "-c", code, runs.note,
                         runs.kmsg, "file", env=runs.env)


def test_a_file_of_the_layers_is_read(runs):
    run = left(runs)
    assert "GPU memory fault after" in run.stderr
    assert len(list(folder_of(runs).iterdir())) == 1


@pytest.mark.parametrize("change", [
    "os.chmod(path, 0o666)",
    "os.rename(path, path[:-5]); os.symlink(path[:-5], path)",
    "os.link(path, note + '.linked')",
    "os.unlink(path); os.mkfifo(path)",
    "os.chown(path, 65534, 65534)",
    "os.rename(path, directory + '/' + name[:-21] + os.urandom(8).hex() + '.json')",
], ids=["others can write it", "link", "hard link", "fifo", "of another user", "of another run"])
def test_a_file_that_another_user_could_have_written_is_not_a_report(runs, change):
    if "chown" in change and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    run = left(runs, change)
    assert run.returncode == ABORTED
    assert "rocmfix-run: " not in run.stderr, run.stderr


def test_in_a_folder_that_others_can_write_only_the_descriptor_counts(runs):
    folder = folder_of(runs)
    folder.chmod(0o777)
    run = left(runs)
    assert "GPU memory fault" not in run.stderr
    assert "was not read: others can write there" in run.stderr
    for path in folder.iterdir():
        path.unlink()
    old = [incident(folder, f"{1800000000 + n}-7.json") for n in range(KEPT + 5)]
    told = runs(plan=["layer"])
    assert "GPU memory fault after" in told.stderr and "saved: " in told.stderr
    assert all(path.exists() for path in old), "nothing is removed there"
    (new,) = set(folder.iterdir()) - set(old)
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    # As /tmp is: everybody may put, nobody may replace.
    for path in folder.iterdir():
        path.unlink()
    folder.chmod(0o1777)
    assert "GPU memory fault after" in left(runs).stderr


def test_a_missing_folder_is_reported(runs):
    (runs.tmp / "file").write_text("")
    run = runs("--no-hip", plan=["kernel"], env={"ROCMFIX_INCIDENT_DIR": str(runs.tmp / "file/x")})
    assert run.returncode == -signal.SIGABRT
    assert "not saved: cannot create the directory" in run.stderr
