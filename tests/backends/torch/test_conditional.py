"""Training on a disintegration finds the conditional of a correlated table; one kernel into two wires is a product."""

import torch
from torch import nn

import learning_diagrams as ld
from learning_diagrams.backends.torch import Finite, TorchFunctor, compile, fit

y, z = ld.Ty("y"), ld.Ty("z")
PAIRS = ld.SampleSpace("pairs")
u, v = PAIRS.column("u", y), PAIRS.column("v", z)
KERNEL, STATE = ld.Kernel("kernel", y, z), ld.Kernel("state", ld.Ty(), y @ z)
JOINT = PAIRS.state >> ld.Copy(PAIRS.ty) >> u @ v
TABLE = {"u": [0] * 40 + [1] * 40, "v": [0] * 30 + [1] * 10 + [0] * 4 + [1] * 36}
SPACES = {ob: Finite(2, sample="straight-through") for ob in (y, z)}


class Marginals(nn.Module):
    """The logits of both outputs of a state."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Parameter(torch.zeros(1, 2)), nn.Parameter(torch.zeros(1, 2))

    def forward(self):
        return self.first, self.second


def disintegrates(joint):
    return ld.Constraint("disintegrates", joint >> y @ ld.Discard(z) >> ld.Copy(y) >> y @ KERNEL, joint)


def train(*constraints, **modules):
    torch.manual_seed(0)
    network = nn.Linear(2, 2)
    objective = compile(ld.LearningDiagram(*constraints), TorchFunctor(SPACES, {"kernel": network, **modules}))
    fit(objective, {"pairs": TABLE}, steps=200, batch_size=80, lr=0.1, progress=False)
    return network(torch.eye(2)).softmax(1)[:, 0].detach()


def test_the_conditional_of_a_correlated_table_is_found():
    assert torch.allclose(train(disintegrates(JOINT)), torch.tensor([0.75, 0.1]), atol=0.05)


def test_a_state_into_two_wires_is_a_product_whose_conditional_is_its_marginal():
    """P(v = 0) is 34/80, whatever u is."""
    found = train(ld.Constraint("fits", STATE, JOINT), disintegrates(STATE), state=Marginals())
    assert torch.allclose(found, torch.full((2,), 34 / 80), atol=0.12)
    assert abs(float(found[0] - found[1])) < 0.15
