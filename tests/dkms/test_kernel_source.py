# SPDX-License-Identifier: MIT
"""`kernel-source` against a stand-in for Ubuntu's archive: the real apt, gpg and dpkg-source, with
directories of their own and a web server. And what find-source makes of Ubuntu's layout."""

import os
import shutil
import signal
import subprocess
import tarfile
import time

import pytest

import ubuntu
from lab import KERNEL as DEBIAN_KERNEL
from lab import SOURCE_VERSION, TOP, VERSION, make_tree
from ubuntu import KERNEL, RELEASE, SOURCE, Apt, Archive, Server, make_headers, write_status

SKIPPED = 77
pytestmark = pytest.mark.skipif(
    not all(shutil.which(name) for name in ("gpg", "apt-ftparchive", "dpkg-source")),
    reason="gpg, apt-ftparchive or dpkg-source is not installed")


@pytest.fixture(scope="module", name="archive")
def fixture_archive(tmp_path_factory):
    archive = Archive(tmp_path_factory.mktemp("archive"))
    yield archive
    archive.close()


class Machine:
    """A machine of Ubuntu's, as far as the scripts look at it."""

    def __init__(self, directory, archive, variant="rocmfix"):
        self.archive = archive
        self.server = Server(archive.directory / "archive")
        self.apt = Apt(directory / "apt", archive, self.server.url)
        self.cache = directory / "cache"
        self.sources = directory / "src"
        self.admin = directory / "dpkg"
        self.rocmfix = self.sources / f"{variant}-{VERSION}"
        self.headers = make_headers(directory / "headers")
        self.admin.mkdir()
        self.sources.mkdir()
        self.packages(("linux-modules-" + KERNEL, ubuntu.VERSION, SOURCE), ("linux-image-" + KERNEL, "6.8.0-45.45", ""))
        subprocess.run([TOP / "dkms/assemble", "--version", VERSION, "--variant", variant, "--output", self.rocmfix],
                       check=True)
        shutil.rmtree(self.rocmfix / "patches")
        ubuntu.standin_patches(self.rocmfix, "6.8")
        self.environment = {}

    def packages(self, *entries):
        write_status(self.admin, *entries)

    @property
    def command(self):
        return [self.rocmfix / "kernel-source", "--kernel", KERNEL, "--headers", self.headers, "--cache", self.cache]

    @property
    def whole_environment(self):
        return {**os.environ, **self.apt.environment, "DPKG_ADMINDIR": str(self.admin), **self.environment}

    def get(self, *options):
        done = subprocess.run([*self.command, *options], env=self.whole_environment, capture_output=True, text=True,
                              check=False, timeout=120)
        assert done.stdout == "", "all that it says goes to stderr"
        return done.returncode, done.stderr

    def find(self, *options):
        return subprocess.run(
            [self.rocmfix / "find-source", "--kernel", KERNEL, "--headers", self.headers, "--source-tree", self.sources,
             "--kept", self.cache, *options], env=self.whole_environment, capture_output=True, text=True, check=False)

    def kept(self):
        """All files there, hidden ones too."""
        return sorted(str(path.relative_to(self.cache)) for path in self.cache.rglob("*") if path.is_file())


@pytest.fixture(name="machine")
def fixture_machine(tmp_path, archive):
    archive.publish()
    machine = Machine(tmp_path, archive)
    done = machine.apt.update()
    assert done.returncode == 0, done.stderr
    yield machine
    machine.server.close()


FILES = [f"{KERNEL}/amdgpu.source", f"{KERNEL}/amdgpu.tar.xz"]


def refused(machine, said, *words):
    status, text = said
    assert status == 1, text
    assert sum(line.startswith("error: ") for line in text.splitlines()) == 1, text
    for word in words:
        assert word in text
    assert [name for name in machine.kept() if name not in FILES] == []


def test_source_is_downloaded_and_amdgpus_part_is_kept(machine):
    status, said = machine.get()
    assert status == 0, said
    assert f"the source of kernel {KERNEL} is {SOURCE} {ubuntu.VERSION}: 3 files, 1 MiB, from http://127.0.0.1" in said
    assert machine.kept() == FILES
    with tarfile.open(machine.cache / KERNEL / "amdgpu.tar.xz") as kept:
        names = kept.getnames()
        driver = kept.extractfile("linux/drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c").read()
    assert not [name for name in names if name.startswith("linux/debian")]
    assert driver.endswith(b"/* of the distribution */\n"), "the distribution's diff is applied"
    run = machine.find()
    assert run.stdout == (f"series=6.8\nversion={ubuntu.VERSION}\nsource={machine.cache}/{KERNEL}/amdgpu.tar.xz\n"
                          f"release={RELEASE}\n"), run.stderr


