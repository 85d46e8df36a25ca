# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2016,SC2119,SC2154	# see run-unit
# Accidents that once left a host without the cure or without network, while
# "status" was content.

# A kernel that was rebuilt under its old release: the loader would refuse ours.
test_symbol_versions() {
	patched
	fake_tool modprobe '[ "$1" = --dump-modversions ] || exit 0
		case $2 in
		*/kernel/*) echo "0x000000aa skb_put"; echo "0x1 register_netdev" ;;
		*) echo "0xaa skb_put"; echo "0x00000002 register_netdev" ;;
		esac'
	yields 1 "would load: none" "register_netdev in another version" -- status &&
		yields 1 "run 'ena-tx-header install --kernel $K'" \
			-- preflight-reboot || return
	fake_built "$K"
	inside_says 0 "dkms build" "DRY_RUN=1 build_kernel $K" || return
	inside_says 0 "headers older than the kernel?" \
		"unfit \$(built_module $K) $K" || return
	rm -r "$root/lib/modules/$K/updates"
	fake_foreign "$K" updates/dkms
	yields 1 "register_netdev in another version" "it is not ours: build it" \
		"!run 'ena-tx-header" -- preflight-reboot || return
	patched
	fake_tool modprobe '[ "$1" != --dump-modversions ] || echo "0xaa skb_put"'
	yields 0 "would load: patched" -- status
}

# Symbols that the kernel's own ena does not want, in its other modules and in its
# headers.
test_symbol_versions_of_others() {
	local esp=lib/modules/$K/kernel/net/ipv6/esp6.ko
	local list=lib/modules/$K/build/Module.symvers

	patched
	put "$esp" ''
	put "$list" "0x000000aa	skb_put	vmlinux	EXPORT_SYMBOL"
	fake_tool modprobe '[ "$1" = --dump-modversions ] || exit 0
		case $2 in
		*/ena/ena.ko) echo "0x1 netif_rx" ;;
		*/esp6.ko) cat '"$root/versions"' ;;
		*) echo "0x1 netif_rx"; echo "0xaa skb_put"; echo "0xbb skip" ;;
		esac'
	put versions "0xbb skip"
	yields 0 "would load: patched" -- status || return
	put versions "0xbc skip"
	yields 1 "skip in another version" -- status || return
	put versions ""
	put "$list" "0xab	skb_put	vmlinux	EXPORT_SYMBOL"
	yields 1 "skb_put in another version" -- preflight-reboot || return
	put versions "0xaa skb_put"
	yields 0 "would load: patched" -- status || return
	echo "0xac	skb_put	vmlinux" | gzip >"$root/lib/modules/$K/symvers.gz"
	yields 1 "skb_put in another version" -- status
}

# Without modinfo no module is ours.
test_missing_tool() {
	local tool

	patched
	mkdir "$work/few"
	for tool in awk bash cat cmp cut depmod dirname find grep head join modprobe \
		mktemp od paste readlink realpath rm sed sort stat tail tr uname; do
		ln -s "$(command -v "$tool")" "$work/few"
	done
	! ENA_TX_HEADER_ROOT=$root PATH=$work/few "$COMMAND" status \
		>"$work/out" 2>"$work/err" && says "there is no modinfo"
}

test_status_of_nothing() {
	yields 1 "nothing is known of this host" -- status &&
		yields 1 'jq .consistent == false' -- status --json &&
		ENA_TX_HEADER_ROOT=/nonexistent "$COMMAND" status >"$work/out" \
			2>"$work/err"
	(($? == 1)) && says "no kernel in /nonexistent/lib/modules"
}

# /boot has room for the initramfs that is there, not for any.
test_space_is_measured() {
	patched
	initramfs "$K" disk
	truncate -s 20M "$root/boot/initrd.img-$K"
	fake_depmod
	[[ $(inside initramfs_mib "$K") == 24 ]] &&
		[[ $(inside spaces) == *"/boot 24"* ]] &&
		[[ $(inside initramfs_mib) == 2 ]]
}

