# SPDX-License-Identifier: MIT
"""Hosts of every kind: none may notice."""

import os
import shutil
import subprocess

import pytest

WHEEL = "wheel/torch/lib/libtorch_hip.so"
RENAMED = "renamed/torch/lib/libtorch_hip.so"
IMITATION = """
import ctypes, os, sys
torch = ctypes.CDLL(sys.argv[1], mode=os.RTLD_LOCAL | os.RTLD_NOW)
torch.torch_total_memory.restype = ctypes.c_size_t
torch.torch_step.argtypes = [ctypes.c_size_t, ctypes.c_int]
print('{"step": %d, "total": %d}' % (torch.torch_step(3 << 20, 4), torch.torch_total_memory()))
print(*{line.split("/")[-1].strip() for line in open("/proc/self/maps") if "hip64" in line or "renamedhip" in line})
"""


def test_abi_is_as_written_down(hip):
    subprocess.run([hip.programs / "abi"], check=True)


@pytest.mark.parametrize("library", [WHEEL, RENAMED, "extension"])
def test_pytorchs_pattern(hip, library):
    """Bundled runtime under another soname, RPATH $ORIGIN, opened RTLD_LOCAL from Python."""
    path = str(hip.programs / library)
    stock = hip.run("/usr/bin/python3", "-c", IMITATION, path, layer=False,
                    card="rx5600xt+svm+largebar")
    done = hip.run("/usr/bin/python3", "-c", IMITATION, path, card="rx5600xt+svm+largebar")
    if library != "extension":
        assert ("libamdhip64-5.so" if library == WHEEL else "librenamedhip.so") in done.stdout
        assert "libamdhip64.so" not in done.stdout
    assert done.lines()[0]["step"] == 0
    assert done.lines()[0]["total"] < stock.lines()[0]["total"], "the limit holds there too"

    def pinned(run):
        return [set(line["flags"]) for line in run.journal if line["op"] == "alloc_memory_of_gpu"
                and line["size"] == 3 << 20 and "USERPTR" in line["flags"]]
    assert pinned(stock) and all("COHERENT" in flags for flags in pinned(stock))
    assert pinned(done) and all("COHERENT" not in flags for flags in pinned(done))


CLOSING = """
import _ctypes, ctypes, os, sys
for _ in range(3):
    torch = ctypes.CDLL(sys.argv[1], mode=os.RTLD_LOCAL | os.RTLD_NOW)
    torch.torch_step.argtypes = [ctypes.c_size_t, ctypes.c_int]
    assert torch.torch_step(3 << 20, 1) == 0
    _ctypes.dlclose(torch._handle)
print("well")
"""


def test_runtime_that_is_closed_and_opened_again(hip):
    done = hip.run("/usr/bin/python3", "-c", CLOSING, str(hip.programs / WHEEL))
    assert done.stdout == "well\n"


PROGRAMS = """true;false;echo a b;printf %d\\n 7;ls /;ls -l /etc/hostname;cat /etc/debian_version
head -n1 /etc/passwd;tail -n1 /etc/passwd;wc /etc/passwd;sort /etc/passwd;uniq /etc/passwd
cut -d: -f1 /etc/passwd;tr a b;seq 3;date -u -d @0;id -u;uname -s;basename /a/b;dirname /a/b
expr 1 + 2;test -e /;md5sum /etc/passwd;sha256sum /etc/passwd;base64 /etc/debian_version;od -c
stat -c %s /etc/passwd;df --output=target /;du -s /etc/debian_version;env -i true;nproc --all
readlink -f /bin/sh;sleep 0;tac /etc/passwd;nl /etc/passwd;fold -w 9 /etc/passwd;paste /etc/passwd
grep root /etc/passwd;sed s/root/toor/ /etc/passwd;awk 1 /etc/passwd;find /etc/apt;xargs echo
bash -c echo;sh -c :;python3 -c print(1);python3 -VV;perl -e print(1);tar --version;gzip --version
gcc --version;g++ --version;ld --version;make --version;dpkg --version;apt-config dump;mount --version
ldd /bin/true;git --version;getconf PAGE_SIZE;mawk 1 /etc/passwd;diff /etc/passwd /etc/passwd"""


def ordinary():
    """name -> command, for those that are here."""
    found = {}
    for line in PROGRAMS.replace("\n", ";").split(";"):
        command = line.split(" ", 2 if line.startswith(("bash", "sh ", "python3", "perl")) else -1)
        if shutil.which(command[0]):
            found[line] = command
    return found


def test_fifty_ordinary_programs_do_not_notice(hip):
    commands = ordinary()
    assert len(commands) >= 50
    for name, command in commands.items():
        outcome = []
        for preload in ("", str(hip.layer)):
            done = subprocess.run(command, input=b"some text\n", capture_output=True, check=False,
                                  timeout=60, cwd=hip.tmp,
                                  env={"PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C",
                                       "LD_PRELOAD": preload})
            outcome.append((done.returncode, done.stdout if "/proc" not in name else b"",
                            done.stderr))
        if name.startswith("ldd"):  # which lists what is preloaded
            outcome = [(status, err) for status, _, err in outcome]
        assert outcome[0] == outcome[1], name


def test_no_gpu(hip):
    done = hip.run("allocations", card=None, status=3)
    assert done.said() == []


def test_child_forked_before_hip_is_served(hip):
    assert hip.run("hosts", "fork-before").stdout.endswith("well\n")


def test_child_forked_after_hip_lives(hip):
    assert hip.run("hosts", "fork-after").stdout.endswith("well\n")


@pytest.mark.parametrize("what", ["static-constructor", "at-exit", "reinit",
                                  "threads-at-exit"])
def test_awkward_host(hip, what):
    assert hip.run("hosts", what).stdout.endswith("well\n")