def test_what_is_there_is_not_downloaded_again(machine):
    assert machine.get()[0] == 0
    asked = len(machine.server.asked)
    status, said = machine.get()
    assert status == 0 and "its source is here already" in said
    assert len(machine.server.asked) == asked


def test_damaged_source_is_downloaded_again(machine):
    assert machine.get()[0] == 0
    kept = machine.cache / KERNEL / "amdgpu.tar.xz"
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    assert "is damaged" in machine.find().stderr
    assert machine.get()[0] == 0
    assert machine.find().returncode == 0


def test_dry_run_says_what_and_downloads_nothing(machine):
    asked = len(machine.server.asked)
    status, said = machine.get("--dry-run")
    assert status == 0 and f"{SOURCE} {ubuntu.VERSION}: 3 files" in said
    assert len(machine.server.asked) == asked and not machine.cache.exists()


def test_find_source_names_the_command(machine):
    run = machine.find()
    assert run.returncode == SKIPPED and run.stdout == f"missing={ubuntu.VERSION}\n"
    assert f"hint: type: rocmfix kernel-source --kernel {KERNEL}\n" in run.stderr


def test_disabled_sources_are_said_how_to_enable(machine):
    shutil.rmtree(machine.apt.directory / "state/lists")
    (machine.apt.directory / "state/lists/partial").mkdir(parents=True)
    machine.apt.enable("deb")
    machine.apt.update()
    said = machine.get()
    refused(machine, said, "error: apt has no lists of source packages")
    command = said[1].split("hint: type: ")[1].strip().replace("; apt update", "")
    subprocess.run(["sh", "-c", command], check=True)
    assert machine.apt.update().returncode == 0
    assert machine.get()[0] == 0


def test_unsigned_archive_is_refused(machine):
    """Even where apt was told, by its configuration, that this is all right."""
    machine.archive.publish(signed=False)
    shutil.rmtree(machine.apt.directory / "state/lists")
    (machine.apt.directory / "state/lists/partial").mkdir(parents=True)
    with machine.apt.configuration.open("a") as opened:
        opened.write('APT::Get::AllowUnauthenticated "true";\nAcquire::AllowInsecureRepositories "true";\n')
    assert machine.apt.update("-o", "Acquire::AllowInsecureRepositories=true").returncode == 0
    refused(machine, machine.get(), f"the archive of {SOURCE} is not signed with a key that apt trusts")
    assert machine.kept() == []


def test_changed_file_is_refused(machine):
    file = next(machine.archive.pool.glob("*.diff.gz"))
    content = file.read_bytes()
    try:
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        refused(machine, machine.get(), "Hash Sum mismatch", "failed; nothing of it is kept")
    finally:
        file.write_bytes(content)
    assert machine.kept() == []


def test_download_that_breaks_off_leaves_nothing_and_can_be_repeated(machine):
    machine.server.cut = (".orig.tar.gz", 100)
    refused(machine, machine.get(), "failed; nothing of it is kept")
    assert machine.kept() == []
    machine.server.cut = None
    assert machine.get()[0] == 0 and machine.kept() == FILES


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_download_is_harmless(machine, number):
    """What a killed one cannot remove the next one does."""
    tools = machine.rocmfix.parent / "bin"
    tools.mkdir()
    (tools / "dpkg-source").write_text("#!/bin/sh\nexec sleep 60\n")
    (tools / "dpkg-source").chmod(0o755)
    path = os.environ["PATH"]
    machine.environment = {"PATH": f"{tools}:{path}"}
    running = subprocess.Popen(machine.command, env=machine.whole_environment, stderr=subprocess.DEVNULL,
                               start_new_session=True)
    end = time.monotonic() + 60
    while not list(machine.cache.glob(".source.*/files/*.dsc")) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    os.killpg(running.pid, number)
    running.wait(timeout=120)
    assert (machine.kept() == []) == (number == signal.SIGTERM)
    machine.environment = {}
    assert machine.get()[0] == 0
    assert machine.kept() == FILES


