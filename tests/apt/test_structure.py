# SPDX-License-Identifier: MIT
"""What tests/apt/check needs an hour for, as far as files alone can show it."""

import os
import re
import subprocess

import pytest

import paths
import part_ubuntu
import repository
import source
import suites
import system

DEBIAN = paths.TOP / "debian"
REPOSITORY = suites.read()
UBUNTU = suites.find(REPOSITORY, ["ubuntu"])[0]
RELEASES = {release["codename"]: release["packages"] for release in part_ubuntu.FACTS["release"]}


def control_paragraphs():
    text = (DEBIAN / "control").read_text(encoding="utf-8")
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Z][\w-]*):((?:.*\n)(?:[ \t].*\n)*)", paragraph + "\n", re.MULTILINE))
        if "Package" in fields:
            yield {name: value.strip() for name, value in fields.items()}


PACKAGES = {fields["Package"]: fields for fields in control_paragraphs()}


def is_left_out(name, build):
    """By what the suites have, or by a profile of the build."""
    profiles = PACKAGES[name].get("Build-Profiles", "")
    return name in build.left_out or any(f"<!{profile}>" in profiles for profile in build.profiles)


def is_older(one, other):
    return subprocess.run(["dpkg", "--compare-versions", one, "lt", other], check=False).returncode == 0


def test_no_suite_has_two_builds():
    named = [suite for build in REPOSITORY.builds for suite in build.suites]
    assert len(named) == len(set(named)) and set(named) > {"bookworm", "trixie", "sid"}


def test_versions_grow_from_a_release_to_the_next_and_to_a_build_of_ones_own():
    suffixes = [suites.find(REPOSITORY, [name])[0].suffix for name in ("deb12", "deb13", "sid")]
    versions = [f"0.1.0{suffix}" for suffix in suffixes] + ["0.1.0"]
    assert all(is_older(one, other) for one, other in zip(versions, versions[1:], strict=False))
    assert is_older("0.1.0", f"0.1.1{suffixes[0]}")


def test_what_is_left_out_is_a_package():
    for build in REPOSITORY.builds:
        assert set(build.left_out) <= set(PACKAGES)


def test_an_entry_for_a_build_adds_the_suffix_and_a_second(tmp_path):
    changelog = tmp_path / "changelog"
    changelog.write_text((DEBIAN / "changelog").read_text(encoding="utf-8"), encoding="utf-8")
    old = source.version_of(changelog.read_text(encoding="utf-8"))
    assert source.add_entry(changelog, "~deb12u1", "bookworm") == f"{old}~deb12u1"
    new, before = (int(subprocess.run(["dpkg-parsechangelog", "-l", file, "-S", "Timestamp"], capture_output=True, text=True,
                            check=True).stdout) for file in (changelog, DEBIAN / "changelog"))
    assert new == before + 1


@pytest.mark.parametrize("suite", UBUNTU.suites)
def test_ubuntu_has_what_the_packages_name_themselves(suite):
    """One alternative of each dependency that is written in debian/control."""
    looked_at = 0
    for name, fields in PACKAGES.items():
        if is_left_out(name, UBUNTU):
            continue
        for group in re.sub(r"\$\{[^}]*\}|\([^)]*\)", "", fields["Depends"]).split(","):
            alternatives = [word.strip() for word in group.split("|") if word.strip()]
            if alternatives and not set(alternatives) & set(PACKAGES):
                assert set(alternatives) & set(RELEASES[suite]), (name, alternatives)
                looked_at += 1
    assert looked_at >= 4


def test_ubuntus_releases_are_those_of_the_repository():
    assert tuple(RELEASES) == UBUNTU.suites


def test_every_autopkgtest_is_a_program_and_every_program_is_one():
    text = (DEBIAN / "tests/control").read_text(encoding="utf-8")
    named = {name for line in re.findall(r"^Tests: (.*)$", text, re.MULTILINE) for name in line.split()}
    programs = {path.name for path in (DEBIAN / "tests").iterdir() if os.access(path, os.X_OK)}
    assert named == programs and named


def test_every_lintian_override_has_its_reason():
    """One comment, for two of them at most."""
    for file in DEBIAN.glob("*.lintian-overrides"):
        explained = 0
        for line in file.read_text(encoding="utf-8").splitlines():
            explained = 2 if line.startswith("#") else explained - 1
            assert explained >= 0, f"{file.name}: {line}"


def test_a_source_is_for_this_key_and_server():
    text = repository.source_of(REPOSITORY, "http://127.0.0.1:1", "trixie")
    assert dict(re.findall(r"^(\S+): (.*)$", text, re.MULTILINE)) == {
        "Types": "deb", "URIs": "http://127.0.0.1:1", "Suites": "trixie", "Components": "main",
        "Architectures": "amd64", "Signed-By": f"/{system.KEY}"}


@pytest.mark.parametrize("url", ["example.org", "http://", "http://a b", "https://example.org/", "file:///srv"])
def test_an_address_that_users_could_not_type_is_refused(url):
    run = subprocess.run([paths.TOP / "packaging/apt/make-repository", "publish", "--key", "throw-away", "--url", url],
                         capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"error: '{url}' is no address of a server\nhint: " in run.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/guide/install.md"])
def test_a_page_puts_key_and_source_where_apt_looks_for_them(page):
    text = (paths.TOP / page).read_text(encoding="utf-8")
    for place, file in ((system.KEY, repository.PUBLIC_KEY), (system.SOURCES, "bookworm.sources")):
        assert f"sudo wget -O /{place} https://SERVER/{file}" in text


def test_the_guide_names_every_suite():
    text = (paths.TOP / "docs/guide/install.md").read_text(encoding="utf-8")
    for build in REPOSITORY.builds:
        for suite in build.suites:
            assert f"`{suite}`" in text, suite


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_multi_arch_is_considered(package):
    """The library and its headers can be installed for several architectures; the DKMS packages serve all of them.
    The others preload or open libraries of the program's own architecture."""
    wanted = {"librocmfix1": "same", "librocmfix-dev": "same", "rocmfix-dkms": "foreign",
              "rocmfix-livepatch-dkms": "foreign"}
    assert PACKAGES[package].get("Multi-Arch") == wanted.get(package)
