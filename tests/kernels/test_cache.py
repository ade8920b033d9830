# SPDX-License-Identifier: MIT
"""Records that are whole or not, and locks between processes."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

import cache
from cache import Record

TOOLS = "make kmod"
HOLD = """
import sys
import cache
from pathlib import Path
with cache.locked(Path(sys.argv[1]), "sid", shared=sys.argv[2] == "shared"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(name="record")
def fixture_record(tmp_path):
    """Of an environment that is there."""
    for folder in ("chroot/usr/src/h", "pristine"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "source.tar.xz").touch()
    record = Record(tmp_path / "k.env")
    record.write({"name": "k", "suite": "sid", "series": "7.2", "release": "7.2.1-amd64", "version": "7.2.1-1",
                  "chroot": str(tmp_path / "chroot"), "headers": "/usr/src/h",
                  "pristine": str(tmp_path / "pristine"), "tarball": str(tmp_path / "source.tar.xz"),
                  "tools": TOOLS})
    return record


def test_a_record_that_was_just_written_is_whole(record):
    assert record.is_whole(TOOLS)
    assert record.text().startswith("name=k\nsuite=sid\nseries=7.2\nrelease=7.2.1-amd64\n")


@pytest.mark.parametrize("gone", ["chroot/usr/src/h", "pristine", "source.tar.xz", "k.env"])
def test_a_record_of_which_something_is_gone_is_not_whole(record, gone):
    path = record.path.parent / gone
    path.rename(path.with_name("elsewhere"))
    assert not record.is_whole(TOOLS)


def test_a_record_made_with_other_tools_is_not_whole(record):
    assert not record.is_whole("make kmod bc")


@pytest.mark.parametrize("key", cache.KEYS)
def test_a_record_without_one_of_its_values_is_not_whole(record, key):
    lines = record.text().splitlines(keepends=True)
    record.path.write_text("".join(line for line in lines if not line.startswith(f"{key}=")))
    assert not record.is_whole(TOOLS)


def test_a_record_is_written_whole_or_not_at_all(record):
    before = record.text()
    with pytest.raises(KeyError):
        record.write({"name": "k"})
    assert record.text() == before


def test_which_of_two_is_older(record, tmp_path):
    updated = tmp_path / "updated"
    updated.touch()
    os.utime(record.path, (1000, 1000))
    os.utime(updated, (1001, 1001))
    assert record.is_older_than(updated)
    os.utime(record.path, (1001, 1001))
    assert not record.is_older_than(updated)
    record.path.unlink()
    assert record.is_older_than(updated)


def test_recent_is_by_the_minute(tmp_path):
    path = tmp_path / "updated"
    assert not cache.is_recent(path, 360)
    path.touch()
    assert cache.is_recent(path, 360)
    long_ago = time.time() - 361 * 60
    os.utime(path, (long_ago, long_ago))
    assert not cache.is_recent(path, 360)


@pytest.mark.parametrize(("variables", "expected"), [
    ({"ROCMFIX_CACHE": "/somewhere/../else"}, "/else"),
    ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/rocmfix"),
    ({"HOME": "/home/x"}, "/home/x/.cache/rocmfix"),
    ({"ROCMFIX_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/home/x"}, "/home/x/.cache/rocmfix"),
])
def test_where_the_cache_is(monkeypatch, variables, expected):
    for name in ("ROCMFIX_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(cache.directory()) == expected


def line_of(stream):
    """The next one; none after half a minute."""
    assert select.select([stream], [], [], 30)[0], "says nothing"
    return stream.readline()


class Holder:
    """A process that has a lock from "held" until `let_go`."""

    def __init__(self, path, kind):
        self.process = subprocess.Popen([sys.executable, "-B", "-c", HOLD, path, kind], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, cwd=Path(cache.__file__).parent)

    def held(self):
        assert line_of(self.process.stdout) == "held\n"
        return self

    def waits(self):
        assert line_of(self.process.stderr) == "sid: waiting for another process that uses the chroot\n"
        return self

    def let_go(self):
        said = self.process.communicate("\n")
        assert self.process.returncode == 0
        return said


def test_one_that_wants_it_alone_waits_and_says_so(tmp_path):
    first = Holder(tmp_path / "lock", "alone").held()
    second = Holder(tmp_path / "lock", "alone").waits()
    assert first.let_go() == ("", "")
    second.held().let_go()


def test_several_share_it_and_one_that_wants_it_alone_waits_for_all(tmp_path):
    users = [Holder(tmp_path / "lock", "shared").held() for _ in range(2)]
    alone = Holder(tmp_path / "lock", "alone").waits()
    users[0].let_go()
    with pytest.raises(subprocess.TimeoutExpired):
        alone.process.wait(0.2)
    users[1].let_go()
    alone.held().let_go()


def test_a_lock_outlives_a_killed_process_until_what_it_has_started_ends(tmp_path):
    """The child is apt, which still writes."""
    begin = "import subprocess\n" + HOLD + (
        "    child = subprocess.Popen(['sleep', '600'], close_fds=False, stdout=subprocess.DEVNULL)\n"
        "    print(child.pid, flush=True)\n"
        "    sys.stdin.readline()\n")
    process = subprocess.Popen([sys.executable, "-B", "-c", begin, tmp_path / "lock", "alone"], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(cache.__file__).parent)
    assert process.stdout.readline() == "held\n"
    process.stdin.write("\n")
    process.stdin.flush()
    child = int(process.stdout.readline())
    process.kill()
    process.wait()
    try:
        second = Holder(tmp_path / "lock", "alone").waits()
        with pytest.raises(subprocess.TimeoutExpired):
            second.process.wait(0.2)
    finally:
        os.kill(child, 9)
    second.held().let_go()
