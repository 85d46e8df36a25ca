# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Where the ena modules are, and what they are.

readonly DKMS=$ROOT/var/lib/dkms/$NAME

# in_tree KERNEL: where it has its own module. Amazon Linux has the vendor's.
in_tree() {
	local dir=$ROOT/lib/modules/$1/kernel/drivers

	if [[ -d $dir/amazon/net/ena ]]; then
		echo "$dir/amazon/net/ena"
	else
		echo "$dir/net/ethernet/amazon/ena"
	fi
}

# A removed kernel leaves its folder behind, without the list of modules.
kernels() {
	local dir

	for dir in "$ROOT"/lib/modules/*/; do
		dir=${dir%/}
		[[ ! -e $dir/modules.builtin ]] || echo "${dir##*/}"
	done | sort -V
}

is_kernel() {
	[[ $1 && -e $ROOT/lib/modules/$1/modules.builtin ]]
}

# The first of KEEP_STOCK that is no kernel: a typing error, or one that was removed
# since. Of a file that cannot be read, that is the error.
kept_and_gone() {
	local kernel

	[[ ! $(conf_problem) ]] || return 0
	while IFS= read -r kernel; do
		is_kernel "$kernel" || { echo "$kernel"; return; }
	done < <(kept_kernels)
}

warn_kept_and_gone() {
	local kernel

	kernel=$(kept_and_gone)
	[[ ! $kernel ]] || msg "warning: KEEP_STOCK in /etc/$NAME.conf names" \
		"$kernel, which is no kernel here"
}

running_kernel() {
	if [[ $ROOT ]]; then
		cat "$ROOT/proc/sys/kernel/osrelease" 2>/dev/null || true
	else
		uname -r
	fi
}

# plain FILE: the module, uncompressed.
plain() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -dcq "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# The GNU build id note of what is on the input: 4, 20, 3, "GNU", the id.
build_id() {
	od -An -v -tx1 | tr -d ' \n' |
		grep -om1 '040000001400000003000000474e5500.\{40\}' |
		tail -c 41 || true
}

# Without a build id, srcversion has to do.
module_id() {
	local id

	id=$(plain "$1" 2>/dev/null | build_id)
	echo "${id:-$(module_field srcversion "$1")}"
}

module_field() {
	modinfo -F "$1" "$2" 2>/dev/null || true
}

module_marker() {
	module_field ena_tx_header "$1"
}

# wrong_kernel FILE KERNEL: the release that FILE is built for, if it is another.
wrong_kernel() {
	local vermagic

	vermagic=$(module_field vermagic "$1")
	vermagic=${vermagic%% *}
	[[ $vermagic == "$2" ]] || echo "${vermagic:-an unknown kernel}"
}

