#!/bin/sh
# Measures `lpsim sweep` (default: pareto-qwen3) with one worker and with all cores: the best of several repeats, in a
# folder of its own, and whether both wrote the same bytes. Run it on a quiet machine.
# Usage: scripts/bench-sweep.sh [sweep [repeats]]
set -eu
cd "$(dirname "$0")/.."
sweep=${1:-pareto-qwen3}
repeats=${2:-5}
swift build -c release --product lpsim >&2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Sets $best to the milliseconds that the sweep takes with $1 workers.
measure() {
  best=
  for repeat in $(seq "$repeats"); do
    rm -rf "${folder:?}/$1"
    mkdir "$folder/$1"
    start=$(date +%s%N)
    .build/release/lpsim sweep "$sweep" --workers "$1" --out "$folder/$1/o.sqlite" >"$folder/$1.txt" 2>/dev/null
    took=$((($(date +%s%N) - start) / 1000000))
    if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
  done
}

cores=$(getconf _NPROCESSORS_ONLN)
measure 1
one=$best
head -1 "$folder/1.txt"
measure "$cores"
echo "1 worker $one ms, $cores workers $best ms, $((one * 100 / best)) % of one's speed, load$(cut -d' ' -f1-3 /proc/loadavg | sed 's/^/ /')"
rm "$folder/1/o.sqlite" "$folder/$cores/o.sqlite"
diff -r "$folder/1" "$folder/$cores" && echo "both wrote the same bytes"
