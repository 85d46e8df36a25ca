# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the host is like: interfaces, placement, producers, boot, space.

ena_functions() {
	local dev

	for dev in "$ROOT"/sys/bus/pci/drivers/ena/*:*; do
		[[ ! -e $dev ]] || echo "${dev##*/}"
	done
}

# ena_unseen: functions that no driver has, or that there is no /sys to look at. By
# their ids: an EFA has the same vendor and class.
ena_unseen() {
	local dev id

	[[ -d $ROOT/sys/bus ]] || echo "there is no $ROOT/sys: nothing is known of" \
		"interfaces"
	for dev in "$ROOT"/sys/bus/pci/devices/*; do
		id=$(cat "$dev/vendor" "$dev/device" 2>/dev/null | paste -sd:) || true
		[[ ! $id =~ ^0x1d0f:0x(0051|0ec2|1ec2|ec20|ec21)$ || -e $dev/driver ]] ||
			echo "ENA ${dev##*/} has no driver"
	done
}

netdev_of() {
	local net

	for net in "$ROOT/sys/bus/pci/devices/$1/net"/*; do
		[[ ! -e $net ]] || { echo "${net##*/}"; return; }
	done
}

kernel_log() {
	if [[ $ROOT ]]; then
		cat "$ROOT/var/log/dmesg" 2>/dev/null
	elif have journalctl && journalctl -kqb -o cat 2>/dev/null; then
		:
	else
		dmesg 2>/dev/null
	fi
}

# nic OPTION INTERFACE: ethtool asks the running kernel; of another root there
# are only files.
nic() {
	if [[ $ROOT ]]; then
		cat "$ROOT/sys/class/net/$2/ethtool$1" 2>/dev/null || true
	else
		ethtool "$1" "$2" 2>/dev/null || true
	fi
}

# log_says FUNCTION: what the last probe said of its placement, if the log
# still has that probe from its first line to its last. Old kernels name no
# function in the first.
log_says() {
	kernel_log | awk -v f="$1" '
		/ENA device version/ && !/ena [0-9a-f:.]+: / { first = 1 }
		!index($0, "ena " f) { if (/\(ENA\) found/) first = 0; next }
		/ENA device version/ { first = 1 }
		/Fallback to host mode policy/ { host = 1 }
		/Elastic Network Adapter \(ENA\) found/ {
			policy = host ? "host" : first ? "llq" : ""
			host = first = 0
		}
		END { print host ? "host" : policy }'
}

counter_sum() {
	nic -S "$1" |
		awk -v c="$2" '$1 ~ "^queue_[0-9]+_tx_" c ":$" { n += $2 }
			END { print n + 0 }'
}

# Since 6.4 the driver reports LLQ as tx-push "on". Before that the kernel says
# "off" for every driver.
ring_says() {
	local push kernel

	push=$(nic -g "$1" |
		awk -F'[:\t ]+' '/^TX Push:/ { v = $3 } END { print v }')
	[[ $push != on ]] || { echo llq; return; }
	kernel=$(printf '%s\n' 6.4 "$(running_kernel)" | sort -V | head -n1)
	[[ $push != off || $kernel != 6.4 ]] || echo host
}

# placement FUNCTION: "host", "llq" or "unknown", and how we know.
placement() {
	local net says

	net=$(netdev_of "$1")
	if [[ ! -e $ROOT/sys/bus/pci/devices/$1/resource2 ]]; then
		echo "host (no LLQ BAR)"
	elif (($(counter_sum "$net" llq_buffer_copy) > 0)); then
		echo "llq (its counters)"
	elif says=$(ring_says "$net") && [[ $says ]]; then
		echo "$says (ethtool -g)"
	elif says=$(log_says "$1") && [[ $says ]]; then
		echo "$says (kernel log)"
	else
		echo "unknown (kernel log has lost the probe)"
	fi
}

# Taps and packet sockets make short heads. A tap in another network namespace
# shows by the file that its VMM has open.
producers() {
	local net vmm comm

	for net in "$ROOT"/sys/class/net/*; do
		[[ ! -e $net/tun_flags ]] || echo "tap ${net##*/}"
		compgen -G "$net/tap[0-9]*" >/dev/null && echo "macvtap ${net##*/}"
	done
	vmm=$(find "$ROOT"/proc/[0-9]*/fd -lname '/dev/net/tun' 2>/dev/null |
		sed 's,.*/proc/\([0-9]*\)/.*,\1,' | sort -un)
	for net in $vmm; do
		comm=$(cat "$ROOT/proc/$net/comm" 2>/dev/null) || true
		echo "tap of ${comm//$'\n'/?}[$net]"
	done
	awk 'NR > 1 && $3 == 3 { n++ } END { if (n)
		print "packet sockets: " n }' "$ROOT/proc/net/packet" 2>/dev/null
	return 0
}

# modprobe_config: as modprobe reads it, with the folders of the root that we look at.
modprobe_config() {
	local dir args=()

	if [[ $ROOT ]]; then
		args=(-C "$ROOT/etc/modprobe.d")
		for dir in run usr/local/lib usr/lib lib; do
			[[ ! -d $ROOT/$dir/modprobe.d ]] ||
				args+=(-C "$ROOT/$dir/modprobe.d")
		done
	fi
	modprobe "${args[@]}" --showconfig 2>/dev/null
}

readonly NO_ENA='^[[:space:]]*(blacklist[[:space:]]+ena([[:space:]]|$)|install[[:space:]]+ena[[:space:]])'

