# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# Power cuts, on ext4 and XFS. QEMU's blklogwrites records the writes to a disk; they
# are replayed up to each flush, and what is found there has to boot. Writes that
# a disk reorders between two flushes are not tried.

readonly DISK=/tmp/disk PARTS=(lib/modules boot var/lib/dkms usr/src)
# The file system, and one sector behind it for what was reported.
readonly DISK_MIB=512 MARKS=$((512 * 2048))

# power_cuts FS STEP...: the disk is QEMU's, as a file by FUSE.
power_cuts() {
	local image=/tmp/disk.img device

	make_disk $image "$1" qemu-utils qemu-system-common
	export_disk $image
	record "$device" "${@:2}"
	withdraw_disk
	replay $image $image.writes
}

# make_disk IMAGE FS [PACKAGE]: a host with the module installed.
make_disk() {
	local image=$1

	apt-get update -q >/dev/null
	install_packages e2fsprogs xfsprogs "${@:3}" || exit
	prune_modules
	mkdir -p $DISK "${image%/*}"
	make_fs "$2" "$image"
	make_nodes
	must mount -o loop "$image" $DISK
	fill_disk
	must umount $DISK
	must cp --sparse=always "$image" "$image.before"
}

make_fs() {
	truncate -s $((DISK_MIB + 1))M "$2"
	case $1 in
	xfs) must quiet mkfs.xfs -q -f -d size=${DISK_MIB}m "$2" ;;
	ext4) must quiet mkfs.ext4 -q -F "$2" ${DISK_MIB}M ;;
	esac
}

make_nodes() {
	local i

	mknod /dev/fuse c 10 229
	mknod /dev/loop-control c 10 237
	for i in {0..63}; do
		mknod "/dev/loop$i" b 7 "$i"
	done
}

# With the build, as another one would take a guest a quarter of an hour. /usr/real
# will be the root's own /usr/src, with what does not fit.
fill_disk() {
	local part

	mkdir -p $DISK/{keep/src,usr/src}
	for part in "${PARTS[@]::3}"; do
		mkdir -p "$DISK/$part"
		cp -a "/$part/." "$DISK/$part/"
	done
	cp -a /usr/src/$NAME-* $DISK/usr/src/
	cp -a /usr/src/$NAME-* $DISK/keep/src/
	cp -a /var/lib/dkms/$NAME $DISK/keep/dkms
	for part in /usr/src/linux-*; do
		ln -s "../real/${part##*/}" $DISK/usr/src/
	done
}

# Of this root's copy: few modules make small images and short initramfs runs.
prune_modules() {
	find /lib/modules/"$KERNEL"/kernel -name '*.ko*' \
		! -path '*/amazon/*' ! -name 'virtio*' ! -name 'fuse*' -delete
	depmod "$KERNEL"
	update-initramfs -u -k "$KERNEL" >/dev/null 2>&1
}

# export_disk IMAGE: as the loop device "device".
export_disk() {
	local file='"driver":"file","filename"'

	: >"$1.writes"
	: >/tmp/export
	must qemu-storage-daemon --daemonize --pidfile /tmp/daemon --blockdev \
		"{\"driver\":\"blklogwrites\",\"node-name\":\"disk\",
			\"file\":{$file:\"$1\"},\"log\":{$file:\"$1.writes\"}}" \
		--export type=fuse,id=disk,node-name=disk,mountpoint=/tmp/export,writable=on
	device=$(losetup -f --show /tmp/export) || exit
}

# What dkms leaves behind may be at work for seconds.
withdraw_disk() {
	local part

	for part in "${PARTS[@]/#//}" $DISK; do
		until umount "$part"; do sleep 0.5; done
	done
	must losetup -d "$device"
	must kill "$(cat /tmp/daemon)"
	while [[ -e /tmp/daemon ]]; do sleep 0.1; done
}

# record DEVICE STEP...: each is reported when it is done.
record() {
	local device=$1 part step said version=$VERSION command=$COMMAND

	mkdir -p $DISK /usr/real
	must mount "$device" $DISK
	must mount --bind /usr/src /usr/real
	for part in "${PARTS[@]}"; do
		must mount --bind "$DISK/$part" "/$part"
	done
	fsync_after depmod update-initramfs mv ln cp rm sync insmod rmmod ip
	for step in "${@:2}"; do
		mark "at work: $step"
		PATH=/tmp/bin:$PATH "power_$step" >/tmp/log 2>&1 ||
			{ tap_note "failed: $step"; cat /tmp/log; exit 1; }
		mark "$said"
		sleep 2
	done
	tap_note "$(cat /tmp/count) steps of: ${*:2}"
	must test "$(cat /tmp/count)" -gt 5
	sync
}

