# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2001,SC2153,SC2154,SC2178
# Which module runs, which is on disk, which in the initramfs, which loads next.
# "host" and "found" are the caller's associative arrays, passed by name.

# look_around HOST: HOST[running], [boots], [options], [id] and [marker]: the
# running kernel, what boots next and its command line, the running module.
look_around() {
	local -n _host=$1
	local boots options

	read -r boots options <<<"$(next_boot)"
	is_kernel "$boots" || boots=''
	_host=([running]=$(running_kernel) [boots]=$boots [options]=$options
		[id]=$(running_id) [marker]=$(running_marker))
}

# inspect KERNEL HOST FOUND: FOUND[disk], [disk_id] and [disk_marker], the same of
# [image], the initramfs, and [next] and [reason] as judge has them.
inspect() {
	local kernel=$1 dir state file
	local -n _found=$3

	file=$(module_of "$ROOT" "$kernel")
	_found=([disk]=$file)
	[[ ! -f $file ]] || _found+=([disk_id]=$(module_id "$file")
		[disk_marker]=$(module_marker "$file"))
	dir=$(mktemp -d) || true
	state=$(initramfs_module "$kernel" "$dir")
	_found[image]=${state%% *}
	if [[ $state == found* ]]; then
		file=${state#found }
		_found+=([image_id]=$(module_id "$file")
			[image_marker]=$(module_marker "$file"))
	fi
	read -r "_found[next]" "_found[reason]" \
		<<<"$(judge "$kernel" "$file" "${state%% *}" "$2")"
	rm -rf "$dir"
}

# judge KERNEL FILE IMAGE HOST: what becomes of FILE when KERNEL boots: patched,
# stock, fixed (a stock one with the fix), other (another version or remedy of
# ours), foreign (another vendor's), none or unknown; and why.
judge() {
	local kernel=$1 file=$2 why
	local -n _h=$4

	if [[ $file == "(builtin)" ]] || is_builtin "$kernel"; then
		echo "stock ena is built into this kernel"
	elif [[ $3 == elsewhere ]]; then
		echo "unknown its initramfs may not be the one in /boot:" \
			"there is one of kernel-install, or a unified kernel" \
			"image, which is not looked at"
	elif [[ $3 == unreadable ]]; then
		echo "unknown its initramfs cannot be read: that takes root," \
			"/boot mounted, lsinitramfs or lsinitrd, and space in" \
			"${TMPDIR:-/tmp}"
	elif [[ ! $file ]]; then
		echo "none modprobe finds no ena for it; run 'depmod $kernel'"
	elif why=$(blacklisted_by "${_h[options]}") && [[ $why ]]; then
		echo "none ena is blacklisted by ${why#"$ROOT"}"
	elif why=$(load_refusal "$file" "$kernel" "$4") && [[ $why ]]; then
		echo "none $why"
	else
		why=$(kind_of "$(module_marker "$file")" "$(module_id "$file")" \
			"$kernel")
		case $why in
		"patched $MARKER") echo patched ;;
		patched*) echo "other it is ${why#* }, not $MARKER: run" \
			"'$NAME install --kernel $kernel'" ;;
		stock) has_fix "$file" && echo fixed || echo stock ;;
		*) echo "$why" ;;
		esac
	fi
}

# load_refusal FILE KERNEL HOST: why KERNEL would not load FILE, or nothing. The
# signature is asked of our modules only.
load_refusal() {
	local other rule why=''
	local -n _hh=$3

	rule=$(signature_rule)
	# shellcheck disable=SC2086	# words of a command line
	[[ $rule || $2 != "${_hh[boots]}" ]] || rule=$(next_rule ${_hh[options]})
	[[ ! $(module_marker "$1") ]] || why=$(signature_refusal "$rule" "$1")
	other=$(wrong_kernel "$1" "$2")
	[[ $why || ! $other ]] || why="the module is built for $other"
	other=$(other_symbols "$1" "$2")
	[[ $why || ! $other ]] || why="the module wants $other in another version \
than the kernel has: $(rebuild_advice "$1" "$2")"
	echo "$why"
}

