# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153
# Is this host affected, and could the module be built and loaded here?

# kdir_of KERNEL: its headers. An absolute link is one within the other root.
kdir_of() {
	local dir=/lib/modules/$1/build link

	link=$(readlink "$ROOT$dir") || true
	[[ $link != /* ]] || dir=$link
	echo "$ROOT$dir"
}

# in_archive PACKAGE: does the package manager have it? Of another root it is not
# asked: only Ubuntu has linux-source-X.Y.0.
in_archive() {
	if [[ $ROOT ]]; then
		[[ $1 != linux-source-* || $1 == *.0 ]] ||
			! grep -qsx 'ID=ubuntu' "$ROOT/etc/os-release" || return
		[[ -e $ROOT/etc/debian_version || $1 == kernel-devel-* ]]
	elif have apt-cache; then
		apt-cache show "$1"
	else
		have dnf && dnf -q repoquery "$1" | grep .
	fi
} >/dev/null 2>&1

# apt's lists of packages, which an image comes without.
readonly LISTS="$ROOT/var/lib/apt/lists/*_Packages*"

# rpm_of KERNEL: the name of its package, such as kernel6.12 or kernel-uek-core.
rpm_of() {
	local name

	[[ ! $ROOT ]] && name=$(rpm -qf --qf '%{NAME}\n' \
		"/lib/modules/$1/vmlinuz" 2>/dev/null) || name=kernel
	echo "${name%%$'\n'*}"
}

# package_hint headers|source KERNEL: how this distribution installs them, by a
# package that it has.
package_hint() {
	local what=$1 kernel=$2 xy name

	xy=$(cut -d. -f1,2 <<<"$kernel")
	case $what in
	headers) name=$(rpm_of "$kernel")
		set -- "linux-headers-$kernel" "${name%-core}-devel-$kernel" ;;
	*) set -- "linux-source-$xy" "linux-source-$xy.0" ;;
	esac
	for name; do
		in_archive "$name" || continue
		[[ $name == linux-* ]] && echo "apt install $name" ||
			echo "dnf install $name"
		return
	done
	if installed apt-get && ! compgen -G "$LISTS" >/dev/null; then
		echo "run 'apt update': apt has no lists of packages yet"
	elif [[ $what == headers ]]; then
		echo "no package has them any more: upgrade the kernel with its" \
			"headers"
	else
		! can_fetch "$kernel" ||
			echo -n "run '$NAME fetch-source --kernel $kernel', or "
		named_hint "$kernel"
	fi
}

# source_package KERNEL: NAME=VERSION, as its headers' package says. Not all have a
# linux-source: Ubuntu's linux-aws-6.8 has none.
source_package() {
	# shellcheck disable=SC2016	# of dpkg
	dpkg-query -W -f '${db:Status-Status} ${source:Package}=${source:Version}\n' \
		"linux-headers-$1" 2>/dev/null | sed -n 's/^installed //p' || true
}

# can_fetch KERNEL: does the package manager have what fetch-source takes?
can_fetch() {
	local name

	[[ ! $ROOT ]] || return
	if have apt-cache; then
		name=$(source_package "$1")
		[[ $name ]] && apt-cache showsrc "${name%%=*}" | grep .
	else
		have dnf && ! has_vendors "$1"
	fi
} >/dev/null 2>&1

named_hint() {
	echo "put ENA_SRC=DIR of a kernel $(cut -d. -f1,2 <<<"$1"), or of the" \
		"vendor's repository, into /etc/$NAME.conf"
}

# The source that scripts/operator/driver-source would take.
source_of() {
	source_for "$(cut -d. -f1,2 <<<"$1")" "$(kdir_of "$1")" "$1"
}

# has_fix FILE: a stock driver that came with the check. That function of it is
# never inlined.
has_fix() {
	[[ -f $1 ]] &&
		plain "$1" 2>/dev/null | grep -c ena_tx_l4_header_end >/dev/null
}

# Is the running driver fixed? Of a stock one only the file can tell.
runs_fixed() {
	local file

	[[ ! $(running_marker) ]] || return 0
	file=$(module_of "$ROOT" "$(running_kernel)")
	has_fix "$file" && [[ $(running_id) == "$(module_id "$file")" ]]
}

config_of() {
	local config=$ROOT/boot/config-$1

	[[ -e $config ]] || config=$(kdir_of "$1")/.config
	echo "$config"
}

# Amazon Linux has the vendor's driver, in its patches. The tarball of its source RPM
# has another one.
has_vendors() {
	[[ $(in_tree "$1") == */drivers/amazon/* ]] ||
		grep -qs '^CONFIG_AMAZON_ENA_ETHERNET=' "$(config_of "$1")"
}

# Why dkms.conf leaves a kernel out, if it does.
excluded() {
	local kernel=$1 pattern config

	if kept_stock "$kernel"; then
		echo "is in KEEP_STOCK of /etc/$NAME.conf"
		return
	fi
	pattern=$(dkms_value BUILD_EXCLUSIVE_KERNEL)
	if [[ ! $kernel =~ $pattern ]]; then
		echo "is older than 5.10"
		return
	fi
	config=$(config_of "$kernel")
	if is_builtin "$kernel"; then
		echo "has ena built in"
	elif has_fix "$(stock_module "$kernel")"; then
		echo "has the fix in its own ena driver"
	elif [[ -e $config ]] &&
		! grep -Eq '^CONFIG_(AMAZON_)?ENA_ETHERNET=' "$config"; then
		echo "has no ENA driver"
	fi
}

headers_problem() {
	[[ -e $(kdir_of "$1")/include ]] || echo "$E_HEADERS no headers of $1:" \
		"$(package_hint headers "$1")"
}

source_problem() {
	local kernel=$1 hint

	[[ ! $(source_of "$kernel") ]] || return 0
	hint=$(package_hint source "$kernel")
	! misnamed || hint="correct that"
	[[ ! $(named_source) ]] ||
		hint="ENA_SRC in /etc/$NAME.conf: $(named_why): $hint"
	echo "$E_SOURCE no source for $kernel: $hint"
}

# Each line: an exit code and what is wrong with building for KERNEL.
kernel_problems() {
	headers_problem "$1"
	source_problem "$1"
	foreign_problem "$1"
}

# MiB that a build needs (measured 60, doubled), and the module.
readonly NEED_BUILD=120 NEED_MODULES=20

# initramfs_mib KERNEL...: the largest initramfs that is there, and a tenth more:
# the new one is written beside it.
initramfs_mib() {
	local kernel file size largest=0

	for kernel; do
		file=$(initramfs_file "$kernel")
		[[ $file ]] || continue
		size=$(stat -L -c %s "$file")
		((size <= largest)) || largest=$size
	done
	echo $((largest * 11 / 10 / 1048576 + 2))
}

host_problems() {
	local dir need

	installed dkms || echo "$E_DKMS dkms is not installed: install the package dkms"
	# A user who is not root can write none of them.
	for dir in $( ((EUID)) || echo /lib/modules /var/lib /usr/src /boot); do
		writable "$ROOT$dir" || echo "$E_WRITE $dir cannot be written:" \
			"remount it read-write, or free space on it"
	done
	while read -r dir need; do
		space_problem "$dir" "$need"
	done < <(spaces)
	signature_problem
	remedy_problem
}

# Folders and the MiB that are needed there.
spaces() {
	echo "/var/lib$([[ ! -d ${DKMS%/*} ]] || echo /dkms) $NEED_BUILD"
	# shellcheck disable=SC2046	# releases have no spaces
	echo "/boot $(initramfs_mib $(kernels))"
	echo "/lib/modules $NEED_MODULES"
	echo "${TMPDIR:-/tmp} $NEED_BUILD"
}

free_spaces() {
	local dir

	while read -r dir _; do
		echo "$dir $(free_mib "$ROOT$dir")"
	done < <(spaces)
}

space_problem() {
	local free

	free=$(free_mib "$ROOT$1")
	((free >= $2)) || echo "$E_DISK $1 has $free MiB free, $2 are needed"
}

# interface_row PCI: appends to the caller's "interfaces" and "placements".
interface_row() {
	local net where mtu

	net=$(netdev_of "$1")
	where=$(placement "$1")
	mtu=$(cat "$ROOT/sys/class/net/$net/mtu" 2>/dev/null) || true
	placements+=" ${where%% *}"
	say "interface ${net:-(in another network namespace)} $1:" \
		"placement $where, MTU ${mtu:-unknown}"
	interfaces+=$(json_object name? "$net" pci "$1" \
		placement "${where%% *}" known_by "${where#* }" \
		mtu= "${mtu:-null}")$'\n'
}

verdict_of() {
	if runs_fixed; then
		echo "fixed"
	elif [[ $placements == *host* ]]; then
		echo "affected"
	elif [[ $placements == *unknown* ]]; then
		echo "unknown"
	else
		echo "unaffected"
	fi
}

# check_kernel KERNEL: appends to the caller's "rows" and "problems".
check_kernel() {
	local kernel=$1 why wrong=''

	why=$(excluded "$kernel")
	[[ $why ]] || wrong=$(kernel_problems "$kernel")
	problems+=${wrong:+$wrong$'\n'}
	rows+=$(json_object kernel "$kernel" excluded? "$why" \
		headers= "$(json_bool test -e "$(kdir_of "$kernel")/include")" \
		source? "$(source_of "$kernel")")$'\n'
	[[ $why ]] || why=${wrong:+cannot be built for it}
	say "kernel $kernel: ${why:-headers and source present}"
}

problems_json() {
	local code text

	while read -r code text; do
		[[ ! $code ]] || json_object code= "$code" text "$text"
	done | json_array
}

# What traffic says of a host that is affected by its configuration.
watch_verdict() {
	local ports=() names=()
	local -A seen

	needs_this_host
	find_ports
	watch_frames "$DURATION"
	verdict=$(verdict_by_traffic)
	traffic=$(traffic_text "$verdict")
	traffic_json=$(watch_json "$DURATION")
}

cmd_check() {
	local placements='' interfaces='' rows='' problems='' made verdict name
	local unseen traffic='' traffic_json=null

	for name in $(ena_functions); do
		interface_row "$name"
	done
	[[ $interfaces ]] || say "no ENA interface"
	unseen=$(ena_unseen)
	[[ ! $unseen ]] || { say "$unseen"; placements+=" unknown"; }
	made=$(producers)
	say "producers of short heads: ${made:-none seen}"
	say "running: $(running_text)"
	name=$(signature_rule)
	say "signatures: ${name:-not insisted on}${name:+ is on}"
	say "free MiB: $(free_spaces | paste -sd' ')"
	for name in $(kernels); do
		check_kernel "$name"
	done
	problems+=$(host_problems)
	[[ ! $problems ]] || say "$(sed '/./s/^[0-9]* /PROBLEM: /' <<<"$problems")"
	verdict=$(verdict_of)
	if [[ $DURATION && $verdict == affected ]]; then
		watch_verdict
	fi
	say "verdict: $verdict$traffic"
	check_json
	[[ $verdict == fixed || $verdict == unaffected ]]
}

# shellcheck disable=SC2046	# a name and a number each
check_json() {
	[[ $JSON ]] || return 0
	answer version "$VERSION" verdict "$verdict" traffic= "$traffic_json" \
		running= "$(json_object marker? "$(running_marker)" \
			id? "$(running_id)")" \
		interfaces= "$(json_array <<<"$interfaces")" \
		producers= "$(json_strings <<<"$made")" \
		signatures? "$(signature_rule)" \
		free_mib= "$(json_object $(free_spaces | sed 's/ /= /'))" \
		kernels= "$(json_array <<<"$rows")" \
		problems= "$(problems_json <<<"$problems")"
}
