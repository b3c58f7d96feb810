#!/bin/sh
# Makes docs/fidelity.md with its pictures, and copies its summary into README.md.
#   scripts/fidelity.sh LPSIM
# LPSIM is the program. It takes less than a minute on two cores.
set -eu

lpsim=$1
cd "$(dirname "$0")/.."
LPSIM_CONFIG_PATH=configs
export LPSIM_CONFIG_PATH
"$lpsim" reproduce --out docs/fidelity.md
{
  printf '\n## Which conclusions are safe?\n\n'
  printf '`lpsim sensitivity qwen3-30b`: layered against chunked prefill in the set-up of the paper when each uncertain\n'
  printf 'number takes both ends of its range, when all vary together, and where layered stops winning.\n\n'
  printf '![tornado: which number moves which headline](images/fidelity/sensitivity.svg)\n\n```\n'
  "$lpsim" sensitivity qwen3-30b --picture docs/images/fidelity/sensitivity.svg
  printf '```\n'
} >>docs/fidelity.md

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
awk '
  FNR == NR { if (/^<!-- summary -->$/) keep = 1; if (keep) text = text $0 "\n"; if (/^<!-- end of summary -->$/) keep = 0; next }
  /^<!-- summary -->$/ { printf "%s", text; skip = 1 }
  !skip { print }
  /^<!-- end of summary -->$/ { skip = 0 }
' docs/fidelity.md README.md >"$fresh"
cat "$fresh" >README.md
