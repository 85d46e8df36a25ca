# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034	# of scripts/check: ksrc, out, top, work
# The checks that compile. Stock and patched driver are built in the same way;
# only new warnings of the patched one count.

readonly ENA=drivers/net/ethernet/amazon/ena

# sparse 0.6.4 does not know these, and stops at the first error.
SPARSE_FLAGS="-D__CHECK_ENDIAN__ -D__typeof_unqual__=__typeof__"
SPARSE_FLAGS+=" '-D__builtin_strlen(x)=(sizeof(x)-1)'"
readonly SPARSE_FLAGS

# make_kernel ARCH COMPILER ARG...: in a tree prepared for modules
make_kernel() {
	local arch=$1 args=()

	case $1-$2 in
	*-clang) args=(LLVM=1) ;;
	arm64-gcc) args=(CROSS_COMPILE=aarch64-linux-gnu-) ;;
	esac
	shift 2
	nice make -s -j2 -C "$ksrc" O="$tree" ARCH="$arch" "${args[@]}" "$@"
}

prepare_tree() {
	[[ ! -e $tree/.ready ]] || return 0
	rm -rf -- "$tree"
	mkdir -p -- "$tree"
	make_kernel "$1" "$2" defconfig
	"$ksrc/scripts/config" --file "$tree/.config" -e PCI -e PCI_MSI \
		-m ENA_ETHERNET -d WERROR -d DEBUG_INFO_BTF -e DEBUG_NET
	make_kernel "$1" "$2" olddefconfig modules_prepare
	touch "$tree/.ready"
}

# The stock driver, the patched one, and the unit tests as a module.
stage_driver() {
	rm -rf -- "$work/stock" "$work/patched" "$work/tests"
	mkdir -p -- "$work/a/$ENA"
	cp -- "$ksrc/$ENA"/* "$work/a/$ENA"
	mv -- "$work/a/$ENA" "$work/stock"
	cp -r -- "$work/stock" "$work/patched"
	patch -s -d "$work/patched" --fuzz=0 -p6 <"$(echo "$top"/patches/0001-*)"
	cp -r -- "$top/tests/check" "$work/tests"
	cp -- "$top/kernel/linux/ena/ena_tx_header.c" "$work/tests"
	rm -rf -- "$work/a"
}

# Warnings without line numbers, which differ between the two.
warnings() {
	sed -nE 's/^(.*\/)?([a-z_]+\.[ch]):([0-9]+:)+ (.*(warning|error):.*)/\2: \4/p' \
		"$1" | sort -u
}

# new_warnings ARCH COMPILER ARG...
new_warnings() {
	local tree=$out/tree-$1-$2 arch=$1 compiler=$2 dir

	shift 2
	prepare_tree "$arch" "$compiler"
	stage_driver
	for dir in stock patched tests; do
		make_kernel "$arch" "$compiler" M="$work/$dir" W=1 \
			KBUILD_MODPOST_WARN=1 "$@" modules \
			>"$work/$dir.log" 2>&1 || {
			cat "$work/$dir.log" >&2
			grep -q 'error:' "$work/$dir.log"
		}
	done
	cat "$work/tests.log" >>"$work/patched.log"
	if grep 'not available or not up to date' "$work/stock.log" >&2; then
		die "$E_BUILD" "sparse does not work with this kernel"
	fi
	warnings "$work/stock.log" >"$work/stock.warnings"
	warnings "$work/patched.log" |
		comm -13 "$work/stock.warnings" -
}

# Runs the rules one by one: those that report and need no OCaml compiler.
coccicheck() {
	local rule

	for rule in "${rules[@]}"; do
		make_kernel x86_64 gcc coccicheck MODE=report J=2 \
			COCCI="$rule" M="$work/$1" || return
	done >"$work/$1.log" 2>&1 || {
		tail -n 5 "$work/$1.log" >&2
		return 1
	}
	sed -nE 's/^(.*\/)?([a-z_]+\.[ch]):[0-9]+[-:0-9]*/\2/p' \
		"$work/$1.log" | sort -u >"$work/$1.findings"
}

check_coccicheck() {
	local tree=$out/tree-x86_64-gcc rules

	mapfile -t rules < <(grep -rL --include='*.cocci' ocaml \
		"$ksrc/scripts/coccinelle" | xargs grep -l '^virtual.*report' |
		sort)
	prepare_tree x86_64 gcc
	stage_driver
	coccicheck stock
	coccicheck patched
	comm -13 "$work/stock.findings" "$work/patched.findings"
}

check_alternatives() {
	local kernel kdir patch

	for kernel in 6.1 6.12 7.3; do
		kdir=/lib/modules/$(<"/usr/lib/lab/$kernel/release")/build
		for patch in "$top"/patches/alternatives/*.patch; do
			rm -rf -- "$work/alternative"
			"$REPO/scripts/operator/driver-source" "$kdir" \
				"$work/alternative" stock
			patch -s -d "$work/alternative" --fuzz=0 -p6 <"$patch"
			nice make -s -j2 -C "$kdir" M="$work/alternative" \
				modules >"$work/build.log" 2>&1 ||
				echo "${patch##*/} does not build for $kernel:" \
					"$(grep -m 1 error: "$work/build.log")"
		done
	done
}
