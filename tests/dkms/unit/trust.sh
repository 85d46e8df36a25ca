# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# Other users, and the caller's environment.

# Nobody else can open the locks; one that is held is an error.
test_locks_are_private() {
	mkdir -p "$root/run/ena-tx-header"
	chmod 755 "$root/run/ena-tx-header"
	inside_says 0 silent 'take_lock test' &&
		[[ $(stat -c %a "$root/run/ena-tx-header") == 700 ]]
}

test_lock_in_time_or_not_at_all() {
	ready_host
	dkms_has_source
	fake_tool flock 'exit 1'
	fake_tool dkms "touch $root/built"
	rm -r "$root/lib/modules/$K/updates"
	fake_depmod
	inside_says 0 "WARNING: $K keeps its stock ena driver" \
		"cmd_kernel_installed $K" && says "is at work for ten minutes" &&
		[[ ! -e $root/built ]]
}

# process PID NAME ROOT [UID]: called that, on that root, of that user, by a program
# with the set-user-ID bit.
process() {
	put "proc/$1/comm" "$2"
	put "proc/$1/status" "Uid:	${4-0}	0	0	0"
	ln -sfn "$3" "$root/proc/$1/root"
}

# Only root's dkms on this root is at work.
test_foreign_dkms() {
	process 7 dkms /
	process 8 dkms "$work"
	process 10 dkms "$root" 12345
	[[ ! $(inside foreign_dkms) ]] || return
	process 9 dkms "$root"
	[[ $(inside foreign_dkms) == 9 ]]
}

# entry WORDS COMMAND...: an entry with the caller's environment full of traps.
entry() {
	local trap=$work/trap tool

	mkdir -p "$trap/scripts/operator" "$trap/bin"
	chmod "${MODE-777}" "$trap/bin"
	for tool in bash dirname ena-tx-header env readlink realpath sed stat; do
		fake_tool "$tool" "echo $tool >>$work/sprung; exit 1" "$trap/bin"
	done
	echo "touch $work/sprung" | tee "$trap/scripts/base.sh" \
		"$trap/scripts/operator/environment.sh" >"$trap/rc"
	readlink() { echo function >>"$work/sprung"; command readlink "$@"; }
	export -f readlink
	(cd "$trap" && CDPATH=$trap BASH_ENV=$trap/rc ENV=$trap/rc \
		TMPDIR="$work/'; touch $work/sprung; '" ENA_SRC=/gone PROG=rm \
		KEEP=ENA_TX_HEADER_ROOT MAKEFLAGS=-n POSIXLY_CORRECT=1 \
		PATH=$trap/bin:$PATH "$@") >"$work/out" 2>"$work/err" || :
	unset -f readlink
	[[ ! -e $work/sprung ]] || tap_note "sprung by $*: $(cat "$work/sprung")"
	[[ ! -e $work/sprung ]]
}

test_clean_environment() {
	local here

	here=$(readlink -f ../..)
	entry "$here/scripts/ena-tx-header" --version && says "$VERSION" &&
		entry "$here/scripts/operator/dkms-hook" post-nothing &&
		says "needs a step" &&
		entry "$here/scripts/operator/packaging/kernel-hook" remove "$K" &&
		entry "$here/scripts/operator/packaging/kernel-hook" gone &&
		entry "$here/scripts/operator/dkms-build" &&
		says "needs a kernel release" &&
		entry /bin/bash -p "$here/scripts/operator/dkms-build" &&
		says "needs a kernel release" &&
		MODE=1777 entry "$here/scripts/ena-tx-header" --version &&
		says "$VERSION"
}

# A function of the caller's is in no shell that an entry starts.
test_no_function_is_passed_on() {
	mkdir "$work/operator"
	ln -s "$(readlink -f "$OPERATOR/environment.sh")" "$work/operator/"
	sed '/base.sh/,$d' ../../scripts/ena-tx-header >"$work/entry"
	echo 'bash -c "type trap_of_caller" || echo "$* alone"' >>"$work/entry"
	trap_of_caller() { :; }
	export -f trap_of_caller
	/bin/bash -p "$work/entry" it >"$work/out" 2>"$work/err"
	unset -f trap_of_caller
	says "it alone"
}

# What is left of the environment.
test_what_is_kept() {
	mkdir -m 1777 "$work/sticky"
	mkdir -m 1775 "$work/group"
	((EUID)) || chgrp 1 "$work/group"
	ln -s /usr/bin "$work/link"
	what_is_kept "/usr/bin:relative:/gone:$work/sticky:$work/link:/usr/sbin:" \
		/usr/bin:/usr/bin:/usr/sbin &&
		what_is_kept "$work/group:/usr/bin" /usr/bin &&
		what_is_kept relative:/gone /usr/sbin:/usr/bin:/sbin:/bin
}

