# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Which module runs, which is on disk, which in the initramfs, which loads next.

# inspect KERNEL: sets disk, disk_marker, disk_id, image, image_marker,
# image_id, next and reason.
inspect() {
	local kernel=$1 dir state file

	disk=$(module_of "$ROOT" "$kernel")
	disk_marker='' disk_id='' image_marker='' image_id=''
	if [[ -f $disk ]]; then
		disk_marker=$(module_marker "$disk")
		disk_id=$(module_id "$disk")
	fi
	dir=$(mktemp -d)
	state=$(initramfs_module "$kernel" "$dir")
	image=${state%% *}
	file=$disk
	if [[ $image == found ]]; then
		file=${state#found }
		image_marker=$(module_marker "$file")
		image_id=$(module_id "$file")
	fi
	judge "$kernel" "$file"
	rm -rf "$dir"
}

# judge KERNEL FILE: what becomes of FILE when KERNEL boots: next is patched,
# stock, other (another version of ours), foreign (somebody else's), none or
# unknown; reason says why.
judge() {
	local kernel=$1 file=$2 marker vermagic rule

	next=none reason=''
	if [[ $file == "(builtin)" ]] || is_builtin "$kernel"; then
		next=stock reason="ena is built into this kernel"
	elif [[ $image == elsewhere ]]; then
		next=unknown reason="its initramfs is not in /boot but where \
kernel-install puts it, which is not looked at"
	elif [[ $image == unreadable ]]; then
		next=unknown reason="its initramfs cannot be read: that takes root, \
lsinitramfs or lsinitrd, and space in ${TMPDIR:-/tmp}"
	elif [[ ! $file ]]; then
		reason="modprobe finds no ena for it; run 'depmod $kernel'"
	elif reason=$(blacklisted_by) && [[ $reason ]]; then
		reason="ena is blacklisted by ${reason#"$ROOT"}"
	else
		marker=$(module_marker "$file")
		next=$(kind_of "$marker" "$(module_id "$file")" "$kernel")
		[[ ! $marker ]] || next=other
		[[ $marker != "$VERSION" ]] || next=patched
		vermagic=$(module_field vermagic "$file")
		[[ ${vermagic%% *} == "$kernel" ]] || next=none \
			reason="the module is built for ${vermagic%% *}"
		rule=$(signature_rule)
		[[ $rule || $kernel != "$boots" ]] || rule=$(next_rule)
		[[ ! $rule || ! $marker ]] || signature_trusted "$file" ||
			next=none reason="$rule is on and the kernel does not trust \
the module's signer ($(module_field signer "$file"))"
	fi
}

# disagreements KERNEL: one a line, empty where all is of one piece.
disagreements() {
	local kernel=$1

	[[ $image != found || $image_id == "$disk_id" ]] ||
		echo "the initramfs holds another ena than the disk: run" \
			"'$NAME install --kernel $kernel'"
	[[ $kernel != "$running" || ! $run_id || $run_id == "$disk_id" ]] ||
		echo "another ena is running than is on disk: reboot, or see" \
			"'$NAME activate'"
	[[ ! -e $STATE/failed/$VERSION/$kernel ]] ||
		head -n1 "$STATE/failed/$VERSION/$kernel"
	[[ $next != stock || ! -L $DKMS/$VERSION/source || $(excluded "$kernel") ]] ||
		headers_problem "$kernel" | cut -d' ' -f2-
	[[ ! $disk_marker ]] || ! kept_stock "$kernel" ||
		echo "it is in KEEP_STOCK of /etc/$NAME.conf and has ours: run" \
			"'dkms uninstall $NAME/$disk_marker -k $kernel'"
	[[ $next != none && $next != unknown ]] || echo "$reason"
	[[ $(stock_module "$kernel") ]] || is_builtin "$kernel" ||
		echo "the kernel's own ena is missing: reinstall the kernel package"
}

kernel_json() {
	local kernel=$1

	json_object kernel "$kernel" \
		running= "$([[ $kernel == "$running" ]] && echo true || echo false)" \
		boots_next= "$([[ $kernel == "$boots" ]] && echo true || echo false)" \
		keeps_stock= "$(kept_stock "$kernel" && echo true || echo false)" \
		disk= "$(json_object file? "${disk#"$ROOT"}" marker? \
			"$disk_marker" id? "$disk_id")" \
		initramfs= "$(json_object state "$image" marker? \
			"$image_marker" id? "$image_id")" \
		would_load "$next" reason? "$reason" \
		disagreements= "$(disagreements "$kernel" | while IFS= read -r l; do
			json_string "$l"; echo; done | json_array)"
	echo
}

# kind_of MARKER ID KERNEL
kind_of() {
	local file

	[[ ! $1 ]] || { echo "patched $1"; return; }
	for file in $(foreign_modules "$3"); do
		[[ $(module_id "$file") != "$2" ]] || { echo foreign; return; }
	done
	echo stock
}

# module_text MARKER ID KERNEL
module_text() {
	echo "$(kind_of "$@")${2:+ (${2:0:12})}"
}

running_text() {
	if [[ -d $ROOT/sys/module/ena ]]; then
		module_text "$(running_marker)" "$(running_id)" \
			"$(running_kernel)"
	else
		echo "no ena module"
	fi
}

kernel_text() {
	local kernel=$1 note='' initramfs=$image on_disk=none

	[[ $kernel != "$running" ]] || note=" (running)"
	[[ $kernel != "$boots" ]] || note+=" (boots next)"
	! kept_stock "$kernel" || note+=" (keeps stock)"
	[[ ! -f $disk ]] || on_disk=$(module_text "$disk_marker" "$disk_id" "$kernel")
	case $image in
	found) initramfs=$(module_text "$image_marker" "$image_id" \
		"$kernel") ;;
	absent) initramfs="has no ena, the disk's is loaded" ;;
	none) initramfs="there is none" ;;
	esac
	printf '%s%s\n' "$kernel" "$note"
	printf '  on disk:    %s\n' "$on_disk"
	printf '  initramfs:  %s\n' "$initramfs"
	printf '  would load: %s\n' "$next"
	disagreements "$kernel" | sed 's/^/  DISAGREES:  /'
}

