# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# On a host that never had the module.

# checkout: a copy of this one, as the working directory.
checkout() {
	mkdir /tmp/co
	cp -r "$SRC"/{dkms.conf,kernel,patches,scripts} /tmp/co
	cd /tmp/co || exit
}

case_fresh_checkout_is_dkms_tree() {
	checkout
	mkdir .git
	touch .git/HEAD
	must dkms add .
	must test ! -e /usr/src/$NAME-$VERSION/.git
	must test -e /tmp/co/.git/HEAD
	must dkms build "$NAME/$VERSION" -k "$KERNEL"
	must dkms install "$NAME/$VERSION" -k "$KERNEL"
	must check_patched "$KERNEL"
	must dkms remove "$NAME/$VERSION" --all
	must check_stock "$KERNEL"
}

case_fresh_checkout_with_lab_is_refused() {
	checkout
	mkdir -p build/lab
	dkms add . 2>/tmp/err && exit 1
	must grep -q 'scripts/ena-tx-header install' /tmp/err
	must test ! -e /usr/src/$NAME-$VERSION
}

case_fresh_vendor_source() {
	vendor_clone /usr/src/amzn-drivers
	rm /usr/src/linux-source-*
	echo ENA_SRC=/usr/src/amzn-drivers >/etc/$NAME.conf
	must $COMMAND install --kernel "$KERNEL"
	must test "$(modinfo -k "$KERNEL" -F version ena)" = "2.99.0g-$VERSION"
	must test "$(next_of "$KERNEL")" = patched
	must ena-tx-header uninstall
	must check_stock "$KERNEL"
}

# vendor_runs: dkms' module as it was, and nothing of ours.
vendor_runs() {
	must test "$(modinfo -k "$KERNEL" -F version ena)" = 2.99.0g
	must test "$(next_of "$KERNEL")" = foreign
	must grep -q "amzn-drivers/2.99.0.*$KERNEL.*installed" \
		<(dkms status | sed 's/amzn-drivers, /amzn-drivers\//')
	must grep -qx 'AUTOINSTALL="yes"' <(tail -n1 /usr/src/amzn-drivers-2.99.0/dkms.conf)
	must test -z "$(grep -s amzn /etc/$NAME.conf)"
}

# From the vendor's own DKMS driver to the same release with the fix, and back. A
# failed build changes nothing.
case_fresh_vendor_replaced() {
	local file=/usr/src/amzn-drivers-2.99.0/kernel/linux/ena/ena_ethtool.c

	vendor_by_dkms
	vendor_runs
	exits 120 "run 'ena-tx-header install --replace', or remove it" \
		$COMMAND install
	must $COMMAND install --replace --dry-run
	vendor_runs
	echo '#error broken' >>$file
	exits 106 "" $COMMAND install --replace
	vendor_runs
	sed -i '/^#error/d' $file
	must $COMMAND install --replace
	must test "$(modinfo -k "$KERNEL" -F version ena)" = "2.99.0g-$VERSION"
	must test "$(next_of "$KERNEL")" = patched
	status_says 'amzn-drivers-2.99.0/kernel/linux/ena (2.99.0g, sha256'
	must quiet dkms autoinstall -k "$KERNEL"
	must $COMMAND status
	must $COMMAND install
	must ena-tx-header uninstall
	vendor_runs
	must test -z "$(find /lib/modules /etc /var/lib -path "*$NAME*")"
}

# As "metrics" says it of a host with an ENA port.
metrics() {
	mount -t tmpfs sys /sys
	mkdir -p /sys/bus/pci/drivers/ena/0:1 /sys/bus/pci/devices/0:1/net/eth9
	$COMMAND metrics
	umount /sys
}

# What the fix does not apply to keeps its driver, and all are told.
case_fresh_driver_that_does_not_fit() {
	vendor_clone /usr/src/amzn-drivers
	sed -i 's/ena_check_and_linearize_skb/ena_copy_if_needed/' \
		/usr/src/amzn-drivers/kernel/linux/ena/ena_netdev.c
	echo ENA_SRC=/usr/src/amzn-drivers >/etc/$NAME.conf
	exits 105 "WARNING: $KERNEL keeps its stock ena driver" \
		$COMMAND install --kernel "$KERNEL"
	status_says "does not apply to the driver"
	must grep -q "kernel=\"$KERNEL\",reason=\"does_not_apply\"" <(metrics)
	must check_stock "$KERNEL"
}

case_fresh_no_headers() {
	mv "$(readlink -f /lib/modules/"$KERNEL"/build)" /tmp/build
	exits 113 "apt install linux-headers-$KERNEL" \
		$COMMAND install --kernel "$KERNEL"
	must test ! -e /usr/src/$NAME-"$VERSION"
	must test ! -e /var/lib/$NAME
	must check_stock "$KERNEL"
}

case_fresh_no_source() {
	rm /usr/src/linux-source-"$(cut -d. -f1,2 <<<"$KERNEL")"*
	exits 104 "apt install linux-source-" $COMMAND install --kernel "$KERNEL"
}

