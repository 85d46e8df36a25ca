# SPDX-License-Identifier: GPL-2.0
# The profiles, as strings for profile.c.

PROFILES := $(wildcard $(dir $(lastword $(MAKEFILE_LIST)))profiles/*)

$(O)/profiles.inc: $(PROFILES) | $(O)
	$(Q)for p in $^; do \
		printf '{ "%s",\n' "$${p##*/}"; \
		sed 's/["\\]/\\&/g; s/.*/"&\\n"/' "$$p"; \
		echo '},'; \
	done > $@