def test_one_at_a_time(machine):
    machine.cache.mkdir()
    with subprocess.Popen(["flock", machine.cache, "sleep", "30"]) as holder:
        time.sleep(0.3)
        refused(machine, machine.get(), "another rocmfix kernel-source is running")
        holder.kill()


def test_no_room_is_refused_before_the_download(machine):
    machine.environment["ROCMFIX_NEEDED_MIB"] = "99999999"
    asked = len(machine.server.asked)
    refused(machine, machine.get(), "MiB free; 99999999 MiB are needed meanwhile", "apt clean")
    assert len(machine.server.asked) == asked


def test_version_that_the_archive_does_not_have_is_refused(machine):
    make_headers(machine.headers, version="6.8.0-45.46~22.04.1")
    machine.packages(("linux-modules-" + KERNEL, "6.8.0-45.46~22.04.1", SOURCE))
    refused(machine, machine.get(), f"the archive has no source package {SOURCE} 6.8.0-45.46~22.04.1", "apt update")


PACKAGED = "6.8.0-45.46~22.04.1"


@pytest.fixture(name="packaged")
def fixture_packaged(machine):
    """As Ubuntu's archive has older kernels: with their linux-source, without their source package."""
    make_headers(machine.headers, version=PACKAGED)
    machine.packages(("linux-modules-" + KERNEL, PACKAGED, SOURCE))
    packages = machine.archive.directory / "archive/Packages"
    packages.write_text(f"Package: linux-source-6.8.0\nVersion: {PACKAGED}\nArchitecture: all\nSize: 1\n"
                        f"Filename: pool/none.deb\nSHA256: {'0' * 64}\nDescription: stand-in\n")
    machine.archive.publish()
    yield machine
    packages.unlink()


@pytest.mark.parametrize("types, problem", [
    ("deb deb-src", f"error: the archive has no source package {SOURCE} {PACKAGED}"),
    ("deb", "error: apt has no lists of source packages"),
])
def test_linux_source_of_the_same_version_is_named(packaged, types, problem):
    packaged.apt.enable(types)
    shutil.rmtree(packaged.apt.directory / "state/lists")
    (packaged.apt.directory / "state/lists/partial").mkdir(parents=True)
    assert packaged.apt.update().returncode == 0
    refused(packaged, packaged.get(), problem, f"hint: type: apt install linux-source-6.8.0={PACKAGED}, ")


def test_source_that_has_left_the_archive_since_is_said(machine):
    file = next(machine.archive.pool.glob("*.dsc"))
    content = file.read_bytes()
    try:
        file.unlink()
        refused(machine, machine.get(), "no longer has the source package", "hint: type: apt update, then update")
    finally:
        file.write_bytes(content)
    assert machine.kept() == []


def test_modules_of_another_version_than_the_headers_are_refused(machine):
    machine.packages(("linux-modules-" + KERNEL, "6.8.0-45.44~22.04.1", SOURCE))
    refused(machine, machine.get(), f"is of the source package {SOURCE} 6.8.0-45.44~22.04.1, the headers name "
            f"{ubuntu.VERSION}")


def test_source_that_says_another_version_is_refused(tmp_path):
    archive = Archive(tmp_path / "other", release="6.8.11")
    machine = Machine(tmp_path / "m", archive)
    try:
        assert machine.apt.update().returncode == 0
        refused(machine, machine.get(), "is Linux 6.8.11, the headers of")
        assert machine.kept() == []
    finally:
        machine.server.close()
        archive.close()


@pytest.mark.parametrize("change, words", [
    (lambda m: shutil.rmtree(m.headers), ["the headers of kernel"]),
    (lambda m: (m.headers / "include/config/auto.conf").write_text("CONFIG_DRM=m\n"), ["has no amdgpu"]),
    (lambda m: (m.headers / "include/config/auto.conf").write_text("CONFIG_DRM_AMDGPU=m\n"), ["neither Debian's nor"]),
])
def test_nothing_is_downloaded_for_a_kernel_that_cannot_be_built_for(machine, change, words):
    asked = len(machine.server.asked)
    change(machine)
    refused(machine, machine.get(), *words)
    assert len(machine.server.asked) == asked


def test_livepatch_takes_the_same_source(tmp_path, archive):
    archive.publish()
    machine = Machine(tmp_path, archive, "rocmfix-livepatch")
    try:
        assert machine.apt.update().returncode == 0
        status, said = machine.get()
        assert status == 0 and f"dkms install rocmfix-livepatch/{VERSION} -k {KERNEL}" in said, said
        assert f"release={RELEASE}\n" in machine.find().stdout
    finally:
        machine.server.close()


