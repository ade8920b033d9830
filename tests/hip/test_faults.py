# SPDX-License-Identifier: MIT
"""The nine cases, told apart on the real runtime, which prints and aborts as without the interposer."""

import json
import os
import re
import signal

import pytest

SIZE = 3 << 20
CASES = {
    "inside": ("inside", {"state": "live", "offset": 1 << 20}),
    "past-1": ("past_end", {"state": "live", "past_end": 0}),
    "past-4k": ("past_end", {"state": "live", "past_end": 4096}),
    "past-1m": ("past_end", {"state": "live", "past_end": 1 << 20}),
    "before": ("before_start", {"state": "live", "before_start": 4096}),
    "freed-now": ("freed_recently", {"state": "freed", "offset": 1 << 20}),
    "freed-long-ago": ("freed_long_ago", {"state": "freed", "offset": 1 << 20}),
    "never-mapped": ("never_mapped", None),
    "nil": ("nil", None),
}


JUST_NOW_US = 1_000_000  # fault_case.cpp


def faulted(hip, case, where):
    """The run and its incident. Between "now" and the fault a busy machine may take its time: then
    it is freed long ago, is told so, and is tried again."""
    for _ in range(10):
        done = hip.run("fault", case, where, status=-signal.SIGABRT)
        assert len(done.incidents) == 1
        incident = done.incidents[0]
        if case != "freed-now" or incident["allocation"]["freed_us_ago"] < JUST_NOW_US:
            return done, incident
        assert incident["case"] == "freed_long_ago"
    pytest.fail("this machine is too busy: each time a second had passed")


@pytest.mark.parametrize("where", ["device", "host"])
@pytest.mark.parametrize("case", CASES)
def test_case(hip, case, where):
    stock = hip.run("fault", case, where, layer=False, status=-signal.SIGABRT)
    done, incident = faulted(hip, case, where)
    name, allocation = CASES[case]
    told = done.lines()[0]
    assert incident["case"] == name, incident["summary"]
    assert incident["fault"]["address"] == told["address"]
    assert "page_not_present" in incident["fault"]["reasons"]
    assert incident["gpu"]["gfx"] == "gfx1010"
    if allocation is None:
        assert incident["allocation"] is None
    else:
        found = incident["allocation"]
        assert {key: found[key] for key in allocation} == allocation
        assert found["address"] == told["start"]
        assert found["size"] == SIZE
        assert found["api"] == ("hipHostMalloc" if where == "host" else "hipMalloc")
        assert found["of_program"] is True
        assert found["place"] == ("host" if where == "host" else "vram")
    if name.startswith("freed"):
        assert incident["allocation"]["freed_by"] == ("hipHostFree" if where == "host"
                                                      else "hipFree")
    # ROCr says and does what it would.
    assert message(done) == message(stock)
    assert "Memory access fault by GPU node" in done.stderr


def message(done):
    """ROCr's own line, without the addresses that differ from run to run."""
    lines = [line for line in done.stderr.splitlines() if "Memory access fault" in line]
    return [line.split("on address")[0].split("(Agent")[0] + line.rpartition("Reason")[2]
            for line in lines]


def test_page_is_what_the_hardware_reports(hip):
    done = hip.run("fault", "page", status=-signal.SIGABRT)
    incident = done.incidents[0]
    assert incident["case"] == "past_end"
    assert incident["allocation"]["past_end"] == 0
    assert incident["fault"]["page_granular"] is True


def test_calls_before_it(hip):
    calls = hip.run("fault", "freed-now", status=-signal.SIGABRT).incidents[0]["calls"]
    assert [call["api"] for call in calls[:2]] == ["hipFree", "hipMalloc"]
    assert calls[0]["address"] == calls[1]["address"]
    assert calls[1]["size"] == SIZE


def test_report_goes_to_the_parent_over_a_pipe(hip):
    reader, writer = os.pipe()
    try:
        done = hip.run("fault", "inside", status=-signal.SIGABRT, pass_fds=[writer],
                       env={"ROCMFIX_REPORT_FD": str(writer)})
        os.close(writer)
        writer = -1
        with os.fdopen(reader, encoding="utf-8") as stream:
            reader = -1
            lines = stream.read().splitlines()
    finally:
        for descriptor in (reader, writer):
            if descriptor >= 0:
                os.close(descriptor)
    assert len(lines) == 1
    assert json.loads(lines[0])["case"] == "inside"
    assert done.incidents == []
    assert done.said() == [], "stderr is the program's"


def test_pipe_without_a_reader_does_not_end_the_program_early(hip):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = hip.run("fault", "inside", status=-signal.SIGABRT, pass_fds=[writer],
                       env={"ROCMFIX_REPORT_FD": str(writer)})
    finally:
        os.close(writer)
    assert "Memory access fault by GPU" in done.stderr


def test_descriptor_that_is_not_a_pipe_is_not_written_to(hip, tmp_path):
    path = tmp_path / "mine"
    with path.open("w") as mine:
        done = hip.run("fault", "inside", status=-signal.SIGABRT, pass_fds=[mine.fileno()],
                       env={"ROCMFIX_REPORT_FD": str(mine.fileno())})
    assert path.read_text() == ""
    assert len(done.incidents) == 1


def test_directory_that_cannot_be_created_is_reported(hip, tmp_path):
    (tmp_path / "file").write_text("")
    done = hip.run("fault", "inside", status=-signal.SIGABRT,
                   env={"ROCMFIX_INCIDENT_DIR": str(tmp_path / "file" / "below")})
    assert any("cannot write the incident" in line for line in done.said())


def test_incident_is_for_its_user_alone(hip):
    hip.run("fault", "inside", status=-signal.SIGABRT)
    directory = hip.tmp / "incidents.1"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in directory.iterdir()] == [0o600]


def test_unsupported_gpu_gets_no_incident(hip):
    if hip.major() < 6:
        pytest.skip("ROCr 5.2 does not run so")
    done = hip.run("fault", "inside", status=-signal.SIGABRT,
                   env={"HSA_OVERRIDE_GFX_VERSION": "9.0.6"})
    assert "Memory access fault" in done.stderr
    assert done.incidents == []


def test_incidents_have_names_of_their_own_and_make_room_for_the_new(hip, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    for n in range(105):
        path = folder / f"{1700000000 + n}-7.json"
        path.write_text('{"schema":1}')
        os.utime(path, (1700000000 + n,) * 2)
    (folder / "1-1.json").write_text("no incident")
    done = hip.run("fault", "inside", status=-signal.SIGABRT,
                   env={"ROCMFIX_INCIDENT_DIR": str(folder), "HIP_TOKEN": "s3cr3t"})
    assert any("older incidents there were removed: the newest 100," in line
               for line in done.said())
    names = {path.name for path in folder.iterdir()}
    assert len(names) == 101 and "1-1.json" in names and "1700000005-7.json" not in names
    (new,) = [name for name in names if re.fullmatch(r"\d+-\d+-[0-9a-f]{16}\.json", name)]
    text = (folder / new).read_text()
    assert json.loads(text)["case"] == "inside"
    assert "s3cr3t" not in text and "HIP_TOKEN" not in text
