#!/usr/bin/env bash
# Builds everything, the CUDA kernels included, and runs all tests. Arguments go to `swift test`, such as
# --filter SimTests.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
swift format lint --strict --recursive Sources Tests Package.swift
scripts/build-kernels.sh --emulated-cuda
echo "compiling the CUDA kernels; the first time this fetches nvcc from PyPI (900 MB on disk)"
# nvcc takes g++ for what runs on the host; pip comes with python3-venv.
command -v g++ >/dev/null || need_packages g++
python3 -c 'import venv, ensurepip' 2>/dev/null || need_packages python3 python3-venv
scripts/cuda-check.sh
swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build "$@"
