# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The readers of dkms.conf and of the operator's /etc/ena-tx-header.conf.

# dkms_value NAME: as dkms.conf assigns it. PACKAGE_VERSION is the one place for
# the version.
dkms_value() {
	sed -n "s/^$1=\"\(.*\)\"\$/\1/p" \
		"$(dirname -- "${BASH_SOURCE[0]}")/../../dkms.conf"
}

readonly CONF_FILE=${ENA_TX_HEADER_ROOT-}/etc/ena-tx-header.conf
readonly CONF_KEYS='ENA_SRC|KEEP_STOCK|REMEDY'

# conf_problem: the first line that cannot be taken as it is. It may have been meant
# to keep a kernel's driver.
conf_problem() {
	local line n=0 why='' given=' '

	[[ -e $CONF_FILE || -L $CONF_FILE ]] || return 0
	[[ -f $CONF_FILE && -r $CONF_FILE ]] || {
		echo "/etc/ena-tx-header.conf is not a file that can be read"
		return
	}
	while IFS= read -r line || [[ $line ]]; do
		n=$((n + 1))
		line_problem "$line"
		[[ ! $why ]] || {
			echo "line $n of /etc/ena-tx-header.conf, '$line', $why"
			return
		}
	done <"$CONF_FILE"
}

# line_problem LINE: sets "why" if it is neither empty, nor a comment, nor NAME=value
# as "setting" reads it; "given" are the names so far.
line_problem() {
	local value="\"[^\"]*\"|'[^']*'|[^[:space:]#\"']*" key

	[[ ! $1 =~ ^[[:space:]]*(#.*)?$ ]] || return 0
	if [[ ! $1 =~ ^(export )?($CONF_KEYS)=($value)[[:space:]]*(#.*)?$ ]]; then
		why="is not one of ${CONF_KEYS//|/, } with =value"
		return
	fi
	key=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]//[\"\']}
	if [[ $value == *[\$\`\\]* ]]; then
		why="is not executed as shell: write the value itself"
	elif [[ $given == *" $key "* ]]; then
		why="is a second line of $key: write one line of them"
	elif [[ $key == ENA_SRC ]] && has_relative "$value"; then
		why="names a folder that does not begin with /"
	fi
	[[ ! $value ]] || given+="$key "
}

# has_relative VALUE: one folder, which may have spaces in its name, or several.
has_relative() {
	[[ $1 && $1 != /* ]] || {
		[[ ! -e ${ENA_TX_HEADER_ROOT-}$1 ]] &&
			[[ $1 =~ [[:space:]][^/[:space:]] ]]
	}
}

# setting NAME: with or without quotes and "export". The file is not executed: it
# may be that of a volume that is only mounted here.
setting() {
	local value="\"([^\"]*)\"|'([^']*)'|([^[:space:]#\"']*)"

	sed -nE "s/^(export )?$1=($value).*/\3\4\5/p" \
		"$CONF_FILE" 2>/dev/null |
		tail -n1
}

named_source() {
	echo "${ENA_SRC-$(setting ENA_SRC)}"
}

# What the driver does about a cut header. A line that "setting" cannot read, such
# as one with an open quote, is not the default.
remedy() {
	local value

	value=$(setting REMEDY)
	[[ $value ]] || value=$(sed -nE \
		's/^[[:space:]]*(export[[:space:]]+)?REMEDY[[:space:]]*=?[[:space:]]*//p' \
		"${ENA_TX_HEADER_ROOT-}/etc/ena-tx-header.conf" 2>/dev/null |
		tail -n1) || true
	echo "${value:-linearize}"
}

# Of KEEP_STOCK, one a line.
kept_kernels() {
	setting KEEP_STOCK | tr -s '[:space:]' '\n' | grep . || true
}

# Is KERNEL to keep its stock driver?
kept_stock() {
	kept_kernels | grep -xF -- "$1" >/dev/null
}
