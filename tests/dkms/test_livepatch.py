# SPDX-License-Identifier: MIT
"""What the livepatch is made from and for: dkms/extract-functions, dkms/check-stock.

Against sources and modules made here; real ones are the business of
tests/patches/check and tests/vm/check-livepatch.
"""

import subprocess
from pathlib import Path

import pytest

DKMS = Path(__file__).resolve().parents[2] / "dkms"

SOURCE = """\
static int helper(int value);

static inline struct thing *
helper_of(struct thing *t)
{
	return t;
}

/* helper(1) is called below */
static int helper(int value)
{
	if (value) {
		return 1;
	}
	return 0;
}

void caller(struct thing *t,
	    int value)
{
	helper(value);
}
"""


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "driver.c"
    path.write_text(SOURCE)
    return path


def test_extracts_whole_functions_in_the_order_asked_for(source):
    done = run(DKMS / "extract-functions", source, "caller", source, "helper")
    assert done.returncode == 0, done.stderr
    caller, helper = done.stdout.split("/* driver.c */\n")[1:]
    assert caller == "void caller(struct thing *t,\n\t    int value)\n{\n\thelper(value);\n}\n\n"
    assert helper.startswith("static int helper(int value)\n{\n") and helper.endswith("}\n\n")
    assert helper.count("\n}\n") == 1


def test_extracts_a_return_type_on_its_own_line(source):
    done = run(DKMS / "extract-functions", source, "helper_of")
    assert done.stdout.splitlines()[1] == "static inline struct thing *"


@pytest.mark.parametrize(
    "change, name",
    [
        (lambda text: text, "absent"),
        (lambda text: text, "help"),  # no prefix
        (lambda text: text + "\nstatic int helper(int other)\n{\n}\n", "helper"),  # twice
        (lambda text: text[:-2], "caller"),  # no end
        (lambda text: "static int only(int declared);\n" + text, "only"),
    ],
)
def test_refuses_a_function_that_is_missing_or_duplicated(source, change, name):
    source.write_text(change(SOURCE))
    done = run(DKMS / "extract-functions", source, name)
    assert done.returncode == 1
    assert f"has no {name}(), or more than one" in done.stderr


FUNCTIONS = """\
# a comment
amdgpu/gmc_v10_0.c gmc_v10_0_get_vm_pte replaced
amdgpu/amdgpu_virt.c only_called called
"""
STOCK = 'static const char info[] __attribute__((section(".modinfo"), used)) = "{}";\n'


class Machine:
    """/lib/modules with one amdgpu.ko, and a rocmfix_livepatch.ko."""

    def __init__(self, path):
        self.path = path
        self.modules = path / "modules"
        self.functions = path / "livepatch"
        self.functions.write_text(FUNCTIONS)

    def make(self, output, code):
        output.parent.mkdir(parents=True, exist_ok=True)
        (self.path / "m.c").write_text(code)
        unlinked = self.path / "m.o"
        subprocess.run(["gcc", "-c", "-o", unlinked, self.path / "m.c"], check=True)
        subprocess.run(["ld", "-r", "--build-id=sha1", "-o", output, unlinked], check=True)
        return output

    def stock(self, code, info="license=GPL"):
        directory = self.modules / "6.1.0-1-amd64/kernel/drivers/gpu/drm/amd/amdgpu"
        return self.make(directory / "amdgpu.ko", STOCK.format(info) + code)

    def check(self, *more):
        return run(DKMS / "check-stock", "--kernel", "6.1.0-1-amd64", "--modules", self.modules,
                   "--functions", self.functions, *more)  # fmt: skip


ONE = "__attribute__((noinline, used)) static void gmc_v10_0_get_vm_pte(void) {}\n"
ISRA = 'static void gmc_v10_0_get_vm_pte(void) __asm__("gmc_v10_0_get_vm_pte.isra.0");\n'


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def build_id(done):
    return dict(line.split("=") for line in done.stdout.split())["build_id"]


def test_a_stock_module_with_the_function_fits(machine):
    machine.stock(ONE)
    done = machine.check()
    assert done.returncode == 0, done.stderr
    assert len(build_id(done)) == 40


def test_a_compressed_one_too(machine):
    plain = machine.stock(ONE)
    wanted = build_id(machine.check())
    subprocess.run(["xz", plain], check=True)
    assert build_id(machine.check()) == wanted


@pytest.mark.parametrize(
    "code, info, problem",
    [
        ("void other(void) {}\n", "license=GPL", "has 0 functions gmc_v10_0_get_vm_pte"),
        # as gcc does when it changes a function's arguments: livepatch would not find it
        (ISRA + ONE, "license=GPL", "has 0 functions"),
        (ONE, "version=0.1.0", "is not the distribution's"),
    ],
)  # fmt: skip
def test_one_that_differs_does_not(machine, code, info, problem):
    machine.stock(code, info)
    done = machine.check()
    assert done.returncode == 1
    assert problem in done.stderr and "hint: " in done.stderr


def test_the_function_of_a_fix_has_to_be_there_too(machine):
    machine.functions.write_text(FUNCTIONS + "amdkfd/kfd_process.c kfd_flush_tlb fix 9b4e3495d1bd\n")
    machine.stock(ONE)
    assert "has 0 functions kfd_flush_tlb" in machine.check().stderr
    machine.stock(ONE + "void kfd_flush_tlb(void) {}\n")
    assert machine.check().returncode == 0


def test_no_stock_module(machine):
    done = machine.check()
    assert done.returncode == 1
    assert "there is no stock amdgpu.ko for kernel 6.1.0-1-amd64" in done.stderr


def test_a_livepatch_fits_one_amdgpu_only(machine):
    machine.stock(ONE)
    made_for = build_id(machine.check())
    livepatch = machine.make(machine.path / "rocmfix_livepatch.ko", STOCK.format(f"amdgpu={made_for}"))
    assert machine.check("--module", livepatch).returncode == 0
    machine.stock(ONE + "void changed(void) {}\n")
    done = machine.check("--module", livepatch)
    assert done.returncode == 1
    assert f"was made for another amdgpu.ko ({made_for})" in done.stderr
    assert "dpkg-reconfigure rocmfix-livepatch-dkms" in done.stderr
