# SPDX-License-Identifier: MIT
"""fork(), exec(), and several processes at once."""

import json
import subprocess


def test_a_forked_child_may_not_use_the_parents_kfd(simulation):
    done = simulation.run("forks", "used")
    assert done.status == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == ["child: -1 EBADF", "child ended with 0", "parent continues"]
    assert done.ops("foreign_process")


def test_a_child_that_execs_has_a_gpu_of_its_own(simulation):
    done = simulation.run("forks", "exec")
    assert done.status == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == ["child has a GPU of its own", "child ended with 0",
                                        "parent continues"]
    assert len({line["pid"] for line in done.ops("create_queue")}) == 2


def test_processes_write_one_journal(simulation, tmp_path):
    journal = tmp_path / "shared"
    env = simulation.environment("rx5600xt", journal)
    running = [subprocess.Popen(simulation.command("copy"), env=env, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert len({line["pid"] for line in lines}) == 3


def test_an_unknown_ioctl_is_reported_and_refused(simulation):
    code = ("import fcntl,os; fd=os.open('/dev/kfd',os.O_RDWR)\n"
            "try: fcntl.ioctl(fd, 0xc0084b1f, bytearray(8))\n"
            "except OSError as e: print(e.errno)\n")
    done = simulation.run("/usr/bin/python3", "-c", code)
    assert done.stdout == "22\n"
    assert "rocmfix-sim: error: KFD ioctl 0x1f is not simulated: EINVAL" in done.stderr
