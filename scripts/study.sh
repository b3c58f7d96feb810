#!/bin/sh
# Makes the tables and the picture of docs/studies/beyond-the-paper.md, and results/beyond-the-paper*.csv.
#   scripts/study.sh LPSIM
# Everything after the mark is printed by the commands that stand above it. It takes a minute.
set -eu
lpsim=$1
root=$(cd "$(dirname "$0")/.." && pwd)
LPSIM_CONFIG_PATH=$root/configs
export LPSIM_CONFIG_PATH
page=$root/docs/studies/beyond-the-paper.md
mark='<!-- From here on made by scripts/study.sh -->'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed "\\|^$mark\$|q" "$page" >"$folder/page.md"

# Runs a command, prints it and the lines of its output that match the pattern $1.
show() {
  pattern=$1
  shift
  printf '\n```\n$ lpsim %s\n' "$*" >>"$folder/page.md"
  (cd "$folder" && "$lpsim" "$@" 2>/dev/null) | grep -E "$pattern" >>"$folder/page.md"
  echo '```' >>"$folder/page.md"
}

case $lpsim in /*) ;; *) lpsim=$PWD/$lpsim ;; esac
mkdir -p "$folder/results"

printf '\n## A. The frontier, by cut\n' >>"$folder/page.md"
show . sweep beyond-the-paper
cp "$folder"/results/beyond-the-paper*.csv "$root/results/"
cp "$folder/results/beyond-the-paper-pareto.svg" "$root/docs/images/beyond-the-paper.svg"

printf '\n## B. Capacity under tensor parallelism, each policy at its best\n' >>"$folder/page.md"
for model in deepseek-r1 qwen3-235b; do
  for limit in 50 125; do
    show '^(metric|─|capacity|  TTFT p99|  TBT p99|  energy)|best:|confidence|interval' capacity "$model" --trace arxiv \
      --requests 300 --optimize chunk,groups --set slo.tbtMs=$limit
  done
done

printf '\n## C. Data-parallel attention with expert parallelism\n' >>"$folder/page.md"
cut="--set tensorParallel=1 --set dataParallel=8 --set expertParallel=8"
rows='^(metric|─)|TTFT (mean|p99)|TBT (mean|p99)|SLO attainment|expert load  |mean iteration|energy per token'
for more in "" "--set engine.hostSecondsPerIteration=0.004" "--set policies.layered.maxGroups=4" \
  "--set replicas=2 --rate 2"; do
  # shellcheck disable=SC2086
  show "$rows" run deepseek-r1 --trace arxiv --requests 200 $cut $more
done

printf '\n## D. Against disaggregation, on eight H100\n' >>"$folder/page.md"
for rate in 4 5.2 6.4; do show "$rows" run qwen3-30b-4x --trace arxiv --rate $rate; done

printf '\n## E. Number formats\n' >>"$folder/page.md"
show "$rows" run qwen3-30b --trace arxiv --set engine=vllm-0.24-h100
show "$rows" run qwen3-30b --trace arxiv --set engine=vllm-0.24-h100 --set model=qwen3-30b-a3b-fp8
show "$rows" run qwen3-30b --trace arxiv --set engine=vllm-0.24-h100 --set model=gpt-oss-120b
mv "$folder/page.md" "$page"
