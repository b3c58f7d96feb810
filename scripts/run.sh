#!/usr/bin/env bash
# Builds lpsim and compares chunked with layered prefill on the paper's workload. Arguments replace the default ones:
#   scripts/run.sh                                        lpsim run configs/qwen3-30b.json --trace arxiv
#   scripts/run.sh run configs/qwen3-30b.json --trace sharegpt --rate 4.4
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
swift build -c release --product lpsim >&2
if [ $# -eq 0 ]; then set -- run configs/qwen3-30b.json --trace arxiv; fi
exec .build/release/lpsim "$@"
