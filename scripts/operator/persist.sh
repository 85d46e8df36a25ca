# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153,SC2154
# mitigate --persist: each ENA interface that appears is covered, at boot, after
# the driver was loaded again, and when it comes back from another namespace.

UNIT=$ROOT/etc/systemd/system/$NAME-mitigate@.service
# Behind 80-net-setup-link.rules, which names the interface.
RULE=$ROOT/etc/udev/rules.d/90-$NAME.rules

# lasting_path: of this command, by a name that is the next version's, too.
lasting_path() {
	local path

	for path in "/usr/sbin/$NAME" "${COMMAND#"$ROOT"}"; do
		[[ ! $ROOT$path -ef $self ]] || { echo "$path"; return; }
	done
	echo "$self"
}

unit_text() {
	cat <<-EOF
	# Written by '$NAME mitigate --persist'; 'mitigate --off' removes it.
	[Unit]
	Description=Whole TX headers on %i without LLQ
	Before=kubelet.service containerd.service

	[Service]
	Type=oneshot
	ExecStart=/bin/bash -p "$(lasting_path)" mitigate %i
	EOF
}

# A device that appears again starts the unit again.
rule_text() {
	cat <<-EOF
	# Written by '$NAME mitigate --persist'; 'mitigate --off' removes it.
	SUBSYSTEM=="net", ACTION!="remove", DRIVERS=="ena", TAG+="systemd", \\
	  ENV{SYSTEMD_WANTS}+="$NAME-mitigate@\$name.service"
	EOF
}

reload_units() {
	[[ ! $ROOT ]] || return 0
	systemctl daemon-reload || true
	! have udevadm || udevadm control --reload || true
}

# The rule names the unit: it comes last, and goes first.
persist() {
	[[ $ROOT || -d /run/systemd/system ]] || die "$E_FAIL" "there is no" \
		"systemd here; run '$NAME mitigate' from what starts this host"
	if [[ $DRY_RUN ]]; then
		say "would write $UNIT and $RULE"
		return
	fi
	mkdir -p "${UNIT%/*}" "${RULE%/*}"
	put_file "$UNIT" "$(unit_text)"
	put_file "$RULE" "$(rule_text)"
	reload_units
	say "each ENA interface that appears is covered from now on ($RULE)"
}

# forget_if TEST...: where that is true of the command that the unit calls.
forget_if() {
	local path

	[[ -e $UNIT ]] || return 0
	path=$(sed -n 's/^ExecStart=.* "\(.*\)" mitigate %i$/\1/p' "$UNIT")
	[[ $path ]] && "$@" "$ROOT$path" || return 0
	forget || true
	msg "'mitigate --persist' ends with its command: what is attached stays" \
		"until the next boot"
}

forget() {
	[[ -e $RULE || -e $UNIT ]] || return 0
	run rm -f "$RULE" "$RULE".?????????? "$UNIT" "$UNIT".?????????? || true
	[[ ! $DRY_RUN ]] || return 0
	reload_units
	[[ ! -e $RULE && ! -e $UNIT ]] || {
		msg "$RULE or $UNIT cannot be removed: it would be back at the" \
			"next boot"
		return 1
	}
}
