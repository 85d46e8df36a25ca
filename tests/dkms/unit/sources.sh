# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016,SC2154	# see run-unit
# Which source is taken, and how it is patched. The drivers are what the patches
# say that there was before them.

# before PATCH: the lines that it wants to see, and where the driver sets the
# header's length.
before() {
	awk '/^@@/ { on = 1; next } on && /^[ -]/ { print substr($0, 2) }' \
		../../patches/"$1"/0001-*.patch
	printf '\t*header_len = %s;\n' 'min_t(u32, len, max)' 0
}

# kdir X.Y.Z: headers of that kernel.
kdir() {
	put kdir/Makefile '%:' "	@echo $1" "kernelversion:" "	@echo $1"
}

# tree X.Y.Z FOLDER PATCH: a kernel's source in $root/FOLDER, with its driver.
tree() {
	local v

	IFS=. read -ra v <<<"$1"
	put "$2/Makefile" "VERSION = ${v[0]}" "PATCHLEVEL = ${v[1]}" \
		"SUBLEVEL = ${v[2]}"
	put "$2/$ENA/ena_netdev.c" "$(before "$3")"
}

# vendor FOLDER: the vendor's repository, as far as it is looked at. It was built
# for another kernel. Its scripts cannot be executed, as on a disk mounted noexec.
vendor() {
	put "$1/kernel/linux/ena/ena_netdev.c" "$(before vendor)"
	put "$1/kernel/linux/ena/Makefile" 'COM = ../common/ena_com/'
	put "$1/kernel/linux/ena/config.h" 'of another kernel'
	put "$1/kernel/linux/ena/ena.o" old
	put "$1/kernel/linux/ena/config/defs.sh" "echo '#define A 1'" \
		"echo '#define B 1'"
	put "$1/kernel/linux/ena/configure.sh" \
		'[ "$1" = --kernel-dir ] || exit' 'scriptdir=.' \
		'CC="$scriptdir/config/defs.sh"' '$CC >config.h'
	put "$1/kernel/linux/common/ena_com/ena_com.c" com
}

# takes SRC [VARIANT]: driver-source, for the headers in kdir.
takes() {
	ENA_SRC=$1 "$OPERATOR/driver-source" "$root/kdir" "$work/out" "${@:2}" \
		2>"$work/err" ||
		{ cat "$work/err"; return 1; }
}

has_call() {
	sed -n '/^static int ena_check_and_linearize_skb/,/^}/p' \
		"$work/out/ena_netdev.c" | grep 'ena_tx_header_split(skb' >/dev/null
}

test_source_of_vendor() {
	local place

	vendor src
	kdir 6.8.12
	for place in src src/kernel/linux/ena; do
		rm -rf "$work/out"
		takes "$root/$place" && has_call &&
			[[ $(cat "$work/out/config.h") == '#define A 1'* ]] &&
			[[ $(cat "$work/out/Makefile") == 'COM = common/ena_com/' ]] &&
			[[ -e $work/out/common/ena_com/ena_com.c ]] &&
			[[ ! -e $work/out/ena.o ]] || return
	done
	printf 'echo %s\n' first 'why it failed' '"**Exiting**"' \
		>"$root/src/kernel/linux/ena/configure.sh"
	rm -rf "$work/out"
	! takes "$root/src" && sed -n 's/.*all of it: \(.*\))$/\1/p' "$work/err" |
		xargs grep first >/dev/null &&
		grep "configure.sh fails for .*: why it failed (all" "$work/err"
}

# Amazon's own kernel, which has both drivers.
test_source_of_amazon() {
	local folder=$root/src/drivers/amazon/net/ena

	tree 6.1.141 src .
	mkdir -p "${folder%/*}"
	mv "$root/src/$ENA" "$folder"
	put "src/$ENA/ena_netdev.c" other
	put src/drivers/amazon/net/ena/Makefile \
		'F += -include $(srctree)/drivers/amazon/net/ena/config.h'
	kdir 6.1.141
	takes "$root/src" && has_call &&
		[[ $(cat "$work/out/Makefile") == 'F += -include $(src)/config.h' ]]
}

# Each family of the driver has a text of its own.
test_source_of_each_family() {
	local patch

	kdir 5.10.262
	for patch in . older vendor; do
		rm -rf "$work/out"
		tree 5.10.262 src "$patch"
		takes "$root/src" && has_call &&
			[[ $(grep -c '<net/ipv6.h>' "$work/out/ena_netdev.c") == 1 ]] ||
			return
	done
}