# By the real apt. What was fetched is enough, and is not fetched again.
case_fresh_fetch_source() {
	local source=/var/lib/$NAME/source/$KERNEL

	rm /usr/src/linux-source-*
	apt-get update -q >/dev/null
	must $COMMAND fetch-source --kernel "$KERNEL" >/tmp/out 2>/tmp/err
	must grep -q '^downloading linux-source-' /tmp/out
	must grep -q "^Get:1 .*linux-source-" /tmp/err
	must test "$(find "$source" -name '*.[ch]' | wc -l)" = \
		"$(find "$source/drivers/net/ethernet/amazon/ena" -name '*.[ch]' | wc -l)"
	must test "$(ls /var/lib/$NAME)" = source
	rm /etc/apt/sources.list* -r
	must grep -q "is there already" \
		<($COMMAND fetch-source --kernel "$KERNEL")
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	status_says "built from: $source"
}

# As in a bare chroot
case_fresh_no_dev_fd() {
	mount -t tmpfs dev /dev
	mknod /dev/null c 1 3
	exits 1 "there is no /dev/fd" $COMMAND status
	exits 1 "there is no /dev/fd" $COMMAND install
}

case_fresh_read_only() {
	mount --bind /lib/modules /lib/modules
	mount -o remount,bind,ro /lib/modules
	exits 115 '/lib/modules cannot be written' $COMMAND install --kernel "$KERNEL"
	must test ! -e /usr/src/$NAME-$VERSION
}

case_fresh_disk_full() {
	mount -t tmpfs -o size=40M full /var/lib/dkms
	mount -t tmpfs -o size=40M full /boot 2>/dev/null
	exits 102 'MiB free' $COMMAND install --kernel "$KERNEL"
	must check_bootable "$KERNEL"
}

# refused_by_other_dkms COMMAND...: beside a process called dkms.
refused_by_other_dkms() {
	printf '#!/bin/bash\nsleep inf\n' >/tmp/dkms
	chmod +x /tmp/dkms
	/tmp/dkms >/dev/null 2>&1 &
	until [[ $(cat /proc/$!/comm) == dkms ]]; do sleep 0.05; done
	exits 112 "dkms is at work (pid" "$@"
	kill %1
	wait
}

case_fresh_dkms_at_work() {
	refused_by_other_dkms $COMMAND install --kernel "$KERNEL"
}

trusted_key() {
	echo "1 I------ 1 perm 1f0f0000 0 0 asymmetri DKMS module signing key:" \
		"${1,,}: X509.rsa"
}

# A kernel that insists on signatures and has not seen the key that dkms makes
# in its first build.
case_fresh_signature() {
	apt-get update -q >/dev/null
	install_packages openssl || exit
	mount -t tmpfs lockdown /sys/kernel/security
	echo 'none [integrity] confidentiality' >/sys/kernel/security/lockdown
	exits 114 "built, but not installed: kernel lockdown is on" \
		$COMMAND install --kernel "$KERNEL"
	! old_dkms || {
		must grep -q 'dkms has signed nothing: see' /tmp/err
		must check_stock "$KERNEL"
		return
	}
	must grep -q 'mokutil --import /var/lib/dkms/mok.pub' /tmp/err
	must check_stock "$KERNEL"
	dkms install "$NAME/$VERSION" -k "$KERNEL" 2>/tmp/err && exit 1
	must grep -q "not installed for $KERNEL: kernel lockdown is on" /tmp/err
	dkms autoinstall -k "$KERNEL"
	must check_stock "$KERNEL"
	must $COMMAND kernel-installed "$KERNEL" 2>/tmp/err
	must grep -q "WARNING: $KERNEL keeps its stock ena driver" /tmp/err
	must check_stock "$KERNEL"
	trusted_key 12ab >/tmp/keys
	mount --bind /tmp/keys /proc/keys
	exits 114 "" $COMMAND install --kernel "$KERNEL"
	trusted_key "$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout \
		-ext subjectKeyIdentifier | tail -n1 | tr -d ' :')" >/tmp/keys
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test "$(modinfo -k "$KERNEL" -F signer ena)" = \
		"DKMS module signing key"
}

case_fresh_dry_run() {
	manifest >/tmp/before
	must $COMMAND install --dry-run --kernel "$KERNEL"
	manifest | diff /tmp/before - || exit
}

case_fresh_failing_build() {
	mkdir -p /tmp/ena
	tar -xf /usr/src/linux-source-"$(cut -d. -f1,2 <<<"$KERNEL")".tar.xz \
		-C /tmp/ena --strip-components=6 --wildcards \
		'*/drivers/net/ethernet/amazon/ena'
	echo '#error broken' >>/tmp/ena/ena_com.c
	echo "ENA_SRC=/tmp/ena" >/etc/$NAME.conf
	exits 106 'error: #error broken' $COMMAND install --kernel "$KERNEL"
	must check_stock "$KERNEL"
	status_says 'the build failed: .*broken'
	rm /etc/$NAME.conf
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test -z "$($COMMAND status | grep 'build failed')"
}

