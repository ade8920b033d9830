# SPDX-License-Identifier: MIT
"""Signs of life: the folder that rocmfix-run makes, and rocmfix.alive() that writes there."""

import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from conftest import SOURCE

PYTHON_PATH = str(SOURCE / "userspace/python")
PYTHON = (sys.executable, "-c")
ENVIRONMENT = {"PYTHONPATH": PYTHON_PATH}

LAYOUT = r"""
#include "alive/alive_file.hpp"
#include <cstdio>
using namespace rocmfix::hip;
int main() {
  std::printf("{\"SIZE\": %zu, \"MAGIC\": %llu, \"HEAD_MAGIC\": %zu, \"STACKS_SIGNAL\": %zu, \"BEATS\": %zu, "
              "\"PROGRESS\": %zu, \"LIMIT_MS\": %zu}\n", sizeof(AliveFile),
              static_cast<unsigned long long>(alive_magic), offsetof(AliveFile, head.magic) / 8,
              offsetof(AliveFile, head.stacks_signal) / 8,
              offsetof(AliveFile, beats.beats) / 8, offsetof(AliveFile, beats.progress) / 8,
              offsetof(AliveFile, beats.limit_ms) / 8);
}
"""


def run_alone(code, **environment):
    return subprocess.run([*PYTHON, code], env={"PATH": os.defpath, **ENVIRONMENT, **environment},
                          text=True, capture_output=True, timeout=60, check=False)


def test_python_and_cpp_have_one_layout(tmp_path, needs):
    needs("g++")
    (tmp_path / "layout.cpp").write_text(LAYOUT)
    subprocess.run(["g++", "-std=c++20", "-I", SOURCE / "userspace/hip", "-I", SOURCE / "userspace",
                    tmp_path / "layout.cpp", "-o", tmp_path / "layout"], check=True)
    ours = json.loads(subprocess.check_output([tmp_path / "layout"]))
    code = f"import json, sys; m = sys.modules\nimport rocmfix\na = m['rocmfix.alive']\n" \
           f"print(json.dumps({{name: getattr(a, name) for name in {list(ours)}}}))"
    assert json.loads(run_alone(code).stdout) == ours


def test_a_plain_run_has_no_folder(launcher):
    run = launcher("sh", "-c", "echo ${ROCMFIX_ALIVE_DIR-none}", root="rx6700xt")
    assert run.stdout == "none\n"


@pytest.mark.parametrize("how", ["runtime-directory", "shared", "open-to-others"])
def test_the_folder_is_the_users_alone_and_goes_with_the_command(launcher, tmp_path, how):
    where = tmp_path / "where"
    where.mkdir(mode=0o700)
    env = {"TMPDIR": str(where)}
    if how == "runtime-directory":
        env = {"XDG_RUNTIME_DIR": str(where), "TMPDIR": "/nonexistent"}
    elif how == "open-to-others":  # not the runtime directory that it should be
        others = tmp_path / "others"
        others.mkdir()
        others.chmod(0o777)
        env["XDG_RUNTIME_DIR"] = str(others)
    code = 'd=$ROCMFIX_ALIVE_DIR; echo "$d"; stat -c %a "$d"; touch "$d/other" "$d/1-2"'
    run = launcher("--retries", "1", "sh", "-c", code, root="rx6700xt", env=env)
    folder, mode = run.stdout.split()
    assert Path(folder).parent == where and mode == "700"
    assert run.stderr == "" and not list(where.iterdir())


@pytest.mark.parametrize("signal", ["TERM", "KILL", "ABRT"])
def test_the_folder_goes_when_the_command_ends_by_a_signal(launcher, tmp_path, signal):
    run = launcher("--retries", "1", "sh", "-c", f'echo "$ROCMFIX_ALIVE_DIR"; kill -{signal} $$',
                   root="rx6700xt", env={"TMPDIR": str(tmp_path)})
    assert Path(run.stdout.strip()).parent == tmp_path and run.returncode < 0
    assert not list(tmp_path.glob("rocmfix-alive-*"))


def killed(build, roots, environment, place):
    """The folder that rocmfix-run leaves when it is killed while its command runs."""
    command = [build / "bin/rocmfix-run", "--no-hip", "--root", roots / "rx6700xt", "--retries", "1",
               "sh", "-c", 'touch "$ROCMFIX_ALIVE_DIR/1-2"; echo "$ROCMFIX_ALIVE_DIR"; exec sleep 60']
    with subprocess.Popen(command, env={**environment, "TMPDIR": str(place), "XDG_RUNTIME_DIR": ""},
                          stdout=subprocess.PIPE, text=True) as process:  # fmt: skip
        folder = Path(process.stdout.readline().strip())
        process.kill()
        process.stdout.read()  # until the command has ended, too
    assert folder.parent == place
    return folder


def test_the_folder_of_a_killed_launcher_goes_with_the_next_start(launcher, build, roots, environment,
                                                                  tmp_path):
    left = killed(build, roots, environment, tmp_path)
    assert left.is_dir() and (left / "1-2").exists()
    run = launcher("--retries", "1", "true", root="rx6700xt", env={"TMPDIR": str(tmp_path)})
    assert (run.returncode, run.stderr, list(tmp_path.iterdir())) == (0, "", [])


