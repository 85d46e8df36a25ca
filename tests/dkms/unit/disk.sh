# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# What a power cut finds on the disk: "sync" looks at it.

# What depmod wrote is on the disk before it takes the old files' place, and the
# new names are, too.
test_depmod_is_synced() {
	local dir=$root/lib/modules/$K

	patched
	cp "$dir/modules.dep" "$root/want"
	echo old >"$dir/modules.dep"
	fake_tool sync "head -qn1 $dir/modules.dep >>$root/synced
		find $root/lib/modules/.ena-tx-header.* -name modules.dep.bin \
			-size +0 2>/dev/null >>$root/synced || :"
	mkdir -p "$root"/lib/modules/.ena-tx-header{,.999999999,.$$}
	inside depmod_of "$K" || return
	[[ $(sed -n 1p "$root/synced") == old ]] &&
		[[ $(sed -n 2p "$root/synced") == */modules.dep.bin ]] &&
		[[ $(sed -n 3p "$root/synced") == *ena.ko: ]] &&
		cmp "$dir/modules.dep" "$root/want" &&
		[[ $(ls -d "$root"/lib/modules/.??*) == *.$$ ]]
}

# Also those that depmod finds by a link, as in RHEL's weak-updates.
test_depmod_fails() {
	patched
	mkdir -p "$root/lib/modules/$K/weak-updates"
	ln -s "$root/lib/modules/$K/kernel/$ENA/ena.ko" \
		"$root/lib/modules/$K/weak-updates/other.ko"
	inside depmod_of "$K" && grep -q ^weak-updates/other.ko: \
		"$root/lib/modules/$K/modules.dep" || return
	cp "$root/lib/modules/$K/modules.dep" "$root/want"
	fake_tool depmod 'exit 1'
	! inside depmod_of "$K" && cmp "$root/lib/modules/$K/modules.dep" "$root/want"
}

# log_syncs: each sync, with what is there of our module and of dkms' tree.
log_syncs() {
	fake_tool sync "cd $root; echo \$2 \$(ls -d lib/modules/*/updates/dkms/ena.ko \
		var/lib/dkms/ena-tx-header boot/*.ena-tx-header 2>/dev/null |
		tr '\n' ' ') >>$root/synced"
}

# The old initramfs and dkms' tree go after what replaces them is on the disk.
test_uninstall_is_synced() {
	local last

	patched
	initramfs "$K" disk
	fake_built "$K"
	fake_patched "$K" "$VERSION"
	fake_depmod
	fake_tool dkms 'exit 0'
	fake_tool update-initramfs "rm $root/boot/initrd.img-$K"
	log_syncs
	inside_says 0 "uninstalled" cmd_uninstall || return
	grep -qx "$root/boot .*boot/initrd.*" "$root/synced" &&
		grep -qx "$root/boot var/lib/dkms/ena-tx-header" "$root/synced" &&
		last=$(tail -n5 "$root/synced") &&
		[[ $last == "$root/lib/modules"*"$root/boot"* && $last != *dkms* ]]
}

# What install says is on the disk, and an old version goes after that.
test_install_is_synced() {
	local old=$root/var/lib/dkms/ena-tx-header/2020.1.0

	ready_host
	dkms_has_source
	fake_built "$K"
	cp -r "$root/var/lib/dkms/ena-tx-header/$VERSION/$K/$(uname -m)/module/ena.ko" \
		"$root/lib/modules/$K/updates/dkms/"
	ln -s "$VERSION/$K/$(uname -m)" \
		"$root/var/lib/dkms/ena-tx-header/kernel-$K-$(uname -m)"
	mkdir -p "$old/build"
	fake_tool sync "ls -d \$2 $old 2>/dev/null | paste -sd' ' >>$root/synced"
	inside_says 0 "installed for: $K" \
		"stage_tree() { :; }; write_hooks() { :; }; cmd_install" && [[ ! -e $old ]] &&
		grep -qx "$root/lib/modules $old" "$root/synced" &&
		grep -qx "$root/boot $old" "$root/synced"
}

