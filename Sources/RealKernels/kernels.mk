# The kernels that run on a machine. Included by the Makefile; see the scripts for what they need.
.PHONY: kernels cuda cuda-check cuda-emulated dist

# The CPU's, for this machine only: .build/kernels/liblpk_cpu.so
kernels:
	scripts/build-kernels.sh

# The CPU's and CUDA's on an emulator, so that tests cover both without a GPU
cuda-emulated:
	scripts/build-kernels.sh --emulated-cuda

# CUDA's, with the nvcc of the machine or else with one from PyPI: .build/kernels/liblpk_cuda.so
cuda:
	scripts/cuda-check.sh --prefer-installed

# Proves that CUDA's compile, with an nvcc from PyPI of a known version
cuda-check:
	scripts/cuda-check.sh

# lpsim, its configs, CUDA's if they are built, and the CPU's as sources, for a machine without Swift: dist/*.tar.xz
dist:
	scripts/dist.sh
