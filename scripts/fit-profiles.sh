#!/bin/sh
# Makes the profiles of configs/engines that are fitted to measured kernels, and the tables of docs/calibration.md.
#   scripts/fit-profiles.sh LPSIM TABLES
# LPSIM is the program, TABLES the folder with moe.csv, gemm.csv, attention_prefill.csv, attention_decode.csv and
# collectives.csv (aiconfigurator-core 0.12.0). It takes a minute.
set -eu

lpsim=$1
tables=$2
root=$(cd "$(dirname "$0")/.." && pwd)
LPSIM_CONFIG_PATH=$root/configs
export LPSIM_CONFIG_PATH

page=$root/docs/calibration.md
mark='<!-- From here on made by scripts/fit-profiles.sh -->'
fresh=$(mktemp)
trap 'rm -f "$fresh"' EXIT
sed "\\|^$mark\$|q" "$page" >"$fresh"

# $1 profile, $2 base; the rest are arguments of lpsim calibrate.
profile() {
  name=$1
  base=$2
  shift 2
  printf '\n## %s\n\n' "$name" >>"$fresh"
  "$lpsim" calibrate --base "$base" --name "$name" "$@" --out "$root/configs/engines/$name.json" --markdown >>"$fresh"
}

# Kernels are timed again and again on the same data. Weights and keys and values of under 100 MB, twice the 50 MB of
# the second-level cache, may stay in it between two runs and are left out.
moe="ep=1 tp=1,2 weight_bytes>=1e8"

for gpu in h100 h200; do
  profile "vllm-0.24-$gpu" "vllm-0.24-$gpu" \
    --from "$tables/moe.csv" "$tables/gemm.csv" "$tables/attention_prefill.csv" "$tables/attention_decode.csv" \
    "$tables/collectives.csv" --gpu "$gpu-SXM" --engine VLLM \
    --where "moe: dtype=bfloat16,fp8_block,w4a16_mxfp4 $moe" --except "moe: model=deepseek-v3 distribution=balanced" \
    --where "gemm: engine=TRTLLM n>=1024 k>=1024" --where "prefill: isl>=2 window_size=0" \
    --where "decode: window_size=0 context>=256 kv_bytes>=1e8" \
    --where "collectives: impl=vLLM_custom_graph engine_version=0.24.0 bytes<=7e7"
  profile "trtllm-$gpu" "vllm-0.24-$gpu" \
    --from "$tables/moe.csv" "$tables/gemm.csv" "$tables/collectives.csv" --gpu "$gpu-SXM" --engine TRTLLM \
    --where "moe: dtype=bfloat16,fp8_block,w4a16_mxfp4 $moe" --drop-beyond 2 \
    --where "gemm: n>=1024 k>=1024" \
    --where "collectives: impl=TRTLLM engine_version=1.3.0rc20 bytes<=7e7"
done

# No tables of attention on the A100, and MoE layers of vLLM 0.14 only.
profile vllm-0.14-a100 vllm-0.24-h100 \
  --from "$tables/moe.csv" "$tables/gemm.csv" "$tables/collectives.csv" --gpu A100-SXM --engine VLLM \
  --where "moe: dtype=bfloat16 $moe" --except "moe: model=deepseek-v3 distribution=balanced" \
  --where "gemm: engine=TRTLLM n>=1024 k>=1024" \
  --where "collectives: impl=vLLM_custom_graph engine_version=0.14.0 bytes<=7e7"

cp "$fresh" "$page"
