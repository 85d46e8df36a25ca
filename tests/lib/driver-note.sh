# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The ELF note by which a loaded driver is known to be patched, as the compiler
# makes it of kernel/linux/ena/ena_dkms_info.c.

# driver_note VERSION
driver_note() {
	local size=$((${#1} + 1)) pad

	printf '%b' "\\x0e\\0\\0\\0\\x$(printf %x "$size")\\0\\0\\0\\x01\\0\\0\\0"
	printf 'ena-tx-header\0\0\0%s\0' "$1"
	for ((pad = size; pad % 4; pad++)); do
		printf '\0'
	done
}

# mark_driver VERSION FROM TO: a copy of that module with the note. Needs objcopy.
mark_driver() {
	driver_note "$1" >"$3.note"
	objcopy --add-section ".note.ena-tx-header=$3.note" \
		--set-section-flags .note.ena-tx-header=alloc,readonly "$2" "$3"
	rm "$3.note"
}
