# SPDX-License-Identifier: MIT
"""HSA_OVERRIDE_GFX_VERSION by what the program carries: rocmfix-run examines the program's files and
runs none of them."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import carried

OVERRIDE = "HSA_OVERRIDE_GFX_VERSION"
PRINT = "import os; print(os.environ.get('HSA_OVERRIDE_GFX_VERSION', 'not set'))\n"

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture(scope="module")
def venvs(tmp_path_factory):
    """venvs("gfx1030", ...): a virtual environment whose torch carries these, made once."""
    made = {}

    def get(*targets):
        if targets not in made:
            # What a shell would take for a pattern is a name like any other.
            folder = tmp_path_factory.mktemp("venv") / f"[{'-'.join(targets)}]*"
            made[targets] = carried.venv(folder, targets)
            (folder / "train.py").write_text(PRINT)
        return made[targets]

    return get


@pytest.fixture
def cache(tmp_path):
    return {"XDG_CACHE_HOME": str(tmp_path / "cache")}


def plan_of(launcher, root, *command, env=None):
    """What --dry-run --json says, without the interposer's part: (value or None, warnings, advice)."""
    run = launcher("-n", "--json", "--no-hip", *command, root=root, env=env)
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    value = {item["name"]: item["value"] for item in document["set"]}.get(OVERRIDE)
    warnings = [item for item in document["warnings"] if item["name"].startswith(OVERRIDE)]
    return value, warnings, document["advice"]


# ---------------------------------------------------------------- the decision


@pytest.mark.parametrize(("root", "targets", "value", "said"), [
    ("rx6700xt", ["gfx1030"], "10.3.0", None),
    ("rx6600xt", ["gfx1030"], "10.3.0", None),
    ("rx6700xt", ["gfx1031"], None, None),
    ("rx6600xt", ["gfx1032"], None, None),
    ("rx6700xt", ["gfx10-3-generic"], None, None),
    ("rx6700xt", ["gfx1030", "gfx1031"], None, None),
    ("rx6700xt", ["gfx1100", "gfx90a"], None, "another build"),
    ("rx6900xt", ["gfx1030"], None, None),
    ("rx5600xt", ["gfx1030"], None, "another build"),
    ("rx5600xt", ["gfx1010"], None, None),
    ("rx5500xt", ["gfx1030"], None, "another build"),
    ("rx5500xt", ["gfx1010"], None, "some people use export HSA_OVERRIDE_GFX_VERSION=10.1.0"),
])  # fmt: skip
def test_the_override_is_set_only_where_the_program_needs_it(
    launcher, venvs, cache, root, targets, value, said
):
    venv = venvs(*targets)
    run = launcher("--no-hip", venv / "bin/python3", venv / "train.py", root=root, env=cache)
    assert run.stdout == f"{value or 'not set'}\n"
    if said:
        assert run.stderr.startswith(f"rocmfix-run: warning: {OVERRIDE} is not set: libtorch_hip.so")
        assert said in run.stderr
    else:
        assert run.stderr == ""


@pytest.mark.parametrize(("root", "targets"), [("rx5600xt", ["gfx1030"]), ("rx6700xt", ["gfx1100"])])
def test_a_program_without_code_for_the_card_gets_a_line_that_installs_one(
    launcher, venvs, cache, root, targets
):
    venv = venvs(*targets)
    run = launcher("--no-hip", venv / "bin/python3", "-c", "pass", root=root, env=cache)
    (line,) = run.stderr.splitlines()
    gfx = {"rx5600xt": "gfx1010", "rx6700xt": "gfx1031"}[root]
    command = line.partition("; one that runs on the GPU: ")[2]
    words = shlex.split(command)
    assert Path(words[0]) == venv / "bin/python3"
    assert words[1:4] == ["-m", "pip", "install"]
    assert f"torch[device-{gfx}]" in command
    _, _, advice = plan_of(launcher, root, venv / "bin/python3", env=cache)
    assert [item["command"] for item in advice if item["urgent"]] == [command]


