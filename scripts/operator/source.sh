# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Where the ENA driver's source for a kernel is. For driver-source and "check",
# which looks below ENA_TX_HEADER_ROOT.

readonly ENA=drivers/net/ethernet/amazon/ena
SOURCES=${ENA_TX_HEADER_ROOT-}/var/lib/ena-tx-header/source

# driver_in DIR: the driver's folder: DIR, or where a kernel, Amazon Linux's
# kernel or the vendor's repository have it.
driver_in() {
	local place

	for place in . drivers/amazon/net/ena "$ENA" kernel/linux/ena; do
		[[ -e $1/$place/ena_netdev.c ]] || continue
		[[ $place == . ]] && echo "$1" || echo "$1/$place"
		return
	done
}

# vendor_common FOLDER: the other half of the vendor's driver; driver-source puts
# it below the first.
vendor_common() {
	local place

	for place in "$1/common/ena_com" "$1/../common/ena_com"; do
		[[ ! -e $place/ena_com.c ]] || { echo "$place"; return; }
	done
}

# The vendor's own releases are for many kernels.
is_vendor() {
	[[ $(vendor_common "$1") ]]
}

# version_of TREE: what its top Makefile says, as X.Y.Z.
version_of() {
	awk -F' *= *' '$1 == "VERSION" { v = $2 } $1 == "PATCHLEVEL" { p = $2 }
		$1 == "SUBLEVEL" { print v "." p "." $2; exit }' \
		"$1/Makefile" 2>/dev/null
}

# driver_version FOLDER: the kernel that it is of. The tree's root is five levels
# up, of Amazon Linux's drivers/amazon/net/ena four.
driver_version() {
	local root

	! cat "$1/.version" 2>/dev/null || return 0
	for root in "$1"/../../../../{..,}; do
		version_of "$root" | grep . && return
	done
	return 0
}

# named_folders: of ENA_SRC, one a line: a folder, or several, by spaces.
named_folders() {
	local src words

	src=$(named_source)
	[[ $src ]] || return 0
	words=("$src")
	[[ -e ${ENA_TX_HEADER_ROOT-}$src ]] || read -ra words <<<"$src"
	printf '%s\n' "${words[@]}"
}

# named_driver X.Y: the first of them that fits that kernel. One that does not
# say what it is of may. The vendor's may for all, so it comes last.
named_driver() {
	local folder version vendor=''

	while IFS= read -r folder; do
		folder=$(driver_in "${ENA_TX_HEADER_ROOT-}$folder")
		[[ $folder ]] || continue
		version=$(driver_version "$folder")
		if is_vendor "$folder"; then
			vendor=${vendor:-$folder}
		elif [[ ! $version || ${version%.*} == "$1" ]]; then
			echo "$folder"
			return
		fi
	done < <(named_folders)
	[[ ! $vendor ]] || echo "$vendor"
}

# named_why: why there is none.
named_why() {
	local folder driver

	while IFS= read -r folder; do
		driver=$(driver_in "${ENA_TX_HEADER_ROOT-}$folder")
		if [[ $driver ]]; then
			echo "$folder is of kernel $(driver_version "$driver")"
		else
			echo "$folder has no ena_netdev.c"
		fi
	done < <(named_folders) | paste -sd, | sed 's/,/, /g'
}

# misnamed: is a folder of ENA_SRC none of a driver? That is to be corrected.
misnamed() {
	[[ $(named_why) == *"has no ena_netdev.c"* ]]
}

# source_for X.Y KDIR RELEASE: what ENA_SRC names, else, if that is of other kernels
# only, what fetch-source or a package brought.
source_for() {
	named_driver "$1" | grep . || misnamed || packaged_source "$@"
}

# packaged_source X.Y KDIR RELEASE: what fetch-source or a package brought: Debian
# has /usr/src/linux-source-X.Y.tar.xz, Ubuntu a folder of that name with a
# tarball in it; a user may have unpacked either.
packaged_source() {
	local name place src=${ENA_TX_HEADER_ROOT-}/usr/src

	for place in "$SOURCES/$3" "$2"; do
		driver_in "$place" | grep . && return
	done
	for name in "linux-source-$1" "linux-source-$1.0"; do
		for place in "$src/$name/$ENA" "$src/$name".tar.* \
			"$src/$name/$name".tar.*; do
			[[ -e $place/ena_netdev.c || -f $place ]] || continue
			echo "$place"
			return
		done
	done
}
