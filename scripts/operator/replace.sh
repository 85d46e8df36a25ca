# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# A host with the vendor's own driver by dkms goes over to the same release with
# the fix (install --replace), and back (uninstall).

# "NAME VERSION KERNEL": dkms modules that gave their place to ours.
readonly REPLACED=$STATE/replaced
readonly MARK='# by ena-tx-header'

# mark_line FILE LINE, unmark_lines FILE: among what the operator has in it.
mark_line() {
	mkdir -p "${1%/*}"
	! grep -qsxF -- "$2 $MARK" "$1" || return 0
	[[ ! -s $1 || ! $(tail -c1 "$1") ]] || echo >>"$1"
	echo "$2 $MARK" >>"$1"
}

unmark_lines() {
	[[ -e $1 ]] || return 0
	sed -i --follow-symlinks "/ $MARK\$/d" "$1"
	[[ -s $1 ]] || rm -f "$1"
}

# name_replaced KERNEL...: the source of what is replaced, for the checks. There is
# one for all of them.
name_replaced() {
	local owners

	[[ $REPLACE && ! $(named_source) ]] || return 0
	owners=$(for kernel; do
		owner_of "$kernel" | grep . || echo "the kernel's own"
	done | sort -u)
	[[ $owners != *$'\n'* ]] || die "$E_FOREIGN" "these kernels have different" \
		"drivers (${owners//$'\n'/, }): name those that have the same with" \
		"--kernel, or a source for all of them as ENA_SRC in" \
		"/etc/$NAME.conf; nothing was changed"
	[[ $owners == "the kernel's own" ]] || ENA_SRC=/usr/src/${owners/ /-}
}

# keep_replaced: and for the builds, which read the file only. It is taken out again
# if nothing comes of it.
keep_replaced() {
	[[ ${ENA_SRC-} && ! $DRY_RUN ]] || return 0
	trap '[[ -e $REPLACED ]] || unmark_lines "$CONF_FILE"' EXIT
	mark_line "$CONF_FILE" "ENA_SRC=$ENA_SRC"
}

# replace_kernel KERNEL: dkms keeps the other's build, and does not install it by
# itself. Its autoinstall reads nothing in /etc/dkms in 2.8 and 3.0.
replace_kernel() {
	local name version

	[[ $REPLACE ]] || return 0
	read -r name version <<<"$(owner_of "$1")"
	[[ $name ]] || return 0
	say "$1: takes the place of $name/$version"
	[[ $DRY_RUN ]] || {
		grep -qsxF "$name $version $1" "$REPLACED" ||
			echo "$name $version $1" >>"$REPLACED"
		mark_line "$ROOT/usr/src/$name-$version/dkms.conf" 'AUTOINSTALL=""'
	}
	quietly dkms uninstall -m "$name" -v "$version" -k "$1"
}

# give_back NAME VERSION KERNEL
give_back() {
	local status=0

	[[ -e $ROOT/var/lib/dkms/$1/$2/source/dkms.conf ]] || {
		msg "WARNING: $3 keeps its own ena: dkms no longer has $1/$2"
		return 0
	}
	say "$3: back to $1/$2"
	[[ ! $DRY_RUN ]] || return 0
	[[ -L $ROOT/var/lib/dkms/$1/kernel-$3-$(uname -m) ]] ||
		quietly dkms install -m "$1" -v "$2" -k "$3" || status=$?
	((status == 0)) || {
		msg "$3: 'dkms install -m $1 -v $2 -k $3' fails (log: $STATE/log);" \
			"to do without it, 'dkms remove -m $1 -v $2 --all'"
		return 1
	}
	! initramfs_is_stale "$3" || initramfs_refresh "$3" || true
}

# forget_replaced NAME VERSION KERNEL: dkms may install it by itself again, if ours
# has its place in no other kernel.
forget_replaced() {
	[[ ! $DRY_RUN ]] || return 0
	sed -i "\\,^$1 $2 $3\$,d" "$REPLACED"
	grep -q "^$1 $2 " "$REPLACED" ||
		unmark_lines "$ROOT/usr/src/$1-$2/dkms.conf"
}

# give_all_back [KERNEL]: to that kernel, or to all that are still here.
give_all_back() {
	local name version kernel status=0

	while read -r name version kernel; do
		[[ ${1-$kernel} == "$kernel" ]] || continue
		if ! is_kernel "$kernel" || give_back "$name" "$version" "$kernel"; then
			forget_replaced "$name" "$version" "$kernel"
		else
			status=1
		fi
	done < <(cat "$REPLACED" 2>/dev/null)
	[[ ! -e $REPLACED || -s $REPLACED ]] || rm -f "$REPLACED"
	[[ $DRY_RUN || -e $REPLACED ]] || unmark_lines "$CONF_FILE"
	return "$status"
}
