# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Is this host affected, and could the module be built and loaded here?

kdir_of() {
	echo "$ROOT/lib/modules/$1/build"
}

# Which package brings a kernel's headers or source, in the host's terms.
package_hint() {
	local what=$1 kernel=$2 xy

	xy=$(cut -d. -f1,2 <<<"$kernel")
	if [[ -e $ROOT/etc/debian_version && $what == headers ]]; then
		echo "apt install linux-headers-$kernel"
	elif grep -qs '^ID=ubuntu$' "$ROOT/etc/os-release"; then
		echo "apt install linux-source-$xy.0"
	elif [[ -e $ROOT/etc/debian_version ]]; then
		echo "apt install linux-source-$xy"
	elif [[ $what == headers ]]; then
		echo "dnf install kernel-devel-$kernel"
	else
		echo "put ENA_SRC=DIR of a kernel $xy into /etc/$NAME.conf"
	fi
}

# setting NAME: of the configuration file, which is for a shell to read.
setting() {
	local value="\"([^\"]*)\"|'([^']*)'|([^[:space:]#\"']*)"

	sed -nE "s/^(export )?$1=($value).*/\3\4\5/p" \
		"$ROOT/etc/$NAME.conf" 2>/dev/null | tail -n1
}

named_source() {
	echo "${ENA_SRC-$(setting ENA_SRC)}"
}

# Does somebody want KERNEL to keep its stock driver?
kept_stock() {
	[[ " $(setting KEEP_STOCK) " == *" $1 "* ]]
}

# The source that scripts/operator/driver-source would take: a named one or none.
source_of() {
	local xy place src ena=drivers/net/ethernet/amazon/ena

	xy=$(cut -d. -f1,2 <<<"$1")
	src=$(named_source)
	if [[ $src ]]; then
		[[ ! -e $ROOT$src/ena_netdev.c ]] || echo "$ROOT$src"
		return
	fi
	for place in "$(kdir_of "$1")/$ena" \
		"$ROOT/usr/src/linux-source-$xy"{,.0}/{"$ena",linux-source-*.tar.*} \
		"$ROOT/usr/src/linux-source-$xy"{,.0}.tar.*; do
		[[ -f $place || -e $place/ena_netdev.c ]] || continue
		echo "$place"
		return
	done
}

# Why dkms.conf leaves a kernel out, if it does.
excluded() {
	local kernel=$1 pattern config

	if kept_stock "$kernel"; then
		echo "is in KEEP_STOCK of /etc/$NAME.conf"
		return
	fi
	pattern=$(conf_value BUILD_EXCLUSIVE_KERNEL)
	if [[ ! $kernel =~ $pattern ]]; then
		echo "is not among the kernels 6.1 to 7.3"
		return
	fi
	config=$ROOT/boot/config-$kernel
	[[ -e $config ]] || config=$(kdir_of "$kernel")/.config
	if is_builtin "$kernel"; then
		echo "has ena built in"
	elif [[ -e $config ]] &&
		! grep -Eq '^CONFIG_(AMAZON_)?ENA_ETHERNET=' "$config"; then
		echo "has no ENA driver"
	fi
}

headers_problem() {
	[[ -e $(kdir_of "$1")/include ]] || echo "$E_HEADERS no headers of $1:" \
		"$(package_hint headers "$1")"
}

# Each line: an exit code and what is wrong with building for KERNEL.
kernel_problems() {
	local kernel=$1 hint

	hint=$(package_hint source "$kernel")
	[[ ! $(named_source) ]] ||
		hint="what ENA_SRC in /etc/$NAME.conf names has no ena_netdev.c"
	headers_problem "$kernel"
	[[ $(source_of "$kernel") ]] ||
		echo "$E_SOURCE no source for $kernel: $hint"
	foreign_problem "$kernel"
}

# MiB that a build and an initramfs need (measured 60 and 55, doubled).
readonly NEED_BUILD=120 NEED_BOOT=110 NEED_MODULES=20

host_problems() {
	local dir need

	have dkms || echo "$E_DKMS dkms is not installed: install the package dkms"
	for dir in /lib/modules /var/lib /usr/src /boot; do
		writable "$ROOT$dir" || echo "$E_WRITE $dir cannot be written:" \
			"remount it read-write, or free space on it"
	done
	while read -r dir need; do
		space_problem "$dir" "$need"
	done < <(spaces)
	signature_problem before
}

# signature_problem before | after FILE: dkms makes its key when it builds for
# the first time; before that, only a key that cannot be made is a problem. FILE,
# which it built, may be of another key, or unsigned: dkms goes on without.
signature_problem() {
	local rule pub

	rule=$(signature_rule)
	[[ $rule ]] || return 0
	pub=$(certificate)
	if key_enrolled; then
		[[ $1 == before ]] || signature_trusted "$2" ||
			echo "$E_SIGNATURE $rule is on and the module is not" \
				"signed with the key of dkms: see $STATE/log," \
				"and have '$NAME install' build it again"
	elif [[ -e $pub ]]; then
		echo "$E_SIGNATURE $rule is on and the key that dkms signs with is" \
			"not enrolled: mokutil --import ${pub#"$ROOT"}, reboot and" \
			"confirm it at the console"
	elif ! have openssl; then
		echo "$E_SIGNATURE $rule is on and dkms signs nothing without" \
			"openssl: install the package openssl"
	elif [[ $1 == after ]]; then
		echo "$E_SIGNATURE $rule is on and dkms has signed nothing: see" \
			"$STATE/log"
	fi
}