# One value for all kernels.
test_source_list() {
	tree 6.1.141 one .
	tree 6.12.30 two .
	put "one/$ENA/one" ''
	put "two/$ENA/two" ''
	kdir 6.12.30
	takes "$root/one $root/two" && [[ -e $work/out/two ]] || return
	kdir 6.1.141
	takes "$root/one $root/two" && [[ -e $work/out/one ]] || return
	kdir 6.8.1
	! takes "$root/one $root/gone" && grep -q "$root/one is of kernel 6.1.141,\
 $root/gone has no ena_netdev.c; the headers" "$work/err" || return
	vendor "of the vendor"
	takes "$root/of the vendor" && has_call || return
	vendor vendor
	takes "$root/vendor $root/one" && [[ -e $work/out/common ]] || return
	kdir 6.1.141
	takes "$root/vendor $root/one" && [[ -e $work/out/one ]]
}

# What ENA_SRC names is for another kernel: a package has this one's.
test_source_beside_named() {
	tree 6.1.141 one .
	tree 6.12.30 build .
	put "build/$ENA/build" ''
	printf '%s\n' '%:' "	@echo 6.12.30" "kernelversion:" "	@echo 6.12.30" \
		>>"$root/build/Makefile"
	ENA_SRC=$root/one "$OPERATOR/driver-source" "$root/build" "$work/out" \
		&& [[ -e $work/out/build ]] || return
	! ENA_SRC=$root/gone "$OPERATOR/driver-source" "$root/build" "$work/out" \
		2>"$work/err" && grep "gone has no ena_netdev.c" "$work/err"
}

# Where no text fits and there is no coccinelle, or it finds no place.
test_source_that_does_not_fit() {
	tree 6.12.30 src .
	kdir 6.12.30
	sed -i 's/skb_linearize/skb_make_linear/' "$root/src/$ENA/ena_netdev.c"
	! takes "$root/src" && grep -q "does not apply to the driver of 6.12.30" \
		"$work/err" && [[ ! -e $work/out ]] || return
	put "src/$ENA/ena_netdev.c" "$(before .)" 'ena_tx_header_split(skb, 1);'
	! takes "$root/src" && grep -q "has the check already: use it as it is" \
		"$work/err" || return
	put "src/$ENA/ena_netdev.c" "$(before .)" '.ndo_features_check = ena_check,'
	! takes "$root/src" && grep -q "does not apply to the driver of 6.12.30 \
from .*: has an ndo_features_check; was the bug fixed in another way" \
		"$work/err" || return
	tree 6.12.30 src .
	takes "$root/src" || return
	rm -r "$work/out"
	vendor vendor
	! takes "$root/vendor" pull-header && grep -q "pull-header.patch does not \
apply to the driver of 6.12.30 .* use REMEDY=linearize" "$work/err" &&
		[[ ! -e $work/out ]]
}

# install_all STATUS WORD BUILT REASON: for both kernels. BUILT is built, the other
# fails for that REASON.
install_all() {
	ready_host
	stock "$L"
	put "lib/modules/$L/build/$ENA/ena_netdev.c" ''
	mkdir -p "$root/lib/modules/$L/build/include"
	inside_says "$1" "$2" '
		stage_tree() { :; }
		quietly() { :; }
		dkms_add() { :; }
		is_built() { [[ $1 == "'"$3"'" ]]; }
		install_kernel() { :; }
		write_hooks() { :; }
		drop_others() { :; }
		explain_build() { mark_failed "$1" "the build failed: '"$4"'"; }
		cmd_install'
}

# The vendor's driver does not support all kernels; a lack of space is another
# matter.
test_vendor_does_not_support_one() {
	local why='/x/ena_netdev.c:7:1: error: too few'

	vendor usr/src/vendor
	put etc/ena-tx-header.conf ENA_SRC=/usr/src/vendor
	install_all 105 "installed for: $K, but not for: $L" "$K" "$why" &&
		says "ena_netdev.c:7:1: error: too few. See" &&
		install_all 106 "nothing was installed" "$K" "no space left" &&
		install_all 106 "nothing was installed" '' "$why" || return
	rm "$root/etc/ena-tx-header.conf"
	install_all 106 "nothing was installed" "$K" "$why"
}

# A new kernel's driver that is not known: the others get the module.
test_one_driver_does_not_fit() {
	dkms_has_source
	install_all 105 "installed for: $K, but not for: $L" "$K" \
		"0001-x.patch does not apply" &&
		says "WARNING: $L keeps its stock ena driver" &&
		says "0001-x.patch does not apply. See" &&
		yields 1 "0001-x.patch does not apply" -- status
}

