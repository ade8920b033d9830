# SPDX-License-Identifier: MIT
"""store.plain: states as data, which no file can make into code, and writes that may fail."""

import io
from collections import Counter, deque

import numpy
import pytest

from rocmfix.store import plain

torch = pytest.importorskip("torch")


def through_a_file(value):
    file = io.BytesIO()
    plain.writer(value)(file)
    return plain.read(file.getvalue())


@pytest.mark.parametrize("value", [
    b"", b"\0\xff", Counter({3: 2, "x": 1}), deque([1, (2, 3)], 4), deque(), {1, "a", None}, 1 - 2j,
    {"a": [1.5, float("inf"), None, True, "text"], 3: (1, (2,))},
], ids=repr)  # fmt: skip
def test_values_come_back_as_they_were(value):
    again = through_a_file([value])[0]
    assert again == value and type(again) is type(value)
    assert getattr(again, "maxlen", None) == getattr(value, "maxlen", None)


@pytest.mark.parametrize("array", [
    numpy.arange(6, dtype="uint32").reshape(2, 3), numpy.zeros((0, 4)), numpy.array([True, False]),
    numpy.arange(12.0).reshape(3, 4)[:, ::2], numpy.array(["1+2j"], dtype="complex64"), numpy.arange(3, dtype=">i2"),
], ids=lambda array: array.dtype.str)  # fmt: skip
def test_arrays_of_numbers_come_back_and_can_be_written(array):
    again = through_a_file({"array": array})["array"]
    assert (again == array).all() and again.dtype == array.dtype and again.shape == array.shape
    again[...] = 0


@pytest.mark.parametrize("array", [numpy.array([object()]), numpy.array(["text"]), numpy.zeros(1, "datetime64[s]")],
                         ids=lambda array: array.dtype.str)  # fmt: skip
def test_arrays_of_anything_else_are_refused(array):
    with pytest.raises(plain.NotPlain, match="an array of"):
        plain.encode(array)


@pytest.mark.parametrize("dtype", ["O", "|O", "M8[s]", "i4,O", "V8", "no such", "f8; import os"])
def test_a_file_cannot_ask_for_arrays_of_objects(dtype):
    document = plain.encode(numpy.zeros(1))
    document["json"] = document["json"].replace("<f8", dtype)
    with pytest.raises(plain.NotPlain):
        plain.decode(document)


class Full(io.BytesIO):
    def __init__(self, room):
        super().__init__()
        self.room = room

    def write(self, content):
        self.room -= len(content)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return super().write(content)


@pytest.mark.parametrize("room", [0, 100, 1000, 5000])
def test_a_write_that_fails_is_an_error_and_not_the_end_of_the_process(room):
    with pytest.raises(OSError, match="No space left on device"):
        plain.writer([torch.ones(10_000)])(Full(room))


def test_torchs_older_form_is_refused_whatever_it_holds():
    file = io.BytesIO()
    torch.save(plain.encode([1]), file, _use_new_zipfile_serialization=False)
    with pytest.raises(plain.NotPlain, match="not in torch's zip form"):
        plain.read(file.getvalue())
