# SPDX-License-Identifier: MIT
"""dkms/check-layout with programs in place of pahole and make: what it makes of what they say. On Debian's
kernels, with the real ones: tests/patches/check-layout."""

import os
import subprocess
from pathlib import Path

import pytest

DKMS = Path(__file__).resolve().parents[2] / "dkms"
KERNEL = "6.1.0-1-amd64"
MODULE = """\
static const char info[] __attribute__((section(".modinfo"), used)) = "license=GPL";
static const char btf[] __attribute__((section(".BTF"), used)) = "types";
"""
STOCK = """\
struct amdgpu_device {
	struct device *            dev;                  /*     0     8 */

	/* XXX 8 bytes hole, try to pack */

	struct {
		int                flags;                /*    16     4 */
	} inside;                                        /*    16     4 */
	uint32_t                   ip_versions[33][11];  /*   200  1452 */
	/* --- cacheline 26 boundary (1664 bytes) --- */
	void                       (*reset)(struct amdgpu_device *); /*  1664     8 */
	unsigned int               bit:1;                /*  1672: 0  4 */

	/* size: 1680, cachelines: 27, members: 5 */
};
struct amdgpu_bo {
	struct ttm_buffer_object   tbo __attribute__((__aligned__(8))); /*    88   432 */
	const struct kgd_mem  *    kfd_bo;               /*   664     8 */
} __attribute__((__aligned__(8)));
"""
SOURCE = ["amdgpu_device dev 0 8", "amdgpu_device ip_versions 200 1452", "amdgpu_device reset 1664 8",
          "amdgpu_bo kfd_bo 664 8"]


class Machine:
    def __init__(self, path):
        self.path, self.modules, self.tree = path, path / "lib/modules", path / "tree"
        self.bin = path / "bin"
        self.bin.mkdir()
        self.module(MODULE)
        (self.tree / "drivers/gpu/drm/amd/livepatch").mkdir(parents=True)
        (self.tree / "drivers/gpu/drm/amd/livepatch/rocmfix_layout.c").touch()
        self.base = path / "vmlinux"
        self.base.touch()
        self.pahole(STOCK)
        self.source(SOURCE)

    def module(self, code):
        file = self.modules / KERNEL / "kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko"
        file.parent.mkdir(parents=True, exist_ok=True)
        (self.path / "m.c").write_text(code)
        subprocess.run(["gcc", "-c", "-o", self.path / "m.o", self.path / "m.c"], check=True)
        subprocess.run(["ld", "-r", "--build-id=sha1", "-o", file, self.path / "m.o"], check=True)

    def program(self, name, text):
        (self.bin / name).write_text(f"#!/bin/sh\n{text}")
        (self.bin / name).chmod(0o755)

    def pahole(self, says, status=0):
        (self.path / "said").write_text(says)
        self.program("pahole", f'echo "$*" >>{self.path}/asked\ncat {self.path}/said\nexit {status}\n')

    def source(self, lines):
        words = [line.split() for line in lines]
        text = "".join(f'.ascii "->place ${offset} offsetof(struct {struct}, {field})"\t#,\n'
                       for struct, field, offset, _ in words)
        text += "".join(f'.ascii "->place ${size} sizeof_field(struct {struct}, {field})"\t#,\n'
                        for struct, field, _, size in words)
        (self.path / "layout.s").write_text(f"# 0\n{text}")
        file = self.tree / "drivers/gpu/drm/amd/livepatch/rocmfix_layout.s"
        self.program("make", f'echo "$*" >{self.path}/made\ncp {self.path}/layout.s {file}\n')

    def check(self, *more, base=True, path=None):
        options = ["--tree", self.tree, *(["--base", self.base] if base else []), *more]
        return subprocess.run([DKMS / "check-layout", "--kernel", KERNEL, "--modules", self.modules,
                               "--headers", self.path / "headers", *options],
                              env=dict(os.environ, PATH=path or f"{self.bin}:{os.environ['PATH']}"),
                              capture_output=True, text=True, check=False)


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    return Machine(tmp_path)


def assert_refused(run, *words):
    assert run.returncode == 1 and run.stdout == "", run.stdout + run.stderr
    assert run.stderr.count("error: ") == run.stderr.count("hint: ") == 1, run.stderr
    for word in words:
        assert word in run.stderr


def test_the_same_places_are_proof(machine):
    run = machine.check()
    assert (run.returncode, run.stdout) == (0, "layout=proven fields=4\n"), run.stderr
    assert f"--btf_base={machine.base} -C amdgpu_bo,amdgpu_device " in (machine.path / "asked").read_text()


