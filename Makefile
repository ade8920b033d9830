# SPDX-License-Identifier: MIT
# The front door. `make` alone lists the targets.

BUILD ?= build
SETUP := scripts/setup
PYTHON := /usr/bin/python3
# Of ninja's targets, what `make build` makes.
PARTS ?= all
WERROR ?= ON
PRECOMPILE ?= OFF
# With no build yet, the demo makes one that compiles in half of the time, and has no more than the demo shows.
DEMO_BUILD := $(if $(wildcard $(BUILD)/bin/rocmfix-run),$(BUILD),$(BUILD)-demo)
DEMO := CMAKE_BUILD_TYPE=None CXXFLAGS=-O0 $(MAKE) --no-print-directory BUILD=$(DEMO_BUILD) WERROR=OFF PRECOMPILE=ON \
  PARTS='rocmfix bin/rocmfix bin/rocmfix-run rocmfix-hip rocmfix-sim'
VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)

export ROCMFIX_BUILD_DIR := $(abspath $(BUILD))

.PHONY: help
help: ## list the targets
	@echo "rocmfix $(VERSION): targets"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-28s %s\n", $$1, $$2 }'

.PHONY: demo
demo: ## the main job, on this machine's card or on a synthetic one (under 10 minutes)
	@$(SETUP) build roots demo
	@$(DEMO) build roots
	@ROCMFIX_BUILD_DIR=$(abspath $(DEMO_BUILD)) scripts/demo

.PHONY: recording
recording: ## record the demo as docs/demo.svg (a minute)
	@$(SETUP) build roots demo recording
	@$(DEMO) build roots
	@ROCMFIX_BUILD_DIR=$(abspath $(DEMO_BUILD)) scripts/record-demo docs/demo.svg

.PHONY: build
build: ## build the command, the launcher and the libraries into build/bin and build/lib
	@$(SETUP) build
	@test -f $(BUILD)/build.ninja || { mkdir -p $(BUILD) && \
	  cmake -S . -B $(BUILD) -G Ninja -DROCMFIX_WERROR=$(WERROR) -DROCMFIX_PRECOMPILE=$(PRECOMPILE) >$(BUILD)/configure.log 2>&1; } || \
	  { cat $(BUILD)/configure.log >&2; exit 1; }
	@test -e $(BUILD)/bin/rocmfix-run || echo "Building: some minutes the first time"
	@scripts/ninja-progress $(BUILD) $(PARTS)

.PHONY: roots
roots: ## write the synthetic roots that the tests and the demo use, into build/roots
	@$(SETUP) roots
	@tests/data/make-roots $(BUILD)/roots

.PHONY: check
check: ## all tests that need no virtual machine (10 to 20 minutes)
	@$(SETUP) build roots check hip-runtime litmus training wheel
	@$(MAKE) --no-print-directory build roots litmus
	@$(MAKE) --no-print-directory build PARTS=rocmfix-selftest
	@scripts/check

.PHONY: check-kernel
check-kernel: ## patches apply without fuzz and the touched objects compile, every kernel (10 minutes; 3 with a warm cache)
	@$(SETUP) kernel
	@tests/patches/check

.PHONY: check-trees
check-trees: ## the same for kernels that are not Debian's: TREES="PATH..." (sources or git directories; 5 minutes each)
	@$(SETUP) kernel
	@tests/patches/check-trees $(TREES)

.PHONY: check-layout
check-layout: ## the proof that a source is that of the stock amdgpu.ko, on Debian's kernels (5 minutes; downloads 1 GB once)
	@$(SETUP) kernel
	@tests/patches/check-layout

.PHONY: check-vm
check-vm: ## install the packages in a clean Debian 12, build amdgpu with DKMS, boot it (20 minutes)
	@$(SETUP) vm deb build roots kernel
	@$(MAKE) --no-print-directory deb
	@tests/vm/check-vm

