"""No character of a name steers a terminal or breaks a picture."""

import json
import sys
import xml.etree.ElementTree as ElementTree

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, fit
from learning_diagrams.cli import main
from learning_diagrams.errors import printable
from learning_diagrams.semantics.program.explanation import explain

NAMES = ["t\x1b]0;p\x07\x1b[2J", "back\rover", "\x9b31m", "\x7f", "a\u202eb", "\u2066x", "\ufffe\uffff"]
STEERING = {
    chr(code) for code in (*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
x = ld.Ty("x")
rows = ld.SampleSpace("s")
u, v, f = rows.column("u", x), rows.column("v", x), ld.Box("f", x, x)


def document(name, place):
    content = {
        "format": "learning-diagram/1",
        "name": "plain",
        "objects": ["x"],
        "sample_spaces": {"s": {"u": "x", "v": "x"}},
        "boxes": {"f": {"dom": ["x"], "cod": ["x"]}},
        "constraints": {"c": {"lhs": "u >> f", "rhs": "v"}, "d": {"lhs": "u >> f", "rhs": "u"}},
        "axioms": {"a": {"lhs": "f >> f", "rhs": "f"}},
        "players": {"p": {"terms": ["c"], "boxes": ["f"]}},
    }
    if place == "name":
        content["name"] = name
    elif place == "divergence":
        content["constraints"]["c"]["divergence"] = {"name": name, name: name}
    else:
        content[place][name] = content[place].pop(next(iter(content[place])))
        content["players"] = {} if place == "constraints" else content["players"]
    return content


@pytest.mark.parametrize("place", ["name", "constraints", "axioms", "players", "boxes", "sample_spaces", "divergence"])
@pytest.mark.parametrize("name", ["t\x1b]0;p\x07\x1b[2J back\rover \x9b31m a\u202eb\u2066", "\x1b"])
def test_no_name_of_a_file_steers_a_terminal_or_a_picture(name, place, tmp_path, capsys, monkeypatch):
    path = tmp_path / "d.json"
    path.write_text(json.dumps(document(name, place)))
    texts = []
    try:
        diagram = ld.load(path)
    except ld.LearningDiagramError as error:
        texts.append(str(error))
    else:
        findings = ld.review(diagram)
        players = map(str, diagram.players)
        texts += [str(diagram), repr(diagram), repr(diagram.constraints), repr(diagram.axioms), *players]
        texts += [*map(str, findings), *map(repr, findings), str(ld.coproduct(diagram, diagram.rename({"f": "g"})))]
        ElementTree.fromstring(picture := diagram.draw().svg)
        texts.append(picture)
        try:
            texts.append(explain(diagram))
        except ld.LearningDiagramError as error:
            texts.append(str(error))
    for command in (["check"], ["explain"], ["print"], ["review"], ["print", "--format", "yaml"]):
        monkeypatch.setattr(sys, "argv", ["learning-diagrams", command[0], str(path), *command[1:]])
        with pytest.raises(SystemExit):
            main()
        texts += capsys.readouterr()
    for text in texts:
        assert not STEERING & set(text)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_in_training_steers_a_terminal(name, capsys, recwarn):
    box = ld.Box(name, x, x)
    diagram = ld.LearningDiagram(ld.Constraint(name, u >> box, v), name=name)
    net = nn.Sequential(nn.Linear(1, 1), nn.Dropout())
    objective = compile(diagram, TorchFunctor(ob={x: Euclidean(1)}, ar={box: net}))
    values = torch.ones(4, 1)
    history = fit(objective, {"s": {"u": values, "v": values}}, epochs=2)
    texts = [repr(history), repr(objective), objective.code, str(diagram), str(box), str(u >> box)]
    with pytest.raises(ld.NonFiniteTerm) as caught:
        fit(objective, {"s": {"u": values, "v": values * float("inf")}}, epochs=2, progress=False)
    texts += [str(caught.value), *map(str, capsys.readouterr()), *(str(warning.message) for warning in recwarn)]
    for text in texts:
        assert not (STEERING - {"\r"}) & set(text)  # the bar itself returns to the start of its line


@given(st.text())
def test_printable_changes_what_steers_and_nothing_else(text):
    shown = printable(text)
    assert not STEERING & set(shown)
    assert printable(shown) == shown
    if not STEERING & set(text) and text.isprintable():
        assert shown == text


def test_yaml_and_json_stay_what_they_are():
    for name in NAMES:
        assert yaml.safe_load(printable(yaml.safe_dump({name: name}))) == {name: name}
        assert json.loads(printable(json.dumps({name: name}))) == {name: name}
