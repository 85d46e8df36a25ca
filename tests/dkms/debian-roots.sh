# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016
# Roots of Debian in build/lab/dkms-NAME, layers over them in
# build/lab/dkms-layers/NAME-STATE, and guests that are booted from both.

ENTER=$REPO/tests/dkms/run-in-root
KERNEL_AND_BOOT=initramfs-tools,kmod,linux-image-cloud-amd64,procps
KERNEL_AND_BOOT+=,systemd-sysv,udev,zstd
WITH_DKMS=dkms,ethtool,gcc,iproute2,iputils-ping
WITH_DKMS+=,linux-headers-cloud-amd64,linux-source,patch,python3,xz-utils

packages_of() {
	echo "$KERNEL_AND_BOOT$([[ $1 == plain ]] || echo ",$WITH_DKMS")"
}

# "plain" has no dkms yet; making "killed" is interrupted by its test.
suite_of() {
	case $1 in
	plain | killed) echo trixie ;;
	*) echo "$1" ;;
	esac
}

make_root() {
	local root=$1 dir=$LAB/dkms-$1 suite key lines later=()

	key=$(packages_of "$root" | digest)
	[[ $(cat "$dir.key" 2>/dev/null) != "$key" ]] || return 0
	suite=$(suite_of "$root")
	msg "making the root $root (two minutes or so)"
	mapfile -t lines < <(sources bullseye bookworm | grep -E " $suite(-[a-z]+)? main")
	# Mirrors have lost metapackages of its updates; cases take those by name.
	[[ $suite != bullseye ]] || { later=("${lines[@]:1}"); lines=("${lines[0]}"); }
	rm -rf "$dir"{,.new,.key,.tmp} "$LAB/dkms-layers/$root"-*
	mkdir -p "$LAB/log" "$dir.tmp"
	TMPDIR=$dir.tmp nice mmdebstrap --mode=root --variant=apt \
		--include="$(packages_of "$root")" \
		--aptopt="$LAB/apt/acquire.conf" --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook='echo virtiofs >>"$1/etc/initramfs-tools/modules"' \
		--customize-hook='chroot "$1" update-initramfs -u -k all' \
		"$suite" "$dir.new" "${lines[@]}" \
		>"$LAB/log/dkms-$root.log" 2>&1 ||
		die "$E_NETWORK" "cannot make build/lab/dkms-$root (log:" \
			"build/lab/log/dkms-$root.log)"
	((${#later[@]} == 0)) ||
		printf '%s\n' "${later[@]}" >"$dir.new/etc/apt/sources.list.d/later.list"
	mv "$dir.new" "$dir"
	rm -rf "$dir.tmp"
	echo "$key" >"$dir.key"
}

# The layer below a layer.
under_of() {
	case $1 in
	installed | tools | replaced) ;;
	put_back) echo replaced ;;
	downgraded) echo upgraded ;;
	*) echo installed ;;
	esac
}

# chain ROOT STATE: ":LAYER" for all that STATE consists of, lowest first.
chain() {
	[[ $2 ]] || return 0
	chain "$1" "$(under_of "$2")"
	printf ':%s-%s' "$1" "$2"
}

layer_key() {
	local files=(tests/dkms/cases/tools.sh)

	cd "$REPO" || return
	[[ $2 == tools ]] || mapfile -t files < <(
		# shellcheck disable=SC2046	# the list has patterns
		find $(cat scripts/operator/packaging/tree) tests/dkms/{run-in-root,run-case} \
			tests/dkms/cases/layers.sh -type f ! -name README.md |
			LC_ALL=C sort)
	{
		cat "$LAB/dkms-$1.key" "${files[@]}"
		echo "$2"
	} | digest
}

# make_layer ROOT STATE: by the case "layer_STATE"; no STATE is the root itself.
make_layer() {
	local root=$1 state=$2 dir=$LAB/dkms-layers/$1-$2 under key log

	make_root "$root" || return
	[[ $state ]] || return 0
	under=$(under_of "$state")
	[[ ! $under ]] || make_layer "$root" "$under" || return
	key=$(layer_key "$root" "$state")
	[[ $(cat "$dir/key" 2>/dev/null) != "$key" ]] || return 0
	rm -rf "$dir"
	log=$LAB/log/dkms-$root-$state.log
	"$ENTER" "$root" "$root-$state$(chain "$root" "$under")" \
		bash /src/tests/dkms/run-case "layer_$state" >"$log" 2>&1 ||
		{ cat "$log"; return 1; }
	echo "$key" >"$dir/key"
}

# in_layer ROOT STATE CMD...: what CMD writes is gone afterwards.
in_layer() {
	local root=$1 state=$2

	shift 2
	make_layer "$root" "$state" || return
	"$ENTER" "$root" "-$(chain "$root" "$state")" "$@"
}

# boot ROOT STATE RUN [ARG...] [-- RUN [ARG...]]...: a guest in which
# tests/dkms/RUN ARG... is run, and is booted again for each further one; the
# first exit status that is not 0. The newest kernel is booted.
boot() {
	local root=$1 state=$2

	shift 2
	"$ENTER" --mount "$root" "-$(chain "$root" "$state")" bash -euc '
		repo=$1 limit=$2 init=$3 disk=$4 router=$5
		shift 5
		while (($#)); do
			run=()
			until (($# == 0)) || [[ $1 == -- ]]; do
				run+=("$1")
				shift
			done
			shift $(($# > 0))
			"$repo/tests/dkms/prepare-guest" "$OP" "${run[@]}"
			kernel=$(ls "$OP/lib/modules" | sort -V | tail -n1)
			"$repo/scripts/lab" exec --mount "$OP:/op" -- env \
				LIMIT="$limit" INIT="$init" DISK="$disk" \
				ROUTER="$router" \
				tests/dkms/boot-guest \
				"$kernel" || exit
		done' \
		sh "$REPO" "${LIMIT-4800}" "${INIT-/guest/init}" \
		"${DISK-}" "${ROUTER-}" "$@"
}
