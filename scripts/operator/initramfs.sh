# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The initramfs of a kernel: what is in it, and making it anew.

initramfs_file() {
	local file

	for file in "$ROOT/boot/initrd.img-$1" "$ROOT/boot/initramfs-$1.img" \
		"$ROOT/boot/initrd-$1"; do
		[[ ! -e $file ]] || { echo "$file"; return; }
	done
}

# By kernel-install, with or without the kernel in one file.
initramfs_elsewhere() {
	compgen -G "$ROOT/boot/*/$1/initrd*" ||
		compgen -G "$ROOT/boot/efi/*/$1/initrd*" ||
		compgen -G "$ROOT/efi/*/$1/initrd*" ||
		compgen -G "$ROOT/boot/efi/EFI/Linux/*$1*.efi" ||
		compgen -G "$ROOT/efi/EFI/Linux/*$1*.efi"
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

# initramfs_module KERNEL DIR: unpacks into DIR and prints "found FILE",
# "absent" (no ena in it), "none" (no initramfs), "elsewhere" or "unreadable".
initramfs_module() {
	local file list base path

	file=$(initramfs_file "$1")
	if [[ ! $file ]]; then
		if initramfs_elsewhere "$1"; then echo elsewhere
		else echo none; fi
		return
	fi
	list=$(initramfs_list "$file") || list=''
	[[ $list ]] || { echo unreadable; return; }
	grep -q '/ena\.ko' <<<"$list" || { echo absent; return; }
	initramfs_unpack "$file" "$2" || { echo unreadable; return; }
	for base in "$2" "$2"/*/; do
		[[ -d $base/lib/modules/$1 || -d $base/usr/lib/modules/$1 ]] ||
			continue
		path=$(module_of "${base%/}" "$1")
		[[ ! $path ]] || { echo "found $path"; return; }
	done
	echo unreadable
}

initramfs_make() {
	if have update-initramfs; then
		update-initramfs -u -k "$1"
	elif have dracut; then
		dracut_make "$(initramfs_file "$1")" "$1"
	else
		msg "no update-initramfs and no dracut: make the initramfs of" \
			"$1 anew yourself"
		return 1
	fi
}

# dracut before 107 writes into the file that is there, and removes it where it
# cannot.
dracut_make() {
	local new=$1.$NAME.new

	if dracut --force "$new" "$2" && sync -f "$new" && mv -f "$new" "$1"; then
		return
	fi
	rm -f "$new"
	return 1
}

readonly TOOLS_HOOK=/etc/initramfs-tools/hooks/$NAME
readonly DRACUT_CONF=/etc/dracut.conf.d/$NAME.conf

# Both tools pack drivers by their place in the kernel's own tree and so the
# stock module; by its name they take the one that modprobe would.
ask_for_module() {
	if [[ -d ${TOOLS_HOOK%/*} && ! -e $TOOLS_HOOK &&
		! -e /usr/share/initramfs-tools/hooks/$NAME ]]; then
		cp scripts/operator/packaging/initramfs-hook "$TOOLS_HOOK.new"
		chmod 755 "$TOOLS_HOOK.new"
		mv "$TOOLS_HOOK.new" "$TOOLS_HOOK"
	fi
	if [[ -d ${DRACUT_CONF%/*} && ! -e $DRACUT_CONF &&
		! -e /usr/lib/dracut/dracut.conf.d/$NAME.conf ]]; then
		cp scripts/operator/packaging/dracut.conf "$DRACUT_CONF"
	fi
}

# When no kernel has our module any more.
stop_asking() {
	local kernel

	for kernel in $(kernels); do
		[[ ! $(our_modules "$kernel") ]] || return 0
	done
	rm -f "$TOOLS_HOOK" "$DRACUT_CONF"
}

# The new file is put in place by a rename, so a hard link keeps the old one at
# no cost.
initramfs_refresh() {
	local kernel=$1 file keep

	file=$(initramfs_file "$kernel")
	[[ $file ]] || return 0
	if [[ $(our_modules "$kernel") ]]; then
		(cd "$REPO" && ask_for_module) || true
	fi
	keep=$file.$NAME
	ln -f "$file" "$keep" 2>/dev/null || cp -f "$file" "$keep" ||
		{ rm -f "$keep"; return 1; }
	if initramfs_make "$kernel" >&2; then
		rm -f "$keep"
	else
		# mv refuses two names of one file.
		[[ $keep -ef $file ]] || mv -f "$keep" "$file"
		rm -f "$keep"
		msg "the initramfs of $kernel could not be made; the old one" \
			"is back in place"
		return 1
	fi
}

# Does the initramfs hold another ena than the disk? An ena that is not in it
# is loaded from the disk; if there is none, it holds the only one.
initramfs_is_stale() {
	local kernel=$1 dir state disk result=1

	disk=$(module_of "$ROOT" "$kernel")
	[[ $disk ]] || return
	dir=$(mktemp -d)
	state=$(initramfs_module "$kernel" "$dir")
	case $state in
	found*)
		[[ $(module_id "${state#found }") == \
			"$(module_id "$disk")" ]] || result=0 ;;
	unreadable) result=0 ;;
	esac
	rm -rf "$dir"
	return "$result"
}
