# SPDX-License-Identifier: MIT
"""What rocmfix-run sets, keeps and warns about, machine by machine; and that it does no more."""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

OVERRIDE = "HSA_OVERRIDE_GFX_VERSION"

# What depends on the program's GPU code, of which env(1) has none: test_program.py.
SET_BY_SAFE = {
    "rx5600xt": {},
    "rx5500xt": {},
    "rx6600xt": {},
    "rx6700xt": {},
    "rx6900xt": {},
    "rx6800-raphael": {},
    "rx7900xtx": {},
    "mi210": {},
    "no-amd": {},
    "not-loaded": {},
}
UNSUPPORTED = ("rx7900xtx", "mi210", "no-amd")
SUPPORTED = tuple(root for root in SET_BY_SAFE if root not in UNSUPPORTED)
# origin.md's values, to the letter
SET_BY_ORIGINAL = {
    "HSA_USE_SVM": "0",
    "HSA_XNACK": "0",
    "HSA_FORCE_FINE_GRAIN_PCIE": "1",
    OVERRIDE: "10.3.0",
    "PYTORCH_NO_HIP_MEMORY_CACHING": "1",
}


def environment(run):
    return dict(entry.split("=", 1) for entry in run.stdout.split("\0") if entry)


def version(launcher):
    return launcher("--version").stdout.split()[1]


def added_by(launcher, *options, root, env=None):
    """What the child has more than it was given; and that nothing it was given is changed. The
    layer has tests of its own, in test_preload.py."""
    run = launcher(*options, "--no-hip", "env", "-0", root=root, env=env)
    assert run.returncode == 0
    inside = environment(run)
    given = {**launcher.base, **(env or {})}
    assert {name: inside.get(name) for name in given} == given
    added = {name: value for name, value in inside.items() if name not in given}
    assert added.pop("ROCMFIX_HIP", None) == ("0" if root in SUPPORTED else None)
    return added


@pytest.mark.parametrize("root", SET_BY_SAFE)
def test_the_safe_profile(launcher, root):
    expected = dict(SET_BY_SAFE[root])
    if root in SUPPORTED:
        expected["ROCMFIX_VERSION"] = version(launcher)
    assert added_by(launcher, root=root) == expected


@pytest.mark.parametrize("root", SET_BY_SAFE)
@pytest.mark.parametrize("how", ["flag", "variable"])
def test_the_original_profile(launcher, root, how):
    options = ("--profile", "original") if how == "flag" else ()
    env = {"ROCMFIX_PROFILE": "original"} if how == "variable" else {}
    added = added_by(launcher, *options, root=root, env=env)
    added.pop("ROCMFIX_VERSION", None)
    assert added == (SET_BY_ORIGINAL if root in SUPPORTED else {})


def test_the_flag_wins_over_the_variable(launcher):
    added = added_by(
        launcher, "--profile=safe", root="rx6900xt", env={"ROCMFIX_PROFILE": "original"}
    )
    assert added == {"ROCMFIX_VERSION": version(launcher)}


@pytest.mark.parametrize("value", ["11.0.0", "", "10.3.0"])
def test_the_users_value_wins_even_when_it_is_empty(launcher, value):
    added = added_by(launcher, root="rx6700xt", env={OVERRIDE: value})
    assert OVERRIDE not in added  # and added_by() has seen that it is unchanged


def test_an_empty_value_is_announced_as_yours_and_not_as_unset(launcher):
    run = launcher("-n", "--json", root="rx6700xt", env={OVERRIDE: ""})
    document = json.loads(run.stdout)
    assert OVERRIDE not in [item["name"] for item in document["set"]]
    assert [(item["name"], item["value"]) for item in document["warnings"]] == [(OVERRIDE, "")]


def test_the_child_gets_this_version_and_no_older_one_survives(launcher):
    run = launcher("env", "-0", root="rx6700xt", env={"ROCMFIX_VERSION": "0.0.0"})
    assert environment(run)["ROCMFIX_VERSION"] == version(launcher)


