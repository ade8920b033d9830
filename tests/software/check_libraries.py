# SPDX-License-Identifier: MIT
"""Libraries as Debian and PyPI deliver them: gigabytes, so `make check-software` runs this."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MULTIARCH = "usr/lib/x86_64-linux-gnu"
# Debian builds its ROCm packages for these, in both releases.
DEBIAN = ["gfx1010", "gfx1030", "gfx1100", "gfx1101", "gfx1102", "gfx803", "gfx900", "gfx906",
          "gfx908", "gfx90a"]


def fetch(name):
    line = subprocess.run([HERE / "libraries", "get", name], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    return Path(line.strip().partition("=")[2])


def only(paths):
    (path,) = paths
    return path


@pytest.mark.parametrize("name, library", [("rocblas-trixie", "librocblas.so.0.1"),
                                           ("rocsparse-sid", "librocsparse.so.1"),
                                           ("rocblas-sid", "librocblas.so.4.4")])
def test_debians_libraries_are_built_for_gfx1010_and_gfx1030(name, library, read_targets):
    path = fetch(name) / MULTIARCH / library
    read_targets(path)
    (document,) = read_targets(path)
    assert document["targets"] == DEBIAN
    assert document["bundles"] == document["wrappers"] > 50
    assert document["complete"]
    # The headers of the sections and 8 KiB a bundle; 64 KiB are allowed.
    assert document["bytes_read"] <= document["bundles"] * 8192 + 65536


@pytest.mark.parametrize("name, library", [("rocblas-sid", "librocblas.so.4.4"),
                                           ("rocsparse-sid", "librocsparse.so.1")])
def test_what_is_read_is_what_the_package_says_of_itself(name, library, read_targets):
    folder = fetch(name)
    control = (folder / "DEBIAN" / "control").read_text()
    stated = re.search(r"^X-Rocm-Gpu-Architecture: (.*)$", control, re.MULTILINE).group(1)
    (document,) = read_targets(folder / MULTIARCH / library)
    assert document["targets"] == sorted(stated.split())


@pytest.mark.parametrize("name, untuned", [("rocblas-trixie", ["gfx1010"]),
                                           ("rocblas-sid", ["gfx1010"])])
def test_rocblas_of_debian_is_tuned_for_gfx1030_and_not_for_gfx1010(name, untuned, read_targets):
    folder = only((fetch(name) / MULTIARCH / "rocblas").glob("*/library"))
    (document,) = read_targets(folder)
    assert "gfx1030" in document["tuned"]
    assert "gfx1010" in document["untuned"]
    assert document["untuned"] == untuned
    assert sorted(document["tuned"] + document["untuned"]) == DEBIAN


@pytest.mark.parametrize("name", ["rocblas-trixie", "rocblas-sid"])
def test_the_names_of_tensiles_files_say_what_is_in_them(name, read_targets):
    folder = only((fetch(name) / MULTIARCH / "rocblas").glob("*/library"))
    files = sorted(p for p in folder.iterdir() if p.suffix in (".co", ".hsaco"))
    assert len(files) > 15
    for path, document in zip(files, read_targets(*files)):
        named = re.search(r"[-_](gfx[0-9a-f]+)(-xnack[+-])?\.", path.name).group(1)
        assert document.get("targets") == [named], document


ROCM = {"64": ["gfx1030"], "70": ["gfx1030"], "71": ["gfx1030"], "72": ["gfx1030"],
        "714": ["gfx1010", "gfx1011", "gfx1012", *(f"gfx103{i}" for i in range(7))],
        "715": ["gfx1010", "gfx1011", "gfx1012", *(f"gfx103{i}" for i in range(7))]}


@pytest.mark.parametrize("version", ROCM)
def test_bitsandbytes_has_other_targets_for_other_versions_of_rocm(version, read_targets):
    path = fetch("bitsandbytes") / "bitsandbytes" / f"libbitsandbytes_rocm{version}.so"
    assert b"CCOB" in path.read_bytes()
    (document,) = read_targets(path)
    assert [t for t in document["targets"] if t.startswith("gfx10")] == ROCM[version]
    assert document["bundles"] == document["wrappers"] == 2
    assert document["complete"]
    assert document["bytes_read"] <= 2 * 65536


def test_the_builds_for_bitsandbytes_get_a_library_with_code_for_each_card(read_targets):
    """What userspace/data/builds.toml says of it, of the wheel that its command installs."""
    data = tomllib.loads((HERE.parents[1] / "userspace/data/builds.toml").read_text())
    (framework,) = [one for one in data["framework"] if one["name"] == "bitsandbytes"]
    pinned = (HERE / "requirements.txt").read_text()
    assert f"\n{framework['then'].rpartition(' ')[2]} --hash" in pinned
    builds = [one for one in data["build"] if "bitsandbytes" in one["frameworks"] and one["route"] == "rocm"]
    assert len(builds) >= 2
    for build in builds:
        version = re.search(r"\+rocm(\d+)\.(\d+)", build["requirements"][0])
        path = fetch("bitsandbytes") / f"bitsandbytes/libbitsandbytes_rocm{version[1]}{version[2]}.so"
        (document,) = read_targets(path)
        for card in build["card"]:
            for gfx in card["gfx"]:
                runs = "gfx" + card["value"].replace(".", "") if "value" in card else gfx
                works = "unusable" not in card
                assert (runs in document["targets"]) == works, (build["name"], gfx)


def test_a_cuda_library_has_no_device_code_for_hip(read_targets):
    paths = sorted((fetch("bitsandbytes") / "bitsandbytes").glob("libbitsandbytes_cuda*.so"))
    assert paths
    for document in read_targets(*paths):
        assert document["targets"] == []
        assert document["complete"]


def test_the_variables_of_a_real_miopen_are_found_in_it(read_targets):
    """Those that rocmfix sets after a fault, and what strings(1) sees."""
    path = fetch("miopen-sid") / MULTIARCH / "libMIOpen.so.1"
    (document,) = read_targets(path.resolve(), options=("--names", "MIOPEN_DEBUG_"))
    seen = subprocess.run(["strings", path], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert document["names"] == sorted(set(re.findall(r"^MIOPEN_DEBUG_[A-Z0-9_]+$", seen, re.MULTILINE)))
    mitigations = (HERE.parents[1] / "userspace/data/mitigations.toml").read_text()
    set_by_rocmfix = set(re.findall(r"MIOPEN_DEBUG_[A-Z0-9_]+", mitigations))
    assert set_by_rocmfix and set_by_rocmfix <= set(document["names"])
