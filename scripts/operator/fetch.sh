# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Gets the driver's folder of a kernel from the distribution's source package, and
# keeps just that. It never runs by itself: it downloads 100 MB and more.

# unpack_driver TARBALL KERNEL: by a rename.
unpack_driver() {
	local to=$SOURCES/$2

	say "taking the driver out of ${1##*/} (ten seconds or so)"
	rm -rf "$to.new"
	mkdir -p "$to.new"
	tar -x -C "$to.new" -f "$1" --strip-components=1 --wildcards \
		--no-wildcards-match-slash "*/$ENA" '*/Makefile' || true
	[[ $(driver_in "$to.new") ]] ||
		die "$E_SOURCE" "there is no ENA driver in ${1##*/}"
	rm -rf "$to"
	mv "$to.new" "$to"
	on_disk /var/lib
}

# no_source KERNEL TEXT: and what helps in place of this command.
no_source() {
	die "$E_SOURCE" "${*:2} $(named_hint "$1")"
}

no_download() {
	die "$E_NETWORK" "${*:2} $(named_hint "$1")"
}

# by_apt KERNEL: Debian has a tarball in /usr/src, Ubuntu one in a folder there.
by_apt() {
	local xy name deb

	xy=$(cut -d. -f1,2 <<<"$1")
	for name in "linux-source-$xy" "linux-source-$xy.0"; do
		! in_archive "$name" || break
	done
	compgen -G "$LISTS" >/dev/null ||
		die "$E_SOURCE" "apt has no lists of packages yet: run 'apt update'"
	in_archive "$name" || { by_apt_source "$1"; return; }
	say "downloading $name, some 100 MB"
	(cd "$work" && apt-get download "$name" >&2) ||
		die "$E_NETWORK" "cannot download $name; see 'apt-get update'"
	deb=$(compgen -G "$work/*.deb" | head -n1)
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work" --wildcards \
		'./usr/src/linux-source-*.tar.*' || true
	rm -f "$deb"
}

# by_apt_source KERNEL: patched, and put back into a tarball.
by_apt_source() {
	local name

	name=$(source_package "$1")
	[[ $name ]] || no_source "$1" "apt has no linux-source of $1; its headers'" \
		"package would tell what its source package is: install that, or"
	say "downloading the source package $name, 200 MB, and unpacking 2 GB"
	(cd "$work" && apt-get source "$name" >&2) ||
		no_download "$1" "'apt-get source $name' fails: it needs dpkg-dev," \
			"and deb-src lines in apt's sources ('apt update' reads" \
			"them); or"
	rm -f "$work"/*.tar.*
	(cd "$work" && tar -cf linux-source.tar -- */Makefile */"$ENA") || true
}

# by_dnf KERNEL: the tarball in the source RPM, without the distribution's patches.
by_dnf() {
	local tool rpm

	! has_vendors "$1" || no_source "$1" "the source RPM of $1 has the" \
		"driver in its patches only: unpack it with 'rpmbuild -bp'" \
		"and"
	dnf download --help >/dev/null 2>&1 ||
		die "$E_SOURCE" "dnf has no 'download': install dnf-plugins-core"
	for tool in rpm2cpio cpio; do
		have "$tool" || die "$E_SOURCE" "there is no $tool: install it"
	done
	say "downloading the source RPM of $1, 100 MB and more"
	(cd "$work" && dnf download --source "$(rpm_of "$1")-$1" >&2) ||
		no_download "$1" "dnf did not bring the source of $1: fix what it" \
			"says above and run this again, or"
	rpm=$(compgen -G "$work/*.src.rpm" | head -n1)
	{
		rpm2cpio "$rpm" >"$work/cpio" &&
			(cd "$work" && cpio -id --quiet -F cpio 'linux-*.tar.*')
	} || die "$E_SOURCE" "cannot unpack ${rpm##*/}: is $STATE full?"
}

fetch_kernel() {
	local work=$STATE/fetch tarball

	is_kernel "$1" || die "$E_USAGE" "$1 is not installed; there are:" \
		"$(kernels | paste -sd' ')"
	[[ ! $(driver_in "$SOURCES/$1") ]] || {
		say "$SOURCES/$1 is there already; remove it to get it again"
		return
	}
	trap 'rm -rf "$STATE/fetch"' EXIT
	rm -rf "$work"
	mkdir -p "$work"
	if have apt-get; then
		by_apt "$1"
	elif have dnf; then
		by_dnf "$1"
	else
		no_source "$1" "there is neither apt nor dnf: unpack the source" \
			"of $1 yourself and"
	fi
	tarball=$(find "$work" -name 'linux-*.tar*' -type f | head -n1)
	[[ $tarball ]] || no_source "$1" "the source package has no tarball:" \
		"unpack it yourself and"
	unpack_driver "$tarball" "$1"
	rm -rf "$work"
	say "the driver's source for $1 is in $SOURCES/$1"
}

cmd_fetch_source() {
	local kernel

	needs_this_host
	take_lock fetch-source
	((${#ONLY[@]})) || ONLY=("$(running_kernel)")
	for kernel in "${ONLY[@]}"; do
		fetch_kernel "$kernel"
	done
}
