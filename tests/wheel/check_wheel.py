# SPDX-License-Identifier: MIT
"""What is in the wheel, and that it is built the same way twice."""

import hashlib
import os
import re
import subprocess
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from conftest import BUILD, CHECKOUT, glibc

PROGRAMS = ("data/scripts/rocmfix", "data/scripts/rocmfix-run")
PRELOADED = ("data/data/lib/rocmfix/librocmfix-hip.so", "data/data/lib/rocmfix/librocmfix-sim.so")
LIBRARY = "rocmfix/librocmfix.so.1"
LIBC = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}
LIMIT = 15e6


@pytest.fixture(name="unpacked", scope="session")
def fixture_unpacked(wheel, tmp_path_factory):
    """The wheel's files; the folder "data" is what goes into an environment's bin, lib and share."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (data,) = folder.glob("rocmfix-*.data")
    data.rename(folder / "data")
    return folder


def dynamic(path):
    return subprocess.run(["objdump", "-p", path], stdout=subprocess.PIPE, text=True, check=True).stdout


def needed(path):
    return set(re.findall(r"NEEDED +(\S+)", dynamic(path)))


def elf_files(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]


def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return HeaderParser().parsestr(archive.read(name).decode())


def version():
    return re.match(r"rocmfix \(([\d.]+)", (CHECKOUT / "debian/changelog").read_text()).group(1)


def test_it_is_one_for_every_python_3_and_for_an_old_glibc(wheel):
    """For Ubuntu 22.04's where Debian 12 has built it; never for a newer one than the machine's."""
    assert wheel.name == f"rocmfix-{version()}-py3-none-manylinux_2_{glibc(wheel)}_x86_64.whl"
    own = int(os.confstr("CS_GNU_LIBC_VERSION").rpartition(".")[2])
    assert glibc(wheel) == 35 if own == 36 else 35 <= glibc(wheel) <= own
    assert metadata(wheel)["Version"] == version()
    assert metadata(wheel)["Requires-Python"] == ">=3.10"
    assert metadata(wheel).get_all("Requires-Dist") is None


def test_no_symbol_is_newer_than_the_tag_says(wheel, unpacked):
    for path in elf_files(unpacked):
        symbols = subprocess.run(["objdump", "-T", path], stdout=subprocess.PIPE, text=True, check=True).stdout
        newest = max((int(minor) for minor in re.findall(r"GLIBC_2\.(\d+)", symbols)), default=0)
        assert newest <= glibc(wheel), path.name
        # Ubuntu 22.04's libstdc++.
        plus = max((int(minor) for minor in re.findall(r"GLIBCXX_3\.4\.(\d+)", symbols)), default=0)
        assert plus <= 30 or glibc(wheel) > 35, path.name


def test_it_is_small(wheel):
    assert wheel.stat().st_size < LIMIT


@pytest.mark.parametrize("name", PROGRAMS + PRELOADED)
def test_programs_and_what_is_preloaded_need_libc_alone(unpacked, name):
    assert needed(unpacked / name) <= LIBC
    assert not re.search(r"R(UN)?PATH", dynamic(unpacked / name))


def test_the_library_brings_re2(unpacked):
    (re2,) = (unpacked / "rocmfix.libs").iterdir()
    assert re2.name in needed(unpacked / LIBRARY)
    # It is loaded by Python, in whose process there is a libstdc++ as a rule.
    assert needed(unpacked / LIBRARY) - {re2.name} <= LIBC | {"libstdc++.so.6", "libgcc_s.so.1"}
    assert re.search(r"R(UN)?PATH +\$ORIGIN/\.\./rocmfix\.libs\n", dynamic(unpacked / LIBRARY))


def test_the_elf_files_are_these(unpacked):
    known = {*PROGRAMS, *PRELOADED, LIBRARY}
    found = {str(path.relative_to(unpacked)) for path in elf_files(unpacked)}
    assert {name for name in found if not name.startswith("rocmfix.libs/")} == known


def test_programs_are_linked_as_debian_links_them(unpacked):
    for name in PROGRAMS:
        text = subprocess.run(["objdump", "-x", unpacked / name], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert "DYNAMIC" in text.split("architecture", 1)[1].split("\n", 2)[1], "not position-independent"
        assert "RELRO" in text and re.search(r"FLAGS +0x0*8\b", text), "not bound at the start"


def test_no_path_of_the_machine_that_built_it_is_in_it(unpacked):
    for path in elf_files(unpacked):
        content = path.read_bytes()
        assert not re.search(rb"/tmp/[\w./+-]+\.(?:cpp|hpp|cc|h)\b", content)
        for folder in (CHECKOUT, BUILD):
            assert str(folder).encode() not in content


def test_the_licences_of_what_is_linked_in_are_there(wheel):
    with zipfile.ZipFile(wheel) as archive:
        texts = {name.rpartition("/")[2]: archive.read(name).decode(errors="replace")
                 for name in archive.namelist() if "/licenses/" in name and not name.endswith("/")}
    compiler = subprocess.run(["c++", "-dumpversion"], capture_output=True, text=True, check=True).stdout.split(".")[0].strip()
    expected = {"LICENSE": "MIT License", "libcli11-dev": "BSD", "libexpected-dev": "CC0", "libfmt-dev": "MIT",
                "libre2-dev": "Google", "libtomlplusplus-dev": "MIT", "nlohmann-json3-dev": "MIT",
                f"libstdc++-{compiler}-dev": "GCC RUNTIME LIBRARY EXCEPTION"}
    assert set(texts) == set(expected)
    for name, words in expected.items():
        assert words.lower() in texts[name].lower(), name


def test_the_manual_pages_and_the_tables_are_there(unpacked):
    for name in ("man/man1/rocmfix.1", "man/man1/rocmfix-run.1", "man/man1/rocmfix-yolo.1",
                 "rocmfix/data/faults.toml", "bash-completion/completions/rocmfix",
                 "bash-completion/completions/rocmfix-yolo"):
        assert (unpacked / "data/data/lib/rocmfix/share" / name).is_file()


def test_nothing_but_the_package_is_put_among_the_environments_modules(unpacked):
    inside = {path.name for path in unpacked.iterdir()} - {"data"}
    assert inside == {"rocmfix", "rocmfix.libs", f"rocmfix-{version()}.dist-info"}
    assert not list(unpacked.rglob("*.pyc"))
    source = CHECKOUT / "userspace/python/rocmfix"
    python = {str(path.relative_to(source)) for path in source.rglob("*.py")}
    assert {str(path.relative_to(unpacked / "rocmfix")) for path in unpacked.rglob("rocmfix/**/*.py")} == python


def test_auditwheel_agrees(wheel, tools):
    shown = subprocess.run([tools / "bin/auditwheel", "show", wheel], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    assert f'"manylinux_2_{glibc(wheel)}_x86_64"' in " ".join(shown.split())


@pytest.fixture(name="tools", scope="session")
def fixture_tools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tools")
    subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/pip", "--quiet", "install", "--no-deps", "--only-binary", ":all:", "--require-hashes",
                    "-r", CHECKOUT / "scripts/wheel-requirements.txt"], check=True)
    return folder


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_the_same_files_make_the_same_wheel_and_source_distribution(wheel, sdist, tmp_path):
    """The second build is in another folder, with another time and umask; its wheel is built from its sdist."""
    command = f"umask 0077; {CHECKOUT}/scripts/build-wheel {tmp_path}/dist"
    variables = {name: value for name, value in os.environ.items() if "CACHE" not in name and "LAUNCHER" not in name}
    subprocess.run(["bash", "-c", command], check=True, stdout=subprocess.DEVNULL,
                   env={**variables, "TZ": "Asia/Tokyo", "ROCMFIX_WHEEL_WORK": str(tmp_path / "work")})
    for first in (wheel, sdist):
        again = tmp_path / "dist" / first.name
        assert sha256(again) == sha256(first), first.name
