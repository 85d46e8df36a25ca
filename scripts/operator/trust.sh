# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Root builds and loads only what nobody else can change, and what --trust has
# named; and it is recorded what a module was built from.

readonly TRUSTED=$STATE/trusted

# others_below PATH [UID]: the first file in it, or part of the way to one, that could
# be changed by another than root, us, and UID.
others_below() {
	local also=() part acls=0 link

	[[ ! ${2-} ]] || also=(! -uid "$2")
	part=$(find -L "$1" ! -type l \( ! -uid 0 ! -uid "$EUID" "${also[@]}" -o \
		-perm /0002 -o -perm /0020 ! -gid 0 \) -print -quit 2>/dev/null)
	# find fails where a link leads back into the tree, as build/source may.
	[[ $part ]] || acls=$(find -L "$1" ! -type l -perm /0020 -exec ls -ld -- {} + \
		2>/dev/null | grep -c '^..........+') || true
	((acls == 0)) || part=$1
	while [[ ! $part ]] && IFS= read -rd '' link; do
		part=$(others_on "$link" "${2-}")
	done < <(find -L "$1" -xtype l -print0 2>/dev/null)
	echo "$part"
}

# changeable PATH [UID]: what of it, or above it, others could change.
changeable() {
	local part

	part=$(others_in "$@")
	[[ $part || ! -e $1 ]] || part=$(others_below "$@")
	echo "$part"
}

is_trusted() {
	grep -qsxF -e "$1" "$TRUSTED"
}

# build_inputs KERNEL...: the settings and the sources that its build takes, and the
# kernel's build tree, whose Makefile is run and may be one of "source".
build_inputs() {
	local kernel path

	{
		echo "$ROOT/etc/$NAME.conf"
		for kernel; do
			source_folders "$kernel"
			kdir_of "$kernel"
			echo "$ROOT/lib/modules/$kernel/source"
		done
	} | sort -u | while IFS= read -r path; do
		[[ ! -e $path ]] || echo "$path"
	done
}

tree_files() {
	cd "$REPO" || return
	# shellcheck disable=SC2046	# the list has patterns
	printf '%s\n' $(cat "$PACKAGING/tree")
}

# source_folders KERNEL: the vendor's driver has two.
source_folders() {
	local origin

	origin=$(source_of "$1")
	[[ ! $origin ]] || echo "$origin"
	vendor_common "$origin"
}

# Our own files; a checkout may belong to the one who ran sudo.
program_problem() {
	local file part

	is_trusted "$REPO" && return
	part=$(others_in "$REPO" "${SUDO_UID-}")
	while IFS= read -r file && [[ ! $part ]]; do
		part=$(others_below "$REPO/$file" "${SUDO_UID-}")
	done < <(tree_files)
	[[ ! $part ]] || printf '%s\t%s\n' "$REPO" "$part"
}

# untrusted_inputs KERNEL...: a path, a tab and what others than root could change.
untrusted_inputs() {
	local path part

	program_problem
	build_inputs "$@" | while IFS= read -r path; do
		part=$(changeable "$path")
		[[ ! $part ]] || is_trusted "$path" ||
			printf '%s\t%s\n' "$path" "$part"
	done
}

# trust_problems KERNEL...: an exit code and the words, one a line. With --trust
# they are recorded instead.
trust_problems() {
	local path part

	untrusted_inputs "$@" | while IFS=$'\t' read -r path part; do
		if [[ ${TRUST-} ]]; then
			msg "trusting $path, though others than root can change $part"
			[[ ! $DRY_RUN ]] || continue
			mkdir -p "$STATE"
			echo "$path" >>"$TRUSTED"
		else
			echo "$E_TRUST others than root can change $part: make it" \
				"root's and writable by root alone, or run '$NAME" \
				"install --trust'"
		fi
	done
}

# source_digest FOLDER...: of the files of the driver, or of a tarball.
source_digest() {
	local folder

	for folder; do
		if [[ -f $folder ]]; then
			cat "$folder"
		else
			(cd "$folder" && find . -name '*.[ch]' -print0 |
				sort -z | xargs -0 sha256sum)
		fi
	done | sha256sum | cut -c1-64
}

# record_source KERNEL VERSION: what the next build is from.
record_source() {
	local origin

	mapfile -t origin < <(source_folders "$1")
	mkdir -p "$STATE/built/$MARKER"
	printf '%s\n%s\n%s\n' "${origin[0]-}" "$2" \
		"$(source_digest "${origin[@]}")" \
		>"$STATE/built/$MARKER/$1"
}

# built_from KERNEL MARKER: path, version and checksum, or nothing.
built_from() {
	local file=$STATE/built/$2/$1 origin version sum

	[[ $2 && -r $file ]] || return 0
	{ read -r origin; read -r version; read -r sum; } <"$file" || true
	echo "$origin ($version, sha256 $sum)"
}
