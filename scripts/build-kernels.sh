#!/bin/sh
# Builds the CPU kernels for this machine: .build/kernels/liblpk_cpu.so. Needs a C compiler; OpenBLAS is loaded when they run.
# They are made with -march=native, so build them where they run. CC and CFLAGS may be set.
# With --emulated-cuda, also builds the CUDA kernels against an emulator that runs them on the CPU, slowly, for tests
# on machines without a GPU: .build/kernels/liblpk_cuda_emulated.so. Needs a C++ compiler.
set -eu
cd "$(dirname "$0")/.."
out=.build/kernels
source=Sources/RealKernels
mkdir -p "$out"

# Whether $1 is newer than everything under the other arguments.
is_current() {
  target=$1
  shift
  [ -e "$target" ] && [ -z "$(find "$@" -type f -newer "$target" -print -quit)" ]
}

build_cpu() {
  # -ffast-math is left out on purpose: linked in, it would change the arithmetic of the whole process.
  # shellcheck disable=SC2086
  "${CC:-cc}" -std=gnu11 -O3 -march=native -fno-math-errno -fno-trapping-math -D_GNU_SOURCE -Wall -Wextra -Werror \
    -fvisibility=hidden -shared -fPIC -pthread ${CFLAGS:-} \
    -o "$out/liblpk_cpu.so.new" "$source"/Common/dispatch.c "$source"/CPU/*.c -lm -ldl
  mv "$out/liblpk_cpu.so.new" "$out/liblpk_cpu.so"
}

if is_current "$out/liblpk_cpu.so" "$source/Common" "$source/CPU" "$source/include" scripts/build-kernels.sh; then
  echo "$out/liblpk_cpu.so is up to date"
else
  build_cpu
  echo "$out/liblpk_cpu.so is made"
fi

[ "${1:-}" = --emulated-cuda ] || exit 0
emulator=Tests/RealKernelsTests/CUDAEmulator
library=$out/liblpk_cuda_emulated.so
if is_current "$library" "$source/Common" "$source/CUDA" "$source/include" "$emulator" scripts/build-kernels.sh; then
  echo "$library is up to date"
  exit 0
fi
"${CC:-cc}" -std=gnu11 -O1 -Wall -Wextra -Werror -fvisibility=hidden -fPIC -c \
  -o "$out/dispatch.o" "$source/Common/dispatch.c"
"${CXX:-c++}" -std=c++17 -O1 -g -DLPK_EMULATED -Wall -Werror -Wno-unknown-pragmas -Wno-unused-function \
  -fvisibility=hidden -shared -fPIC -I"$emulator" -I"$source/CUDA" -o "$library.new" \
  -x c++ "$source"/CUDA/*.cu "$emulator"/*.cc -x none "$out/dispatch.o" -ldl
mv "$library.new" "$library"
echo "$library is made"