def test_a_program_that_runs_on_the_card_gets_no_such_line(launcher, venvs, cache):
    for root, targets in (("rx6700xt", ["gfx1030"]), ("rx6700xt", ["gfx1031"])):
        run = launcher("--no-hip", venvs(*targets) / "bin/python3", "-c", "pass", root=root, env=cache)
        assert run.stderr == ""


def test_a_broken_table_of_builds_stops_no_program(launcher, roots, venvs, cache, tmp_path):
    root = tmp_path / "r"
    shutil.copytree(roots / "rx5600xt", root, symlinks=True)
    (root / "etc/rocmfix").mkdir(parents=True)
    (root / "etc/rocmfix/builds.toml").write_text("[[build]]\nname = 1\n")
    run = launcher("--root", root, "--no-hip", venvs("gfx1030") / "bin/python3", "-c", PRINT, env=cache)
    assert run.stdout == "not set\n"
    assert "torch[device-gfx1010]" in run.stderr


@pytest.mark.parametrize("cards, targets, value", [
    (["gfx1031", "gfx1036"], ["gfx1030"], "10.3.0"),
    (["gfx1031", "gfx1036"], ["gfx1031"], None),  # the card that has its own code keeps it
    (["gfx1030", "gfx1036"], ["gfx1030"], None),
    (["gfx1030", "gfx1031"], ["gfx1030"], "10.3.0"),
    (["gfx1031", "gfx1010"], ["gfx1030"], None),
])  # fmt: skip
def test_every_gpu_of_the_process_has_to_be_served(
    launcher, roots, venvs, cache, tmp_path, cards, targets, value
):
    root = machine(roots, tmp_path, cards)
    run = launcher("--root", root, "--no-hip", venvs(*targets) / "bin/python3", "-c", PRINT, env=cache)
    assert run.stdout == f"{value or 'not set'}\n"


def test_a_gpu_that_the_process_does_not_see_does_not_count(launcher, roots, venvs, cache, tmp_path):
    root = machine(roots, tmp_path, ["gfx1031", "gfx1010"])
    command = ("--root", root, "--no-hip", venvs("gfx1030") / "bin/python3", "-c", PRINT)
    run = launcher(*command, env=cache)
    assert run.stdout == "not set\n"
    assert f"export {OVERRIDE}_1=10.3.0" in run.stderr
    for name in ("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"):
        assert launcher(*command, env={**cache, name: "0"}).stdout == "10.3.0\n"
        assert launcher(*command, env={**cache, name: "1"}).stdout == "not set\n"
        assert launcher(*command, env={**cache, name: "GPU-0badcafe"}).stdout == "not set\n"


def machine(roots, tmp_path, targets):
    """A machine with these GPUs as KFD nodes 1, 2, ...: two copies of a synthetic one."""
    root = tmp_path / "machine"
    shutil.copytree(roots / "rx6800-raphael", root, symlinks=True)
    for node, target in enumerate(targets, 1):
        path = root / f"sys/devices/virtual/kfd/kfd/topology/nodes/{node}/properties"
        version = int(target[3:5]) * 10000 + int(target[5]) * 100 + int(target[6], 16)
        lines = [f"gfx_target_version {version}" if line.startswith("gfx_target_version") else line
                 for line in path.read_text().splitlines()]  # fmt: skip
        path.write_text("\n".join(lines) + "\n")
    for path in list(root.rglob("ip_discovery")):  # it says what the captured cards are
        shutil.rmtree(path)
    return root


# ---------------------------------------------------------------- the command