# fsync_after TOOL...: at each STRIDEth call of them the file system writes its
# journal, and not yet what is in our files.
fsync_after() {
	local tool

	mkdir -p /tmp/bin
	echo 0 >/tmp/count
	for tool; do
		cat >"/tmp/bin/$tool" <<-END
		#!/bin/bash
		PATH=\${PATH//\/tmp\/bin:/}
		$tool "\$@"; status=\$?
		n=\$((\$(cat /tmp/count) + 1)); echo \$n >/tmp/count
		((n % ${STRIDE:-7})) || dd if=/dev/zero of=$DISK/unrelated bs=4k \
			count=1 conv=notrunc,fsync 2>/dev/null
		exit \$status
		END
		chmod +x "/tmp/bin/$tool"
	done
}

mark() {
	printf '%-512s' "$1" | must dd of="$device" bs=512 seek=$MARKS \
		oflag=direct 2>/dev/null
	tap_note "$(cut -d' ' -f1 /proc/uptime) $1"
}

power_upgrade() {
	other_version 2030.1.0
	said="patched $VERSION"
	$COMMAND install --kernel "$KERNEL"
}

power_downgrade() {
	VERSION=$version COMMAND=$command
	power_install
}

power_install() {
	mkdir -p /var/lib/dkms/$NAME
	cp -a "$DISK/keep/dkms/$VERSION" /var/lib/dkms/$NAME/
	cp -a $DISK/keep/src/. /usr/src/
	said="patched $VERSION"
	$COMMAND install --kernel "$KERNEL"
}

power_uninstall() {
	said=stock
	ena-tx-header uninstall
}

# In a guest. It writes nothing that the next boot needs.
power_swap() {
	rmmod ena
	insmod /lib/modules/"$KERNEL"/$IN_TREE/ena.ko*
	ip addr replace 192.0.2.2/24 dev eth0
	ip link set eth0 mtu 9001 up
	ip route replace default via 192.0.2.1
	until ping -c1 -W1 192.0.2.1; do :; done
	said="patched $VERSION"
	$COMMAND activate --live --time 60 && $COMMAND confirm
}

# replay IMAGE WRITES
replay() {
	make_nodes 2>/dev/null
	mkdir -p /tmp/after
	must cp --sparse=always "$1.before" /tmp/replayed
	{
		declare -p KERNEL COMMAND
		declare -f look whole_modules bootable packed is_so
		echo 'look "$@"'
	} >/tmp/look
	must /src/tests/dkms/replay-writes "$2" /tmp/replayed $MARKS \
		bash /tmp/look
	must cmp -n $((DISK_MIB << 20)) /tmp/replayed "$1"
}

# look FLUSH REPORTED...: at a copy, as mounting it writes.
look() {
	local at="flush $1 ($2)" status=0

	cp --sparse=always /tmp/replayed /tmp/copy
	mount -o loop,nouuid /tmp/copy /tmp/after 2>/dev/null ||
		mount -o loop /tmp/copy /tmp/after || {
		echo "$at: it cannot be mounted"
		return 1
	}
	{ whole_modules && bootable && is_so "${@:2}"; } >/tmp/why 2>&1 ||
		status=$?
	umount /tmp/after
	((status == 0)) || { echo "$at:"; tail -n 5 /tmp/why; }
	return "$status"
}

# modules.dep has a line for each module. A copy that we keep is hidden from it.
whole_modules() {
	local dir=/tmp/after/lib/modules/$KERNEL

	diff <(find "$dir" -name '*.ko*' ! -name '.*' -printf '%f\n' | sort -u) \
		<(sed 's/:.*//; s,.*/,,' "$dir/modules.dep" | sort -u)
}

# A device with the ENA's ids gets its driver.
bootable() {
	local file

	modprobe -d /tmp/after -S "$KERNEL" -R \
		pci:v00001D0Fd0000EC20sv00001D0Fsd0000EC20bc02sc00i00 | grep -x ena &&
		file=$(modinfo -b /tmp/after -k "$KERNEL" -n ena) &&
		[[ $(modinfo -F vermagic "$file") == "$KERNEL "* ]] &&
		packed /tmp/after/boot/initrd.img-"$KERNEL"
}

# A whole initramfs with an ena. Most are as they were at the last flush.
packed() {
	cmp -s "$1" /tmp/packed || {
		lsinitramfs "$1" >/tmp/list && grep /ena.ko /tmp/list &&
			cp "$1" /tmp/packed
	}
}

# is_so REPORTED...: by "status", of what was reported as done.
is_so() {
	local said

	for said; do
		[[ $said == stock || $said == patched* ]] || continue
		ENA_TX_HEADER_ROOT=/tmp/after $COMMAND status >/tmp/status || true
		grep "on disk: *$said" /tmp/status &&
			grep "initramfs: *$said" /tmp/status ||
			{ echo "not $said:"; cat /tmp/status; return 1; }
	done
}

case_power_short() { power_cuts xfs uninstall install; }
case_power_xfs() { power_cuts xfs upgrade downgrade uninstall install; }
case_power_ext4() { power_cuts ext4 upgrade downgrade uninstall install; }

GUEST_DISK=/src/build/dkms-power/disk
case_guest_power_disk_xfs() { fast_initramfs; make_disk $GUEST_DISK xfs; }
case_guest_power_disk_ext4() { fast_initramfs; make_disk $GUEST_DISK ext4; }
case_guest_power() { fast_initramfs; record /dev/vda uninstall install swap; }
case_guest_power_replay() { replay $GUEST_DISK $GUEST_DISK.writes; }
