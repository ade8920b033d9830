# SPDX-License-Identifier: MIT
"""HIP libraries that are not libamdhip64: renamed, not AMD's, linked statically, several at once.
Every caller gets the function that it would have without the interposer."""

import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "programs" / "other"
USE = """
import ctypes, os, sys
plugins = [ctypes.CDLL(path, mode=os.RTLD_LOCAL | os.RTLD_NOW) for path in sys.argv[1:]]
for _ in range(2):
    print(*(plugin.use() for plugin in plugins), flush=True)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """name -> path of what is compiled here."""
    out = tmp_path_factory.mktemp("other")

    def make(name, *arguments):
        subprocess.run(["gcc", "-O1", "-o", out / name, *map(str, arguments)], check=True)

    shared = ("-shared", "-fPIC")
    here = (f"-L{out}", f"-Wl,-rpath,{out}")
    for number, name in ((11, "libvendor.so"), (22, "libother.so"), (33, "libamdhip64.so.9")):
        make(name, *shared, f"-DNUMBER={number}", SOURCES / "runtime.c", f"-Wl,-soname,{name}")
    user = SOURCES / "user.c"
    make("program", "-DPROGRAM", user, *here, "-lvendor")
    make("vendor.so", *shared, user, *here, "-lvendor")
    make("other.so", *shared, user, *here, "-lother")
    make("amd.so", *shared, user, *here, "-l:libamdhip64.so.9")
    make("static.so", *shared, "-DNUMBER=44", user, SOURCES / "runtime.c")
    # As a plugin that leaves it to its host to bring HIP: part.so has no HIP, its parent has.
    make("libpart.so", *shared, user, "-Wl,-soname,libpart.so")
    make("host.so", *shared, "-xc", "/dev/null", "-xnone", "-Wl,--no-as-needed", *here, "-lpart", "-lvendor")
    make("wrapper.so", *shared, SOURCES / "wrapper.c", "-ldl")
    return out


def run(hip, built, command, before=(), after=()):
    preload = ":".join(str(path) for path in (*before, hip.layer, *after))
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          check=False, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "LD_PRELOAD": preload})
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    # Of a library with AMD's name the warning is that ROCr has not loaded the HIP interposer.
    if any("amd" in Path(word).name for word in (*command, *before, *after)):
        lines = [line for line in lines if "ROCr has not loaded the HIP interposer" not in line]
    assert lines == []
    return done.stdout.splitlines()


def plugins(built, *names):
    return ["/usr/bin/python3", "-c", USE, *(built / name for name in names)]


def test_program_with_a_hip_of_another_name(hip, built):
    assert run(hip, built, [built / "program"]) == ["11", "11"]


@pytest.mark.parametrize("name, number", [("vendor.so", 11), ("static.so", 44), ("host.so", 11)])
def test_plugin_with_a_hip_of_another_name(hip, built, name, number):
    """Opened RTLD_LOCAL, as Python opens every extension."""
    assert run(hip, built, plugins(built, name)) == [f"{number}"] * 2


CLOSE = """
import _ctypes, ctypes, os, sys
for _ in range(2):
    plugin = ctypes.CDLL(sys.argv[1], mode=os.RTLD_LOCAL | os.RTLD_NOW)
    print(plugin.use())
    _ctypes.dlclose(plugin._handle)
    print([line for line in open("/proc/self/maps") if os.path.dirname(sys.argv[1]) in line])
"""


@pytest.mark.parametrize("name, number", [("vendor.so", 11), ("static.so", 44)])
def test_plugin_with_a_hip_of_another_name_can_be_unloaded(hip, built, name, number):
    command = ["/usr/bin/python3", "-c", CLOSE, built / name]
    assert run(hip, built, command) == [f"{number}", "[]"] * 2


@pytest.mark.parametrize("order", [
    ("vendor.so", "other.so"), ("amd.so", "vendor.so"), ("vendor.so", "amd.so"),
    ("amd.so", "static.so"), ("static.so", "other.so", "amd.so"),
])  # fmt: skip
def test_several_hips_in_a_process_are_not_mixed(hip, built, order):
    number = {"vendor.so": 11, "other.so": 22, "amd.so": 33, "static.so": 44}
    assert run(hip, built, plugins(built, *order)) == [" ".join(str(number[name]) for name in order)] * 2


@pytest.mark.parametrize("name", ["vendor.so", "amd.so"])
def test_another_preload_before_the_layer(hip, built, name):
    number = {"vendor.so": 11, "amd.so": 33}[name]
    runtime = built / {"vendor.so": "libvendor.so", "amd.so": "libamdhip64.so.9"}[name]
    lines = run(hip, built, plugins(built, name), [built / "wrapper.so"], [runtime])
    assert lines == [f"{number}", f"{number}", "wrapped 2"]


def test_another_preload_behind_the_layer_is_not_skipped(hip, built):
    lines = run(hip, built, plugins(built, "amd.so"),
                after=[built / "wrapper.so", built / "libamdhip64.so.9"])
    assert lines == ["33", "33", "wrapped 2"]


def test_hip_that_is_not_there_is_an_error_and_no_crash(hip, built):
    """libpart.so alone does not even load without the interposer; with it, HIP's own error says why."""
    symbol_not_found = 302
    assert run(hip, built, plugins(built, "libpart.so")) == [f"{-symbol_not_found}"] * 2
