"""Arguments of a wrong kind: each public function refuses them with a typed error, and never from its inside."""

import inspect
from functools import partial

import pytest
import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends import torch as backend
from learning_diagrams.backends.torch import Euclidean, Finite, History, TorchFunctor, compile
from learning_diagrams.regimes import supervised
from learning_diagrams.semantics import divergences

X, Y = torch.randn(8, 4), torch.randint(3, (8,))
DATA = {"digits": {"pixels": X, "label": Y}}
DIAGRAM = supervised()
MODEL = DIAGRAM.box("model")
PLAN = ld.Plan(ld.Stage(DIAGRAM, steps=1, optimizer="adam"))
PLAIN = (None, 3, -1, 2.5, "text", b"x", [], [1], {1: 2}, (), object(), int)
WRONG = (*PLAIN, torch.zeros(2), nn.Linear, ld.Ty("q"), MODEL)
USERS = {"no_decay", "aggregator", "device"}  # functions of the user, and words of PyTorch


def functor():
    return TorchFunctor(ob={"image": Euclidean(4), "digit": Finite(3)}, ar={"model": nn.Linear(4, 3)})


def compiled():
    return compile(DIAGRAM, functor())


def rows(reference, prediction):
    return (prediction - reference).abs().sum(1)


WORDS = {"name": "own", "formula": "f", "unit": "u"}
CALLS = {
    "Bernoulli": lambda: (backend.Bernoulli, (2,), {}),
    "Finite": lambda: (Finite, (3,), {}),
    "Tokens": lambda: (backend.Tokens, (3, 4), {}),
    "Euclidean": lambda: (Euclidean, (3,), {}),
    "Space": lambda: (backend.Space, ((3,),), {}),
    "Mask": lambda: (backend.Mask, (3,), {}),
    "TorchFunctor": lambda: (TorchFunctor, (), {"ob": {}, "ar": {}}),
    "compile": lambda: (compile, (DIAGRAM, functor()), {}),
    "Rows": lambda: (backend.Rows, ([(1, 2)],), {"columns": ("a", "b")}),
    "batches": lambda: (backend.batches, (DATA,), {"epochs": 1}),
    "divergence": lambda: (lambda **words: backend.divergence(**words)(rows), (), WORDS),
    "divergence of": lambda: (backend.divergence(**WORDS), (rows,), {}),
    "@divergence": lambda: (backend.divergence, (rows,), {}),
    "to_flux": lambda: (backend.to_flux, (DIAGRAM, functor()), {}),
    "from_sequential": lambda: (backend.from_sequential, (nn.Sequential(nn.Linear(2, 2)), (2,)), {}),
    "from_fx": lambda: (backend.from_fx, (nn.Linear(2, 2), (2,)), {}),
    "fit": lambda: (backend.fit, (compiled(), DATA), {"steps": 1, "progress": False}),
    "Validation": lambda: (backend.Validation, (DATA,), {}),
    "run_plan": lambda: (backend.run_plan, (PLAN, functor(), DATA), {"progress": False}),
    "to_csv": lambda: (History().to_csv, ("history.csv",), {}),
    "report": lambda: (History().report, ("report.html",), {}),
    **{
        name: partial(lambda name, *of: (getattr(compiled(), name), of, {}), name, *of)
        for name, of in {
            "forward": (DATA,),
            "evaluate": (DATA,),
            "predict": (DATA, MODEL),
            "model": (MODEL,),
            "flow": (DATA,),
            "conflicts": (DATA,),
            "defects": (DATA,),
            "counts": (DATA,),
            "update": (DIAGRAM,),
            "save": ("weights.safetensors",),
            "load": ("weights.safetensors",),
            "after_step": (),
        }.items()
    },
}


@pytest.mark.parametrize("name", CALLS)
def test_an_argument_of_a_wrong_kind_is_refused_by_a_typed_error(name, monkeypatch, tmp_path):
    monkeypatch.setattr(divergences, "_latest", {})
    monkeypatch.chdir(tmp_path)
    call, places, words = CALLS[name]()
    named = [*inspect.signature(backend.divergence if name == "divergence" else call).parameters.values()]
    keywords = [p.name for p in named[len(places) :] if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [word for word in keywords if word not in USERS]
    for value in WRONG:
        cases = [({}, (*places[:i], value, *places[i + 1 :])) for i in range(len(places))]
        cases += [({word: value}, places) for word in keywords]
        for own, arguments in cases:
            try:
                call(*arguments, **{**words, **own})
            except ld.LearningDiagramError:
                pass
            except Exception as error:
                raise AssertionError(f"{name} of {own or arguments}: {type(error).__name__}: {error}") from error


def test_a_divergence_without_its_words_says_how_it_is_defined():
    for arguments, words in (((rows,), WORDS), ((rows,), {}), ((), {}), ((), {"unit": "u"}), ((), {"formula": "f"})):
        with pytest.raises(ld.TypeMismatch, match=r"as in @divergence\(formula="):
            backend.divergence(*arguments, **words)
    for function in (3, None, int, nn.Linear):
        with pytest.raises(ld.TypeMismatch, match="is a function with a name, or a module and name="):
            backend.divergence(**WORDS)(function)
