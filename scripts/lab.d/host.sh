# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# What the lab asks of the host, and the host's own package mirrors.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# MiB of each stage in build/lab with its downloads (measured: 800, 500 to 700,
# 800, 40), and of what is built later.
readonly MIB_ROOT=1000 MIB_KERNEL=800 MIB_TEST=1000 MIB_DPDK=60 MIB_RESERVE=500

check_host() {
	local arch missing=() tool

	require_root
	arch=$(uname -m)
	[[ $arch == x86_64 ]] ||
		die "$E_HOST" "the lab runs on x86_64 only, this is $arch"
	for tool in apt-get dpkg-deb mount unshare setpriv flock pivot_root; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	((${#missing[@]} == 0)) ||
		die "$E_HOST" "the lab needs Debian 12 or 13 with the packages" \
			"mount and util-linux; missing here: ${missing[*]}"
	unshare --mount --pid --net --fork true 2>/dev/null ||
		die "$E_HOST" "cannot create namespaces; in a container, give it" \
			"CAP_SYS_ADMIN (docker run --privileged)"
}

# need_mib STAGE...
need_mib() {
	local mib=$MIB_RESERVE stage

	for stage; do
		case $stage in
		root) mib=$((mib + MIB_ROOT)) ;;
		test) mib=$((mib + MIB_TEST)) ;;
		dpdk) mib=$((mib + MIB_DPDK)) ;;
		*) mib=$((mib + MIB_KERNEL)) ;;
		esac
	done
	echo "$mib"
}

free_mib() {
	df --output=avail -B1M "$LAB" | tail -n1 | tr -d ' '
}

# check_disk MIB: fails before anything is written.
check_disk() {
	local free

	free=$(free_mib)
	((free >= $1)) || die "$E_DISK" "$LAB needs $1 MiB of disk space," \
		"$free are free; free some, or mount a larger disk at build/"
}

# index_targets [OPTION]: the repository and suite of each of apt's sources that is
# Debian's, or whose lists are not there to tell.
index_targets() {
	# shellcheck disable=SC2016	# apt expands them
	apt-get indextargets "$@" --format \
		'$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)' |
		awk -F'|' '$1 == "Packages" && $4 == "main" &&
			($5 == "Debian" || $5 ~ /^\$/) { print $2, $3 }'
}

# mirror SUITE-PATTERN: the repository of such a suite.
mirror() {
	awk -v p="^($1)\$" '$2 ~ p { print $1; exit }' <<<"$targets"
}

# older_suites STAGE...: the suites of kernels before Debian 13's.
older_suites() {
	local stage

	for stage; do
		case $stage in
		[1-5].*) echo bullseye ;;
		6.? | 6.1[01]) echo bookworm ;;
		esac
	done
}

# sources SUITE...: the lab's sources.list, from the host's mirrors: those suites
# and Debian 13's.
sources() {
	local names='bullseye|bookworm|trixie|oldstable|stable|testing|sid|unstable'
	local targets base security suite

	targets=$(index_targets)
	# If apt has never fetched a list.
	[[ $targets ]] || targets=$(index_targets --no-release-info)
	base=$(mirror "$names")
	[[ $base ]] || die "$E_HOST" "apt has no Debian archive (bookworm or" \
		"trixie, main) among its sources; see 'apt-get indextargets'"
	security=$(mirror "($names)(-security|/updates)")
	for suite in "$@" trixie; do
		echo "deb [signed-by=$KEYRING] $base $suite main"
		echo "deb [signed-by=$KEYRING] $base $suite-updates main"
		[[ $security ]] && echo "deb [signed-by=$KEYRING]" \
			"$security $suite-security main"
	done
	echo "deb [signed-by=$KEYRING] $base trixie-backports main"
}

# How the host reaches its mirrors (proxies, timeouts, certificates), without its
# hooks and preferences.
apt_conf() {
	apt-config dump | grep -E '^Acquire::[A-Za-z0-9:-]+ ' |
		grep -vE '^Acquire::(IndexTargets|GzipIndexes|Languages)'
	cat <<-EOF
	Acquire::Languages "none";
	Acquire::Retries "2";
	Acquire::http::Timeout "20";
	Acquire::https::Timeout "20";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	APT::Install-Recommends "false";
	APT::Sandbox::User "root";
	APT::Update::Error-Mode "any";
	EOF
}

# A fresh machine may have no package lists yet.
ensure_mmdebstrap() {
	local install='apt-get install -y -q --no-install-recommends mmdebstrap'

	command -v mmdebstrap >/dev/null && return
	msg "installing mmdebstrap on this machine ($install)"
	{ $install || { apt-get update -q && $install; }; } </dev/null \
		>>"$LOG" 2>&1 && return
	die "$E_NETWORK" "cannot install mmdebstrap (log:" \
		"build/lab/log/setup.log); check this machine's 'apt-get update'"
}
