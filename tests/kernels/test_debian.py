# SPDX-License-Identifier: MIT
"""Where a chroot's apt finds Debian: as this machine's own does."""

import debian

TARGETS = ["http://mirror.example/debian trixie", "http://mirror.example/debian trixie-updates",
           "http://security.example/debian-security trixie-security"]
SIGNED = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"


def test_a_stable_release_has_updates_security_and_backports():
    assert debian.sources("trixie", TARGETS).splitlines() == [
        f"deb {SIGNED} http://mirror.example/debian trixie main",
        f"deb {SIGNED} http://mirror.example/debian trixie-updates main",
        f"deb {SIGNED} http://security.example/debian-security trixie-security main",
        f"deb {SIGNED} http://mirror.example/debian trixie-backports main"]


def test_nothing_is_wanted_from_bookworms_backports():
    assert "backports" not in debian.sources("bookworm", TARGETS)
    assert len(debian.sources("bookworm", TARGETS).splitlines()) == 3


def test_sid_is_one_line():
    assert debian.sources("sid", TARGETS) == f"deb {SIGNED} http://mirror.example/debian sid main\n"


def test_the_mirror_does_not_depend_on_the_order_of_apts_lists():
    assert debian.sources("trixie", TARGETS[::-1]) == debian.sources("trixie", TARGETS)


def test_without_a_mirror_of_its_own_debians_default():
    lines = debian.sources("bookworm", []).splitlines()
    assert lines[0] == f"deb {SIGNED} http://deb.debian.org/debian bookworm main"
    assert lines[2] == f"deb {SIGNED} http://deb.debian.org/debian-security bookworm-security main"


def test_only_settings_of_the_network_are_taken_over():
    dump = ('APT::Architecture "amd64";\nAcquire::http::Proxy "http://p:1";\n'
            'Acquire::https::CaInfo "/etc/ca.pem";\nAcquire::Retries "3";\n'
            'Acquire::Check-Valid-Until "false";\nAcquire::Languages "de";\n'
            'DPkg::Pre-Install-Pkgs:: "Acquire::Retries";\nAcquire::http::User-Agent "x";\n')
    assert debian.network_settings(dump).splitlines() == [
        'Acquire::http::Proxy "http://p:1";', 'Acquire::https::CaInfo "/etc/ca.pem";',
        'Acquire::Retries "3";', 'Acquire::Check-Valid-Until "false";']


def test_a_suite_belongs_to_a_release_and_to_archives():
    assert debian.release_of("trixie-backports") == "trixie"
    assert debian.archives_of("trixie-backports") == ["trixie-backports"]
    assert debian.archives_of("trixie") == ["trixie", "trixie-updates", "trixie-security"]
    assert debian.archives_of("sid") == ["sid"]
    assert debian.release_of("sid") == "sid"
