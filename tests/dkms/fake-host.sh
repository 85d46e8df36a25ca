# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2119,SC2120,SC2154	# see run-unit
# Made-up hosts: /sys, /proc, /boot and /lib/modules as ena-tx-header reads
# them. A module is an ELF file with a .modinfo and a build id.

K=6.12.1-cloud-amd64 L=6.12.2-cloud-amd64

make_root() {
	root=$work/root
	mkdir -p "$root"/{boot,etc,lib/modules,proc/sys/kernel,sys/bus,usr/bin,usr/src,var/lib}
	: >"$root/proc/cmdline"
	put proc/sys/kernel/osrelease "$K"
}

# put FILE LINE...
put() {
	local file=$root/$1

	mkdir -p "${file%/*}"
	shift
	printf '%s\n' "$@" >"$file"
}

# fake_tool NAME SCRIPT: a tool of this host.
fake_tool() {
	printf '#!/bin/sh\n%s\n' "$2" >"${3-$root/usr/bin}/$1"
	chmod +x "${3-$root/usr/bin}/$1"
}

# Tools for all cases, in place of those that ask the machine.
# shellcheck disable=SC2016	# for the tools
shared_tools() {
	local bin=$1

	mkdir -p "$bin"
	fake_tool df 'echo Avail; echo 9999' "$bin"
	fake_tool sync 'exit 0' "$bin"
	fake_tool dpkg 'exit 1' "$bin"
	fake_tool rpm 'exit 1' "$bin"
	fake_tool logger 'echo "$*" >&2' "$bin"
	fake_tool lsinitramfs 'exec tar -tf "$1"' "$bin"
	fake_tool unmkinitramfs 'exec tar -xf "$1" -C "$2"' "$bin"
	# Debian's order, not that of /etc/depmod.d here.
	echo "search updates extra built-in" >"$bin/depmod.conf"
	fake_tool depmod "case \" \$* \" in *' -C '*) set -- \"\$@\" ;;
		*) set -- -C $bin/depmod.conf \"\$@\" ;; esac
		exec $(command -v depmod) \"\$@\"" "$bin"
}

# fake_module FILE ID-BYTE WORD...: each is assembled once.
fake_module() {
	local file=$1 id=$2 made

	shift 2
	made="$*"
	made=$all/$id-${made//[^a-zA-Z0-9=.:-]/_}
	[[ -e $made ]] || {
		echo '.section .modinfo,"a"'
		printf '.string "%s"\n' "$@"
		echo '.section .note.gnu.build-id,"a",@note'
		echo '.long 4, 20, 3'
		echo '.string "GNU"'
		echo ".fill 20, 1, 0x$id"
	} | { as -o "$made.$BASHPID" - && mv "$made.$BASHPID" "$made"; }
	mkdir -p "${file%/*}"
	cp "$made" "$file"
}

fake_kernel() {
	mkdir -p "$root/lib/modules/${1-$K}"
	touch "$root/lib/modules/${1-$K}"/modules.{builtin,order,builtin.modinfo}
}

fake_stock() {
	fake_module "$root/lib/modules/$1/kernel/$ENA/ena.ko" \
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

# fake_built KERNEL: the same, by dkms and not installed.
fake_built() {
	local module

	module=$root/var/lib/dkms/ena-tx-header/$VERSION/$1/$(uname -m)/module
	fake_patched "$1" "$VERSION"
	mkdir -p "$module"
	mv "$root/lib/modules/$1/updates/dkms/ena.ko" "$module/"
}

# fake_foreign KERNEL PLACE: another vendor's module.
fake_foreign() {
	fake_module "$root/lib/modules/$1/$2/ena.ko" 33 name=ena \
		"vermagic=$1 SMP" version=2.17.0g
	fake_depmod "$1"
}

fake_depmod() {
	PATH=$all/bin:$PATH depmod -b "$root" "${1-$K}"
}

# stock [KERNEL], patched [KERNEL [VERSION]]: a kernel with that module.
stock() {
	fake_kernel "${1-$K}"
	fake_stock "${1-$K}"
	fake_depmod "${1-$K}"
}

patched() {
	stock "${1-$K}"
	fake_patched "${1-$K}" "${2-$VERSION}"
	fake_depmod "${1-$K}"
}

two_kernels() {
	patched
	stock "$L"
}

# initramfs KERNEL stock|disk|none: a tar, which the shared tools unpack.
initramfs() {
	local kernel=$1 tree=$work/initramfs

	rm -rf "$tree"
	mkdir -p "$tree/lib/modules"
	cp -r "$root/lib/modules/$kernel" "$tree/lib/modules/"
	case $2 in
	stock) rm -rf "$tree/lib/modules/$kernel/updates" ;;
	none) find "$tree" -name 'ena.ko' -delete ;;
	esac
	root=$tree fake_depmod "$kernel"
	tar -C "$tree" -cf "$root/boot/initrd.img-$kernel" .
}

