"""Files that mean harm, and files with random damage: typed errors in bounded time and memory, and nothing is run."""

import copy
import json
import os
import subprocess
import sys
import time
import tracemalloc

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import learning_diagrams as ld
from distillation_text import TEXT
from learning_diagrams.files.encoding import to_yaml
from learning_diagrams.files.load_save import read_bytes
from learning_diagrams.files.plain_file import LARGEST


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda content: (tmp_path / "a.yaml").write_text(content, encoding="utf-8") and "a.yaml"


def failed(path):
    """The message of the error that loading ends in."""
    with pytest.raises(ld.LearningDiagramError) as caught:
        ld.load(path)
    return str(caught.value)


LAUGHS = "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(9))
MANY = 190_000
HEAD = "format: learning-diagram/1\nobjects: [x]\nsample_spaces: {r: {c: x}}\nboxes: {f: {dom: [x], cod: [x]}}\n"
HOSTILE = {
    "billion laughs": "a: &a [lol]\n" + LAUGHS,
    "python tag": "format: !!python/object/apply:os.system ['touch ran']\n",
    "python module": "!!python/module:this {}\n",
    "python in a term": TEXT.replace("rhs: label", "rhs: \"__import__('os').system('touch ran')\""),
    "an f-string": TEXT.replace("rhs: label", "rhs: \"{__import__('os').system('touch ran')}\""),
    "flow, 3,000 deep": "a: " + "[" * 3_000 + "]" * 3_000,
    "block, 3,000 deep": "".join(" " * i + "a:\n" for i in range(3_000)),
    "many objects": f"format: learning-diagram/1\nobjects: [{'1,' * MANY}]\nconstraints: {{}}\n",
    "many unknown keys": "format: learning-diagram/1\n" + "".join(f"k{i}: 1\n" for i in range(MANY // 2)),
    "many terms": HEAD + "constraints:\n" + "".join(
        f"  c{i}: {{lhs: 'c >> copy(x, 9999)', rhs: 'c >> copy(x, 9999)'}}\n" for i in range(30_000)),
    "a long term": HEAD + f"constraints: {{c: {{lhs: '{'f >> ' * 1_000_000}f', rhs: c}}}}\n",
    "a wide term": HEAD + f"constraints: {{c: {{lhs: '{'f @ ' * 1_000_000}f', rhs: c}}}}\n",
    "a deep term": HEAD + f"constraints: {{c: {{lhs: '{'(' * 5_000_000}', rhs: c}}}}\n",
    "a wide box": HEAD.replace("[x], cod", f"[{'x,' * MANY}], cod") + "constraints: {c: {lhs: c >> f, rhs: c}}\n",
    "a long name": HEAD + f"constraints: {{c: {{lhs: {'f' * 5_000_000}, rhs: c}}}}\n",
    "long names": f"objects: [{','.join('x' * 500 + str(i) for i in range(15_000))}, {'x' * 505}]\nformat: 1\n",
    "a long constraint name": HEAD + f"constraints: {{\n? {'c' * 5_000_000}\n: {{lhs: c, rhs: f}}}}\n",
    "many columns": HEAD.replace("c: x", ",".join(f"c{i}: x" for i in range(MANY // 2))) + "constraints: {}\n",
    "many spaces": HEAD.replace("r: {c: x}", ",".join(f"r{i}: {{}}" for i in range(MANY // 3))) + "constraints: {}\n",
    "many things": HEAD.replace("[x]", f"[{','.join(f'x{i}' for i in range(MANY))}]", 1) + "constraints: {}\n",
    "null bytes": "\0" * 5_000_000,
}  # fmt: skip


@pytest.mark.sampled(10)
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_in_about_a_second_and_runs_nothing(write, content):
    path = write(content)
    start = time.process_time()
    message = failed(path)
    assert time.process_time() - start < 5  # about one, where nothing else runs
    assert len(message) < 5_000 and os.listdir() == ["a.yaml"]


def test_a_large_file_is_not_read(tmp_path):
    for name in ("a.yaml", "a.json"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(50_000_000)
        tracemalloc.start()
        start = time.process_time()
        assert "larger than 10 MB" in failed(tmp_path / name)
        assert time.process_time() - start < 5  # far less, where nothing else runs
        assert tracemalloc.get_traced_memory()[1] < 1.1 * LARGEST
        tracemalloc.stop()


def test_hostile_files_take_little_memory(tmp_path):
    """In a process that may take 1 GB: files that name billions of things end in typed errors, not in a crash."""
    program = (
        "import resource, sys\n"
        "import learning_diagrams as ld\n"
        "ld.LearningDiagram.from_dict({'format': 'learning-diagram/1', 'constraints': {}})\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (1_000_000_000, 1_000_000_000))\n"
        "for path in sys.argv[1:]:\n"
        "    try: ld.load(path)\n"
        "    except ld.LearningDiagramError as error: print(type(error).__name__)\n"
    )
    names = ["billion laughs", "many terms", "a wide term", "a long term", "a wide box", "many objects"]
    for name in names:
        (tmp_path / f"{name}.yaml").write_text(HOSTILE[name], encoding="utf-8")
    paths = [str(tmp_path / f"{name}.yaml") for name in names]
    done = subprocess.run([sys.executable, "-c", program, *paths], capture_output=True, text=True)
    assert done.returncode == 0 and len(done.stdout.split()) == len(names), done.stderr[-2_000:]


# Fuzz.

CONTENTS = [TEXT.encode("utf-8"), json.dumps(yaml.safe_load(TEXT)).encode("utf-8")]


def read_or_refuse(content, form):
    try:
        read_bytes(content, form, "a").diagram.digest()
    except ld.LearningDiagramError as error:
        assert str(error).startswith("a:")


@settings(max_examples=150)
@given(st.data())
def test_flipped_bytes_and_cut_ends_are_typed_errors_or_harmless(data):
    form = data.draw(st.sampled_from(["yaml", "json"]))
    content = bytearray(CONTENTS[form == "json"])
    for _ in range(data.draw(st.integers(1, 4))):
        byte = data.draw(st.integers(0, 255) | st.sampled_from(b"[]{}:,&*! \n"))
        content[data.draw(st.integers(0, len(content) - 1))] = byte
    read_or_refuse(bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]), form)


junk = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([]) | st.just({})
words = "f pixels label teacher student copy discard id swap state ( ) @ >> , 2 I image digits"
word_lists = st.lists(st.sampled_from(words.split(" ")))


@settings(max_examples=80)
@given(st.data())
def test_mutated_documents_are_read_or_refused(data):
    """Values are replaced, dropped, swapped and nested anywhere; terms become other words of the grammar."""
    document = copy.deepcopy(yaml.safe_load(TEXT))
    for _ in range(data.draw(st.integers(1, 3))):
        here = document
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and here[key] and data.draw(st.integers(0, 3)):
                here = here[key]
                continue
            match data.draw(st.sampled_from(["junk", "drop", "term", "nest", "double"])):
                case "junk":
                    here[key] = data.draw(junk)
                case "drop":
                    del here[key]
                case "term":
                    here[key] = " ".join(data.draw(word_lists))
                case "nest":
                    here[key] = {"name": here[key]}
                case _:
                    here[key] = [here[key], here[key]]
            break
    read_or_refuse(to_yaml(document).replace("!!null", "").encode("utf-8"), "yaml")
    read_or_refuse(json.dumps(document).encode("utf-8"), "json")
