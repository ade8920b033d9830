# SPDX-License-Identifier: MIT
"""Commands whose program this environment does not reach: rocmfix-run says so, and prints the same
command with the environment carried in, the user's own words kept."""

import json
import shlex

import pytest

SET = {"HSA_ENABLE_SDMA": "0", "MIOPEN_FIND_MODE": "2", "UNKNOWN_TOKEN": "secret"}
VARIABLES = ["HSA_ENABLE_SDMA=0", "MIOPEN_FIND_MODE=2"]


def advice_of(launcher, *command, env=None, root="rx6700xt"):
    run = launcher("-n", "--json", "--no-hip", "--", *command, root=root,
                   env={**SET, **(env or {})})
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    (one,) = [item for item in document["advice"] if "; use: " in item["reason"]] or [None]
    return one and one["reason"].split("; use: ", 1)[1], document


def e(option):
    return [word for variable in VARIABLES for word in
            ([option + variable] if option.endswith("=") else [option, variable])]


DEVICES = ["--device=/dev/kfd", "--device=/dev/dri"]


@pytest.mark.parametrize(("command", "expected"), [
    (["docker", "run", "--rm", "-it", "rocm/pytorch", "python3", "a b.py"],
     ["docker", "run", *DEVICES, *e("-e"), "--rm", "-it", "rocm/pytorch", "python3", "a b.py"]),
    (["docker", "exec", "web", "python3"], ["docker", "exec", *e("-e"), "web", "python3"]),
    (["sudo", "docker", "run", "x"], ["sudo", "docker", "run", *DEVICES, *e("-e"), "x"]),
    (["nice", "-n", "5", "docker", "run", "x"],
     ["nice", "-n", "5", "docker", "run", *DEVICES, *e("-e"), "x"]),
    (["docker", "run", "--device", "/dev/kfd", "--device=/dev/dri", "x"],
     ["docker", "run", *e("-e"), "--device", "/dev/kfd", "--device=/dev/dri", "x"]),
    (["docker", "run", "-e", "HSA_ENABLE_SDMA=1", "--privileged", "x"],
     ["docker", "run", "-e", "MIOPEN_FIND_MODE=2", "-e", "HSA_ENABLE_SDMA=1", "--privileged", "x"]),
    (["podman", "run", "x"],
     ["podman", "run", *DEVICES, "--group-add=keep-groups", *e("-e"), "x"]),
    (["docker", "compose", "run", "web"], ["docker", "compose", "run", *e("-e"), "web"]),
    (["toolbox", "run", "python3"], ["toolbox", "run", *e("--env="), "python3"]),
    (["flatpak", "run", "org.x.Y"],
     ["flatpak", "run", "--device=all", *e("--env="), "org.x.Y"]),
    (["systemd-run", "--user", "python3", "x.py"],
     ["systemd-run", *e("--setenv="), "--user", "python3", "x.py"]),
    (["machinectl", "shell", "box", "/bin/x"],
     ["machinectl", "shell", *e("--setenv="), "box", "/bin/x"]),
    (["ssh", "-p", "22", "host", "python3", "x.py"],
     ["ssh", "-p", "22", "host", "env", *VARIABLES, "rocmfix-run", "python3", "x.py"]),
    (["sudo", "-u", "me", "python3", "x.py"],
     ["sudo", "-u", "me", "env", *VARIABLES, "rocmfix-run", "python3", "x.py"]),
    (["apptainer", "exec", "--cleanenv", "i.sif", "x"],
     ["apptainer", "exec", "--rocm", *e("--env"), "--cleanenv", "i.sif", "x"]),
])  # fmt: skip
def test_the_command_is_printed_with_the_environment(launcher, command, expected):
    line, document = advice_of(launcher, *command)
    words = [word for word in shlex.split(line) if not word.startswith("--group-add=") or
             word == "--group-add=keep-groups"]
    assert words == expected
    assert "UNKNOWN_TOKEN" not in json.dumps(document["advice"])


