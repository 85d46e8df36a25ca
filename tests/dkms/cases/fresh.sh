# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# On a host without us.

case_fresh_checkout_is_dkms_tree() {
	fast_initramfs
	mkdir -p /tmp/co/.git
	cp -r "$SRC"/{dkms.conf,kernel,patches,scripts} /tmp/co
	touch /tmp/co/.git/HEAD
	cd /tmp/co || exit
	must dkms add .
	must test ! -e /usr/src/$NAME-$VERSION/.git
	must test -e /tmp/co/.git/HEAD
	must dkms build "$NAME/$VERSION" -k "$KERNEL"
	must dkms install "$NAME/$VERSION" -k "$KERNEL"
	must check_patched "$KERNEL"
	must dkms remove "$NAME/$VERSION" --all
	must test "$(next_of "$KERNEL")" = stock
	must test -e /lib/modules/"$KERNEL"/$IN_TREE/ena.ko*
}

case_fresh_checkout_with_lab_is_refused() {
	mkdir -p /tmp/co/build/lab
	cp -r "$SRC"/{dkms.conf,kernel,patches,scripts} /tmp/co
	cd /tmp/co || exit
	try dkms add . 2>/tmp/err
	must test "$status" != 0
	must grep -q 'scripts/ena-tx-header install' /tmp/err
	must test ! -e /usr/src/$NAME-$VERSION
}

case_fresh_no_headers() {
	mv "$(readlink -f /lib/modules/"$KERNEL"/build)" /tmp/build
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 113 "no headers"
	must grep -q "apt install linux-headers-$KERNEL" /tmp/err
	must test ! -e /usr/src/$NAME-"$VERSION"
	must test ! -e /var/lib/$NAME
	must check_stock "$KERNEL"
}

case_fresh_no_source() {
	rm /usr/src/linux-source-"$(cut -d. -f1,2 <<<"$KERNEL")"*
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 104 "no source"
	must grep -q "apt install linux-source-" /tmp/err
}

case_fresh_read_only() {
	mount --bind /lib/modules /lib/modules
	mount -o remount,bind,ro /lib/modules
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 115 "read-only"
	must grep -q '/lib/modules cannot be written' /tmp/err
	must test ! -e /usr/src/$NAME-$VERSION
}

case_fresh_disk_full() {
	mount -t tmpfs -o size=40M full /var/lib/dkms
	mount -t tmpfs -o size=40M full /boot 2>/dev/null
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 102 "disk full"
	must grep -q 'MiB free' /tmp/err
	must check_bootable "$KERNEL"
}

# Something called dkms that runs until it is killed.
other_dkms() {
	printf '#!/bin/bash\nsleep inf\n' >/tmp/dkms
	chmod +x /tmp/dkms
	/tmp/dkms >/dev/null 2>&1 &
	until [[ $(cat /proc/$!/comm) == dkms ]]; do sleep 0.05; done
}

case_fresh_dkms_at_work() {
	other_dkms
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	kill %1
	expect 112 "dkms at work"
	must grep -q "dkms is at work (pid" /tmp/err
}

trusted_key() {
	echo "1 I------ 1 perm 1f0f0000 0 0 asymmetri DKMS module signing key:" \
		"${1,,}: X509.rsa"
}

# A kernel that insists on signatures and has not seen the key that dkms makes
# in its first build.
case_fresh_signature() {
	fast_initramfs
	apt-get update -q >/dev/null
	install_packages openssl || exit
	mount -t tmpfs lockdown /sys/kernel/security
	echo 'none [integrity] confidentiality' >/sys/kernel/security/lockdown
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 114 "key not enrolled"
	must grep -q "built, but not installed: kernel lockdown is on" /tmp/err
	must grep -q 'mokutil --import /var/lib/dkms/mok.pub' /tmp/err
	must check_stock "$KERNEL"
	try dkms install "$NAME/$VERSION" -k "$KERNEL" 2>/tmp/err
	must test "$status" != 0
	must grep -q "not installed for $KERNEL: kernel lockdown is on" /tmp/err
	try dkms autoinstall -k "$KERNEL"
	must check_stock "$KERNEL"
	must $COMMAND kernel-installed "$KERNEL" 2>/tmp/err
	must grep -q "WARNING: $KERNEL keeps its stock ena driver" /tmp/err
	must check_stock "$KERNEL"
	trusted_key 12ab >/tmp/keys
	mount --bind /tmp/keys /proc/keys
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 114 "another key of that name"
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
	fast_initramfs
	mkdir -p /tmp/ena
	tar -xf /usr/src/linux-source-"$(cut -d. -f1,2 <<<"$KERNEL")".tar.xz \
		-C /tmp/ena --strip-components=6 --wildcards \
		'*/drivers/net/ethernet/amazon/ena'
	echo '#error broken' >>/tmp/ena/ena_com.c
	echo "ENA_SRC=/tmp/ena" >/etc/$NAME.conf
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 106 "failing build"
	must grep -q 'error: #error broken' /tmp/err
	must test "$(next_of "$KERNEL")" = stock
	must grep -q 'the build failed: .*broken' <($COMMAND status)
	rm /etc/$NAME.conf
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test -z "$($COMMAND status | grep 'build failed')"
}

