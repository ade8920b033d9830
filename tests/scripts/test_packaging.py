# SPDX-License-Identifier: MIT
"""What packaging/ repeats of this project is what it says elsewhere; tests/packaging/check builds it."""

import re
import tarfile

import pytest

from checkout import SOURCE

VERSION = re.match(r"rocmfix \((.*)\)", (SOURCE / "debian/changelog").read_text())[1]
ARCH = (SOURCE / "packaging/arch/PKGBUILD").read_text()
RPM = (SOURCE / "packaging/rpm/rocmfix.spec").read_text()


def test_the_version_is_that_of_debians_changelog():
    assert re.search(r"^pkgver=(.*)$", ARCH, re.M)[1] == VERSION
    assert re.search(r"^Version: *(.*)$", RPM, re.M)[1] == VERSION


def test_an_image_gets_the_wheel_and_nothing_else_of_the_checkout():
    text = (SOURCE / "packaging/container/Dockerfile").read_text()
    assert re.findall(r"^(?:COPY|ADD) (.*)$", text, re.M) == ["dist/rocmfix-*.whl /tmp/"]
    assert (SOURCE / ".dockerignore").read_text().splitlines() == ["*", "!dist/rocmfix-*.whl"]


@pytest.mark.parametrize("text", [ARCH, RPM], ids=["arch", "rpm"])
def test_a_package_has_what_cmake_does_not_install(text):
    for part in ("cmake --install", r"userspace/python/rocmfix[\" ]", "userspace/python/rocmfix-yolo", "LICENSE"):
        assert re.search(part, text), part


def test_every_library_that_cmake_asks_for_is_a_build_dependency():
    asked = (SOURCE / "CMakeLists.txt").read_text()
    modules = set(re.findall(r"pkg_check_modules\(\w+ REQUIRED (?:IMPORTED_TARGET )?(\w+)\)", asked))
    packages = set(re.findall(r"find_package\((fmt|nlohmann_json|tomlplusplus|CLI11|tl-expected) REQUIRED\)", asked))
    assert len(modules) >= 5 and len(packages) == 5
    assert modules <= set(re.findall(r"pkgconfig\((\w+)\)", RPM))
    assert packages <= set(re.findall(r"cmake\(([\w-]+)\)", RPM))
    needed = " ".join(re.findall(r"^(?:make)?depends=\((.*)\)$", ARCH, re.M)).split()
    names = {"nlohmann_json": "nlohmann-json", "CLI11": "cli11", "liblzma": "xz", "libzstd": "zstd"}
    assert {names.get(name, name) for name in modules | packages} <= set(needed)


def test_the_source_is_the_last_commit(checkout):
    checkout.take("packaging/make-source", "debian/changelog")
    for words in (["init", "-q"], ["add", "-A"],
                  ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "t"]):  # fmt: skip
        assert checkout.run("git", *words)[0] == 0
    checkout.write("not-committed", "")
    assert checkout.run("packaging/make-source", ".") == (0, "")
    with tarfile.open(checkout.top / f"rocmfix-{VERSION}.tar.gz") as tar:
        names = tar.getnames()
    assert f"rocmfix-{VERSION}/debian/changelog" in names
    assert not [name for name in names if "not-committed" in name]
