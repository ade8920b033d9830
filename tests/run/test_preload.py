# SPDX-License-Identifier: MIT
"""The interposer in the HIP process, and the simulated card: what the launcher preloads, and the
variables it passes on. What the interposer does with them is tested in tests/hip."""

import json
import re
import shutil
import subprocess

import pytest

UNSUPPORTED = ("rx7900xtx", "mi210", "no-amd")
SUPPORTED = ("rx5600xt", "rx6900xt", "rx6800-raphael", "not-loaded")


def environment(run):
    assert run.returncode == 0, run.stderr
    return dict(entry.split("=", 1) for entry in run.stdout.split("\0") if entry)


def inside(launcher, *options, root="rx5600xt", env=None):
    return environment(launcher(*options, "env", "-0", root=root, env=env))


@pytest.fixture
def layer(program):
    return str(program.parents[1] / "lib" / "librocmfix-hip.so")


@pytest.fixture
def simulator(program):
    return str(program.parents[1] / "lib" / "librocmfix-sim.so")


@pytest.mark.parametrize("root", SUPPORTED)
def test_the_interposer_is_preloaded_and_named_to_rocr(launcher, layer, root):
    variables = inside(launcher, root=root)
    assert variables["LD_PRELOAD"] == layer
    assert variables["HSA_TOOLS_LIB"] == layer


@pytest.mark.parametrize("root", UNSUPPORTED)
def test_without_a_supported_gpu_nothing_is_preloaded(launcher, root):
    options = ("--coherence", "all", "--oom=host", "--vram-cap=1G", "--no-hip", "-q")
    variables = inside(launcher, *options, root=root)
    assert variables == launcher.base


@pytest.mark.parametrize(
    ("users", "joined"),
    [
        ("libm.so.6", "libm.so.6:{}"),
        ("libm.so.6 libdl.so.2", "libm.so.6 libdl.so.2:{}"),
        ("libm.so.6:libdl.so.2", "libm.so.6:libdl.so.2:{}"),
        ("libm.so.6:", "libm.so.6:{}"),
        ("libm.so.6 ", "libm.so.6 {}"),
        ("", "{}"),
    ],
)
def test_the_users_preload_stays_and_is_first(launcher, layer, users, joined):
    assert inside(launcher, env={"LD_PRELOAD": users})["LD_PRELOAD"] == joined.format(layer)


def test_a_preload_of_the_users_is_really_loaded_with_ours(launcher, layer):
    run = launcher("cat", "/proc/self/maps", root="rx5600xt", env={"LD_PRELOAD": "libm.so.6"})
    assert layer in run.stdout
    assert re.search(r"/libm\.so\.6$", run.stdout, re.MULTILINE)
    assert run.stderr == ""


def test_a_launch_inside_a_launch_adds_nothing(launcher, layer):
    again = launcher.command("env", "-0", root="rx5600xt")
    variables = environment(launcher(*again, root="rx5600xt"))
    assert variables["LD_PRELOAD"] == layer
    assert variables["HSA_TOOLS_LIB"] == layer


@pytest.mark.parametrize("users", ["/opt/roctracer.so", ""])
def test_the_users_tools_library_is_kept_and_the_consequence_reported(launcher, layer, users):
    run = launcher("env", "-0", root="rx5600xt", env={"HSA_TOOLS_LIB": users})
    assert environment(run)["HSA_TOOLS_LIB"] == users
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"rocmfix-run: warning: HSA_TOOLS_LIB={users}: yours is kept")
    assert f"add {layer} to it" in line
    both = f"{users} {layer}".strip()
    run = launcher("env", "-0", root="rx5600xt", env={"HSA_TOOLS_LIB": both})
    assert environment(run)["HSA_TOOLS_LIB"] == both
    assert run.stderr == ""


VARIABLES = {
    "--coherence": ("ROCMFIX_COHERENCE", ["auto", "data", "all", "off"], ["yes", ""]),
    "--communicators": ("ROCMFIX_COMMUNICATORS", ["libring", "libring,libown-"],
                        ["lib", "libring,", "/opt/libring.so", ""]),
    "--vram-cap": ("ROCMFIX_VRAM_CAP", ["0.5", "80%", "5G", "5368709120", "off"],
                   ["1", "1.5", "-1", "5T", "0", "200%", ""]),
    "--oom": ("ROCMFIX_OOM", ["fail", "host"], ["swap", ""]),
}


