# SPDX-License-Identifier: MIT
"""When a library is fetched and when the one that is there is taken. Nothing is downloaded: apt-get and
pip are replaced by programs that print what they are given; dpkg-deb and zipfile are the real ones."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "kernels"))
import debian  # noqa: E402
import library_cache  # noqa: E402
from commands import Failure  # noqa: E402
from library_cache import LIBRARIES, LibraryCache, Origin, requirement  # noqa: E402

CONTROL = "Package: librocblas4\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: t\n"
APT_GET = """\
#!/bin/sh
echo "$*" >>{calls}
case "$*" in
*" download "*) cp {deb} . ;;
esac
"""
# -m pip, and the rest as always.
PYTHON = """\
#!/bin/sh
[ "$2" = pip ] || exec /usr/bin/python3 "$@"
echo "$*" >>{calls}
while [ "$1" != -d ]; do shift; done
cat "$2/requirements.txt" >>{calls}
cp {wheel} "$2"
"""


class Archive:
    """What can be fetched, and what was asked of it."""

    def __init__(self, folder):
        self.folder = folder
        self.calls = folder / "calls"
        self.calls.touch()

    def program(self, name, text):
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return file

    def asked(self):
        return self.calls.read_text().splitlines()


@pytest.fixture(name="archive")
def fixture_archive(tmp_path, monkeypatch):
    if shutil.which("dpkg-deb") is None:
        pytest.skip("there is no dpkg")
    archive = Archive(tmp_path)
    tree = tmp_path / "package"
    for name, text in (("DEBIAN/control", CONTROL), ("usr/lib/librocblas.so.4", "library")):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text(text)
    deb, wheel = tmp_path / "librocblas4_1_all.deb", tmp_path / "bitsandbytes.whl"
    subprocess.run(["dpkg-deb", "-b", tree, deb], check=True, capture_output=True)
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("bitsandbytes/library.so", "library")
    archive.program("apt-get", APT_GET.format(calls=archive.calls, deb=deb))
    python = archive.program("python", PYTHON.format(calls=archive.calls, wheel=wheel))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(library_cache, "PYTHON", str(python))
    monkeypatch.setattr(debian, "host_sources", lambda release: f"deb main {release}\ndeb main {release}-updates\n")
    monkeypatch.setattr(debian, "host_network_settings", lambda: 'Acquire::Retries "1";\n')
    return archive


@pytest.fixture(name="libraries")
def fixture_libraries(tmp_path, archive):
    return LibraryCache(tmp_path / "cache")


def test_a_package_is_unpacked_with_its_control_file(libraries):
    tree = libraries.get("rocblas-sid")
    assert tree == libraries.folder / "rocblas-sid/tree"
    assert (tree / "usr/lib/librocblas.so.4").read_text() == "library"
    assert (tree / "DEBIAN/control").read_text() == CONTROL
    assert sorted(path.name for path in tree.parent.iterdir()) == ["origin", "tree"]


def test_apt_is_one_of_its_own_with_the_release_alone(libraries, archive):
    libraries.get("rocblas-sid")
    apt = libraries.folder / "apt/sid"
    assert archive.asked() == [f"-q -c {apt}/apt.conf update", f"-q -c {apt}/apt.conf download librocblas4"]
    assert (apt / "sources.list").read_text() == "deb main sid\n"
    settings = (apt / "apt.conf").read_text()
    assert settings.startswith('Acquire::Retries "1";\n')
    for name, path in (("State", apt), ("State::lists", apt / "lists"), ("State::status", apt / "status"), ("Cache", apt)):
        assert f'Dir::{name} "{path}";\n' in settings
    assert (apt / "status").read_text() == ""


def test_a_wheel_is_fetched_by_its_hash_and_unpacked(libraries, archive):
    tree = libraries.get("bitsandbytes")
    assert (tree / "bitsandbytes/library.so").read_text() == "library"
    asked = archive.asked()
    assert "--require-hashes" in asked[0].split()
    assert asked[1].startswith("bitsandbytes==0.50.2 --hash=sha256:")
    assert sorted(path.name for path in tree.parent.iterdir()) == ["origin", "tree"]


def test_one_that_is_there_is_not_fetched_again(libraries, archive):
    libraries.get("rocblas-sid")
    asked = archive.asked()
    libraries.get("rocblas-sid")
    assert archive.asked() == asked


def test_one_from_elsewhere_is_replaced(libraries, archive, monkeypatch):
    tree = libraries.get("rocblas-sid")
    (tree / "old").touch()
    monkeypatch.setitem(LIBRARIES, "rocblas-sid", Origin("sid", "librocblas5"))
    libraries.get("rocblas-sid")
    assert archive.asked()[-1].endswith("download librocblas5")
    assert not (tree / "old").exists()


def test_one_that_could_not_be_fetched_is_not_there_and_its_remains_do_not_matter(libraries, archive, capfd):
    whole = (archive.folder / "bin/apt-get").read_text()
    archive.program("apt-get", "#!/bin/sh\necho no such package >&2\nexit 100\n")
    with pytest.raises(Failure, match="failed: the lists of sid"):
        libraries.get("rocblas-sid")
    assert "no such package" in capfd.readouterr().err
    assert not (libraries.folder / "rocblas-sid").exists()
    (libraries.folder / "rocblas-sid.new/tree/half").mkdir(parents=True)
    archive.program("apt-get", whole)
    assert not (libraries.get("rocblas-sid") / "half").exists()


def test_a_download_that_cannot_be_unpacked_leaves_no_library(libraries, archive):
    (archive.folder / "librocblas4_1_all.deb").write_bytes(b"no package")
    with pytest.raises(Failure, match="failed: unpacking librocblas4_1_all.deb"):
        libraries.get("rocblas-sid")
    assert not (libraries.folder / "rocblas-sid").exists()


def test_no_wheel_is_fetched_without_a_hash():
    assert requirement("a==1", "# a\na==10 --hash=sha256:0\na==1 --hash=sha256:1\n") == "a==1 --hash=sha256:1\n"
    for text in ("a==1\n", "b==1 --hash=sha256:1\n", ""):
        with pytest.raises(Failure, match="no line with a hash for a==1"):
            requirement("a==1", text)


def test_the_hash_of_every_wheel_is_known():
    for origin in LIBRARIES.values():
        if origin.place == library_cache.PYPI:
            assert requirement(origin.what, library_cache.REQUIREMENTS.read_text())


def run(*words, **variables):
    return subprocess.run([HERE / "libraries", *words], capture_output=True, text=True, check=False,
                          env=os.environ | variables)


@pytest.mark.parametrize("words", [[], ["get"], ["get", "rocblas-sid", "other"], ["put", "rocblas-sid"]])
def test_wrong_usage_is_status_2_with_a_hint(words):
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.endswith("hint: tests/software/libraries --help\n")


def test_the_command_prints_a_name_and_a_folder_each(tmp_path):
    assert run("list").stdout.split() == sorted(LIBRARIES)
    for name in ("rocblas-sid", "rocblas-trixie"):
        (tmp_path / "software" / name).mkdir(parents=True)
        (tmp_path / "software" / name / "origin").write_text(f"{LIBRARIES[name]}\n")
    done = run("get", "rocblas-trixie", "rocblas-sid", ROCMFIX_CACHE=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, f"rocblas-trixie={tmp_path}/software/rocblas-trixie/tree\n"
                                                 f"rocblas-sid={tmp_path}/software/rocblas-sid/tree\n"), done.stderr
