# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# SIGKILL at the steps of install and uninstall.

# kill_points TOOL...: each tool counts its calls; the call that the file
# "point" names is the last thing that its session does.
kill_points() {
	local tool real

	mkdir -p /tmp/bin
	for tool; do
		real=$tool
		[[ $tool != update-initramfs ]] || real=/tmp/real-$tool
		cat >"/tmp/bin/$tool" <<-END
		#!/bin/bash
		PATH=\${PATH//\/tmp\/bin:/}
		n=\$((\$(cat /tmp/count) + 1)); echo \$n >/tmp/count
		$real "\$@"; status=\$?
		[[ \$n != \$(cat /tmp/point) ]] || kill -9 -- -\$(cat /tmp/session)
		exit \$status
		END
		chmod +x "/tmp/bin/$tool"
		[[ $real == "$tool" ]] || everywhere "$tool" "$real"
	done
}

# everywhere TOOL REAL: /tmp/bin's TOOL also where an old dkms runs it, by a PATH of its
# own. REAL becomes the tool itself.
everywhere() {
	local path

	path=$(command -v "$1")
	cp "$path" "$2"
	mount --bind "/tmp/bin/$1" "$path"
}

# killed_at POINT COMMAND...: 1 if there is no such point.
killed_at() {
	echo 0 >/tmp/count
	echo "$1" >/tmp/point
	shift
	# shellcheck disable=SC2016	# for the inner shell
	PATH=/tmp/bin:$PATH setsid -w bash -c 'echo $$ >/tmp/session
		exec "$@"' sh "$@" >/tmp/log 2>&1
	[[ $(cat /tmp/count) -ge $(cat /tmp/point) ]]
}

# Every seventh step, as time is short; STRIDE=1 takes them all.
kill_everywhere() {
	local point=1

	kill_points depmod update-initramfs mv ln cp rm sync
	while killed_at "$point" "$@"; do
		check_bootable "$KERNEL" || {
			tap_note "killed after step $point: not bootable"
			$COMMAND status
			cat /tmp/log
			exit 1
		}
		point=$((point + ${STRIDE:-7}))
		"$between" || { tap_note "not completed after step $point"; exit 1; }
	done
	tap_note "$((point - 1)) steps"
	must test "$point" -gt 5
}

again_installed() {
	$COMMAND install --kernel "$KERNEL" >/tmp/log 2>&1 &&
		check_patched "$KERNEL" &&
		ena-tx-header uninstall >/tmp/log 2>&1 &&
		[[ $(next_of "$KERNEL") == stock ]] || { cat /tmp/log; return 1; }
	restore_build
}

# The build is what takes long, and is killed in its own case.
restore_build() {
	mkdir -p /var/lib/dkms
	cp -a /tmp/dkms/. /var/lib/dkms/
	cp -a /tmp/src/. /usr/src/
}

case_kill_install() {
	between=again_installed
	ena-tx-header uninstall >/dev/null 2>&1
	$COMMAND install --kernel "$KERNEL" >/dev/null 2>&1
	dkms uninstall $NAME/$VERSION -k "$KERNEL" >/dev/null 2>&1
	mkdir /tmp/dkms /tmp/src
	cp -a /var/lib/dkms/$NAME /tmp/dkms/
	cp -a /usr/src/$NAME-* /tmp/src/
	kill_everywhere $COMMAND install --kernel "$KERNEL"
}

again_uninstalled() {
	$COMMAND uninstall >/tmp/log 2>&1 &&
		[[ $(next_of "$KERNEL") == stock ]] &&
		[[ ! -e /var/lib/dkms/$NAME ]] || { cat /tmp/log; return 1; }
	restore_build
	$COMMAND install --kernel "$KERNEL" >/tmp/log 2>&1
}

case_kill_uninstall() {
	between=again_uninstalled
	mkdir /tmp/dkms /tmp/src
	cp -a /var/lib/dkms/$NAME /tmp/dkms/
	cp -a /usr/src/$NAME-* /tmp/src/
	kill_everywhere $COMMAND uninstall
}

case_fresh_build_killed() {
	(setsid -w bash -c 'echo $$ >/tmp/session; exec "$@"' sh $COMMAND \
		install --kernel "$KERNEL" >/dev/null 2>&1) &
	until pgrep -x cc1 >/dev/null; do sleep 0.2; done
	kill -9 -- -"$(cat /tmp/session)"
	wait
	pkill -9 -s "$(cat /tmp/session)" 2>/dev/null
	must check_bootable "$KERNEL"
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
}

# In a guest, where a build would take a quarter of an hour: of a module that is
# built. The disk has it then, the initramfs does not.
case_guest_killed_install() {
	fast_initramfs
	must quiet dkms uninstall $NAME/$VERSION -k "$KERNEL"
	must check_stock "$KERNEL"
	kill_points depmod
	must killed_at 1 $COMMAND install --kernel "$KERNEL"
	must check_bootable "$KERNEL"
	said
}

case_guest_completed_install() {
	must $COMMAND install
	must check_patched "$KERNEL"
	said
}

quiet() {
	"$@" >/tmp/log 2>&1 || { cat /tmp/log; return 1; }
}
