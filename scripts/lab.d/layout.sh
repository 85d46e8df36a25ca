# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# What is in the lab, and where.
#
# build/lab/root         Debian 13, never changed once made
# build/lab/layers/X.Y   a kernel's image, headers and source
# build/lab/layers/test  compilers and checkers for the tests
# build/lab/layers/dpdk  DPDK's testpmd and its driver for ENA
# build/lab/layers/debug what tests/debug-kernel/build-debug-kernel made
# build/lab/stamps       a file for each finished stage, with its key
# build/lab/cache, apt   packages and lists; cache/ makes a rebuild cheap
# build/lab/log          setup.log, and a folder for each run of a guest
# build/lab/mnt          where a session mounts all this, in its own namespace

LAB=$REPO/build/lab
LOG=$LAB/log/setup.log
readonly DEFAULT_KERNEL=6.12
readonly DEBUG_SOURCE=7.3	# what the debug kernel is built from

# Raise it when a stage changes and its packages do not.
readonly LAYOUT=2

ROOT_PACKAGES="bc binutils busybox-static ca-certificates curl ethtool gcc"
ROOT_PACKAGES+=" gcc-14-for-host iproute2 jq kmod libc6-dev pahole"
ROOT_PACKAGES+=" make mount iputils-ping patch procps python3 tcpdump util-linux virtiofsd"
ROOT_PACKAGES+=" xz-utils zstd"
readonly ROOT_PACKAGES
TEST_PACKAGES="clang lld llvm libclang-rt-19-dev gcc-aarch64-linux-gnu libcmocka-dev gcovr"
TEST_PACKAGES+=" coccinelle libpython3.13-dev codespell shellcheck sparse perl python3-ply"
TEST_PACKAGES+=" bison flex libelf-dev libbpf-dev libssl-dev bpftool dkms nftables iperf3"
TEST_PACKAGES+=" ipxe git git-email libmailtools-perl b4 locales rsync pylint python3-yaml"
TEST_PACKAGES+=" openssh-client openssh-server valgrind dnsmasq-base"
readonly TEST_PACKAGES

# testpmd is in dpdk-dev; without the headers of all of DPDK, and what only hardware
# needs.
DPDK_PACKAGES="librte-net-ena25 librte-mempool-ring25"
DPDK_UNNEEDED='^(libdpdk-dev|rdma-core|libsystemd-shared|systemd|udev|libapparmor1'
DPDK_UNNEEDED+='|isa-support|sse4.2-support)$'
readonly DPDK_PACKAGES DPDK_UNNEEDED

# Dependencies of a kernel's image and headers, without tools that install it.
KERNEL_PACKAGES='^(linux-(image|binary|modules|headers|kbuild|compiler)-'
KERNEL_PACKAGES+='|linux-base-[0-9]|(gcc|cpp)-[0-9]+|libgcc-[0-9]+-dev)'
readonly KERNEL_PACKAGES

# The debug kernel's inputs: source, compiler, configuration and how.
debug_key() {
	{
		stage_key "$DEBUG_SOURCE"
		cat "$LAB/layers/$DEBUG_SOURCE/usr/lib/lab/$DEBUG_SOURCE/release" \
			"$REPO"/tests/debug-kernel/{*.config,compile-debug-kernel} 2>/dev/null
	} | digest
}

# stage_key STAGE: a stage is made again when this changes.
stage_key() {
	case $1 in
	root) echo "$LAYOUT $ROOT_PACKAGES" | digest ;;
	test) echo "$(stage_key root) $TEST_PACKAGES" | digest ;;
	dpdk) echo "$(stage_key root) $DPDK_PACKAGES $DPDK_UNNEEDED" | digest ;;
	debug) debug_key ;;
	*) echo "$(stage_key root) $1 $KERNEL_PACKAGES" | digest ;;
	esac
}

stage_done() {
	local key

	{ read -r key <"$LAB/stamps/$1"; } 2>/dev/null &&
		[[ $key == "$(stage_key "$1")" ]]
}
