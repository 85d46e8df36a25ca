# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2153
# Would a kernel accept the module's signature? modprobe would pick a module that
# the kernel then refuses: no network.

# Does the running kernel insist on signatures, and why?
signature_rule() {
	local var

	for var in "$ROOT"/sys/firmware/efi/efivars/SecureBoot-*; do
		[[ -r $var && $(od -An -tu1 -j4 -N1 "$var" | tr -d ' ') == 1 ]] ||
			continue
		echo "Secure Boot"
		return
	done
	if grep -qs Y "$ROOT/sys/module/module/parameters/sig_enforce"; then
		echo "module.sig_enforce"
	elif grep -qs '\[\(integrity\|confidentiality\)\]' \
		"$ROOT/sys/kernel/security/lockdown"; then
		echo "kernel lockdown"
	fi
}

# next_rule WORD...: the same of the next boot, by its command line.
next_rule() {
	local word

	for word; do
		case $word in
		module.sig_enforce | module.sig_enforce=[1yY] | \
			lockdown=integrity | lockdown=confidentiality)
			echo "$word"
			return ;;
		esac
	done
}

# The certificate of dkms; Ubuntu has its own place for it.
certificate() {
	local pub conf=$ROOT/etc/dkms/framework.conf

	pub=$(cat "$conf" "$conf".d/*.conf 2>/dev/null |
		sed -n 's/^mok_certificate="\?\([^"]*\)"\?$/\1/p' | tail -n1)
	if [[ ! $pub ]]; then
		pub=/var/lib/dkms/mok.pub
		[[ ! -e $ROOT/var/lib/shim-signed/mok/MOK.der ]] ||
			pub=/var/lib/shim-signed/mok/MOK.der
	fi
	echo "$ROOT$pub"
}

of_certificate() {
	openssl x509 -inform DER -in "$(certificate)" -noout "$@" 2>/dev/null ||
		true
}

certificate_name() {
	of_certificate -subject -nameopt multiline |
		sed -n 's/.*commonName *= //p'
}

certificate_serial() {
	of_certificate -serial | sed -n 's/^serial=//p'
}

# The firmware's list of keys is that of the host that we run on.
enrolled_by_mokutil() {
	[[ ! $ROOT ]] && have mokutil &&
		[[ $(mokutil --test-key "$1" 2>/dev/null) == *"already enrolled"* ]]
}

# Does the running kernel trust the key that dkms signs with? It lists keys as
# "NAME: ID", which is the serial number's where the subject key has none.
key_enrolled() {
	local pub name id

	pub=$(certificate)
	[[ -e $pub ]] || return 1
	! enrolled_by_mokutil "$pub" || return 0
	name=$(certificate_name)
	id=$(of_certificate -ext subjectKeyIdentifier |
		sed -n 's/^ *\([0-9A-F:]\+\)$/\1/p' | tr -d :)
	id=${id:-$(certificate_serial)}
	[[ $name && $id ]] && grep -qisF -e " $name: $id:" \
		-e " $name: 00$id:" "$ROOT/proc/keys"
}

# Is the module signed by a key that the running kernel trusts? All keys that
# dkms makes have one name; only the certificate tells them apart.
signature_trusted() {
	local signer serial

	signer=$(module_field signer "$1")
	serial=$(module_field sig_key "$1" | tr -d :)
	if [[ $serial && $serial == "$(certificate_serial)" ]]; then
		key_enrolled
	else
		[[ $signer && $signer != "DKMS module signing key" &&
			$signer != "$(certificate_name)" ]] &&
			grep -qsF " $signer:" "$ROOT/proc/keys"
	fi
}

# signature_refusal RULE FILE: why the kernel would refuse FILE, or nothing.
signature_refusal() {
	[[ ! $1 ]] || signature_trusted "$2" ||
		echo "$1 is on and the kernel does not trust the module's signer" \
			"($(module_field signer "$2"))"
}

# signature_problem [FILE]: an exit code and what to do about it, or nothing.
# FILE is what dkms has built. Before the first build dkms has no key; without
# FILE, only a key that is not enrolled or cannot be made is a problem.
signature_problem() {
	local rule pub

	rule=$(signature_rule)
	[[ $rule ]] || return 0
	(($# == 0)) || [[ $(signature_refusal "$rule" "$1") ]] || return 0
	pub=$(certificate)
	if key_enrolled; then
		(($# == 0)) || echo "$E_SIGNATURE $rule is on and the module is" \
			"not signed with the key of dkms: see $STATE/log, and" \
			"run '$NAME install' to build it again"
	elif [[ -e $pub ]]; then
		echo "$E_SIGNATURE $rule is on and the key that dkms signs with is" \
			"not enrolled: mokutil --import ${pub#"$ROOT"}, reboot and" \
			"confirm it at the console"
	elif ! installed openssl; then
		echo "$E_SIGNATURE $rule is on and dkms signs nothing without" \
			"openssl: install the package openssl"
	elif (($#)); then
		echo "$E_SIGNATURE $rule is on and dkms has signed nothing: see" \
			"$STATE/log"
	fi
}

# untrusted KERNEL: is the build for it one that the kernel would refuse? Says why.
untrusted() {
	local why

	why=$(signature_problem "$(built_module "$1")")
	[[ $why ]] && echo "${why#* }"
}
