# SPDX-License-Identifier: MIT
"""What the real dkms makes of our dkms.conf and scripts, well or in trouble.

In every trouble: the stock module stays, no build tree stays, and one message
says what to type."""

import os
import re
import shutil
import subprocess

import pytest

from lab import KERNEL, SERIES, SOURCE_VERSION, STOCK, TOP, VERSION, make_tarball, make_tree

SKIPPED = 77
# What builds where dkms is there and the package is not.
AGAIN = f"dkms install rocmfix/{VERSION} -k {KERNEL}"


def assert_skipped(lab, result, *words):
    status, output = result
    assert status == SKIPPED, output
    for word in words:
        assert word in output
    assert output.count("error: ") == 1 and output.count("hint: ") == 1, output
    lab.assert_stock()
    lab.assert_no_build_tree()


def assert_failed(lab, result, *words):
    status, output = result
    assert status not in (0, SKIPPED), output
    log = lab.make_log()
    for word in words:
        assert word in log
    lab.assert_stock()
    lab.assert_no_build_tree()


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_exact_source_replaces_a_stock_module_without_module_version(lab):
    lab.assert_stock()
    status, output = lab.install()
    assert status == 0, output
    assert lab.modinfo("version") == VERSION
    assert lab.modinfo("filename").endswith("/updates/dkms/amdgpu.ko")
    assert lab.modinfo("rocmfix") == f"series={SERIES} patches=1 source={SOURCE_VERSION} fixes=none"
    # Later dkms puts it aside meanwhile; 3.0.10 leaves it where it was.
    kept = list(lab.dkms_tree.glob("rocmfix/original_module/**/amdgpu.ko*"))
    assert kept or (lab.modules / KERNEL / STOCK).exists()
    assert not (lab.dkms_tree / "rocmfix" / VERSION / "build").exists()


