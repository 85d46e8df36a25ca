# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# States of a host. Each case leaves a layer; the guest that boots from it compares
# the module that loaded with what "status" said, in /said.

# Not part of a host's state.
NOT_STATE=(/tmp /var/log /var/cache /src /guest /before /said
	/etc/resolv.conf "/boot/initrd.img-*")

# Each file, folder and link of the root, with mode, owner and contents; of an
# initramfs, what is in it.
manifest() {
	local path skip=() image

	for path in "${NOT_STATE[@]}"; do
		skip+=(-path "$path" -prune -o)
	done
	find / -xdev "${skip[@]}" -printf '%M %U %G %p %l\n' | LC_ALL=C sort
	find / -xdev "${skip[@]}" -type f -print0 | LC_ALL=C sort -z |
		xargs -0 sha256sum
	for image in /boot/initrd.img-*; do
		mkdir /tmp/image
		unmkinitramfs "$image" /tmp/image
		(cd /tmp/image && find . -type f -print0 | LC_ALL=C sort -z |
			xargs -0 sha256sum | sed "s,\$, in $image,")
		rm -r /tmp/image
	done
}

said() {
	$COMMAND status >/said
	sed 's/^/# /' /said
}

case_layer_installed() {
	manifest >/before
	must $COMMAND install
	for kernel in /lib/modules/*/; do
		must check_patched "$(basename "$kernel")"
	done
	must $COMMAND status
	said
}

case_layer_uninstalled() {
	must ena-tx-header uninstall
	manifest | diff /before - || { tap_note "files differ"; exit 1; }
	must check_stock "$KERNEL"
	said
}

case_layer_upgraded() {
	local old=$VERSION

	other_version 2030.1.0
	must $COMMAND install
	must check_patched "$KERNEL"
	must test ! -e /usr/src/$NAME-"$old"
	must test -z "$(find /usr/src/$NAME-"$VERSION"/ ! -user 0 -o -perm /022)"
	must test "$(dkms status $NAME | wc -l)" = 1
	said
	must grep -q "on disk:.*patched 2030.1.0 (" /said
}

case_layer_downgraded() {
	must $COMMAND install
	must check_patched "$KERNEL"
	must test ! -e /usr/src/$NAME-2030.1.0
	must test "$(dkms status $NAME | wc -l)" = 1
	said
}

# vendor_clone DIR: the kernel's driver, laid out as in the vendor's repository, with
# a version and a configure step.
vendor_clone() {
	local ena=$1/kernel/linux/ena com=$1/kernel/linux/common/ena_com

	mkdir -p "$ena" "$com"
	tar -C "$ena" -xf /usr/src/linux-source-"$(cut -d. -f1,2 <<<"$KERNEL")".tar.xz \
		--strip-components=6 --wildcards '*/ethernet/amazon/ena/*'
	mv "$ena"/ena{_com,_eth_com}.[ch] "$ena"/ena_*_defs.h "$com"
	echo 'MODULE_VERSION(CONFIGURED);' >>"$ena/ena_netdev.c"
	cat >"$ena/Makefile" <<-'EOF'
	COM = ../common/ena_com/
	obj-m := ena.o
	ena-objs := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/ena_[enpx]*.c))
	ena-objs := $(filter-out ena_dkms_info.o,$(ena-objs))
	ena-objs += $(COM)/ena_com.o $(COM)/ena_eth_com.o
	ccflags-y += -I$(src) -I$(src)/$(COM) -include $(src)/config.h
	EOF
	cat >"$ena/configure.sh" <<-'EOF'
	[ -e "$2/Makefile" ] || exit
	printf '#define CONFIGURED "2.99.0g"\n#define MORE\n' >config.h
	EOF
}

# vendor_by_dkms: as its guide has it, for that clone.
vendor_by_dkms() {
	local tree=/usr/src/amzn-drivers-2.99.0

	vendor_clone $tree
	cat >$tree/dkms.conf <<-'EOF'
	PACKAGE_NAME="ena"
	PACKAGE_VERSION="1.0.0"
	CLEAN="make -C kernel/linux/ena clean"
	MAKE="make -C kernel/linux/ena/ BUILD_KERNEL=${kernelver}"
	BUILT_MODULE_NAME[0]="ena"
	BUILT_MODULE_LOCATION="kernel/linux/ena"
	DEST_MODULE_LOCATION[0]="/updates"
	DEST_MODULE_NAME[0]="ena"
	AUTOINSTALL="yes"
	EOF
	cat >>$tree/kernel/linux/ena/Makefile <<-'EOF'
	KDIR = /lib/modules/$(BUILD_KERNEL)/build
	all: config.h; $(MAKE) -C $(KDIR) M=$(CURDIR) modules
	config.h: ; sh ./configure.sh --kernel-dir $(KDIR)
	clean:
	EOF
	must quiet dkms add -m amzn-drivers -v 2.99.0
	must quiet dkms install -m amzn-drivers -v 2.99.0 -k "$KERNEL"
	must quiet update-initramfs -u -k "$KERNEL"
}

# From the vendor's own DKMS driver to ours, and back.
case_layer_replaced() {
	vendor_by_dkms
	must $COMMAND install --replace
	must $COMMAND status
	said
}

case_layer_put_back() {
	must ena-tx-header uninstall
	said
}

# A newer kernel by apt: Debian 11's last update, by its name, Debian 12's 6.12, or
# Debian 13's from backports.
upgrade_packages() {
	apt-get update -q >/dev/null
	case $(cat /etc/debian_version) in
	11*) new=5.10
		mapfile -t packages < <(apt-cache pkgnames linux-image-5.10.0- |
			grep -x '.*-cloud-amd64' | sort -V | tail -n1)
		packages+=("${packages[0]/image/headers}") ;;
	12*) new=6.12 packages=(linux-{image,headers}-6.12-cloud-amd64) ;;
	*) new=7 packages=(-t trixie-backports
		linux-{image,headers}-cloud-amd64) ;;
	esac
}

upgraded_kernel() {
	find /lib/modules -mindepth 1 -maxdepth 1 -name "$new.*" -printf '%f\n' |
		sort -V | tail -n1
}

install_packages() {
	apt-get install -y -q --no-install-recommends "$@" >/tmp/apt 2>&1 ||
		{ tail -n 30 /tmp/apt; return 1; }
}

case_layer_new_kernel() {
	local new packages kernel

	upgrade_packages
	must install_packages "${packages[@]}" \
		"linux-source-$(apt-cache policy "${packages[-1]}" |
			sed -n 's/ *Candidate: \([0-9]*\.[0-9]*\).*/\1/p')"
	kernel=$(upgraded_kernel)
	must check_patched "$kernel"
	must check_patched "$KERNEL"
	must grep -q "$kernel.*installed" <(dkms status)
	must $COMMAND status
	said
}