.PHONY: check-vradeon
check-vradeon: ## what amdgpu writes into page tables and registers of virtual cards (10 minutes; 67 on a fresh machine)
	@$(SETUP) vm kernel deb build roots
	@tests/vm/vradeon/check-all

.PHONY: check-flushes
check-flushes: ## the TLB flushes that upstream fixed, on virtual cards, one kernel of each series; NAME= for one (20 minutes)
	@$(SETUP) vm kernel
	@tests/vm/vradeon/check-flushes-all $(NAME)

.PHONY: check-livepatch
check-livepatch: ## the livepatch on 6.1, 6.12 and 7.3, with virtual cards (15 minutes)
	@$(SETUP) vm kernel
	@tests/vm/check-livepatch-all

.PHONY: check-livepatch-package
check-livepatch-package: ## install, upgrade and purge rocmfix-livepatch-dkms in a clean Debian 12 (5 minutes)
	@$(SETUP) vm deb build roots kernel
	@$(MAKE) --no-print-directory deb
	@tests/vm/check-livepatch-package

.PHONY: check-kunit
check-kunit: ## KUnit on the patched functions in every tested Debian kernel, in QEMU (5 minutes)
	@$(SETUP) kernel vm
	@tests/kunit/run

.PHONY: check-debug-kernel
check-debug-kernel: ## KUnit and card removal under KASAN and lockdep, in a kernel built for it (an hour)
	@$(SETUP) kernel vm
	@tests/vm/check-debug-kernel

.PHONY: check-hip
check-hip: ## the HIP interposer and the simulator with the HIP runtimes of Debian 12, 13 and sid (30 minutes)
	@$(SETUP) build hip litmus
	@$(MAKE) --no-print-directory build litmus
	@scripts/check-hip

.PHONY: check-sim-gpu
check-sim-gpu: ## the simulator's GPU code interpreter: thousands of random kernels, all instructions, rocBLAS (20 minutes)
	@$(SETUP) build sim-gpu
	@$(MAKE) --no-print-directory build PARTS='sim-gpu-run rocmfix-sim'
	@tests/sim-gpu/check

.PHONY: check-litmus-model
check-litmus-model: ## the litmus test on the simulated caches, every memory, driver mode and policy (15 minutes)
	@$(SETUP) build litmus
	@$(MAKE) --no-print-directory build PARTS='rocmfix-sim rocmfix-hip' litmus
	@tests/litmus/model-table --write

.PHONY: check-software
check-software: ## ISA targets of real libraries from Debian and PyPI (downloads 900 MB once, 8 GB unpacked; 2 minutes)
	@$(SETUP) build software
	@$(MAKE) --no-print-directory build PARTS='rocmfix targets'
	@tests/software/check

.PHONY: litmus
litmus: ## build the coherence litmus test for owners of cards, for every supported GPU, into build/litmus
	@$(SETUP) litmus
	@userspace/selftest/litmus/build

.PHONY: selftest
selftest: ## build rocmfix-selftest for owners of cards, with kernels for every supported GPU (a minute)
	@$(SETUP) build litmus
	@$(MAKE) --no-print-directory build PARTS=rocmfix-selftest
	@userspace/selftest/build-kernels $(BUILD)/lib/rocmfix/selftest-kernels.co

.PHONY: check-training
check-training: ## real trainings on the CPU, with faults at random points, and launchers (30 minutes)
	@$(SETUP) build roots check hip-runtime training
	@$(MAKE) --no-print-directory build roots
	@tests/training/check

.PHONY: check-gui
check-gui: ## the window: clang-tidy, its pages, the program on a display of its own, polkit; PART=qt (10 minutes)
	@$(SETUP) build roots lint gui
	@$(MAKE) --no-print-directory build roots PARTS='userspace/all gui_tests'
	@tests/gui/check $(PART)

.PHONY: check-packaging
check-packaging: ## PKGBUILD, RPM spec and Dockerfile: build, install, run, remove; PART=arch (20 minutes)
	@$(SETUP) build roots packaging
	@$(MAKE) --no-print-directory roots
	@test -n "$(filter-out container,$(PART))" || ls dist/rocmfix-*.whl >/dev/null 2>&1 || $(MAKE) --no-print-directory wheel
	@tests/packaging/check $(PART)

