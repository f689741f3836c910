"""What PyTorch's losses are called here, and by which factor their default, a mean over all entries, differs.

A mean over n entries of a row is a sum over them of weight 1/n, which a constraint says by its weight.

>>> loss_of_pytorch("nn.L1Loss")
"it is 'absolute' here, a sum over features: PyTorch's mean is that of weight 1/n, for n features"
>>> loss_of_pytorch("mse") == loss_of_pytorch("MSELoss") == "it is 'mean_squared_error' here"
True
>>> loss_of_pytorch("sqared_error")
''
"""

from __future__ import annotations

import re

_MEAN = ", a sum over features: PyTorch's mean is that of weight 1/n, for n features"
_BITS = ", a sum over the bits of a row: PyTorch's mean is that of weight 1/n, for Bernoulli(n)"
_OWN = "it has no counterpart here; write it as a divergence of your own"

# By the name in small letters, without "loss" and what joins words.
_HERE = {
    **dict.fromkeys(("mse", "l2", "meansquarederror"), "it is 'mean_squared_error' here"),
    "sse": "it is 'squared_error' here",
    **dict.fromkeys(("l1", "mae", "meanabsoluteerror", "absoluteerror"), f"it is 'absolute' here{_MEAN}"),
    "huber": f"it is 'huber' here{_MEAN}",
    "smoothl1": "it is 'huber' here with delta: β, a sum over features: PyTorch's mean is that of weight 1/(β n), for "
    "n features",
    **dict.fromkeys(("cosinesimilarity", "cosineembedding"), "it is 'cosine' here, of rows that belong together"),
    **dict.fromkeys(("crossentropy", "linearcrossentropy", "ce"), "it is 'kl' here, of a label as reference"),
    **dict.fromkeys(
        ("bce", "binarycrossentropy", "bcewithlogits", "binarycrossentropywithlogits", "multilabelsoftmargin"),
        f"it is 'kl' here, in a space Bernoulli(n){_BITS}",
    ),
    "softmargin": f"it is 'kl' here, in a space Bernoulli(n) with bits 0 and 1{_BITS}",
    "nll": "it is 'nll' here, of a label as reference; a kernel returns logits, and log-probabilities are logits",
    "kldiv": "it is 'kl' here, the value of reduction=\"batchmean\"",
    "gaussiannll": "it is 'nll' here, of a kernel that returns Independent(Normal(…), 1), a sum over features with the "
    "constant ½ log 2π for each: PyTorch's mean is that of weight 1/n, for n features, without the constant",
    "poissonnll": "it is 'nll' here, of a kernel that returns Independent(Poisson(…), 1), a sum over features with "
    "log r!: PyTorch's mean is that of weight 1/n, for n features, without log r!",
    **dict.fromkeys(("infonce", "ntxent", "contrastive", "clip"), "it is 'info_nce' here"),
    **dict.fromkeys(
        (
            "ctc", "hingeembedding", "marginranking", "multilabelmargin", "multimargin", "tripletmargin",
            "tripletmarginwithdistance", "adaptivelogsoftmaxwith",
        ),
        _OWN,
    ),
}  # fmt: skip


def loss_of_pytorch(name: str) -> str:
    """What a loss of PyTorch is here, in words, for an error message; "" for another name."""
    key = re.sub(r"[^a-z0-9]|loss$", "", name.lower().rpartition(".")[2])
    return _HERE.get(key, "")
