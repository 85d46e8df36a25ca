# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# On a host with the module installed.

case_installed_is_patched() {
	must check_patched "$KERNEL"
	must test -e /lib/modules/"$KERNEL"/$IN_TREE/ena.ko*
	must grep -q "$KERNEL.*installed" <(dkms status)
	must $COMMAND install --kernel "$KERNEL"
	must $COMMAND uninstall --dry-run >/tmp/log
	must grep -q "$KERNEL: back to the stock module" /tmp/log
	must test -z "$(grep ^uninstalled /tmp/log)"
	must check_patched "$KERNEL"
}

# The same version with other files: a failed build changes nothing, a good one
# replaces the module.
case_installed_same_version_changed() {
	local id

	id=$(modinfo -k "$KERNEL" -F srcversion ena)
	other_version "$VERSION"
	echo '#error broken' >>/tmp/other/kernel/linux/ena/ena_dkms_info.c
	exits 106 "" $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test "$id" = "$(modinfo -k "$KERNEL" -F srcversion ena)"
	sed -i 's/^#error broken/MODULE_INFO(changed, "yes");/' \
		/tmp/other/kernel/linux/ena/ena_dkms_info.c
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test "$(modinfo -k "$KERNEL" -F changed ena)" = yes
}

# Another remedy: built again, and found out by status until then.
case_installed_remedy() {
	local linearize

	linearize=$(modinfo -k "$KERNEL" -F srcversion ena)
	echo REMEDY=copy >>/etc/$NAME.conf
	exits 2 "REMEDY=copy .* is unknown" $COMMAND install --kernel "$KERNEL"
	sed -i "s/^REMEDY=.*/REMEDY=no-hint/" /etc/$NAME.conf
	status_says "it is $VERSION, not $VERSION+no-hint"
	must $COMMAND install --kernel "$KERNEL"
	VERSION+=+no-hint
	must check_patched "$KERNEL"
	must test "$linearize" != "$(modinfo -k "$KERNEL" -F srcversion ena)"
}

# other_build CRC: a kernel that was built again under its release, with another
# version of one symbol, whose name is left in /tmp/symbol.
other_build() {
	local file=/tmp/ena.ko stock

	stock=$(compgen -G /lib/modules/"$KERNEL"/$IN_TREE/ena.ko*)
	if [[ $stock == *.xz ]]; then xz -dc "$stock"; else cat "$stock"; fi >$file
	must objcopy --dump-section __versions=/tmp/versions $file
	printf %b "$1" | dd of=/tmp/versions conv=notrunc status=none
	tail -c +9 /tmp/versions | head -c 56 | tr -d '\0' >/tmp/symbol
	must objcopy --update-section __versions=/tmp/versions $file
	[[ $stock != *.xz ]] || { xz --check=crc32 $file; file+=.xz; }
	mv $file "$stock"
}

# First its headers are older than it; then they follow.
case_installed_kernel_rebuilt() {
	local symbol text

	other_build '\x11\x22\x33\x44'
	symbol=$(cat /tmp/symbol) text="wants $(cat /tmp/symbol) in another version"
	status_says "would load: none"
	status_says "$text than the kernel has: run"
	must grep -q "NOT READY: .*$text" <($COMMAND preflight-reboot)
	exits 106 "$text" $COMMAND install --kernel "$KERNEL"
	sed -Ei "s/^0x[0-9a-f]*(\t$symbol\t)/0x44332211\1/" \
		/lib/modules/"$KERNEL"/build/Module.symvers
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must $COMMAND preflight-reboot
}

case_installed_no_stock_to_go_back_to() {
	rm /lib/modules/"$KERNEL"/$IN_TREE/ena.ko*
	depmod "$KERNEL"
	exits 116 "$KERNEL would be left without any ena" ena-tx-header uninstall
	must test "$(modinfo -k "$KERNEL" -F ena_tx_header ena)" = "$VERSION"
	must grep -q "$KERNEL.*installed" <(dkms status)
}

case_installed_two_at_once() {
	ena-tx-header uninstall >/dev/null 2>&1
	$COMMAND install --kernel "$KERNEL" >/tmp/one 2>&1 &
	until grep -qs ^install /run/$NAME/lock; do sleep 0.1; done
	exits 112 "another ena-tx-header (install, pid" \
		$COMMAND install --kernel "$KERNEL"
	must wait %1
	must check_patched "$KERNEL"
}

# What dkms would do on its own without our pre_install: the stock module gone.
case_installed_stock_restored() {
	mkdir -p /var/lib/dkms/$NAME/original_module/"$KERNEL"/x86_64
	mv /lib/modules/"$KERNEL"/$IN_TREE/ena.ko* \
		/var/lib/dkms/$NAME/original_module/"$KERNEL"/x86_64/
	must ena-tx-header uninstall
	must check_stock "$KERNEL"
}

