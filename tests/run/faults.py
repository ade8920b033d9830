# SPDX-License-Identifier: MIT
"""A command that dies as a GPU fault makes it die, without a GPU.

It prints ROCr's message, sends the interposer's report as the interposer does, and aborts. Or the kernel
reports: then its lines are appended to the /dev/kmsg of the captured root. With the real runtime and
the real layer the same is done in tests/sim.
"""

import json
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[2] / "userspace/python")

# As userspace/hip/incident/fault_report.cpp writes it.
REPORT = {
    "schema": 1, "kind": "gpu_memory_fault", "time": "2026-11-23T02:40:05.123456Z", "pid": 4242,
    "program": "python3",
    "gpu": {"index": 0, "gfx": "gfx1031", "product": "AMD Radeon RX 6700 XT", "node": 1,
            "domain": 0, "bdf": 768},
    "vram": {"total": 12868124672, "limit": 10294499737, "used": 3145728},
    "fault": {"address": "0x7f3d7a123000", "page_granular": True, "reason_mask": 1,
              "reasons": ["page_not_present"]},
    "case": "past_end",
    "summary": "4096 bytes after the end of a block of 3145728 bytes from hipMalloc (to the page)",
    "allocation": {"state": "live", "address": "0x7f3d79e22000", "size": 3145728,
                   "api": "hipMalloc", "past_end": 4096},
    "nearest": None,
    "calls": [{"api": "hipMalloc", "us_ago": 123456, "thread": 7, "address": "0x7f3d79e22000",
               "size": 3145728, "result": 0}],
    "coherence": {"policy": "auto", "active": True, "made_noncoherent": 2, "left_coherent": [
        {"reason": "communication-library", "object": "librccl.so.1", "count": 3}]},
    "layer": {"live": 3},
}

MESSAGE = ("Memory access fault by GPU node-1 (Agent handle: 0x55921bba97b0) on address "
           "0x7f3d7a123000. Reason: Page not present or supervisor privilege.")

KERNEL_PAGE_FAULT = [
    "amdgpu 0000:03:00.0: amdgpu: [gfxhub] page fault (src_id:0 ring:24 vmid:6 pasid:32803)",
    "amdgpu 0000:03:00.0: amdgpu:  in process python3 pid {pid} thread python3 pid {pid}",
    "amdgpu 0000:03:00.0: amdgpu:   in page starting at address 0x00007f3d7a123000 from client "
    "0x1b (UTCL2)",
    "amdgpu 0000:03:00.0: amdgpu: GCVM_L2_PROTECTION_FAULT_STATUS:0x00641051",
    "amdgpu 0000:03:00.0: amdgpu: \\x09 Faulty UTCL2 client ID: TCP (0x8)",
    "amdgpu 0000:03:00.0: amdgpu: \\x09 RW: 0x1",
]
KERNEL_HANG = [
    "amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
    "amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!",
]

# What the program does in its Nth attempt is the Nth word of its plan; the last one stays.
PROGRAM = r"""
import json, os, sys, time
note, kmsg, plan = sys.argv[1], sys.argv[2], sys.argv[3:]
attempt = int(os.environ.get("ROCMFIX_ATTEMPT", "1"))
known = ("ROCMFIX_", "MIOPEN_", "PYTORCH_", "HIP_VISIBLE", "CUDA_VISIBLE")
with open(note, "a") as out:
    out.write(json.dumps({"pid": os.getpid(), "time": time.monotonic(),
                          **{k: v for k, v in os.environ.items() if k.startswith(known)}}) + "\n")
def log(lines):
    with open(kmsg, "a") as out:
        for line in lines:
            out.write("6,1,%d,-;%s\n" % (time.monotonic() * 1e6, line.format(pid=os.getpid())))
def die():
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stderr.write(MESSAGE + "\n")
    sys.stderr.flush()
    os.abort()
how = plan[min(attempt, len(plan)) - 1]
for told in ("kept-", "beats-"):
    if how.startswith(told):
        sys.path.insert(0, PACKAGE)
        import rocmfix
        how = how[len(told):]
        for beat in range(7):
            rocmfix.alive(progress=told == "kept-")
if how == "layer":
    os.write(int(os.environ["ROCMFIX_REPORT_FD"]), (json.dumps(REPORT) + "\n").encode())
    die()
elif how == "idle-layer":
    os.write(int(os.environ["ROCMFIX_REPORT_FD"]),
             (json.dumps({**REPORT, "calls": [], "layer": {"live": 0}}) + "\n").encode())
    die()
elif how == "file":
    directory = os.environ["XDG_STATE_HOME"] + "/rocmfix/incidents"
    os.makedirs(directory, exist_ok=True)
    name = "%d-%d-%s%s.json" % (time.time(), os.getpid(), os.environ["ROCMFIX_REPORT_TAG"],
                                os.urandom(4).hex())
    with open(directory + "/" + name, "w") as out:
        out.write(json.dumps(REPORT) + "\n")
    die()
elif how == "kernel":
    log(PAGE_FAULT); die()
elif how == "hang":
    log(HANG); die()
elif how == "others-fault":
    log([line.replace("{pid}", str(os.getppid())).replace("python3 pid", "Xorg pid")
         for line in PAGE_FAULT]); die()
elif how == "abort":
    die()
elif how == "exception":
    log(PAGE_FAULT); raise RuntimeError("HIP error: an illegal memory access was encountered")
elif how == "shell":
    os.write(int(os.environ["ROCMFIX_REPORT_FD"]), (json.dumps(REPORT) + "\n").encode())
    sys.exit(134)
elif how == "garbage":
    os.write(int(os.environ["ROCMFIX_REPORT_FD"]), b'\xff{"kind": 1}\n[]\n{"kind": "gpu_memory_fault"}\n' + b"x" * 3000)
    die()
elif how == "escape":
    os.write(int(os.environ["ROCMFIX_REPORT_FD"]),
             (json.dumps({**REPORT, "summary": "\x1b[31mred\nrocmfix-run: forged"}) + "\n").encode())
    die()
elif how == "term":
    import signal
    os.write(int(os.environ["ROCMFIX_REPORT_FD"]), (json.dumps(REPORT) + "\n").encode())
    signal.signal(signal.SIGTERM, lambda *_: die())
    print("ready", flush=True); time.sleep(60)
elif how.startswith("signal-"):
    import signal
    number = int(how.partition("-")[2])
    if number != signal.SIGKILL: signal.signal(number, signal.SIG_DFL)
    log(PAGE_FAULT); os.kill(os.getpid(), number); time.sleep(60)
else:
    sys.exit(int(how))
"""


def program():
    """The text for `python3 -c`."""
    head = f"REPORT = {REPORT!r}\nMESSAGE = {MESSAGE!r}\nPAGE_FAULT = {KERNEL_PAGE_FAULT!r}\n" \
           f"HANG = {KERNEL_HANG!r}\nPACKAGE = {PACKAGE!r}\n"
    return head + PROGRAM


def notes(path):
    return [json.loads(line) for line in path.read_text().splitlines()]