@pytest.mark.parametrize("option", VARIABLES)
def test_an_option_is_handed_on_by_its_variable(launcher, option):
    variable, good, bad = VARIABLES[option]
    for value in good:
        assert inside(launcher, option, value)[variable] == value
        assert inside(launcher, option, value, env={variable: "nonsense"})[variable] == value
        assert inside(launcher, env={variable: value})[variable] == value
    for value in bad:
        run = launcher(option, value, "true", root="rx5600xt")
        assert run.returncode == 2
        assert re.match(rf"error: {option}: not understood: '{value}'\nhint: .+\n", run.stderr)
        if value:  # a variable set to nothing counts as not set
            run = launcher("true", root="rx5600xt", env={variable: value})
            assert run.returncode == 2
            assert re.match(rf"error: {variable}: not understood: '{value}'\nhint: ", run.stderr)
    assert variable not in inside(launcher)


def root_with_communicators(roots, tmp_path, text):
    root = tmp_path / "root"
    shutil.copytree(roots / "rx5600xt", root, symlinks=True)
    (root / "etc/rocmfix").mkdir(parents=True, exist_ok=True)
    (root / "etc/rocmfix/communicators.toml").write_text(text)
    return root


ADDED = """
[[communicator]]
name = "ours"
starts_with = ["libring", "libown-"]
"""


def test_the_administrators_communicators_are_handed_on(launcher, roots, tmp_path):
    root = root_with_communicators(roots, tmp_path, ADDED)
    variable = "ROCMFIX_COMMUNICATORS"
    assert inside(launcher, root=root)[variable] == "libring,libown-"
    assert inside(launcher, root=root, env={variable: "libmine"})[variable] == \
        "libmine,libring,libown-"
    assert inside(launcher, "--communicators", "libmine", root=root)[variable] == \
        "libmine,libring,libown-"
    assert inside(launcher, root=root, env={variable: "libown-,libring"})[variable] == \
        "libown-,libring", "a launch inside a launch adds nothing"
    assert variable not in inside(launcher, "--no-hip", root=root)


@pytest.mark.parametrize("text", ["[[communicator]]\nname = 'x'\n",
                                  "[[communicator]]\nname = 'x'\nstarts_with = ['lib']\n",
                                  "[[communicator]]\nname = 'x'\nstarts_with = ['/opt/libx.so']\n",
                                  "[[comunicator]]\nname = 'x'\n", "x = ["])
def test_a_file_of_communicators_that_cannot_be_used_runs_nothing(launcher, roots, tmp_path, text):
    run = launcher("true", root=root_with_communicators(roots, tmp_path, text))
    assert run.returncode == 125
    assert re.search(r"^error: .*communicators.toml:\d+: .+\nhint: ", run.stderr, re.MULTILINE)


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_no_hip(launcher, how):
    options = ("--no-hip",) if how == "flag" else ()
    env = {} if how == "flag" else {"ROCMFIX_HIP": "0"}
    variables = inside(launcher, *options, env=env)
    assert "LD_PRELOAD" not in variables
    assert "HSA_TOOLS_LIB" not in variables
    assert variables["ROCMFIX_HIP"] == "0"


def test_verbose_is_the_layers_too(launcher):
    assert inside(launcher, "-v")["ROCMFIX_VERBOSE"] == "1"
    assert inside(launcher, "-q", env={"ROCMFIX_VERBOSE": "1"})["ROCMFIX_VERBOSE"] == "0"
    assert "ROCMFIX_VERBOSE" not in inside(launcher)


def test_dry_run_shows_it(launcher, layer):
    run = launcher("-n", "--vram-cap", "5G", root="rx5600xt", env={"LD_PRELOAD": "libm.so.6"})
    assert f"  LD_PRELOAD=libm.so.6:{layer}\n" in run.stdout
    assert f"  HSA_TOOLS_LIB={layer}\n" in run.stdout
    assert "  ROCMFIX_VRAM_CAP=5G\n      --vram-cap\n" in run.stdout