def written(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("form", [
    "script", "absolute", "env", "env -S", "long path", "console", "module", "options",
    "env command", "nice", "timeout", "stdin",
])  # fmt: skip
def test_the_interpreter_is_found_behind_every_form_of_command(
    launcher, venvs, cache, tmp_path, form
):
    venv = venvs("gfx1030")
    python = venv / "bin/python3"
    (tmp_path / "train.py").write_text(PRINT)
    env = {**cache, "PATH": f"{venv / 'bin'}:/usr/bin:/bin", "PYTHONPATH": str(tmp_path)}
    lines = {"absolute": f"#!{python}", "env": "#!/usr/bin/env python3", "env -S": "#!/usr/bin/env -S python3 -u",
             "long path": f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''"}  # fmt: skip
    commands = {
        "script": [python, tmp_path / "train.py"],
        "module": ["python3", "-m", "train"],
        "options": ["python3", "-X", "utf8", "-uW", "ignore", tmp_path / "train.py"],
        "env command": ["env", "-u", "NOTHING", "A=1", "python3", tmp_path / "train.py"],
        "nice": ["nice", "-n", "1", "env", "nohup", "python3", tmp_path / "train.py"],
        "timeout": ["timeout", "-k", "1", "60", "python3", tmp_path / "train.py"],
        "stdin": ["python3"],
    }
    if form in lines:
        commands[form] = [written(tmp_path / "train", f"{lines[form]}\n{PRINT}")]
    if form == "console":
        written(venv / "bin/yolo", f"#!{python}\n{PRINT}")
        commands[form] = ["yolo", "detect", "train"]
    with open(tmp_path / "train.py") as stdin:
        run = launcher("--no-hip", *commands[form], root="rx6700xt", env=env, stdin=stdin)
    assert (run.stdout, run.stderr) == ("10.3.0\n", "")


@pytest.mark.parametrize(("command", "why"), [
    (["bash", "-c", "python3 train.py"], "a shell runs whatever its script says"),
    (["uv", "run", "train.py"], "it chooses what it runs"),
    (["no-such-program"], "no-such-program was not found"),
    (["env"], "the command has no program"),
    (["./job"], "neither a program nor a script"),
    (["./loop"], "too many wrappers or scripts"),
    (["./fifo"], "not found"),
])  # fmt: skip
def test_what_is_not_known_stays_unknown_and_nothing_is_set(
    launcher, cache, tmp_path, monkeypatch, command, why
):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "job", "no first line\n")
    written(tmp_path / "loop", f"#!{tmp_path}/loop\n")
    os.mkfifo(tmp_path / "fifo", 0o755)
    value, warnings, (advice,) = plan_of(launcher, "rx6700xt", *command, env=cache)
    assert (value, warnings, advice["urgent"]) == (None, [], False)
    assert why in advice["reason"]


@pytest.mark.parametrize("command", [["docker", "run", "rocm/pytorch"], ["podman", "run", "x"],
                                     ["systemctl", "start", "ollama"], ["sudo", "python3", "x.py"],
                                     ["env", "-i", "python3"]])  # fmt: skip
def test_where_the_environment_does_not_arrive_the_advice_says_what_to_use(launcher, cache, command):
    value, _, advice = plan_of(launcher, "rx6700xt", *command, env=cache)
    assert value is None
    assert advice[0]["urgent"]
    assert "; use: " in advice[0]["reason"]


def test_a_shim_is_not_mistaken_for_the_interpreter(launcher, cache, tmp_path):
    shim = tmp_path / ".pyenv/shims/python3"
    shim.parent.mkdir(parents=True)
    written(shim, "#!/usr/bin/env bash\nexec pyenv exec python3 \"$@\"\n")
    value, _, (advice,) = plan_of(launcher, "rx6700xt", shim, "train.py", env=cache)
    assert value is None
    assert "a shim picks the interpreter" in advice["reason"]


def test_an_assignment_of_env_leads_to_its_python(launcher, venvs, cache):
    bin_folder = venvs("gfx1030") / "bin"
    value, _, _ = plan_of(launcher, "rx6700xt", "env", f"PATH={bin_folder}", "python3", env=cache)
    assert value == "10.3.0"


# ---------------------------------------------------------------- Python's packages


def test_the_first_torch_of_the_path_counts(launcher, cache, tmp_path):
    """PYTHONPATH before the user's site before the system's, and .pth files after their folder."""
    python = tmp_path / "usr/bin" / f"python{carried.VERSION}"
    python.parent.mkdir(parents=True)
    python.write_bytes(Path(sys.executable).resolve().read_bytes())
    python.chmod(0o755)
    library = tmp_path / "usr/lib" / f"python{carried.VERSION}"
    (library / "site-packages").mkdir(parents=True)
    (library / "os.py").write_text("")
    home = tmp_path / "home"
    user = home / ".local/lib" / f"python{carried.VERSION}" / "site-packages"
    user.mkdir(parents=True)
    env = {**cache, "HOME": str(home)}
    targets = lambda *more: plan_of(launcher, "rx6700xt", python, *more, "x.py", env=env)[0]  # noqa: E731

    assert targets() is None
    (library / "site-packages/more.pth").write_text(f"# a comment\n{tmp_path / 'more'}\nimport site\n")
    carried.torch(tmp_path / "more", ["gfx1030"])
    assert targets() == "10.3.0"
    carried.torch(user, ["gfx1031"])
    assert targets() is None
    assert targets("-s") == targets("-I") == "10.3.0"
    env["PYTHONPATH"] = str(tmp_path / "first")
    carried.torch(tmp_path / "first", ["gfx1030"])
    assert targets() == "10.3.0"
    assert targets("-E") is None
    env["PYTHONHOME"] = str(tmp_path)
    assert targets() is None


def test_a_venv_has_the_systems_packages_only_where_it_says_so(launcher, cache, tmp_path):
    venv = carried.venv(tmp_path / "venv")
    home = tmp_path / "home"
    user = home / ".local/lib" / f"python{carried.VERSION}" / "site-packages"
    carried.torch(user, ["gfx1030"])
    env = {**cache, "HOME": str(home)}
    assert plan_of(launcher, "rx6700xt", venv / "bin/python3", env=env)[0] is None
    cfg = venv / "pyvenv.cfg"
    cfg.write_text(cfg.read_text().replace("= false", "= true"))
    assert plan_of(launcher, "rx6700xt", venv / "bin/python3", env=env)[0] == "10.3.0"


def test_a_torch_without_rocm_needs_no_override(launcher, cache, tmp_path):
    venv = carried.venv(tmp_path / "venv", [], hip="None")
    value, _, (advice,) = plan_of(launcher, "rx6700xt", venv / "bin/python3", env=cache)
    assert value is None
    assert "is a build without ROCm (hip = None" in advice["reason"]


def test_debians_own_torch_is_read_as_what_it_is(launcher, cache):
    if not Path("/usr/lib/python3/dist-packages/torch/version.py").exists():
        pytest.skip("python3-torch is not installed")
    value, _, (advice,) = plan_of(launcher, "rx6700xt", "/usr/bin/python3", "x.py", env=cache)
    assert value is None
    assert "torch in /usr/lib/python3/dist-packages is a build without ROCm" in advice["reason"]


def test_a_torch_whose_code_is_missing_is_not_a_reason_for_an_override(launcher, cache, tmp_path):
    venv = carried.venv(tmp_path / "venv", [], kpack=["../.kpack/torch_@GFXARCH@.kpack"])
    value, _, (advice,) = plan_of(launcher, "rx6700xt", venv / "bin/python3", env=cache)
    assert value is None
    assert "amd-torch-device-gfx1031" in advice["reason"]


def test_libraries_that_disagree_get_no_override(launcher, cache, tmp_path):
    venv = carried.venv(tmp_path / "venv", ["gfx1031"])
    site = venv / "lib" / f"python{carried.VERSION}" / "site-packages"
    carried.library(site / "bitsandbytes/libbitsandbytes_rocm71.so", ["gfx1030"])
    value, _, (advice,) = plan_of(launcher, "rx6700xt", venv / "bin/python3", env=cache)
    assert value is None
    assert "libtorch_hip.so carries code for gfx1031 and libbitsandbytes_rocm71.so" in advice["reason"]


def test_nothing_is_imported_or_executed(launcher, venvs, cache):
    venv = venvs("gfx1030")
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    command = launcher.command("-n", "--no-hip", venv / "bin/python3", "x.py", root="rx6700xt")
    run = subprocess.run([strace, "-f", "-e", "trace=execve,fork,vfork,clone,clone3", *command],
                         env={**launcher.base, **cache, "ASAN_OPTIONS": "detect_leaks=0"},
                         capture_output=True, text=True)  # fmt: skip
    assert f"{OVERRIDE}=10.3.0" in run.stdout
    assert len([line for line in run.stderr.splitlines() if "(" in line and "+++" not in line]) == 1


# ---------------------------------------------------------------- programs


def test_a_program_that_carries_its_own_code(launcher, cache, tmp_path):
    for target, value in (("gfx1030", "10.3.0"), ("gfx1031", "not set")):
        program = carried.program(tmp_path / target, [target])
        assert launcher("--no-hip", program, root="rx6700xt", env=cache).stdout == f"{value}\n"


@pytest.mark.parametrize("how", ["-Wl,--enable-new-dtags", "-Wl,--disable-new-dtags", "variable"])
def test_libraries_are_found_as_the_loader_finds_them(launcher, cache, tmp_path, how):
    carried.library(tmp_path / "lib/deep/libinner.so", ["gfx1030"])
    carried.library(tmp_path / "lib/libouter.so", [], "-Wl,--no-as-needed", f"-L{tmp_path}/lib/deep", "-linner")
    options = ["-Wl,--no-as-needed", f"-L{tmp_path}/lib", "-louter", "-Wl,--allow-shlib-undefined",
               f"-Wl,-rpath-link,{tmp_path}/lib/deep"]  # fmt: skip
    env = dict(cache)
    if how == "variable":
        env["LD_LIBRARY_PATH"] = f"{tmp_path}/lib:{tmp_path}/lib/deep"
    else:
        options += [how, "-Wl,-rpath,$ORIGIN/lib:$ORIGIN/lib/deep"]
    program = carried.program(tmp_path / "program", [], *options)
    run = launcher("--no-hip", program, root="rx6700xt", env=env)
    # A DT_RUNPATH is for the program's own libraries, not for theirs; then it does not start at all.
    if how == "-Wl,--enable-new-dtags":
        assert run.returncode == 127
        assert plan_of(launcher, "rx6700xt", program, env=env)[0] is None
    else:
        assert run.stdout == "10.3.0\n"


def test_a_ggml_plugin_next_to_the_program_counts(launcher, cache, tmp_path):
    carried.library(tmp_path / "bin/libggml.so.0")
    program = carried.program(tmp_path / "bin/server", [], "-Wl,--no-as-needed",
                              tmp_path / "bin/libggml.so.0", "-Wl,-rpath,$ORIGIN")  # fmt: skip
    assert launcher("--no-hip", program, root="rx6700xt", env=cache).stdout == "not set\n"
    carried.library(tmp_path / "bin/libggml-hip.so", ["gfx1030"])
    assert launcher("--no-hip", program, root="rx6700xt", env=cache).stdout == "10.3.0\n"


def test_rocblas_alone_is_not_enough(launcher, cache, tmp_path):
    """The program's own code is for gfx1031; that Tensile's kernels are for gfx1030 changes nothing."""
    rocblas = carried.library(tmp_path / "librocblas.so.4")
    kernels = tmp_path / "rocblas/library"
    kernels.mkdir(parents=True)
    for name in ("Kernels.so-000-gfx1030.hsaco", "TensileLibrary_lazy_gfx1030.dat"):
        (kernels / name).write_bytes(b"")
    options = ["-Wl,--no-as-needed", rocblas, "-Wl,-rpath,$ORIGIN"]
    own = carried.program(tmp_path / "own", ["gfx1031"], *options)
    value, _, (advice,) = plan_of(launcher, "rx6700xt", own, env=cache)
    assert value is None
    assert "own carries code for gfx1031 and librocblas.so.4 carries code for gfx1030" in advice["reason"]
    both = carried.program(tmp_path / "both", ["gfx1030"], *options)
    assert plan_of(launcher, "rx6700xt", both, env=cache)[0] == "10.3.0"
    only = carried.program(tmp_path / "only", [], *options)
    assert plan_of(launcher, "rx6700xt", only, env=cache)[0] == "10.3.0"


def test_files_that_are_not_libraries_end_in_unknown_and_at_once(launcher, cache, tmp_path):
    venv = carried.venv(tmp_path / "venv", ["gfx1030"])
    library = venv / "lib" / f"python{carried.VERSION}" / "site-packages/torch/lib/libtorch_hip.so"
    whole = library.read_bytes()
    broken = {
        "cut": lambda: library.write_bytes(whole[:5000]),
        "empty": lambda: library.write_bytes(b""),
        "fifo": lambda: os.mkfifo(library),
        "loop": lambda: library.symlink_to(library.name),
        "device": lambda: library.symlink_to("/dev/zero"),
        "folder": library.mkdir,
    }
    for name, make in broken.items():
        if library.is_dir() and not library.is_symlink():
            library.rmdir()
        else:
            library.unlink(missing_ok=True)
        make()
        begin = time.monotonic()
        value, _, advice = plan_of(launcher, "rx6700xt", venv / "bin/python3", env=cache)
        assert value is None, name
        assert "is not known" in advice[0]["reason"], name
        assert time.monotonic() - begin < 20, name


def test_the_name_of_a_file_cannot_break_out_of_its_line(launcher, cache, tmp_path):
    program = tmp_path / "a\nrocmfix-run: \x1b[31mowned"
    program.write_text("nothing\n")
    run = launcher("-v", "--no-hip", program, root="rx6700xt", env=cache)
    assert run.returncode == 126
    assert "owned is neither a program nor a script" in run.stderr
    assert "\x1b" not in run.stderr
    assert not [line for line in run.stderr.splitlines() if line.startswith("rocmfix-run: ?")]


# ---------------------------------------------------------------- the user's own value

VALUES = [
    # root, targets of the program, value, what the warning says (None: none)
    ("rx6700xt", ["gfx1030"], "10.3.0", None),
    ("rx6700xt", ["gfx1031"], "10.3.0", "libtorch_hip.so carries code for gfx1031"),
    ("rx6700xt", ["gfx1030"], "10.3.1", f"export {OVERRIDE}=10.3.0"),
    ("rx6700xt", ["gfx1031"], "10.3.1", None),
    ("rx6700xt", ["gfx1030"], "11.0.0", "another generation"),
    ("rx6700xt", ["gfx1031"], "9.0.0", "another generation"),
    ("rx6700xt", ["gfx1030"], "10.1.0", "a different instruction set"),
    ("rx6700xt", ["gfx1030"], "", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], "gfx1030", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], "1030", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], "10.3", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], "10.3.0 ", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], "10.3.0x", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], "64.0.0", "finds no GPU at all"),
    ("rx6700xt", ["gfx1030"], " 10.3.0", None),  # as sscanf(3) reads it
    ("rx6900xt", ["gfx1030"], "10.3.0", None),
    ("rx6900xt", ["gfx1030"], "11.0.0", "another generation"),
    ("rx5600xt", ["gfx1010"], "10.3.0", "gfx101x has a different instruction set"),
    ("rx5500xt", ["gfx1010"], "10.1.0", None),
    ("rx6700xt", ["gfx10-3-generic"], "10.3.0", None),
]


