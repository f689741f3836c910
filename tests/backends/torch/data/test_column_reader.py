"""Columns of NumPy, pandas and Arrow: dtypes, absent values, and what is refused; pairs of values and mask."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import learning_diagrams as ld
from learning_diagrams.backends.torch import Bernoulli, Euclidean, Finite, Space
from learning_diagrams.backends.torch.data.column_reader import is_pair, read_column

LABELS, POINTS, BITS = Finite(5), Euclidean(2), Bernoulli(2)
KINDS = {torch.float32: "biuf", torch.float64: "biuf", torch.int64: "biu", torch.bool: "b", torch.complex64: "biufc"}


@given(
    arrays.arrays(
        st.sampled_from(
            ["?", "i1", "<u2", ">u4", "i8", "u8", "f2", ">f4", "f8", "g", "c8", "O", "U3", "S2", "M8[s]", "m8[s]"]
        ),
        arrays.array_shapes(max_dims=2, max_side=3),
        fill=st.nothing(),
    ),
    st.sampled_from(list(KINDS)),
)
def test_a_cast_is_within_its_kind_or_refused(array, dtype):
    space = Space(array.shape[1:], None if dtype.is_floating_point else dtype)
    large = array.dtype.kind == "u" and dtype == torch.int64 and array.max() >= 2**63
    if array.dtype.kind not in KINDS[dtype] or large:
        with pytest.raises(ld.DataError, match="has dtype"):
            read_column("x", array, space, dtype if dtype.is_floating_point else None)
        return
    read = read_column("x", array, space, dtype if dtype.is_floating_point else None)
    assert read.dtype == dtype and read.shape == array.shape
    native = np.array(array, "f8" if array.dtype.char == "g" else array.dtype.newbyteorder("="))
    torch.testing.assert_close(read, torch.tensor(native.tolist(), dtype=dtype), equal_nan=True)


def test_without_a_space_numbers_keep_their_dtype_and_without_floating_parameters_floats_do():
    assert read_column("x", np.zeros(2, "f8")).dtype == torch.float64
    assert read_column("x", np.zeros(2, "u1")).dtype == torch.uint8
    assert read_column("x", np.zeros(2, "u4")).dtype == torch.int64
    assert read_column("x", [0.5]).dtype == read_column("x", [[1, 2]], POINTS).dtype == torch.float32
    assert read_column("x", np.zeros((1, 2), "f8"), POINTS).dtype == torch.float64
    assert read_column("x", np.float64(0.5)).shape == ()


def test_bits_and_labels_are_bools_or_whole_numbers():
    for array in (np.array([[True, False]]), np.array([[1, 0]], "i1"), np.array([[1.0, 0.0]])):
        assert torch.equal(read_column("b", array, BITS, torch.float32), torch.tensor([[1.0, 0.0]]))
    assert torch.equal(read_column("y", np.array([True, False]), LABELS, torch.float32), torch.tensor([1, 0]))


@pytest.mark.parametrize("shape", ["rows", "lists", "fixed lists", "nested lists", "tensors", "chunks"])
@pytest.mark.parametrize("absent", [False, True])
def test_arrow_columns_are_read_with_their_nulls_as_a_mask(shape, absent):
    pa = pytest.importorskip("pyarrow")
    rows = {"rows": [1, 2, 3], "nested lists": [[[1, 2], [3, 4]]] * 3}.get(shape, [[1, 2], [3, 4], [5, 6]])
    expected = torch.tensor(rows, dtype=torch.float32)
    if absent:
        rows[1] = None
        expected[1] = 0
    column = pa.array(rows)
    if shape == "fixed lists":
        column = pa.array(rows, pa.list_(pa.int32(), 2))
    if shape == "tensors":
        storage = pa.array(rows, pa.list_(pa.int32(), 2))
        column = pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.int32(), [2]), storage)
    if shape == "chunks":
        column = pa.chunked_array([column[:1], column[1:]])
    read = read_column("x", column, Euclidean(*expected.shape[1:]), torch.float32)
    values, mask = read if absent else (read, None)
    assert torch.equal(values, expected) and (not absent or mask.tolist() == [True, False, True])


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([[1.0], [1.0, 2.0]], r"lists of 1 to 2; give lists of equal length"),
        ([[1.0, None]], "absent values inside its lists"),
        (["a", "b"], r"has dtype .*; it holds texts, the first 'a' in row 0; texts and objects are no numbers"),
        ([None, "a", "b"], "has dtype .*; it holds texts, the first 'a' in row 1; texts and objects"),
        (["1", "x"], "has dtype .*; it holds the text 'x' in row 1, among numbers; texts and objects"),
        (["1", "2"], "has dtype .*; it holds numbers that are written as texts, the first '1' in row 0; texts"),
        ([{"k": 1}], "has dtype object"),
    ],
)
def test_arrow_columns_that_are_no_numbers_are_refused(rows, fault):
    pa = pytest.importorskip("pyarrow")
    for column in (pa.array(rows), pa.chunked_array([pa.array(rows)])):
        with pytest.raises(ld.DataError, match=f"^x (holds )?{fault}"):
            read_column("x", column, POINTS, torch.float32)


@pytest.mark.parametrize("dtype", ["Int64", "UInt8", "Float32", "boolean", "int64[pyarrow]"])
def test_nullable_columns_of_pandas_become_values_and_a_mask(dtype):
    pandas = pytest.importorskip("pandas")
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    series = pandas.Series([1, None, 0], dtype=dtype, index=[7, 7, 3])
    space = Euclidean() if dtype == "Float32" else LABELS
    values, mask = read_column("x", series, space, torch.float32)
    assert mask.tolist() == [True, False, True] and values[mask].tolist() == [1, 0]
    whole = read_column("x", series.dropna(), space, torch.float32)
    assert torch.equal(whole, values[mask])


def test_nan_in_pandas_is_never_silent():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"p": [1.0, 2.0], "q": [3.0, math.nan]})
    for column in (frame["q"], frame, pandas.Index(frame["q"])):
        with pytest.raises(ld.DataError, match=r"^x holds NaN in row 1, .* \.fillna, or let \.convert_dtypes\(\)"):
            read_column("x", column, Euclidean(), torch.float32)
    values, mask = read_column("x", frame["q"].convert_dtypes(), Euclidean(), torch.float32)
    assert values[0] == 3 and mask.tolist() == [True, False]
    with pytest.raises(ld.DataError, match="is a frame with absent values; give an array and a mask"):
        read_column("x", frame.convert_dtypes(), POINTS, torch.float32)
    for wrong in (pandas.Series(["a", None]), pandas.Series(["a", "b"], dtype="category"), pandas.Series([1, "a"])):
        with pytest.raises(ld.DataError, match="texts and objects are no numbers"):
            read_column("x", wrong, LABELS, torch.float32)
    assert read_column("x", pandas.Series([2, 1], dtype="category"), LABELS).tolist() == [2, 1]


def test_masked_arrays_of_numpy_become_values_and_a_mask():
    array = np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, False], [True, True]])
    values, mask = read_column("x", array, POINTS, torch.float32)
    assert mask.tolist() == [True, False] and values[0].tolist() == [1.0, 2.0]
    array.mask = [[False, True], [False, False]]
    assert read_column("x", array, POINTS, torch.float32)[1].tolist() == [[True, False], [True, True]]
    assert read_column("x", np.ma.masked_array([1, 2]), LABELS).tolist() == [1, 2]


def test_a_pair_is_values_and_mask_and_a_list_of_two_values_is_not():
    flags = torch.tensor([True, False])
    for pair in (
        (A := torch.zeros(2), flags), [A, flags], (A.numpy(), flags.numpy()), (A, [True, False]),
        ([0.0, 1.0], [True, False]),
        (0.5, True), ([1, 2], [[True, False], [True, True]]), (A, A), (A.numpy(), 1.0),
    ):  # fmt: skip
        assert is_pair(pair)
    for values in (
        A,
        [0.5, 1.0],
        [True, False],
        [[1.0], [2.0]],
        [A, A],
        (0.5, 1.0),
        (1, 2, 3),
        "ab",
        ([1, 2], [[1, 2], [3, 4]]),
    ):
        assert not is_pair(values)


def test_both_masks_of_a_nullable_column_in_a_pair_count():
    column = np.ma.masked_array([1, 2, 3], mask=[True, False, False])
    _, mask = read_column("x", (column, [True, True, False]), LABELS)
    assert mask.tolist() == [False, True, False]
