#!/bin/sh
# Compiles the CUDA kernels: .build/kernels/liblpk_cuda.so. Needs no GPU.
# nvcc and the headers come from PyPI into a virtual environment in LPSIM_CUDA_VENV (default .build/cuda-venv), once;
# with --prefer-installed an nvcc with cuBLAS's headers, on the PATH or in CUDA_HOME (/usr/local/cuda), is used instead.
# LPSIM_CUDA_ARCH names the GPUs to build for (default "sm_80 sm_90": A100 and those like it, H100, H200); newer ones
# compile what is made for the last of them when they start.
set -eu
cd "$(dirname "$0")/.."
out=.build/kernels
source=Sources/RealKernels
arch=${LPSIM_CUDA_ARCH:-sm_80 sm_90}
venv=${LPSIM_CUDA_VENV:-.build/cuda-venv}
mkdir -p "$out"

fail() {
  echo "cuda-check: $1" >&2
  exit 69
}

install_nvcc() {
  command -v python3 >/dev/null || fail "python3 is needed to fetch nvcc from PyPI"
  python3 -m venv "$venv" || fail "python3 cannot make a virtual environment in $venv (on Debian: apt-get install python3-venv)"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "nvidia-cuda-nvcc==13.0.*" \
    "nvidia-cuda-runtime==13.0.*" "nvidia-cuda-crt==13.0.*" "nvidia-nvvm==13.0.*" "nvidia-cuda-cccl==13.0.*" \
    "nvidia-cublas==13.0.*" ||
    fail "nvcc could not be fetched from PyPI; once it is in $venv, no network is needed"
  touch "$venv/complete"
}

nvcc=
if [ "${1:-}" = --prefer-installed ]; then
  for candidate in "$(command -v nvcc || true)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc"; do
    [ -x "$candidate" ] && [ -e "$(dirname "$candidate")/../include/cublas_v2.h" ] || continue
    nvcc=$candidate
    break
  done
fi
if [ -z "$nvcc" ]; then
  [ -e "$venv/complete" ] || install_nvcc
  home=$(echo "$venv"/lib/python3*/site-packages/nvidia/cu13)
  nvcc=$home/bin/nvcc
  [ -x "$nvcc" ] || fail "no nvcc in $home; remove $venv and try again"
  # The wheels keep their libraries in lib, where neither nvcc nor the loader looks.
  libraries="-I$home/include -L$home/lib -Xlinker -rpath=$(cd "$home/lib" && pwd)"
fi
code=
for one in $arch; do
  newest=${one#sm_}
  code="$code -gencode arch=compute_$newest,code=sm_$newest"
done
code="$code -gencode arch=compute_$newest,code=compute_$newest"

library=$out/liblpk_cuda.so
stamp=$library.made-by
made_by="$("$nvcc" --version | tail -n 1) $arch"
if [ -e "$library" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$made_by" ] &&
  [ -z "$(find "$source/Common" "$source/CUDA" "$source/include" scripts/cuda-check.sh -type f -newer "$library" -print -quit)" ]
then
  echo "$library is up to date ($made_by)"
  exit 0
fi
# shellcheck disable=SC2086
"$nvcc" $code -O3 -std=c++17 -Werror all-warnings -Xcompiler -fPIC,-Wall,-fvisibility=hidden -shared \
  -cudart static ${libraries:-} --threads 0 -o "$library.new" "$source"/CUDA/*.cu "$source"/Common/dispatch.c -ldl
mv "$library.new" "$library"
echo "$made_by" >"$stamp"
echo "$library is made, $(wc -c <"$library") bytes ($made_by)"
