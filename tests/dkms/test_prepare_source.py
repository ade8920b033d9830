# SPDX-License-Identifier: MIT
"""dkms/prepare-source on a small kernel tree: modinfo names the fixes of upstream's that are carried, and the
livepatch replaces what they change; a fix that the source has is left out of both."""

import re
import subprocess
from pathlib import Path

import pytest

DKMS = Path(__file__).resolve().parents[2] / "dkms"
AMD = "drivers/gpu/drm/amd"
ID = "0123456789ab"
OTHER = "ba9876543210"
HOOKED = """\
static void gmc_v10_0_get_vm_pte(int flags)
{
	flags = 0;
}
"""
CODE = """\
int alone(void)
{
	return 0;
}

int flush(int type)
{
	return type;
}
"""
HEADER = "int first;\nint second;\nint third;\n"


def patch_of(file, before, after):
    """A diff with all of the file as its context."""
    lines = [" " + line for line in before.splitlines()]
    changed = [number for number, (a, b) in enumerate(zip(before.splitlines(), after.splitlines())) if a != b]
    for number in reversed(changed):
        lines[number:number + 1] = ["-" + before.splitlines()[number], "+" + after.splitlines()[number]]
    count = len(before.splitlines())
    return f"--- a/{AMD}/{file}\n+++ b/{AMD}/{file}\n@@ -1,{count} +1,{count} @@\n" + "\n".join(lines) + "\n"


FIXED = CODE.replace("return type", "return 2")
SWITCHED = FIXED.replace("return 2", "return on ? 2 : type")


