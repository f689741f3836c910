"""Text to plain data: what YAML and JSON mean here, and what is refused, each at its line and within a second."""

import json
import math
import sys
import time

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from learning_diagrams.files.decoding import plain_scalar, read_json, read_text, read_yaml
from learning_diagrams.files.encoding import to_json, to_yaml
from learning_diagrams.files.plain_data import NODES, SyntaxFault


def values(text):
    return read_yaml(text).data()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, word) for word in ("NO", "no", "on", "off", "y", "yes", "Y", "1_000", "0b1", "017x", "12:30:45")),
        *((word, word) for word in ("2001-01-01", "nUll", "truE", "0o8", "0xg", "e5")),
        *((word, word) for word in (".", "-", "+", "..5", "1e", "-.inF")),
        ("null", None), ("~", None), ("", None), ("Null", None), ("true", True), ("FALSE", False),
        ("0", 0), ("-12", -12), ("+7", 7), ("017", 17), ("0o17", 15), ("0x1F", 31),
        ("1e-3", 1e-3), ("1.", 1.0), (".5", 0.5), ("-1.5E+3", -1500.0), (".inf", math.inf), ("-.INF", -math.inf),
    ],
)  # fmt: skip
def test_a_plain_scalar_is_that_of_the_core_schema(text, value):
    assert (plain_scalar(text), type(plain_scalar(text))) == (value, type(value))
    if text != "-":  # the mark of a list
        assert values(f"a: {text}") == {"a": value}
    assert values(f'a: "{text}"') == {"a": text} and values(f"a: '{text}'") == {"a": text}


def test_nan_is_a_number_here_and_refused_where_a_number_is_wanted():
    assert math.isnan(values("a: .nan")["a"])


def test_a_value_knows_its_line():
    data = read_yaml("# a comment\na:\n  b: [1,\n    2]\n  c: x\n")
    assert [data.line(path) for path in ((), ("a",), ("a", "b"), ("a", "b", 1), ("a", "c"), ("a", "nothing"))] == [
        2, 2, 3, 4, 5, 2,
    ]  # fmt: skip
    data = read_json('{\n"a": {"b": [1,\n2],\n"c": "x"}}')
    assert [data.line(path) for path in ((), ("a",), ("a", "b", 1), ("a", "c"))] == [1, 2, 3, 4]


REFUSED = {
    "alias": ("a: &x 1\nb: *x", 1, "anchors and aliases"),
    "alias of nothing": ("a: 1\nb: *x", 2, "anchors and aliases|undefined"),
    "tag": ("a: 1\nb: !!python/object/apply:os.system ['true']", 2, "tags are not read"),
    "short tag": ("a: !x y", 1, "tags"),
    "a tag that means nothing": ("a: ! 12", 1, "tags"),
    "tagged key": ("!!str a: b", 1, "tags"),
    "two documents": ("a: 1\n---\nb: 1", 2, "second document"),
    "duplicate": ("a: 1\nb: 2\na: 3", 3, "'a' is given twice, first on line 1"),
    "duplicate in flow": ("{a: 1,\n 'a': 2}", 2, "given twice"),
    "number as key": ("a: 1\n1: 2", 2, "a key must be a string, got 1"),
    "null as key": ("? \n: 2", 1, "a key must be a string, got None"),
    "boolean as key": ("true: 2", 1, "a key must be a string, got True"),
    "list as key": ("[a]: 2", 1, "a key must be a string"),
    "mapping as key": ("? {a: b}\n: 2", 1, "a key must be a string"),
    "no YAML": ("a: b: c", 1, "this is not YAML"),
    "open": ("a: [1,\n2", 2, "this is not YAML"),
    "tab": ("a:\n\tb: 1", 2, "a tab stands where only spaces can"),
    "long number": ("a: 1" + "0" * 5_000, 1, "number of 5,001 characters"),
    "long hexadecimal": ("a: 0x" + "f" * 5_000, 1, "characters is too long"),
}
REFUSED_JSON = {
    "duplicate": ('{"a": 1,\n"a": 2}', 2, "given twice, first on line 1"),
    "NaN": ("[1,\nNaN]", 2, "NaN is not JSON"),
    "infinity": ("[-Infinity]", 1, "-Infinity is not JSON"),
    "comma": ('{"a": 1,\n}', 1 if sys.version_info >= (3, 13) else 2, "this is not JSON"),  # comma, or brace
    "comment": ('{"a": 1}\n# no', 2, "this is not JSON"),
    "single quotes": ("{'a': 1}", 1, "this is not JSON"),
    "open string": ('{"a', 1, "this is not JSON"),
    "two values": ("{} {}", 1, "this is not JSON"),
    "long number": ("[1" + "0" * 5_000 + "]", 1, "number of 5,001 characters"),
    "half a pair": ('["a",\n"\\ud800"]', 2, "surrogate"),
}


