# SPDX-License-Identifier: MIT
"""`journalctl -kf | rocmfix explain`: what was found is shown while the log continues."""

import json
import os
import select
import subprocess
import time

import pytest

FAULT = (
    "[  100.000000] amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:8 "
    "pasid:32770)\n"
    "[  100.000001] amdgpu 0000:03:00.0: amdgpu:   in page starting at address 0x00007f3d7a123000 "
    "from client 0x1b (UTCL2)\n"
)
LATER = FAULT.replace("[  100.", "[  900.").replace("7f3d7a123000", "00007abc1000")


@pytest.fixture
def follow(build, environment):
    def start(*options):
        return subprocess.Popen([build / "bin/rocmfix", "explain", *options], env=environment,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    return start


def printed(process, text, seconds=20):
    """Reads until it is there."""
    output = b""
    deadline = time.monotonic() + seconds
    while text not in output:
        left = deadline - time.monotonic()
        assert left > 0, f"not printed within {seconds} s: {text!r}; {output!r} was"
        if select.select([process.stdout], [], [], left)[0]:
            chunk = os.read(process.stdout.fileno(), 65536)
            assert chunk, f"ended without {text!r}: {output!r}"
            output += chunk
    return output.decode()


def test_the_last_incident_is_shown_while_the_log_continues(follow):
    with follow() as process:
        process.stdin.write(FAULT.encode())
        output = printed(process, b"0x7f3d7a123000")
        assert "Incident 1" in output and process.poll() is None
        process.stdin.write(LATER.encode())
        process.stdin.close()
        rest = process.stdout.read().decode()
        assert "Incident 2" in rest and "0x7abc1000" in rest
        assert "Incident 1" not in rest, "nothing is shown twice"
        assert process.wait(timeout=20) == 0


def test_lines_soon_after_belong_to_it(follow):
    """A writer that pauses for less than the silence makes no second incident."""
    with follow() as process:
        for line in FAULT.splitlines(keepends=True):
            process.stdin.write(line.encode())
            time.sleep(0.3)
        process.stdin.close()
        output = process.stdout.read().decode()
        assert output.count("Incident") == 1 and "0x7f3d7a123000" in output


def test_a_document_is_whole(follow):
    """Nobody can use half of one, so a silence changes nothing of it."""
    with follow("--json") as process:
        process.stdin.write(FAULT.encode())
        assert not select.select([process.stdout], [], [], 3.5)[0]
        process.stdin.write(FAULT.replace("100.0", "101.0").encode())
        process.stdin.close()
        (incident,) = json.loads(process.stdout.read())["incidents"]
        assert incident["events"][0]["count"] == 2