.PHONY: check-evidence
check-evidence: ## `rocmfix trial` on modelled trials; rocmfix-selftest with every mistake, for every target (20 minutes)
	@$(SETUP) build check hip-runtime litmus
	@$(MAKE) --no-print-directory build PARTS='all trial_evidence rocmfix-selftest'
	@$(BUILD)/tests/trial_evidence $(or $(TRIALS),10000) $(or $(SEED),1)
	@tests/selftest/check-all

.PHONY: check-results
check-results: ## the results that owners contributed: their form, whether they follow from their runs, the table
	@$(SETUP) build results
	@$(MAKE) --no-print-directory build PARTS=bin/rocmfix
	@scripts/check-results $(FILES)

.PHONY: check-suite
check-suite: ## make demo and make check in a clean Debian 13, or SUITE=sid (half an hour)
	@$(SETUP) suite
	@scripts/check-suite $(or $(SUITE),trixie) $(TARGETS)

.PHONY: check-matrix
check-matrix: ## complete DKMS builds and boots of every tested kernel of Debian 12, 13 and sid (2 hours)
	@$(SETUP) vm deb build roots kernel
	@$(MAKE) --no-print-directory deb
	@tests/vm/check-matrix

.PHONY: check-ubuntu
check-ubuntu: ## the DKMS build on a stand-in for Ubuntu: its layout, its archive, shim's key (20 minutes)
	@$(SETUP) vm deb build roots kernel
	@$(MAKE) --no-print-directory deb
	@tests/package/chroot-install --part ubuntu-small --part ubuntu bookworm-6.1

.PHONY: check-ubuntu-real
check-ubuntu-real: ## the packages on Ubuntu 22.04, 24.04 and 26.04 from their archive, whole DKMS builds; NAME= for one (2 hours)
	@$(SETUP) vm apt build roots kernel
	@packaging/apt/make-repository build ubuntu
	@tests/package/check-ubuntu-real $(NAME)

.PHONY: deb
deb: ## build the Debian packages into dist/; GUI=1: rocmfix-gui, too
	@$(SETUP) build deb $(if $(GUI),gui)
	@GUI=$(GUI) scripts/build-debs

.PHONY: apt-packages
apt-packages: ## build the packages of every suite in clean chroots, or BUILDS=, into dist/packages (half an hour)
	@$(SETUP) apt
	@packaging/apt/make-repository build $(BUILDS)

.PHONY: apt-repository
apt-repository: ## the same, and a signed apt repository of them in dist/apt; KEY=FILE or KEY=throw-away, URL= of its server
	@test -n "$(KEY)" || { printf 'error: no key\nhint: make apt-repository KEY=FILE, the secret key as gpg exports it; KEY=throw-away for a trial\n' >&2; exit 1; }
	@$(MAKE) --no-print-directory apt-packages
	@packaging/apt/make-repository publish --key "$(KEY)" $(if $(URL),--url "$(URL)") $(BUILDS)

.PHONY: check-apt
check-apt: ## the packages of every suite and their apt repository, in clean Debian 12, 13 and sid (an hour)
	@$(SETUP) apt check-apt build
	@$(MAKE) --no-print-directory apt-packages
	@tests/apt/check

.PHONY: dkms-tarball
dkms-tarball: ## pack dist/rocmfix-dkms-VERSION.tar.xz: a tree for dkms add, for any distribution
	@scripts/build-dkms-tarball

.PHONY: site
site: ## make the documentation a site, in build/site (a minute)
	@$(SETUP) site
	@scripts/make-site

.PHONY: check-site
check-site: ## the site, strictly: every link and anchor leads somewhere, nothing comes from another server (a minute)
	@$(SETUP) site
	@scripts/make-site --check

.PHONY: wheel
wheel: ## build the Python wheel and the source distribution into dist/ (10 minutes)
	@$(SETUP) build wheel
	@scripts/build-wheel

