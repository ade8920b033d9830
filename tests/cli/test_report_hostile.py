# SPDX-License-Identifier: MIT
"""Files that say that they are a report: refused with an error, in bounded time and memory."""

import io
import json
import os
import resource
import subprocess
import tarfile

import pytest

MACHINE = {"schema": 1, "directory": "/", "environment": {}, "nodes": []}
NAME = "rocmfix-report/machine.json"


def compress(file, data):
    subprocess.run(["zstd", "-q", "-1", "-f", "-o", file], input=data, check=True)


def entry(name, content=b"", **more):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def archive(file, *entries, machine=MACHINE):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as tar:
        text = machine if isinstance(machine, bytes) else json.dumps(machine).encode()
        for info, content in [entry(NAME, text), *entries]:
            tar.addfile(info, io.BytesIO(content))
    compress(file, data.getvalue())
    return file


def doctor(build, environment, file, seconds=30):
    """With limits on what it may use."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))

    return subprocess.run([build / "bin/rocmfix", "doctor", "--root", file], env=environment,
                          capture_output=True, text=True, errors="replace", timeout=4 * seconds,
                          preexec_fn=limit, check=False)  # fmt: skip


@pytest.fixture(name="scratch")
def fixture_scratch(tmp_path, environment):
    """Where reports are unpacked: nothing stays there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    environment["TMPDIR"] = str(folder)
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture(name="refused")
def fixture_refused(build, environment, scratch):
    def refused(file, what):
        done = doctor(build, environment, file)
        assert done.returncode == 1, done.stdout + done.stderr
        assert what in done.stderr and "\nhint: " in done.stderr, done.stderr
        assert done.stderr.count("\n") == 2

    return refused


def test_a_small_report_is_none_of_them(build, environment, scratch, tmp_path):
    file = archive(tmp_path / "r", entry("etc/os-release", b"ID=debian\n"))
    assert doctor(build, environment, file).returncode == 3  # no GPU


def test_a_name_that_leads_out(refused, tmp_path):
    refused(archive(tmp_path / "r", entry("../out", b"x")), "'..'")
    refused(archive(tmp_path / "s", entry("etc/../../out", b"x")), "'..'")
    refused(archive(tmp_path / "t", entry(f"{tmp_path}/out", b"x")), "absolute")
    assert not (tmp_path / "out").exists()


def test_a_link_that_a_later_file_would_follow(refused, tmp_path):
    target = tmp_path / "victim"
    target.mkdir()
    link = entry("way", type=tarfile.SYMTYPE, linkname=str(target))
    refused(archive(tmp_path / "r", link, entry("way/file", b"x")), "cannot be in a folder")
    refused(archive(tmp_path / "s", link, entry("way", b"x")), "twice")
    assert list(target.iterdir()) == []


def test_a_link_out_leads_nowhere(build, environment, scratch, tmp_path):
    (tmp_path / "os-release").write_text('PRETTY_NAME="planted outside"\n')
    link = entry("etc/os-release", type=tarfile.SYMTYPE, linkname=str(tmp_path / "os-release"))
    done = doctor(build, environment, archive(tmp_path / "r", link))
    assert "planted outside" not in done.stdout


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_device(refused, tmp_path, kind):
    refused(archive(tmp_path / "r", entry("dev/x", type=kind)), "neither a file nor a folder nor a link")


def test_a_hard_link(refused, tmp_path):
    link = entry("etc/x", type=tarfile.LNKTYPE, linkname=NAME)
    refused(archive(tmp_path / "r", link), "is a hard link")


def test_a_file_twice(refused, tmp_path):
    refused(archive(tmp_path / "r", entry("a", b"1"), entry("a", b"2")), "twice")


def test_a_bomb_of_zeros(refused, tmp_path):
    size = 300 << 20
    info = tarfile.TarInfo("zeros")
    info.size = size
    data = info.tobuf() + bytes(size) + bytes(1024)
    file = tmp_path / "r"
    compress(file, data)
    assert file.stat().st_size < 1 << 20
    refused(file, "unpacks to more than 256 MiB")


def test_a_bomb_of_headers_without_an_entry(refused, tmp_path):
    """Global headers of pax: no entry comes of them."""
    block = tarfile.TarInfo.create_pax_global_header({"comment": "x" * 400})
    file = tmp_path / "r"
    compress(file, block * (700 * (1 << 20) // len(block)))
    refused(file, "it is")


def test_too_many_entries(refused, tmp_path):
    data = b"".join(tarfile.TarInfo(f"d/{number}").tobuf() for number in range(110_000))
    file = tmp_path / "r"
    compress(file, data)
    refused(file, "more than 100000 entries")


def test_a_file_that_says_that_it_is_huge(refused, tmp_path):
    info = tarfile.TarInfo("huge")
    info.size = 1 << 45
    file = tmp_path / "r"
    compress(file, info.tobuf(tarfile.GNU_FORMAT))
    refused(file, "too large")


def test_folders_nested_deeply(refused, tmp_path):
    refused(archive(tmp_path / "r", entry("/".join(["d"] * 100), b"x")), "nested too deeply")


def test_a_truncated_one(refused, build, environment, roots, tmp_path):
    whole = tmp_path / "whole"
    subprocess.run([build / "bin/rocmfix", "report", "--root", roots / "rx5600xt", "-o", whole],
                   env=environment, check=True, capture_output=True)  # fmt: skip
    data = whole.read_bytes()
    for number, size in enumerate((5, len(data) // 2, len(data) - 4)):
        file = tmp_path / f"r{number}"
        file.write_bytes(data[:size])
        refused(file, "is no report of rocmfix")


@pytest.mark.parametrize("machine", [b"", b"nonsense", b"[]", b'{"schema": 1}', b"{" * 100_000,
                                     b'{"schema":1,"environment":{"A":[]},"nodes":[]}',
                                     b'{"schema":1,"environment":{},"nodes":[{"path":"/a","mode":-1}]}'])  # fmt: skip
def test_metadata_of_a_wrong_form(refused, tmp_path, machine):
    refused(archive(tmp_path / "r", machine=machine), "is a damaged report")


def test_a_newer_one_says_so(build, environment, scratch, tmp_path):
    done = doctor(build, environment, archive(tmp_path / "r", machine={**MACHINE, "schema": 2}))
    assert done.returncode == 1 and "update" in done.stderr


def test_metadata_that_is_a_link_out(refused, tmp_path):
    outside = tmp_path / "machine.json"
    outside.write_text(json.dumps(MACHINE))
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        tar.addfile(entry(NAME, type=tarfile.SYMTYPE, linkname=str(outside))[0])
    compress(tmp_path / "r", data.getvalue())
    refused(tmp_path / "r", "it lacks rocmfix-report/machine.json")


def test_what_is_printed_of_it_obeys_no_terminal(build, environment, scratch, tmp_path):
    done = doctor(build, environment, archive(tmp_path / "r", entry("a\x1b[2J", type=tarfile.FIFOTYPE)))
    assert done.returncode == 1 and "\x1b" not in done.stderr


def test_a_folder_with_damaged_metadata(build, environment, tmp_path):
    folder = tmp_path / "d"
    (folder / "rocmfix-report").mkdir(parents=True)
    (folder / NAME).write_text("nonsense")
    done = doctor(build, environment, folder)
    assert done.returncode == 1 and "damaged report" in done.stderr
    os.unlink(folder / NAME)
    assert doctor(build, environment, folder).returncode == 3
