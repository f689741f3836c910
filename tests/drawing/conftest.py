"""What the tests of pictures share: the graphs and charts that are drawn while a test runs."""

import pytest

from learning_diagrams.drawing.graph import charts, graph_picture


@pytest.fixture
def frames(monkeypatch):
    """Nodes, arrows, faces and marks of each graph and each chart, with its picture."""
    seen, original = [], charts.framed

    def framed(*parts):
        seen.append((parts, original(*parts)))
        return seen[-1][1]

    for module in (graph_picture, charts):
        monkeypatch.setattr(module, "framed", framed)
    return seen
