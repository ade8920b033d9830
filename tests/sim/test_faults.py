# SPDX-License-Identifier: MIT
"""Faults asked for from outside: the real runtime prints its own message and aborts."""

import json
import os
import re
import socket
import subprocess
import time

import pytest

PAGE = 4096
MESSAGE = re.compile(r"Memory access fault by GPU node-1 \(Agent handle: 0x[0-9a-f]+\) on address "
                     r"(0x[0-9a-f]+|\(nil\))\. Reason: (.*)\.$", re.M)
ABORTED = -6


def fault(done):
    address, reason = MESSAGE.search(done.stderr).groups()
    return int(address, 16) if address != "(nil)" else 0, reason


def address(done):
    return int(re.search(r"^(?:address|ready) (0x[0-9a-f]+)$", done.stdout, re.M).group(1), 16)


@pytest.mark.parametrize("reason, said", [
    ("not_present", "Page not present or supervisor privilege"),
    ("read_only", "Write access to a read-only page"),
    ("no_execute", "Execute access to a page marked NX"),
    ("hang", "Generic hang recovery")])
def test_a_memory_fault_at_an_address(simulation, reason, said):
    command = json.dumps({"fault": "memory", "address": "@", "reason": reason})
    done = simulation.run("fault", "command", command)
    assert done.status == ABORTED
    assert fault(done) == (address(done), said)


def test_the_address_is_its_page_unless_asked_exactly(simulation):
    for exact, expected in ((False, 0x7ff000001000), (True, 0x7ff000001234)):
        command = json.dumps({"fault": "memory", "address": 0x7ff000001234, "exact": exact})
        assert fault(simulation.run("fault", "command", command))[0] == expected


def test_relative_to_an_allocation(simulation):
    command = '{"fault": "memory", "allocation": "last", "from": "end", "offset": 4096}'
    done = simulation.run("fault", "command", command)
    last = [x for x in done.journal if x["op"] in ("alloc_memory_of_gpu", "command")]
    last = last[[x["op"] for x in last].index("command") - 1]
    assert fault(done)[0] == int(last["va"], 16) + last["size"] + PAGE


def test_a_copy_past_the_end_faults_where_the_mapping_ends(simulation):
    done = simulation.run("fault", "past")
    assert done.status == ABORTED
    at, reason = fault(done)
    (block,) = [x for x in done.ops("map_memory_to_gpu")
                if int(x["va"], 16) <= address(done) < int(x["va"], 16) + x["size"]]
    assert at == int(block["va"], 16) + block["size"]
    assert reason.startswith("Page not present")


def test_the_coherent_model_spares_non_coherent_memory(simulation):
    done = simulation.run("fault", "coherent")
    assert done.status == ABORTED
    assert "non-coherent went well" in done.stdout
    assert fault(done)[0] == address(done)


def test_after_n_allocations(simulation, tmp_path):
    scenario = tmp_path / "scenario"
    scenario.write_text('# the fortieth\n\n'
                        '{"fault": "memory", "allocation": 40, "after_allocations": 40}\n')
    done = simulation.run("fault", "allocate", ROCMFIX_SIM_SCENARIO=str(scenario),
                          card="rx6900xt")
    assert done.status == ABORTED
    fortieth = [x for x in done.ops("alloc_memory_of_gpu") if x["result"] == 0][39]
    assert fault(done)[0] == int(fortieth["va"], 16)


@pytest.fixture
def hears_of_resets(runtime):
    """Debian's HIP 5.7 comes with ROCr 6.1."""
    return runtime >= (5, 7)


def test_a_reset(simulation, hears_of_resets):
    command = ("fault", "command", '{"fault": "reset"}')
    if not hears_of_resets:  # before 6.0, ROCr has no event for it, and waits on
        with pytest.raises(subprocess.TimeoutExpired):
            simulation.run(*command, timeout=6)
        return
    done = simulation.run(*command)
    assert done.status == ABORTED
    assert re.search(r"HW Exception by GPU node-1 \(Agent handle: 0x[0-9a-f]+\) reason :GPU Hang", done.stderr)
    assert "Memory access fault" not in done.stderr, "no kernel of Debian's reports a hang as one"
    assert done.ops("gpu_reset")


def test_a_hang_lasts_until_the_reset(simulation, hears_of_resets):
    if not hears_of_resets:
        pytest.skip("this ROCr does not hear of resets")
    done = simulation.run("fault", "command", '{"fault": "hang", "reset_after_ms": 700}')
    assert done.status == ABORTED
    hang, reset = done.ops("gpu_hang")[0], done.ops("gpu_reset")[0]
    assert reset["t"] - hang["t"] > 600_000_000


