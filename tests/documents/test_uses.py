"""Files of boxes that use others."""

import pytest

import learning_diagrams as ld

x = ld.Ty("x")
u = ld.Box("u", x, x)
t = ld.SampleSpace("rows").column("t", x)
# In order of name, the box that uses others stands before what it uses.
a = ld.Box("a", x, x, uses=[ld.Kernel("b", x, x, uses=[u]), u])
DIAGRAM = ld.LearningDiagram(ld.Constraint("c", t >> a, t))


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_file_holds_what_boxes_use(form, tmp_path):
    path = tmp_path / f"d.{form}"
    ld.save(DIAGRAM, path)
    assert ld.load(path) == DIAGRAM and ld.load(path).digest() == DIAGRAM.digest()
    boxes = DIAGRAM.to_dict()["boxes"]
    assert boxes["a"]["uses"] == ["b", "u"] and boxes["b"]["uses"] == ["u"] and "uses" not in boxes["u"]


@pytest.mark.parametrize(
    "uses, message",
    [
        ({"a": ["b", "w"]}, r"boxes\.a\.uses\[1\]: 'w' is not among the boxes"),
        ({"u": ["a"]}, r"boxes\.\w\.uses: boxes use each other in a circle: "),
        ({"u": ["u"]}, r"boxes\.u\.uses: boxes use each other in a circle: 'u', 'u'"),
        ({"a": "u"}, r"boxes\.a\.uses must be a list|boxes\.a\.uses: must be a list"),
        ({"a": [3]}, r"boxes\.a\.uses\[0\]: must be a string"),
    ],
)
def test_a_fault_in_uses_is_told_with_its_place(uses, message):
    data = DIAGRAM.to_dict()
    for name, value in uses.items():
        data["boxes"][name]["uses"] = value
    with pytest.raises(ld.FileError, match=message):
        ld.LearningDiagram.from_dict(data)


def test_uses_count_against_the_limits():
    data = DIAGRAM.to_dict()
    data["boxes"] |= {f"f{i}": {"dom": ["x"], "cod": ["x"]} for i in range(200)}
    data["boxes"]["a"]["uses"] = [f"f{i}" for i in range(200)]
    with pytest.raises(ld.LimitExceeded, match=r"boxes\.a\.uses: .*at most 100"):
        ld.LearningDiagram.from_dict(data)
    data["boxes"]["a"]["uses"] = ["u"] * 60_000
    with pytest.raises(ld.FileError, match="inputs, outputs and uses of boxes"):
        ld.LearningDiagram.from_dict(data)
