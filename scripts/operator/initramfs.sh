# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# The initramfs of a kernel: what is in it, and rebuilding it.

initramfs_file() {
	local file

	for file in "$ROOT/boot/initrd.img-$1" "$ROOT/boot/initramfs-$1.img" \
		"$ROOT/boot/initrd-$1"; do
		[[ ! -e $file ]] || { echo "$file"; return; }
	done
}

# By kernel-install, with or without the kernel in one file. Beside another one it
# is not known which of them boots.
initramfs_elsewhere() {
	compgen -G "$ROOT/boot/*/$1/initrd*" ||
		compgen -G "$ROOT/boot/efi/*/$1/initrd*" ||
		compgen -G "$ROOT/efi/*/$1/initrd*" ||
		compgen -G "$ROOT/boot/EFI/Linux/*.efi" ||
		compgen -G "$ROOT/boot/efi/EFI/Linux/*.efi" ||
		compgen -G "$ROOT/efi/EFI/Linux/*.efi"
} >/dev/null

initramfs_list() {
	if have lsinitramfs; then
		lsinitramfs "$1" 2>/dev/null
	elif have lsinitrd; then
		lsinitrd "$1" 2>/dev/null
	else
		return 1
	fi
}

initramfs_unpack() {
	if have unmkinitramfs; then
		unmkinitramfs "$1" "$2" 2>/dev/null
	else
		(cd "$2" && lsinitrd --unpack "$1") >/dev/null 2>&1
	fi
}

# A /boot of its own that is not there, as in a rescue root.
boot_unmounted() {
	grep -Eqs '^[^#[:space:]]+[[:space:]]+/boot[[:space:]]' "$ROOT/etc/fstab" &&
		! mountpoint -q "$ROOT/boot"
}

# initramfs_module KERNEL DIR: unpacks into DIR and prints "found FILE",
# "absent" (no ena in it), "none" (no initramfs), "elsewhere" or "unreadable".
initramfs_module() {
	local file list base path

	file=$(initramfs_file "$1")
	if hidden "$ROOT"/{boot,boot/efi,efi} || boot_unmounted; then
		echo unreadable
		return
	elif initramfs_elsewhere "$1"; then
		echo elsewhere
		return
	elif [[ ! $file ]]; then
		echo none
		return
	fi
	list=$(initramfs_list "$file") || list=''
	[[ $list ]] || { echo unreadable; return; }
	grep -q '/ena\.ko' <<<"$list" || { echo absent; return; }
	# The tools would take no DIR for the current folder.
	[[ $2 ]] || { echo unreadable; return; }
	initramfs_unpack "$file" "$2" || { echo unreadable; return; }
	for base in "$2" "$2"/*/; do
		[[ -d $base/lib/modules/$1 || -d $base/usr/lib/modules/$1 ]] ||
			continue
		path=$(module_of "${base%/}" "$1")
		[[ ! $path ]] || { echo "found $path"; return; }
	done
	echo unreadable
}

# Where the tools work, to find what a killed one left. In /var/tmp a user could make
# it first, and change what is packed.
initramfs_tmp() {
	echo "$STATE/initramfs"
}

initramfs_make() {
	local -x TMPDIR

	TMPDIR=$(initramfs_tmp)
	mkdir -p "$TMPDIR" || return
	if have update-initramfs; then
		PATH=$REPO/scripts/operator/synced:$PATH update-initramfs -u -k "$1"
	elif have dracut; then
		dracut_make "$(initramfs_file "$1")" "$1"
	else
		msg "no update-initramfs and no dracut: rebuild the initramfs of" \
			"$1 yourself"
		return 1
	fi
}

# dracut before 107 writes into the existing file, and removes it if that fails.
dracut_make() {
	local new=$1.$NAME.new

	if dracut --force "$new" "$2" && sync -f "$new" && mv -f "$new" "$1"; then
		return
	fi
	rm -f "$new"
	return 1
}

readonly TOOLS_HOOK=$ROOT/etc/initramfs-tools/hooks/$NAME
readonly DRACUT_CONF=$ROOT/etc/dracut.conf.d/$NAME.conf

# Both tools look for drivers in the kernel's own tree and pack the stock module.
# Asked for ena by name, they take the one that modprobe would.
ask_for_module() {
	if [[ -d ${TOOLS_HOOK%/*} && ! -e $TOOLS_HOOK &&
		! -e $ROOT/usr/share/initramfs-tools/hooks/$NAME ]]; then
		install_hook "$REPO/$PACKAGING/initramfs-hook" "$TOOLS_HOOK"
	fi
	if [[ -d ${DRACUT_CONF%/*} && ! -e $DRACUT_CONF &&
		! -e $ROOT/usr/lib/dracut/dracut.conf.d/$NAME.conf ]]; then
		cp "$REPO/$PACKAGING/dracut.conf" "$DRACUT_CONF"
	fi
}

# install_hook FILE TO: by a rename, so that no tool runs half of it.
install_hook() {
	cp "$1" "$2.new"
	chmod 755 "$2.new"
	sync "$2.new" || return
	mv "$2.new" "$2"
}

# When no kernel has our module any more.
stop_asking() {
	local kernel

	for kernel in $(kernels); do
		[[ ! $(our_modules "$kernel") ]] || return 0
	done
	rm -f "$TOOLS_HOOK" "$DRACUT_CONF"
}

# The tools rename the new file into place, so a hard link keeps the old one.
initramfs_refresh() {
	local kernel=$1 file keep

	file=$(initramfs_file "$kernel")
	[[ $file ]] || return 0
	if [[ $(our_modules "$kernel") ]]; then
		ask_for_module || true
	fi
	keep=$file.$NAME
	ln -f "$file" "$keep" 2>/dev/null || cp -f "$file" "$keep" ||
		{ rm -f "$keep"; return 1; }
	if initramfs_make "$kernel" >&2 && on_disk /boot; then
		rm -rf "$keep" "$(initramfs_tmp)"
		return
	fi
	rm -rf "$(initramfs_tmp)"
	# mv refuses two names of one file.
	[[ $keep -ef $file ]] || mv -f "$keep" "$file"
	rm -f "$keep"
	msg "the initramfs of $kernel could not be made; the old one is back in" \
		"place"
	return 1
}

# initramfs_ena KERNEL: initramfs_module's word, ":", the id and the marker of the
# module that it found.
initramfs_ena() {
	local dir state file

	dir=$(mktemp -d) || true
	state=$(initramfs_module "$1" "$dir")
	file=${state#found }
	[[ $state != found* ]] ||
		state=found:$(module_id "$file"):$(module_marker "$file")
	rm -rf "$dir"
	echo "$state"
}

# Does the initramfs hold another ena than the disk? If the disk has none, the
# initramfs holds the only one.
initramfs_is_stale() {
	local disk state id

	disk=$(module_of "$ROOT" "$1")
	[[ $disk ]] || return
	IFS=: read -r state id _ <<<"$(initramfs_ena "$1")"
	[[ $state == unreadable ]] ||
		[[ $state == found && $id != "$(module_id "$disk")" ]]
}
