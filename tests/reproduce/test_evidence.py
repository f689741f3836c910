"""Each sentence of the paper's prose and of the pages on experiments has its evidence in paper/evidence.yaml.

Evidence is a test, a line of code, a theorem of the paper, the verdict of a comparison, or a source. A definition and
a limit (which takes a claim back) need none. A number in a sentence must stand in its evidence.
"""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("introduction", "experiments", "performance", "limits")
SECTIONS = [ROOT / "paper" / "sections" / f"{name}.tex" for name in NAMES]
SOURCES = ROOT / "paper" / "references.bib"
PAGES = sorted((ROOT / "examples" / "reproduce").glob("*.md"))
pytestmark = pytest.mark.skipif(not SOURCES.exists(), reason="the paper is in the clone only")


def sentences(path: Path) -> list[str]:
    """The sentences outside code, tables, pictures and headings."""
    text = path.read_text(encoding="utf-8")
    text = without_latex(text) if path in SECTIONS else text
    for hidden in (
        r"<!-- results -->.*?<!-- end of results -->",
        r"^```.*?^```",
        r"^#.*?$",
        r"^!\[.*?$",
        r"^Script: .*?\n\n",
    ):
        text = re.sub(hidden, "", text, flags=re.M | re.S)
    paragraphs = [" ".join(lines.split()) for lines in re.split(r"\n\n+", text)]
    return [part for lines in paragraphs if lines for part in re.split(r"(?<=[.])\s+(?=[A-Z`*])", lines)]


def without_latex(text: str) -> str:
    """The prose of a section; a clause that the results write, `\\finding`, is its own evidence."""
    for pattern, shown in (
        (r"(?<!\\)%.*", ""),
        (r"\\begin\{(table|figure)\}.*?\\end\{\1\}", ""),
        (r"In\s+Table~\\ref\{[^}]*\},\s*(\\finding\{[^}]*\}[;.]\s*)+", ""),
        (r"\\((sub)*section|paragraph|input|listing)\{.*?\}", ""),
        (r"\\texttt\{(.*?)\}", r"`\1`"),
        (r"\\(emph|citet)\{(.*?)\}", r"\2"),
        (r"\s*\\citep\{.*?\}|\s*\(Figure~.*?\)", ""),
        (r"~|\\,", " "),
        (r"\\pm\s*", "±"),
        (r"\\ref\{.*?\}", "…"),
        (r"\\(%)|\$|\\bench|\\fact", r"\1"),
    ):
        text = re.sub(pattern, shown, text, flags=re.S if "begin" in pattern else 0)
    return text


def evidence() -> dict[str, dict[str, list[str]]]:
    """By file and sentence."""
    with open(ROOT / "paper" / "evidence.yaml", encoding="utf-8") as file:
        return yaml.safe_load(file)


@cache
def verdicts() -> dict[tuple[str, ...], str]:
    from claims import compared
    from tables import results

    return {
        (name, claim.method, claim.control, claim.metric): comparison.verdict(claim.less)
        for name, result in results().items()
        for claim, comparison in compared(result)
    }


def holds(ground: str) -> bool:
    kind, _, rest = ground.partition(" ")
    match kind:
        case "definition" | "limit" | "number":
            return True
        case "test":
            path, _, name = rest.partition("::")
            return (ROOT / path).exists() and f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
        case "code":
            path, _, line = rest.partition(" :: ")
            return line in (ROOT / path).read_text(encoding="utf-8")
        case "theorem":
            return any(f"\\label{{{rest}}}" in path.read_text(encoding="utf-8") for path in ROOT.glob("paper/*/*.tex"))
        case "source":
            return f"{{{rest},\n" in SOURCES.read_text(encoding="utf-8")
        case "verdict":
            claim, _, verdict = rest.partition(" = ")
            return verdicts()[tuple(claim.split(" | "))] == verdict
    return False


FILES = {str(path.relative_to(ROOT)): path for path in (*SECTIONS, ROOT / "docs" / "experiments.md", *PAGES)}


@pytest.mark.parametrize("name", FILES)
def test_each_sentence_has_evidence_and_each_evidence_a_sentence(name):
    written, known = sentences(FILES[name]), evidence()[name]
    assert [sentence for sentence in written if not known.get(sentence)] == []
    assert [sentence for sentence in known if sentence not in written] == []


@pytest.mark.parametrize("name", FILES)
def test_the_evidence_holds(name):
    grounds = {ground for by in evidence()[name].values() for ground in by}
    assert [ground for ground in sorted(grounds) if not holds(ground)] == []


@pytest.mark.parametrize("name", FILES)
def test_each_number_of_a_sentence_stands_in_its_evidence(name):
    """A test that is named holds the numbers that are written beside it."""
    for sentence, by in evidence()[name].items():
        plain = re.sub(r"`[^`]*`|\]\([^)]*\)|2-cell|2-categories|float64", "", sentence)  # names, not figures
        numbers = re.findall(r"\d[\d,.]*(?:e-\d+)?", plain)
        grounds = " ".join(by).replace("_", "")
        missing = [n for n in numbers if not re.search(rf"(?<![\d.,]){re.escape(n.rstrip('.,'))}(?!\d)", grounds)]
        assert missing == [], f"{sentence!r} says {missing}, which its evidence does not"


@pytest.mark.parametrize(
    "ground", ["test tests/test_house.py::test_of_nothing", "code Makefile :: no such line", "source Nobody", "hearsay"]
)
def test_what_is_no_evidence_is_refused(ground):
    assert not holds(ground)