def test_a_missing_interposer_is_an_error_with_a_way_out(launcher, program, tmp_path):
    alone = tmp_path / "bin" / "rocmfix-run"
    alone.parent.mkdir()
    shutil.copy(program, alone)
    launcher.program = alone
    run = launcher("echo", "ran", root="rx5600xt")
    assert (run.returncode, run.stdout) == (125, "")
    assert re.match(r"error: there is no .*/librocmfix-hip.so, nor .*\nhint: .*--no-hip", run.stderr)
    assert launcher("--no-hip", "echo", "ran", root="rx5600xt").stdout == "ran\n"
    assert launcher("echo", "ran", root="no-amd").stdout == "ran\n"
    run = launcher("--simulate", "rx5600xt", "echo", "ran")
    assert (run.returncode, run.stdout) == (125, "")
    assert "hint: sudo apt install rocmfix-sim" in run.stderr


def test_a_path_that_ld_preload_cannot_name_is_an_error(launcher, program, layer, tmp_path):
    for folder in ("bin", "lib"):
        (tmp_path / "a b" / folder).mkdir(parents=True)
    shutil.copy(program, tmp_path / "a b" / "bin")
    shutil.copy(layer, tmp_path / "a b" / "lib")
    launcher.program = tmp_path / "a b" / "bin" / program.name
    run = launcher("true", root="rx5600xt")
    assert run.returncode == 125
    assert "error: LD_PRELOAD cannot contain a path with a space or a colon" in run.stderr


def test_installed_next_to_the_libraries(launcher, program, layer, tmp_path):
    """As a package has it: bin/ and lib/TRIPLET/rocmfix/."""
    (tmp_path / "bin").mkdir()
    shutil.copy(program, tmp_path / "bin")
    directory = subprocess.run(
        ["sh", "-c", f"strings -n 6 '{program}' | grep -m1 -x 'lib.*/rocmfix/'"],
        capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / directory).mkdir(parents=True)
    shutil.copy(layer, tmp_path / directory)
    launcher.program = tmp_path / "bin" / program.name
    assert inside(launcher)["LD_PRELOAD"] == f"{tmp_path}/{directory}librocmfix-hip.so"


def test_the_simulator_is_before_the_interposer_and_after_the_users(launcher, layer, simulator):
    run = launcher("--simulate", "rx5600xt", "env", "-0", env={"LD_PRELOAD": "libm.so.6"})
    variables = environment(run)
    assert variables["LD_PRELOAD"] == f"libm.so.6:{simulator}:{layer}"
    assert variables["ROCMFIX_SIM"] == "rx5600xt"


def test_the_variable_simulates_too(launcher, layer, simulator):
    env = {"ROCMFIX_SIM": "rx6700xt", "ROCMFIX_PROFILE": "original"}
    variables = environment(launcher("env", "-0", env=env))
    assert variables["LD_PRELOAD"] == f"{simulator}:{layer}"
    assert variables["HSA_OVERRIDE_GFX_VERSION"] == "10.3.0"


def test_another_card_inside_a_simulation(launcher, layer, simulator):
    inner = launcher.command("--simulate", "rx6700xt", "env", "-0")
    env = {"ROCMFIX_PROFILE": "original"}
    variables = environment(launcher("--simulate", "rx5600xt", *inner, env=env))
    assert variables["ROCMFIX_SIM"] == "rx6700xt"
    assert variables["LD_PRELOAD"] == f"{simulator}:{layer}"
    assert variables["HSA_OVERRIDE_GFX_VERSION"] == "10.3.0"


def test_a_simulated_dry_run_tells_the_truth(launcher):
    env = {"LD_PRELOAD": "libm.so.6"}
    run = launcher("--simulate", "rx6700xt", "-n", "--json", "true", env=env)
    announced = {item["name"]: item["value"] for item in json.loads(run.stdout)["set"]}
    variables = environment(launcher("--simulate", "rx6700xt", "env", "-0", env=env))
    variables.pop("ROCMFIX_VERSION")
    for ours in ("ROCMFIX_REPORT_FD", "ROCMFIX_REPORT_TAG"):  # the supervisor's, others each time
        variables.pop(ours, None)
    given = {**launcher.base, **env}
    assert announced == {name: value for name, value in variables.items()
                         if given.get(name) != value}


def test_a_simulator_that_does_not_load_is_an_error_and_no_loop(launcher, program, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib").mkdir()
    shutil.copy(program, tmp_path / "bin")
    (tmp_path / "lib" / "librocmfix-sim.so").write_text("no library")
    launcher.program = tmp_path / "bin" / program.name
    run = launcher("--simulate", "rx5600xt", "true")
    assert run.returncode == 125
    assert "error: the simulator was not loaded" in run.stderr