@pytest.mark.parametrize("old, new, words", [
    ("   664 ", "   672 ", "  struct amdgpu_bo, kfd_bo: offset and size 664 8 in the source, 672 8 in amdgpu.ko\n"),
    ("1452", "1400", "ip_versions: offset and size 200 1452 in the source, 200 1400 in amdgpu.ko"),
    ("kfd_bo;", "other;", "struct amdgpu_bo, kfd_bo: offset and size 664 8 in the source, unknown in amdgpu.ko"),
    ("struct amdgpu_bo {", "struct amdgpu_box {", "kfd_bo: offset and size 664 8 in the source, unknown"),
])
def test_another_place_is_refused(machine, old, new, words):
    assert STOCK.count(old) == 1
    machine.pahole(STOCK.replace(old, new))
    assert_refused(machine.check(), words, "1 of 4 fields that the livepatch touches are elsewhere")


@pytest.mark.parametrize("field", ["amdgpu_device flags 16 4", "amdgpu_device bit 1672 4"])
def test_what_is_not_a_field_of_its_own_proves_nothing(machine, field):
    """A structure's inside has its own line in the list, and a bit has no offset."""
    machine.source([*SOURCE, field])
    assert_refused(machine.check(), "1 of 5 fields")


def test_source_without_fields_proves_nothing(machine):
    machine.source([])
    assert_refused(machine.check(), "no field of")


@pytest.mark.parametrize("says, status", [("", 1), ("", 139), ("pahole: type ID out of bounds\n", 0)])
def test_btf_that_pahole_cannot_read_is_refused(machine, says, status):
    machine.pahole(says, status)
    assert_refused(machine.check(), "the BTF of", "cannot be read")


def test_pahole_that_fails_half_way_is_no_proof(machine):
    machine.pahole(STOCK, 139)
    assert_refused(machine.check(), "cannot be read")


def test_stock_module_without_btf_is_refused(machine):
    machine.module(MODULE.replace(".BTF", ".other"))
    assert_refused(machine.check(), "has no BTF", "use rocmfix-dkms")


def test_kernel_without_btf_is_refused(machine):
    assert_refused(machine.check(base=False), f"the BTF of kernel {KERNEL} is not known")


@pytest.mark.parametrize("tool", [["xz", "-c"], ["gzip", "-c"], ["zstd", "-qc"]])
def test_btf_of_a_kernel_that_does_not_run_is_in_its_image(machine, tool):
    (machine.path / "boot").mkdir()
    vmlinux = machine.modules / KERNEL / "kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko"
    packed = subprocess.run([*tool, vmlinux], capture_output=True, check=True).stdout
    (machine.path / f"boot/vmlinuz-{KERNEL}").write_bytes(b"setup\x1f\x8b\x08 \xfd7zXZ\x00 code" + packed + b"end")
    run = machine.check(base=False)
    assert run.returncode == 0, run.stderr


def test_source_that_does_not_compile_is_refused(machine):
    machine.program("make", "echo 'no member named kfd_bo'; exit 2\n")
    assert_refused(machine.check(), "no member named kfd_bo", "do not compile for kernel")


def test_source_is_given_to_make_by_its_whole_path(machine):
    run = subprocess.run([DKMS / "check-layout", "--kernel", KERNEL, "--modules", machine.modules, "--tree", "tree",
                          "--headers", machine.path / "headers", "--base", machine.base], cwd=machine.path,
                         env=dict(os.environ, PATH=f"{machine.bin}:{os.environ['PATH']}"),
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert f"M={machine.tree}/drivers/gpu/drm/amd/livepatch " in (machine.path / "made").read_text()


def test_without_pahole_it_says_how_to_get_it(machine):
    (machine.bin / "pahole").unlink()
    for program in Path("/usr/bin").iterdir():
        if program.name not in ("pahole", "make"):
            (machine.bin / program.name).symlink_to(program)
    for name in ("modinfo", "kmod"):
        if not (machine.bin / name).exists():
            (machine.bin / name).symlink_to(f"/sbin/{name}")
    assert_refused(machine.check(path=str(machine.bin)), "pahole is not installed", "hint: type: apt install pahole")


def test_stock_module_alone_can_be_asked_for(machine):
    run = subprocess.run([DKMS / "check-layout", "--kernel", KERNEL, "--modules", machine.modules,
                          "--base", machine.base],
                         env=dict(os.environ, PATH=f"{machine.bin}:{os.environ['PATH']}"),
                         capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
