# SPDX-License-Identifier: MIT
"""ultralytics' defaults < rocmfix's, of a training < cfg=FILE < what is typed. With the real ultralytics."""

import json
import subprocess

from lab import SOURCE
from rocmfix.yolo.cli import TASKS

READ = """
import json, sys
import start_worker
from rocmfix.yolo.arguments import typed_arguments
from rocmfix.yolo.errors import Failure
from rocmfix.yolo.session import Session
results = []
for verb, arguments in json.loads(sys.argv[1]):
    session = Session(verb, arguments)
    try:
        results.append([typed_arguments(session), session.arguments])
    except Failure as problem:
        results.append([str(problem), problem.status])
print(json.dumps(results))
"""


def run_python(lab, program, *words, cwd="/"):
    environment = {**lab.environment(lab.directory), "PYTHONPATH": str(SOURCE / "userspace/python/rocmfix")}
    done = subprocess.run([lab.python, "-c", program, *words], env=environment, cwd=cwd, timeout=240,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def read(lab, *sessions, cwd="/"):
    """In one process, which takes some seconds to import torch."""
    return run_python(lab, READ, json.dumps(sessions), cwd=cwd)


def test_only_a_training_has_defaults_of_rocmfix(lab):
    verbs = ("val", "predict", "export", "train")
    *others, training = read(lab, *((verb, {"model": "m.pt"}) for verb in verbs))
    assert [arguments for arguments, _ in others] == [{"model": "m.pt"}] * 3
    assert training[0] == {"model": "m.pt", "batch": 4, "amp": False}


def test_cfg_is_over_the_defaults_and_under_what_is_typed(lab, tmp_path):
    (tmp_path / "my.yaml").write_text("model: yolov8n.yaml\nbatch: 8\nimgsz: 320\nname: '2026_11'\nfreeze: [0, 1]\n")
    ((arguments, kept),) = read(lab, ("train", {"cfg": "my.yaml", "imgsz": "64"}), cwd=tmp_path)
    assert arguments == {"model": "yolov8n.yaml", "batch": 8, "imgsz": 64, "name": "2026_11",
                         "freeze": [0, 1], "amp": False}  # fmt: skip
    # The run is resumed with these, whatever becomes of the file.
    (tmp_path / "my.yaml").unlink()
    assert read(lab, ("train", kept), cwd=tmp_path)[0][0] == arguments


def test_a_copy_of_ultralytics_own_defaults_is_a_cfg(lab, tmp_path):
    """As `yolo copy-cfg` makes it: all keys, some of them empty."""
    run_python(lab, "import shutil; from ultralytics.utils import DEFAULT_CFG_PATH as path\n"
               "shutil.copy(path, 'my.yaml'); print(1)", cwd=tmp_path)  # fmt: skip
    session = ("train", {"cfg": "my.yaml", "model": "m.pt", "batch": "2"})
    ((arguments, _),) = read(lab, session, cwd=tmp_path)
    assert (arguments["model"], arguments["batch"], arguments["amp"]) == ("m.pt", 2, True)
    assert "mode" not in arguments and "data" not in arguments


def test_a_cfg_that_makes_no_sense_is_a_usage_error(lab, tmp_path):
    cases = {
        "- 1\n": "cannot read cfg=", "epoch: 3\n": "'epoch' is not a valid YOLO argument",
        "resume: true\n": "resume is rocmfix-yolo's own", "batch: 3\n": "which model",
        "model: m.pt\ntask: fly\n": "there is no task fly",
    }  # fmt: skip
    for number, content in enumerate(cases):
        (tmp_path / f"{number}.yaml").write_text(content)
    names = [*(f"{number}.yaml" for number in range(len(cases))), "missing.yaml"]
    told = read(lab, *(("train", {"cfg": name}) for name in names), cwd=tmp_path)
    for (text, status), expected in zip(told, [*cases.values(), "cannot read cfg=missing.yaml"]):
        assert expected in text and status == 2


def test_every_task_of_ultralytics_is_a_word_of_the_command(lab):
    program = "import json; from ultralytics.cfg import TASKS; print(json.dumps(TASKS))"
    assert tuple(run_python(lab, program)) == TASKS


def test_a_model_is_used_at_the_size_that_it_was_trained_with(lab, undisturbed):
    """64 here; with 640, the mAP of another model would be measured."""
    home = lab.directory / "size"
    home.mkdir()
    words = [f"model={undisturbed.directory / 'weights/best.pt'}", f"source={lab.data / 'images/val'}"]
    done = subprocess.run(["rocmfix-yolo", "detect", "predict", *words, "device=cpu", f"project={home}"],
                          cwd=home, env=lab.environment(home), timeout=240,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": 64x64 ") == 4