@pytest.mark.parametrize(("root", "targets", "value", "said"), VALUES)
def test_every_form_of_the_users_value_is_judged_and_stays(
    launcher, venvs, cache, root, targets, value, said
):
    venv = venvs(*targets)
    env = {**cache, OVERRIDE: value}
    run = launcher("--no-hip", venv / "bin/python3", venv / "train.py", root=root, env=env)
    assert run.stdout == f"{value}\n"
    if said is None:
        assert run.stderr == ""
    else:
        assert run.stderr.startswith(f"rocmfix-run: warning: {OVERRIDE}={value}: ")
        assert said in run.stderr
        assert "Type: " in run.stderr
        assert len(run.stderr.splitlines()) == 1


def test_the_form_for_one_node_is_judged_for_that_node(launcher, venvs, cache):
    venv = venvs("gfx1031")
    command = ("--no-hip", venv / "bin/python3", venv / "train.py")
    run = launcher(*command, root="rx6700xt", env={**cache, f"{OVERRIDE}_1": "10.3.0"})
    assert f"warning: {OVERRIDE}_1=10.3.0: " in run.stderr
    assert f"Type: unset {OVERRIDE}_1" in run.stderr
    run = launcher(*command, root="rx6700xt", env={**cache, f"{OVERRIDE}_7": "11.0.0"})
    assert "it does nothing: no GPU that the program sees is this KFD node" in run.stderr
    for name in (f"{OVERRIDE}_01", f"{OVERRIDE}_", f"{OVERRIDE}_x"):
        assert launcher(*command, root="rx6700xt", env={**cache, name: "11.0.0"}).stderr == ""