# as_user WORD ARG...: the command's output for one who is not root.
as_user() {
	local as=() word=$1

	shift
	((EUID)) || as=(setpriv --reuid 65534 --clear-groups)
	on_host "${as[@]}" bash "$COMMAND" "$@" >"$work/out" 2>"$work/err" || true
	says "$word"
}

# A user can write nothing, read-only or not.
test_user_is_not_told_to_remount() {
	ready_host
	chmod 755 "$all" "$work"
	chmod 555 "$root/lib/modules"
	as_user "producers of short heads" check && says "!remount"
}

# What cannot be read is not what is not there.
test_boot_that_a_user_cannot_read() {
	two_kernels
	grub "$K" "$L"
	chmod 755 "$all" "$work"
	as_user "ready: $K" preflight-reboot || return
	chmod 0 "$root/boot/grub/grub.cfg"
	as_user "cannot tell which kernel boots next" preflight-reboot || return
	chmod 644 "$root/boot/grub/grub.cfg"
	mkdir -m 0 "$root/boot/efi"
	as_user "cannot tell which kernel boots next" preflight-reboot &&
		says "$K would load unknown: its initramfs cannot be read"
}

# The package owns the files: a checkout beside it would shadow its command.
test_checkout_beside_package() {
	ready_host
	mkdir -p "$root/usr/src/ena-tx-header-2020.1.0"
	fake_tool dpkg "[ \"\$2\" = $root/usr/src/ena-tx-header-2020.1.0 ]"
	inside_says 119 "the package ena-tx-header-dkms is installed" \
		'DRY_RUN=1 cmd_install'
}

# A binary tarball has none of the guards.
test_binary_tarballs_are_refused() {
	local action status

	for action in mktarball mkbmdeb mkrpm ' mktarball'; do
		status=0
		ACTION=$action conf_says PACKAGE_NAME "$K" >"$work/out" 2>&1 || status=$?
		((status == 1)) && grep -q "'dkms ${action# }' is refused" "$work/out" || return
	done
	[[ $(ACTION=build conf_says PACKAGE_NAME "$K") == ena-tx-header ]]
}

# dkms runs it from a folder that may be mounted noexec.
test_build_is_not_executed() {
	[[ $(conf_says 'MAKE[0]' "$K") == "bash -p scripts/operator/dkms-build "* ]] &&
		! grep -E '^[^#]*[^.]scripts/(operator|dev)/[a-z-]+ ' \
			"$OPERATOR/dkms-build" | grep -v 'bash scripts' | grep .
}

# What the tools were writing when a run was killed.
test_leftovers_of_initramfs() {
	local image=boot/initrd.img-$K

	patched
	initramfs "$K" stock
	put "$image.ena-tx-header" old
	put "$image.new" half
	put "$image.dpkg-bak" old
	put var/lib/ena-tx-header/initramfs/mkinitramfs_abc/x ''
	cp -r "$root/lib" "$work/tree"
	fake_tool update-initramfs "[ -d \"\$TMPDIR\" ] || exit
		[ ! -e \$TMPDIR/mkinitramfs_abc ] || exit
		mkdir \$TMPDIR/mkinitramfs_def
		mkdir $work/new && cp -r $root/lib $work/new &&
		tar -C $work/new -cf $root/$image ."
	inside settle_initramfs "$K" &&
		[[ $(find "$root/boot" "$root/var/lib" -type f) == "$root/$image" &&
			! -e $root/var/lib/ena-tx-header/initramfs ]] &&
		yields 0 "would load: patched" -- status
}

# Without a folder to unpack into, the tools take the current one.
test_no_folder_to_unpack_into() {
	patched
	initramfs "$K" disk
	fake_depmod
	yields 0 "would load: patched" -- status || return
	fake_tool unmkinitramfs "touch $root/unpacked"
	fake_tool mktemp 'exit 1'
	yields 1 "initramfs cannot be read" -- status &&
		[[ $(inside initramfs_ena "$K") == unreadable ]] &&
		no_file "$root/unpacked"
}

