# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2164	# for those that source it under -e
# What the scripts here share.

cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../.."
# shellcheck source=scripts/base.sh
. scripts/base.sh
# shellcheck source=scripts/operator/conf.sh
. scripts/operator/conf.sh

VERSION=$(dkms_value PACKAGE_VERSION)
SOURCE=ena-tx-header-$VERSION
# The packages' date, in seconds: that of the commit, which a tarball's files have.
DATE=$([[ -e .git ]] && git log -1 --format=%ct 2>/dev/null) ||
	DATE=$(stat -c %Y dkms.conf)

# Nothing else of the environment gets into a package.
umask 022
for var in $(compgen -e); do
	[[ $var == PATH ]] || unset "$var"
done
export LC_ALL=C TZ=UTC0 HOME=/nonexistent SOURCE_DATE_EPOCH=$DATE

# stage OUT: a new folder with the source in OUT/$SOURCE, of that date.
stage() {
	rm -rf "$1"
	mkdir -p "$1/$SOURCE"
	# shellcheck disable=SC2046	# lists of names and patterns
	cp -a --parents $(cat scripts/operator/packaging/{tree,docs}) \
		scripts/operator/packaging "$1/$SOURCE"
	chmod -R u=rwX,go=rX "$1/$SOURCE"
	find "$1/$SOURCE" -exec touch -h -d "@$DATE" {} +
}

# logged LOG CMD...
logged() {
	local log=$1

	shift
	"$@" >"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		die "$E_BUILD" "the package does not build (log: $log)"
	}
}

# rpm_of SPEC OUT [ARG...]
rpm_of() {
	logged "$2/build.log" rpmbuild -bb --define "_topdir $2" \
		--define "use_source_date_epoch_as_buildtime 1" \
		--define "clamp_mtime_to_source_date_epoch 1" \
		--define "_buildhost localhost" --define "ena_version $VERSION" \
		--define "_sbindir /usr/sbin" \
		--define "ena_date $(date -u -d "@$DATE" "+%a %b %d %Y")" \
		"${@:3}" "scripts/operator/packaging/rpm/$1.spec"
}

# bpf_program OUT TOOL...: what mitigate and watch load, as OUT/ena-tx-bpf.
bpf_program() {
	local out=$1 tool

	shift
	for tool in clang cc make "$@"; do
		command -v "$tool" >/dev/null || die "$E_BUILD" "no $tool; install" \
			"clang, gcc, make, and libbpf-dev, libelf-dev and dpkg-dev, or" \
			"libbpf-static, elfutils-libelf-devel, zlib-devel and rpm-build"
	done
	rm -rf "$out"
	mkdir -p "$out"
	logged "$out/build.log" make -C scripts/operator/bpf O="$out/bpf"
	strip -o "$out/ena-tx-bpf" "$out/bpf/ena-tx-bpf"
	rm -rf "$out/bpf"
}
