"""A compiled loss: its lines in tracebacks, its copies, and its compilation in several threads."""

import copy
import gc
import linecache
import pickle
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.distributions import Distribution, Normal

import learning_diagrams as ld
from learning_diagrams.backends.torch import Euclidean, TorchFunctor, compile, divergence

x, rows = ld.Ty("x"), ld.SampleSpace("rows")
x_of, y_of = rows.column("x", x), rows.column("y", x)
BATCH = {"rows": {"x": torch.ones(3, 2), "y": torch.zeros(3, 2)}}


class Failing(nn.Linear):
    def forward(self, value):
        if not torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.FAKE):
            raise RuntimeError("the module fails")
        return super().forward(value)


def objective_of(box="f", net=None, kind=ld.Box, **options):
    arrow = kind(box, x, x)
    diagram = ld.LearningDiagram(ld.Constraint("c", x_of >> arrow, y_of, **options), name="same")
    return compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={box: net or nn.Linear(2, 2)}))


def lines_of(objective):
    with pytest.raises(RuntimeError, match="the module fails") as info:
        objective(BATCH)
    return [frame.line for frame in traceback.extract_tb(info.tb) if frame.filename.startswith("<loss of same")]


def test_objectives_of_one_name_show_their_own_lines():
    first, second = objective_of("f", Failing(2, 2)), objective_of("g", Failing(2, 2))
    assert lines_of(first) == ["f_out = boxes['f'](x)"]
    assert lines_of(second) == ["g_out = boxes['g'](x)"]


def test_the_lines_leave_linecache_with_the_objective():
    objective = objective_of()
    names = {function.__code__.co_filename for function in (objective.loss.total, objective.loss.rows)}
    assert len(names) == 2 and names <= linecache.cache.keys()
    del objective
    gc.collect()
    assert names.isdisjoint(linecache.cache)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda objective: pickle.loads(pickle.dumps(objective))])
def test_a_copy_is_independent_and_computes_the_same(again):
    objective = objective_of()
    other = again(objective)
    assert other.code == objective.code and other.loss.total is not objective.loss.total
    assert torch.equal(other(BATCH)[0], objective(BATCH)[0])
    assert other.loss.check.functor is other.functor is not objective.functor
    with torch.no_grad():
        other.boxes.of("f").weight.add_(1)
    assert not torch.equal(other(BATCH)[0], objective(BATCH)[0])


def test_a_divergence_that_cannot_be_pickled_is_a_typed_error():
    @divergence(formula="Σ |p − r|", unit="units")
    def nested(reference, prediction):
        return (prediction - reference).abs().sum(1)

    objective = objective_of(divergence="nested")
    assert torch.equal(copy.deepcopy(objective)(BATCH)[0], objective(BATCH)[0])
    with pytest.raises(ld.CompileError, match="divergence 'nested', which cannot be pickled"):
        pickle.dumps(objective)


def test_compiling_in_threads_gives_what_compiling_in_a_row_gives():
    class Noisy(nn.Linear):
        def forward(self, value):
            return Normal(super().forward(value), 1.0)

    def code(number):
        return objective_of(f"f{number}", Noisy(2, 2), ld.Kernel, divergence="nll").code

    validates = Distribution._validate_args
    serial = [code(number) for number in range(40)]
    with ThreadPoolExecutor(8) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(pool.map(code, range(40))) == serial
    assert Distribution._validate_args is validates


def test_a_warning_names_the_line_that_called_the_library():
    diagram = ld.LearningDiagram(ld.Constraint("c", x_of >> ld.Box("f", x, x), y_of))
    with pytest.warns(UserWarning, match="dropout") as compiled:
        objective = compile(diagram, TorchFunctor(ob={x: Euclidean(2)}, ar={"f": nn.Dropout()}))
    with pytest.warns(UserWarning, match="dropout") as updated:
        objective.update(diagram.reweight({"c": 2.0}))
    assert [warning.filename for warning in (*compiled, *updated)] == [__file__, __file__]