# As in a rescue root, where somebody forgot it.
test_boot_is_not_mounted() {
	patched
	put etc/fstab "UUID=1 / ext4 defaults 0 1" "#UUID=2 /boot ext4 defaults 0 2"
	fake_tool mountpoint 'exit 1'
	yields 0 ready -- preflight-reboot || return
	put etc/fstab "UUID=1 / ext4 defaults 0 1" "UUID=2  /boot ext4 defaults 0 2"
	yields 1 "initramfs cannot be read" -- preflight-reboot || return
	fake_tool mountpoint 'exit 0'
	yields 0 ready -- preflight-reboot
}

# update-initramfs renames what is on the disk already, and works where a user can make
# neither a folder nor a link.
test_initramfs_is_made_safely() {
	mkdir -p "$root"/var/{tmp,other}
	ln -s ../other "$root/var/tmp/ena-tx-header.initramfs"
	fake_tool update-initramfs "realpath \$TMPDIR >>$root/calls; mkinitramfs a"
	fake_tool mkinitramfs "echo \"make \$*\" >>$root/calls"
	fake_tool sync "echo \"sync \$*\" >>$root/calls"
	inside initramfs_make "$K" &&
		diff - "$root/calls" <<-END
		$root/var/lib/ena-tx-header/initramfs
		make a
		sync -f /boot
		END
}

# upgrade_by_package BUILT WORD [INSTALL [COMMANDS]]: from 2020.1.0, whose source went
# with its package. The new build fails unless BUILT is 1; dkms runs INSTALL last of
# all.
upgrade_by_package() {
	local dkms=$root/var/lib/dkms/ena-tx-header link

	ready_host
	patched "$K" 2020.1.0
	link=$dkms/kernel-$K-$(uname -m)
	mkdir -p "$dkms/2020.1.0/$K" "$root/usr/src/ena-tx-header-2019.1.0"
	ln -s /usr/src/gone "$dkms/2020.1.0/source"
	ln -s "2020.1.0/$K/$(uname -m)" "$link"
	mkdir -p "$root/usr/local/sbin"
	ln -s /gone "$root/usr/local/sbin/ena-tx-header"
	dkms_has_source
	fake_built "$K"
	cp "$dkms/$VERSION/$K/$(uname -m)/module/ena.ko" "$work/new.ko"
	patched "$K" 2020.1.0
	inside_says 0 "$2" "quietly() {
			[[ \$2 != build || $1 == 1 ]] || return 1
			[[ \$2 != build ]] || { mkdir -p \${DKMS}/$VERSION/$K/\$(uname -m)/module
				cp $work/new.ko \${DKMS}/$VERSION/$K/\$(uname -m)/module/ena.ko; }
			[[ \$2 != install ]] || { cp $work/new.ko \\
				$root/lib/modules/$K/updates/dkms/ena.ko
				ln -sfn $VERSION/$K/\$(uname -m) $link
				depmod_of $K
				${3-:}; }
			[[ \$2 != remove ]] || echo gone >$root/removed
		}
		${4-}
		explain_build() { mark_failed \$1 'the build failed: no'; }
		on_disk() { :; }
		cmd_package_configured" &&
		[[ ! -L $root/usr/local/sbin/ena-tx-header && ! -e $dkms/2020.1.0 &&
			! -e $root/usr/src/ena-tx-header-2019.1.0 &&
			! -e $root/removed ]] && no_copies
}

# no_copies: none is left of a module that waited for another.
no_copies() {
	! find "$root/lib/modules" -name '.*ena*' | grep .
}

# The old module goes when the new one is built, not before.
test_package_upgrade() {
	upgrade_by_package 1 "has the patched ena driver $VERSION" &&
		yields 1 "would load: patched" "!2020.1.0" -- status
}