@pytest.mark.parametrize(
    ("read", "text", "line", "message"),
    [(read_yaml, *row) for row in REFUSED.values()] + [(read_json, *row) for row in REFUSED_JSON.values()],
    ids=[*REFUSED, *(f"json {name}" for name in REFUSED_JSON)],
)
def test_what_is_refused_is_refused_at_its_line(read, text, line, message):
    with pytest.raises(SyntaxFault, match=message) as caught:
        read(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("a: 1".encode("utf-16"), 1, "not UTF-8"),
        ("a: 1".encode("utf-16-le"), 1, "control character"),
        ("a: 1\nb: é".encode("latin-1"), 2, "not UTF-8"),
        (b"\x80\x04\x95", 1, "not UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00", 1, "control character '\\\\x7f'"),
        (b"a: 1\nb: \x00", 2, "control character"),
    ],
)
def test_bytes_that_are_no_text(content, line, message):
    with pytest.raises(SyntaxFault, match=message) as caught:
        read_text(content)
    assert caught.value.line == line


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read_text("a: é".encode("utf-8-sig")) == "a: é"


MEGA = 9_000_000
HOSTILE = {
    "flow, 3,000 deep": "[" * 3_000 + "]" * 3_000,
    "block, 3,000 deep": "".join(" " * i + "a:\n" for i in range(3_000)),
    "flow": "[" * MEGA,
    "mappings in flow": "{a: " * (MEGA // 4),
    "dashes": "- " * (MEGA // 2),
    "questions": "? " * (MEGA // 2),
    "list": "- 1\n" * (MEGA // 4),
    "empty lists": "[" + "[]," * (MEGA // 3) + "]",
    "keys": "".join(f"k{i}: 1\n" for i in range(MEGA // 13)),
    "documents": "---\n" * (MEGA // 4),
    "a laugh": "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(100)),
    "digits": "1" * MEGA,
    "anchor": "&" + "a" * MEGA,
    "flow that never ends": "[a, " * (MEGA // 4),
}
HOSTILE_JSON = {
    "3,000 deep": "[" * 3_000 + "]" * 3_000,
    "deep": "[" * MEGA,
    "deep objects": '{"a":' * (MEGA // 5),
    "list": "[" + "1," * (MEGA // 2) + "1]",
    "empty lists": "[" + "[]," * (MEGA // 3) + "[]]",
    "open string": '"' + "a" * MEGA,
    "quotes": '"' * MEGA,
    "backslashes": '"' + "\\" * MEGA,
    "digits": "1" * MEGA,
    "blanks": " " * MEGA,
    "commas": "," * MEGA,
}


@pytest.mark.sampled(10)
@pytest.mark.parametrize(
    ("read", "text"),
    [(read_yaml, text) for text in HOSTILE.values()] + [(read_json, text) for text in HOSTILE_JSON.values()],
    ids=[*HOSTILE, *(f"json {name}" for name in HOSTILE_JSON)],
)
def test_hostile_text_is_refused_in_about_a_second(read, text):
    start = time.process_time()
    with pytest.raises(SyntaxFault) as caught:
        read(text)
    assert time.process_time() - start < 4  # about one, where nothing else runs
    assert len(caught.value.message) < 500


def test_two_hundred_levels_and_no_more():
    deep = "[" * 200 + "]" * 200
    for read in (read_yaml, read_json):
        read(deep)
        with pytest.raises(SyntaxFault, match="nested more than 200 deep"):
            read(f"[{deep}]")


def test_the_number_of_values_is_bounded():
    for read in (read_yaml, read_json):
        assert len(read("[" + "1," * (NODES - 2) + "1]").data()) == NODES - 1
        with pytest.raises(SyntaxFault, match="more than 200,000 keys and values"):
            read("[" + "1," * (NODES - 1) + "1]")


# Writing then reading.

words = ["NO", "on", "~", "1e-3", "0o7", ".nan", "", " ", "a: b", "#", "- a", "\x85"]
texts = st.text(max_size=8) | st.sampled_from(words)
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.booleans() | numbers | texts | st.text(min_size=125, max_size=140),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def alike(first, second):
    """Equality that tells 1 from 1.0 and True, and 0.0 from -0.0."""
    return repr(first) == repr(second)


@given(st.dictionaries(texts, plain, max_size=4))
@example({"a": ["NO", "1e-3", 1e-5, 1e300, -0.0], "- ": {}, "k" * 200: [[]]})
def test_writing_then_reading_is_the_identity(data):
    assert alike(read_yaml(read_text(to_yaml(data).encode("utf-8"))).data(), data)
    assert alike(read_json(to_json(data)).data(), data)


@given(st.dictionaries(texts, plain, max_size=4))
def test_other_readers_read_the_same(data):
    """PyYAML's safe loader takes the same strings, and the same numbers where it knows their form."""
    assert alike(json.loads(to_json(data)), data)

    def strings(value):
        if isinstance(value, dict):
            return [*value, *(s for inner in value.values() for s in strings(inner))]
        return [s for inner in value for s in strings(inner)] if isinstance(value, list) else (
            [value] if isinstance(value, str) else []
        )  # fmt: skip

    assert strings(data) == [s for s in strings(yaml.safe_load(to_yaml(data))) if s in strings(data)]


@given(st.text(alphabet="ab:-[]{},\n \"'&*!|>#%@?~1.", max_size=40))
def test_any_text_is_data_or_refused(text):
    for read in (read_yaml, read_json):
        try:
            read(text)
        except SyntaxFault as error:
            assert error.line >= 1


@given(st.text(alphabet='ab:-[]{},\n "1.tf', max_size=30))
def test_json_is_what_the_standard_library_reads(text):
    try:
        wanted = json.loads(text)
    except ValueError:
        with pytest.raises(SyntaxFault):
            read_json(text)
        return
    try:
        assert alike(read_json(text).data(), wanted)
    except SyntaxFault as error:
        assert "given twice" in error.message
