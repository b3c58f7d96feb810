#!/bin/sh
# Makes the tables and the pictures of docs/studies/beyond-the-paper.md, and results/beyond-the-paper*.csv.
#   scripts/study.sh LPSIM
# Everything after the mark is printed by the commands that stand above it. It takes a minute on two idle cores.
set -eu
lpsim=$1
case $lpsim in /*) ;; *) lpsim=$PWD/$lpsim ;; esac
root=$(cd "$(dirname "$0")/.." && pwd)
LPSIM_CONFIG_PATH=$root/configs
export LPSIM_CONFIG_PATH
page=$root/docs/studies/beyond-the-paper.md
mark='<!-- From here on made by scripts/study.sh -->'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed "\\|^$mark\$|q" "$page" >"$folder/page.md"

title() { printf '\n## %s\n' "$1" >>"$folder/page.md"; }

# Runs a command and prints it and of its output the paragraphs whose first line matches $2, and of the others the lines
# that match $1.
show() {
  lines=$1 whole=$2
  shift 2
  (cd "$folder" && "$lpsim" "$@") >"$folder/output"
  {
    printf '\n```\n$ lpsim %s\n' "$*"
    awk -v lines="$lines" -v whole="$whole" 'BEGIN { RS = ""; FS = "\n" }
      $1 ~ whole { if (NR > 1) print ""; print; next }
      { for (line = 1; line <= NF; line++) if ($line ~ lines) print $line }' "$folder/output"
    echo '```'
  } >>"$folder/page.md"
}

# A sweep's frontier; its rows and its picture are kept.
sweep() {
  show . . sweep "$1"
  cp "$folder/results/$1.csv" "$folder/results/$1-pareto.csv" "$root/results/"
  cp "$folder/results/$1-pareto.svg" "$root/docs/images/$1.svg"
}

capacity() {
  show '^(metric|─|capacity|  TTFT p99|  TBT p99|  energy)' '^With' capacity "$@" --trace arxiv --requests 300 \
    --optimize chunk,groups
}

rows='^(metric|─)|TTFT (mean|p99)|TBT (mean|p99)|SLO attainment|expert load  |mean iteration|energy per token'
compare() { show "$rows" '^Against' run "$@"; }

sensitivity() {
  show '^$' '^layered against|^(change|mean TTFT|capacity).*%' sensitivity "$@" \
    --parameters beyond-the-paper --samples 32
}

# A line of what experts' popularity of Zipf exponent $2 does to model $1: times of chunked and layered prefill, and layered's
# changes, behind the words $3. The rest are options.
popularity() {
  model=$1 exponent=$2 words=$3
  shift 3
  zipf="{\"kind\":\"zipf\",\"exponent\":$exponent}"
  (cd "$folder" && "$lpsim" run "$model" --trace arxiv --requests 200 --json "$@" \
    --set "model.lpsim.routing={\"prompt\":$zipf,\"decode\":$zipf}") >"$folder/output"
  awk -F '[:,]' -v row="$row" -v words="$words" -v exponent="$exponent" '
    /"ttft_mean_ms"/ { time[++times] = $2 / 1000 }
    /"tbt_p99_ms"/ { gap[++gaps] = $2 }
    /"energy_per_token_mj"/ { energy[++energies] = $2 }
    function change(from, to) { return sprintf("%+.1f %%", 100 * (to / from - 1)) }
    END {
      printf row, words, exponent, sprintf("%.2f", time[1]), sprintf("%.2f", time[2]),
        change(time[1], time[2]), change(gap[1], gap[2]), change(energy[1], energy[2])
    }' "$folder/output"
}

title 'A. The frontier, by cut'
sweep beyond-the-paper

title 'B. Capacity under tensor parallelism, each policy at its best'
for model in deepseek-r1 qwen3-235b; do
  for limit in 50 125; do capacity "$model" --set slo.tbtMs=$limit; done
done

title 'C. Data-parallel attention with expert parallelism'
cut="--set tensorParallel=1 --set dataParallel=8 --set expertParallel=8"
agreed="--set policies.layered.groupRule=aligned"
for more in "" "$agreed" "$agreed --rate 0.5" "$agreed --rate 2" "$agreed --set policies.chunked.tokenBudget=1024" \
  "$agreed --set engine.hostSecondsPerIteration=0.004"; do
  # shellcheck disable=SC2086
  compare deepseek-r1 --trace arxiv --requests 200 $cut $more
done
# shellcheck disable=SC2086
compare qwen3-235b --trace arxiv --requests 200 $cut $agreed

title 'D. Against disaggregation, on eight H100'
for rate in 4 5.2 6.4; do compare qwen3-30b-4x --trace arxiv --rate $rate; done

title 'E. Number formats'
compare qwen3-30b --trace arxiv --set engine=vllm-0.24-h100
compare qwen3-30b --trace arxiv --set engine=vllm-0.24-h100 --set model=qwen3-30b-a3b-fp8
compare qwen3-30b --trace arxiv --set engine=vllm-0.24-h100 --set model=gpt-oss-120b

title 'F. Prefix caching'
plain=$rows
rows="$rows|cache hits"
compare deepseek-r1 --trace arxiv-qa --requests 300 --rate 2
for rate in 2 4; do compare deepseek-r1 --trace arxiv-qa --requests 300 --rate $rate --set prefixCaching=true; done
rows=$plain

title 'G. 32 B200, assumed'
sweep beyond-the-paper-b200
compare deepseek-r1-32b200 --trace arxiv --requests 800 --rate 8
set -- --set policies.chunked.tokenBudget=2048 --set policies.layered.maxGroups=4
compare deepseek-r1-32b200 --trace arxiv --requests 800 --rate 8 "$@"
compare deepseek-r1-32b200 --trace arxiv --requests 800 --rate 12 "$@"
sensitivity deepseek-r1-32b200 --rate 12 --requests 400 --seeds 1 "$@" \
  --only gpu.memoryBandwidthBytesPerSecond,gpu.peakFlopsPerSecond.bf16,gpu.peakFlopsPerSecond.fp8

title 'H. What moves the answer, each policy at its best'
sensitivity deepseek-r1 --requests 200 --set policies.chunked.tokenBudget=1024 --set policies.layered.maxGroups=6
sensitivity qwen3-235b --requests 200 --set policies.layered.maxGroups=12 --set slo.tbtMs=50
# shellcheck disable=SC2086
sensitivity deepseek-r1 --requests 200 --seeds 1 $cut $agreed --set policies.chunked.tokenBudget=1024 \
  --only 'gpu.memoryBandwidthBytesPerSecond,engine.experts[*].flopEfficiency,engine.allToAlls[*].startSeconds,model.lpsim.routing'

title 'I. How popular experts are, and where they stand'
{
  printf '\n```\n$ lpsim run MODEL --trace arxiv --requests 200 --set expertParallel=EP \\\n'
  printf '    --set model.lpsim.routing={"prompt":ZIPF,"decode":ZIPF}, ZIPF {"kind":"zipf","exponent":S}\n'
  row='%-25s  %3s  %13s  %13s  %9s  %9s  %8s\n'
  # shellcheck disable=SC2059
  printf "$row" 'MODEL, EP' S 'chunked, s' 'layered, s' 'mean TTFT' 'p99 TBT' energy
  for model in deepseek-r1 qwen3-235b; do
    for experts in 1 8; do
      for exponent in 0 0.4 0.8; do
        popularity $model $exponent "$model, $experts" --set expertParallel=$experts
      done
    done
  done
  echo '```'
  printf '\n```\n$ lpsim run deepseek-r1 --trace arxiv --requests 200 --set expertParallel=8 --set expertPlacement=PLACED \\\n'
  printf '    --set redundantExperts=COPIES --set model.lpsim.routing={"prompt":ZIPF,"decode":ZIPF}\n'
  # shellcheck disable=SC2059
  printf "$row" 'PLACED, COPIES' S 'chunked, s' 'layered, s' 'mean TTFT' 'p99 TBT' energy
  for exponent in 0.4 0.8; do
    for placed in 'random 0' 'balanced 0' 'balanced 32'; do
      popularity deepseek-r1 $exponent "${placed% *}, ${placed#* }" --set expertParallel=8 \
        --set "expertPlacement=${placed% *}" --set "redundantExperts=${placed#* }"
    done
  done
  echo '```'
} >>"$folder/page.md"
mv "$folder/page.md" "$page"
