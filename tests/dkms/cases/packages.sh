# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2034,SC2086,SC2153,SC2154	# see run-case
# The Debian package and the RPM, as an operator gets them.

deb() {
	echo "$SRC"/build/deb/ena-tx-header-dkms_*_all.deb
}

# The guide is where README links to it, and what it links to is beside it.
has_docs_and_completion() {
	local files file docs=doc/$NAME-dkms

	files=$(cat "$1")
	for file in man/man8/$NAME.8 bash-completion/completions/$NAME \
		"$docs"/{README.md,scripts/operator/{README.md,monitoring/alerts.yml}} \
		"$docs/scripts/operator/kubernetes/daemonset.yaml"; do
		grep -qE "/usr/share/${file//./\\.}(\.gz)?\$" <<<"$files" ||
			{ tap_note "no $file"; return 1; }
	done
}

case_package_deb() {
	must "$SRC/scripts/operator/packaging/make-deb"
	must lintian --fail-on error,warning,info "$SRC"/build/deb/*.changes
	must has_docs_and_completion <(dpkg-deb --fsys-tarfile "$(deb)" | tar -t)
}

# The same release twice, of the commit that is checked out.
case_package_same_twice() {
	must "$SRC/tests/dkms/test-reproducible"
}

# The hooks of dkms and ours, by apt, first of an older version; then gone as
# if never there.
case_package_deb_installs() {
	local version=$VERSION command=$COMMAND

	manifest_of_modules >/tmp/before
	other_version 2020.1.0
	must /tmp/other/scripts/operator/packaging/make-deb
	install_packages /tmp/other/build/deb/*.deb || exit
	must check_patched "$KERNEL"
	VERSION=$version COMMAND=$command
	install_packages "$(deb)" || exit
	must check_patched "$KERNEL"
	must test "$(dkms status $NAME | wc -l)" = 1
	must test ! -e /usr/src/$NAME-2020.1.0
	must ena-tx-header status
	must ena-tx-header preflight-reboot
	must bash -c '. /usr/share/bash-completion/completions/ena-tx-header'
	must ena-tx-header uninstall
	must check_stock "$KERNEL"
	must test -z "$(dpkg -V $NAME-dkms | grep -v /usr/share/man/)"
	must ena-tx-header install
	must check_patched "$KERNEL"
	must test ! -e /usr/local/sbin/$NAME
	apt-get purge -y -q $NAME-dkms >/tmp/apt 2>&1 ||
		{ cat /tmp/apt; exit 1; }
	must check_stock "$KERNEL"
	manifest_of_modules | diff /tmp/before - || exit
	must test -z "$(our_files)"
}

# A checkout first, the package later: the package's command is the one that runs,
# and what is purged does not come back.
case_package_deb_over_checkout() {
	local version=$VERSION

	mkdir -p /etc/kernel/install.d
	other_version 2020.1.0
	echo '# changed' >>/tmp/other/scripts/operator/packaging/kernel-hook
	must $COMMAND install --kernel "$KERNEL"
	must test -L /usr/local/sbin/$NAME
	VERSION=$version COMMAND=ena-tx-header
	install_packages "$(deb)" || exit
	must test ! -e /usr/local/sbin/$NAME
	must check_patched "$KERNEL"
	must test "$(dkms status $NAME | wc -l)" = 1
	apt-get purge -y -q $NAME-dkms >/tmp/apt 2>&1 ||
		{ cat /tmp/apt; exit 1; }
	COMMAND=$SRC/scripts/ena-tx-header
	must dkms autoinstall -k "$KERNEL"
	must check_stock "$KERNEL"
	must test -z "$(our_files)"
}

# An upgrade whose build fails: the old module stays, and all are told.
case_package_deb_upgrade_fails() {
	install_packages "$(deb)" || exit
	must check_patched "$KERNEL"
	other_version 2030.1.0
	echo '#error broken' >>/tmp/other/kernel/linux/ena/ena_dkms_info.c
	must /tmp/other/scripts/operator/packaging/make-deb
	install_packages /tmp/other/build/deb/*.deb || exit
	must grep -q "WARNING: $KERNEL keeps the patched ena driver that it has" \
		/tmp/apt
	COMMAND=ena-tx-header
	status_says "the build failed"
	must test "$(next_of "$KERNEL")" = other
	must test "$(modinfo -k "$KERNEL" -F ena_tx_header ena)" != 2030.1.0
	must dkms autoinstall -k "$KERNEL"
	must test "$(next_of "$KERNEL")" = other
	apt-get purge -y -q $NAME-dkms >/tmp/apt 2>&1 ||
		{ cat /tmp/apt; exit 1; }
	COMMAND=$SRC/scripts/ena-tx-header
	must check_stock "$KERNEL"
}

our_files() {
	find / -xdev -path '*ena-tx-header*' -not -path '/tmp/*' \
		-not -path '/var/log/*' \
		-not -path '/var/cache/*'
}

manifest_of_modules() {
	find /lib/modules/ /etc -type f -printf '%M %p\n' | LC_ALL=C sort
	find /lib/modules/ -type f -print0 | sort -z | xargs -0 sha256sum
}

# As the package's own testsuite: dkms-autopkgtest for each kernel. Exit status 8
# means that all tests are marked as superficial.
case_package_deb_autopkgtest() {
	cd /tmp || exit
	autopkgtest --ignore-restrictions=breaks-testbed \
		--summary-file=/tmp/summary "$SRC"/build/deb/*.dsc "$(deb)" -- null
	status=$?
	((status == 0 || status == 8)) || { tap_note "exit status $status"; exit 1; }
	must grep -q '^dkms-autopkgtest *PASS' /tmp/summary
}

# The same package where dkms is older than what builds it.
case_plain_older_debian() {
	apt-get update -q >/dev/null
	install_packages "$(deb)" || exit
	COMMAND=ena-tx-header
	must check_patched "$KERNEL"
	must ena-tx-header preflight-reboot
	must quiet dkms autoinstall -k "$KERNEL"
	must check_patched "$KERNEL"
	apt-get purge -y -q $NAME-dkms >/tmp/apt 2>&1 ||
		{ cat /tmp/apt; exit 1; }
	COMMAND=$SRC/scripts/ena-tx-header
	must check_stock "$KERNEL"
	must test -z "$(our_files)"
}

case_package_rpm() {
	must "$SRC/scripts/operator/packaging/make-rpm"
	must rpmlint -c "$SRC/scripts/operator/packaging/rpm/rpmlint.toml" \
		"$SRC"/build/rpm/RPMS/noarch/*.rpm
	must rpm -qp --requires "$SRC"/build/rpm/RPMS/noarch/*.rpm
	must has_docs_and_completion \
		<(rpm -qpl "$SRC"/build/rpm/RPMS/noarch/*.rpm)
}

# Debian's rpm has no database of what is installed, hence --nodeps.
case_package_rpm_installs() {
	must rpm -i --nodeps "$SRC"/build/rpm/RPMS/noarch/*.rpm
	must check_patched "$KERNEL"
	must ena-tx-header status
	must rpm -e $NAME-dkms
	must check_stock "$KERNEL"
	must test -z "$(find /lib/modules -path '*/updates/*' -name 'ena*')"
	must test -z "$(our_files)"
}

# What mitigate loads, by either package: the command finds it, it starts, and is the
# same each time.
case_package_bpf() {
	local program=/usr/lib/$NAME/ena-tx-bpf make=$SRC/scripts/operator/packaging

	must "$make/make-bpf-deb"
	must cp "$SRC"/build/deb-bpf/*.deb /tmp
	must "$make/make-bpf-deb"
	must cmp "$SRC"/build/deb-bpf/*.deb /tmp/*.deb
	must lintian --fail-on error --suppress-tags no-changelog "$SRC"/build/deb-bpf/*.deb
	install_packages "$SRC"/build/deb-bpf/*.deb || exit
	exits 2 usage: "$program"
	must quiet apt-get purge -y ena-tx-header-bpf
	must test ! -e "${program%/*}"
	must "$make/make-bpf-rpm"
	must cp "$SRC"/build/rpm-bpf/RPMS/*/*.rpm /tmp
	must "$make/make-bpf-rpm"
	must cmp "$SRC"/build/rpm-bpf/RPMS/*/*.rpm /tmp/*.rpm
	must grep -q libelf <(rpm -qp --requires /tmp/*.rpm)
	must rpm -i --nodeps /tmp/*.rpm
	exits 2 usage: "$program"
	must rpm -e ena-tx-header-bpf
	must test ! -e "${program%/*}"
}

# On a fresh host, all that it takes; how long goes to README.
case_plain_two_commands() {
	local start=$SECONDS

	apt-get update -q >/dev/null
	install_packages "$(deb)" linux-headers-"$KERNEL" || exit
	must ena-tx-header preflight-reboot
	echo "$((SECONDS - start)) s" >"$SRC/build/lab/log/two-commands"
	must check_patched "$KERNEL"
}