# What was built for another kernel meanwhile is not installed by the way.
case_fresh_one_of_two_fails() {
	local other

	fast_initramfs
	other=$(cut -d. -f1,2 <<<"$KERNEL").0-other
	fake_kernel "$other"
	try $COMMAND install 2>/tmp/err
	expect 106 "one of two"
	must grep -q "$other: the build failed: .*not for $other" /tmp/err
	must grep -q "DISAGREES:  not installed, as the build for another" \
		<($COMMAND status)
	must dkms autoinstall -k "$KERNEL" >/dev/null
	must check_stock "$KERNEL"
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
	must test -z "$($COMMAND status | grep "as the build for another")"
}

# Without -k, dkms means the running kernel.
case_fresh_autoinstall_of_running() {
	mkdir -p /tmp/bin /var/lib/$NAME/failed/"$VERSION"
	cp "$SRC/dkms.conf" /tmp
	printf '#!/bin/sh\necho 6.12.1-x\n' >/tmp/bin/uname
	chmod +x /tmp/bin/uname
	must test "$(autoinstall_of_running)" = yes
	touch /var/lib/$NAME/failed/"$VERSION"/6.12.1-x
	must test -z "$(autoinstall_of_running)"
}

autoinstall_of_running() {
	PATH=/tmp/bin:$PATH bash -c '
		action=autoinstall
		. /tmp/dkms.conf
		echo "$AUTOINSTALL"'
}

# Such as amzn-drivers by dkms: it is not ours to replace.
case_fresh_foreign() {
	local file=/lib/modules/$KERNEL/updates/dkms/ena.ko sum

	fast_initramfs
	mkdir -p "${file%/*}"
	xz -dc /lib/modules/"$KERNEL"/$IN_TREE/ena.ko.xz >$file ||
		cp /lib/modules/"$KERNEL"/$IN_TREE/ena.ko $file
	printf '\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0%020d' 7 >/tmp/id
	objcopy --update-section .note.gnu.build-id=/tmp/id $file || exit
	depmod "$KERNEL"
	sum=$(sha256sum $file)
	must grep -q "on disk:    foreign (3030303030" <($COMMAND status)
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 120 "somebody else's"
	must grep -q "$file is another out-of-tree ena: remove it" /tmp/err
	must test ! -e /usr/src/$NAME-"$VERSION"
	mkdir /tmp/co
	cp -r "$SRC"/{dkms.conf,kernel,patches,scripts} /tmp/co
	(cd /tmp/co && quiet dkms add .) || exit
	try dkms install "$NAME/$VERSION" -k "$KERNEL" >/dev/null 2>/tmp/err
	must test "$status" != 0
	must grep -q "not installed for $KERNEL: $file is another" /tmp/err
	must $COMMAND kernel-installed "$KERNEL" 2>/tmp/err
	must grep -q "WARNING: $KERNEL is left as it is: $file" /tmp/err
	must grep -q "DISAGREES:  $file is another" <($COMMAND status)
	must test "$sum" = "$(sha256sum $file)"
	rm $file
	must $COMMAND install --kernel "$KERNEL"
	must check_patched "$KERNEL"
}

# The disk is full before the build is over.
case_fresh_disk_fills() {
	fast_initramfs
	mount -t tmpfs -o size=130M full /var/lib/dkms
	(
		until pgrep -x cc1 >/dev/null; do sleep 0.1; done
		dd if=/dev/zero of=/var/lib/dkms/fill bs=1M 2>/dev/null
	) &
	try $COMMAND install --kernel "$KERNEL" 2>/tmp/err
	expect 106 "disk full in the build"
	must grep -q 'the build failed: no space left in /var/lib/dkms' /tmp/err
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

# Kernels that are not ours to build for, by release and by configuration.
case_fresh_other_kernels_left_alone() {
	local kernel

	fast_initramfs
	fake_kernel 5.10.0-99-amd64
	fake_kernel 6.12.0-noena
	fake_kernel 6.12.0-kept
	echo 'KEEP_STOCK="6.1.0-gone 6.12.0-kept"' >/etc/$NAME.conf
	sed -i 's/^\(CONFIG_ENA_ETHERNET\)=m/# \1 is not set/' \
		/usr/src/fake-6.12.0-noena/.config
	try $COMMAND install 2>/tmp/err
	expect 0 "other kernels"
	must grep -q 'leaving out 5.10.0-99-amd64: it is not among' /tmp/err
	must grep -q 'leaving out 6.12.0-noena: it has no ENA driver' /tmp/err
	must grep -q 'leaving out 6.12.0-kept: it is in KEEP_STOCK' /tmp/err
	must check_patched "$KERNEL"
	for kernel in 5.10.0-99-amd64 6.12.0-noena 6.12.0-kept; do
		must $COMMAND kernel-installed "$kernel"
		must dkms autoinstall -k "$kernel"
		must test -z "$(find /lib/modules/"$kernel" -name 'ena.ko*')"
	done
	for kernel in 5.10.0-99-amd64 6.12.0-kept; do
		try dkms build "$NAME/$VERSION" -k "$kernel" 2>/tmp/err
		expect 77 "excluded by dkms.conf"
	done
}
