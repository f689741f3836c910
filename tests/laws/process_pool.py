"""A few processes with a group of PyTorch, which wait for functions to run together.

They are forked from this process, which has PyTorch loaded: they are real processes, and cost a few milliseconds.
"""

import multiprocessing
import os
import tempfile
import traceback
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState  # here, so that no process imports it again
from torch import distributed

SECONDS = 60


def require_fork():
    """Skip a test in a PyTorch built with CUDA: FakeTensorMode gives its autograd threads, which no fork has."""
    if torch.backends.cuda.is_built():
        pytest.skip("a forked process cannot differentiate in a PyTorch that is built with CUDA")


class Pool:
    """Processes that run a function of a module, each for itself, at the same time.

    `timeout` is that of their group.
    """

    def __init__(self, size, timeout=None):
        require_fork()
        torch.set_num_threads(1)
        context = multiprocessing.get_context("fork")
        self._folder = tempfile.TemporaryDirectory()
        meeting = Path(self._folder.name, "meeting").as_uri()
        pipes = [context.Pipe() for _ in range(size)]
        self._ends = [end for end, _ in pipes]
        self._processes = [
            context.Process(target=_serve, args=(rank, size, meeting, pipe, timeout))
            for rank, (_, pipe) in enumerate(pipes)
        ]
        for process, (_, pipe) in zip(self._processes, pipes, strict=True):
            process.start()
            pipe.close()

    def run(self, function, *args, last=False, lost=()):
        """What the function returns in each process; with `last` the processes end, and those of `lost` are killed."""
        for end in self._ends:
            end.send((function, args, last))
        answers = []
        for end in self._ends:
            assert end.poll(SECONDS), "a process does not answer"
            try:
                answers.append(end.recv())
            except EOFError:
                answers.append((None, None if len(answers) in lost else "a process was killed"))
        for _, failure in answers:
            assert failure is None, failure
        return [value for value, _ in answers]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.kill()
            process.join()
        self._folder.cleanup()


def _serve(rank, size, meeting, pipe, timeout):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1", "ACCELERATE_USE_CPU": "true"}
    torch.set_num_threads(1)
    AcceleratorState._reset_state(reset_partial_state=True)  # that of the process that was forked
    distributed.init_process_group("gloo", meeting, timeout, world_size=size, rank=rank)
    last = False
    while not last:
        function, args, last = pipe.recv()
        try:
            pipe.send((function(*args), None))
        except BaseException:
            pipe.send((None, traceback.format_exc()))
