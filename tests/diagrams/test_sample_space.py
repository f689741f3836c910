"""Sample spaces: columns, states, and the boxes that may touch data."""

import copy
import pickle

import pytest

from learning_diagrams.diagrams.box import Box, Id, Kernel, Ty, is_deterministic
from learning_diagrams.diagrams.sample_space import Column, SampleSpace, State, is_sample_space
from learning_diagrams.diagrams.structure import Copy, Discard
from learning_diagrams.equality.canonical_form import digest
from learning_diagrams.errors import DuplicateName, TypeMismatch
from learning_diagrams.learning_diagram import LearningDiagram
from learning_diagrams.presentation.constraint import Constraint
from learning_diagrams.presentation.equation import Equation

digits, others = SampleSpace("digits"), SampleSpace("others")
image = Ty("image")
pixels = digits.column("pixels", image)


def test_a_column_is_a_deterministic_box_from_its_space():
    assert isinstance(pixels, Column) and isinstance(pixels, Box) and is_deterministic(pixels)
    assert (pixels.dom, pixels.cod, pixels.name, pixels.space) == (digits.ty, image, "pixels", digits)


def test_a_state_is_a_kernel_from_i():
    state = digits.state
    assert isinstance(state, State) and isinstance(state, Kernel) and not is_deterministic(state)
    assert (state.dom, state.cod, state.space) == (Ty(), digits.ty, digits)
    assert digest(state >> Discard(digits.ty)) == digest(Id(Ty()))


def test_equality_is_by_name():
    assert SampleSpace("digits") == digits != others and hash(SampleSpace("digits")) == hash(digits)
    assert digits.column("pixels", image) == pixels != digits.column("pixels", Ty("other"))
    assert pixels != others.column("pixels", image) and digits.state != others.state
    assert digits.ty == SampleSpace("digits").ty and hash(digits.ty) == hash(SampleSpace("digits").ty)
    assert digits != "digits"


def test_the_type_of_a_space_composes_and_hashes_like_any_other():
    assert digits.ty == Ty("digits") and hash(digits.ty) == hash(Ty("digits"))
    assert digits.ty @ image == Ty("digits", "image")


def test_is_sample_space():
    product = digits.ty @ others.ty @ digits.ty
    assert is_sample_space(digits.ty) and is_sample_space(product) and is_sample_space(product[1:])
    assert not any(map(is_sample_space, (Ty(), image, Ty("digits"), digits.ty @ image)))


@pytest.mark.parametrize("diagram", [pixels, digits.state, digits.state >> Copy(digits.ty) >> pixels @ pixels])
def test_pickle_and_copy_keep_what_is_data(diagram):
    for again in (pickle.loads(pickle.dumps(diagram)), copy.deepcopy(diagram)):
        assert again == diagram and digest(again) == digest(diagram)
        assert is_sample_space(again.dom) == is_sample_space(diagram.dom)
        assert [type(box) for box in again.boxes] == [type(box) for box in diagram.boxes]


def test_spaces_and_reprs_survive():
    assert pickle.loads(pickle.dumps(digits)) == digits
    assert repr(digits) == "SampleSpace('digits')" and "column('pixels'" in repr(pixels)
    assert repr(digits.state) == "SampleSpace('digits').state"


@pytest.mark.parametrize("cod", [Ty(), image @ image, digits.ty, others.ty, "image", None])
def test_a_column_ends_in_one_object(cod):
    with pytest.raises(TypeMismatch, match="pixels"):
        digits.column("pixels", cod)


@pytest.mark.parametrize("name", [None, 3, image, b"digits"])
def test_names_are_strings(name):
    with pytest.raises(TypeMismatch, match="must be a string"):
        SampleSpace(name)
    with pytest.raises(TypeMismatch, match=r"^the name of a column of sample space 'digits' must be a string"):
        digits.column(name, image)


def test_data_has_no_dagger():
    for box in (pixels, digits.state):
        with pytest.raises(TypeMismatch, match="no dagger"):
            box.dagger()
    with pytest.raises(TypeMismatch, match="no dagger"):
        (digits.state >> pixels).dagger()


@pytest.mark.parametrize(
    "box", [Box("f", digits.ty, image), Kernel("f", image, digits.ty), Box("f", digits.ty @ image, image)]
)
def test_only_columns_and_states_touch_a_space(box):
    with pytest.raises(TypeMismatch, match="touches the sample space 'digits'"):
        LearningDiagram(axioms=[Equation(box, box)])


def test_an_object_and_a_space_of_one_name_are_an_error():
    clash = SampleSpace("image").column("pixels", image)
    with pytest.raises(DuplicateName, match="names an object and a sample space"):
        LearningDiagram(Constraint("c", clash, clash))


def test_a_column_has_one_type():
    other = digits.column("pixels", Ty("other"))
    with pytest.raises(DuplicateName, match="column 'pixels' of sample space 'digits'"):
        LearningDiagram(Constraint("c", pixels, pixels), Constraint("d", other, other))


def test_columns_of_one_name_in_two_spaces_are_two():
    pair = pixels @ others.column("pixels", image)
    d = LearningDiagram(Constraint("c", pair, pair))
    assert [(column.space.name, column.name) for column in d.columns] == [("digits", "pixels"), ("others", "pixels")]


def test_two_columns_of_one_row_are_pointed_to():
    """Errors that lead to `Copy(rows.ty) >> a @ b`."""
    x, space = Ty("x"), SampleSpace("space")
    f = Box("f", x @ x, x)
    with pytest.raises(TypeMismatch, match=r"or Copy\(rows\.ty\) >> a @ b for two columns of one row"):
        Constraint("c", f, f)
    with pytest.raises(TypeMismatch, match=r"got SampleSpace\('space'\); \.ty is its type"):
        Copy(space)
    over = Copy(space.ty) >> space.column("a", x) @ space.column("b", x)
    assert Constraint("c", f, Id(x @ x) >> f, over=over).tested == "over"
