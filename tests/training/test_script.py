# SPDX-License-Identifier: MIT
"""A training script with rocmfix.checkpointing(), killed and aborted at random points under rocmfix-run:
its losses, its final weights and the next random number are those of the run that nothing disturbed."""

import json
import os
import random
import signal
import subprocess

import pytest

from lab import BUILD, HERE, SOURCE, make_root

# Debian's python3-torch belongs to Debian's interpreter.
PYTHON = "/usr/bin/python3"
BATCHES = 4 * 12


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return make_root(tmp_path_factory.mktemp("machine") / "root")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, root):
    """The undisturbed run with these options, made once."""
    made = {}

    def find(options, ranks=1):
        if (options, ranks) not in made:
            folder = tmp_path_factory.mktemp("whole")
            (result,) = train(folder, root, options, [], ranks)
            assert result.returncode == 0, result.stderr
            made[options, ranks] = answer(result)
        return made[options, ranks]

    return find


def command(folder, options, ranks):
    words = [str(HERE / "own_script.py"), str(folder / "run"), *options]
    if ranks == 1:
        return ["rocmfix-run", "--retries=20", PYTHON, *words]
    # With Python 3.11, torch 1.13's own default for these is None, which it then cannot read.
    return [PYTHON, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={ranks}",
            "--redirects=1", "--tee=1", "--monitor_interval=1", "--max_restarts=9", *words]  # fmt: skip


def train(folder, root, options, deaths, ranks=1):
    """The results of the commands that it took: after a SIGKILL it is started again by hand."""
    (folder / "deaths").write_text(json.dumps(deaths))
    environment = {
        "PATH": f"{BUILD / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SOURCE / "userspace/python"), "ROCMFIX_ROOT": str(root),
        "PYTHONDONTWRITEBYTECODE": "1", "ROCMFIX_TEST_DEATHS": str(folder / "deaths"),
    }  # fmt: skip
    results = []
    for _ in range(len(deaths) + 1):
        done = subprocess.run(command(folder, options, ranks), env=environment, cwd=folder, timeout=600,
                              capture_output=True, text=True)  # fmt: skip
        results.append(done)
        if done.returncode != -signal.SIGKILL:
            break
    return results


def answer(result):
    return json.loads(next(line for line in result.stdout.splitlines() if '"losses"' in line).partition(":")[2]
                      if result.stdout.startswith("[") else result.stdout.splitlines()[-1])  # fmt: skip


def random_deaths(seed):
    source = random.Random(seed)
    deaths = []
    for _ in range(source.randint(2, 4)):
        death = {"kind": source.choice(["abort", "kill"])}
        if source.random() < 0.3:
            death["fsync"] = source.randint(1, 12)
        else:
            death.update(batch=source.randint(1, 20), delay=source.choice([0, 0, 0.005, 0.03]))
        deaths.append(death)
    return deaths


OPTIONS = {
    "epochs": (),
    "epochs-workers-that-draw": ("--workers=2", "--draws"),
    "steps": ("--steps=5", "--draws"),
    "steps-workers": ("--steps=5", "--workers=2"),
    "steps-workers-that-draw-replayed": ("--steps=7", "--workers=2", "--draws", "--replay"),
}


def test_a_disturbed_script_gives_the_same_to_the_bit(tmp_path, root, whole, fault_seed):
    """Each run has other faults, and the next of the options."""
    name, options = list(OPTIONS.items())[(fault_seed - 1) % len(OPTIONS)]
    deaths = random_deaths(fault_seed)
    results = train(tmp_path, root, options, deaths)
    assert results[-1].returncode == 0, results[-1].stderr
    assert answer(results[-1]) == whole(options)
    struck = sum(one.stdout.count("struck") for one in results)
    print(f"seed {fault_seed}, {name}: {len(results)} commands, {struck} deaths of {len(deaths)}")


def test_an_abort_is_restarted_and_continues_by_itself(tmp_path, root, whole):
    deaths = [{"kind": "abort", "batch": 20}, {"kind": "abort", "batch": 9}, {"kind": "abort", "fsync": 2}]
    (result,) = train(tmp_path, root, ("--steps=5",), deaths)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("struck") == 3
    assert "continuing after 1 of 4 epochs and 3 batches" in result.stderr
    assert answer(result) == whole(("--steps=5",))


@pytest.mark.parametrize("options", [(), ("--steps=2",)], ids=["epochs", "steps"])
def test_two_ranks_continue_from_the_same_checkpoint(tmp_path, root, whole, options):
    """torchrun restarts both; rank 0 wrote, and both load. Dropout draws differ on each rank."""
    deaths = [{"kind": "abort", "batch": 9}, {"kind": "kill", "batch": 5}, {"kind": "kill", "fsync": 3}]
    (result,) = train(tmp_path, root, options, deaths, ranks=2)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("struck") == 3
    assert result.stderr.count("run: continuing after") >= 2
    assert answer(result) == whole(options, ranks=2)
    assert sorted(os.listdir(tmp_path / "run"))[0].startswith("checkpoint-")
