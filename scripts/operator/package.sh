# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# For the scripts of the packages. An upgrade builds first and swaps then: what was
# there stays where the new version does not build. A package's installation never
# fails for a module.

# A checkout's files would shadow the package's.
forget_checkout() {
	local dir

	[[ ! -L $COMMAND ]] || packaged "$COMMAND" || rm -f "$COMMAND"
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

# Nothing is left that dkms would install again.
cmd_package_removed() {
	local kernel

	needs_this_host
	for kernel in $(kernels); do
		has_ours "$kernel" || continue
		if [[ $(stock_module "$kernel") ]]; then
			remove_kernel "$kernel" || keeps_ours "$kernel"
		else
			keeps_ours "$kernel"
		fi
	done
	forget_checkout
	rm -rf "$DKMS"
	give_all_back || msg "WARNING: the kernels have their own ena"
	all_on_disk
}

keeps_ours() {
	msg "WARNING: $1 keeps the patched ena, as its own one is not back:" \
		"$(stock_advice "$1")"
}
