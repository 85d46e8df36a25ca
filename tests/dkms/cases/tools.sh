# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What makes packages and looks at them.

case_layer_tools() {
	apt-get update -q >/dev/null
	install_packages autodep8 autopkgtest clang debhelper dh-dkms dpkg-dev \
		git libbpf-dev libelf-dev lintian man-db openssl rpm rpmlint || exit
}