# A disk that fails is not "done".
test_install_on_a_failing_disk() {
	ready_host
	dkms_has_source
	fake_tool sync 'exit 1'
	inside_says 115 "cannot be written to its disk" all_on_disk &&
		! says "installed for"
}

# archived: the kernel's own ena is only in dkms' archive.
archived() {
	archive=$root/var/lib/dkms/ena-tx-header/original_module/$K/$(uname -m)
	own=$root/lib/modules/$K/kernel/$ENA/ena.ko
	patched
	fake_tool dkms 'exit 0'
	mkdir -p "$archive"
	mv "$own" "$archive/"
	cp "$archive/ena.ko" "$root/own"
	fake_depmod
}

# cp_fails SCRIPT: of what is copied back.
cp_fails() {
	fake_tool cp "case \"\$*\" in *original_module*) $1;; esac
		exec $(command -v cp) \"\$@\""
}

# cut_short SCRIPT: an uninstall in which that happens loses nothing, and the next
# one completes it.
cut_short() {
	local archive own

	archived
	cp_fails "$1"
	inside_says 116 "cannot copy its own ena back" cmd_uninstall || return
	cmp "$archive/ena.ko" "$root/own" && [[ ! -e $own ]] &&
		yields 0 "would load: patched" -- status || return
	rm "$root/usr/bin/cp"
	inside cmd_uninstall && cmp "$own" "$root/own" &&
		yields 1 "would load: stock" -- status
}

test_uninstall_copy_fails() {
	cut_short 'head -c 100 "$2" >"$3"; exit 1'
}

# Short, and no error.
test_uninstall_copy_is_short() {
	cut_short 'head -c 100 "$2" >"$3"; exit 0'
}

# An earlier version's copy that was killed: half a file in the right place.
test_half_a_stock_module() {
	local archive own

	archived
	head -c 100 "$root/own" >"$own"
	inside cmd_uninstall && cmp "$own" "$root/own" || return
	archived
	head -c 100 "$root/own" >"$own"
	rm -r "$archive"
	inside_says 116 "would be left without any ena" cmd_uninstall
}

# dkms' tree stays as long as a kernel is not back.
test_archives_go_last() {
	patched
	initramfs "$K" disk
	fake_built "$K"
	fake_patched "$K" "$VERSION"
	fake_depmod
	fake_tool dkms "touch $root/called"
	fake_tool update-initramfs 'exit 1'
	inside_says 116 "nothing that may be needed for" cmd_uninstall &&
		[[ ! -e $root/called && -d $root/var/lib/dkms/ena-tx-header ]]
}

# modules.dep would still name what dkms is about to overwrite or delete.
test_no_depmod_no_change() {
	local status=0

	patched
	dkms_has_source
	fake_tool depmod 'exit 1'
	by_dkms dkms-hook pre-install "$K" >"$work/out" 2>"$work/err" || status=$?
	((status == 115)) && says "not installed for $K" &&
		! inside remove_kernel "$K" &&
		[[ -e $root/lib/modules/$K/updates/dkms/ena.ko ]] || return
	mkdir -p "$root/var/lib/dkms/ena-tx-header/2020.1.0"
	ln -sfn "2020.1.0/$K/x" "$root/var/lib/dkms/ena-tx-header/kernel-$K-$(uname -m)"
	! inside drop_version 2020.1.0 &&
		[[ -d $root/var/lib/dkms/ena-tx-header/2020.1.0 ]]
}

# A new initramfs that may not be on the disk: the old one stays.
test_initramfs_on_a_failing_disk() {
	patched
	initramfs "$K" stock
	cp "$root/boot/initrd.img-$K" "$work/image"
	fake_tool update-initramfs "echo new >$root/new; mv $root/new $root/boot/initrd.img-$K"
	fake_tool sync 'case $* in *boot*) exit 1; esac'
	inside_says 1 "the old one is back" "initramfs_refresh $K" &&
		cmp "$root/boot/initrd.img-$K" "$work/image"
}
