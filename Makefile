# SPDX-License-Identifier: GPL-2.0
# Each target is one command, which can be run by itself.

help: ## this list
	@awk -F':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

##@ For everybody
demo: ## the reported failure and its fix on an emulated host (root)
	scripts/demo

test: ## all suites, in their short form (root; an hour)
	scripts/test

##@ For operators
deb: ## the Debian package with the DKMS module, in build/deb
	scripts/operator/packaging/make-deb

deb-bpf: ## what 'ena-tx-header mitigate' loads, as a package of this architecture
	scripts/operator/packaging/make-bpf-deb

rpm: ## the module's package as an RPM, in build/rpm
	scripts/operator/packaging/make-rpm

rpm-bpf: ## the other one as an RPM, in build/rpm-bpf
	scripts/operator/packaging/make-bpf-rpm

bpf: ## what 'ena-tx-header mitigate' loads, in build/bpf (clang, libbpf-dev, libelf-dev)
	$(MAKE) -s -C scripts/operator/bpf O=$(CURDIR)/build/bpf

port: ## ENA_SRC=DIR [KDIR=DIR]: the check in another release of the driver
	scripts/dev/port $(ENA_SRC) $(KDIR)

##@ For developers
unit: ## unit tests of the model, the check and the operator's command (two minutes)
	scripts/dev/unit

lint: ## shellcheck, spelling, whitespace and the like (a minute)
	scripts/dev/lint

lab: ## the emulated host that demo and test use, in build/lab (root)
	scripts/lab setup

check: ## what a reviewer would run: checkpatch, sparse, clang, coccicheck, ... (root)
	scripts/lab setup --kernel 7.3 --kernel 6.12 --kernel 6.1 --with test
	scripts/check

patches: ## the upstream series in patches/, from kernel/linux/ena and the semantic patch (root)
	scripts/lab setup --kernel 7.3 --with test
	scripts/lab exec -- scripts/dev/make-patches

send-email-check: ## recipients and a dry run of git send-email; sends nothing (root)
	scripts/lab setup --kernel 7.3 --with test
	scripts/dev/send-email-check

release: ## tarball, packages, series and checksums, in build/release
	scripts/dev/release

clean: ## removes build/: what was built and downloaded
	rm -rf build

##@ Long runs
bench: ## what the fix costs, in instructions per frame (root; ten minutes)
	scripts/lab setup --kernel 6.12 --kernel 7.3 --with test
	tests/bench/run-bench

soak: ## an hour of mixed traffic with link flaps and resets (root)
	scripts/lab setup --kernel 6.12 --with test
	tests/traffic/soak/run-soak
	tests/traffic/soak/run-soak --profile nitro --minutes 10

test-dkms: ## installs, upgrades, kills and boots in roots of Debian 11 to 13 (root; hours)
	tests/dkms/run-dkms

test-full: ## all suites whole, and those that take many hours (root)
	scripts/test --full

.PHONY: help demo test test-full soak lab check patches send-email-check port bpf \
	deb deb-bpf rpm rpm-bpf test-dkms bench unit lint release clean