# What was built for another kernel is not installed later.
case_fresh_one_of_two_fails() {
	local other

	other=$(cut -d. -f1,2 <<<"$KERNEL").0-other
	fake_kernel "$other"
	exits 106 "$other: the build failed: .*not for $other" $COMMAND install
	status_says "DISAGREES:  not installed, as the build for another"
	must dkms autoinstall -k "$KERNEL" >/dev/null
	must check_stock "$KERNEL"
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test -z "$($COMMAND status | grep "as the build for another")"
}

# Without -k, dkms means the running kernel.
case_fresh_autoinstall_of_running() {
	checkout
	mkdir -p /tmp/bin /var/lib/$NAME/failed/"$VERSION"
	printf '#!/bin/sh\necho 6.12.1-x\n' >/tmp/bin/uname
	chmod +x /tmp/bin/uname
	must test "$(autoinstall_of_running)" = yes
	touch /var/lib/$NAME/failed/"$VERSION"/6.12.1-x
	must test -z "$(autoinstall_of_running)"
}

autoinstall_of_running() {
	PATH=/tmp/bin:$PATH bash -c '
		action=" autoinstall"
		. ./dkms.conf
		echo "$AUTOINSTALL"'
}

# Such as amzn-drivers by dkms: we do not replace it.
case_fresh_foreign() {
	local file=/lib/modules/$KERNEL/updates/dkms/ena.ko sum

	mkdir -p "${file%/*}"
	xz -dc /lib/modules/"$KERNEL"/$IN_TREE/ena.ko.xz >$file ||
		cp /lib/modules/"$KERNEL"/$IN_TREE/ena.ko $file
	printf '\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0%020d' 7 >/tmp/id
	objcopy --update-section .note.gnu.build-id=/tmp/id $file || exit
	depmod "$KERNEL"
	sum=$(sha256sum $file)
	status_says "on disk:    foreign (3030303030"
	exits 120 "$file is another out-of-tree ena: remove it" \
		$COMMAND install --kernel "$KERNEL"
	must test ! -e /usr/src/$NAME-"$VERSION"
	checkout
	must quiet dkms add .
	dkms install "$NAME/$VERSION" -k "$KERNEL" >/dev/null 2>/tmp/err && exit 1
	must grep -q "not installed for $KERNEL: $file is another" /tmp/err
	must $COMMAND kernel-installed "$KERNEL" 2>/tmp/err
	must grep -q "WARNING: $KERNEL is left as it is: $file" /tmp/err
	status_says "DISAGREES:  $file is another"
	must test "$sum" = "$(sha256sum $file)"
	rm $file
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
}

# The disk is full before the build is over.
case_fresh_disk_fills() {
	mount -t tmpfs -o size=130M full /var/lib/dkms
	(
		until pgrep -x cc1 >/dev/null; do sleep 0.1; done
		dd if=/dev/zero of=/var/lib/dkms/fill bs=1M 2>/dev/null
	) &
	exits 106 'the build failed: no space left in /var/lib/dkms' \
		$COMMAND install --kernel "$KERNEL"
	must check_stock "$KERNEL"
	rm /var/lib/dkms/fill
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
}

# fake_kernel RELEASE: with the headers of another one.
fake_kernel() {
	local build=/usr/src/fake-$1

	cp -rs "$(readlink -f /lib/modules/"$KERNEL"/build)" "$build"
	mkdir -p "/lib/modules/$1/kernel"
	ln -s "$build" "/lib/modules/$1/build"
	touch "/lib/modules/$1/modules.builtin" "/lib/modules/$1/modules.order"
	depmod "$1"
}

# Kernels that get no module, by release and by configuration.
case_fresh_other_kernels_left_alone() {
	local kernel

	fake_kernel 5.4.0-99-amd64
	fake_kernel 6.12.0-noena
	fake_kernel 6.12.0-kept
	echo 'KEEP_STOCK="6.1.0-gone 6.12.0-kept"' >/etc/$NAME.conf
	exits 2 'names 6.1.0-gone, which is no kernel here' $COMMAND install
	echo 'KEEP_STOCK="6.12.0-kept"' >/etc/$NAME.conf
	sed -i 's/^\(CONFIG_ENA_ETHERNET\)=m/# \1 is not set/' \
		/usr/src/fake-6.12.0-noena/.config
	exits 0 'leaving out 5.4.0-99-amd64: it is older than 5.10' $COMMAND install
	must grep -q 'leaving out 6.12.0-noena: it has no ENA driver' /tmp/err
	must grep -q 'leaving out 6.12.0-kept: it is in KEEP_STOCK' /tmp/err
	must check_patched "$KERNEL"
	for kernel in 5.4.0-99-amd64 6.12.0-noena 6.12.0-kept; do
		must $COMMAND kernel-installed "$kernel"
		must dkms autoinstall -k "$kernel"
		must test -z "$(find /lib/modules/"$kernel" -name 'ena.ko*')"
	done
	for kernel in 5.4.0-99-amd64 6.12.0-kept; do
		exits "$(old_dkms && echo 9 || echo 77)" "" \
			dkms build "$NAME/$VERSION" -k "$kernel"
	done
}
