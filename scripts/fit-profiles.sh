#!/bin/sh
# Makes the profiles of configs/engines that are fitted to measured kernels, and the tables of docs/calibration.md.
#   scripts/fit-profiles.sh LPSIM TABLES
# LPSIM is the program, TABLES the folder with moe.csv, gemm.csv, attention_prefill.csv, attention_decode.csv,
# mla_prefill.csv, mla_decode.csv and collectives.csv (aiconfigurator-core 0.12.0), and with rtxpro6000 (LLMServingSim). It takes two minutes.
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

# Shards over 4 and 8 GPUs are for the forms that serve any model.
#
# Kernels are timed again and again on the same data. Weights and keys and values of under 100 MB, twice the 50 MB of
# the second-level cache, may stay in it between two runs and are left out.
moe="ep=1,2,4,8 tp=1,2,4,8 weight_bytes>=1e8"

for gpu in h100 h200; do
  profile "vllm-0.24-$gpu" "vllm-0.24-$gpu" \
    --from "$tables/moe.csv" "$tables/gemm.csv" "$tables/attention_prefill.csv" "$tables/attention_decode.csv" \
    "$tables/mla_prefill.csv" "$tables/mla_decode.csv" "$tables/collectives.csv" --gpu "$gpu-SXM" --engine VLLM \
    --where "moe: dtype=bfloat16,fp8_block,w4a16_mxfp4 $moe" --except "moe: model=deepseek-v3 distribution=balanced" \
    --where "gemm: engine=TRTLLM n>=1024 k>=1024" --where "prefill: isl>=2 window_size=0" \
    --where "decode: window_size=0 context>=256 kv_bytes>=1e8" \
    --where "mla_prefill: engine=SGLang,TRTLLM isl>=16" --where "mla_decode: engine=SGLang context>=256 kv_bytes>=1e8" \
    --where "collectives: impl=vLLM_custom_graph engine_version=0.24.0 bytes<=7e7"
  # Only vLLM cuts experts as vLLM does. TRT-LLM tries its kernels, but those for FP8 in blocks and for MXFP4 (Triton).
  profile "trtllm-$gpu" "vllm-0.24-$gpu" --set expertTilings=[] --set expertsPassOverForeignPairs=false \
    --set 'autotunedExperts=["bf16"]' --set "sources.expertTilings=None: TRT-LLM picks kernels by trying them" \
    --set "sources.autotunedExperts=Read, not measured: TRT-LLM's MoERunner tunes at powers of two of tokens and rounds down to them (torch_custom_ops.py), its profiler routes at random (prepareFakeRouterBuffers) and passes over FP8 block scales (moeOp.cpp)" \
    --set "sources.expertsPassOverForeignPairs=Assumed: grouped CUTLASS kernels know their own pairs only" \
    --from "$tables/moe.csv" "$tables/gemm.csv" "$tables/mla_prefill.csv" "$tables/mla_decode.csv" \
    "$tables/collectives.csv" --gpu "$gpu-SXM" --engine TRTLLM \
    --where "moe: dtype=bfloat16,fp8_block,w4a16_mxfp4 $moe" --drop-beyond 2 \
    --where "gemm: n>=1024 k>=1024" --where "mla_prefill: isl>=16" --where "mla_decode: context>=256 kv_bytes>=1e8" \
    --where "collectives: impl=TRTLLM engine_version=1.3.0rc20 bytes<=7e7"
done

# No tables of attention on the A100, and MoE layers of vLLM 0.14 only, which cut experts in tiles of 16 up to as many
# tokens as there are experts, and in groups of 8 tiles of 64 beyond; it was tuned for four of these shapes. Its matrix
# products run in waves over 108 multiprocessors, those of the RTX PRO 6000 over 188; on the H100 and H200 the fit says 0.
# The A100's second-level cache has 40 MB.
tilings="[{\"format\":\"bf16\",\"steps\":[[1,16,1],[65,64,8]]}"
for count in 8 128 256; do
  tilings="$tilings,{\"format\":\"bf16\",\"shape\":{\"count\":$count},\"steps\":[[1,16,1],[$((count + 1)),64,8]]}"