# what_is_kept PATH KEPT-PATH
what_is_kept() {
	cat >"$work/entry" <<-'END'
		callers=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin
		. scripts/operator/environment.sh
		clean_environment "ONE TWO" "$callers" "$0" "$@"
		env
		echo "$@"
	END
	(cd ../.. && env -i KEEP=EVIL EVIL=1 LD_DEBUG_OUTPUT=1 MAKEFLAGS=-n ONE='1 =' \
		'ONE TWO=3' TERM=vt100 SUDO_UID=7 TMPDIR=/x PATH="$1" \
		/bin/bash -p "$work/entry" -a 'b c') |
		grep -v '^\(_\|PWD\|SHLVL\|OLDPWD\)=' | sort >"$work/out"
	[[ $(paste -sd'|' "$work/out") == \
		"-a b c|HOME=/root|LC_ALL=C|ONE=1 =|PATH=$2|SUDO_UID=7|TERM=vt100" ]] ||
		{ cat "$work/out"; return 1; }
}

# The dkms hook and dkms.conf are about this root.
test_hook_ignores_root() {
	patched
	grep -q '^clean_environment "" ' ../../scripts/operator/dkms-hook || return
	cp ../../dkms.conf "$work/dkms.conf"
	mkdir -p "$work/scripts/operator"
	cp "$OPERATOR"/conf.sh "$work/scripts/operator"
	put etc/ena-tx-header.conf "KEEP_STOCK=$K"
	[[ $(kernelver=$K on_host bash -c '. "$0"; echo "$BUILD_EXCLUSIVE_KERNEL"' \
		"$work/dkms.conf") != '^$' ]]
}

# trusts PATH [TRUSTED]: no word, or the part that others could change.
trusts() {
	[[ $(inside changeable "$1") == "${2-}" ]] ||
		{ tap_note "$1: $(inside changeable "$1")"; return 1; }
}

test_others_could_change() {
	local dir=$root/usr/src/ena

	put usr/src/ena/ena_netdev.c ''
	trusts "$dir" || return
	chmod o+w "$dir/ena_netdev.c"
	trusts "$dir" "$dir/ena_netdev.c" || return
	chmod o-w "$dir/ena_netdev.c"
	chmod o+w "$root/usr/src"
	trusts "$dir" "$root/usr/src" || return
	chmod +t "$root/usr/src"
	trusts "$dir" || return
	ln -s "$work/elsewhere" "$dir/link.c"
	touch "$work/elsewhere"
	chmod o+w "$work/elsewhere"
	trusts "$dir" "$dir/link.c" && trusts "$dir/gone" "$dir/gone"
}

# The group's bits are also those of an ACL; a sticky bit of a file means nothing.
test_group_could_change() {
	local dir=$root/usr/src/ena file=$root/usr/src/ena/ena_netdev.c

	put usr/src/ena/ena_netdev.c ''
	chmod g+w "$file"
	((EUID)) || roots_group_could_change || return
	trusts "$dir" "$file" && trusts "$file" "$file" || return
	chmod 1666 "$file"
	trusts "$file" "$file" || return
	chmod 644 "$file"
	((EUID)) || chgrp 1 "$root/usr"
	chmod g+w "$root/usr"
	trusts "$dir" "$root/usr"
}

# What root unpacks may be its group's, but not with an ACL.
roots_group_could_change() {
	trusts "$dir" && trusts "$file" || return
	fake_tool ls 'echo "-rw-rw-r--+ 1 root root"'
	trusts "$dir" "$dir" && trusts "$file" "$file" || return
	# As a kernel's build tree may.
	ln -s . "$dir/source"
	trusts "$dir" "$dir" || return
	rm "$root/usr/bin/ls" "$dir/source"
	chgrp 1 "$file"
}

# Whose link it is that leads there, and what others could put in the way.
test_links_of_others() {
	local dir=$root/usr/src/ena home=$root/home

	put usr/src/ena/ena_netdev.c ''
	mkdir -p "$home/mine"
	ln -s ../usr/src/ena "$home/link"
	ln -s link/. "$home/second"
	ln -s gone "$dir/gone"
	ln -s "$home/mine" "$dir/mine"
	trusts "$home/second" && trusts "$dir" || return
	chmod o+w "$home"
	trusts "$home/second" "$home" && trusts "$dir" "$home" || return
	chmod o-w "$home"
	((EUID == 0)) || return 0
	chown -h 12345 "$home/link"
	trusts "$home/link" "$home/link" && trusts "$home/second" "$home/link"
}

