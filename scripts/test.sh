#!/usr/bin/env bash
# Builds everything and runs all tests. Arguments go to `swift test`, such as --filter SimTests.
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
swift format lint --strict --recursive Sources Tests Package.swift
scripts/build-kernels.sh --emulated-cuda
swift build --build-tests --explicit-target-dependency-import-check error
swift test --skip-build "$@"