test_package_upgrade_fails() {
	upgrade_by_package 0 "keeps the patched ena driver that it has" &&
		yields 1 "would load: other" "the build failed: no" -- status &&
		yields 1 "patched 2020.1.0" -- status
}

# It was built, but dkms, or the initramfs, fails half-way: what was there is back, and
# what it was.
test_package_upgrade_is_cut_short() {
	local module=lib/modules/$K/updates/dkms/ena.ko script

	for script in "rm $root/$module; return 6" \
		"mv $root/$module{,.xz}; return 6" "echo >$root/$module; return 6"; do
		rm -rf "$root/var/lib/dkms"
		upgrade_by_package 1 "the module of ours that it had is back" \
			"$script" && says "did not install what was built" &&
			yields 1 "would load: other" "patched 2020.1.0" -- status ||
			return
	done
	rm -rf "$root/var/lib/dkms"
	patched "$K" 2020.1.0
	initramfs "$K" stock
	cp "$root/boot/initrd.img-$K" "$work/image"
	fake_tool update-initramfs "rm $root/boot/initrd.img-$K; exit 1"
	upgrade_by_package 1 "does not get the module" &&
		cmp "$root/boot/initrd.img-$K" "$work/image" &&
		yields 1 "on disk:    patched 2020.1.0" -- status
}

# The link is to the build that is back.
test_copy_is_put_back() {
	local dkms=$root/var/lib/dkms/ena-tx-header build

	build=2020.1.0/$K/$(uname -m)
	patched "$K" 2020.1.0
	mkdir -p "$dkms/$build/module"
	cp "$root/lib/modules/$K/updates/dkms/ena.ko" "$dkms/$build/module/"
	inside keep_module "$K" || return
	fake_patched "$K" "$VERSION"
	inside keep_module "$K" && inside put_back "$K" && no_copies &&
		[[ $(readlink "$dkms/kernel-$K-$(uname -m)") == "$build" ]] &&
		yields 1 "patched 2020.1.0" -- status || return
	inside keep_module "$K" && fake_tool cp 'exit 1' &&
		rm "$root/lib/modules/$K/updates/dkms/ena.ko" &&
		inside put_back "$K" && yields 1 "patched 2020.1.0" -- status &&
		! inside keep_module "$K" && no_copies || return
	rm "$root/usr/bin/cp"
	inside keep_module "$K" && inside remove_kernel "$K" && no_copies
}

