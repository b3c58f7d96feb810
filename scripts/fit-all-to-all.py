#!/usr/bin/env python3
"""Fits the all-to-all forms of engine profiles to measured DeepEP kernels: scripts/fit-all-to-all.py TABLES

TABLES is the folder with all_to_all.csv (aiconfigurator-core 0.12.0). Writes "allToAlls" of the profiles and
their sources, and prints the errors.
t = ((a)^p + (S / b)^p)^(1/p) for the S bytes that a GPU sends, each token once to every other GPU that has one of its
experts, in BF16. Least squares of log(measured / form), by a search over p in steps of 0.05 and Gauss-Newton over a and b.
"""
import csv
import math
import pathlib
import re
import statistics
import sys

SETS = [  # profile, gpu, version, backend, mode, dtype of the payload
    ("vllm-0.24", "0.24.0", "deepep_ht", "throughput", "default"),
    ("vllm-0.24", "0.24.0", "deepep_ll", "latency", "default"),
    ("trtllm", "1.3.0rc11", "trtllm_deepep_ht", "throughput", "bfloat16"),
    ("trtllm", "1.3.0rc11", "trtllm_deepep_ll", "latency", "bfloat16"),
]


def copies(experts, top_k, gpus):
    """Expected other GPUs that a token goes to."""
    here = experts // gpus
    none = math.prod((experts - here - i) / (experts - i) for i in range(top_k))
    return (gpus - 1) * (1 - none)


def norm(a, x, p):
    return (a**p + x**p) ** (1 / p)


def fit(points):
    best = None
    for step in range(20, 241):
        p = step * 0.05
        a, b = math.log(min(t for _, t in points)), math.log(max(s / t for s, t in points))
        for _ in range(60):
            rows = []
            for s, t in points:
                start, sent = math.exp(a) ** p, (s / math.exp(b)) ** p
                share = start / (start + sent)
                rows.append((math.log(t / norm(math.exp(a), s / math.exp(b), p)), share, share - 1))
            haa, hab, hbb = (sum(r[i] * r[j] for r in rows) for i, j in ((1, 1), (1, 2), (2, 2)))
            ga, gb = (sum(r[0] * r[i] for r in rows) for i in (1, 2))
            det = haa * hbb - hab * hab
            a, b = a + (hbb * ga - hab * gb) / det, b + (haa * gb - hab * ga) / det
        loss = sum(r[0] ** 2 for r in rows)
        if best is None or loss < best[0]:
            best = (loss, math.exp(a), math.exp(b), p, [abs(math.exp(r[0]) - 1) for r in rows])
    return best


def number(x):
    return f"{float(f'{x:.4g}'):g}" if x < 1 else f"{float(f'{x:.4g}')}"


def block(forms):
    entries = [",\n".join(f'      "{key}": {value}' for key, value in form.items()) for form in forms]
    return '  "allToAlls": [\n' + ",\n".join("    {\n" + entry + "\n    }" for entry in entries) + "\n  ],\n"


def write(path, forms, source):
    """Puts the forms behind those of all-reduces, in the place of what is there, and the source beside theirs."""
    text = open(path).read()
    text = re.sub(r'  "allToAlls": \[.*?\n  \],\n', "", text, flags=re.S)
    text = re.sub(r'    "allToAlls": ".*?",\n', "", text)
    if forms:
        text = put(text, forms, source)
    open(path, "w").write(text)


def put(text, forms, source):
    text = re.sub(r'(  "allReduces": \[.*?\n  \],\n)', lambda m: m[0] + block(forms), text, count=1, flags=re.S)
    return re.sub(r'(    "allReduces": ".*?",\n)', lambda m: m[0] + f'    "allToAlls": "{source}",\n', text, count=1)


def measured(rows, gpu, version, backend, phase, dtype):
    """(bytes that a GPU sends, seconds), and the most tokens of a GPU."""
    kind = (gpu, version, backend, phase, dtype)
    own = [r for r in rows if (r["gpu"], r["version"], r["comm_backend"], r["phase"], r["comm_dtype"]) == kind]
    points = []
    for r in own:
        sent = copies(int(r["num_experts"]), int(r["topk"]), int(r["ep_size"]))
        points.append((int(r["num_tokens"]) * 2 * int(r["hidden_size"]) * sent, float(r["latency"]) * 1e-6))
    return points, max(int(r["num_tokens"]) for r in own)


def main():
    rows = list(csv.DictReader(open(sys.argv[1] + "/all_to_all.csv")))
    engines = pathlib.Path(__file__).parent.parent / "configs" / "engines"
    for gpu in ("H100-SXM", "H200-SXM"):
        for profile in ("vllm-0.24", "trtllm"):
            forms, notes = [], []
            for name, version, backend, mode, dtype in SETS:
                for phase in ("dispatch", "combine") if name == profile else ():
                    points, most = measured(rows, gpu, version, backend, phase, dtype)
                    _, a, b, p, errors = fit(points)
                    form = {"phase": f'"{phase}"', "startSeconds": number(a), "bytesPerSecond": number(b)}
                    form["overlapExponent"] = number(p)
                    if mode == "latency":
                        form["mostTokens"] = most
                    forms.append(form)
                    errors.sort()
                    median, p90 = 100 * statistics.median(errors), 100 * errors[int(0.9 * len(errors))]
                    notes.append(f"{phase}, {backend}: {len(points)} rows, median / p90 error {median:.1f} / {p90:.1f} %")
            source = (
                "Fitted to all_to_all.csv (DeepEP over 8 GPUs of one node, aiconfigurator-core 0.12.0) by "
                "scripts/fit-all-to-all.py, in-sample; bytes count as BF16, each token once for every other GPU that it "
                "goes to. " + ". ".join(notes))
            write(engines / f"{profile}-{gpu[:4].lower()}.json", forms, source)
            print(f"{profile}-{gpu[:4].lower()}: " + "\n  ".join(notes))
    for unmeasured in ("vllm-0.14-a100", "vllm-0.19-rtxpro6000"):
        write(engines / f"{unmeasured}.json", [], "")


main()
