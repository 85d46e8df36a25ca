# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# For the scripts of the packages. An upgrade builds first and swaps then: what was
# there stays where the new version does not build. A package's installation never
# fails for a module.

# A checkout's files would shadow the package's.
forget_checkout() {
	local dir

	remove_hooks
	for dir in "$ROOT/usr/src/$NAME"-*; do
		[[ ! -e $dir ]] || packaged "$dir" || [[ $dir -ef $TREE ]] ||
			rm -rf "$dir"
	done
}

# Versions whose source is gone with their package. dkms could neither build nor
# remove them; a module of theirs that is installed stays.
drop_sourceless() {
	local dir version link

	for dir in "$DKMS"/*/; do
		[[ -L $dir/source && ! -e $dir/source/dkms.conf ]] || continue
		version=$(basename "$dir")
		for link in "$DKMS"/kernel-*; do
			[[ $(readlink "$link") != "$version/"* ]] || rm -f "$link"
		done
		rm -rf "${DKMS:?}/$version"
	done
}

cmd_package_configured() {
	local kernel

	needs_this_host
	forget_checkout
	drop_builds
	dkms_add || die "$E_DKMS" "dkms add failed; see $STATE/log"
	for kernel in $(kernels); do
		rm -f "$STATE/failed/$VERSION/$kernel"
		cmd_kernel_installed "$kernel"
	done
	drop_sourceless
	drop_others
	all_on_disk
}

# Nothing is left that dkms would install again. A kernel's own ena that is only in
# its archive stays there.
cmd_package_removed() {
	local kernel kept=()

	needs_this_host
	open_lock
	flock -w 600 9 || die "$E_LOCK" "another $NAME is at work for ten" \
		"minutes; nothing was changed: try again"
	for kernel in $(kernels); do
		has_ours "$kernel" || continue
		[[ ! $(stock_module "$kernel") ]] || ! remove_kernel "$kernel" ||
			continue
		keeps_ours "$kernel"
		kept=(! -name original_module)
	done
	forget_checkout
	forget_if packaged
	all_on_disk
	[[ ! -d $DKMS ]] || find "$DKMS" -mindepth 1 -maxdepth 1 "${kept[@]}" \
		-exec rm -rf {} +
	rmdir "$DKMS" 2>/dev/null || true
	give_all_back || msg "WARNING: the kernels have their own ena"
	all_on_disk
}

keeps_ours() {
	local file advice="reinstall that kernel's package"

	file=$(stock_module "$1")
	if [[ $file && ! $(our_modules "$1") ]]; then
		msg "WARNING: $1 has its own ena on the disk, but its initramfs still" \
			"holds the patched one: free space in /boot, then" \
			"'update-initramfs -u -k $1' or 'dracut --force --kver $1'"
		return
	fi
	[[ ! $file ]] || advice="copy ${file#"$ROOT"} to $(in_tree "$1"), delete ours, \
run 'depmod $1' and rebuild its initramfs"
	msg "WARNING: $1 keeps the patched ena, as its own one is not back: $advice"
}
