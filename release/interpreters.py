"""The tests that need no PyTorch, on every Python of this machine that the package admits: `make test-pythons`.

The argument is the folder where the environments stand. Each has the package without the extra `torch`, so that a test
that imports PyTorch is skipped (tests/conftest.py). The classifiers of pyproject.toml rest on what is printed.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from version import ROOT, project

LEAST = 2_500  # fewer passed tests mean that something hides them
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "jsonschema", "acsets", "pydot", "ipython")
OF_THE_CLONE = ("website", "notebooks", "paper", "reproduce")  # folders of tests about the site and the experiments
ASK = "import sys; print(sys.executable, *sys.version_info[:3], sys.version_info.releaselevel == 'final')"

Version = tuple[int, int, int]


def interpreters() -> dict[Version, Path]:
    """The newest released Python of each minor version that requires-python admits, from PATH, pyenv and uv."""
    places = {Path(folder) for folder in os.get_exec_path()}
    places |= set(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("*/bin"))
    if shutil.which("uv"):
        folder = subprocess.run(["uv", "python", "dir"], capture_output=True, text=True).stdout.strip()
        places |= set(Path(folder).glob("*/bin")) if folder else set()
    least = tuple(map(int, re.findall(r"\d+", project()["requires-python"])))
    newest: dict[tuple[int, int], tuple[Version, Path]] = {}
    for place in sorted(places):
        for python in sorted(place.glob("python3.*")):
            if re.fullmatch(r"python3\.\d+", python.name) and (answer := _ask(python)) and answer[0][:2] >= least:
                newest[answer[0][:2]] = max(answer, newest.get(answer[0][:2], answer))
    return dict(sorted(newest.values()))


def _ask(python: Path) -> tuple[Version, Path] | None:
    """Version and place of a Python that starts, is released, and can make environments."""
    done = subprocess.run([python, "-c", f"import venv; {ASK}"], capture_output=True, text=True)
    words = done.stdout.rsplit(maxsplit=4)
    if done.returncode or words[-1] != "True":
        return None
    return (int(words[1]), int(words[2]), int(words[3])), Path(words[0])


def run_tests(python: Path, folder: Path) -> tuple[bool, str]:
    """Whether the tests pass on this Python, in a new environment in `folder`, and pytest's last line."""
    shutil.rmtree(folder, ignore_errors=True)
    new = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [new, "-m", "pip", "install", "-q", "--no-input", "-e", f"{ROOT}[symbolic]", *TOOLS]
    for command in ([sys.executable, "-m", "virtualenv", "-q", "-p", python, folder], pip):
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            return False, f"not set up: {(done.stdout + done.stderr).strip().splitlines()[-1]}"
    ignored = [f"--ignore=tests/{name}" for name in OF_THE_CLONE]
    tests = [new, "-m", "pytest", "tests", "-q", "-n", "2", "--dist", "worksteal", "-m", "not thorough", *ignored]
    lines = subprocess.run(tests, cwd=ROOT, capture_output=True, text=True).stdout.splitlines() or ["nothing printed"]
    failures = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return judged(lines[-1]), "\n".join([*failures, lines[-1]])


def judged(summary: str) -> bool:
    """Whether pytest's last line says that nothing failed and that enough passed."""
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", summary)}
    return not counts.keys() & {"failed", "error", "errors"} and counts.get("passed", 0) >= LEAST


def main(folder: Path) -> None:
    every = {
        version: run_tests(python, folder / ".".join(map(str, version))) for version, python in interpreters().items()
    }
    for version, (passes, text) in every.items():
        print(f"Python {'.'.join(map(str, version))}: {'' if passes else 'WRONG: '}{text}")
    if not every or not all(passes for passes, _ in every.values()):
        sys.exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
