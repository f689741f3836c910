"""Which process holds which part of a tensor, and the parts joined."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributed.tensor import Replicate, Shard
from torch.distributed.tensor._utils import _compute_local_shape_and_global_offset

import learning_diagrams as ld
from learning_diagrams.backends.torch.checkpoints.packing import unpack
from learning_diagrams.backends.torch.sharding.shards import Parts, slices_of

SHAPES = st.lists(st.integers(0, 7), min_size=1, max_size=3)


@st.composite
def layouts(draw):
    """A shape, a mesh, and for each side of it the dimension that is cut, or None."""
    shape, sides = draw(SHAPES), draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    numbers = torch.randperm(int(torch.tensor(sides).prod())).reshape(sides)
    dims = st.none() | st.integers(0, len(shape) - 1)
    return shape, SimpleNamespace(shape=tuple(sides), mesh=numbers), [draw(dims) for _ in sides]


@given(layouts())
def test_a_process_holds_what_pytorch_gives_it(layout):
    shape, mesh, cuts = layout
    placements = [Replicate() if dim is None else Shard(dim) for dim in cuts]
    for rank, held in enumerate(slices_of(shape, mesh, cuts)):
        place = (mesh.mesh == rank).nonzero()[0].tolist()
        sizes, starts = _compute_local_shape_and_global_offset(tuple(shape), mesh.shape, place, placements)
        assert tuple(end - start for start, end in held) == sizes
        if 0 not in sizes:  # an empty part stands nowhere
            assert tuple(start for start, _ in held) == starts


@given(layouts(), st.integers(0, 8))
def test_parts_joined_are_the_tensor(layout, own):
    shape, mesh, cuts = layout
    whole = torch.randn(shape)
    slices = slices_of(shape, mesh, cuts)
    parts = Parts(lambda rank, key: whole[tuple(slice(*each) for each in slices[rank])], own)
    assert torch.equal(parts.joined("f", shape, cuts, slices), whole)


def test_parts_that_do_not_make_up_a_tensor_are_refused_before_anything_is_allocated():
    """The whole would have 2⁵⁰ numbers."""
    parts = Parts(lambda rank, key: torch.ones(2))
    with pytest.raises(ld.FileError, match="the parts of 'f' do not make up a tensor of shape"):
        parts.joined("f", [2**50], [0], [[[0, 2]], None, [[2, 4]]])
    with pytest.raises(ld.FileError, match=r"part 1 of 'f' has shape \[2\], and its slice is \[\[2, 5\]\]"):
        parts.joined("f", [5], [0], [[[0, 2]], [[2, 5]]])
    text = '{"sharded": {"key": "f", "shape": [4], "placements": [0], "slices": [[[0, 2]], null, [[2, 4]]]}}'
    assert torch.equal(unpack(text, parts), torch.ones(4))
