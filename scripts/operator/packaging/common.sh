# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2164	# for those that source it under -e
# What make-deb and make-rpm share.

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
	# shellcheck disable=SC2046	# a list of names and patterns
	cp -a --parents $(cat scripts/operator/packaging/tree) \
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