done
tuned() { tilings="$tilings,{\"format\":\"bf16\",\"shape\":{\"count\":$1,\"shard\":$2},\"steps\":[$3]}"; }
tuned 8 7168 "[1,16,64],[4,16,32],[13,16,1],[41,32,1],[81,32,64],[113,32,16],[193,64,32],[769,64,64],[1281,128,64],\
[1793,128,16]"
tuned 8 3584 "[1,16,32],[2,16,1],[4,16,32],[7,16,1],[13,16,64],[21,16,1],[41,16,64],[57,32,1],[81,32,32],[113,32,16],\
[193,64,32],[769,64,64],[1281,64,16],[1793,128,16],[3585,128,32]"
tuned 8 1792 "[1,16,16],[4,16,1],[7,16,32],[21,32,32],[29,16,32],[57,32,16],[81,32,64],[113,16,64],[193,64,32],[385,64,64],\
[769,64,32],[1281,64,64],[1793,64,32],[2561,128,16]"
tuned 128 192 "[1,16,32],[2,16,64],[4,16,16],[7,16,32],[21,16,16],[29,16,1],[41,16,64],[57,16,32],[81,16,1],[113,16,16],\
[193,32,16],[385,64,16],[769,64,32],[1281,128,16],[1793,64,16],[2561,64,1],[3585,128,1]"
tilings="$tilings]"
source="Read, not measured: BLOCK_SIZE_M and GROUP_SIZE_M of vLLM's fused MoE kernel in its older get_default_config, and of its tuned files for the A100"
profile vllm-0.14-a100 vllm-0.24-h100 --set "expertTilings=$tilings" --set "sources.expertTilings=$source" \
  --set 'matrixProducts[*].waves={"tiles":108,"share":0.4}' --set 'experts[*].spill={"cacheBytes":4e7,"slowdown":0.5}' \
  --from "$tables/moe.csv" "$tables/gemm.csv" "$tables/collectives.csv" --gpu A100-SXM --engine VLLM \
  --where "moe: dtype=bfloat16 $moe" --except "moe: model=deepseek-v3 distribution=balanced" \
  --where "gemm: engine=TRTLLM n>=1024 k>=1024" \
  --where "collectives: impl=vLLM_custom_graph engine_version=0.14.0 bytes<=7e7"

# A whole engine, profiled layer by layer; its second-level cache of 128 MB calls for larger limits. Small contexts take
# the time of a start, wherever their keys are. Mixed batches are thinned out.
rtx=$tables/rtxpro6000
qwen=$rtx/Qwen3-30B-A3B-Instruct-2507
llama=$rtx/Llama-3.1-8B
profile vllm-0.19-rtxpro6000 vllm-0.19-rtxpro6000 --set 'matrixProducts[*].waves={"tiles":188,"share":0.3}' \
  --from "$qwen/tp1/dense.csv" "$qwen/tp1/per_sequence.csv" "$qwen/tp1/moe.csv" "$qwen/tp1/attention.csv" \
  "$qwen/tp2/dense.csv" "$qwen/tp2/per_sequence.csv" "$qwen/tp2/attention.csv" \
  "$llama/tp1/dense.csv" "$llama/tp1/per_sequence.csv" "$llama/tp1/attention.csv" \
  "$llama/tp2/dense.csv" "$llama/tp2/per_sequence.csv" "$llama/tp2/attention.csv" --gpu rtxpro6000 \
  --except "gemm: model=Qwen3-30B-A3B-Instruct-2507 weight_bytes<=1e8" --where "moe: weight_bytes>=1.3e8" \
  --where "decode: kv_decode>=256" --except "decode: kv_bytes>=4e6 kv_bytes<=2.6e8" \
  --where "prefill: kv_prefill=0,512,2592,16384 n_decode=0,1,4,16,64,128 kv_decode=0,512,2592,16384 kv_bytes<=1e9"

cp "$fresh" "$page"

# A profile takes over what its base says about what it has no tables of; all-to-alls are fitted apart.
python3 "$root/scripts/fit-all-to-all.py" "$tables"