def test_module_is_signed_with_the_key_of_dkms(lab):
    certificate = lab.sign_with_own_key()
    status, output = lab.install()
    assert status == 0, output
    assert lab.modinfo("signer") == "DKMS module signing key"
    module = next((lab.modules / KERNEL / "updates").rglob("amdgpu.ko*"))
    run = subprocess.run([TOP / "tests/package/verify-signature", module, certificate],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_removal_restores_stock_and_leaves_nothing(lab):
    assert lab.install()[0] == 0
    status, output = lab.dkms("remove", "--all")
    assert status == 0, output
    lab.assert_stock()
    assert not (lab.modules / KERNEL / "updates").exists()
    assert not (lab.dkms_tree / "rocmfix").exists()


def test_status_and_removal_work_quietly_after_the_source_is_gone(lab):
    assert lab.install()[0] == 0
    lab.remove_linux_source()
    status, output = lab.dkms("status")
    assert status == 0 and "installed" in output and "error" not in output
    status, output = lab.dkms("remove", "--all")
    assert status == 0 and "error:" not in output
    lab.assert_stock()


def test_other_version_of_linux_source_is_skipped(lab):
    lab.install_linux_source(f"{SERIES}.1-1")
    assert_skipped(lab, lab.install(), f"installed: {SERIES}.1-1",
                   f"hint: type: apt install linux-source-{SERIES}={SOURCE_VERSION}\n")


def test_missing_linux_source_is_skipped(lab):
    lab.remove_linux_source()
    assert_skipped(lab, lab.install(), "installed: none",
                   f"hint: type: apt install linux-source-{SERIES}={SOURCE_VERSION}\n")


def test_lost_tarball_is_skipped(lab):
    (lab.sources / f"linux-source-{SERIES}.tar.xz").unlink()
    assert_skipped(lab, lab.install(), f"apt install --reinstall linux-source-{SERIES}={SOURCE_VERSION}")


def test_kernel_without_headers_is_skipped(lab):
    assert_skipped(lab, lab.install(kernel="6.1.0-999-none"),
                   "headers of kernel 6.1.0-999-none are not installed",
                   "hint: type: apt install linux-headers-6.1.0-999-none; or on another distribution")


@pytest.mark.parametrize("package_id, words", [
    (" Debian 6.99.3-1", ["hint: type: apt install linux-source-6.99=6.99.3-1\n"]),
    ("", ["neither Debian's nor Ubuntu's", "ROCMFIX_KERNEL_SOURCE"]),
    (" Ubuntu 6.1.0-1.1", ["neither Debian's nor Ubuntu's"]),
])
def test_kernel_whose_source_is_not_there_is_skipped(lab, package_id, words):
    headers = lab.directory / "headers/include/generated"
    headers.mkdir(parents=True)
    (headers / "package.h").write_text(f'#define LINUX_PACKAGE_ID "{package_id}"\n')
    assert_skipped(lab, lab.install("--kernelsourcedir", lab.directory / "headers"), *words)


def test_kernel_without_amdgpu_is_skipped(lab):
    """The cloud flavour: a module built for it would never be loaded."""
    headers = lab.directory / "headers/include"
    (headers / "generated").mkdir(parents=True)
    (headers / "generated/package.h").write_text(f'#define LINUX_PACKAGE_ID " Debian {SOURCE_VERSION}"\n')
    (headers / "config").mkdir()
    (headers / "config/auto.conf").write_text("CONFIG_DRM=m\n")
    assert_skipped(lab, lab.install("--kernelsourcedir", lab.directory / "headers"),
                   f"kernel {KERNEL} has no amdgpu")


def test_real_time_kernel_is_skipped(lab):
    """Its headers name the package of the ordinary flavour (seen in linux-headers-6.1.0-56-rt-amd64),
    but the kernel has more patches than linux-source."""
    headers = lab.directory / "headers/include"
    (headers / "generated").mkdir(parents=True)
    (headers / "generated/package.h").write_text(f'#define LINUX_PACKAGE_ID " Debian {SOURCE_VERSION}"\n')
    (headers / "config").mkdir()
    (headers / "config/auto.conf").write_text("CONFIG_PREEMPT_RT=y\nCONFIG_DRM_AMDGPU=m\n")
    assert_skipped(lab, lab.install("--kernelsourcedir", lab.directory / "headers"),
                   f"kernel {KERNEL} is a real-time kernel", "boot a kernel of the ordinary flavour")


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("version", [
    "6.12.117-1~deb12u1", "6.12.117-1", "7.2.12-1~bpo13+1", "7.2.13-1", "7.3.4-1~bpo13+1",
])
def test_linux_source_of_every_suite_is_identified_by_its_headers(lab, version, installed):
    series = ".".join(version.split(".")[:2])
    headers = lab.directory / "headers/include/generated"
    headers.mkdir(parents=True)
    (headers / "package.h").write_text(f'#define LINUX_PACKAGE_ID " Debian {version}"\n')
    package = f"linux-source-{series}"
    if installed:
        (lab.sources / f"{package}.tar.xz").touch()
        status = (lab.admin / "status").read_text()
        (lab.admin / "status").write_text(
            status.replace(f"linux-source-{SERIES}", package).replace(SOURCE_VERSION, version))
    else:
        lab.remove_linux_source()
    run = subprocess.run(
        [lab.rocmfix / "find-source", "--kernel", "any", "--headers", lab.directory / "headers",
         "--source-tree", lab.sources],
        env=dict(os.environ, DPKG_ADMINDIR=str(lab.admin)), capture_output=True, text=True, check=False)
    if installed:
        assert run.stdout == (
            f"series={series}\nversion={version}\nsource={lab.sources}/{package}.tar.xz\n"), run.stderr
    else:
        assert run.returncode == SKIPPED
        assert f"hint: type: apt install {package}={version}\n" in run.stderr


def test_autoinstall_never_fails_with_the_package_installed(lab):
    """Its failure makes the configuration of linux-headers fail, and dkms 3.0.10
    counts a skipped module as failed."""
    lab.remove_linux_source()
    assert lab.dkms("add")[0] == 0
    lab.install_package_helper()
    status, output = lab.dkms("autoinstall")
    assert status == 0, output
    lab.assert_stock()


def test_autoinstall_builds_without_the_package(lab):
    assert lab.dkms("add")[0] == 0
    status, output = lab.dkms("autoinstall")
    assert status == 0, output
    assert lab.modinfo("version") == VERSION


def test_broken_patch_fails_with_a_message(lab):
    replace(lab.rocmfix / f"patches/{SERIES}/0001-link-rocmfix.patch", " amdgpu-y := amdgpu_drv.o",
            " amdgpu-y := other.o")
    assert_failed(lab, lab.install(), "error: patch 0001-link-rocmfix.patch does not apply",
                  f"hint: to try again, type: {AGAIN}")


def test_source_that_no_series_is_for_fails_with_the_lines_that_differ(lab):
    replace(lab.rocmfix / f"patches/{SERIES}/source", "flags |= 1;", "flags |= 2;")
    assert_failed(lab, lab.install(), f"  series {SERIES} only: *flags |= 2;\n  this source only: *flags |= 1;\n",
                  "error: no series of patches is for", f"hint: to try again, type: {AGAIN}")


def test_compile_error_fails_with_a_message(lab):
    replace(lab.rocmfix / "rocmfix/rocmfix_version.c", "MODULE_VERSION(", "#error broken\nMODULE_VERSION(")
    assert_failed(lab, lab.install(), f"error: amdgpu does not compile for kernel {KERNEL}",
                  "hint: please report", AGAIN)


def test_module_without_module_version_is_refused(lab):
    replace(lab.rocmfix / "rocmfix/rocmfix_version.c", "MODULE_VERSION(ROCMFIX_VERSION);", "")
    assert_failed(lab, lab.install(), "has version '', not")


def test_too_little_room_is_skipped(lab):
    lab.limit_disk("8m")
    assert_skipped(lab, lab.install(), "MiB are free", AGAIN)


def test_full_disk_during_the_build_fails_with_a_message(lab):
    """What preflight cannot foresee: the room goes while the compiler runs."""
    real = lab.rocmfix / "prepare-source.real"
    (lab.rocmfix / "prepare-source").rename(real)
    (lab.rocmfix / "prepare-source").write_text(
        f"#!/bin/sh\n{real} \"$@\" && head -c 900M /dev/zero >filler\nexit 0\n"
    )
    (lab.rocmfix / "prepare-source").chmod(0o755)
    lab.environment["ROCMFIX_NEEDED_MIB"] = "1"
    lab.limit_disk("700m")
    status, output = lab.install()
    assert status not in (0, SKIPPED), output
    log = (lab.directory / "make.log").read_text()
    assert "error: the disk filled up: 0 MiB are left" in log
    assert AGAIN in log
    lab.assert_stock()


def test_own_source_tree_is_used(lab):
    lab.remove_linux_source()
    release = SOURCE_VERSION.split("-")[0]
    tree = make_tree(lab.directory / "linux", release)
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(tree)
    status, output = lab.install()
    assert status == 0, output
    assert lab.modinfo("rocmfix") == f"series={SERIES} patches=1 source={release} fixes=none"


def test_own_source_tarball_is_used(lab):
    lab.remove_linux_source()
    tarball = make_tarball(lab.directory / "own.tar.xz", lab.directory / "own", SOURCE_VERSION)
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(tarball)
    status, output = lab.install()
    assert status == 0, output
    assert lab.modinfo("version") == VERSION


@pytest.fixture(name="find_for_livepatch")
def fixture_find_for_livepatch(lab):
    """find-source as the livepatch's package has it."""
    livepatch = lab.sources / f"rocmfix-livepatch-{VERSION}"
    subprocess.run([TOP / "dkms/assemble", "--version", VERSION, "--variant", "rocmfix-livepatch",
                    "--output", livepatch], check=True)

    def find(source, headers=f"/lib/modules/{KERNEL}/build"):
        return subprocess.run(
            [livepatch / "find-source", "--kernel", KERNEL, "--headers", headers, "--source-tree", lab.sources],
            env=dict(os.environ, DPKG_ADMINDIR=str(lab.admin), ROCMFIX_KERNEL_SOURCE=str(source)),
            capture_output=True, text=True, check=False)
    return find


def with_changelog(tree, version):
    (tree / "debian").mkdir(exist_ok=True)
    (tree / "debian/changelog").write_text(f"linux ({version}) stable; urgency=medium\n\n  * All of it.\n")
    return tree


RELEASE = SOURCE_VERSION.split("-")[0]


@pytest.mark.parametrize("version", [None, f"{RELEASE}-99"])
def test_point_release_alone_needs_the_proof_of_layout_for_a_livepatch(lab, find_for_livepatch, version):
    tree = make_tree(lab.directory / "linux", RELEASE)
    if version:
        with_changelog(tree, version)
    run = find_for_livepatch(tree)
    assert run.stdout == f"series={SERIES}\nversion={version or RELEASE}\nsource={tree}\nproof=layout\n", run.stderr


def test_livepatch_without_the_proof_is_not_built(lab, find_for_livepatch):
    """The stand-in for the stock amdgpu.ko has no BTF."""
    tree = make_tree(lab.directory / "linux", RELEASE)
    livepatch = lab.sources / f"rocmfix-livepatch-{VERSION}"
    assert "proof=layout" in find_for_livepatch(tree).stdout
    for script, status in (("preflight", SKIPPED), ("build-module", 1)):
        command = [livepatch / script, "--kernel", KERNEL, "--headers", f"/lib/modules/{KERNEL}/build"]
        if script == "build-module":
            # A check that was sound when preflight asked can fail later.
            command += ["--modules", lab.modules]
            replace(livepatch / "build-module", '"$here/prepare-source"', "true")
        (livepatch / "check-layout").write_text("#!/bin/sh\necho error: not proven >&2\nexit 1\n")
        (livepatch / "check-stock").write_text("#!/bin/sh\necho build_id=1\n")
        run = subprocess.run([str(word) for word in command], cwd=lab.directory, capture_output=True, text=True, check=False,
                             env=dict(os.environ, ROCMFIX_KERNEL_SOURCE=str(tree), ROCMFIX_NEEDED_MIB="1"))
        assert run.returncode == status, run.stdout + run.stderr
        assert "error: not proven" in run.stderr


@pytest.mark.parametrize("packed", [False, True])
def test_tree_of_the_kernels_own_package_is_enough_for_a_livepatch(lab, find_for_livepatch, packed):
    source = with_changelog(make_tree(lab.directory / "linux", RELEASE), SOURCE_VERSION)
    if packed:
        subprocess.run(["tar", "-cJf", lab.directory / "l.tar.xz", "-C", lab.directory, "linux"], check=True)
        source = lab.directory / "l.tar.xz"
    run = find_for_livepatch(source)
    assert run.stdout == f"series={SERIES}\nversion={SOURCE_VERSION}\nsource={source}\n", run.stderr


def test_kernel_whose_package_is_unknown_needs_the_proof_of_layout_for_a_livepatch(lab, find_for_livepatch):
    headers = lab.directory / "headers/include/generated/uapi/linux"
    headers.mkdir(parents=True)
    shutil.copy(f"/lib/modules/{KERNEL}/build/include/generated/uapi/linux/version.h", headers)
    tree = make_tree(lab.directory / "linux", RELEASE)
    run = find_for_livepatch(tree, lab.directory / "headers")
    assert run.stdout.endswith("proof=layout\n"), run.stderr
    run = find_for_livepatch("", lab.directory / "headers")
    assert run.returncode == SKIPPED
    assert f"dkms install rocmfix-livepatch/{VERSION} -k {KERNEL}" in run.stderr


def test_own_source_of_another_package_says_so_in_the_module(lab):
    """All of amdgpu can be built from it; which one it is stays readable."""
    tree = with_changelog(make_tree(lab.directory / "linux", RELEASE), f"{RELEASE}-99")
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(tree)
    status, output = lab.install()
    assert status == 0, output
    assert lab.modinfo("rocmfix") == f"series={SERIES} patches=1 source={RELEASE}-99 fixes=none"


def test_own_source_of_another_release_is_skipped(lab):
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(make_tree(lab.directory / "linux", f"{SERIES}.1"))
    assert_skipped(lab, lab.install(), f"is Linux {SERIES}.1, the headers of", "give the source of exactly Linux")


@pytest.mark.parametrize("name, words", [
    ("nothing-here", ["no such file or directory"]),
    ("src", ["is not a kernel source"]),
])
def test_own_source_that_is_none_is_skipped(lab, name, words):
    lab.environment["ROCMFIX_KERNEL_SOURCE"] = str(lab.directory / name)
    assert_skipped(lab, lab.install(), *words)


@pytest.mark.parametrize("available_kib, jobs", [(900_000, 1), (1_500_000, 1), (2_500_000, 2), (64_000_000, 3)])
def test_no_more_compilers_than_there_is_memory_for(lab, available_kib, jobs):
    """dkms is given three; what kbuild's own make is given counts."""
    meminfo, calls, tools = lab.directory / "meminfo", lab.directory / "calls", lab.directory / "bin"
    meminfo.write_text(f"MemTotal: 99999999 kB\nMemAvailable: {available_kib} kB\n")
    tools.mkdir()
    (tools / "make").write_text(f'#!/bin/sh\necho "$* $MAKEFLAGS" >>{calls}\nexec /usr/bin/make "$@"\n')
    (tools / "make").chmod(0o755)
    lab.environment |= {"ROCMFIX_MEMINFO": str(meminfo), "PATH": f"{tools}:{os.environ['PATH']}"}
    assert lab.install("-j", "3")[0] == 0
    call = next(line for line in calls.read_text().splitlines() if "CONFIG_DRM_AMDGPU=m modules" in line)
    assert re.search(r"-j(\d+)", call).group(1) == str(jobs), call
