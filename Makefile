# SPDX-License-Identifier: GPL-2.0
# The front door: each target is one command that can also be run by itself.

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

demo: ## the report's failure and its cure on an emulated host (root)
	scripts/demo

test: ## all tests (root)
	scripts/test

lab: ## the emulated host that demo and test use, in build/lab (root)
	scripts/lab setup

patches: ## the upstream series in patches/, from the semantic patch and the header
	scripts/make-patches

clean: ## what was built and downloaded; the lab's mounts end with its processes
	rm -rf build

.PHONY: help demo test lab patches clean