# rebuild_advice FILE KERNEL: install is for our own modules.
rebuild_advice() {
	if [[ $(module_marker "$1") ]]; then
		echo "run '$NAME install --kernel $2'"
	else
		echo "it is not ours: build it again, or reinstall its package"
	fi
}

# disagreements KERNEL HOST FOUND: one a line; none where all is consistent.
disagreements() {
	local kernel=$1
	local -n _h=$2 _f=$3

	[[ ${_f[image]} != found || ${_f[image_id]} == "${_f[disk_id]-}" ]] ||
		echo "the initramfs holds another ena than the disk: run" \
			"$(stale_advice "$kernel")"
	[[ $kernel != "${_h[running]}" || ! ${_h[id]} ||
		${_h[id]} == "${_f[disk_id]-}" ]] ||
		echo "another ena is running than is on disk: reboot, or see" \
			"'$NAME activate'"
	[[ ! -e $STATE/failed/$VERSION/$kernel ]] ||
		head -n1 "$STATE/failed/$VERSION/$kernel"
	[[ ${_f[next]} != stock || ! -L $DKMS/$VERSION/source ||
		$(excluded "$kernel") ]] ||
		headers_problem "$kernel" | cut -d' ' -f2-
	[[ ! ${_f[disk_marker]-} ]] || ! kept_stock "$kernel" ||
		echo "it is in KEEP_STOCK of /etc/$NAME.conf and has ours: run" \
			"'dkms uninstall $NAME/${_f[disk_marker]%%+*} -k $kernel'"
	[[ ! ${_f[next]} =~ ^(none|unknown|other)$ ]] || echo "${_f[reason]}"
	[[ $(stock_module "$kernel") ]] || is_builtin "$kernel" ||
		echo "the kernel's own ena is missing: $(stock_advice "$kernel")"
}

# install would refuse another vendor's ena, and leave out an excluded kernel.
stale_advice() {
	if [[ $(foreign_modules "$1")$(excluded "$1") ]]; then
		echo "'update-initramfs -u -k $1' or 'dracut --force --kver $1'"
	else
		echo "'$NAME install --kernel $1'"
	fi
}

