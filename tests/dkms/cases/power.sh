# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# Power cuts at the steps of install and uninstall, on ext4 and XFS. The disk is a
# file: what the file system has written to it by then is what a power cut leaves.
# A file that something else syncs meanwhile makes it write its journal, and not
# yet what is in our files. Writes that a disk reorders between two flushes are
# not tried.

readonly DISK=/tmp/disk FLASH=/tmp/flash.img PARTS=(lib/modules boot var/lib/dkms)

# on_disk_of FS: the folders that matter are on a file system of its own.
on_disk_of() {
	local part

	apt-get update -q >/dev/null
	install_packages e2fsprogs xfsprogs || exit
	prune_modules
	truncate -s 1200M $FLASH
	must quiet "mkfs.$1" -q $FLASH
	mkdir -p $DISK /tmp/after
	make_loops
	must mount -o loop $FLASH $DISK
	for part in "${PARTS[@]}"; do
		mkdir -p "/$part" "$DISK/$part"
		cp -a "/$part/." "$DISK/$part/"
		must mount --bind "$DISK/$part" "/$part"
	done
	sync
}

make_loops() {
	local i

	mknod /dev/loop-control c 10 237
	for i in {0..63}; do
		mknod "/dev/loop$i" b 7 "$i"
	done
}

# Of this root's copy: few modules make small images and short initramfs runs.
prune_modules() {
	find /lib/modules/"$KERNEL"/kernel -name '*.ko*' \
		! -path '*/amazon/*' ! -name 'virtio*' ! -name 'fuse*' -delete
	depmod "$KERNEL"
	update-initramfs -u -k "$KERNEL" >/dev/null 2>&1
}

# power_points TOOL...: after each STRIDEth call of them, the power is cut.
power_points() {
	local tool

	mkdir -p /tmp/bin
	echo 0 >/tmp/count
	for tool; do
		cat >"/tmp/bin/$tool" <<-END
		#!/bin/bash
		PATH=\${PATH#/tmp/bin:}
		$tool "\$@"; status=\$?
		n=\$((\$(cat /tmp/count) + 1)); echo \$n >/tmp/count
		((n % ${STRIDE:-7})) || bash /tmp/cut "\$n: $tool \$*"
		exit \$status
		END
		chmod +x "/tmp/bin/$tool"
	done
	{
		declare -p DISK FLASH KERNEL
		declare -f cut_power looks_bootable
		echo 'cut_power "$@"'
	} >/tmp/cut
}

# cut_power STEP: what a host would find now. A build writes meanwhile, and the copy
# would be of no instant.
cut_power() {
	! pgrep -x make >/dev/null || return 0
	dd if=/dev/zero of=$DISK/unrelated bs=4k count=1 conv=notrunc,fsync 2>/dev/null
	cp --sparse=always $FLASH /tmp/copy.img
	mount -o loop,nouuid /tmp/copy.img /tmp/after 2>/dev/null ||
		mount -o loop /tmp/copy.img /tmp/after || {
		echo "$1: the copy cannot be mounted" >>/tmp/lost
		return
	}
	looks_bootable >/tmp/why 2>&1 || echo "$1: $(cat /tmp/why)" >>/tmp/lost
	umount /tmp/after
	rm /tmp/copy.img
}

# A device with the ENA's ids gets its driver.
looks_bootable() {
	local file

	modprobe -d /tmp/after -S "$KERNEL" -R \
		pci:v00001D0Fd0000EC20sv00001D0Fsd0000EC20bc02sc00i00 | grep -x ena &&
		file=$(modinfo -b /tmp/after -k "$KERNEL" -n ena) &&
		[[ $(modinfo -F vermagic "$file") == "$KERNEL "* ]] &&
		lsinitramfs /tmp/after/boot/initrd.img-"$KERNEL" |
			grep /ena.ko >/dev/null
}

# cut_everywhere COMMAND...
cut_everywhere() {
	rm -f /tmp/lost
	power_points depmod update-initramfs mv ln cp rm sync
	PATH=/tmp/bin:$PATH "$@" >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
	bash /tmp/cut "done: $*"
	tap_note "$(cat /tmp/count) steps of $*"
	[[ ! -e /tmp/lost ]] || { cat /tmp/lost; exit 1; }
	must test "$(cat /tmp/count)" -gt 5
}

# power_cut FS
power_cut() {
	on_disk_of "$1"
	mkdir /tmp/dkms /tmp/src
	cp -a /var/lib/dkms/$NAME /tmp/dkms/
	cp -a /usr/src/$NAME-* /tmp/src/
	must bash -c "$(declare -p KERNEL); $(declare -f looks_bootable)
		mkdir -p /tmp/after && mount --bind $DISK /tmp/after &&
			looks_bootable; status=\$?; umount /tmp/after; exit \$status"
	cut_everywhere $COMMAND uninstall
	must test "$(next_of "$KERNEL")" = stock
	cp -a /tmp/dkms/. /var/lib/dkms/
	cp -a /tmp/src/. /usr/src/
	cut_everywhere $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
}

case_power_ext4() {
	power_cut ext4
}

case_power_xfs() {
	power_cut xfs
}
