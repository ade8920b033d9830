# SPDX-License-Identifier: MIT
"""rocmfix.resuming(), device() and batch(): what a script learns about its attempt."""

import pytest

import rocmfix

torch = pytest.importorskip("torch")

VARIABLES = ("ROCMFIX_RESUME", "ROCMFIX_ATTEMPT", "ROCMFIX_DEVICE", "ROCMFIX_BATCH_SCALE",
             "TORCHELASTIC_RESTART_COUNT", "LOCAL_RANK")  # fmt: skip


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("name", "value", "resumes"), [
    ("ROCMFIX_RESUME", "1", True),
    ("ROCMFIX_RESUME", "0", False),
    ("TORCHELASTIC_RESTART_COUNT", "0", False),
    ("TORCHELASTIC_RESTART_COUNT", "2", True),
    ("TORCHELASTIC_RESTART_COUNT", "-1", False),
    ("TORCHELASTIC_RESTART_COUNT", "many", False),
    ("OTHER", "1", False),
])  # fmt: skip
def test_an_attempt_resumes_after_a_restart_of_rocmfix_run_or_torchrun(monkeypatch, name, value, resumes):
    monkeypatch.setenv(name, value)
    assert rocmfix.resuming() is resumes


def test_the_device_is_the_one_of_the_mitigation_and_else_what_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert rocmfix.device() == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert rocmfix.device() == torch.device("cuda")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert rocmfix.device() == torch.device("cuda:1")
    monkeypatch.setenv("LOCAL_RANK", "2")  # each process sees a GPU of its own
    assert rocmfix.device() == torch.device("cuda")
    monkeypatch.setenv("ROCMFIX_DEVICE", "cpu")
    assert rocmfix.device() == torch.device("cpu")


def test_a_device_that_does_not_exist_is_an_error_that_names_the_variable(monkeypatch):
    monkeypatch.setenv("ROCMFIX_DEVICE", "tpu\x1b[31m")
    with pytest.raises(ValueError, match=r"ROCMFIX_DEVICE has the value 'tpu\\x1b\[31m'"):
        rocmfix.device()


@pytest.mark.parametrize(("scale", "size", "scaled"), [
    (None, 32, 32), ("0.5", 32, 16), ("0.25", 3, 1), ("1", 7, 7),
])  # fmt: skip
def test_a_batch_is_scaled_and_never_below_one(monkeypatch, scale, size, scaled):
    if scale is not None:
        monkeypatch.setenv("ROCMFIX_BATCH_SCALE", scale)
    assert rocmfix.batch(size) == scaled


@pytest.mark.parametrize("scale", ["0", "2", "half", "nan"])
def test_a_scale_that_makes_no_sense_is_an_error(monkeypatch, scale):
    monkeypatch.setenv("ROCMFIX_BATCH_SCALE", scale)
    with pytest.raises(ValueError, match="ROCMFIX_BATCH_SCALE"):
        rocmfix.batch(8)


def test_a_batch_below_one_is_an_error():
    with pytest.raises(ValueError, match="no batch"):
        rocmfix.batch(0)
