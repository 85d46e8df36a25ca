# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Install and uninstall. Each step looks at what is there and does what is
# missing, so the next run completes one that was killed.

readonly COMMAND=$ROOT/usr/local/sbin/$NAME
readonly HOOKS=("$ROOT/etc/kernel/postinst.d/00-$NAME"
	"$ROOT/etc/kernel/header_postinst.d/00-$NAME"
	"$ROOT/etc/kernel/install.d/10-$NAME.install")

packaged() {
	dpkg -S "$1" >/dev/null 2>&1 || rpm -qf "$1" >/dev/null 2>&1
}

refuse_busy_dkms() {
	local pid

	pid=$(foreign_dkms)
	[[ ! $pid ]] || die "$E_LOCK" "dkms is at work (pid $pid), perhaps in" \
		"a package installation; wait for it and try again"
}

# refuse_early KERNEL...: all that is known before the first change.
refuse_early() {
	local kernel problems

	[[ ! -f $ROOT/etc/dkms/no-autoinstall ]] ||
		msg "warning: /etc/dkms/no-autoinstall is there, so kernels" \
			"installed later will not get the module"
	refuse_busy_dkms
	problems=$(host_problems; trust_problems "$@")
	for kernel in "$@"; do
		problems+=$'\n'$(kernel_problems "$kernel")
	done
	problems=$(grep . <<<"$problems") || return 0
	cut -d' ' -f2- <<<"$problems" | printable >&2
	die "${problems%% *}" "nothing was changed; fix the above and run this" \
		"again, or leave a kernel out by naming the others (--kernel)"
}

# Copies this checkout to the dkms tree, by a rename.
stage_tree() {
	local other

	[[ $REPO != "$TREE" ]] || return 0
	for other in "$ROOT/usr/src/$NAME"-*/; do
		[[ ! -d $other || $other -ef $TREE ]] || ! packaged "${other%/}" ||
			die "$E_DKMS" "the package $NAME-dkms is installed, as" \
				"${other%/}: upgrade or remove it first"
	done
	! same_tree || return 0
	! packaged "$TREE" || die "$E_DKMS" "$TREE belongs to a package and" \
		"differs from this checkout; remove the package first"
	say "copying the source to $TREE"
	[[ ! $DRY_RUN ]] || return 0
	rm -rf "$TREE.new" "$TREE.old"
	copy_tree "$TREE.new" || die "$E_WRITE" "cannot copy to $TREE"
	drop_builds
	on_disk /usr/src
	[[ ! -e $TREE ]] || mv "$TREE" "$TREE.old"
	mv "$TREE.new" "$TREE"
	on_disk /usr/src
	rm -rf "$TREE.old"
}

# Root runs what is in there, so nobody else may own or write it.
copy_tree() {
	mkdir -p "$1" &&
		tree_files | (cd "$REPO" && xargs cp -a --parents \
			--no-preserve=ownership -t "$1") &&
		chmod -R u=rwX,go=rX "$1"
}

# Builds of this version from other files. What is installed stays until its
# replacement is built.
drop_builds() {
	local kernel

	for kernel in $(kernels); do
		rm -rf "${DKMS:?}/$VERSION/$kernel"
	done
}

same_tree() {
	local file

	while IFS= read -r file; do
		diff -rq "$REPO/$file" "$TREE/$file" >/dev/null 2>&1 || return
	done < <(tree_files)
}

dkms_add() {
	[[ -L $DKMS/$VERSION/source ]] ||
		quietly dkms add -m "$NAME" -v "$VERSION"
}

# dkms prints a lot, which goes to the log. It leaves processes behind for seconds;
# they must not keep our lock (9).
quietly() {
	[[ ! $DRY_RUN ]] || { run "$@"; return; }
	mkdir -p "$STATE"
	{
		echo "+ $*"
		"$@"
	} >>"$STATE/log" 2>&1 9>&-
}

is_built() {
	[[ ! $(unfit "$(built_module "$1")" "$1") ]]
}

# The key of dkms may have changed since the build.
needs_signature() {
	key_enrolled && untrusted "$1" >/dev/null
}