# --- Ubuntu's layout

@pytest.mark.parametrize("options, wanted", [
    ({}, "6.8.0-45.45~22.04.1 6.8.12"),
    ({"file": ".config"}, "6.8.0-45.45~22.04.1 6.8.12"),
    ({"version": "6.8.0-45.45"}, "6.8.0-45.45 6.8.12"),
    ({"version": "6.8.0-46.46"}, ""),  # of another kernel
    ({"flavour": "lowlatency"}, ""),
    ({"release": "6.8"}, ""),
])
def test_signature_of_the_configuration_names_the_source(machine, options, wanted):
    shutil.rmtree(machine.headers)
    make_headers(machine.headers, **options)
    run = machine.find("--print-wanted")
    assert (run.returncode, run.stdout.strip()) == (0, wanted), run.stderr


@pytest.mark.parametrize("known, package", [
    ([f"linux-modules-{KERNEL}", f"linux-modules-extra-{KERNEL}"], "linux-modules-extra"),
    ([f"linux-modules-{KERNEL}"], "linux-modules"),
    ([], "linux-image"),
])
def test_package_of_the_stock_module_is_named(tmp_path, known, package):
    (tmp_path / "apt-cache").write_text(
        f"#!/bin/sh\nfor last; do :; done\ncase ' {' '.join(known)} ' in *\" $last \"*) exit 0 ;; esac\nexit 100\n")
    (tmp_path / "apt-cache").chmod(0o755)
    done = subprocess.run(["bash", "-euc", '. "$1"; kernel=$2; stock_package', "-", TOP / "dkms/common.bash", KERNEL],
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True,
                          text=True, check=True)
    assert done.stdout == f"{package}-{KERNEL}\n"


def test_linux_source_counts_when_it_is_exact(machine):
    make_headers(machine.headers, version="6.8.0-45.45")
    tarball = machine.sources / "linux-source-6.8.0/linux-source-6.8.0.tar.bz2"
    tarball.parent.mkdir()
    tarball.touch()
    machine.packages(("linux-source-6.8.0", "6.8.0-45.45", "linux"))
    assert machine.find().stdout == f"series=6.8\nversion=6.8.0-45.45\nsource={tarball}\nrelease={RELEASE}\n"
    machine.packages(("linux-source-6.8.0", "6.8.0-44.44", "linux"))
    run = machine.find()
    assert run.returncode == SKIPPED and "installed: 6.8.0-44.44" in run.stderr


def test_module_is_built_from_ubuntus_layout(lab, tmp_path):
    """With Debian's headers under Ubuntu's names, its linux-source as bzip2, and upstream's point
    release that only the signature tells."""
    major, minor, patch = map(int, SOURCE_VERSION.split("-")[0].split("."))
    kernel, version = f"{major}.{minor}.0-45-generic", f"{major}.{minor}.0-45.45"
    headers = overlaid_headers(tmp_path / "headers", version, f"{major}.{minor}.{patch}")
    source = lab.sources / f"linux-source-{major}.{minor}.0"
    make_tree(tmp_path / source.name, f"{major}.{minor}.{patch}")
    source.mkdir()
    subprocess.run(["tar", "-C", tmp_path, "-cjf", source / f"{source.name}.tar.bz2", source.name], check=True)
    write_status(lab.admin, (source.name, version, "linux"))
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [lab.rocmfix / "build-module", "--kernel", kernel, "--headers", headers, "--source-tree", lab.sources],
        cwd=work, env=dict(os.environ, DPKG_ADMINDIR=str(lab.admin)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = subprocess.run(["modinfo", "-F", "rocmfix", work / "amdgpu.ko"], capture_output=True, text=True, check=True)
    assert said.stdout == f"series={major}.{minor} patches=1 source={version} fixes=none\n"


def overlaid_headers(directory, version, release):
    """Debian's, file by file as links, but for what is Ubuntu's own."""
    real = f"/lib/modules/{DEBIAN_KERNEL}/build"
    subprocess.run(["cp", "-rs", os.path.realpath(real), directory], check=True)
    (directory / "include/generated/package.h").unlink(missing_ok=True)
    configuration = directory / "include/config/auto.conf"
    text = configuration.read_text()
    configuration.unlink()
    configuration.write_text(text + f'CONFIG_VERSION_SIGNATURE="Ubuntu {version}-generic {release}"\n')
    return directory
