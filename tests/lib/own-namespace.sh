# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For sourcing at the start of a suite: runs it in a PID namespace, which ends
# with it. A signal leaves nothing behind, even if the suite was started in the
# background, where a shell ignores SIGINT and cannot trap it.

own_namespace_stop() { # STATUS
	trap '' HUP INT TERM
	kill -KILL "$job" 2>/dev/null || true
	wait "$job" 2>/dev/null || true
	exit "$1"
}

# In the namespace the suite is process 1.
if ((EUID == 0 && $$ != 1)); then
	if [[ ${OWN_NAMESPACE-} != "$$" ]]; then
		OWN_NAMESPACE=$$ exec env --default-signal=HUP,INT,QUIT,TERM \
			bash "$0" "$@"
	fi
	unset OWN_NAMESPACE
	setpriv --pdeathsig KILL -- unshare --pid --mount --mount-proc --fork \
		--kill-child -- bash "$0" "$@" <&0 &
	job=$!
	trap 'own_namespace_stop 129' HUP
	trap 'own_namespace_stop 130' INT
	trap 'own_namespace_stop 143' TERM
	status=0
	wait "$job" || status=$?
	exit "$status"
fi
