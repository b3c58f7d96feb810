#!/usr/bin/env bash
# Builds lpsim, compares chunked with layered prefill on the paper's workload, and makes a page of it. Arguments replace
# what lpsim is told:
#   scripts/run.sh                                        run configs/qwen3-30b.json --trace arxiv, and report
#   scripts/run.sh run configs/qwen3-30b.json --trace sharegpt --rate 4.4
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
swift build -c release --product lpsim >&2
if [ $# -gt 0 ]; then exec .build/release/lpsim "$@"; fi
.build/release/lpsim run configs/qwen3-30b.json --trace arxiv --record iterations
.build/release/lpsim report results/qwen3-30b.sqlite
