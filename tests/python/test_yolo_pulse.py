# SPDX-License-Identifier: MIT
"""How long a silence of a training is normal, by its own measure."""

import os

import rocmfix.yolo.pulse as pulse
from rocmfix.yolo.pulse import Pulse, normal_silence


def test_the_limit_is_measured():
    assert normal_silence(longest_gap=40, preparation=100, epoch=60) == 800
    assert normal_silence(longest_gap=1, preparation=300, epoch=60) == 900
    assert normal_silence(longest_gap=1, preparation=300, epoch=7200) == 7200


def test_a_kept_epoch_is_progress_and_sets_the_limit(monkeypatch):
    told = []
    now = iter([0.0, 1.0, 3.0, 53.0, 400.0, 401.0])
    monkeypatch.setattr(pulse.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(pulse, "alive", lambda progress=False: told.append(progress))
    monkeypatch.setattr(pulse, "set_limit", told.append)
    training = Pulse()
    training.beat()
    training.beat()
    training.kept()
    assert told == [False, False, False, True, 50 * 20]
    training.prepare()  # the next try in this process
    training.beat()
    training.kept()
    assert told[5:] == [False, False, True, 347 * 3]


def test_rocmfix_yolo_watches_by_default_and_as_asked(monkeypatch):
    from rocmfix.yolo import cli, launcher

    asked = []
    monkeypatch.setattr(launcher, "launch", lambda *words: asked.append(words[-1]) or 0)
    monkeypatch.delenv("ROCMFIX_HANG_AFTER", raising=False)
    train = ["train", "--model", "yolov8n.pt"]
    cli.run(train)
    cli.run([*train, "--hang-after", "off"])
    monkeypatch.setitem(os.environ, "ROCMFIX_HANG_AFTER", "2h")
    cli.run(train)
    assert asked == ["auto", "off", "2h"]
