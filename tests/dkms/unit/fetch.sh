# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# fetch-source with stand-ins of apt and dnf.

# linux_tarball FILE: a kernel's source with another file beside the driver.
linux_tarball() {
	mkdir -p "$work/tar/linux-6.12/$ENA" "${1%/*}"
	echo driver >"$work/tar/linux-6.12/$ENA/ena_netdev.c"
	echo other >"$work/tar/linux-6.12/README"
	printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n' \
		>"$work/tar/linux-6.12/Makefile"
	tar -C "$work/tar" -cJf "$1" linux-6.12
}

has_fetched() {
	local sources=$root/var/lib/ena-tx-header/source

	[[ $(cat "$sources/$K/$ENA/ena_netdev.c") == driver &&
		! -e $sources/$K/README && $(ls "$sources") == "$K" ]] &&
		[[ ! -e $root/var/lib/ena-tx-header/fetch ]] &&
		mkdir -p "$root/lib/modules/$K/build/include" &&
		yields 0 "kernel $K: headers and source present" -- check
}

# Where the package manager is asked, this root is not another one.
fetch() {
	inside_says "$1" "$2" 'in_archive() {
			apt-cache show "$1" >/dev/null 2>&1; }
		on_disk() { :; }
		have() { [[ $1 == '"$3"' ]]; }
		package_hint() { echo "run fetch-source"; }
		'"${4-cmd_fetch_source}"
}

# fake_dnf SCRIPT: what it does for the running kernel's source.
fake_dnf() {
	fake_tool dnf '[ "$*" != "download --help" ] || exit 0
		[ "$*" = "download --source kernel-'"$K"'" ] || exit 1; '"$1"
}

# As Debian and Ubuntu lay it out.
test_fetch_by_apt() {
	local name place

	stock
	put var/lib/apt/lists/deb_main_Packages
	fake_tool apt-get '[ "$1" = download ] && tar -cf "$2.deb" -C '"$work/deb"' .'
	fake_tool dpkg-deb '[ "$1" = --fsys-tarfile ] && cat "$2"'
	for name in linux-source-6.12 linux-source-6.12.0; do
		fake_tool apt-cache '[ "$2" = '"$name"' ]'
		for place in usr/src "usr/src/$name"; do
			rm -rf "$work/deb" "$root/var/lib/ena-tx-header"
			linux_tarball "$work/deb/$place/$name.tar.xz"
			fetch 0 "the driver's source for $K" apt-get &&
				has_fetched || return
		done
	done
	fake_tool apt-cache 'exit 100'
	fake_tool dpkg-query 'exit 1'
	fetch 0 "is there already; remove it" apt-get && has_fetched || return
	rm -r "$root/var/lib/ena-tx-header/source"
	fetch 104 "apt has no linux-source of $K" apt-get &&
		says "install that, or put ENA_SRC=DIR" || return
	rm -r "$root/var/lib/apt"
	fetch 104 "run 'apt update'" apt-get
}

test_fetch_by_dnf() {
	local all_tools='@(dnf|rpm2cpio|cpio)'

	stock
	linux_tarball "$work/rpm/linux-6.12.tar.xz"
	fake_tool apt-cache 'exit 100'
	fake_dnf 'echo >kernel.src.rpm'
	fake_tool rpm2cpio 'echo'
	fake_tool cpio "cp $work/rpm/* ."
	fetch 0 "the driver's source for $K" "$all_tools" && has_fetched || return
	rm -r "$root/var/lib/ena-tx-header/source"
	fetch 104 "there is no cpio: install it" '@(dnf|rpm2cpio)' || return
	rm "$work/rpm/"*
	fake_tool cpio 'exit 0'
	fetch 104 "the source package has no tarball: unpack it" "$all_tools" || return
	fake_tool rpm2cpio 'exit 1'
	fetch 104 "cannot unpack kernel.src.rpm" "$all_tools" || return
	fake_dnf 'exit 1'
	fetch 101 "dnf did not bring the source of $K" "$all_tools" &&
		says "!fetch-source" && says "or put ENA_SRC=DIR" || return
	fake_tool dnf 'exit 1'
	fetch 104 "install dnf-plugins-core" "$all_tools"
}

