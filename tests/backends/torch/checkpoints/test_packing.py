"""Packing a state and unpacking it gives the state, bit for bit, through the text and the bytes of a file."""

import json
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save

import learning_diagrams as ld
from learning_diagrams.backends.torch.checkpoints.packing import pack, unpack

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
KEYS = st.text(max_size=2) | st.integers() | st.tuples(st.integers())
STATES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3).map(OrderedDict)
        | st.dictionaries(KEYS, st.integers(), max_size=3).map(Counter)
    ),
    max_leaves=8,
)


def through_files(state):
    text, tensors = pack(state)
    return unpack(text, load(save(tensors)))


@given(STATES)
def test_a_plain_state_comes_back(state):
    back = through_files(state)
    assert repr(back) == repr(state) and type(back) is type(state)  # by repr, because NaN is not NaN


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([0.1, float("nan"), -0.0], dtype=torch.bfloat16),
        torch.tensor(1 + 2j, dtype=torch.complex128),
        torch.zeros(0, 3),
        torch.arange(6).reshape(2, 3).T,
        torch.tensor(True),
        np.arange(3, dtype=np.uint32),
        np.float32(0.1),
    ],
)
def test_tensors_and_arrays_come_back_with_type_and_bytes(value):
    back = through_files({"a": [value]})["a"][0]
    assert type(back) is type(value) and back.dtype == value.dtype and tuple(back.shape) == tuple(value.shape)
    assert pack(back)[0] == pack(value)[0] and save(pack(back)[1]) == save(pack(value)[1])


def test_a_tensor_in_two_places_is_kept_once_and_its_views_are_tensors_of_their_own():
    whole = torch.arange(4.0)
    _, tensors = pack({"a": whole, "b": [whole], "half": whole[:2], "other": whole.clone()})
    assert sorted(tensors) == ["a", "half", "other"]


@pytest.mark.parametrize(
    "text", ['{"os": "system"}', '{"tensor": "gone"}', '{"a": 1, "b": 2}', "NaN", "[", "{}", '{"dict": [[[], 1]]}']
)
def test_what_pack_does_not_write_is_refused_and_not_run(text):
    with pytest.raises((ld.FileError, ValueError, LookupError, TypeError, json.JSONDecodeError)):
        unpack(text, {})
