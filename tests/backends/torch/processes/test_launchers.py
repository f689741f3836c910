"""Both launchers print the losses of one process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = ROOT / "examples" / "two_processes.py"
TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node"]
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="examples are in the clone only")
ACCELERATE = ["accelerate.commands.launch", "--multi_gpu", "--mixed_precision", "no", "--num_processes"]


def printed(*launcher):
    """The lines of the script under a launcher; a count of processes leads them."""
    command = [sys.executable, *(["-m", *launcher] if launcher else []), str(SCRIPT)]
    own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    answer = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=200)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


@pytest.mark.thorough  # the page of several processes runs the first of them
@pytest.mark.parametrize("launcher", [[*TORCHRUN, "2"], [*ACCELERATE, "3"]], ids=["run", "launch"])
def test_a_launcher_prints_the_losses_of_one_process(launcher):
    first, *losses = printed(*launcher)
    alone, *expected = printed()
    assert (first, alone) == (f"{launcher[-1]} processes", "1 process")
    assert losses == expected and len(losses) == 3
