"""Readers of LaTeX: KaTeX and pdfLaTeX, where they are installed."""

import json
import shutil
import subprocess

import pytest

_KATEX = """
    let katex; try { katex = require("katex") } catch { process.exit(3) }
    for (const text of JSON.parse(require("fs").readFileSync(0)))
        katex.renderToString(text, {throwOnError: true, displayMode: true})
"""


def require_katex_reads(formulas):
    """Skip without KaTeX; fail where it does not read a formula."""
    if shutil.which("node") is None:
        pytest.skip("needs node")
    answer = subprocess.run(["node", "-e", _KATEX], input=json.dumps(list(formulas)), capture_output=True, text=True)
    if answer.returncode == 3:
        pytest.skip("needs the package katex of node, as NODE_PATH finds it")
    assert answer.returncode == 0, answer.stderr


def require_pdflatex_reads(body, folder):
    """Skip without pdfLaTeX; fail where it does not compile a document with this body. The log that it wrote."""
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex")
    head = r"\documentclass{article}\usepackage{amsmath,amssymb}\begin{document}"
    (folder / "a.tex").write_text("\n".join([head, body, r"\end{document}"]), encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"]
    answer = subprocess.run(command, cwd=folder, capture_output=True)
    assert answer.returncode == 0, answer.stdout[-2000:]
    return (folder / "a.log").read_text("latin-1")