# blacklisted_by COMMAND-LINE: what keeps modprobe from loading ena, or nothing.
blacklisted_by() {
	local file

	if modprobe_config | grep -E "$NO_ENA" >/dev/null; then
		file=$(grep -Els "$NO_ENA" "$ROOT"/{etc,run,usr/local/lib,usr/lib,lib}/modprobe.d/*.conf |
			head -n1) || true
		echo "${file:-the configuration of modprobe (modprobe --showconfig)}"
		return
	fi
	{
		cat "$ROOT/proc/cmdline" 2>/dev/null
		echo "$1"
	} | grep -oE '(modprobe\.blacklist|module_blacklist)=([^ ]*,)?ena(,[^ ]*)?( |$)' |
		head -n1 || true
}

# The release and the command line of what boots next. Nothing, where there is not
# one configuration of grub that can be read, and no other boot loader beside it.
next_boot() {
	local cfg

	! hidden "$ROOT"/{boot,boot/efi,efi} \
		"$ROOT"/boot/grub{,2}{,/grub.cfg,/grubenv} || return 0
	[[ $ROOT ]] || ! have grubby || { grubby_boots; return; }
	! other_loader || return 0
	cfg=$(readlink -e "$ROOT"/boot/grub{,2}/grub.cfg | sort -u) || true
	[[ ! -f $cfg || -e ${cfg%/*}/custom.cfg ]] ||
		grub_boots "$cfg" "$(grub_entry "$cfg")"
}

# systemd-boot, or grub with the same entries.
other_loader() {
	local dir

	for dir in "$ROOT"/{boot,boot/efi,efi}; do
		! compgen -G "$dir/loader/*" >/dev/null || return 0
	done
	return 1
}

# grubby does not tell of an entry that is for one boot.
grubby_boots() {
	[[ ! $(grub_env next_entry "$ROOT"/boot/grub{,2}/grubenv \
		"$ROOT"/boot/efi/EFI/*/grubenv) ]] || return 0
	grubby --info=DEFAULT 2>/dev/null | awk -F'"' '
		/^kernel=/ { sub(/.*vmlinuz-/, "", $2); kernel = $2 }
		/^args=/ { args = $2 }
		END { print kernel, args }'
}

# grub_env NAME FILE...
grub_env() {
	sed -n "s/^$1=//p" "${@:2}" 2>/dev/null || true
}

# What grub boots: next_entry once, saved_entry if the configuration asks for it,
# or the entry that the configuration names.
grub_entry() {
	local name entry

	# shellcheck disable=SC2016	# a variable of grub's
	for name in next saved; do
		[[ $name == next ]] ||
			grep -q '^[[:space:]]*set default="${saved_entry}"' "$1" ||
			continue
		entry=$(grub_env "${name}_entry" "${1%/*}/grubenv")
		[[ ! $entry ]] || { echo "$entry"; return; }
	done
	entry=$(sed -n 's/^[[:space:]]*set default="\([^"$]\+\)"$/\1/p' "$1" |
		tail -n1)
	echo "${entry:-0}"
}

# The same of a grub entry, by its id or title in any submenu, or the first one.
# Other numbers are not resolved: then it is not known.
grub_boots() {
	awk -v e="${2##*>}" -v whole="$2" '
		$1 == "menuentry" {
			on = !met && (whole == "0" ||
				index($0, "\047" e "\047") ||
				index($0, "\"" e "\""))
			met = met || on
		}
		on && $1 ~ /^linux/ {
			sub(/.*vmlinuz-/, "", $2)
			$1 = ""
			print substr($0, 2)
			exit
		}' "$1"
}

# hidden PATH...: is there one that this user cannot look into?
hidden() {
	local path

	for path; do
		[[ ! -e $path || -r $path && (! -d $path || -x $path) ]] || return 0
	done
	return 1
}

# existing DIR: it, or the folder above it that is there.
existing() {
	local dir=$1

	while [[ ! -d $dir ]]; do
		dir=${dir%/*}
		dir=${dir:-/}
	done
	echo "$dir"
}

free_mib() {
	df --output=avail -B1M "$(existing "$1")" | tail -n1 | tr -d ' '
}

# For root, only a file system that is read-only is not writable.
writable() {
	[[ -w $(existing "$1") ]]
}

# real_uid PROC-DIR: not what a program with the set-user-ID bit runs as.
real_uid() {
	awk '$1 == "Uid:" { print $2 }' "$1/status" 2>/dev/null || true
}

# process_of_root PID: root's, on this root and in this network. Others may call a
# program anything. systemd has users of their own for two of its programs.
process_of_root() {
	local dir=$ROOT/proc/$1 uid

	uid=$(real_uid "$dir")
	[[ $uid == 0 ]] || grep -qs "^systemd-\(network\|resolve\):[^:]*:${uid:-none}:" \
		"$ROOT/etc/passwd" || return
	[[ $dir/root -ef ${ROOT:-/} && $dir/ns/net -ef $ROOT/proc/self/ns/net ]]
}

# The pid of a dkms at work, say in a kernel upgrade; dkms has no lock. Root's, on
# this root: a user or a container may call anything dkms.
foreign_dkms() {
	local dir

	grep -lsx dkms "$ROOT"/proc/[0-9]*/comm | while read -r dir; do
		dir=${dir%/comm}
		[[ $(real_uid "$dir") == 0 &&
			$dir/root -ef ${ROOT:-/} ]] || continue
		echo "${dir##*/}"
		break
	done || true
}