look_around() {
	running=$(running_kernel)
	read -r boots boot_options <<<"$(next_boot)"
	is_kernel "$boots" || boots=''
	run_id=$(running_id)
	run_marker=$(running_marker)
}

running_json() {
	json_object loaded= \
		"$([[ -d $ROOT/sys/module/ena ]] && echo true || echo false)" \
		kernel "$running" marker? "$run_marker" id? "$run_id"
}

# What a kernel is to load.
wanted() {
	if kept_stock "$1"; then echo stock; else echo patched; fi
}

cmd_status() {
	local running boots boot_options run_id run_marker kernel rows='' verdict=0
	local disk disk_marker disk_id image image_marker image_id next reason

	look_around
	say "running: $(running_text)"
	for kernel in $(kernels); do
		inspect "$kernel"
		[[ $next == "$(wanted "$kernel")" &&
			! $(disagreements "$kernel") ]] || verdict=1
		if [[ $JSON ]]; then
			rows+=$(kernel_json "$kernel")$'\n'
		else
			kernel_text "$kernel"
		fi
	done
	[[ ! $JSON ]] || json_object version "$VERSION" \
		running= "$(running_json)" boots_next? "$boots" \
		consistent= "$( ((verdict)) && echo false || echo true)" \
		kernels= "$(json_array <<<"$rows")"
	[[ ! $JSON ]] || echo
	return "$verdict"
}

# Which kernels the next boot may be of: the boot loader's choice, or any.
# shellcheck disable=SC2034	# boot_options: host.sh reads it
cmd_preflight_reboot() {
	local running boots boot_options run_id run_marker kernel bad=() rows=''
	local disk disk_marker disk_id image image_marker image_id next reason

	look_around
	for kernel in ${boots:-$(kernels)}; do
		inspect "$kernel"
		rows+=$(kernel_json "$kernel")$'\n'
		[[ $next == patched ]] ||
			bad+=("$kernel would load $next${reason:+: $reason}")
	done
	[[ $boots ]] || say "cannot tell which kernel boots next; looked at all"
	[[ $rows ]] || bad+=("no kernel in $ROOT/lib/modules")
	if [[ $JSON ]]; then
		json_object boots_next? "$boots" \
			ready= "$( ((${#bad[@]})) && echo false || echo true)" \
			problems= "$(json_strings "${bad[@]}")" \
			kernels= "$(json_array <<<"$rows")"
		echo
	elif ((${#bad[@]})); then
		printf 'NOT READY: %s\n' "${bad[@]}"
	else
		echo "ready: ${boots:-every kernel} loads the patched module" \
			"$VERSION at the next boot"
	fi
	((${#bad[@]} == 0))
}
