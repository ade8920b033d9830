# SPDX-License-Identifier: MIT
"""import rocmfix: the environment by librocmfix, PyTorch's patches, the self-test."""

import json
import os
import subprocess
import sys
import types
import warnings

import pytest

import carried
from conftest import BUILD, SOURCE
from rocmfix import fix, librocmfix, torch_patches

ROOTS = os.environ.get("ROCMFIX_TEST_ROOTS", str(BUILD / "roots"))


def run_python(program, root, **environment):
    """In a process of its own: what is tested changes the process."""
    base = {"PATH": f"{BUILD / 'bin'}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(SOURCE / "userspace/python"), "ROCMFIX_ROOT": f"{ROOTS}/{root}",
            "ROCMFIX_LIBRARY": os.environ["ROCMFIX_LIBRARY"]}  # fmt: skip
    words = ["-m", "rocmfix"] if program is None else ["-c", program]
    return subprocess.run([sys.executable, *words], env={**base, **environment}, text=True,
                          capture_output=True, timeout=240)  # fmt: skip


def output_of(program, root, **environment):
    done = run_python(program, root, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---------------------------------------------------------------- the library


def test_the_version_is_that_of_the_changelog():
    first = (SOURCE / "debian/changelog").read_text().split(")")[0]
    assert first == f"rocmfix ({librocmfix.version()}"


def test_gpus_are_those_of_the_command():
    gpu = librocmfix.gpus(f"{ROOTS}/rx5600xt")[0]
    assert (gpu.gfx, gpu.supported, gpu.bdf) == ("gfx1010", True, "0000:03:00.0")
    assert [gpu.supported for gpu in librocmfix.gpus(f"{ROOTS}/mi210")] == [False]
    assert librocmfix.gpus(f"{ROOTS}/no-amd") == []


def test_what_the_library_says_is_an_exception_with_its_hint():
    with pytest.raises(librocmfix.LibraryError, match="no profile is named 'fast'") as caught:
        librocmfix.environment("fast", "/")
    assert "safe and original" in caught.value.hint
    with pytest.raises(librocmfix.LibraryError, match="/nowhere"):
        librocmfix.gpus("/nowhere")


@pytest.mark.parametrize("system, hint", [
    ("ID=debian", "sudo apt install rocmfix, or"), ("ID=mint\nID_LIKE=ubuntu", "sudo apt install rocmfix, or"),
    ("ID=fedora", "install rocmfix again: "), ("", "install rocmfix again: "),
])  # fmt: skip
def test_a_missing_launcher_is_installed_as_the_distribution_does_it(tmp_path, monkeypatch, system, hint):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(f"{system}\n")
    monkeypatch.setenv("ROCMFIX_ROOT", str(tmp_path))
    assert librocmfix.launcher_hint().startswith(hint)
    done = run_python("from rocmfix import __main__; __main__.check_launcher()", "", PATH="/nonexistent",
                      ROCMFIX_ROOT=str(tmp_path))  # fmt: skip
    assert f"rocmfix-run is not in PATH: {hint}" in done.stderr


def test_a_package_is_called_what_the_distribution_calls_it(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=arch\n")
    assert librocmfix.install_hint("hip-runtime", str(tmp_path)) == "sudo pacman -S hip-runtime-amd"
    with pytest.raises(librocmfix.LibraryError, match="/nowhere"):
        librocmfix.install_hint("hip-runtime", "/nowhere")


def test_without_its_library_no_package_manager_is_guessed(monkeypatch):
    monkeypatch.setenv("ROCMFIX_LIBRARY", "/nowhere/librocmfix.so.1")
    librocmfix._library.cache_clear()
    try:
        assert librocmfix.launcher_hint() == "install rocmfix again, the packages or the wheel; from a checkout, make build"
    finally:
        librocmfix._library.cache_clear()


def test_a_fault_is_explained_from_values_and_from_a_log():
    incidents = librocmfix.explain(
        events=[{"type": "gpu_memory_fault", "address": "0x7f3d7a123000", "node": 1}],
        environment={"HSA_OVERRIDE_GFX_VERSION": "10.3.0"},
        log="Name: amdgcn-amd-amdhsa--gfx1010:xnack-\n",
    )  # fmt: skip
    (incident,) = incidents
    assert incident.events[0]["address"] == "0x7f3d7a123000"
    assert incident.causes[0].id == "wrong-isa-override"
    assert incident.causes[0].confidence == "likely"
    assert librocmfix.explain("nothing\0here\n", environment={}) == []
    with pytest.raises(librocmfix.LibraryError, match="no type of event is named 'x'"):
        librocmfix.explain(events=[{"type": "x"}])


def test_without_the_library_the_error_says_what_to_install():
    done = run_python("import rocmfix; rocmfix.version()", "rx5600xt", ROCMFIX_LIBRARY="/no/such.so")
    assert done.returncode == 1
    assert "LibraryError: cannot load librocmfix.so.1: /no/such.so" in done.stderr


# ---------------------------------------------------------------- apply_rocm_fix()

SHOW = """
import os, sys, warnings, rocmfix
warnings.simplefilter("error")
before = dict(os.environ)
report = rocmfix.apply_rocm_fix(profile=os.environ.get("TEST_PROFILE", "safe"))
print({k: v for k, v in os.environ.items() if before.get(k) != v}, report.supported, report.torch)
print("torch" in sys.modules, len(report.fallback))
"""


def test_on_rdna2_torch_is_patched_and_a_torch_without_rocm_gets_no_override():
    shown = output_of(SHOW, "rx6700xt")
    assert "HSA_OVERRIDE_GFX_VERSION" not in shown
    assert "'PIN_MEMORY': 'False'" in shown
    assert "True 1." in shown or "True 2." in shown
    assert int(shown.split()[-1]) > 15


VARIABLES = "from rocmfix import librocmfix\nplan = librocmfix.environment()\n"
VARIABLES += "print([(v.name, v.value) for v in plan.set], [v.reason for v in plan.advice])"


@pytest.mark.parametrize(("targets", "shown"), [
    (["gfx1030"], "[('HSA_OVERRIDE_GFX_VERSION', '10.3.0')] []\n"),
    (["gfx1031"], "[] ['none is needed for gfx1031: libtorch_hip.so carries code for gfx1031']\n"),
])  # fmt: skip
def test_the_override_is_decided_by_the_torch_that_this_interpreter_imports(
    tmp_path, targets, shown
):
    carried.torch(tmp_path, targets)
    path = f"{SOURCE / 'userspace/python'}:{tmp_path}"
    cache = {"XDG_CACHE_HOME": str(tmp_path)}
    assert output_of(VARIABLES, "rx6700xt", PYTHONPATH=path, **cache) == shown


def test_a_torch_without_code_for_the_card_is_warned_about_before_it_is_imported(tmp_path):
    carried.torch(tmp_path, ["gfx1030"])
    path = f"{SOURCE / 'userspace/python'}:{tmp_path}"
    done = run_python(SHOW, "rx5600xt", PYTHONPATH=path, XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert "RocmfixWarning: HSA_OVERRIDE_GFX_VERSION: libtorch_hip.so carries code for gfx1030" in said
    assert "no value helps, another build of the program is needed" in said


def test_on_rdna1_no_override_is_set():
    assert "HSA_OVERRIDE_GFX_VERSION" not in output_of(SHOW, "rx5600xt")


@pytest.mark.parametrize("root", ["mi210", "rx7900xtx", "no-amd"])
def test_without_a_supported_gpu_nothing_is_changed(root):
    assert output_of(SHOW, root) == "{} False None\nFalse 0\n"


def test_the_users_value_stays_and_a_harmful_one_is_named():
    done = run_python(SHOW, "rx5600xt", HSA_OVERRIDE_GFX_VERSION="10.3.0")
    assert done.returncode == 1
    assert "RocmfixWarning: HSA_OVERRIDE_GFX_VERSION=10.3.0: gfx101x has a different" in done.stderr
    kept = output_of(SHOW.replace('"error"', '"ignore"'), "rx6700xt", HSA_OVERRIDE_GFX_VERSION="9.0.0",
                     PIN_MEMORY="True")  # fmt: skip
    assert kept.startswith("{} True")


def test_a_second_call_changes_nothing():
    twice = "import rocmfix\nfirst = rocmfix.apply_rocm_fix()\nimport torch\nzeros = torch.zeros\n"
    twice += "second = rocmfix.apply_rocm_fix()\nprint(second.environment, torch.zeros is zeros)"
    assert output_of(twice, "rx6700xt") == "{} True\n"


def test_a_share_of_memory_that_makes_no_sense_is_an_error():
    for share in ("0", "1.5", "-1"):
        done = run_python(f"import rocmfix; rocmfix.apply_rocm_fix(memory_fraction={share})", "/")
        assert "ValueError: memory_fraction is" in done.stderr


def test_it_says_that_an_abort_cannot_be_caught():
    assert "rocmfix-run --retries" in output_of("import rocmfix; print(rocmfix.apply_rocm_fix())", "rx5600xt")


# ---------------------------------------------------------------- another librocmfix, another torch

OTHER_LIBRARY = """
#include <stdlib.h>
#include <string.h>
const char *rocmfix_version(void) { return VERSION; }
char *rocmfix_status_json(const char *root) { return strdup(STATUS); }
char *rocmfix_explain_json(const char *root, const char *request) { return strdup(request); }
char *rocmfix_install_json(const char *root, const char *package) { return strdup(STATUS); }
#ifndef WITHOUT
char *rocmfix_python_environment_json(const char *root, const char *profile, const char *const *path) {
  return strdup(ENVIRONMENT);
}
#endif
void rocmfix_free(char *text) { free(text); }
"""
GPU = {"bdf": "0000:03:00.0", "name": None, "gfx": "gfx1010", "supported": True, "kfd_node": 1, "vram_bytes": 1}
PLAN = {"schema": 1, "set": [], "kept": [], "warnings": [], "advice": []}
CALL_ALL = """
from rocmfix import LibraryError, librocmfix
for call in (librocmfix.version, librocmfix.gpus, librocmfix.environment, lambda: librocmfix.install_hint("rocmfix")):
    try:
        print("ok", call())
    except LibraryError as problem:
        print("LibraryError", problem, "|", problem.hint)
"""


def other_library(tmp_path, status, plan, *flags, version='"9.9"'):
    """What CALL_ALL prints with a librocmfix that answers so."""
    def literal(value):
        return json.dumps(value if isinstance(value, str) else json.dumps(value))

    library = tmp_path / "librocmfix.so.1"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-xc", "-", f"-DVERSION={version}",
                    f"-DSTATUS={literal(status)}", f"-DENVIRONMENT={literal(plan)}", *flags],
                   input=OTHER_LIBRARY, text=True, check=True)  # fmt: skip
    return output_of(CALL_ALL, "rx5600xt", ROCMFIX_LIBRARY=str(library)).splitlines()


def test_a_newer_library_may_say_more(tmp_path):
    lines = other_library(tmp_path, {"schema": 1, "gpus": [{**GPU, "new": 1}], "install": "x", "new": []}, {
        **PLAN, "set": [{"name": "A", "value": "1", "reason": "r", "source": "s", "new": 5}]})  # fmt: skip
    assert [line.split()[0] for line in lines] == ["ok"] * 4
    assert "name='A', value='1'" in lines[2]


@pytest.mark.parametrize("status", [
    "no JSON", [], 1, {}, {"schema": 2, "gpus": []}, {"schema": 1}, {"schema": 1, "gpus": None, "install": None},
    {"schema": 1, "gpus": [5]}, {"schema": 1, "gpus": [{"bdf": "x"}]}, "\\xff",
])  # fmt: skip
def test_a_library_that_answers_otherwise_is_one_of_another_version(tmp_path, status):
    _, *answers = other_library(tmp_path, status, status)
    for line in answers:
        assert line.startswith("LibraryError librocmfix.so.1 and this Python package are of different versions")
        assert "install both from the same release" in line


def test_a_library_without_a_function_is_one_of_another_version(tmp_path):
    for line in other_library(tmp_path, {}, {}, "-DWITHOUT"):
        assert "different versions" in line and "rocmfix_python_environment_json" in line


def test_a_library_without_a_version_is_one_of_another_version(tmp_path):
    assert "different versions" in other_library(tmp_path, {}, {}, version="0")[0]


TORCHES = {
    "none": (None, "import of torch halted"),
    "library": ("raise OSError('libamdhip64.so.6: cannot open shared object file')", "libamdhip64.so.6: cannot open"),
    "numpy": ("raise AttributeError('module numpy has no attribute bool')", "module numpy has no attribute bool"),
    "silent": ("raise RuntimeError", "RuntimeError"),
    "half": ("", "No module named 'torch.utils'"),
}


@pytest.mark.parametrize("name", TORCHES)
def test_a_torch_that_cannot_be_imported_is_a_warning_and_the_environment_is_set(tmp_path, name):
    source, what = TORCHES[name]
    program = SHOW.replace('"error"', '"always"')
    path = str(SOURCE / "userspace/python")
    if source is None:
        program = "import sys; sys.modules['torch'] = None\n" + program.replace('"torch" in sys.modules', "True")
    else:
        (tmp_path / "torch").mkdir()
        (tmp_path / "torch/__init__.py").write_text(source)
        path += f":{tmp_path}"
    done = run_python(program, "rx5600xt", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert f"RocmfixWarning: cannot import torch: {what}" in done.stderr
    assert "'PIN_MEMORY': 'False'" in done.stdout and "True None" in done.stdout


def test_half_a_torch_left_behind_by_a_failed_import_is_not_asked(tmp_path):
    program = "import sys, types; sys.modules['torch'] = types.ModuleType('torch')\n" + SHOW
    done = run_python(program.replace('"error"', '"always"'), "rx5600xt")
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- PyTorch

torch = pytest.importorskip("torch")


@pytest.fixture
def patched():
    torch_patches.switch_pinning_off(torch)
    torch_patches.guard_factories(torch)
    yield torch
    torch_patches.take_back(torch)


def test_real_tensors_are_made_as_before(patched):
    assert patched.zeros(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert patched.arange(3).tolist() == [0, 1, 2]
    assert patched.zeros.__name__ == "zeros"
    assert patched.ones_like(patched.empty(2, dtype=torch.int32)).dtype == torch.int32


def test_pinned_memory_is_off(patched):
    assert not torch.utils.data.DataLoader([1], 1, False, None, None, 0, None, True).pin_memory
    assert not torch.utils.data.DataLoader([1], pin_memory=True).pin_memory
    assert not patched.zeros(1).pin_memory().is_pinned()
    assert not patched.zeros(1, pin_memory=True).is_pinned()


def test_all_of_it_can_be_taken_back():
    before = (torch.zeros, torch.Tensor.pin_memory, torch.utils.data.DataLoader.__init__)
    torch_patches.switch_pinning_off(torch)
    torch_patches.guard_factories(torch)
    assert torch.zeros is not before[0]
    torch_patches.take_back(torch)
    assert (torch.zeros, torch.Tensor.pin_memory, torch.utils.data.DataLoader.__init__) == before


def refusing(text, device_of_success="cpu"):
    calls = []

    def zeros(*size, **named):
        calls.append(named.get("device"))
        if named.get("device") != device_of_success:
            raise RuntimeError(text)
        return torch.zeros(*size)

    return zeros, calls


@pytest.mark.parametrize("text", [
    "HIP out of memory. Tried to allocate 2.00 GiB",
    "HIP error: no kernel image is available for execution on the device",
    "HIP error: invalid device function",
])  # fmt: skip
def test_an_allocation_that_raises_is_made_on_the_cpu_with_a_warning(text):
    zeros, calls = refusing(text)
    with pytest.warns(torch_patches.FallbackWarning, match="torch.zeros on the GPU failed"):
        tensor = torch_patches.guarded(zeros)(2, device="cuda:0")
    assert tensor.tolist() == [0, 0]
    assert calls == ["cuda:0", "cpu"]


def test_an_error_that_is_not_the_gpus_is_raised():
    for text in ("expected a non-empty list", "Memory access fault by GPU node-1"):
        zeros, calls = refusing(text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(RuntimeError, match=text):
                torch_patches.guarded(zeros)(2, device="cuda")
        assert calls == ["cuda"]


def test_a_failure_on_the_cpu_is_not_tried_there_again():
    zeros, calls = refusing("out of memory", device_of_success="nowhere")
    with pytest.raises(RuntimeError):
        torch_patches.guarded(zeros)(2, device="cpu")
    assert calls == ["cpu"]


class FakeCuda:
    """Two cards: an RX 5600 XT and an MI210."""

    def __init__(self):
        self.fractions = []

    def is_available(self):
        return True

    def device_count(self):
        return 2

    def get_device_properties(self, device):
        return type("Properties", (), {"gcnArchName": ("gfx1010:xnack-", "gfx90a")[device]})

    def set_per_process_memory_fraction(self, fraction, device):
        self.fractions.append((fraction, device))


def test_only_rdna_gpus_get_a_memory_fraction():
    cuda = FakeCuda()
    assert torch_patches.limit_memory(type("torch", (), {"cuda": cuda}), 0.8) == [0]
    assert cuda.fractions == [(0.8, 0)]


class LostCuda(FakeCuda):
    """PyTorch for ROCm, when the runtime counts a GPU that it then cannot open."""

    def get_device_properties(self, device):
        raise RuntimeError("No HIP GPUs are available")


def test_a_gpu_that_cannot_be_opened_is_refused_like_other_work(patched):
    problem = RuntimeError("No HIP GPUs are available")
    assert torch_patches.is_gpu_refusal(problem)

    def zeros(*size, **named):
        if named["device"] != "cpu":
            raise problem
        return torch.zeros(*size)

    with pytest.warns(torch_patches.FallbackWarning, match="No HIP GPUs"):
        assert torch_patches.guarded(zeros)(2, device="cuda").device.type == "cpu"


def test_a_gpu_that_cannot_be_opened_does_not_end_the_program_that_asked_for_a_limit(monkeypatch):
    lost = types.SimpleNamespace(cuda=LostCuda(), __version__="2.6")
    monkeypatch.setitem(sys.modules, "torch", lost)
    monkeypatch.setattr(fix.importlib, "import_module", lambda name: lost)
    monkeypatch.setattr(torch_patches, "switch_pinning_off", lambda torch: None)
    report = fix.Report()
    fix._patch_torch(0.8, False, report)
    assert report.warnings == ["VRAM is not limited: No HIP GPUs are available"]


# ---------------------------------------------------------------- python3 -m rocmfix


def test_the_self_test_prints_what_it_has_checked():
    done = run_python(None, "rx5600xt")
    assert done.returncode == 0, done.stdout
    for line in ("ok      library: librocmfix", "ok      GPUs: AMD Radeon RX 5600 XT (gfx1010)",
                 "ok      fallback:", "ok      pinned memory:", " 0 failed"):  # fmt: skip
        assert line in done.stdout


def test_the_self_test_fails_on_a_harmful_variable():
    done = run_python(None, "rx5600xt", HSA_OVERRIDE_GFX_VERSION="10.3.0")
    assert done.returncode == 1
    assert "FAILED  environment: HSA_OVERRIDE_GFX_VERSION=10.3.0" in done.stdout


def test_the_self_test_is_not_applicable_without_a_supported_gpu():
    done = run_python(None, "no-amd")
    assert done.returncode == 3
    assert "nothing was set" in done.stdout


@pytest.mark.parametrize("source, status, line", [
    ("raise ModuleNotFoundError(\"No module named 'torch'\")", 0, "skipped PyTorch: no PyTorch: No module named 'torch'"),
    ("raise OSError('libamdhip64.so.6: cannot open')", 1, "FAILED  PyTorch: libamdhip64.so.6: cannot open"),
])  # fmt: skip
def test_a_missing_torch_is_no_failure_of_the_environment(tmp_path, source, status, line):
    """And a broken one is a failure of PyTorch."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/__init__.py").write_text(source)
    done = run_python(None, "rx5600xt", PYTHONPATH=f"{SOURCE / 'userspace/python'}:{tmp_path}")
    assert done.returncode == status, done.stdout
    assert "ok      environment: " in done.stdout and line in done.stdout
