#!/bin/sh
# Makes docs/fidelity.md with its pictures, and copies its summary into README.md.
#   scripts/fidelity.sh LPSIM
# LPSIM is the program. It takes about ten seconds on two cores.
set -eu

lpsim=$1
cd "$(dirname "$0")/.."
LPSIM_CONFIG_PATH=configs "$lpsim" reproduce --out docs/fidelity.md

fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
awk '
  FNR == NR { if (/^<!-- summary -->$/) keep = 1; if (keep) text = text $0 "\n"; if (/^<!-- end of summary -->$/) keep = 0; next }
  /^<!-- summary -->$/ { printf "%s", text; skip = 1 }
  !skip { print }
  /^<!-- end of summary -->$/ { skip = 0 }
' docs/fidelity.md README.md >"$fresh"
cat "$fresh" >README.md