# Settings and sources that others could change: refused, or trusted by name.
test_install_trusts() {
	ready_host
	nothing='stage_tree() { :; }; dkms_add() { :; }; build_kernel() { exit 9; }'
	put etc/ena-tx-header.conf 'ENA_SRC=/usr/src/ena'
	put usr/src/ena/ena_netdev.c ''
	inside_says 9 silent "$nothing; cmd_install" || return
	chmod o+w "$root/usr/src/ena"
	inside_says 122 "others than root can change $root/usr/src/ena" \
		"$nothing; cmd_install" && says "nothing was changed" || return
	inside_says 9 "trusting $root/usr/src/ena" "$nothing; TRUST=1; cmd_install" &&
		inside_says 9 silent "$nothing; cmd_install" || return
	put usr/src/vendor/kernel/linux/ena/ena_netdev.c ''
	put usr/src/vendor/kernel/linux/common/ena_com/ena_com.c ''
	put etc/ena-tx-header.conf ENA_SRC=/usr/src/vendor/kernel/linux/ena
	inside_says 9 silent "$nothing; cmd_install" || return
	chmod o+w "$root/usr/src/vendor/kernel/linux/common/ena_com/ena_com.c"
	inside_says 122 "common/ena_com/ena_com.c: make it" \
		"$nothing; cmd_install" || return
	chmod o-w "$root/usr/src/vendor/kernel/linux/common/ena_com/ena_com.c"
	chmod o+w "$root/etc/ena-tx-header.conf"
	inside_says 122 "change $root/etc/ena-tx-header.conf" \
		"$nothing; cmd_install"
}

# The kernel was built in a user's folder, and installed from there.
test_build_tree_of_another() {
	local home=$root/home/linux

	ready_host
	nothing='stage_tree() { :; }; dkms_add() { :; }; build_kernel() { exit 9; }'
	mkdir -p "${home%/*}"
	mv "$root/lib/modules/$K/build" "$home"
	put home/linux/Makefile ''
	ln -s "../../../home/linux" "$root/lib/modules/$K/build"
	inside_says 9 silent "$nothing; cmd_install" || return
	chmod o+w "$home/Makefile"
	inside_says 122 "change $root/lib/modules/$K/build/Makefile: make it" \
		"$nothing; cmd_install" || return
	inside_says 9 "trusting $root/lib/modules/$K/build, " \
		"$nothing; TRUST=1; cmd_install" &&
		inside_says 9 silent "$nothing; cmd_install" || return
	chmod o-w "$home/Makefile"
	put home/source/Makefile ''
	ln -s "$root/home/source" "$root/lib/modules/$K/source"
	chmod o+w "$root/home/source"
	inside_says 122 "change $root/home/source: make it" "$nothing; cmd_install"
}

# A space in a path is no end of it.
test_install_trusts_a_path_with_spaces() {
	ready_host
	nothing='stage_tree() { :; }; dkms_add() { :; }; build_kernel() { exit 9; }'
	put etc/ena-tx-header.conf 'ENA_SRC="/usr/src/my ena"'
	put "usr/src/my ena/ena_netdev.c" ''
	chmod o+w "$root/usr/src/my ena/ena_netdev.c"
	inside_says 9 "trusting $root/usr/src/my ena, though others than root can change $root/usr/src/my ena/ena_netdev.c" \
		"$nothing; TRUST=1; cmd_install" &&
		inside_says 9 silent "$nothing; cmd_install"
}

# The checkout that runs may be of the user of sudo, and of nobody else.
test_checkout_of_another() {
	local copy=$work/copy

	mkdir "$copy"
	cp -r ../../{dkms.conf,kernel,patches,scripts,LICENSE,README.md} "$copy"
	chmod o+w "$copy/kernel"
	ready_host
	on_host bash -c '. "$0/scripts/operator/environment.sh"
		. "$0/scripts/base.sh"
		for part in common module host check trust; do
			. "$0/scripts/operator/$part.sh"
		done
		program_problem' "$copy" >"$work/out"
	grep -xF "$copy	$copy/kernel" "$work/out" || return
	chmod o-w "$copy/kernel"
	((EUID == 0)) || return 0
	chown -R 12345 "$copy"
	for SUDO_UID in 12345 12346; do
		SUDO_UID=$SUDO_UID on_host bash -c '. "$0/scripts/operator/environment.sh"
		. "$0/scripts/base.sh"
			for part in common module host check trust; do
				. "$0/scripts/operator/$part.sh"
			done
			program_problem' "$copy" >"$work/$SUDO_UID"
	done
	[[ ! -s $work/12345 && -s $work/12346 ]]
}