# The certificate of dkms; Ubuntu has its own place for it.
certificate() {
	local pub conf=$ROOT/etc/dkms/framework.conf

	pub=$(cat "$conf" "$conf".d/*.conf 2>/dev/null |
		sed -n 's/^mok_certificate="\?\([^"]*\)"\?$/\1/p' | tail -n1)
	if [[ ! $pub ]]; then
		pub=/var/lib/dkms/mok.pub
		[[ ! -e $ROOT/var/lib/shim-signed/mok/MOK.der ]] ||
			pub=/var/lib/shim-signed/mok/MOK.der
	fi
	echo "$ROOT$pub"
}

# What is looked at, and how much of it is needed.
spaces() {
	echo "/var/lib $NEED_BUILD"
	echo "/boot $NEED_BOOT"
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

# of_certificate OPTION...: what openssl says of it.
of_certificate() {
	openssl x509 -inform DER -in "$(certificate)" -noout "$@" 2>/dev/null ||
		true
}

certificate_name() {
	of_certificate -subject -nameopt multiline |
		sed -n 's/.*commonName *= //p'
}

certificate_serial() {
	of_certificate -serial | sed -n 's/^serial=//p'
}

# Does the running kernel trust the key that dkms signs with? It lists keys as
# "NAME: ID", which is the serial number's where the subject key has none.
key_enrolled() {
	local pub name id

	pub=$(certificate)
	[[ -e $pub ]] || return 1
	if have mokutil && [[ $(mokutil --test-key "$pub" 2>/dev/null) == \
		*"already enrolled"* ]]; then
		return 0
	fi
	name=$(certificate_name)
	id=$(of_certificate -ext subjectKeyIdentifier |
		sed -n 's/^ *\([0-9A-F:]\+\)$/\1/p' | tr -d :)
	id=${id:-$(certificate_serial)}
	[[ $name && $id ]] && grep -qisF -e " $name: $id:" \
		-e " $name: 00$id:" "$ROOT/proc/keys"
}

interface_row() {
	local function=$1 net where mtu

	net=$(netdev_of "$function")
	where=$(placement "$function")
	mtu=$(cat "$ROOT/sys/class/net/$net/mtu" 2>/dev/null) || true
	[[ ${where%% *} == llq ]] || affected+=("${where%% *}")
	say "interface ${net:-(in another network namespace)} $function:" \
		"placement $where, MTU ${mtu:-unknown}"
	interfaces+=$(json_object name? "$net" pci "$function" \
		placement "${where%% *}" known_by "${where#* }" \
		mtu= "${mtu:-null}")$'\n'
}

verdict_of() {
	if [[ $(running_marker) ]]; then
		echo "fixed"
	elif [[ " ${affected[*]} " == *" host "* ]]; then
		echo "affected"
	elif ((${#affected[@]})); then
		echo "unknown"
	else
		echo "unaffected"
	fi
}

check_kernels() {
	local kernel why problems

	for kernel in $(kernels); do
		why=$(excluded "$kernel")
		problems=''
		[[ $why ]] || problems=$(kernel_problems "$kernel")
		[[ ! $problems ]] || all+=$problems$'\n'
		say "kernel $kernel: ${why:-${problems:+cannot be built for}}\
$([[ $why$problems ]] || echo "headers and source present")"
		rows+=$(json_object kernel "$kernel" excluded? "$why" \
			headers= "$([[ -e $(kdir_of "$kernel")/include ]] &&
				echo true || echo false)" \
			source? "$(source_of "$kernel")")$'\n'
	done
}

cmd_check() {
	local affected=() interfaces='' rows='' all='' made verdict function

	for function in $(ena_functions); do
		interface_row "$function"
	done
	[[ $interfaces ]] || say "no ENA interface"
	made=$(producers)
	say "producers of short heads: ${made:-none seen}"
	say "running: $(running_text)"
	say "signatures: $(signature_text)"
	say "free MiB: $(free_spaces | paste -sd' ')"
	check_kernels
	all+=$(host_problems)
	[[ ! $all || $JSON ]] || sed '/./s/^[0-9]* /PROBLEM: /' <<<"$all"
	verdict=$(verdict_of)
	say "verdict: $verdict"
	[[ ! $JSON ]] || check_json
	[[ $verdict == fixed || $verdict == unaffected ]]
}

signature_text() {
	local rule

	rule=$(signature_rule)
	if [[ $rule ]]; then
		echo "$rule is on"
	else
		echo "not insisted on"
	fi
}

# shellcheck disable=SC2046	# a name and a number each
check_json() {
	json_object version "$VERSION" verdict "$verdict" \
		running= "$(json_object marker? "$(running_marker)" \
			id? "$(running_id)")" \
		interfaces= "$(json_array <<<"$interfaces")" \
		producers= "$(while IFS= read -r l; do [[ ! $l ]] ||
			{ json_string "$l"; echo; }; done <<<"$made" | json_array)" \
		signatures? "$(signature_rule)" \
		free_mib= "$(json_object $(free_spaces | sed 's/ /= /'))" \
		kernels= "$(json_array <<<"$rows")" \
		problems= "$(while read -r code text; do [[ ! $code ]] ||
			{ json_object code= "$code" text "$text"; echo; }
			done <<<"$all" | json_array)"
	echo
}