# stock_advice KERNEL: dkms may have moved it away for another module.
stock_advice() {
	local file owner

	file=$(compgen -G "$ROOT/var/lib/dkms/*/original_module/$1/*/ena.ko*" |
		head -n1) || true
	owner=${file#"$ROOT/var/lib/dkms/"}
	owner=${owner%%/*}
	if [[ $owner ]]; then
		echo "dkms keeps it for $owner: 'dkms uninstall' that module"
	else
		echo "reinstall the kernel package"
	fi
}

# kernel_json KERNEL HOST FOUND
kernel_json() {
	local kernel=$1
	local -n _h=$2 _f=$3

	json_object kernel "$kernel" \
		running= "$(json_bool test "$kernel" = "${_h[running]}")" \
		boots_next= "$(json_bool test "$kernel" = "${_h[boots]}")" \
		keeps_stock= "$(json_bool kept_stock "$kernel")" \
		built_from? "$(built_from "$kernel" "${_f[disk_marker]-}")" \
		disk= "$(json_object file? "${_f[disk]#"$ROOT"}" \
			marker? "${_f[disk_marker]-}" id? "${_f[disk_id]-}")" \
		initramfs= "$(json_object state "${_f[image]}" \
			marker? "${_f[image_marker]-}" id? "${_f[image_id]-}")" \
		would_load "${_f[next]}" reason? "${_f[reason]}" \
		disagreements= "$(disagreements "$@" | json_strings)"
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

# kernel_text KERNEL HOST FOUND
kernel_text() {
	local kernel=$1 note='' initramfs on_disk=none built
	local -n _h=$2 _f=$3

	[[ $kernel != "${_h[running]}" ]] || note=" (running)"
	[[ $kernel != "${_h[boots]}" ]] || note+=" (boots next)"
	! kept_stock "$kernel" || note+=" (keeps stock)"
	[[ ! ${_f[disk_id]+set} ]] || on_disk=$(module_text "${_f[disk_marker]}" \
		"${_f[disk_id]}" "$kernel")
	case ${_f[image]} in
	found) initramfs=$(module_text "${_f[image_marker]}" \
		"${_f[image_id]}" "$kernel") ;;
	absent) initramfs="has no ena, the disk's is loaded" ;;
	none) initramfs="there is none" ;;
	*) initramfs=${_f[image]} ;;
	esac
	printf '%s%s\n' "$kernel" "$note"
	printf '  on disk:    %s\n' "$on_disk"
	built=$(built_from "$kernel" "${_f[disk_marker]-}")
	[[ ! $built ]] || printf '  built from: %s\n' "$built"
	printf '  initramfs:  %s\n' "$initramfs"
	printf '  would load: %s\n' "${_f[next]}"
	disagreements "$@" | sed 's/^/  DISAGREES:  /'
}

# loads_wanted KERNEL STATE: is that what it is to load?
loads_wanted() {
	local want=patched

	! kept_stock "$1" || want=stock
	[[ $2 == "$want" || $2 == fixed ]]
}

cmd_status() {
	local kernel rows='' consistent=true problem
	local -A host found

	look_around host
	say "running: $(running_text)"
	say "remedy: $REMEDY"
	problem=$(remedy_problem)
	[[ ! $problem ]] || { consistent=false; msg "error: ${problem#* }"; }
	warn_kept_and_gone
	[[ $(kernels) ]] || {
		msg "no kernel in $ROOT/lib/modules: nothing is known of this host"
		consistent=false
	}
	for kernel in $(kernels); do
		inspect "$kernel" host found
		loads_wanted "$kernel" "${found[next]}" &&
			[[ ! $(disagreements "$kernel" host found) ]] ||
			consistent=false
		[[ $JSON ]] || kernel_text "$kernel" host found | printable
		[[ ! $JSON ]] || rows+=$(kernel_json "$kernel" host found)$'\n'
	done
	answer version "$VERSION" remedy "$REMEDY" running= "$(json_object \
		loaded= "$(json_bool test -d "$ROOT/sys/module/ena")" \
		kernel "${host[running]}" marker? "${host[marker]}" \
		id? "${host[id]}")" \
		boots_next? "${host[boots]}" consistent= "$consistent" \
		kernels= "$(json_array <<<"$rows")"
	[[ $consistent == true ]]
}

# Which kernels the next boot may be of: the boot loader's choice, or any.
cmd_preflight_reboot() {
	local kernel bad='' rows='' why
	local -A host found

	look_around host
	for kernel in ${host[boots]:-$(kernels)}; do
		inspect "$kernel" host found
		[[ ! $JSON ]] || rows+=$(kernel_json "$kernel" host found)$'\n'
		[[ ${found[next]} =~ ^(patched|fixed)$ ]] || bad+="$kernel would load \
${found[next]}${found[reason]:+: ${found[reason]}}"$'\n'
	done
	why=$(swap_that_failed "${host[boots]}")
	bad+=${why:+$why$'\n'}
	[[ ${host[boots]} ]] ||
		say "cannot tell which kernel boots next; looked at all"
	[[ ${kernel-} ]] || bad+="no kernel in $ROOT/lib/modules"$'\n'
	[[ $bad ]] || say "ready: ${host[boots]:-every kernel} loads a driver" \
		"with the fix at the next boot"
	[[ ! $bad ]] || say "$(sed 's/^/NOT READY: /' <<<"${bad%$'\n'}")"
	answer boots_next? "${host[boots]}" \
		ready= "$(json_bool test -z "$bad")" \
		problems= "$(json_strings <<<"$bad")" \
		kernels= "$(json_array <<<"$rows")"
	[[ ! $bad ]]
}