def test_a_hang_without_a_reset_hangs(simulation):
    with pytest.raises(subprocess.TimeoutExpired):
        simulation.run("fault", "command", '{"fault": "hang"}', timeout=6)


def test_vram_runs_out(simulation, tmp_path):
    whole = simulation.run("fault", "allocate", card="rx6700xt")
    assert "allocated 11\n" in whole.stdout
    scenario = tmp_path / "scenario"
    scenario.write_text(json.dumps({"fault": "vram", "bytes": 3 << 30}) + "\n")
    less = simulation.run("fault", "allocate", card="rx6700xt", ROCMFIX_SIM_SCENARIO=str(scenario))
    assert "allocated 2\n" in less.stdout
    assert less.ops("alloc_memory_of_gpu")[-1]["result"] == -12


def test_another_gpu_of_two(simulation):
    command = '{"fault": "memory", "address": "@", "gpu": 1}'
    done = simulation.run("fault", "command", command, card="rx5600xt,rx6700xt")
    assert done.status == ABORTED and "by GPU node-2" in done.stderr


@pytest.mark.parametrize("command", [
    "", "[]", "{}", '{"fault": "flood"}', '{"fault": "memory", "adress": 1}',
    '{"fault": "memory", "address": "zwölf"}', '{"fault": "memory", "gpu": 7}',
    '{"fault": "memory", "allocation": 0}', '{"fault": "memory", "from": "middle"}',
    '{"fault": "memory", "exact": "yes"}', '{"fault": "memory", "offset": 1.5}'])
def test_a_bad_command_is_refused(simulation, command):
    done = simulation.run("fault", "command", command)
    assert done.status == 3 and "rocmfix-sim: error: " in done.stderr


class Running:
    """The program that copies until something happens."""

    def __init__(self, simulation, **extra):
        env = simulation.environment("rx5600xt", simulation.tmp / "running", **extra)
        self.process = subprocess.Popen(simulation.command("fault", "wait"), text=True, env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.address = self.process.stdout.readline().split()[1]

    def end(self):
        _, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stderr


def test_over_a_socket(simulation, tmp_path):
    name = str(tmp_path / "socket")
    running = Running(simulation, ROCMFIX_SIM_SOCKET=name)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(name)
        stream = client.makefile("rw")
        stream.write('{"fault": "flood"}\n')
        stream.flush()
        assert json.loads(stream.readline()) == {"error": 'unknown fault "flood"'}
        stream.write(json.dumps({"fault": "memory", "address": running.address}) + "\n")
        stream.flush()
        assert json.loads(stream.readline()) == {"ok": True}
    status, stderr = running.end()
    assert status == ABORTED and f"on address {running.address}." in stderr


def test_a_scenario_is_read_again_when_it_changes(simulation, tmp_path):
    scenario = tmp_path / "scenario"
    scenario.write_text("# nothing yet\n")
    running = Running(simulation, ROCMFIX_SIM_SCENARIO=str(scenario))
    time.sleep(0.2)
    assert running.process.poll() is None
    scenario.write_text(json.dumps({"fault": "memory", "address": running.address}) + "\n")
    status, stderr = running.end()
    assert status == ABORTED and f"on address {running.address}." in stderr


@pytest.mark.parametrize("kind", ["device", "fifo", "directory", "long"])
def test_a_scenario_that_is_not_a_file_or_too_large_is_refused_at_once(simulation, tmp_path, kind):
    path = tmp_path / "scenario"
    {"device": lambda: path.symlink_to("/dev/zero"), "fifo": lambda: os.mkfifo(path),
     "directory": path.mkdir, "long": lambda: path.write_bytes(b"#\n" * (1 << 20))}[kind]()  # fmt: skip
    done = simulation.run("fault", "allocate", ROCMFIX_SIM_SCENARIO=str(path), timeout=30)
    said = "is over 1 MiB" if kind == "long" else "is not a regular file"
    assert f"rocmfix-sim: error: the scenario {path} {said}" in done.stderr


def test_messages_about_a_scenario_are_printable(simulation, tmp_path):
    path = tmp_path / "a\x1b[31m\nrocmfix-sim: forged"
    path.write_text("\x1b]0;owned\x07\u202e\n")
    done = simulation.run("fault", "allocate", ROCMFIX_SIM_SCENARIO=str(path))
    assert r"a\x1b[31m\x0arocmfix-sim: forged" in done.stderr
    assert not re.search("[\x1b\u202e]|^rocmfix-sim: forged", done.stderr, re.MULTILINE)