# running ID-BYTE [MARKER]
running() {
	local notes=$root/sys/module/ena/notes id

	mkdir -p "$notes"
	id=$(printf "\\\\x$1%.0s" {1..20})
	printf '%b' '\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0' "$id" >"$notes/.note.gnu.build-id"
	[[ ! ${2-} ]] || driver_note "$2" >"$notes/.note.ena-tx-header"
}

# nic [llq [RELEASE]]: ens1, with an LLQ BAR or without.
nic() {
	put sys/class/net/ens1/mtu 9001
	mkdir -p "$root/sys/bus/pci/devices/0000:7d:00.0/net/${NIC-ens1}" \
		"$root/sys/bus/pci/drivers/ena/0000:7d:00.0"
	[[ ! ${1-} ]] || put sys/bus/pci/devices/0000:7d:00.0/resource2 ''
	[[ ! ${2-} ]] || put proc/sys/kernel/osrelease "$2"
}

# kernel_log LINE...: of the ENA's probe.
kernel_log() {
	put var/log/dmesg "${@/#/[    4.070118] ena 0000:7d:00.0: }"
}

secure_boot() {
	mkdir -p "$root/sys/firmware/efi/efivars"
	printf '%b' '\x06\0\0\0' "\\x0$1" >"$root/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
}

# dkms_key: what dkms signs with; sets serial, and id as the kernel lists it.
dkms_key() {
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

# signed_host [ID]: a kernel that insists on signatures, and a signed module. The
# kernel trusts the key with that ID, or the one of dkms.
signed_host() {
	dkms_key
	SIGNED=$serial patched
	secure_boot 1
	put proc/keys "0a1b I------ 1 perm 1f0f0000 0 0 asymmetri DKMS module signing key: ${1-$id}: X509.rsa 12 []"
}

# grub FIRST SECOND [WORD]: the kernels of its menu, the FIRST with WORD on its
# command line.
grub() {
	local kernel word=${3-}

	mkdir -p "$root/boot/grub"
	{
		echo "set default=\"${GRUB_DEFAULT-0}\""
		for kernel in "$1" "$2"; do
			echo "menuentry 'Linux $kernel' \$menuentry_id_option 'id-$kernel' {"
			echo "	linux /boot/vmlinuz-$kernel root=UUID=1 ro $word quiet"
			echo "}"
			word=''
		done
	} >"$root/boot/grub/grub.cfg"
}

# dkms_has_source: as after 'dkms add'.
dkms_has_source() {
	mkdir -p "$root/var/lib/dkms/ena-tx-header/$VERSION"
	ln -s /usr/src/ena-tx-header \
		"$root/var/lib/dkms/ena-tx-header/$VERSION/source"
}

# A host on which all of it can be done, on the stock module.
ready_host() {
	local tool

	patched
	running 11
	nic
	put "lib/modules/$K/build/$ENA/ena_netdev.c" ''
	mkdir -p "$root/lib/modules/$K/build/include"
	for tool in dkms tc ss ping modprobe openssl nft; do
		fake_tool "$tool" 'exit 0'
	done
	fake_tool ip 'case "$*" in *"route get "*)
		echo "192.0.2.1 dev ens1 src 192.0.2.2";; esac'
}