# symbol_versions FILE: "CRC SYMBOL" lines of a module or of a Module.symvers, where
# the kernel has such versions.
symbol_versions() {
	if [[ ${1##*/} == *symvers* ]]; then
		plain "$1"
	else
		modprobe --dump-modversions "$1"
	fi 2>/dev/null |
		awk 'sub(/^0x0*/, "", $1) && $1 && NF > 1 { print $1, $2 }' || true
}

# version_lists KERNEL: where to look up its symbols: its own list (RHEL has one), its
# own modules, and last its headers, which can be of another build.
version_lists() {
	local dir=$ROOT/lib/modules/$1 place

	compgen -G "$dir/symvers.*z" || true
	stock_module "$1"
	for place in net/ipv6 drivers/net/ethernet; do
		find "$dir/kernel/$place" -name '*.ko*' -type f \
			! -name 'ena.ko*' 2>/dev/null | sort
	done
	compgen -G "$(kdir_of "$1")/Module.symvers" || true
}

# other_symbols FILE KERNEL: a symbol that FILE wants in another version than the
# kernel has: the loader would refuse it. A kernel may be rebuilt under its old
# release.
other_symbols() {
	local crc symbol list left
	local -A wants=()

	[[ -f $1 ]] || return 0
	while read -r crc symbol; do
		wants[$symbol]=$crc
	done < <(symbol_versions "$1")
	left=${#wants[@]}
	while ((left)) && IFS= read -r list; do
		while read -r crc symbol; do
			[[ ${wants[$symbol]-} ]] || continue
			[[ ${wants[$symbol]} == "$crc" ]] || { echo "$symbol"; return; }
			wants[$symbol]=''
			left=$((left - 1))
		done < <(symbol_versions "$list")
	done < <(version_lists "$2")
}

# unfit FILE KERNEL: what is wrong with FILE as a build for KERNEL, or nothing.
unfit() {
	local other symbol

	other=$(wrong_kernel "$1" "$2")
	symbol=$(other_symbols "$1" "$2")
	if [[ ! -s $1 || $(module_marker "$1") != "$MARKER" ]]; then
		echo "${1:-the module} lacks the marker $MARKER"
	elif [[ $other ]]; then
		echo "$1 is for $other, not for $2; are the headers those of $2?"
	elif [[ $symbol ]]; then
		echo "$1 wants $symbol in another version than $2 has: are its" \
			"headers older than the kernel?"
	fi
}

# module_of BASE KERNEL: the file that modprobe would load, "(builtin)" or
# nothing.
module_of() {
	local path

	path=$(modinfo ${1:+-b "$1"} -k "$2" -n ena 2>/dev/null) || return 0
	path=${path%%$'\n'*}
	[[ $path == "(builtin)" || -e $path ]] || return 0
	echo "$path"
}

is_builtin() {
	grep -qs '/ena\.ko$' "$ROOT/lib/modules/$1/modules.builtin"
}

# The distribution's own module, even if dkms has moved it. A power cut may have
# left a part of it.
stock_module() {
	local file

	for file in "$(in_tree "$1")"/ena.ko* \
		"$DKMS/original_module/$1"/*/ena.ko*; do
		[[ -f $file && $file != *.origin && ! $(module_marker "$file") &&
			! $(wrong_kernel "$file" "$1") ]] || continue
		echo "$file"
		return
	done
}

# By dkms, not necessarily installed.
built_module() {
	compgen -G "$DKMS/$VERSION/$1/$(uname -m)/module/ena.ko*" || true
}

# dkms_link KERNEL: a link to the build that dkms has installed.
dkms_link() {
	echo "$DKMS/kernel-$1-$(uname -m)"
}

# unloadable KERNEL: is the ena that modprobe finds one of ours that the loader would
# refuse, as the kernel was built again under its release?
unloadable() {
	local file

	file=$(module_of "$ROOT" "$1")
	[[ $file == /* && $(module_marker "$file") ]] &&
		[[ $(wrong_kernel "$file" "$1")$(other_symbols "$file" "$1") ]]
}

# Our modules in a kernel's tree, however they were installed.
our_modules() {
	local file

	find "$ROOT/lib/modules/$1" -name 'ena.ko*' -type f |
		while IFS= read -r file; do
			[[ ! $(module_marker "$file") ]] || echo "$file"
		done
}

# Another vendor's, such as amzn-drivers by dkms. A dkms may have put a copy of
# the stock module where ours was.
foreign_modules() {
	local file stock

	stock=$(stock_module "$1")
	find "$ROOT/lib/modules/$1" -name 'ena.ko*' ! -type d \
		! -path "$(in_tree "$1")/*" |
		while IFS= read -r file; do
			[[ $(module_marker "$file") ]] || cmp -s "$file" "$stock" ||
				echo "$file"
		done
}

# owner_of KERNEL: the dkms module that has installed another ena, and its version,
# if its source is here.
owner_of() {
	local link dkms=$ROOT/var/lib/dkms name version

	for link in "$dkms"/*/kernel-"$1-$(uname -m)"; do
		compgen -G "$link/module/ena.ko*" >/dev/null || continue
		name=${link#"$dkms/"}
		name=${name%%/*}
		version=$(readlink "$link")
		version=${version%%/*}
		[[ $name != "$NAME" &&
			$(driver_in "$ROOT/usr/src/$name-$version") ]] || continue
		echo "$name $version"
		return
	done
}

# foreign_problem KERNEL: an exit code and the words, or nothing.
foreign_problem() {
	local file owner advice='remove it first'

	file=$(foreign_modules "$1")
	file=${file%%$'\n'*}
	[[ $file ]] || return 0
	owner=$(owner_of "$1")
	[[ ! ${REPLACE-} || ! $owner ]] || return 0
	[[ ! $owner ]] || advice="run '$NAME install --replace', or $advice"
	echo "$E_FOREIGN ${file#"$ROOT"} is another out-of-tree ena: $advice" \
		"(dkms status)"
}

running_id() {
	local id='' sys=$ROOT/sys/module/ena

	id=$(build_id 2>/dev/null <"$sys/notes/.note.gnu.build-id") || true
	[[ $id ]] || id=$(cat "$sys/srcversion" 2>/dev/null) || true
	echo "$id"
}

# Our ELF note's text starts at byte 29.
running_marker() {
	tail -c +29 "$ROOT/sys/module/ena/notes/.note.$NAME" 2>/dev/null |
		tr -d '\0' || true
}

# on_disk PATH: all of its file system survives a power cut.
on_disk() {
	sync -f "$(existing "$ROOT$1")"
}

# depmod_of KERNEL [CONF]: depmod renames files that it has not synced, which a
# power cut would leave empty. Here it does so in a folder of links, named by our
# process; dead ones have left theirs.
depmod_of() {
	local base=$ROOT/lib/modules/.$NAME.$$ old status=0

	for old in "$ROOT/lib/modules/.$NAME"*; do
		[[ -d /proc/${old##*.} && $old != "$base" ]] || rm -rf "$old"
	done
	depmod_in "$base" "$@" || status=$?
	rm -rf "$base"
	return "$status"
}

# depmod_in BASE KERNEL [CONF]
depmod_in() {
	local dir=$ROOT/lib/modules/$2 map=$ROOT/boot/System.map-$2
	local new=$1/lib/modules/$2 args

	args=(-b "$1" ${3:+-C "$3"} -a)
	[[ ! -s $map ]] || args+=(-F "$map")
	mkdir -p "$new" && link_modules "$dir" "$new" &&
		depmod "${args[@]}" "$2" && on_disk /lib/modules &&
		find "$new" -type f -exec mv -ft "$dir" {} + &&
		on_disk /lib/modules
}

# link_modules DIR TO: what depmod reads, without what it writes.
link_modules() {
	local file

	for file in "$1"/*; do
		case ${file##*/} in
		modules.order | modules.builtin | modules.builtin.modinfo) ;;
		modules.* | build | source) continue ;;
		esac
		ln -s "$file" "$2/"
	done
}

# While dkms deletes or overwrites our module, modprobe finds the stock one. If that
# fails, nothing may be deleted or overwritten.
depmod_stock_first() {
	local conf status=0

	[[ -e $(stock_module "$1") ]] || return 0
	conf=$(mktemp) || return
	echo "search built-in updates extra" >"$conf"
	depmod_of "$1" "$conf" || status=$?
	rm -f "$conf"
	((status == 0)) || msg "$1: depmod failed or could not write;" \
		"modprobe would still find what is to be replaced"
	return "$status"
}
