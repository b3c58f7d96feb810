#!/bin/sh
# Packs lpsim for machines without Swift: dist/lpsim-VERSION-ARCH.tar.xz. Builds in .build-dist, apart from other builds.
# Inside: the program with Swift and SQLite in it (it needs libc, libm, libstdc++ and libgcc_s of a Linux no older than
# this one), configs, the CUDA kernels where they are built (make cuda), and the CPU kernels' C sources with their script, because
# those are made for the machine that they run on: scripts/build-kernels.sh, a C compiler and libopenblas0 there.
set -eu
cd "$(dirname "$0")/.."
build=.build-dist
version=$(sed -n 's/.*static let version = "\(.*\)".*/\1/p' Sources/lpsim/LPSim.swift)
name=lpsim-$version-$(uname -m)
[ -n "$version" ] || {
  echo "dist: no version in Sources/lpsim/LPSim.swift" >&2
  exit 70
}
for tool in swift strip tar xz; do
  command -v "$tool" >/dev/null || {
    echo "dist: $tool is needed (strip is in Debian's binutils, xz in xz-utils)" >&2
    exit 69
  }
done

# A folder with nothing but the archive of SQLite in it is searched first, so that it is linked in where it is there.
mkdir -p "$build/archives"
sqlite=$("${CC:-cc}" -print-file-name=libsqlite3.a)
if [ -e "$sqlite" ]; then ln -sf "$sqlite" "$build/archives/"; fi

swift build --scratch-path "$build" -c release --static-swift-stdlib --product lpsim \
  -Xlinker -L"$PWD/$build/archives" >&2

rm -rf "dist/$name"
mkdir -p "dist/$name/scripts" "dist/$name/Sources/RealKernels"
strip -o "dist/$name/lpsim" "$build/release/lpsim"
cp -R configs LICENSE "dist/$name/"
cp scripts/build-kernels.sh "dist/$name/scripts/"
cp -R Sources/RealKernels/CPU Sources/RealKernels/Common Sources/RealKernels/include "dist/$name/Sources/RealKernels/"
cuda=.build/kernels/liblpk_cuda.so
if [ -e "$cuda" ]; then
  strip -o "dist/$name/liblpk_cuda.so" "$cuda"
else
  echo "dist: without CUDA kernels; make cuda builds them" >&2
fi

# The same files give the same archive.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -C dist -cf - "$name" |
  xz -T0 -6 >"dist/$name.tar.xz.new"
mv "dist/$name.tar.xz.new" "dist/$name.tar.xz"
(cd "dist/$name" && find . -maxdepth 1 -mindepth 1 | sort | xargs du -sh --apparent-size)
ldd "dist/$name/lpsim" | awk '{ print "needs " $1 }'
echo "dist/$name.tar.xz is made, $(wc -c <"dist/$name.tar.xz") bytes"
