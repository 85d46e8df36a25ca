# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# What "collect" writes, of a host that is full of secrets.

# All of them, as a regex.
SECRETS='s3cr3t|AKIA|hunter2|10\.1\.2\.3|2001:db8|fe80::|0a:1b:2c|node7|i-0abc|wJalr|alice|BEGIN|Bearer|eyJ|xoxb|ghp_|correct-horse|vault\.example'

# plant FILE: secrets in every form, as other lines and inside known ones.
plant() {
	cat >>"$root/$1" <<-'END'
	password=hunter2 token: ghp_16C7e42F292c6912E7710c838347Ae178B4a
	Kernel command line: ro ena root=/dev/x ip=10.1.2.3 key=s3cr3t
	ena 0000:7d:00.0: got https://alice:hunter2@vault.example/x?token=s3cr3t
	ena 0000:7d:00.0: Failed s3cr3t=hunter2
	error: fetching https://alice:s3cr3t@vault.example/ failed
	/home/alice/ena_com.c:12: error: Bearer eyJhbGciOi
	make[1]: *** [/home/alice/s3cr3t.o] AKIAIOSFODNN7EXAMPLE
	export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG
	-----BEGIN RSA PRIVATE KEY-----
	xoxb-123 fe80::1:2 0a:1b:2c:3d:4e:5f i-0abc123 node7.example.org 2001:db8::7
	Error! correct-horse, alice@vault.example
	12:00:00 reverted: 10.1.2.3 did not answer
	+ dkms build -m ena-tx-header --token=s3cr3t
	END
}

full_of_secrets() {
	local dkms=var/lib/dkms/ena-tx-header/$VERSION file

	ready_host
	running 11
	put proc/cmdline "ro quiet iommu=pt token=s3cr3t ip=10.1.2.3 pci=s3cr3t/x"
	put etc/os-release 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"' TOKEN=s3cr3t
	put etc/ena-tx-header.conf ENA_SRC=/home/alice/s3cr3t
	put "var/lib/ena-tx-header/failed/$VERSION/$K" \
		"the build failed: /home/alice/x.c: error: correct-horse alice"
	put "var/lib/ena-tx-header/built/$VERSION/$K" /home/alice/s3cr3t 6.12.1 00
	put proc/78/comm hunter2
	mkdir -p "$root/proc/78/fd"
	ln -s /dev/net/tun "$root/proc/78/fd/5"
	put "$dkms/build/make.log" \
		"/home/alice/s3cr3t/ena_com.c:12:3: error: too few arguments to function" \
		"make[2]: *** [/home/alice/s3cr3t/ena_com.o] Error 1"
	put var/lib/ena-tx-header/log "+ dkms build -m ena-tx-header -k $K"
	put run/ena-tx-header/live/log "11:00:00 swapping"
	kernel_log "LLQ is not supported Fallback to host mode policy."
	put sys/class/net/ens1/ethtool-S "     queue_0_tx_linearize: 3"
	put sys/class/net/ens1/ethtool-i "driver: ena" "bus-info: 0000:7d:00.0"
	fake_tool uname 'case $1 in -n) echo node7.example.org;;
		-m) exec /bin/uname -m;; *) echo "Linux 6.12.1 #1 SMP x86_64";; esac'
	fake_tool dkms "echo \"ena-tx-header/$VERSION, $K, x86_64: installed\"
		echo other/s3cr3t; cat $root/planted"
	: >"$root/planted"
	for file in planted "$dkms/build/make.log" var/lib/ena-tx-header/log \
		run/ena-tx-header/live/log var/log/dmesg \
		sys/class/net/ens1/ethtool-{i,k,g,S}; do
		plant "$file"
	done
}

# None comes through, and what a maintainer needs does.
test_collect() {
	local file=$root/report text bad=0 found

	full_of_secrets
	inside cmd_collect "$file" >/dev/null || return
	if found=$(grep -nE "$SECRETS" "$file"); then
		tap_note "$found"
		bad=1
	fi
	for text in "ena-tx-header $VERSION" "Debian GNU/Linux 13" iommu=pt \
		"running: stock" "would load: patched" "$K" 0000:7d:00.0 \
		"MTU 9001" "DISAGREES: the build failed" \
		"placement host" "queue_0_tx_linearize: 3" "driver: ena" \
		"LLQ is not supported Fallback to host mode policy." \
		"ena_com.c:12:3: error: too few arguments to function" \
		"Error 1" "+ dkms build -m ena-tx-header -k $K" \
		"11:00:00 swapping" "12:00:00 reverted" "verdict: affected"; do
		grep -qF -- "$text" "$file" || { tap_note "no $text"; bad=1; }
	done
	return "$bad"
}

# The operator's own name of an interface, and its MAC address.
test_collect_of_a_named_interface() {
	local file=$root/report name

	for name in $'acme\es3cr3t' enx0a1b2c3d4e5f hunter2; do
		rm -rf "${root:?}"
		make_root
		ready_host
		rm -r "$root/sys/bus/pci"
		NIC=$name nic
		put "sys/class/net/$name/mtu" 9001
		put "sys/class/net/$name/ethtool-i" "driver: ena"
		put var/log/dmesg "[ 1.0] ena 0000:7d:00.0 $name: Link is up"
		inside cmd_collect "$file" >/dev/null && grep -x "driver: ena" "$file" &&
			grep -x "== nic -i <...>" "$file" &&
			grep -x ".ena 0000:7d:00.0: Link is up" "$file" || return
		! grep -nE "$SECRETS|0a1b2c" "$file" &&
			! LC_ALL=C grep -n '[^ -~	]' "$file" || return
	done
}

# A fresh file of root's, which no link and no owner leads elsewhere.
test_collect_into_a_new_file() {
	local file=$root/report

	ready_host
	echo victim >"$root/victim"
	ln -s "$root/victim" "$file"
	ln -s "$root/victim" "$file.new"
	inside cmd_collect "$file" >/dev/null &&
		[[ $(cat "$root/victim") == victim && ! -L $file ]] &&
		[[ $(stat -c %a "$file") == 600 ]] || return
	chmod 666 "$file"
	exec 5<"$file"
	inside cmd_collect "$file" >/dev/null && [[ $(stat -c %a "$file") == 600 &&
		$(stat -c %i "$file") != $(stat -Lc %i /dev/fd/5) ]] &&
		! compgen -G "$file.*" | grep -v 'report.new$' || return
	inside_says 115 "cannot write $root/gone/x" "cmd_collect $root/gone/x"
}