def test_a_service_gets_its_drop_in(launcher):
    line, _ = advice_of(launcher, "systemctl", "restart", "ollama")
    assert line == ("systemctl edit ollama, there [Service] with Environment=HSA_ENABLE_SDMA=0 "
                    "Environment=MIOPEN_FIND_MODE=2; then systemctl restart ollama")
    line, _ = advice_of(launcher, "systemctl", "--user", "start", "comfy")
    assert line.startswith("systemctl --user edit comfy, there")


@pytest.mark.parametrize("command", [
    ["systemd-run", "--scope", "python3"], ["sudo", "-E", "/bin/true"], ["srun", "-n", "2", "x"],
    ["distrobox", "enter", "box", "--", "x"], ["apptainer", "exec", "--rocm", "i.sif", "x", "-c"],
    ["env", "A=1", "/bin/true", "-i"], ["/bin/true"],
])  # fmt: skip
def test_a_command_that_keeps_the_environment_gets_no_line(launcher, command):
    assert advice_of(launcher, *command)[0] is None


def test_nothing_is_advised_that_is_there_already(launcher):
    line, _ = advice_of(launcher, "docker", "run", "--privileged", "--group-add", "video",
                        *e("-e"), "image")
    assert line is None


def test_on_a_card_that_needs_no_examination_it_is_said_too(launcher):
    line, _ = advice_of(launcher, "docker", "run", "x", root="rx6900xt")
    assert line.startswith("docker run --device=/dev/kfd")


@pytest.mark.parametrize("words", [["-e", "HSA_OVERRIDE_GFX_VERSION=10.3.0"],
                                   ["--env=HSA_OVERRIDE_GFX_VERSION=10.3.0"],
                                   ["-eHSA_OVERRIDE_GFX_VERSION=10.3.0"]])  # fmt: skip
def test_what_the_command_sets_for_the_program_is_judged(launcher, words):
    _, document = advice_of(launcher, "docker", "run", *words, "x", root="rx5600xt")
    (warning,) = document["warnings"]
    assert warning["name"] == "HSA_OVERRIDE_GFX_VERSION"
    assert "different instruction set" in warning["reason"]
    _, document = advice_of(launcher, "podman", "run", "--env", "HSA_OVERRIDE_GFX_VERSION=gfx1030",
                            "x")
    assert "three numbers separated by points" in document["warnings"][0]["reason"]


def test_the_warning_is_on_stderr_and_the_command_still_runs(launcher, tmp_path):
    tool = tmp_path / "docker"
    tool.write_text("#!/bin/sh\necho \"ran $*\"\n")
    tool.chmod(0o755)
    run = launcher("--no-hip", "--", tool, "run", "x", root="rx6700xt")
    assert run.returncode == 0
    assert run.stdout == "ran run x\n"
    assert "has its own libraries and gets no variables from this environment; use: " in run.stderr


def test_print_container(launcher):
    run = launcher("--print-container", "--no-hip", root="rx6700xt", env=SET)
    assert run.returncode == 0, run.stderr
    docker, podman = run.stdout.splitlines()[:2]
    assert shlex.split(docker)[:4] == ["docker", "run", *DEVICES]
    assert shlex.split(podman)[:5] == ["podman", "run", *DEVICES, "--group-add=keep-groups"]
    for line in (docker, podman):
        assert [word for word in shlex.split(line) if word in VARIABLES] == VARIABLES
        assert line.endswith(" IMAGE COMMAND")
    document = json.loads(launcher("--print-container", "--json", "--no-hip", root="rx6700xt",
                                   env=SET).stdout)
    assert document["devices"] == ["/dev/kfd", "/dev/dri"]
    assert document["variables"]["HSA_ENABLE_SDMA"] == "0"
    assert "UNKNOWN_TOKEN" not in document["variables"]


def test_print_container_mounts_the_interposer(launcher):
    document = json.loads(launcher("--print-container", "--json", root="rx6700xt").stdout)
    (mount,) = document["mounts"]
    assert mount["source"].endswith("librocmfix-hip.so")
    assert document["variables"]["LD_PRELOAD"] == mount["target"]


def test_without_a_supported_gpu_there_is_nothing_to_print(launcher):
    run = launcher("--print-container", root="rx7900xtx")
    assert run.returncode == 125
    assert "no RDNA1 or RDNA2 GPU here" in run.stderr
