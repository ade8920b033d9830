# SPDX-License-Identifier: MIT
"""Which point release of a series is the newest that the archive has whole."""

import pytest

from archive import Package, PointRelease, newest, newest_first, parse

PACKAGES = """\
Package: linux-source-6.1
Version: 6.1.190-1
Package: linux-source-6.1
Version: 6.1.192-2
Package: linux-headers-6.1.0-55-amd64
Version: 6.1.190-1
Package: linux-headers-6.1.0-56-amd64
Version: 6.1.192-2
Package: linux-image-6.1.0-56-amd64
Version: 6.1.192-2
Package: linux-image-6.1.0-56-amd64-unsigned
Version: 6.1.192-2
Package: hello
Version: 2.10-3
"""


def point(text, series="6.1"):
    return newest(parse(text), series)


def test_the_newest_source_and_its_headers():
    assert point(PACKAGES) == PointRelease("6.1.192-2", "6.1.0-56-amd64",
                                           ("linux-image-6.1.0-56-amd64=6.1.192-2",))


def test_only_the_kernels_packages_are_read():
    assert Package("hello", "2.10-3") not in parse(PACKAGES)
    assert len(parse(PACKAGES)) == 6


def test_a_source_whose_headers_are_not_there_yet_is_passed_over():
    later = PACKAGES + "Package: linux-source-6.1\nVersion: 6.1.195-1\n"
    assert point(later).version == "6.1.192-2"


def test_headers_of_another_version_do_not_count():
    text = PACKAGES.replace("linux-headers-6.1.0-56-amd64\nVersion: 6.1.192-2",
                            "linux-headers-6.1.0-56-amd64\nVersion: 6.1.192-1")
    assert point(text).release == "6.1.0-55-amd64"


@pytest.mark.parametrize("flavour", ["cloud-amd64", "rt-amd64", "arm64", "common", "common-rt"])
def test_headers_of_other_flavours_do_not_count(flavour):
    text = ("Package: linux-source-6.1\nVersion: 6.1.192-2\n"
            f"Package: linux-headers-6.1.0-56-{flavour}\nVersion: 6.1.192-2\n")
    assert point(text) is None


def test_another_series_with_the_same_beginning_does_not_count():
    text = ("Package: linux-source-6.12\nVersion: 6.12.117-1\n"
            "Package: linux-headers-6.12.117+deb13-amd64\nVersion: 6.12.117-1\n")
    assert point(text, "6.1") is None
    assert point(text, "6.12").release == "6.12.117+deb13-amd64"
    assert point(text + "Package: linux-source-6.1\nVersion: 6.12.117-1\n", "6.1") is None


def test_later_kernels_are_in_several_packages():
    names = ["linux-image", "linux-base", "linux-binary", "linux-modules", "linux-headers"]
    text = "Package: linux-source-7.3\nVersion: 7.3.4-1\n" + "".join(
        f"Package: {name}-7.3.4+deb13-amd64\nVersion: 7.3.4-1\n" for name in names)
    assert point(text, "7.3").image == tuple(sorted(
        f"{name}-7.3.4+deb13-amd64=7.3.4-1" for name in names[:4]))


def test_versions_are_in_dpkgs_order():
    versions = ["6.12.9-1", "6.12.117-1~deb12u1", "6.12.117-1", "6.12.117-1~bpo13+1", "6.12.117-1"]
    assert newest_first(versions) == ["6.12.117-1", "6.12.117-1~deb12u1", "6.12.117-1~bpo13+1",
                                      "6.12.9-1"]


def test_an_archive_without_the_series():
    assert point("", "6.1") is None