# No package has the tarball, as of Ubuntu's linux-aws-6.8.
test_fetch_by_apt_source() {
	local hint='ROOT=; have() { [[ $1 == apt-cache ]]; }; installed() { false; }
		in_archive() { false; }; package_hint source '$K

	stock
	put var/lib/apt/lists/deb_main_Packages
	linux_tarball "$work/deb/linux-aws-6.12_6.12.orig.tar.gz"
	fake_tool apt-cache '[ "$*" = "showsrc linux-aws-6.12" ] && echo Package: x'
	fake_tool dpkg-query '[ "$4" = linux-headers-'"$K"' ] &&
		[ "$3" = "\${db:Status-Status} \${source:Package}=\${source:Version}\n" ] &&
		cat '"$root/dpkg"
	put dpkg "not-installed ="
	inside_says 0 "!=" "source_package $K" || return
	rm "$root/dpkg"
	fetch 104 "its headers' package would tell" apt-get || return
	put dpkg "installed linux-aws-6.12=6.12.0-9"
	fake_tool apt-get '[ "$*" = "source linux-aws-6.12=6.12.0-9" ] &&
		cp '"$work"'/deb/*.tar.gz . && cp -r '"$work"'/tar/linux-6.12 .'
	fetch 0 "the driver's source for $K" apt-get && has_fetched || return
	rm -r "$root/var/lib/ena-tx-header/source"
	inside_says 0 "run 'ena-tx-header fetch-source --kernel $K', or" "$hint" ||
		return
	fake_tool apt-get 'exit 100'
	fetch 101 "'apt-get source linux-aws-6.12=6.12.0-9' fails" apt-get &&
		says "deb-src lines" || return
	fake_tool apt-cache 'exit 100'
	inside_says 0 "!fetch-source" "$hint"
}

# Amazon Linux and Oracle Linux have kernels of other names.
test_rpms_of_other_names() {
	local host='ROOT=; have() { [[ $1 == dnf ]]; }; installed() { false; }
		in_archive() { [[ $1 != linux-* ]]; }'

	fake_tool rpm 'case "$*" in *"/lib/modules/'"$K"'/vmlinuz")
		cat '"$root/name; exit;; esac; exit 1"
	put name kernel6.12
	inside_says 0 "dnf install kernel6.12-devel-$K" 		"$host; package_hint headers $K" || return
	put name kernel-uek-core
	inside_says 0 "dnf install kernel-uek-devel-$K" 		"$host; package_hint headers $K" || return
	inside_says 0 "dnf install kernel-devel-$L" 		"$host; package_hint headers $L" || return
	stock
	linux_tarball "$work/rpm/linux-6.12.tar.xz"
	fake_tool dnf '[ "$*" != "download --source kernel-uek-core-'"$K"'" ] ||
		echo >kernel.src.rpm'
	fake_tool rpm2cpio 'echo'
	fake_tool cpio "cp $work/rpm/* ."
	fetch 0 "the driver's source for $K" '@(dnf|rpm2cpio|cpio)' 		'rpm_of() { cat '"$root/name"'; }; cmd_fetch_source' && has_fetched
}

# The tarball of Amazon Linux has another driver than its kernel.
test_fetch_of_amazon() {
	stock
	mkdir -p "$root/lib/modules/$K/kernel/drivers/amazon/net/ena"
	linux_tarball "$work/rpm/linux-6.12.tar.xz"
	fake_dnf 'echo >kernel.src.rpm'
	fake_tool rpm2cpio 'echo'
	fake_tool cpio "cp $work/rpm/* ."
	fetch 104 "has the driver in its patches only" '@(dnf|rpm2cpio|cpio)' &&
		says "put ENA_SRC=DIR" || return
	rm -r "$root/lib/modules/$K/kernel/drivers/amazon"
	put "boot/config-$K" CONFIG_AMAZON_ENA_ETHERNET=m
	fetch 104 "has the driver in its patches only" '@(dnf|rpm2cpio|cpio)' ||
		return
	hint='ROOT=; have() { [[ $1 == dnf ]]; }; installed() { false; }
		in_archive() { false; }; has_vendors() { '"$root/usr/bin/vendors"'; }; package_hint source '$K
	fake_tool vendors 'exit 1'
	inside_says 0 "run 'ena-tx-header fetch-source" "$hint" || return
	fake_tool vendors 'exit 0'
	inside_says 0 "!fetch-source" "$hint"
}

test_fetch_by_neither() {
	stock
	fetch 104 "neither apt nor dnf" none && says "and put ENA_SRC=DIR" &&
		fetch 2 "9.9.9 is not installed" none 'ONLY=(9.9.9); cmd_fetch_source'
}