.PHONY: check-wheel
check-wheel: wheel ## build the wheel twice, install it in Ubuntu 22.04, Debian 12, 13 and sid, next to packages (half an hour)
	@$(SETUP) build roots wheel
	@$(MAKE) --no-print-directory build roots PARTS=userspace/all
	@ls dist/rocmfix_$(VERSION)_*.deb >/dev/null 2>&1 || $(MAKE) --no-print-directory deb
	@tests/wheel/check

.PHONY: lint
lint: ## clang-format, clang-tidy, cppcheck, shellcheck, mypy, checkpatch, man pages
	@$(SETUP) build lint
	@$(MAKE) --no-print-directory build
	@scripts/lint

.PHONY: analyze
analyze: ## clang's static analyzer (slow: 20 minutes)
	@$(SETUP) build lint
	@$(MAKE) --no-print-directory build
	@scripts/lint --analyze

.PHONY: format
format: ## format the C++ sources in place
	@$(SETUP) lint
	@git ls-files -co --exclude-standard 'userspace/*.[ch]pp' 'tests/*.cpp' | xargs clang-format -i

.PHONY: attack
attack: ## run a hostile campaign against the built programs, 15 minutes or SECONDS=; SEED=, PART=
	@$(SETUP) build roots check
	@$(MAKE) --no-print-directory build roots
	@tests/attack/attack --seconds $(or $(SECONDS),900) $(if $(SEED),--seed $(SEED)) \
	  $(if $(PART),--only $(PART))

.PHONY: check-sanitizers
check-sanitizers: ## the userspace suites under ASan and UBSan, then TSan, or KIND= (an hour)
	@$(SETUP) build roots check
	@scripts/check-sanitizers $(KIND)

.PHONY: fuzz
fuzz: ## fuzz the parsers of foreign data, SECONDS_EACH=600 each; FUZZER= (45 minutes on 2 CPUs)
	@$(SETUP) build roots fuzz
	@tests/fuzz/run $(or $(SECONDS_EACH),600) $(FUZZER)

.PHONY: mutate
mutate: ## mutation testing: change one thing at a time, count what no test notices; SAMPLE=N of each part
	@$(SETUP) build roots check hip-runtime $(if $(filter-out kernel,$(PART)),,kernel vm)
	@tests/mutate/mutate $(if $(SAMPLE),--sample $(SAMPLE)) $(PART)

.PHONY: bench
bench: ## cost of a launch, supervision, a log and a checkpoint, compared with env(1), grep and cat (26 minutes)
	@$(SETUP) build roots bench training
	@$(MAKE) --no-print-directory build roots
	@bench/run
	@bench/override
	@bench/doctor
	@bench/explain
	@bench/follow
	@bench/supervise
	@bench/alive
	@bench/checkpoint
	@bench/script-checkpoint

.PHONY: bench-hip
bench-hip: ## cost of the HIP interposer for an allocation, every HIP runtime (5 minutes)
	@$(SETUP) build hip
	@$(MAKE) --no-print-directory build
	@bench/hip

.PHONY: bench-software
bench-software: ## time to read the ISA targets of a 1.7 GB library (downloads it once; 1 minute)
	@$(SETUP) build roots software
	@$(MAKE) --no-print-directory build PARTS='rocmfix targets'
	@bench/code-objects

.PHONY: bench-kernel
bench-kernel: ## cost of the hook for a mapping, and of rocmfix for a build of amdgpu (an hour)
	@$(SETUP) kernel vm
	@bench/kernel
	@bench/kernel-build

.PHONY: bench-livepatch
bench-livepatch: ## time from apt install to protection, with the livepatch and with the DKMS build (20 minutes)
	@$(SETUP) vm deb build roots kernel
	@$(MAKE) --no-print-directory deb
	@bench/livepatch-install --whole

.PHONY: clean
clean: ## remove build/ and dist/
	@rm -rf $(BUILD) $(BUILD)-demo dist
