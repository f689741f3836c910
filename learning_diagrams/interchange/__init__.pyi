# ruff: isort: skip_file
from learning_diagrams.interchange.quiver_cells import (
    from_quiver as from_quiver,
    signature_from_quiver as signature_from_quiver,
)
from learning_diagrams.interchange.tikz_cd_cells import from_tikz_cd as from_tikz_cd
from learning_diagrams.interchange.graph_acset import (
    from_graph_acset as from_graph_acset,
    to_graph_acset as to_graph_acset,
)
from learning_diagrams.interchange.wiring_acset import (
    from_wiring_acset as from_wiring_acset,
    to_wiring_acset as to_wiring_acset,
)
from learning_diagrams.interchange.open_hypergraph import (
    from_open_hypergraph as from_open_hypergraph,
    to_open_hypergraph as to_open_hypergraph,
)
from learning_diagrams.interchange.discopy_diagram import from_discopy as from_discopy, to_discopy as to_discopy
from learning_diagrams.interchange.discopy_tree import (
    from_discopy_json as from_discopy_json,
    to_discopy_json as to_discopy_json,
)
from learning_diagrams.interchange.graphviz_text import to_graphviz as to_graphviz
from learning_diagrams.interchange.mermaid_text import to_mermaid as to_mermaid

__all__: list[str]