# rebuilt: the kernel, under its release, and ours is of before.
rebuilt() {
	ready_host
	dkms_has_source
	fake_tool modprobe '[ "$1" = --dump-modversions ] || exit 0
		case $2 in
		*/kernel/*) echo "0xaa skb_put" ;;
		*) echo "0xbb skb_put" ;;
		esac'
	yields 1 "would load: none" -- status
}

# Nothing is built for it, and what it had would not load.
test_rebuilt_kernel_that_is_left_out() {
	local install='stage_tree() { :; }; dkms_add() { :; }
		refuse_early() { :; }; on_disk() { :; }; cmd_install'

	rebuilt && put etc/dkms/no-autoinstall '' &&
		inside_says 0 "going back to the stock module" \
			"cmd_kernel_installed $K" &&
		yields 1 "would load: stock" -- status &&
		rm "$root/etc/dkms/no-autoinstall" || return
	rebuilt && put etc/ena-tx-header.conf "KEEP_STOCK=$K" &&
		inside_says 0 "going back to its own driver" \
			"cmd_kernel_installed $K" &&
		yields 0 "would load: stock" -- status || return
	rebuilt && put etc/ena-tx-header.conf "KEEP_STOCK=$K" &&
		inside_says 0 "going back to its own driver" "$install" &&
		yields 0 "would load: stock" -- status || return
	# A module that would load was the operator's choice: no lock is waited for.
	patched && fake_tool modprobe 'exit 0' && fake_tool flock 'exit 1' &&
		inside_says 0 "!WARNING" "cmd_kernel_installed $K" &&
		yields 1 "would load: patched" -- status || return
	# What dkms built is no more than that.
	rm -r "$root/usr/bin/flock" "$root/lib/modules/$K/updates"
	fake_built "$K" && fake_depmod &&
		inside_says 2 "no kernel here can take" "$install" &&
		says "!going back"
}

# dkms overwrites ours, which modprobe would still find, half written.
test_depmod_fails_before_dkms() {
	upgrade_by_package 1 "depmod failed or could not write; it keeps that" : \
		'depmod_stock_first() { return 1; }' && no_copies &&
		yields 1 "would load: other" "patched 2020.1.0" -- status
}

# Rather the stock driver than none, whatever keeps ours from being built.
test_rebuilt_kernel_goes_back() {
	local why

	for why in 'build_kernel() { return 1; }' \
		'headers_problem() { echo "113 no headers"; }' \
		'foreign_problem() { echo "120 another one"; }'; do
		rebuilt && inside_says 0 "going back to the stock module" \
			"$why; cmd_kernel_installed $K" && says "WARNING: $K" &&
			yields 1 "would load: stock" -- status || return
	done
	rebuilt && inside_says 106 "going back to the stock module" \
		'stage_tree() { :; }; dkms_add() { :; }; build_kernel() { return 1; }
		refuse_early() { :; }; cmd_install' &&
		yields 1 "would load: stock" -- status || return
	rebuilt && rm -r "$root/lib/modules/$K/kernel/$ENA" && fake_depmod &&
		inside_says 0 "WARNING" \
		'build_kernel() { return 1; }; cmd_kernel_installed '"$K" &&
		[[ -e $root/lib/modules/$K/updates/dkms/ena.ko ]]
}

# The vendor's driver by dkms gave its place, and ours was not installed: it is back,
# and dkms may install it for new kernels again.
test_replace_fails() {
	local dkms=$root/var/lib/dkms/amzn-drivers arch conf=usr/src/amzn-drivers-1/dkms.conf

	arch=$(uname -m)
	ready_host
	fake_foreign "$K" updates/dkms
	put "${dkms#"$root/"}/1/$K/$arch/module/ena.ko" ''
	ln -s "1/$K/$arch" "$dkms/kernel-$K-$arch"
	put usr/src/amzn-drivers-1/kernel/linux/ena/ena_netdev.c ''
	ln -s "$root/usr/src/amzn-drivers-1" "$dkms/1/source"
	put var/lib/ena-tx-header/log ''
	put etc/ena-tx-header.conf '# mine'
	put "$conf" 'BUILT_MODULE_NAME="ena"'
	inside_says 120 "install --replace', or remove" cmd_install || return
	inside_says 116 "$K: back to amzn-drivers/1" 'REPLACE=1
		stage_tree() { :; }
		quietly() {
			echo "$*" >>'"$work/calls"'
			case $* in
			"dkms uninstall "*) rm '"$dkms/kernel-$K-$arch"' &&
				grep -q AUTOINSTALL=..\ '"$root/$conf"' ;;
			esac
		}
		build_kernel() { grep -q "ENA_SRC=/usr/src/amzn-drivers-1 " \
			"$CONF_FILE"; }
		trusted() { :; }
		install_kernel() { return 1; }
		write_hooks() { :; }
		on_disk() { :; }
		cmd_install' &&
		[[ $(tail -n2 "$work/calls") == "dkms uninstall -m amzn-drivers -v 1 -k $K
dkms install -m amzn-drivers -v 1 -k $K" ]] &&
		[[ $(cat "$root/etc/ena-tx-header.conf") == '# mine' ]] &&
		[[ $(cat "$root/$conf") == 'BUILT_MODULE_NAME="ena"' ]] &&
		[[ ! -e $root/var/lib/ena-tx-header/replaced ]]
}

# After a failed upgrade the kernel has ours of before: the vendor's stays away.
test_replaced_and_upgrade_fails() {
	ready_host
	patched "$K" 2020.1.0
	replaced_by_ours "$K"
	inside_says 116 "not all kernels have what they should" '
		stage_tree() { :; }
		dkms_add() { :; }
		refuse_early() { :; }
		build_kernel() { :; }
		trusted() { :; }
		install_kernel() { return 1; }
		write_hooks() { :; }
		on_disk() { :; }
		cmd_install' && says "!back to amzn-drivers" &&
		[[ -e $root/var/lib/ena-tx-header/replaced ]] &&
		yields 1 "would load: other" -- status
}

# replaced_by_ours KERNEL...: the vendor's driver has given its place.
replaced_by_ours() {
	local mark='# by ena-tx-header' source=usr/src/amzn-drivers-1

	put var/lib/ena-tx-header/replaced "${@/#/amzn-drivers 1 }"
	put "$source/dkms.conf" 'NAME="ena"' "AUTOINSTALL=\"\" $mark"
	put etc/ena-tx-header.conf "ENA_SRC=/$source $mark"
	mkdir -p "$root/var/lib/dkms/amzn-drivers/1"
	ln -s "$root/$source" "$root/var/lib/dkms/amzn-drivers/1/source"
}

# It was removed from dkms since, or cannot be installed, or a kernel is gone.
test_replaced_is_gone() {
	patched
	replaced_by_ours "$K" 6.1.0-gone
	fake_tool dkms '[ "$1" != install ]'
	inside_says 119 "to do without it, 'dkms remove -m amzn-drivers" \
		cmd_uninstall || return
	has_line "$root/usr/src/amzn-drivers-1/dkms.conf" 'AUTOINSTALL=""' &&
		has_line "$root/etc/ena-tx-header.conf" ENA_SRC || return
	rm -r "$root/var/lib/dkms/amzn-drivers"
	inside_says 0 "$K keeps its own ena: dkms no longer has amzn-drivers/1" \
		cmd_uninstall &&
		[[ $(cat "$root/usr/src/amzn-drivers-1/dkms.conf") == 'NAME="ena"' ]] &&
		no_file "$root/etc/ena-tx-header.conf" &&
		no_file "$root/var/lib/ena-tx-header"
}

# dkms installs it by itself again when the last kernel has it back.
test_replaced_in_another_kernel() {
	local conf=$root/usr/src/amzn-drivers-1/dkms.conf

	two_kernels
	replaced_by_ours "$K" "$L" 6.1.0-gone
	fake_tool dkms 'exit 0'
	inside_says 0 "$L: back to amzn-drivers/1" "give_all_back $L" &&
		has_line "$conf" 'AUTOINSTALL=""' || return
	cp -r "$root/etc" "$root/var" "$work"
	inside_says 0 "$K: back to amzn-drivers/1" "DRY_RUN=1 give_all_back" &&
		diff -r "$work/etc" "$root/etc" &&
		diff -r "$work/var/lib/ena-tx-header" "$root/var/lib/ena-tx-header" ||
		return
	inside_says 0 "$K: back to amzn-drivers/1" give_all_back &&
		! has_line "$conf" AUTOINSTALL &&
		no_file "$root/var/lib/ena-tx-header/replaced" &&
		no_file "$root/etc/ena-tx-header.conf"
}

# One release is built for all kernels: not for one that has another driver.
test_replace_of_several() {
	local dkms=$root/var/lib/dkms/amzn-drivers arch

	arch=$(uname -m)
	ready_host
	stock "$L"
	put "${dkms#"$root/"}/1/$K/$arch/module/ena.ko" ''
	ln -s "1/$K/$arch" "$dkms/kernel-$K-$arch"
	put usr/src/amzn-drivers-1/kernel/linux/ena/ena_netdev.c ''
	inside_says 120 "different drivers (amzn-drivers 1, the kernel's own)" \
		"REPLACE=1; name_replaced $K $L" &&
		inside_says 0 "is /usr/src/amzn-drivers-1" "REPLACE=1
			name_replaced $K; echo is \$ENA_SRC" || return
	put etc/ena-tx-header.conf ENA_SRC=/usr/src/amzn-drivers-1
	inside_says 0 silent "REPLACE=1; name_replaced $K $L"
}

# Their file may lack its last newline, or be a link.
test_marks_leave_the_operators_lines() {
	local conf=$root/etc/ena-tx-header.conf

	printf 'KEEP_STOCK=%s' "$K" >"$root/etc/mine.conf"
	ln -s mine.conf "$conf"
	inside eval 'mark_line "$CONF_FILE" ENA_SRC=/a
		mark_line "$CONF_FILE" ENA_SRC=/a' &&
		diff "$conf" - <<-END || return
		KEEP_STOCK=$K
		ENA_SRC=/a # by ena-tx-header
		END
	[[ ! $(inside conf_problem) ]] &&
		inside eval 'unmark_lines "$CONF_FILE"' &&
		[[ -L $conf && $(cat "$conf") == "KEEP_STOCK=$K" ]]
}

# No entry is left that dkms would install again, no file of a checkout. What
# somebody else put where a checkout has its link stays.
test_package_removed() {
	patched
	patched "$L"
	rm -r "$root/lib/modules/$L/kernel"
	fake_built "$K"
	patched
	mkdir -p "$root/usr/src/ena-tx-header-2020.1.0"
	put etc/kernel/install.d/10-ena-tx-header.install ''
	put usr/local/sbin/ena-tx-header ''
	inside_says 0 "WARNING: $L keeps the patched ena" \
		'on_disk() { :; }; cmd_package_removed' &&
		[[ -e $root/usr/local/sbin/ena-tx-header &&
			! -e $root/etc/kernel/install.d/10-ena-tx-header.install &&
			! -e $root/var/lib/dkms/ena-tx-header &&
			! -e $root/usr/src/ena-tx-header-2020.1.0 &&
			! -e $root/lib/modules/$K/updates ]] &&
		yields 1 "would load: stock" "would load: patched" -- status
}

# A kernel's own ena that cannot be copied back stays in its archive, and dkms has no
# more to install.
test_package_removed_on_a_full_disk() {
	local archive dkms=$root/var/lib/dkms/ena-tx-header

	archived
	fake_built "$K"
	cp "$dkms/$VERSION/$K/$(uname -m)/module/ena.ko" \
		"$root/lib/modules/$K/updates/dkms/"
	cp_fails 'exit 1'
	inside_says 0 "copy ${archive#"$root"}/ena.ko to" cmd_package_removed &&
		cmp "$archive/ena.ko" "$root/own" && [[ $(ls "$dkms") == original_module ]] &&
		yields 0 "would load: patched" -- status
}

test_package_removed_while_at_work() {
	local preun status

	patched
	fake_tool flock 'exit 1'
	inside_says 112 "nothing was changed" cmd_package_removed &&
		yields 0 "would load: patched" -- status || return
	# rpm erases what it fails for no more.
	preun=$(sed -n '/^%preun/{n;p}' "$OPERATOR/packaging/rpm/ena-tx-header.spec")
	for status in 0 112 119; do
		fake_tool ena-tx-header "exit $status"
		on_host sh -c "$preun" sh 0 || [[ $status == 112 ]] || return
	done
	fake_tool ena-tx-header 'exit 112'
	! on_host sh -c "$preun" sh 0 && on_host sh -c "$preun" sh 1
}

# The disk is as it should be, the initramfs is not.
test_package_removed_on_a_full_boot() {
	patched
	initramfs "$K" disk
	fake_depmod
	fake_tool update-initramfs 'exit 1'
	inside_says 0 "'update-initramfs -u -k $K'" \
		'on_disk() { :; }; cmd_package_removed' && says "!copy" &&
		says "!keeps the patched" && yields 1 "on disk:    stock" -- status
}
