#!/usr/bin/env python3
"""What a step of a nano-vLLM engine costs its host for each decoding request, without a GPU.

Restates what such an engine does on the host for every decoding request of a step (schedule, hand over to the other
rank, lay out inputs and block tables, take in tokens) and times it. Needs NumPy. Prints microseconds a request by
context and KV block size; the source of hostSecondsPerRequest in configs/engines.

    python3 -m venv host && host/bin/pip install numpy && host/bin/python scripts/measure-host-loop.py
"""
import collections
import pickle
import statistics
import time

import numpy

REPEATS = 200


class Sequence:
    def __init__(self, number, context, block):
        self.length = context
        self.last = 7
        first = number * 1000
        self.table = list(range(first, first + (context + block - 1) // block))

    def __getstate__(self):
        return (self.length, self.table, self.last)


def step(sequences, block):
    running = collections.deque(sequences)
    chosen = []
    while running:
        chosen.append(running.popleft())
    running.extendleft(reversed(chosen))
    pickle.dumps(["run", chosen], protocol=pickle.HIGHEST_PROTOCOL)
    tokens = numpy.array([], dtype=numpy.int64)
    positions = numpy.array([], dtype=numpy.int64)
    slots, lengths = [], []
    for one in chosen:
        tokens = numpy.concatenate((tokens, numpy.array([one.last], dtype=numpy.int64)))
        positions = numpy.concatenate((positions, numpy.array([one.length - 1], dtype=numpy.int64)))
        lengths.append(one.length)
        slots.append(one.table[-1] * block + (one.length - 1) % block)
    tables = numpy.full((len(chosen), max(len(one.table) for one in chosen)), -1, dtype=numpy.int32)
    for row, one in enumerate(chosen):
        tables[row, : len(one.table)] = one.table
    numpy.array(slots, dtype=numpy.int32)
    numpy.array(lengths, dtype=numpy.int32)
    for one, token in zip(chosen, [5] * len(chosen)):
        one.last = token
    pickle.dumps(chosen, protocol=pickle.HIGHEST_PROTOCOL)


def median_step(requests, context, block):
    sequences = [Sequence(number, context, block) for number in range(requests)]
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        step(sequences, block)
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)


print("context  block  us a request (8, 32, 64 requests less one, shared out)")
for context in (2600, 9000):
    for block in (16, 256):
        one = median_step(1, context, block)
        shares = [(median_step(many, context, block) - one) / (many - 1) for many in (8, 32, 64)]
        print(f"{context:7}  {block:5}  " + "  ".join(f"{share:.1f}" for share in shares))