case_layer_broken_kernel() {
	local new packages kernel

	echo ENA_SRC=/gone >/etc/$NAME.conf
	upgrade_packages
	must install_packages "${packages[@]}"
	kernel=$(upgraded_kernel)
	must test -e "/boot/initrd.img-$kernel"
	must check_stock "$kernel"
	must check_bootable "$kernel"
	must check_patched "$KERNEL"
	must grep -q "WARNING: $kernel keeps its stock ena driver" /tmp/apt
	status_says "the build failed: .*ENA_SRC in .*: /gone has no"
	must test -z "$(dpkg --audit)"
	exits 1 "" $COMMAND preflight-reboot
	said
}

# For every kernel.
case_two_kernels_uninstalled() {
	local kernel

	must ena-tx-header uninstall
	for kernel in /lib/modules/*/; do
		must check_stock "$(basename "$kernel")"
	done
	must test -z "$(find /lib/modules -path '*/updates/*' -name 'ena*')"
}

# Fixed after a failed build, with the command that the message names.
case_broken_kernel_fixed() {
	local kernel

	kernel=$(printf '%s\n' /lib/modules/*/ | sort -V | tail -n1)
	kernel=$(basename "$kernel")
	rm /etc/$NAME.conf
	install_packages "linux-source-$(cut -d. -f1,2 <<<"$kernel")" || exit
	must ena-tx-header install --kernel "$kernel"
	must check_patched "$kernel"
	must $COMMAND preflight-reboot
}

# Whose network others set up.
case_layer_managed() {
	apt-get update -q >/dev/null
	must install_packages dbus firewalld netplan.io
	systemctl disable firewalld
	must test -x /usr/sbin/netplan
}

# Killed when the disk has the module and the initramfs does not.
case_layer_killed_install() {
	ena-tx-header uninstall >/dev/null 2>&1
	kill_points update-initramfs
	must killed_at 1 $COMMAND install --kernel "$KERNEL"
	must check_bootable "$KERNEL"
	said
}

case_layer_killed_uninstall() {
	kill_points depmod
	must killed_at 1 $COMMAND uninstall
	must check_bootable "$KERNEL"
	said
}