build_kernel() {
	local kernel=$1 status=0

	! is_built "$kernel" || needs_signature "$kernel" || return 0
	say "$kernel: building (half a minute or so)"
	[[ $DRY_RUN ]] || rm -rf "${DKMS:?}/$VERSION/$kernel"
	quietly dkms build -m "$NAME" -v "$VERSION" -k "$kernel" || status=$?
	[[ ! $DRY_RUN ]] || return 0
	if ((status)) || ! is_built "$kernel"; then
		explain_build "$kernel"
		return 1
	fi
}

# The last error of the build, for the terminal and for status.
explain_build() {
	local kernel=$1 log=$DKMS/$VERSION/build/make.log why

	why=$(source_problem "$kernel")
	why=${why#* }
	[[ $why ]] || why=$(grep -hs 'error: \|No space left\|\*\*\*' "$log" | head -n1) || true
	[[ $why ]] || why=$(grep -hs 'rror' "$STATE/log" | tail -n1) || true
	(($(free_mib "$DKMS") > 8)) || why="no space left in $DKMS"
	msg "$kernel: the build failed: ${why:-see $STATE/log} (all of it: $log)"
	mark_failed "$kernel" "the build failed: ${why:-see $log}"
}

# mark_failed KERNEL WHY: status says why, and dkms leaves that kernel alone.
mark_failed() {
	mkdir -p "$STATE/failed/$VERSION"
	printf '%s\n' "${*:2}" >"$STATE/failed/$VERSION/$1"
}

is_marked() {
	[[ -e $STATE/failed/$VERSION/$1 ]]
}

is_installed() {
	local disk built

	built=$(built_module "$1")
	disk=$(module_of "$ROOT" "$1")
	[[ $built && -f $disk && $disk != */kernel/* ]] &&
		[[ $(readlink "$(dkms_link "$1")") == "$VERSION/"* ]] &&
		cmp -s "$built" "$disk"
}

# trusted KERNEL...: would it load what was built? The key may be as new as the
# build.
trusted() {
	local kernel why

	for kernel; do
		why=$(untrusted "$kernel") || continue
		msg "$kernel: built, but not installed: $why"
		return 1
	done
}

install_kernel() {
	local kernel=$1 link why status=0

	link=$(dkms_link "$kernel")
	if ! is_installed "$kernel"; then
		say "$kernel: installing"
		[[ $DRY_RUN ]] || may_overwrite "$kernel" || return
		# dkms skips what it thinks is installed.
		[[ $DRY_RUN || $(readlink "$link") != "$VERSION/"* ]] ||
			ln -sfn none "$link"
		# Our hook has run depmod, and synced what it wrote.
		quietly dkms install --force --no-depmod -m "$NAME" \
			-v "$VERSION" -k "$kernel" || status=$?
	fi
	[[ ! $DRY_RUN ]] || return 0
	[[ -e $ROOT/lib/modules/$kernel/modules.dep ]] || depmod_of "$kernel"
	if ! settle_initramfs "$kernel"; then
		why="its initramfs does not get the module"
	elif ((status)) || ! is_installed "$kernel"; then
		why="dkms did not install what was built"
	else
		rm -f "$STATE/failed/$VERSION/$kernel"
		drop_kept "$kernel"
		return
	fi
	not_installed "$kernel" "$why"
	return 1
}

# may_overwrite KERNEL: is its module of ours, if any, safe while dkms overwrites it?
# dkms --force goes on where our hook refuses.
may_overwrite() {
	local why="no space for a copy of the module that is there"

	if keep_module "$1"; then
		[[ $(our_modules "$1") ]] && ! depmod_stock_first "$1" || return 0
		why="depmod failed or could not write"
		drop_kept "$1"
	fi
	mark_failed "$1" "$why"
	msg "$1: $why; it keeps that"
	return 1
}

# kept KERNEL: a copy of our module that was there before dkms installs another, by
# a name that depmod does not know.
kept() {
	find "$ROOT/lib/modules/$1" -name ".$NAME.ena.ko*.old" -type f
}

# A copy that is there already is of a run that was killed, which may have left
# anything in its place.
keep_module() {
	local file copy

	file=$(module_of "$ROOT" "$1")
	[[ ! $(kept "$1") && $file == /* && $(module_marker "$file") ]] &&
		! unloadable "$1" || return 0
	copy=${file%/*}/.$NAME.${file##*/}
	cp -a "$file" "$copy" && on_disk "/lib/modules/$1" &&
		mv -f "$copy" "$copy.old" && return
	rm -f "$copy"
	return 1
}

drop_kept() {
	find "$ROOT/lib/modules/$1" -name ".$NAME.ena.ko*" -type f -delete
}

# put_back KERNEL: the copy, with the link of dkms to the build that it is.
put_back() {
	local copy file build

	copy=$(kept "$1")
	[[ $copy ]] || return
	file=${copy##*/".$NAME."}
	file=${copy%/*}/${file%.old}
	find "${file%/*}" -name 'ena.ko*' ! -name "${file##*/}" -delete
	mv -f "$copy" "$file" && on_disk "/lib/modules/$1" &&
		depmod_of "$1" || return
	for build in "$DKMS"/*/"$1/$(uname -m)"; do
		! cmp -s "$build/module/${file##*/}" "$file" ||
			ln -sfn "${build#"$DKMS/"}" "$(dkms_link "$1")"
	done
	settle_initramfs "$1" || true
}

# not_installed KERNEL WHY
not_installed() {
	mark_failed "$1" "$2"
	if put_back "$1"; then
		msg "$1: $2 (log: $STATE/log); the module of ours that it had is" \
			"back"
	elif [[ $(stock_module "$1") ]]; then
		msg "$1: $2 (log: $STATE/log); going back to the stock module"
		remove_kernel "$1" || true
	else
		msg "$1: $2 (log: $STATE/log); it keeps what it has, as the" \
			"kernel's own ena is missing: reinstall the kernel package"
	fi
}

# The hooks of dkms may have done it already, or may have failed.
settle_initramfs() {
	local file

	file=$(initramfs_file "$1")
	# A run that was killed leaves what its tool was writing.
	[[ ! -e $file.$NAME ]] || rm -f "$file.new" "$file.dpkg-bak"
	rm -rf "$(initramfs_tmp)"
	! initramfs_is_stale "$1" || {
		say "$1: rebuilding its initramfs"
		initramfs_refresh "$1" || return
		! initramfs_is_stale "$1" || return
	}
	rm -f "$file.$NAME" "$file.$NAME.new"
}

# Our hook runs before the one of dkms, which fails the kernel package for a module
# that does not build, before that kernel has an initramfs.
write_hooks() {
	local hook

	! packaged "$TREE" || return 0
	for hook in "${HOOKS[@]}"; do
		[[ -d ${hook%/*} ]] || continue
		[[ ! $DRY_RUN ]] || { say "would write $hook"; continue; }
		install_hook "$TREE/$PACKAGING/kernel-hook" "$hook"
	done
	[[ -L $COMMAND || ! -e $COMMAND ]] || {
		msg "$COMMAND is not ours and stays; this one is $TREE/scripts/$NAME"
		return
	}
	run ln -sfn "$TREE/scripts/$NAME" "$COMMAND"
}

# drop_version VERSION: takes a version out of dkms, from all kernels.
drop_version() {
	local version=$1 kernel

	[[ -e $DKMS/$version ]] || return 0
	for kernel in $(kernels); do
		[[ $DRY_RUN || $(readlink "$(dkms_link "$kernel")") != \
			"$version/"* ]] || depmod_stock_first "$kernel" || return
	done
	quietly dkms remove -m "$NAME" -v "$version" --all || true
	[[ $DRY_RUN ]] || rm -rf "${DKMS:?}/$version"
}

# used_by VERSION KERNEL...: does a kernel use it? Not those KERNELs in a dry run:
# they would have another version by now.
used_by() {
	local version=$1 link kernel

	shift
	for link in "$DKMS"/kernel-*; do
		kernel=${link##*/kernel-}
		[[ $DRY_RUN && " $* " == *" ${kernel%-*} "* ]] ||
			[[ $(readlink "$link") != "$version/"* ]] || return 0
	done
	return 1
}

# drop_others KERNEL...: versions of ours that no kernel uses after an install for
# these.
drop_others() {
	local dir version

	for dir in "$DKMS"/*/; do
		version=${dir%/}
		version=${version##*/}
		[[ -L $dir/source || -d $dir/build ]] || continue
		[[ $version != "$VERSION" ]] || continue
		! used_by "$version" "$@" || continue
		say "removing version $version"
		drop_version "$version" || continue
		packaged "$ROOT/usr/src/$NAME-$version" ||
			run rm -rf "$ROOT/usr/src/$NAME-$version"
	done
}

wanted_kernels() {
	local kernel why

	for kernel in "${ONLY[@]}"; do
		is_kernel "$kernel" || die "$E_USAGE" "$kernel is not installed;" \
			"there are: $(kernels | paste -sd' ')"
	done
	((${#ONLY[@]})) || mapfile -t ONLY < <(kernels)
	for kernel in "${ONLY[@]}"; do
		why=$(excluded "$kernel")
		[[ ! $why ]] || { msg "leaving out $kernel: it $why"; continue; }
		echo "$kernel"
	done
}

# none_installed KERNEL...: marks them, so dkms does not install the finished
# builds later.
none_installed() {
	local kernel

	for kernel in "$@"; do
		is_installed "$kernel" || is_marked "$kernel" ||
			mark_failed "$kernel" "not installed, as the build for" \
				"another kernel failed"
		drop_unloadable "$kernel"
	done
	die "$E_BUILD" "nothing was installed; the kernels keep the modules that" \
		"they have"
}

# drop_unloadable KERNEL: a module that the loader would refuse leaves the host
# without network; the stock one loses large frames only.
drop_unloadable() {
	unloadable "$1" && [[ ! $DRY_RUN && $(stock_module "$1") ]] || return 0
	msg "$1: its module is of another build of that kernel, which would not" \
		"load it; going back to the stock module"
	remove_kernel "$1" || true
}

# is_left_over KERNEL WHY: is there anything of ours on a kernel that is excluded, that
# should not be? Where its own driver has the fix, that is the one to load; else a
# module that was put there stays, but for one that would not load.
is_left_over() {
	! unloadable "$1" || return 0
	if [[ $(our_modules "$1") ]]; then
		[[ $2 == "has the fix"* ]]
	else
		[[ $(kept "$1") || -L $(dkms_link "$1") ]] || initramfs_has_ours "$1"
	fi
}

# settle_excluded KERNEL...: with the caller's "settled", those that had something.
settle_excluded() {
	local kernel why failed=0

	for kernel; do
		why=$(excluded "$kernel")
		[[ $why ]] || continue
		[[ $DRY_RUN || $why != "has the fix"* ]] || mark_fixed "$kernel"
		is_left_over "$kernel" "$why" || continue
		[[ $(stock_module "$kernel") ]] || is_builtin "$kernel" || continue
		settled+=("$kernel")
		say "$kernel: going back to its own driver, as it $why"
		[[ $DRY_RUN ]] || remove_kernel "$kernel" || failed=1
	done
	((failed == 0))
}

# Nothing to build, and perhaps something to remove.
only_excluded() {
	local settled=()

	refuse_busy_dkms
	settle_excluded "${ONLY[@]}" || die "$E_INITRAMFS" "a kernel does not" \
		"have its own ena back, see '$NAME status'"
	((${#settled[@]})) || die "$E_USAGE" "no kernel here can take this" \
		"module; see '$NAME check'"
	all_on_disk
	finished "back to their own driver: ${settled[*]}; no kernel here can" \
		"take this module"
}

# A driver that is not known, or that was fixed: building again would not help.
is_unpatchable() {
	grep -qs 'does not apply\|has the check already' \
		"$STATE/failed/$VERSION/$1"
}

# The vendor's driver supports more kernels than one, but not all: it does not
# compile for this one.
is_unsupported() {
	is_vendor "$(source_of "$1")" &&
		grep -qs '\.[ch]:[0-9:]* error: ' "$STATE/failed/$VERSION/$1"
}

# build_all KERNEL...: appends to the caller's "built" and "left", the kernels that
# can do without; sets "failed".
build_all() {
	local kernel unsupported=()

	for kernel; do
		if build_kernel "$kernel"; then
			built+=("$kernel")
		elif is_unpatchable "$kernel"; then
			left+=("$kernel")
		elif is_unsupported "$kernel"; then
			unsupported+=("$kernel")
		else
			failed=1
		fi
	done
	((${#built[@]} || ${#unsupported[@]} == 0)) || failed=1
	left+=("${unsupported[@]}")
}

leave_out() {
	local kernel

	for kernel; do
		drop_unloadable "$kernel"
		keeps_stock "$kernel" "$(head -n1 "$STATE/failed/$VERSION/$kernel")"
	done
}

# shellcheck disable=SC2086	# releases have no spaces
cmd_install() {
	local todo kernel failed=0 unsettled=0 built=() left=() settled=()

	needs_this_host
	todo=$(wanted_kernels) || exit
	((${#ONLY[@]})) || mapfile -t ONLY < <(kernels)
	kernel=$(kept_and_gone)
	[[ ! $kernel ]] || die "$E_USAGE" "KEEP_STOCK in /etc/$NAME.conf names" \
		"$kernel, which is no kernel here; there are:" \
		"$(kernels | paste -sd' '); nothing was changed"
	take_lock install
	[[ $todo ]] || { only_excluded; return; }
	name_replaced $todo
	refuse_early $todo
	settle_excluded "${ONLY[@]}" || unsettled=1
	keep_replaced
	stage_tree
	dkms_add || die "$E_DKMS" "dkms add failed; see $STATE/log"
	build_all $todo
	((failed == 0)) || none_installed $todo
	leave_out "${left[@]}"
	todo=${built[*]}
	[[ $todo ]] || die "$E_PATCH" "nothing was installed: the fix applies to" \
		"none of these kernels' drivers"
	[[ $DRY_RUN ]] || trusted $todo || die "$E_SIGNATURE" "nothing was" \
		"installed; do that and run this again"
	for kernel in $todo; do
		if ! replace_kernel "$kernel" || ! install_kernel "$kernel"; then
			[[ $(our_modules "$kernel") ]] ||
				give_all_back "$kernel" || true
			failed=1
		fi
	done
	write_hooks
	all_on_disk
	drop_others $todo
	((failed == 0 && unsettled == 0)) ||
		die "$E_INITRAMFS" "not all kernels have what they should have;" \
		"see '$NAME status'"
	((${#left[@]} == 0)) || die "$E_PATCH" "installed for: $todo, but not" \
		"for: ${left[*]}, which keep the driver that they have"
	finished "installed for: $todo; next: '$NAME preflight-reboot', then" \
		"reboot"
}

# Is there anything of ours for KERNEL? A run that was killed may have installed
# what is built, but not beside another vendor's ena.
has_ours() {
	[[ ! $(our_modules "$1")$(kept "$1") && ! -L $(dkms_link "$1") ]] ||
		return 0
	[[ $(foreign_modules "$1") ]] ||
		! compgen -G "$DKMS/*/$1" >/dev/null || return 0
	initramfs_has_ours "$1"
}

initramfs_has_ours() {
	local state marker

	IFS=: read -r state _ marker <<<"$(initramfs_ena "$1")"
	[[ $state == found && $marker ]]
}

# Before success is said, and before what may be needed to go back is deleted.
all_on_disk() {
	local dir

	[[ ! $DRY_RUN ]] || return 0
	for dir in /lib/modules /boot /var/lib /usr/src /etc; do
		on_disk "$dir" || die "$E_WRITE" "$dir cannot be written to its" \
			"disk; see the kernel log"
	done
}

# remove_kernel KERNEL: back to the stock module, from any half-done state.
remove_kernel() {
	local kernel=$1 file link

	link=$(dkms_link "$kernel")
	restore_stock "$kernel" || return
	depmod_stock_first "$kernel" || return
	{
		our_modules "$kernel"
		second_stock "$kernel"
		# Of a kernel that used ours through weak-updates.
		find "$ROOT/lib/modules" -name 'ena.ko*' -xtype l
	} | while IFS= read -r file; do
		rm -f "$file"
		rmdir -p --ignore-fail-on-non-empty "${file%/*}" 2>/dev/null || true
	done
	rm -f "$link"
	drop_kept "$kernel"
	stop_asking
	depmod_of "$kernel" && settle_initramfs "$kernel" &&
		[[ ! $(our_modules "$kernel") ]] && gave_back "$kernel"
}

# Would it load a whole module that is not ours? None is right only where there
# was none to give back.
gave_back() {
	local file

	file=$(module_of "$ROOT" "$1")
	if [[ $file == /* ]]; then
		[[ ! $(wrong_kernel "$file" "$1")$(module_marker "$file") ]]
	else
		[[ $file || ! $(stock_module "$1") ]]
	fi
}

# Without our hooks, dkms moves the stock module to its archive.
restore_stock() {
	local file dir new

	dir=$(in_tree "$1")
	file=$(stock_module "$1")
	[[ $file && $file != "$dir"/* ]] || return 0
	new=$dir/.$NAME.new
	mkdir -p "$dir" && cp -a "$file" "$new" && on_disk "/lib/modules/$1" &&
		cmp "$file" "$new" && mv -f "$new" "$dir/${file##*/}" &&
		on_disk "/lib/modules/$1" && return
	rm -f "$new"
	msg "$1: cannot copy its own ena back from $file; it keeps what it has"
	return 1
}

# dkms 3.0 puts an archived stock module back where ours was.
second_stock() {
	local file stock

	stock=$(stock_module "$1")
	for file in "$ROOT/lib/modules/$1/updates/dkms"/ena.ko*; do
		[[ ! -e $file ]] || ! cmp -s "$file" "$stock" || echo "$file"
	done
}

# What write_hooks has written.
remove_hooks() {
	local hook

	for hook in "${HOOKS[@]}"; do
		packaged "$hook" || rm -f "$hook"
	done
	[[ ! -L $COMMAND ]] || packaged "$COMMAND" || rm -f "$COMMAND"
}

remove_files() {
	local dir

	rm -rf "$DKMS" "$STATE"
	for dir in "$ROOT/usr/src/$NAME"-*; do
		[[ ! -e $dir ]] || packaged "$dir" || rm -rf "$dir"
	done
	remove_hooks
	forget_if test ! -e
}

refuse_uninstall() {
	local kernel why

	refuse_busy_dkms
	writable "$ROOT/lib/modules" || die "$E_WRITE" "/lib/modules cannot be" \
		"written; remount it read-write"
	for kernel in $(kernels); do
		[[ ! $(our_modules "$kernel") || $(stock_module "$kernel") ]] ||
			die "$E_INITRAMFS" "$kernel would be left without any ena:" \
				"the kernel's own ena is missing: reinstall the" \
				"kernel package first; nothing was changed"
	done
	refuse_for_space
}

# What goes back needs an initramfs without ours, beside the one that is there, and
# some five times its size to look into both.
refuse_for_space() {
	local kernel need why mine=()

	for kernel in $(kernels); do
		! initramfs_has_ours "$kernel" || mine+=("$kernel")
	done
	need=$(initramfs_mib "${mine[@]}")
	why=$(space_problem /boot "$need"
		space_problem "${TMPDIR:-/tmp}" $((need * 5)))
	why=${why%%$'\n'*}
	[[ ! $why ]] || die "${why%% *}" "${why#* }; nothing was changed"
}

cmd_uninstall() {
	local kernel dir failed=0

	needs_this_host
	take_lock uninstall
	refuse_uninstall
	for kernel in $(kernels); do
		has_ours "$kernel" || continue
		say "$kernel: back to the stock module"
		[[ $DRY_RUN ]] || remove_kernel "$kernel" || failed=1
	done
	((failed == 0)) || die "$E_INITRAMFS" "a kernel does not have its own" \
		"ena back, see '$NAME status'; nothing that may be needed for" \
		"that was deleted: fix what is said above and run this again"
	all_on_disk
	for dir in "$DKMS"/*/; do
		[[ $DRY_RUN || ! -L $dir/source ]] || ! have dkms ||
			quietly dkms remove -m "$NAME" -v "$(basename "$dir")" --all ||
			true
	done
	give_all_back || die "$E_DKMS" "the kernels have their own ena, but not" \
		"what was replaced; fix that and run this again"
	[[ $DRY_RUN ]] || remove_files
	all_on_disk
	finished "uninstalled; the running module stays until the next boot"
}

# finished TEXT: as JSON it is the status afterwards.
finished() {
	if [[ $JSON ]]; then
		cmd_status || true
	elif [[ ! $DRY_RUN ]]; then
		say "$*"
	fi
}

# keeps_stock KERNEL [WHY]: on the terminal and in the log.
keeps_stock() {
	local next

	next="${2:+$2. }See '$NAME status', fix it and run '$NAME install --kernel $1'"
	if [[ $(our_modules "$1") ]]; then
		msg "WARNING: $1 keeps the patched ena driver that it has. $next"
		return
	fi
	msg "WARNING: $1 keeps its stock ena driver, which loses TX frames in" \
		"host placement; it boots and has network. $next"
	! have logger || logger -t "$NAME" -p daemon.warning \
		"no patched ena driver for kernel $1" || true
}

# mark_fixed KERNEL: so dkms does not build for it.
mark_fixed() {
	mkdir -p "$STATE/fixed"
	: >"$STATE/fixed/$1"
	rm -f "$STATE/failed/$VERSION/$1"
}

# Builds and installs for a kernel that is new here; what it was before stays where
# that fails. The lock is held.
fix_new_kernel() {
	local kernel=$1 why

	why=$(remedy_problem
		foreign_problem "$kernel")
	why=${why%%$'\n'*}
	if [[ $why ]]; then
		mark_failed "$kernel" "${why#* }"
		drop_unloadable "$kernel"
		msg "WARNING: $kernel is left as it is: ${why#* }"
	elif build_kernel "$kernel" && trusted "$kernel" && install_kernel "$kernel"; then
		msg "$kernel has the patched ena driver $VERSION"
	else
		is_marked "$kernel" ||
			mark_failed "$kernel" "it was built but not installed"
		drop_unloadable "$kernel"
		keeps_stock "$kernel"
	fi
}

lock_of_hook() {
	needs_this_host
	open_lock
	flock -w 600 9 && return
	keeps_stock "$1" "Another $NAME is at work for ten minutes"
	return 1
}

# Called by the hooks of kernel packages. It never fails their installation.
cmd_kernel_installed() {
	local kernel=$1 why settled=()

	is_kernel "$kernel" && [[ -L $DKMS/$VERSION/source ]] || return 0
	warn_kept_and_gone
	why=$(excluded "$kernel")
	[[ $why != *"older than"* ]] || msg "WARNING: $kernel $why: it keeps its" \
		"own ena driver; without the fix that loses TX frames in host" \
		"placement"
	[[ $why != "has the fix"* ]] || {
		needs_this_host
		mark_fixed "$kernel"
		msg "$kernel $why: it keeps that"
	}
	if [[ $why || -f $ROOT/etc/dkms/no-autoinstall ]]; then
		unloadable "$kernel" || { [[ $why ]] &&
			is_left_over "$kernel" "$why"; } || return 0
		lock_of_hook "$kernel" || return 0
		settle_excluded "$kernel" || true
		drop_unloadable "$kernel"
		return 0
	fi
	why=$(headers_problem "$kernel")
	if [[ $why ]] && ! unloadable "$kernel"; then
		[[ $(our_modules "$kernel") ]] || keeps_stock "$kernel" "${why#* }"
		return 0
	fi
	if ! lock_of_hook "$kernel"; then
		return 0
	elif [[ $why ]]; then
		drop_unloadable "$kernel"
		keeps_stock "$kernel" "${why#* }"
	else
		fix_new_kernel "$kernel"
	fi
}
