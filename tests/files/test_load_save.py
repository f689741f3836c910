"""Learning diagrams in files: a round trip, errors that name file, line and path, and nothing that is run."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given

import learning_diagrams as ld
from distillation_text import TEXT
from strategies import learning_diagrams

image, digit = ld.Ty("image"), ld.Ty("digit")
digits = ld.SampleSpace("digits")
pixels, label = digits.column("pixels", image), digits.column("label", digit)
student, teacher = ld.Kernel("student", image, digit), ld.Kernel("teacher", image, digit)
d = ld.LearningDiagram(
    ld.Constraint("supervised", pixels >> student, label),
    ld.Constraint(
        "distilled", pixels >> student, pixels >> teacher, weight=0.5, divergence={"name": "kl", "temperature": 4.0}
    ),
    frozen=[teacher],
    name="distillation",
)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write_(content, name="a.yaml"):
        Path(name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return name

    return write_


def failed(path):
    """The message of the error that loading ends in."""
    with pytest.raises(ld.LearningDiagramError) as caught:
        ld.load(path)
    return str(caught.value)


# Reading and writing.


def test_yaml_and_json_of_one_shape(write):
    assert ld.load(write(TEXT)) == d and ld.load("a.yaml").name == "distillation"
    assert ld.load(write(json.dumps(yaml.safe_load(TEXT)), "a.json")) == d
    assert ld.load(write(TEXT, "a.YML")) == d and ld.load(Path("a.yaml")) == d
    assert ld.load(write("\ufeff" + TEXT)) == d and ld.load(write(TEXT.replace("\n", "\r\n"))) == d


@pytest.mark.parametrize("suffix", ["yaml", pytest.param("yml", marks=pytest.mark.thorough), "json"])
@given(diagram=learning_diagrams())
def test_saving_then_loading_is_the_identity(tmp_path_factory, suffix, diagram):
    path = tmp_path_factory.getbasetemp() / f"again.{suffix}"
    ld.save(diagram, path)
    again = ld.load(path)
    assert again == diagram and again.digest() == diagram.digest() and again.name == diagram.name
    assert [c.weight for c in again.constraints] == [c.weight for c in diagram.constraints]
    assert [a.name for a in again.axioms] == [a.name for a in diagram.axioms]


def test_how_yaml_is_written(tmp_path):
    ld.save(d.rename({"teacher": "NO"}), tmp_path / "a.yaml")
    text = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line[0] not in " -"] == [
        "format: learning-diagram/1", "name: distillation", "objects:", "sample_spaces:", "boxes:", "frozen:",
        "constraints:", "axioms: {}",
    ]  # fmt: skip
    assert '  "NO":\n    dom:\n    - image\n' in text and "rhs: pixels >> NO\n" in text


@pytest.mark.parametrize("weight", [5e-324, 1e-5, 0.1, 1 / 3, 1e16, 1.7976931348623157e308])
def test_numbers_are_exact(tmp_path, weight):
    options = {"name": "kl", "temperature": weight, "weights": [weight, 1, True, "1e-3"]}
    diagram = ld.LearningDiagram(ld.Constraint("c", pixels >> student, label, weight=weight, divergence=options))
    for name in ("a.yaml", "a.json"):
        ld.save(diagram, tmp_path / name)
        (c,) = ld.load(tmp_path / name).constraints
        assert c.weight == weight and c == diagram.constraints[0]


def test_what_is_declared_and_not_used_is_allowed(write):
    more = TEXT.replace("[image, digit]", "[image, digit, extra]").replace("label: digit}", "label: digit, z: extra}")
    assert ld.load(write(more)) == d


# Errors.


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("0.5", "-1", ld.FileError, "a.yaml:15: constraints.distilled.weight: must be a number ≥ 0, got -1"),
        ("0.5", ".nan", ld.FileError, "a.yaml:15: constraints.distilled.weight: must be a finite number, got nan"),
        ("0.5", "1e999", ld.FileError, "a.yaml:15: constraints.distilled.weight: must be a finite number, got inf"),
        ("0.5", "yes", ld.FileError, "a.yaml:15: constraints.distilled.weight: must be a finite number, got 'yes'"),
        ("0.5", "true", ld.FileError, "a.yaml:15: constraints.distilled.weight: must be a finite number, got True"),
        ("4.0", ".inf", ld.FileError,
         "a.yaml:16: constraints.distilled.divergence.temperature: must be a string, a finite number, true or false, "
         "or a list of these, got inf"),
        ("{name: kl, temperature: 4.0}", "[[kl]]", ld.FileError,
         "a.yaml:16: constraints.distilled.divergence[0]: must be a name, or a mapping with a name, got ['kl']"),
        ("{name: kl, temperature: 4.0}", "[kl, kl]", ld.TypeMismatch,
         "a.yaml:12: constraints.distilled: constraint 'distilled' gives 2 divergences for 1 output wire"),
        ("    weight", "    detach: rhs\n    weight", ld.FileError,
         "a.yaml:15: constraints.distilled.detach: must be a list, got 'rhs'; write [rhs]"),
        ("    weight", "    wieght", ld.FileError,
         "a.yaml:15: constraints.distilled.wieght: unknown key 'wieght'; did you mean 'weight'? known: "),
        ("    lhs", "    lsh", ld.FileError,
         "a.yaml:13: constraints.distilled.lsh: unknown key 'lsh'; did you mean 'lhs'"),
        ("lhs: pixels >> student\n", "'x) >> student': null\n", ld.FileError,
         "a.yaml:13: constraints.distilled['x) >> student']: unknown key 'x) >> student'; between { and } a text"),
        ("    lhs: pixels >> student\n", "", ld.FileError, "a.yaml:12: constraints.distilled: lacks the key 'lhs'"),
        ("format: learning-diagram/1\n", "", ld.FileError, "a.yaml:1: the document: lacks the key 'format'"),
        ("diagram/1", "diagram/2", ld.FileError,
         "a.yaml:1: format: format is 'learning-diagram/2'; this version reads 'learning-diagram/1'"),
        ("kernel: true", "kernel: 1", ld.FileError, "a.yaml:7: boxes.teacher.kernel: must be true or false, got 1"),
        ("[image, digit]\n", "[image, 3]\n", ld.FileError,
         "a.yaml:3: objects[1]: must be a string, got 3; put it in quotes"),
        ("[image, digit]\n", "[image, a b]\n", ld.FileError, "a.yaml:3: objects[1]: 'a b' cannot stand in a term"),
        ("[image, digit]\n", "[image, digit, digits]\n", ld.DuplicateName,
         "a.yaml:5: sample_spaces.digits: 'digits' names an object and a sample space; give one of them another name"),
        ("pixels: image", "pixels: imgae", ld.FileError,
         "a.yaml:5: sample_spaces.digits.pixels: 'imgae' is not among the objects; did you mean 'image'?"),
        ("student: {dom: [image]", "student: {dom: [digits]", ld.FileError,
         "a.yaml:8: boxes.student.dom[0]: 'digits' is not among the objects"),
        ("frozen: [teacher]", "frozen: [taecher]", ld.UnknownName,
         "a.yaml:9: frozen[0]: no box that a term uses is named 'taecher'; did you mean 'teacher'?"),
        ("rhs: pixels >> teacher", "rhs: pixels >> taecher", ld.ParseError,
         "a.yaml:14: constraints.distilled.rhs: no box or column is named 'taecher'; did you mean 'teacher'?"),
        ("rhs: pixels >> teacher", "rhs: label >> teacher", ld.TypeMismatch,
         "a.yaml:14: constraints.distilled.rhs: these do not compose: digit on the left, image on the right (line 1, "
         "column 7)\n  label >> teacher\n        ^"),
        ("rhs: label}", "rhs: pixels}", ld.TypeMismatch,
         "a.yaml:11: constraints.supervised: the sides of constraint 'supervised' are not parallel"),
        ("lhs: pixels >> student, rhs: label}", "lhs: student, rhs: teacher}", ld.TypeMismatch,
         "a.yaml:11: constraints.supervised: constraint 'supervised' has no source"),
        ("rhs: label}", "rhs: __import__('os')}", ld.ParseError,
         "a.yaml:11: constraints.supervised.rhs: no box or column"),
        ("rhs: label}", "rhs: label.__class__}", ld.ParseError,
         "a.yaml:11: constraints.supervised.rhs: no box or column"),
        ("name: distillation", "name: [x]", ld.FileError, "a.yaml:2: name: must be a string, got ['x']"),
        ("boxes:\n", "boxes: &x\n", ld.FileError, "a.yaml:6: anchors and aliases are not read"),
        ("  student:", "  teacher:", ld.FileError, "a.yaml:8: the key 'teacher' is given twice, first on line 7"),
    ],
)  # fmt: skip
def test_an_error_names_file_line_and_path(write, old, new, error, message):
    assert old in TEXT
    with pytest.raises(error) as caught:
        ld.load(write(TEXT.replace(old, new, 1)))
    assert type(caught.value) is error and str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({">> student": ">> studnt", ">> teacher": ">> taecher"},
         ["11: constraints.supervised.lhs", "13: constraints.distilled.lhs", "14: constraints.distilled.rhs"]),
        ({"rhs: label}": "rhs: pixels}", ">> teacher": ">> taecher"},
         ["11: constraints.supervised", "14: constraints.distilled.rhs"]),
        ({"{name: kl, temperature: 4.0}": "[kl, kl]", "rhs: label}": "rhs: labl}"},
         ["11: constraints.supervised.rhs", "12: constraints.distilled"]),
        ({"    weight": "    wieght", "kernel: true": "kernel: 1"},
         ["7: boxes.teacher.kernel", "8: boxes.student.kernel", "15: constraints.distilled.wieght"]),
        ({"    lhs": "    lsh", "0.5": "-1"}, ["15: constraints.distilled.weight", "13: constraints.distilled.lsh"]),
        ({"frozen: [teacher]": "frozen: [taecher, studnt]"}, ["9: frozen[0]", "9: frozen[1]"]),
    ],
)  # fmt: skip
def test_all_faults_are_told_at_once(write, changes, places):
    text = TEXT
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(ld.LearningDiagramError) as caught:
        ld.load(write(text))
    assert [line.split(": ")[0].removeprefix("a.yaml:") + ": " + line.split(": ")[1]
            for line in str(caught.value).splitlines() if line.startswith("a.yaml:")] == places  # fmt: skip
    assert [str(each) for each in caught.value.faults] and type(caught.value) is type(caught.value.faults[0])


def test_a_name_that_many_terms_lack_is_told_a_few_times(write):
    law = "  {}: {{lhs: pixels >> studnt, rhs: label}}\n"
    many = TEXT.replace("constraints:\n", "constraints:\n" + "".join(law.format(f"c{i}") for i in range(500)))
    message = failed(write(many))
    assert message.count("no box or column is named 'studnt'") == 20
    assert message.endswith("\nno fault is listed after the first 20")


def test_one_bare_name_for_two_columns_is_ambiguous(write):
    more = TEXT.replace("label: digit}\n", "label: digit}\n  others: {pixels: image}\n")
    assert "'pixels' is ambiguous: digits.pixels, others.pixels" in failed(write(more))
    assert ld.load(write(more.replace("pixels >>", "digits.pixels >>"))) == d


def test_a_column_that_a_box_shadows_is_written_with_its_space(write):
    more = TEXT.replace("frozen", "  pixels: {dom: [image], cod: [digit]}\nfrozen")
    assert "these do not compose" in failed(write(more))  # `pixels` is the box
    assert ld.load(write(more.replace("pixels >>", "digits.pixels >>"))) == d


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"), (" \n\n", "the file is empty"), ("# only words\n", "the file is empty"),
        ("- a\n", "a.yaml:1: the document: must be a mapping, got ['a']"), ("a", "the document: must be a mapping"),
        (b"\x93NUMPY\x01\x00", "a.yaml:1: this is not UTF-8"), (TEXT.encode("utf-16"), "a.yaml:1: this is not UTF-8"),
        (TEXT.replace("digits", "zäh").encode("latin-1"), "a.yaml:5: this is not UTF-8"),
    ],
)  # fmt: skip
def test_what_is_no_document(write, content, message):
    assert message in failed(write(content))


def test_what_cannot_be_read(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "there is no file" in failed(tmp_path / "missing.yaml")
    assert "there is no file" in failed(tmp_path / "missing" / "a.yaml")
    assert "it is a folder" in failed(tmp_path / "folder.yaml")
    assert "it is not a file" in failed(tmp_path / "pipe.yaml")
    assert "the name must end in .yaml, .yml, .json" in failed(tmp_path / "a.toml")
    assert "the name must end in" in failed(tmp_path / "yaml")
    assert "null" in failed("a\0.yaml")
    for thing in (3, None, b"a.yaml", ["a.yaml"]):
        assert "a path is a string or a pathlib.Path" in failed(thing)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(write):
    os.chmod(write(TEXT), 0)
    assert "cannot read 'a.yaml': Permission denied" in failed("a.yaml")


@pytest.mark.parametrize("count", [2_000, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_many_boxes_load_and_save(count, tmp_path):
    row = [ld.Box(f"f{i % 100}", image, image) for i in range(count)]
    long = ld.LearningDiagram(ld.Constraint("c", pixels >> ld.Id(image).then(*row), pixels))
    for name in ("a.yaml", "a.json"):
        ld.save(long, tmp_path / name)
        assert ld.load(tmp_path / name) == long


# Writing.


def test_save_refuses_what_no_file_can_carry(tmp_path):
    path = tmp_path / "a.yaml"
    ld.save(d, path)
    before = path.read_bytes()
    for bad in (d.rename({"student": "a b"}), d.rename({pixels: "I"}), d.rename({"supervised": "\ud800"})):
        with pytest.raises(ld.LearningDiagramError, match=r"cannot be written as text|surrogate"):
            ld.save(bad, path)
    large = ld.LearningDiagram(ld.Constraint("c" * 10_000_000, pixels >> student, label))
    with pytest.raises(ld.FileError, match=r"could not be read back: .*larger than 10 MB"):
        ld.save(large, path)
    for thing in (None, {"format": "learning-diagram/1"}, pixels):
        with pytest.raises(ld.TypeMismatch, match=r"ld\.save takes a learning diagram and a path"):
            ld.save(thing, path)
    with pytest.raises(ld.TypeMismatch, match=r"write json\.dumps"):
        ld.save(ld.prove(ld.Equation(student, student), []), path)
    with pytest.raises(ld.FileError, match="the name must end in"):
        ld.save(d, tmp_path / "a.txt")
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.yaml"]


def test_a_save_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path):
    """A process writes two learning diagrams by turns, and is killed at a random moment, again and again."""
    path = tmp_path / "a.yaml"
    texts = []
    for name in ("old", "new" * 20_000):
        ld.save(ld.LearningDiagram(*d.constraints, frozen=[teacher], name=name), path)
        texts.append(path.read_bytes())
    program = (
        "import sys\nfrom pathlib import Path\nfrom learning_diagrams.storage.atomic_write import write_whole\n"
        "path = Path(sys.argv[1])\ntexts = [Path(p).read_bytes() for p in sys.argv[2:]]\nprint('ready', flush=True)\n"
        "while True:\n    for text in texts: write_whole(path, text)\n"
    )
    sources = [tmp_path / "one", tmp_path / "two"]
    for source, text in zip(sources, texts, strict=True):
        source.write_bytes(text)
    seen = set()
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", program, path, *sources], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(random.uniform(0, 0.03))
        process.kill()
        process.communicate()
        content = path.read_bytes()
        assert content in texts
        assert ld.load(path) == d
        seen.add(content)
    assert seen