def test_the_folder_of_a_launcher_that_still_runs_stays(launcher, build, roots, environment, tmp_path):
    command = [build / "bin/rocmfix-run", "--no-hip", "--root", roots / "rx6700xt", "--retries", "1",
               "sh", "-c", 'echo "$ROCMFIX_ALIVE_DIR"; touch "$ROCMFIX_ALIVE_DIR/1-2"; read x; '
               'ls "$ROCMFIX_ALIVE_DIR"']  # fmt: skip
    with subprocess.Popen(command, env={**environment, "TMPDIR": str(tmp_path), "XDG_RUNTIME_DIR": ""},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        run = launcher("--retries", "1", "true", root="rx6700xt", env={"TMPDIR": str(tmp_path)})
        assert run.returncode == 0
        assert process.communicate("\n", timeout=60)[0] == "1-2\n"
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_taken_for_a_leftover(launcher, tmp_path):
    """Names like ours: links, folders open to others, with folders in them, files, other users'."""
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    (target / "kept").touch()
    place = tmp_path / "place"
    place.mkdir()
    (place / "rocmfix-alive-linked").symlink_to(target)
    (place / "rocmfix-alive-openth").mkdir()
    (place / "rocmfix-alive-openth").chmod(0o755)
    (place / "rocmfix-alive-openth" / "kept").touch()
    (place / "rocmfix-alive-folder").mkdir(mode=0o700)
    (place / "rocmfix-alive-folder" / "kept").mkdir()
    (place / "rocmfix-alive-infile").touch()
    (place / "rocmfix-alive-links1").mkdir(mode=0o700)
    (place / "rocmfix-alive-links1" / "link").symlink_to(target / "kept")
    (place / "rocmfix-alive-other-name").mkdir(mode=0o700)
    if os.geteuid() == 0:
        (place / "rocmfix-alive-others").mkdir(mode=0o700)
        (place / "rocmfix-alive-others" / "kept").touch()
        os.chown(place / "rocmfix-alive-others", 65534, 65534)
    before = sorted(str(path) for path in place.rglob("*") if "links1" not in str(path))
    run = launcher("--retries", "1", "true", root="rx6700xt", env={"TMPDIR": str(place)})
    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(str(path) for path in place.rglob("*")) == before
    assert (target / "kept").exists()


def test_a_new_folder_that_is_taken_for_a_leftover_is_replaced(launcher, tmp_path):
    """Between mkdir(2) and flock(2) it looks like one to another launcher that starts."""
    def remove_all_that_are_not_locked():
        while not done:
            for path in tmp_path.iterdir():
                try:
                    folder = os.open(path, os.O_RDONLY)
                except OSError:
                    continue
                try:
                    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.rmdir()
                except OSError:
                    pass
                finally:
                    os.close(folder)

    done = []
    other = threading.Thread(target=remove_all_that_are_not_locked)
    other.start()
    try:
        for _ in range(40):
            run = launcher("--retries", "1", "sh", "-c", 'test -d "$ROCMFIX_ALIVE_DIR"', root="rx6700xt",
                           env={"TMPDIR": str(tmp_path)})
            assert (run.returncode, run.stderr) == (0, "")
    finally:
        done.append(True)
        other.join()


def test_without_a_place_the_command_runs_and_it_is_said(launcher):
    run = launcher("--retries", "1", "sh", "-c", "echo ${ROCMFIX_ALIVE_DIR-none}", root="rx6700xt",
                   env={"TMPDIR": "/nonexistent"})
    assert (run.returncode, run.stdout) == (0, "none\n")
    assert run.stderr == ("rocmfix-run: warning: heartbeats have no effect, and no hang is "
                          "noticed: cannot create a directory in /nonexistent: No such file or directory\n")


def test_beats_are_written_by_each_process_into_its_own_file(tmp_path):
    code = """
import os, rocmfix
for i in range(5): rocmfix.alive()
rocmfix.alive(progress=True)
if os.fork() == 0:
    rocmfix.alive()
    os._exit(0)
print(os.getpid(), os.wait()[0])
"""
    run = run_alone(code, ROCMFIX_ALIVE_DIR=str(tmp_path))
    parent, child = run.stdout.split()
    counts = {}
    for path in tmp_path.iterdir():
        words = memoryview(path.read_bytes()).cast("Q")
        assert words[0].to_bytes(8, "little") == b"rfalive1" and len(words) == 512
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        counts[path.name.split("-")[0]] = (words[8], words[9])
    assert counts == {parent: (6, 1), child: (1, 0)}


@pytest.mark.parametrize("place", ["", "missing", "file", "full", "fifo", "link"])
def test_alive_never_raises_and_never_waits(tmp_path, place):
    folder = tmp_path / "folder"
    code = "import rocmfix; rocmfix.alive(); rocmfix.alive(progress=True); print('on')"
    if place == "file":
        folder.write_text("")
    elif place == "full":
        folder = Path("/proc/self")
    elif place in ("fifo", "link"):
        folder.mkdir()
        target = tmp_path / "target"
        target.write_bytes(b"x" * 10)
        make = f"os.mkfifo(p)" if place == "fifo" else f"os.symlink({str(target)!r}, p)"
        code = "import os, sys\nfrom rocmfix.alive import _start_of_this_process as s\n" \
               f"p = {str(folder)!r} + f'/{{os.getpid()}}-{{s()}}'\n{make}\n" + code
    run = run_alone(code, ROCMFIX_ALIVE_DIR=str(folder) if place else "")
    assert (run.returncode, run.stdout, run.stderr) == (0, "on\n", "")
    if place == "link":
        assert target.read_bytes() == b"x" * 10


def test_threads_may_beat_at_once(tmp_path):
    code = """
import rocmfix, threading
def beat():
    for i in range(1000): rocmfix.alive()
threads = [threading.Thread(target=beat) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
    assert run_alone(code, ROCMFIX_ALIVE_DIR=str(tmp_path)).stderr == ""
    (path,) = tmp_path.iterdir()
    assert memoryview(path.read_bytes()).cast("Q")[8] >= 1000
