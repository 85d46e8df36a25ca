# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# Cases of uninstall.

# A kernel that never had our module does not change.
test_uninstall_leaves_others() {
	patched
	initramfs "$K" none
	stock "$L"
	fake_foreign "$L" updates
	initramfs "$L" stock
	fake_built "$L"
	fake_tool update-initramfs "touch $root/made"
	fake_tool dkms 'exit 0'
	inside_says 0 "!$L: back" cmd_uninstall && [[ ! -e $root/made ]] &&
		yields 1 "would load: stock" "on disk:    foreign" -- status
}

# After a killed uninstall: ours is in the initramfs only, or only built.
test_uninstall_completes() {
	patched
	initramfs "$K" disk
	rm -r "$root/lib/modules/$K/updates"
	fake_depmod
	fake_tool update-initramfs "rm $root/boot/initrd.img-$K"
	inside cmd_uninstall && yields 1 "would load: stock" -- status || return
	fake_built "$K"
	inside_says 0 "$K: back" cmd_uninstall
}

# Unpacking an initramfs needs space.
test_uninstall_without_space() {
	patched
	initramfs "$K" disk
	fake_tool df 'case $* in */boot) echo Avail; echo 9999 ;;
		*) echo Avail; echo 9 ;; esac'
	inside_says 102 "has 9 MiB free, 10 are needed" cmd_uninstall &&
		yields 0 "would load: patched" -- status
}

# no_stock: only an older version of ours, on the disk and in the initramfs.
no_stock() {
	patched "$K" 2020.1.0
	rm -r "$root/lib/modules/$K/kernel"
	fake_depmod
	initramfs "$K" disk
	fake_tool update-initramfs "touch $root/made"
}

# A failure never removes the last ena of a kernel.
test_last_ena_stays() {
	fake_built "$K"
	no_stock
	fake_tool dkms 'exit 1'
	inside_says 1 "it had is back" "install_kernel $K" &&
		[[ ! -e $root/made ]] && yields 1 "would load: other" \
			"dkms did not install what was built" -- status
}

# As 'dkms remove' leaves it.
test_last_ena_stays_in_initramfs() {
	no_stock
	rm -r "$root/lib/modules/$K/updates"
	fake_depmod
	inside settle_initramfs "$K" && [[ ! -e $root/made ]] &&
		yields 1 "would load: other" -- status
}
