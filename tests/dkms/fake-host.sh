# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154	# work is the caller's
# Made-up roots: /sys, /proc, /boot and /lib/modules as ena-tx-header reads
# them. A module is an ELF file with a .modinfo and a build id.

make_root() {
	rm -rf "$work/root"
	root=$work/root
	mkdir -p "$root"/{boot,etc,lib/modules,proc/sys/kernel,sys,usr/src,var/lib}
	: >"$root/proc/cmdline"
	fake_release 6.12.1-cloud-amd64
}

fake_release() {
	echo "$1" >"$root/proc/sys/kernel/osrelease"
}

# fake_module FILE ID-BYTE WORD...
fake_module() {
	local file=$1 id=$2

	shift 2
	mkdir -p "${file%/*}"
	{
		echo '.section .modinfo,"a"'
		printf '.string "%s"\n' "$@"
		echo '.section .note.gnu.build-id,"a",@note'
		echo '.long 4, 20, 3'
		echo '.string "GNU"'
		echo ".fill 20, 1, 0x$id"
	} | as -o "$file" -
}

fake_kernel() {
	mkdir -p "$root/lib/modules/$1"
	: >"$root/lib/modules/$1/modules.builtin"
	: >"$root/lib/modules/$1/modules.order"
}

fake_stock() {
	fake_module "$root/lib/modules/$1/kernel/drivers/net/ethernet/amazon/ena/ena.ko" \
		11 name=ena "vermagic=$1 SMP"
}

# fake_patched KERNEL VERSION [BUILT-FOR], by the key with the serial number
# SIGNED
fake_patched() {
	fake_module "$root/lib/modules/$1/updates/dkms/ena.ko" 22 name=ena \
		"vermagic=${3:-$1} SMP" "ena_tx_header=$2" \
		${SIGNED:+"signer=DKMS module signing key"} \
		${SIGNED:+"sig_key=$(sed 's/../&:/g; s/:$//' <<<"$SIGNED")"}
}

# fake_built KERNEL VERSION: the same, by dkms and not installed.
fake_built() {
	local module

	module=$root/var/lib/dkms/ena-tx-header/$2/$1/$(uname -m)/module
	fake_patched "$1" "$2"
	mkdir -p "$module"
	mv "$root/lib/modules/$1/updates/dkms/ena.ko" "$module/"
}

fake_depmod() {
	depmod -b "$root" "$1"
}

# fake_initramfs KERNEL stock|disk|none: a tar, which the shims unpack.
fake_initramfs() {
	local kernel=$1 tree=$work/initramfs

	rm -rf "$tree"
	mkdir -p "$tree/lib/modules"
	cp -r "$root/lib/modules/$kernel" "$tree/lib/modules/"
	case $2 in
	stock) rm -rf "$tree/lib/modules/$kernel/updates" ;;
	none) find "$tree" -name 'ena.ko' -delete ;;
	esac
	depmod -b "$tree" "$kernel"
	tar -C "$tree" -cf "$root/boot/initrd.img-$kernel" .
}

# fake_running KERNEL ID-BYTE [MARKER]
fake_running() {
	local notes=$root/sys/module/ena/notes id

	fake_release "$1"
	mkdir -p "$notes"
	id=$(printf "\\\\x$2%.0s" {1..20})
	printf '%b' '\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0' "$id" >"$notes/.note.gnu.build-id"
	[[ ! ${3-} ]] || printf '\x0e\0\0\0\x0b\0\0\0\1\0\0\0%s\0\0\0%s\0' \
		ena-tx-header "$3" >"$notes/.note.ena-tx-header"
}

# fake_function PCI NAME MTU [llq-bar]
fake_function() {
	local dev=$root/sys/bus/pci/devices/$1

	mkdir -p "$dev/net/$2" "$root/sys/class/net/$2" \
		"$root/sys/bus/pci/drivers/ena/$1"
	echo "$3" >"$root/sys/class/net/$2/mtu"
	[[ ! ${4-} ]] || : >"$dev/resource2"
}

fake_log() {
	mkdir -p "$root/var/log"
	printf '[    4.070118] %s\n' "$@" >"$root/var/log/dmesg"
}

fake_secure_boot() {
	mkdir -p "$root/sys/firmware/efi/efivars"
	printf '%b' '\x06\0\0\0' "\\x0$1" >"$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
}

# fake_key: what dkms signs with; sets serial, and id as the kernel lists it.
fake_key() {
	local cert=$root/var/lib/dkms/mok.pub

	mkdir -p "${cert%/*}"
	openssl req -new -x509 -nodes -subj "/CN=DKMS module signing key" \
		-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-keyout /dev/null -outform DER -out "$cert" 2>/dev/null
	serial=$(openssl x509 -inform DER -in "$cert" -noout -serial)
	serial=${serial#serial=}
	id=$(openssl x509 -inform DER -in "$cert" -noout \
		-ext subjectKeyIdentifier | tail -n1 | tr -d ' :')
	id=${id,,}
}

# fake_trust ID: the kernel trusts that key, of the name that all of dkms have.
fake_trust() {
	echo "0a1b I------ 1 perm 1f0f0000 0 0 asymmetri DKMS module signing key: $1: X509.rsa 12 []" \
		>"$root/proc/keys"
}

# fake_grub FIRST SECOND
fake_grub() {
	local kernel

	mkdir -p "$root/boot/grub"
	{
		echo "set default=\"${GRUB_DEFAULT-0}\""
		for kernel; do
			echo "menuentry 'Linux $kernel' \$menuentry_id_option 'id-$kernel' {"
			echo "	linux /boot/vmlinuz-$kernel root=UUID=1 ro"
			echo "}"
		done
	} >"$root/boot/grub/grub.cfg"
}
