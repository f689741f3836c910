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