class Kernel:
    def __init__(self, folder):
        self.folder = folder
        self.write("linux/Makefile", "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 9\n")
        self.write(f"linux/{AMD}/amdgpu/gmc_v10_0.c", HOOKED)
        self.write(f"linux/{AMD}/amdgpu/a.c", CODE)
        self.write(f"linux/{AMD}/amdgpu/a.h", HEADER)
        self.write("rocmfix/rocmfix.h", "")
        self.write("rocmfix/Makefile", "")
        self.write("livepatch/Kbuild", "")
        self.write("livepatch/main.c", "")
        self.write("patches/6.1/source", HOOKED)
        self.write("patches/6.1/rocmfix_compat.h", "")
        self.write("patches/6.1/series", f"upstream-{ID}-flush.patch # if amdgpu/a.c has return type\n"
                                         f"upstream-{OTHER}-header.patch # if amdgpu/a.h lacks fixed\n"
                                         "0001-switch.patch # if amdgpu/a.c has return type\n")
        self.write(f"patches/6.1/upstream-{ID}-flush.patch", patch_of("amdgpu/a.c", CODE, FIXED))
        self.write(f"patches/6.1/upstream-{OTHER}-header.patch",
                   patch_of("amdgpu/a.h", HEADER, HEADER.replace("second", "fixed")))
        self.write("patches/6.1/0001-switch.patch", patch_of("amdgpu/a.c", FIXED, SWITCHED))
        self.write("patches/6.1/livepatch", f"# all\namdgpu/a.c alone replaced\namdgpu/a.c flush fix {ID}\n")

    def write(self, name, text):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def read(self, name):
        return (self.folder / "out" / AMD / name).read_text()

    def run(self, *more):
        return subprocess.run(
            [DKMS / "prepare-source", "--source", self.folder / "linux", "--patches", self.folder / "patches",
             "--rocmfix", self.folder / "rocmfix", "--series", "6.1", "--source-version", "6.1.9-1", "--version", "1",
             "--output", self.folder / "out", *more], text=True, capture_output=True, check=False)  # fmt: skip

    def prepare(self, *more):
        done = self.run(*more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def livepatch(self):
        self.prepare("--livepatch", self.folder / "livepatch")
        return self.read("livepatch/livepatch_functions.h")

    def build(self, name):
        return re.search(f'#define {name} "(.*)"', self.read("rocmfix/rocmfix_build.h"))[1]


@pytest.fixture(name="kernel")
def fixture_kernel(tmp_path):
    return Kernel(tmp_path)


def test_a_source_without_the_fixes_gets_them_and_modinfo_names_them(kernel):
    kernel.prepare()
    assert (kernel.read("amdgpu/a.c"), kernel.build("ROCMFIX_PATCHES")) == (SWITCHED, "3")
    assert kernel.build("ROCMFIX_FIXES") == f"{ID},{OTHER}"


def test_a_source_that_has_a_fix_is_left_as_it_is_there(kernel):
    kernel.write(f"linux/{AMD}/amdgpu/a.c", FIXED)
    said = kernel.prepare()
    assert (kernel.read("amdgpu/a.c"), kernel.build("ROCMFIX_PATCHES")) == (FIXED, "1")
    assert kernel.build("ROCMFIX_FIXES") == OTHER
    assert f"without: upstream-{ID}-flush.patch\n" in said


def test_without_any_it_says_none(kernel):
    kernel.write("patches/6.1/series", "")
    kernel.prepare()
    assert kernel.build("ROCMFIX_FIXES") == "none"


def test_the_livepatch_replaces_what_the_fixes_change(kernel):
    functions = kernel.livepatch()
    assert "int alone(void)" in functions and "return on ? 2 : type" in functions
    assert functions.endswith('#define ROCMFIX_LIVEPATCH_FIXES \\\n\t{ .old_name = "flush", .new_func = flush },\n')
    assert "amdgpu/a.c flush fix" in kernel.read("livepatch/functions")


def test_the_livepatch_claims_no_fix_that_it_does_not_replace(kernel):
    kernel.livepatch()
    assert kernel.build("ROCMFIX_FIXES") == ID


def test_what_one_fix_replaces_another_may_call(kernel):
    kernel.write("patches/6.1/livepatch", f"amdgpu/a.c flush fix {ID}\namdgpu/a.c flush called {OTHER},{ID}\n"
                                          f"amdgpu/a.c alone fix {OTHER}\n")
    functions = kernel.livepatch()
    assert functions.count("int flush(") == functions.count("int alone(") == 1
    assert functions.count("{ .old_name =") == 2


def test_what_is_called_for_no_carried_fix_is_left_out(kernel):
    kernel.write("patches/6.1/livepatch", f"amdgpu/a.c flush replaced\namdgpu/a.c alone called {OTHER},0000\n")
    assert "int alone(" not in kernel.livepatch()


def test_but_not_what_the_source_has(kernel):
    kernel.write(f"linux/{AMD}/amdgpu/a.c", FIXED)
    functions = kernel.livepatch()
    assert "int alone(void)" in functions and "flush(" not in functions
    assert functions.endswith("#define ROCMFIX_LIVEPATCH_FIXES\n")
    assert "flush" not in kernel.read("livepatch/functions")


@pytest.mark.parametrize(("version", "release", "hint"), [
    ("6.1.8-1", (), "hint: type: apt install linux-source-6.1=6.1.8-1\n"),
    ("6.1.0-45.45~22.04.1", ("--release", "6.1.8"), "hint: remove it, .* and type: rocmfix kernel-source\n")])
def test_a_source_of_another_point_release_is_refused_with_the_command_that_gets_the_right_one(
        kernel, version, release, hint):
    done = kernel.run("--source-version", version, *release)
    assert done.returncode == 1 and f"is Linux 6.1.9, not 6.1.8 (of {version})" in done.stderr
    assert re.search(hint, done.stderr)
    assert not (kernel.folder / "out").exists()


def pack(kernel, *members, cut=0, name="linux.tar"):
    """A tarball of linux/ in this order; `cut` bytes are missing at its end."""
    (kernel.folder / "linux/drivers/net").mkdir()
    (kernel.folder / "linux/drivers/net/large").write_bytes(b"x" * 300_000)
    tarball = kernel.folder / name
    subprocess.run(["tar", "-C", kernel.folder, "-caf", tarball, "--sort=name",
                    *(f"linux/{member}" for member in members)], check=True)
    if cut:
        tarball.write_bytes(tarball.read_bytes()[:-cut])
    return kernel.run("--source", tarball)


def test_a_tarball_is_read_until_amdgpu_is_whole_and_no_further(kernel):
    done = pack(kernel, "Makefile", "drivers", cut=200_000)
    assert done.returncode == 0, done.stderr
    assert kernel.read("amdgpu/a.c") == SWITCHED


def test_a_makefile_that_comes_last_is_read_too(kernel):
    """Behind what takes a moment to read: it is not there by the time that tar needs to notice."""
    kernel.write("linux/drivers/sound/large", "x" * 30_000_000)
    done = pack(kernel, "drivers", "Makefile", name="linux.tar.xz")
    assert done.returncode == 0, done.stderr


def test_a_tarball_that_ends_before_amdgpu_does_is_refused(kernel):
    kernel.write(f"linux/{AMD}/amdgpu/z.c", "/* */\n" * 50_000)
    done = pack(kernel, "Makefile", AMD, cut=200_000)
    assert done.returncode == 1 and "hint: the file may be damaged or incomplete: get it again\n" in done.stderr
    assert "Unexpected EOF in archive" in done.stderr
    assert not (kernel.folder / "out").exists()
