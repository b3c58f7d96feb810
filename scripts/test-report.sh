#!/usr/bin/env bash
# Opens pages of lpsim report in headless Chromium, light and dark, wide and narrow, and on paper, and checks what is in
# them. Screenshots are left in a folder (default .build/report). Chromium comes from Debian, its driver from PyPI.
# Usage: scripts/test-report.sh [folder]
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
folder=${1:-.build/report}
venv=.build/report-venv
need_packages chromium
python3 -c 'import venv, ensurepip' 2>/dev/null || need_packages python3 python3-venv
if [ ! -f $venv/complete ]; then
  python3 -m venv $venv
  $venv/bin/pip install --quiet --disable-pip-version-check "playwright==1.*"
  touch $venv/complete
fi
swift build -c release --product lpsim >&2
lpsim=.build/release/lpsim
rm -rf "$folder"
mkdir -p "$folder"
$lpsim run qwen3-30b --trace arxiv --requests 60 --record iterations --out "$folder/run.sqlite" >"$folder/run.txt"
$lpsim sweep small-qwen3 --out "$folder/sweep.sqlite" >"$folder/sweep.txt"
for name in run sweep; do $lpsim report "$folder/$name.sqlite"; done
$venv/bin/python scripts/check-report.py "$folder" "$(command -v chromium)"
