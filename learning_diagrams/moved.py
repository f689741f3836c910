"""The old paths of modules. They keep working for this version, with a `DeprecationWarning` that names the new path.

An old path is a module that answers from the new one. Where a folder has taken the name of an old module, the folder
also answers the old module's names.

>>> import warnings
>>> with warnings.catch_warnings(action="ignore"):  # learning_diagrams.box is now learning_diagrams.diagrams.box
...     from learning_diagrams.box import Box
>>> Box.__module__
'learning_diagrams.diagrams.box'
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType

ROOT = "learning_diagrams."
# New folder: modules that stood beside it, under the same names.
_INTO_FOLDERS = {
    "backends.torch.axioms": "axiom_check axiom_points difference",
    "backends.torch.data": "batch mask stream",
    "backends.torch.divergences": "contrast row_function rule_check",
    "backends.torch.functor": "averaging box_modules evaluation freezing functor shape_check space tensor_map",
    "backends.torch.objective": "compiler constants executable explanation model objective updating weights",
    "backends.torch.optimizers": "named_optimizer",
    "backends.torch.training": "history optimization plan_run training validation",
    "composition": "square",
    "diagrams": "box layers port_graph sample_space signature tracing",
    "documents": "document serialization",
    "drawing": "summary",
    "editing": "renaming substitution",
    "equality": "canonical_form canonical_model homomorphism normal_form symmetric_form theory",
    "files": "atomic_write column_file decoding encoding named_equation plain_data plan",
    "presentation": "choice equation gradient_reach moving_average pasting path_equation player",
    "proof.rewriting": "budget matching rewriting search",
    "proof.words": "completion path word_derivation",
    "semantics.functor": "functor loss space",
    "semantics.models": "candidate_rows canonical_countermodel countermodel countermodel_data finite_model model_check "
    "model_search search_order search_problem",
    "semantics.program": "explanation loss_program lowering program statement",
    "semantics.reasoning": "interpretation seen_columns",
    "terms": "scope tokens",
}
# Old module: new module.
_RENAMED = {
    "semantics.review": "semantics.reasoning.diagnosis",
    "anchoring": "presentation.almost_sure",
    "backends.torch.distribution_divergence": "backends.torch.divergences.distributions",
    "backends.torch.draw": "backends.torch.functor.draws",
    "backends.torch.held_parameters": "backends.torch.optimizers.param_groups",
    "backends.torch.measure": "backends.torch.divergences.table",
    "backends.torch.outcome_divergence": "backends.torch.divergences.outcomes",
    "backends.torch.own_divergence": "backends.torch.divergences.own",
    "backends.torch.point_divergence": "backends.torch.divergences.points",
    "backends.torch.sample_divergence": "backends.torch.divergences.samples",
    "backends.torch.turn": "backends.torch.training.player_step",
    "composition.assembly": "composition.quotient",
    "composition.gluing": "composition.congruence",
    "composition.meaning": "editing.supports",
    "composition.relabelling": "editing.symbol_map",
    "composition.thing": "editing.symbol",
    "composition.union": "editing.union",
    "count": "errors.requirement",
    "drawing": "drawing.picture",
    "equality": "equality.decision",
    "markov_form": "equality.normal_form",
    "evidence": "equality.separation",
    "files": "files.load_save",
    "findings": "files.lint",
    "generator": "diagrams.labels",
    "json_file": "files.plain_file",
    "printing": "terms.printer",
    "proof.certificate_file": "files.certificate_file",
    "semantics.code": "semantics.program.printer",
    "semantics.divergence": "semantics.divergences",
    "semantics.joint_law": "semantics.models.joint_distribution",
    "semantics.reasoning": "semantics.reasoning.proving",
    "text": "terms.parser",
}
# Names of an old module that no longer stand in the module that took its place.
_NAMES = {
    "box.Copy": "diagrams.structure.Copy",
    "box.Discard": "diagrams.structure.Discard",
    "box.Swap": "diagrams.structure.Swap",
    "composition.relabelling.Relabelling": "editing.symbol_map.SymbolMap",
    "equation.Constraint": "presentation.constraint.Constraint",
}
MOVED = {
    f"{folder.rpartition('.')[0]}.{name}".lstrip("."): f"{folder}.{name}"
    for folder, names in _INTO_FOLDERS.items()
    for name in names.split()
} | _RENAMED
_FOLDERS = MOVED.keys() & {new.rpartition(".")[0] for new in MOVED.values()}


class OldPaths(MetaPathFinder):
    """Finds modules under their old paths, and lets folders answer the names of the modules that they replace."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        old = fullname.removeprefix(ROOT)
        if old == fullname or old not in MOVED:
            return None
        if old not in _FOLDERS:
            return ModuleSpec(fullname, _OldModule())
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Folder(spec.loader.name, spec.loader.path)
        return spec


class _OldModule(Loader):
    """Loads nothing: the module answers from the new path."""

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__.removeprefix(ROOT)
        warnings.warn(f"{ROOT}{old} is now {ROOT}{MOVED[old]}", DeprecationWarning, stacklevel=2)
        vars(module)["__getattr__"] = _answer_from(old)


class _Folder(SourceFileLoader):
    """Loads a folder, which then answers for its modules, and for the old module after them."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        old = module.__name__.removeprefix(ROOT)
        answer = _answer_from(old)

        def answer_with_warning(name: str) -> object:
            if name.startswith("__") or find_spec(f"{ROOT}{old}.{name}"):  # a module in the folder comes first
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = answer(name)
            warnings.warn(f"{ROOT}{old}.{name} is now {ROOT}{MOVED[old]}.{name}", DeprecationWarning, stacklevel=2)
            setattr(module, name, value)  # an import asks twice
            return value

        vars(module).setdefault("__getattr__", answer_with_warning)


def _answer_from(old: str) -> Callable[[str], object]:
    """The names of an old module, as a module's `__getattr__`."""

    def answer(name: str) -> object:
        file, _, now = _NAMES.get(f"{old}.{name}", f"{MOVED[old]}.{name}").rpartition(".")
        return getattr(import_module(ROOT + file), now)

    return answer
