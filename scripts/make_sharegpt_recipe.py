#!/usr/bin/env python3
"""Makes configs/traces/sharegpt.json, the recipe of ShareGPT's request lengths.

usage: python3 scripts/make_sharegpt_recipe.py [TRACE.csv [RECIPE.json]]

TRACE.csv    a Vidur CSV with num_prefill_tokens and num_decode_tokens;
             default: ../shared/traces/sharegpt_8k.csv, seen from the project
RECIPE.json  what is written; default: configs/traces/sharegpt.json

The recipe cuts the requests, ordered by prompt, into slices, and holds quantiles of prompt and of output for each: so
it keeps how the two go together, whatever the shape of that. The slices are tenths, and finer at the top, where the
limit on prompt and output together bends the outputs. The script then draws from what it wrote and prints the
statistics of trace and recipe; it fails where one differs by 1 % or more, or the correlation by 0.01 or more.
"""

import bisect
import csv
import json
import math
import pathlib
import random
import sys

BOUNDS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1]
PROMPT_POINTS = 11
OUTPUT_POINTS = 21
MAX_TOTAL_TOKENS = 8192
DRAWS = 400_000


def quantile(ordered, probability):
    """The order statistic at a probability, linearly interpolated as NumPy does."""
    rank = probability * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def quantiles(values, points):
    ordered = sorted(values)
    return [round(quantile(ordered, k / (points - 1)), 1) for k in range(points)]


def slices_of(pairs):
    ordered = sorted(pairs)
    cuts = [round(bound * len(pairs)) for bound in BOUNDS]
    return [
        {
            "share": round(BOUNDS[k + 1] - BOUNDS[k], 6),
            "prompt": quantiles([prompt for prompt, _ in ordered[cuts[k] : cuts[k + 1]]], PROMPT_POINTS),
            "output": quantiles([output for _, output in ordered[cuts[k] : cuts[k + 1]]], OUTPUT_POINTS),
        }
        for k in range(len(BOUNDS) - 1)
    ]


def tokens(points, probability):
    position = probability * (len(points) - 1)
    low = int(position)
    return math.floor(points[low] + (points[low + 1] - points[low]) * (position - low) + 0.5)


def draw(slices, stream):
    drawn = slices[bisect.bisect_right(BOUNDS, stream.random()) - 1]
    prompt = tokens(drawn["prompt"], stream.random())
    while True:
        output = tokens(drawn["output"], stream.random())
        if prompt + output <= MAX_TOTAL_TOKENS:
            return prompt, output


def statistics(pairs):
    found = {}
    for name, values in (("prompt", [p for p, _ in pairs]), ("output", [o for _, o in pairs])):
        ordered = sorted(values)
        found[f"{name} mean"] = math.fsum(values) / len(values)
        for percent in (50, 90, 99):
            found[f"{name} p{percent}"] = quantile(ordered, percent / 100)
    mean_p, mean_o = found["prompt mean"], found["output mean"]
    together = math.fsum((p - mean_p) * (o - mean_o) for p, o in pairs)
    spread_p = math.fsum((p - mean_p) ** 2 for p, _ in pairs)
    spread_o = math.fsum((o - mean_o) ** 2 for _, o in pairs)
    found["correlation"] = together / math.sqrt(spread_p * spread_o)
    return found


def recipe_text(slices, rows, trace):
    head = {
        "name": "sharegpt",
        "description": "ShareGPT conversations cut at 8192 tokens: lengths drawn from quantiles, for requests grouped"
        " by prompt. An output that takes a request above maxTotalTokens is drawn again.",
        "sources": {
            "maxTotalTokens": f"the limit {trace} was cut at; its longest request has 8149 tokens",
            "lengths": f"scripts/make_sharegpt_recipe.py, from the {rows} requests of {trace}"
            " (microsoft/sarathi-serve@72339db data/processed_traces, Apache-2.0)",
        },
        "maxTotalTokens": MAX_TOTAL_TOKENS,
    }
    lines = [
        f'      {{"share": {s["share"]},\n       "prompt": {s["prompt"]},\n       "output": {s["output"]}}}'
        for s in slices
    ]
    top = json.dumps(head, indent=2).removesuffix("\n}")
    joined = ",\n".join(lines)
    return f'{top},\n  "lengths": {{\n    "kind": "quantiles",\n    "slices": [\n{joined}\n    ]\n  }}\n}}\n'


def main(arguments):
    project = pathlib.Path(__file__).resolve().parent.parent
    trace = pathlib.Path(arguments[0]) if arguments else project.parent / "shared/traces/sharegpt_8k.csv"
    target = pathlib.Path(arguments[1]) if len(arguments) > 1 else project / "configs/traces/sharegpt.json"
    with open(trace, newline="", encoding="utf-8") as file:
        pairs = [(int(row["num_prefill_tokens"]), int(row["num_decode_tokens"])) for row in csv.DictReader(file)]
    slices = slices_of(pairs)
    text = recipe_text(slices, len(pairs), trace.name)
    json.loads(text)
    target.write_text(text, encoding="utf-8")
    stream = random.Random(1)
    mine, theirs = statistics([draw(slices, stream) for _ in range(DRAWS)]), statistics(pairs)
    failed = False
    for name, wanted in theirs.items():
        off = mine[name] - wanted if name == "correlation" else (mine[name] / wanted - 1) * 100
        failed = failed or abs(off) >= (0.01 if name == "correlation" else 1)
        unit = "" if name == "correlation" else " %"
        print(f"{name:12} trace {wanted:10.4f}  recipe {mine[name]:10.4f}  off by {off:+.4f}{unit}")
    return 1 if failed else 0


if __name__ == "__main__":
    if any(argument in ("-h", "--help") for argument in sys.argv[1:]):
        print(__doc__)
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