# What the hook says and status keeps names the package, which is another one on
# each distribution.
test_kernel_without_source() {
	stock
	dkms_has_source
	put etc/debian_version
	put etc/os-release ID=ubuntu
	mkdir -p "$root/lib/modules/$K/build/include"
	put "var/lib/dkms/ena-tx-header/$VERSION/build/make.log" 'error: no source'
	inside_says 0 "WARNING: $K keeps its stock ena driver" \
		"quietly() { false; }; cmd_kernel_installed $K" &&
		yields 1 "no source for $K: apt install linux-source-6.12.0" \
			-- status || return
	kdir 4.99.1
	! takes '' && grep "no source of kernel 4.99.1: 'ena-tx-header check'" \
		"$work/err" >/dev/null || return
	tree 4.98.1 src .
	! takes "$root/src" && grep "are of 4.99.1: 'ena-tx-header check'" \
		"$work/err" >/dev/null
}

# The kernel's own driver came with the check: there is nothing to do.
test_kernel_that_is_fixed() {
	ready_host
	rm -r "$root/lib/modules/$K/updates"
	fake_module "$root/lib/modules/$K/kernel/$ENA/ena.ko" 44 name=ena \
		"vermagic=$K SMP" x=ena_tx_l4_header_end
	fake_depmod
	dkms_has_source
	put "var/lib/ena-tx-header/failed/$VERSION/$K" "the check already"
	inside_says 0 "$K has the fix in its own ena driver: it keeps that" \
		"cmd_kernel_installed $K" && says "!WARNING" || return
	running 44
	yields 0 "would load: fixed" -- status &&
		yields 0 "ready: every kernel loads a driver with the fix" \
			-- preflight-reboot &&
		yields 0 "verdict: fixed" "kernel $K: has the fix" -- check &&
		[[ ! $(conf_says AUTOINSTALL "$K") && $(conf_says AUTOINSTALL "$L") ]] &&
		! inside wanted_kernels 2>"$work/err" | grep . &&
		says "leaving out $K: it has the fix" || return
	put etc/ena-tx-header.conf "KEEP_STOCK=$K"
	yields 0 "would load: fixed" -- status || return
	running 11
	yields 1 "verdict: affected" -- check
}

# fixed_since: so it is now, and ours is of before.
fixed_since() {
	rm -rf "$root/var/lib/dkms"
	ready_host
	running 44
	patched "$K" 2020.1.0
	fake_module "$root/lib/modules/$K/kernel/$ENA/ena.ko" 44 name=ena \
		"vermagic=$K SMP" x=ena_tx_l4_header_end
	dkms_has_source
	yields 1 "would load: other" -- status
}

test_kernel_that_is_fixed_since() {
	local quiet='on_disk() { :; }'
	local own="$K: going back to its own driver, as it has the fix"

	fixed_since && inside_says 0 "$own" "cmd_kernel_installed $K" &&
		yields 0 "would load: fixed" -- status || return
	fixed_since && inside_says 0 "$own" "$quiet; cmd_install" &&
		yields 0 "would load: fixed" -- status &&
		[[ -e $root/var/lib/ena-tx-header/fixed/$K ]] &&
		inside_says 2 "no kernel here can take" "$quiet; cmd_install" || return
	fixed_since && inside_says 0 "$own" 'DRY_RUN=1 cmd_install' &&
		yields 1 "would load: other" -- status || return
	# The initramfs was not made: that is for the next run.
	fixed_since && initramfs "$K" disk && fake_depmod &&
		fake_tool update-initramfs 'exit 1' &&
		inside_says 116 "$own" "$quiet; cmd_install" &&
		yields 1 "'update-initramfs -u -k $K'" -- status || return
	fake_tool update-initramfs "tar -C $root -cf $root/boot/initrd.img-$K ."
	inside_says 0 "$own" "$quiet; cmd_install" &&
		yields 0 "would load: fixed" -- status
}

# All parts of the command know it.
test_running_driver_that_is_fixed() {
	nic
	stock
	fake_module "$root/lib/modules/$K/kernel/$ENA/ena.ko" 44 name=ena \
		"vermagic=$K SMP" x=ena_tx_l4_header_end
	running 44
	put sys/module/ena/taint E
	inside_says 0 fixed 'ports=("ens1 host"); fate_of ens1 1' &&
		inside_says 0 "no mitigation needed" 'OFF= STATUS= cmd_mitigate' &&
		inside_says 0 linearize driver_kind && running 11 &&
		inside_says 0 lost 'ports=("ens1 host"); fate_of ens1 1' &&
		inside_says 0 stock driver_kind
}