HARMFUL = {
    "HSA_DISABLE_CACHE": "1",
    "HSA_FORCE_FINE_GRAIN_PCIE": "1",
    "HIP_HOST_COHERENT": "1",
    "PYTORCH_TUNABLEOP_ENABLED": "1",
}
HARMLESS = {
    "HSA_DISABLE_CACHE": "0",
    "HSA_FORCE_FINE_GRAIN_PCIE": "",
    "HIP_HOST_COHERENT": "0",
    "HSA_XNACK": "0",
    "GPU_MAX_ALLOC_PERCENT": "80",
    "HSA_ENABLE_SDMA": "0",
}


@pytest.mark.parametrize("root", SET_BY_SAFE)
def test_harmful_settings_are_named_only_where_they_do_harm(launcher, root):
    run = launcher("true", root=root, env=HARMFUL)
    lines = run.stderr.splitlines()
    if root in UNSUPPORTED:
        assert lines == []
        return
    assert len(lines) == len(HARMFUL)
    for name, value in HARMFUL.items():
        (line,) = [line for line in lines if f" {name}={value}: " in line]
        # name, value, why, source
        assert re.fullmatch(rf"rocmfix-run: warning: {name}={value}: .{{20,}} \[.+\]", line)


@pytest.mark.parametrize("root", SET_BY_SAFE)
def test_harmless_settings_are_not_mentioned(launcher, root):
    assert launcher("true", root=root, env=HARMLESS).stderr == ""


@pytest.mark.parametrize(
    ("root", "harmful"),
    [
        ("rx5600xt", True),  # another instruction set: a known cause of the fault
        ("rx5500xt", True),
        ("rx6700xt", False),
        ("rx6900xt", False),
        ("rx6800-raphael", False),
        ("rx7900xtx", False),  # not ours to judge
        ("mi210", False),
    ],
)
def test_the_gfx_override_is_judged_by_the_card(launcher, root, harmful):
    run = launcher("true", root=root, env={OVERRIDE: "10.3.0"})
    assert ("warning: HSA_OVERRIDE_GFX_VERSION=10.3.0" in run.stderr) == harmful
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("options", "env"), [(("--quiet",), {}), (("-q",), {}), ((), {"ROCMFIX_QUIET": "1"})]
)
def test_quiet_means_no_warnings(launcher, options, env):
    run = launcher(*options, "true", root="rx5600xt", env={**HARMFUL, **env})
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("options", "env"), [(("--verbose",), {}), (("-v",), {}), ((), {"ROCMFIX_VERBOSE": "yes"})]
)
def test_verbose_says_what_is_set_and_what_is_kept(launcher, options, env):
    original = ("--profile", "original", *options)
    run = launcher(*original, "true", root="rx6700xt", env=env)
    assert f"rocmfix-run: set {OVERRIDE}=10.3.0: " in run.stderr
    assert "gfx1031" in run.stderr
    run = launcher(*original, "true", root="rx6700xt", env={**env, OVERRIDE: "11.0.0"})
    assert f"rocmfix-run: kept {OVERRIDE}=11.0.0 (yours)" in run.stderr
    assert f"rocmfix-run: set {OVERRIDE}" not in run.stderr
    run = launcher(*options, "true", root="rx6700xt", env=env)
    assert f"rocmfix-run: {OVERRIDE} is not set: none is proposed" in run.stderr
    run = launcher(*options, "true", root="no-amd", env=env)
    assert run.stderr == "rocmfix-run: no supported GPU: nothing is set for one\n"


def test_a_value_cannot_break_out_of_its_line(launcher):
    value = "1\nrocmfix-run: \x1b[31mowned"
    run = launcher("true", root="rx5600xt", env={"HSA_DISABLE_CACHE": value})
    assert len(run.stderr.splitlines()) == 1
    assert r"HSA_DISABLE_CACHE=1\x0arocmfix-run: \x1b[31mowned: " in run.stderr