case_installed_stale_initramfs() {
	local keep

	keep=$(modinfo -k "$KERNEL" -n ena)
	mv "$keep" /tmp/
	rm -f /etc/initramfs-tools/hooks/$NAME
	depmod "$KERNEL"
	update-initramfs -u -k "$KERNEL" >/dev/null 2>&1
	mv /tmp/"$(basename "$keep")" "$keep"
	depmod "$KERNEL"
	status_says "initramfs holds another ena"
	exits 1 "" $COMMAND preflight-reboot
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
}

# As from a rescue instance, with the volume at /mnt; README has the words.
case_installed_rescued_by_hand() {
	local kernel

	mount --bind / /mnt
	mount --bind /proc /mnt/proc
	mount --bind /dev /mnt/dev
	must grep -q "would load: patched" \
		<(ENA_TX_HEADER_ROOT=/mnt $COMMAND status)
	rm -f /mnt/lib/modules/*/updates/dkms/ena.ko*
	for kernel in /mnt/lib/modules/*/; do
		must chroot /mnt depmod "$(basename "$kernel")"
	done
	must chroot /mnt update-initramfs -u -k all
	must grep -q "would load: stock" \
		<(ENA_TX_HEADER_ROOT=/mnt $COMMAND status)
	must check_stock "$KERNEL"
}

case_installed_secrets_stay() {
	echo "ENA_SRC=/root/s3cr3t-path" >>/etc/$NAME.conf
	must ena-tx-header collect /tmp/report
	must test "$(stat -c %a /tmp/report)" = 600
	must test -z "$(grep -nE 's3cr3t|BEGIN .*PRIVATE|([0-9]{1,3}\.){3}[0-9]{1,3}' /tmp/report)"
	must grep -q "would load: patched" /tmp/report
}

# The disk is full when the initramfs is made: the old one stays.
case_installed_boot_fills() {
	local old

	ena-tx-header uninstall >/dev/null 2>&1
	full_boot 150M update-initramfs
	old=$(sha256sum /boot/initrd.img-"$KERNEL")
	exits 116 "could not be made; the old one is back" \
		$COMMAND install --kernel "$KERNEL"
	must test "$old" = "$(sha256sum /boot/initrd.img-"$KERNEL")"
	must check_stock "$KERNEL"
	status_says "DISAGREES:  its initramfs does not get"
	must dkms autoinstall -k "$KERNEL"
	must check_stock "$KERNEL"
	umount "$(command -v update-initramfs)"
	rm /boot/fill
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	upgrade_fills
}

# A new version that does not fit leaves the old one.
upgrade_fills() {
	local old before=$VERSION

	everywhere update-initramfs /tmp/real-update-initramfs
	old=$(sha256sum /boot/initrd.img-"$KERNEL")
	other_version 2099.1.0
	exits 116 "the module of ours that it had is back" \
		$COMMAND install --kernel "$KERNEL"
	must test "$(modinfo -k "$KERNEL" -F ena_tx_header ena)" = "$before"
	must test "$old" = "$(sha256sum /boot/initrd.img-"$KERNEL")"
}

# Where dracut makes the initramfs. It writes into the file that is there, and
# the disk is full when it does.
case_installed_dracut() {
	local old

	apt-get update -q >/dev/null
	install_packages dracut initramfs-tools- || exit
	must quiet dracut --force --drivers ena /boot/initrd.img-"$KERNEL" \
		"$KERNEL"
	must check_patched "$KERNEL"
	full_boot 350M dracut
	old=$(cd /boot && sha256sum -- *)
	exits 116 "could not be made; the old one is back" \
		ena-tx-header uninstall
	umount "$(command -v dracut)"
	rm /boot/fill
	must test "$old" = "$(cd /boot && sha256sum -- *)"
	must quiet $COMMAND uninstall
	must check_stock "$KERNEL"
}

# full_boot SIZE TOOL: /boot of that size, which is full when TOOL runs, also where
# an old dkms runs it.
full_boot() {
	mkdir /tmp/bin /tmp/boot
	cp /boot/* /tmp/boot
	mount -t tmpfs -o "size=$1" full /boot
	cp /tmp/boot/* /boot
	cat >"/tmp/bin/$2" <<-END
	#!/bin/sh
	dd if=/dev/zero of=/boot/fill bs=64k 2>/dev/null
	exec /tmp/real-$2 "\$@"
	END
	chmod 755 "/tmp/bin/$2"
	everywhere "$2" "/tmp/real-$2"
}

case_installed_uninstall_refused() {
	refused_by_other_dkms ena-tx-header uninstall
	mount --bind /lib/modules /lib/modules
	mount -o remount,bind,ro /lib/modules
	exits 115 "" ena-tx-header uninstall
	umount /lib/modules
	cp -a /boot /tmp/boot
	mount -t tmpfs -o size=$(($(du -sm /boot | cut -f1) + 2))M full /boot
	cp -a /tmp/boot/. /boot
	exits 102 "MiB free" ena-tx-header uninstall
	umount /boot
	must check_patched "$KERNEL"
}
