"""`fit` in several processes has the history and the weights of `fit` in one."""

import pytest
import torch

from joined_runs import RUNS
from process_pool import Pool

torch.set_num_threads(1)


def outcome(make):
    history, state = make()
    tables = {name: [*getattr(history, name)] for name in ("steps", "counts", "epochs", "validations")}
    tables["epochs"] = [{name: value for name, value in row.items() if name != "seconds"} for row in tables["epochs"]]
    return tables | {"best": history.best, "stopped": history.stopped}, state


@pytest.fixture(scope="module", params=[2, 3], ids="{} processes".format)
def pool(request):
    with Pool(request.param) as processes:
        yield processes


@pytest.mark.sampled(5)
@pytest.mark.parametrize("make", RUNS)
def test_history_and_weights_are_those_of_one_process(make, pool):
    expected, weights = outcome(make)
    for history, state in pool.run(outcome, make):
        assert {name: history[name] for name in ("counts", "stopped")} == {
            n: expected[n] for n in ("counts", "stopped")
        }
        for name in ("steps", "epochs", "validations"):
            for row, other in zip(history[name], expected[name], strict=True):
                assert row == pytest.approx(other, rel=1e-9, abs=1e-9)
        torch.testing.assert_close(state, weights, rtol=1e-9, atol=1e-9)