def execute_with_exact_environment(command, entries):
    """execve(2) itself: Python's own calls cannot hand over entries such as these."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(writer, 1)
            libc = ctypes.CDLL(None)
            strings = [ctypes.c_char_p(os.fsencode(item)) for item in command]
            argv = (ctypes.c_char_p * (len(strings) + 1))(*[s.value for s in strings], None)
            envp = (ctypes.c_char_p * (len(entries) + 1))(*entries, None)
            libc.execve(argv[0], argv, envp)
        finally:
            os._exit(99)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        output = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return output


ODD_ENTRIES = [
    b"NO_EQUALS_SIGN",
    b"=no name",
    b"TWICE=1",
    b"TWICE=2",
    b"BYTES=\xff\xfe",
    b"LD_PRELOAD=",
    b"LINES=a\nb",
    b"EMPTY=",
    b"HSA_USE_SVM=",
    b"HSA_USE_SVM=second",
]


def test_odd_entries_survive_byte_for_byte_and_in_order(launcher):
    cat = [shutil.which("cat"), "/proc/self/environ"]
    direct = execute_with_exact_environment(cat, ODD_ENTRIES)
    assert direct == b"".join(entry + b"\0" for entry in ODD_ENTRIES)
    command = launcher.command(*cat, root="no-amd")
    assert execute_with_exact_environment(command, ODD_ENTRIES) == direct
    command = launcher.command("--no-hip", "--profile=original", *cat, root="rx6700xt")
    through = execute_with_exact_environment(command, ODD_ENTRIES)
    assert through.startswith(direct)
    added = through[len(direct) :].split(b"\0")
    assert b"HSA_XNACK=0" in added
    assert not [entry for entry in added if entry.startswith((b"LD_", b"HSA_USE_SVM"))]
    assert b"ROCMFIX_HIP=0" in added


# ---------------------------------------------------------------- --dry-run


def test_a_dry_run_prints_everything_and_runs_nothing(launcher, tmp_path):
    made = tmp_path / "made it"
    env = {OVERRIDE: "11.0.0", "HSA_DISABLE_CACHE": "1"}
    run = launcher("--dry-run", "--profile=original", "touch", made, root="rx5600xt", env=env)
    assert run.returncode == 0
    assert run.stderr == ""
    assert not made.exists()
    set_part, kept_part = run.stdout.split("would keep as you set it:\n")
    assert "gfx1010" in set_part
    assert "profile: original\n" in set_part
    assert re.search(r"\n  HSA_XNACK=0\n      \S.{10,}\n", set_part)
    assert OVERRIDE not in set_part
    assert f"  {OVERRIDE}=11.0.0\n" in kept_part
    assert re.search(r"\nwarning: HSA_DISABLE_CACHE=1\n      \S.* \[.+\]\n", kept_part)
    assert run.stdout.endswith(f"command: touch '{made}'\n")


@pytest.mark.parametrize("root", SET_BY_SAFE)
@pytest.mark.parametrize("profile", ["safe", "original"])
def test_a_dry_run_tells_the_truth(launcher, root, profile):
    """What --dry-run --json announces is what the child then has."""
    options = ("--profile", profile)
    env = {"HSA_XNACK": "1", "LD_PRELOAD": "libm.so.6"}
    run = launcher("--dry-run", "--json", *options, "true", root=root, env=env)
    announced = json.loads(run.stdout)
    inside = environment(launcher(*options, "env", "-0", root=root, env=env))
    added = {name: value for name, value in inside.items()
             if {**launcher.base, **env}.get(name) != value}
    # The supervisor's, others each time.
    for ours in ("ROCMFIX_VERSION", "ROCMFIX_REPORT_FD", "ROCMFIX_REPORT_TAG"):
        added.pop(ours, None)
    assert {item["name"]: item["value"] for item in announced["set"]} == added
    assert all(item["reason"] for item in announced["set"])


def test_dry_run_json_has_what_is_kept_and_what_is_warned_about(launcher):
    env = {OVERRIDE: "10.3.0", "HSA_XNACK": "1", "HSA_DISABLE_CACHE": "1"}
    run = launcher(
        "--dry-run", "--json", "--profile=original", "true", root="rx5600xt", env=env
    )
    document = json.loads(run.stdout)
    assert document["schema"] == 1
    assert [item["name"] for item in document["kept"]] == ["HSA_XNACK"]
    warned = {item["name"]: item for item in document["warnings"]}
    assert {OVERRIDE, "HSA_DISABLE_CACHE"} <= set(warned)
    assert warned[OVERRIDE]["value"] == "10.3.0"
    assert warned[OVERRIDE]["source"]
    assert run.stdout.endswith("}\n")


@pytest.mark.parametrize("root, options, said", [
    ("rx5600xt", (), "after a GPU fault: a report\n"),
    ("rx5600xt", ("--retries", "3"), "after a GPU fault: a report, and the command again, 3 times at most\n"),
    ("no-amd", (), None),
    ("no-amd", ("--retries", "1"), "and the command again, 1 times at most\n"),
])  # fmt: skip
def test_a_dry_run_says_what_happens_after_a_fault(launcher, root, options, said):
    run = launcher("--dry-run", *options, "true", root=root)
    assert said in run.stdout if said else "fault" not in run.stdout


def test_a_dry_run_needs_no_command(launcher):
    run = launcher("-n", "--profile=original", root="rx6700xt")
    assert run.returncode == 0
    assert f"{OVERRIDE}=10.3.0" in run.stdout
    assert "command:" not in run.stdout


@pytest.mark.parametrize("root", UNSUPPORTED)
def test_a_dry_run_without_a_supported_gpu_says_so(launcher, root):
    run = launcher("--dry-run", "true", root=root, env=HARMFUL)
    assert "no supported GPU" in run.stdout
    assert "warning" not in run.stdout
    assert run.returncode == 0


def test_the_root_can_come_from_the_variable_and_the_flag_wins(launcher, roots):
    env = {"ROCMFIX_ROOT": str(roots / "rx6700xt"), "ROCMFIX_PROFILE": "original"}
    assert f"{OVERRIDE}=10.3.0" in launcher("-n", "true", env=env).stdout
    assert OVERRIDE not in launcher("-n", "true", root="no-amd", env=env).stdout


def test_nothing_is_written_into_the_root(launcher, roots, tmp_path):
    copy = tmp_path / "root"
    shutil.copytree(roots / "rx6700xt", copy, symlinks=True)
    before = snapshot(copy)
    assert launcher("--root", copy, "true").returncode == 0
    assert launcher("--root", copy, "-n", "true").returncode == 0
    assert snapshot(copy) == before


def snapshot(folder):
    listing = subprocess.run(
        ["find", ".", "-printf", "%p %y %m %s %T@ %l\n"], cwd=folder, capture_output=True, check=True
    ).stdout
    assert len(listing) > 1000
    return sorted(listing.splitlines())


def test_the_example_of_the_readme_runs_to_its_end(launcher):
    """A Python program as the command, as users have it."""
    code = "import os; print(os.environ['ROCMFIX_VERSION'])"
    run = launcher(sys.executable, "-c", code, root="rx6700xt")
    assert run.stdout == f"{version(launcher)}\n"


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_no_plan_sets_and_warns_about_nothing_of_it(launcher, how):
    options = ("--no-plan",) if how == "flag" else ()
    env = {"HSA_OVERRIDE_GFX_VERSION": "9.0.0"} | ({} if how == "flag" else {"ROCMFIX_PLAN": "0"})
    added = added_by(launcher, *options, "--profile", "original", root="rx5600xt", env=env)
    assert added == {"ROCMFIX_VERSION": version(launcher)}
    run = launcher(*options, "--no-hip", "true", root="rx5600xt", env=env)
    assert run.stderr == ""
    assert "9.0.0" in launcher("--no-hip", "true", root="rx5600xt",
                               env={"HSA_OVERRIDE_GFX_VERSION": "9.0.0"}).stderr


def test_a_switch_of_the_plan_that_is_not_understood_runs_nothing(launcher):
    run = launcher("true", root="rx5600xt", env={"ROCMFIX_PLAN": "perhaps"})
    assert run.returncode == 2
    assert "ROCMFIX_PLAN" in run.stderr
