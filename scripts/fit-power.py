#!/usr/bin/env python3
"""Fits what an H100 draws to the serving runs of ML.ENERGY v3: the source of `power` in configs/gpus/h100-sxm-80gb.json.

    python3 scripts/fit-power.py ENERGY_CSV     # energy_h100_mlenergy_v3.csv, needs nothing but Python

Power of one GPU, mean over a run of decode steps of measured length t:

    P = idle (host + link) + cap * sampling + busy * rest + c_B * bytes / t + c_F * flop / t

host, link and sampling are shares of the step: 0.2 ms + 10 us a request of host; two all-reduces a layer (forms of
vllm-0.24-h100); 42 us a request to draw tokens at random, which sorts the vocabulary. Bytes are weights read and keys and
values, experts by uniform routing; flop are those of the matrix products. Least squares on the relative error gives busy,
c_B and c_F. GPT-OSS, vision and FP8 models are not used. Then each model is left out in turn.
"""
import csv
import statistics
import sys

IDLE, CAP = 90.0, 689.5
# layers, hidden, heads, KV heads, head width, MLP width or (experts, top-k, width), vocabulary
MODELS = {
    "Qwen/Qwen3-8B": (36, 4096, 32, 8, 128, 12288, 151936),
    "Qwen/Qwen3-14B": (40, 5120, 40, 8, 128, 17408, 151936),
    "Qwen/Qwen3-32B": (64, 5120, 64, 8, 128, 25600, 151936),
    "meta-llama/Llama-3.1-8B-Instruct": (32, 4096, 32, 8, 128, 14336, 128256),
    "meta-llama/Llama-3.1-70B-Instruct": (80, 8192, 64, 8, 128, 28672, 128256),
    "meta-llama/Llama-3.3-70B-Instruct": (80, 8192, 64, 8, 128, 28672, 128256),
    "Qwen/Qwen3-30B-A3B-Instruct-2507": (48, 2048, 32, 4, 128, (128, 8, 768), 151936),
    "Qwen/Qwen3-30B-A3B-Thinking-2507": (48, 2048, 32, 4, 128, (128, 8, 768), 151936),
}
# GPUs: start in us, GB/s, us for the root of a MB
ALL_REDUCE = {1: (0.0, 1.0, 0.0), 2: (4.23, 223.7, 0.0), 4: (4.451, 304.8, 2.723)}
PROMPT = {"lm-arena-chat": 150, "gpqa": 250}


def features(row):
    layers, hidden, heads, kv_heads, width, inner, vocabulary = MODELS[row["model"]]
    gpus = int(row["num_gpus"])
    batch = float(row["avg_batch_size"])
    step = batch / float(row["output_throughput_tokens_per_sec"])
    # A request is seen in proportion to its length, so contexts are longer than half the mean answer.
    context = PROMPT[row["task"]] + 1.15 * float(row["avg_output_len"]) / 2
    dense = layers * hidden * width * (2 * heads + 2 * kv_heads) + vocabulary * hidden
    moved, worked = 2 * dense, 2 * batch * dense
    if isinstance(inner, tuple):
        experts, chosen, narrow = inner
        touched = experts * (1 - (1 - chosen / experts) ** batch)
        moved += 2 * layers * touched * 3 * hidden * narrow
        worked += 2 * batch * layers * chosen * 3 * hidden * narrow
    else:
        moved += 2 * layers * 3 * hidden * inner
        worked += 2 * batch * layers * 3 * hidden * inner
    moved += 4 * batch * context * layers * kv_heads * width
    worked += 4 * batch * context * layers * heads * width
    start, bandwidth, root = ALL_REDUCE[gpus]
    size = 2 * batch * hidden
    once = start + size * 2 * (gpus - 1) / gpus / bandwidth / 1e3 + root * (size / 1e6) ** 0.5
    link = 2 * layers * once * 1e-6 / step
    sampling = 42e-6 * batch / step
    host = (2e-4 + 1e-5 * batch) / step
    known = IDLE * (host + link) + CAP * sampling
    return {
        "model": row["model"],
        "watts": float(row["avg_power_watts"]) / gpus,
        "known": known,
        "sampling": sampling,
        "columns": (1 - host - link - sampling, moved / step / gpus, worked / step / gpus),
    }


def solve(matrix, right):
    size = len(right)
    rows = [list(line) + [value] for line, value in zip(matrix, right)]
    for index in range(size):
        pivot = max(range(index, size), key=lambda line: abs(rows[line][index]))
        rows[index], rows[pivot] = rows[pivot], rows[index]
        rows[index] = [value / rows[index][index] for value in rows[index]]
        for line in range(size):
            if line != index:
                factor = rows[line][index]
                rows[line] = [a - factor * b for a, b in zip(rows[line], rows[index])]
    return [line[-1] for line in rows]


def fit(samples):
    scaled = [[column / one["watts"] for column in one["columns"]] for one in samples]
    right = [(one["watts"] - one["known"]) / one["watts"] for one in samples]
    size = range(len(scaled[0]))
    normal = [[sum(a[i] * a[j] for a in scaled) for j in size] for i in size]
    return solve(normal, [sum(a[i] * r for a, r in zip(scaled, right)) for i in size])


def with_free_sampling(one):
    known, share = one["known"] - CAP * one["sampling"], one["sampling"]
    return {**one, "known": known, "columns": (*one["columns"], share)}


def errors(samples, numbers):
    return [
        abs((one["known"] + sum(a * b for a, b in zip(one["columns"], numbers))) / one["watts"] - 1) for one in samples
    ]


def summary(found):
    ordered = sorted(found)
    return f"{100 * statistics.median(ordered):.1f} / {100 * ordered[int(0.9 * (len(ordered) - 1))]:.1f} %"


def main():
    with open(sys.argv[1], newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] in MODELS and row["task"] in PROMPT]
    samples = [features(row) for row in rows]
    busy, per_byte, per_flop = fit(samples)
    print(f"{len(samples)} runs of {len({one['model'] for one in samples})} models")
    print(f"busyWatts {busy:.0f}, {1e12 * per_byte:.1f} pJ a byte of HBM, {1e12 * per_flop:.2f} pJ a FLOP")
    print(f"in-sample, median / p90: {summary(errors(samples, (busy, per_byte, per_flop)))}")
    print(f"drawing tokens, left free: {fit([with_free_sampling(one) for one in samples])[3]:.0f} W; taken as the cap")
    left_out = []
    for model in sorted({one["model"] for one in samples}):
        others = fit([one for one in samples if one["model"] != model])
        own = errors([one for one in samples if one["model"] == model], others)
        left_out += own
        print(f"  left out {model}: {summary(own)}, busy {others[0]:.0f} W")
    print(f"a model left out, median / p90: {summary(left_out)}")


main()