def test_who_sets_the_form_for_one_node_has_decided(launcher, venvs, cache):
    env = {**cache, f"{OVERRIDE}_1": "10.3.0"}
    venv = venvs("gfx1030")
    run = launcher("--no-hip", venv / "bin/python3", venv / "train.py", root="rx6700xt", env=env)
    assert (run.stdout, run.stderr) == ("not set\n", "")


# ---------------------------------------------------------------- the cache


def cache_file(cache):
    return Path(cache["XDG_CACHE_HOME"]) / "rocmfix/code-objects"


def decide(launcher, venv, env):
    return plan_of(launcher, "rx6700xt", venv / "bin/python3", env=env)[0]


def test_what_was_read_is_remembered_and_a_changed_library_is_read_again(launcher, cache, tmp_path):
    venv = carried.venv(tmp_path / "venv", ["gfx1030"])
    library = venv / "lib" / f"python{carried.VERSION}" / "site-packages/torch/lib/libtorch_hip.so"
    assert decide(launcher, venv, cache) == "10.3.0"
    file = cache_file(cache)
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == [file.name]
    # Only a launch that takes its word sees this:
    file.write_text(file.read_text().replace("\tgfx1030\t", "\tgfx1031\t"))
    assert decide(launcher, venv, cache) is None
    before = library.stat()
    carried.library(library, ["gfx1030"])
    os.utime(library, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert decide(launcher, venv, cache) == "10.3.0"


@pytest.mark.parametrize("content", [
    b"", b"\0" * 4096, b"rocmfix code objects 2\n", b"rocmfix code objects 1\n1\t2\n",
    b"rocmfix code objects 1\n" + b"1\t1\t1\t1\t1\tgfx1031;rm\t/x\n", os.urandom(5000),
    b"rocmfix code objects 1\n" + b"x" * (2 << 20),
])  # fmt: skip
def test_a_cache_that_is_none_is_made_again(launcher, venvs, cache, content):
    file = cache_file(cache)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    file.chmod(0o600)
    assert decide(launcher, venvs("gfx1030"), cache) == "10.3.0"
    assert b"libtorch_hip.so" in file.read_bytes()


@pytest.mark.parametrize("how", ["link", "writable", "owner", "fifo", "folder"])
def test_another_users_cache_is_not_trusted(launcher, cache, tmp_path, how):
    venv = carried.venv(tmp_path / "venv", ["gfx1030"])
    assert decide(launcher, venv, cache) == "10.3.0"
    file = cache_file(cache)
    lie = file.read_text().replace("\tgfx1030\t", "\tgfx1031\t")
    file.unlink()
    if how == "fifo":
        os.mkfifo(file)
    elif how == "folder":
        file.mkdir()
    elif how == "link":
        (tmp_path / "elsewhere").write_text(lie)
        file.symlink_to(tmp_path / "elsewhere")
    else:
        file.write_text(lie)
        file.chmod(0o622 if how == "writable" else 0o600)
        if how == "owner":
            if os.geteuid() != 0:
                pytest.skip("needs root")
            os.chown(file, 65534, 65534)
    assert decide(launcher, venv, cache) == "10.3.0"
    if how == "link":
        assert (tmp_path / "elsewhere").read_text() == lie  # replaced, not written through


@pytest.mark.parametrize("folder", ["/proc/nowhere", "relative", "", "/dev/null"])
def test_without_a_place_for_the_cache_it_works_as_well(launcher, venvs, folder):
    env = {"XDG_CACHE_HOME": folder, "HOME": "/nonexistent"}
    assert decide(launcher, venvs("gfx1030"), env) == "10.3.0"
    assert not Path("relative").exists()


def test_a_launch_that_does_not_need_it_looks_at_nothing(launcher, venvs, cache):
    assert plan_of(launcher, "rx6900xt", venvs("gfx1030") / "bin/python3", env=cache)[0] is None
    assert plan_of(launcher, "no-amd", venvs("gfx1030") / "bin/python3", env=cache)[0] is None
    assert not cache_file(cache).exists()
