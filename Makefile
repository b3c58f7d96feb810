# Everything here forwards to scripts/ and to Swift; scripts/run.sh and scripts/test.sh work without make.
PREFIX ?= /usr/local

.PHONY: all run test test-report test-cluster lint format bench bench-sweep fidelity install uninstall clean
all:            ## build in release
	swift build -c release
run:            ## build and run the paper's comparison
	scripts/run.sh
test:           ## build and run all tests
	scripts/test.sh
test-cluster:   ## run sweeps on a Slurm cluster of two virtual nodes and over GNU parallel
	scripts/test-cluster.sh
test-report:    ## open reports in headless Chromium and check what is in them
	scripts/test-report.sh
lint:           ## check the format
	swift format lint --strict --recursive Sources Tests Package.swift
format:         ## format in place
	swift format --in-place --recursive Sources Tests Package.swift
bench:          ## measure the engine's speed; JSON on standard output
	swift build -c release --product lpsim-bench >&2
	.build/release/lpsim-bench
fidelity:       ## every published measurement beside ours: docs/fidelity.md and the summary in README.md
	swift build -c release --product lpsim
	scripts/fidelity.sh .build/release/lpsim
bench-sweep:    ## measure a sweep with one worker and with all cores
	scripts/bench-sweep.sh
install:        ## install lpsim, its configs, man page and completions below PREFIX (default /usr/local)
	swift build -c release --product lpsim
	scripts/install.sh .build/release/lpsim "$(DESTDIR)$(PREFIX)"
uninstall:      ## take away what install put there
	scripts/install.sh --remove .build/release/lpsim "$(DESTDIR)$(PREFIX)"
clean:          ## remove what was built
	swift package clean

include Sources/RealKernels/kernels.mk
