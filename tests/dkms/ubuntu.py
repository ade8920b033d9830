# SPDX-License-Identifier: MIT
"""A stand-in for Ubuntu: its kernel's headers and packages as it lays them out and names them, and
an archive of its own with the source package, signed, behind a web server. Nothing of Ubuntu's is
in it; what its own archive was tried with is in docs/porting.md."""

import http.server
import os
import shutil
import subprocess
import threading
from functools import partial

from lab import DATA, make_tree

KERNEL = "6.8.0-45-generic"
VERSION = "6.8.0-45.45~22.04.1"
RELEASE = "6.8.12"
SOURCE = "linux-hwe-6.8"


def make_headers(directory, *, version=VERSION, flavour="generic", release=RELEASE, file="include/config/auto.conf"):
    """/usr/src/linux-headers-KERNEL: what find-source reads of it."""
    target = directory / file
    target.parent.mkdir(parents=True, exist_ok=True)
    (directory / "include").mkdir(exist_ok=True)
    target.write_text(f'CONFIG_VERSION_SIGNATURE="Ubuntu {version}-{flavour} {release}"\nCONFIG_DRM_AMDGPU=m\n')
    return directory


def write_status(admin, *entries):
    """dpkg's database: (package, version, source) each."""
    (admin / "status").write_text("\n".join(
        f"Package: {package}\nStatus: install ok installed\nArchitecture: amd64\n"
        f"Maintainer: tests <tests@rocmfix.invalid>\nVersion: {version}\n"
        + (f"Source: {source}\n" if source else "") + "Description: stand-in\n"
        for package, version, source in entries))


def quietly(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


class Archive:
    """Of one source package, in format 1.0 as Ubuntu's kernels are: orig.tar.gz, diff.gz, dsc. `tree`:
    the kernel in it, by default the amdgpu of two files."""

    def __init__(self, directory, source=SOURCE, version=VERSION, release=RELEASE, *, tree=None, kernel=KERNEL):
        self.directory = directory
        self.pool = directory / "archive/pool"
        self.pool.mkdir(parents=True)
        base = version.split("-")[0]
        top = directory / "build" / f"{source}-{base}"
        if tree is None:
            make_tree(top, release)
        else:
            top.parent.mkdir()
            shutil.move(tree, top)
        tree = top
        quietly("tar", "-C", tree.parent, "-czf", tree.parent / f"{source}_{base}.orig.tar.gz", tree.name)
        # What the distribution changes, so that it is in the diff.
        driver = tree / "drivers/gpu/drm/amd/amdgpu/amdgpu_drv.c"
        driver.write_text(driver.read_text() + "/* of the distribution */\n")
        debian = tree / "debian"
        (debian / "source").mkdir(parents=True)
        (debian / "source/format").write_text("1.0\n")
        (debian / "changelog").write_text(
            f"{source} ({version}) jammy; urgency=medium\n\n  * All of it.\n\n"
            " -- tests <tests@rocmfix.invalid>  Fri, 30 Aug 2024 12:00:00 +0000\n")
        (debian / "control").write_text(
            f"Source: {source}\nMaintainer: tests <tests@rocmfix.invalid>\nStandards-Version: 4.6.2\n\n"
            f"Package: linux-modules-{kernel}\nArchitecture: amd64\nDescription: stand-in\n")
        (debian / "rules").write_text("#!/usr/bin/make -f\n")
        quietly("dpkg-source", "-b", tree.name, cwd=tree.parent)
        for file in tree.parent.iterdir():
            if file.is_file() and file.suffix in (".dsc", ".gz"):
                shutil.move(file, self.pool / file.name)
        self.gnupg = directory / "gnupg"
        self.gnupg.mkdir(mode=0o700)
        self.gpg("--quick-generate-key", "--passphrase", "", "archive@rocmfix.invalid", "rsa2048", "sign", "never")
        self.key = directory / "archive.gpg"
        self.gpg("--export", "--output", self.key)
        self.publish()

    def gpg(self, *arguments):
        quietly("gpg", "--batch", "--homedir", self.gnupg, "--pinentry-mode", "loopback", *arguments)

    def publish(self, signed=True):
        root = self.directory / "archive"
        (root / "Sources").write_text(quietly("apt-ftparchive", "sources", "pool", cwd=root))
        for name in ("Release", "InRelease"):
            (root / name).unlink(missing_ok=True)
        release = quietly("apt-ftparchive", "-o", "APT::FTPArchive::Release::Suite=stand-in", "release", ".", cwd=root)
        (root / "Release").write_text(release)
        if signed:
            self.gpg("--clearsign", "--output", root / "InRelease", root / "Release")

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.gnupg, "--kill", "all"], check=False, capture_output=True)


class Server:
    """Serves an archive. `cut`: files of this ending break off after so many bytes."""

    def __init__(self, root):
        self.cut = None
        self.asked = []
        outer = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def copyfile(self, source, outputfile):
                outer.asked.append(self.path)
                ending = outer.cut
                if ending and self.path.endswith(ending[0]):
                    outputfile.write(source.read(ending[1]))
                    outputfile.flush()
                    self.connection.close()
                    return
                super().copyfile(source, outputfile)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class Apt:
    """An apt with directories of its own. `deb_src`: whether sources are enabled."""

    def __init__(self, directory, archive, url):
        self.directory = directory
        self.archive = archive
        self.url = url
        for name in ("etc/apt/sources.list.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d",
                     "state/lists/partial", "cache/archives/partial", "dpkg"):
            (directory / name).mkdir(parents=True)
        (directory / "dpkg/status").touch()
        self.configuration = directory / "apt.conf"
        self.configuration.write_text(
            f'Dir::Etc "{directory}/etc/apt";\nDir::State "{directory}/state";\nDir::Cache "{directory}/cache";\n'
            f'Dir::State::status "{directory}/dpkg/status";\nDir::Etc::parts "/nonexistent";\n'
            'APT::Sandbox::User "root";\nAcquire::Retries "0";\nAcquire::Languages "none";\n'
            'Acquire::http::Proxy "DIRECT";\nAPT::Architecture "amd64";\n')
        self.enable("deb deb-src")

    @property
    def sources(self):
        return self.directory / "etc/apt/sources.list.d/ubuntu.sources"

    def enable(self, types):
        self.sources.write_text(f"Types: {types}\nURIs: {self.url}\nSuites: ./\nSigned-By: {self.archive.key}\n")

    @property
    def environment(self):
        return {"APT_CONFIG": str(self.configuration)}

    def update(self, *options):
        return subprocess.run(["apt-get", "-q", *options, "update"], env={**os.environ, **self.environment},
                              capture_output=True, text=True, check=False)


def standin_patches(rocmfix, series):
    """The patches of the amdgpu of two files, under the name of another series."""
    shutil.copytree(DATA / "patches", rocmfix / "patches" / series)