@pytest.mark.parametrize("what", ["get-proc-address"])
def test_lookup_gives_ours(hip, what):
    if hip.release() < (6, 4):
        pytest.skip("hipGetProcAddress came with HIP 6.1; Debian's ROCr 6.1 is next to HIP 5.7")
    done = hip.run("hosts", what)
    assert done.stdout.endswith("well\n")
    flags = [set(line["flags"]) for line in done.journal
             if line["op"] == "alloc_memory_of_gpu" and line["size"] == 5 << 20]
    assert flags and all("COHERENT" not in one for one in flags)


def test_layer_named_as_tool_only(hip):
    """HSA_TOOLS_LIB without the preload: the intent is unknown, so nothing is changed."""
    done = hip.run("allocations", layer=False,
                   env={"HSA_TOOLS_LIB": str(hip.layer), "ROCMFIX_VERBOSE": "1"})
    assert len([line for line in done.said() if "active" in line]) == 1


def test_layer_preloaded_only(hip):
    """From ROCr 6 on the preload is enough."""
    env = {"ROCMFIX_VERBOSE": "1", "HSA_TOOLS_LIB": ""}
    done = hip.run("allocations", env=env)
    active = [line for line in done.said() if line.startswith("rocmfix: active")]
    assert len(active) == (1 if hip.major() >= 6 else 0)
    unprotected = [line for line in done.said() if "has not loaded the HIP interposer" in line]
    assert len(active) + len(unprotected) == 1, "an unprotected process says so"


def test_another_allocator(hip):
    """jemalloc replaces malloc before any code of ours runs, and is initialised by it."""
    allocator = hip.programs / "libjemalloc.so.2"
    if not allocator.exists():
        pytest.skip("libjemalloc2 is not installed on the machine that runs this")
    stock = hip.run("allocations", layer=False, preload=[allocator])
    done = hip.run("allocations", preload=[allocator])
    assert [line["error"] for line in done.lines()] == [line["error"] for line in stock.lines()]
    pinned = [line for line in done.journal if line["op"] == "alloc_memory_of_gpu"
              and line["size"] == done.lines()[1]["size"]]
    assert pinned and all("COHERENT" not in line["flags"] for line in pinned)
    code = "print(any('jemalloc' in line for line in open('/proc/self/maps')))"
    assert hip.run("/usr/bin/python3", "-c", code, preload=[allocator]).stdout == "True\n"
    assert hip.run("hosts", "threads-at-exit", preload=[allocator]).stdout.endswith("well\n")


def live_of_journal(done):
    """handle -> line of VRAM and system blocks that the kernel still holds."""
    live = {}
    for line in done.journal:
        if line.get("result") != 0:
            continue
        if line["op"] == "alloc_memory_of_gpu":
            live[line["handle"]] = line
        elif line["op"] == "free_memory_of_gpu":
            live.pop(line["handle"], None)
    return list(live.values())


def test_threads_end_with_the_ledger_that_the_kernel_has(hip):
    """Without SVM, and without ROCr's own suballocator, every block is one of the kernel's."""
    seconds = os.environ.get("ROCMFIX_CHURN_SECONDS", "5")
    done = hip.run("churn", seconds, "8", card="rx5600xt+kernel6.1+largebar",
                   env={"HSA_DISABLE_FRAGMENT_ALLOCATOR": "1"}, timeout=int(seconds) + 120)
    *blocks, last = done.lines()
    assert last["failures"] == 0 and last["operations"] > 500
    kernel = {int(line["va"], 16): line for line in live_of_journal(done)
              if line["t"] > last["begin"]}
    ledger = {int(block["gpu_address"], 16): block for block in blocks
              if block["of_program"] and block["time"] > last["begin"]}
    assert len(ledger) > 20
    assert set(kernel) == set(ledger)
    for address, block in ledger.items():
        pages = (block["size"] + 4095) // 4096 * 4096
        assert kernel[address]["size"] in (block["size"], pages, block["charged"]), block
        assert ("VRAM" in kernel[address]["flags"]) == (block["charged"] > 0), block


# The runtime and the simulator are not instrumented: what TSan sees of their locks is not all.
SUPPRESSIONS = """called_from_lib:libamdhip64.so
called_from_lib:libhsa-runtime64.so
called_from_lib:libhsakmt.so
called_from_lib:librocmfix-sim.so
"""


@pytest.mark.parametrize("kind", ["thread", "address"])
def test_threads_under_a_sanitizer(hip, kind):
    program = hip.programs / f"churn-{kind}"
    library = "libtsan" if kind == "thread" else "libasan"
    needed = subprocess.run(["ldd", program], text=True, capture_output=True, check=True).stdout
    runtime = next(line.split()[2] for line in needed.splitlines() if library in line)
    suppressions = hip.tmp / "suppressions"
    suppressions.write_text(SUPPRESSIONS)
    hip.layer = hip.programs / f"librocmfix-hip-{kind}.so"
    seconds = os.environ.get("ROCMFIX_CHURN_SECONDS", "5")
    env = {"TSAN_OPTIONS": f"suppressions={suppressions} report_signal_unsafe=0 exitcode=66",
           # HIP's threads have signal stacks of their own, which ASan would unmap.
           "ASAN_OPTIONS": "detect_leaks=0:use_sigaltstack=0", "ROCMFIX_VERBOSE": "1"}
    done = hip.run(str(program), seconds, "8", preload=[runtime], env=env,
                   timeout=int(seconds) + 120)
    assert any(line.startswith("rocmfix: active") for line in done.said())
    assert "Sanitizer" not in done.stderr
    assert done.lines()[-1]["failures"] == 0
    assert done.lines()[-1]["operations"] > 500