# What others have named does not reach the terminal as it is.
test_names_are_escaped() {
	local evil=$'ev\e[2Jil\nverdict: fixed\x9b'

	nic
	put proc/78/comm "$evil"
	mkdir -p "$root/proc/78/fd"
	ln -s /dev/net/tun "$root/proc/78/fd/5"
	NIC=$'en\es1' nic
	yields 1 "tap of ev?[2Jil?verdict: fixed?[78]" "interface en?s1 " -- check ||
		return
	yields 1 'jq .interfaces[0].name == "en?s1"' -- check --json || return
	stock
	put "var/lib/ena-tx-header/failed/$VERSION/$K" "the build failed: $evil"
	yields 1 'ev?[2Jil' -- status --json &&
		! LC_ALL=C grep -n '[^ -~	]' "$work/out" || return
	yields 1 "the build failed: ev?[2Jil" -- status || return
	yields 2 "unknown command 'a?b'" -- $'a\eb' || return
	! cat "$work/out" "$work/err" | LC_ALL=C grep -n '[^ -~	]'
}

# printed STATUS WORD COMMANDS: and nothing that a terminal would obey.
printed() {
	inside_says "$@" && ! cat "$work/out" "$work/err" | LC_ALL=C grep -n '[^ -~	]'
}

# Nor by the ways that have their own words.
test_lists_are_escaped() {
	local evil=$'ev\eil"\\\x9b'

	ready_host
	put etc/ena-tx-header.conf 'ENA_SRC=/usr/src/ena'
	put usr/src/ena/ena_netdev.c ''
	put "usr/src/ena/$evil.c" ''
	chmod o+w "$root/usr/src/ena/$evil.c"
	printed 122 'change '"$root"'/usr/src/ena/ev?il"\?.c' 'DRY_RUN=1; cmd_install' ||
		return
	put run/ena-tx-header/live/log "$evil differs: it"
	put run/ena-tx-header/live/phase swapped
	printed 0 'ev?il"\? differs: it' follow_swap || return
	rm -r "$root/sys/bus/pci"
	NIC=$evil nic
	printed 121 'tc qdisc add dev ev?il"\?' \
		'tx_bpf() { :; }; OFF= STATUS= cmd_mitigate' || return
	put "sys/class/net/$evil/ethtool-S" "     queue_0_tx_linearize: 3"
	printed 0 'linearized_frames_total{device="ev?il\"\\?"} 3' \
		'call_bpf() { said=none; }; cmd_metrics'
}

# The folder is a user's, who puts a link where a file is about to be made, as if he
# had guessed its name.
leading_folder() {
	folder=$root/folder
	mkdir -p "$folder"
	put victim root
	chmod 600 "$root/victim"
	fake_tool mktemp 'shift $(($# - 1))
		name=${1%XXXXXXXXXX}0123456789
		ln -s "'"$root"'/victim" "$name"
		echo "$name"'
}

spared() {
	[[ $(<"$root/victim") == root && $(stat -c %a "$root/victim") == 600 ]] ||
		{ tap_note "written to by $*"; return 1; }
}

test_no_link_is_followed() {
	local folder

	ready_host
	leading_folder
	inside_says 0 silent "call_bpf() { said=none; }; TEXTFILE=$folder
		rm $root/usr/bin/mktemp
		ln -s $root/victim $folder/ena-tx-header.prom.\$\$
		cmd_metrics" && spared metrics || return
	[[ $(stat -c '%a %F' "$folder/ena-tx-header.prom") == "644 regular file" ]] ||
		return
	leading_folder
	inside_says 115 "cannot write $folder/ena-tx-header.prom" \
		"call_bpf() { said=none; }; TEXTFILE=$folder; cmd_metrics" &&
		spared metrics || return
	inside_says 115 "cannot write $folder/report" "cmd_collect $folder/report" &&
		spared collect && [[ ! -e $folder/report ]]
}

# status says what the module was built from.
test_built_from() {
	local sum

	ready_host
	put etc/ena-tx-header.conf 'ENA_SRC=/usr/src/ena'
	put usr/src/ena/ena_netdev.c 'int x;'
	inside record_source "$K" 6.12.1 || return
	sum=$(cd "$root/usr/src/ena" && sha256sum ./ena_netdev.c | sha256sum)
	yields 1 "built from: $root/usr/src/ena (6.12.1, sha256 ${sum%% *})" -- \
		status || return
	put usr/src/ena/ena_netdev.c 'int y;'
	inside record_source "$K" 6.12.1 && yields 1 "built from: " "!${sum%% *}" \
		"jq .kernels[0].built_from" -- status --json || true
	yields 1 'jq .kernels[0].built_from | startswith("/")' -- status --json &&
		! grep -q "${sum%% *}" "$work/out"
}
