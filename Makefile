# SPDX-License-Identifier: GPL-2.0
# The front door: each target is one command that can also be run by itself.

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

demo: ## the report's failure and its cure on an emulated host (root)
	scripts/demo

test: ## all tests (root)
	scripts/test

test-full: ## what tests there are beyond that, too: hours (root)
	scripts/test --full

soak: ## an hour of mixed traffic with link flaps and resets (root)
	scripts/lab setup --kernel 6.12 --with test
	tests/traffic/soak/run-soak

lab: ## the emulated host that demo and test use, in build/lab (root)
	scripts/lab setup

check: ## what a reviewer would run: checkpatch, sparse, clang, coccicheck, ... (root)
	scripts/lab setup --kernel 7.3 --kernel 6.12 --kernel 6.1 --with test
	scripts/check

patches: ## the upstream series in patches/, from the semantic patch and the header (root)
	scripts/lab setup --kernel 7.3 --with test
	scripts/lab exec -- scripts/dev/make-patches

send-email-check: ## recipients and a dry run of git send-email; sends nothing (root)
	scripts/lab setup --kernel 7.3 --with test
	scripts/dev/send-email-check

port: ## ENA_SRC=DIR [KDIR=DIR]: the check in another release of the driver
	scripts/dev/port $(ENA_SRC) $(KDIR)

deb: ## the Debian package with the DKMS module, in build/deb
	scripts/operator/packaging/make-deb

rpm: ## the same as RPM, in build/rpm
	scripts/operator/packaging/make-rpm

test-dkms: ## installs, upgrades, kills and boots in roots of Debian 12 and 13 (root; long)
	tests/dkms/run-dkms

bench: ## what the fix costs, in instructions a frame (root; ten minutes)
	scripts/lab setup --kernel 6.12 --kernel 7.3 --with test
	tests/bench/run-bench

clean: ## what was built and downloaded; the lab's mounts end with its processes
	rm -rf build

.PHONY: help demo test test-full soak lab check patches send-email-check port deb rpm test-dkms bench clean
