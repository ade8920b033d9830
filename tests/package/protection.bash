# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What is protected stays so: upgrades of the package with several kernels, a
# kernel that changed under its name, builds that failed or were killed, a module
# that cannot be deleted. The real maintainer scripts, dkms, headers and initramfs,
# and the stand-in's source of upgrade.bash. Sourced by chroot-install, whose
# variables it uses, after upgrade.bash.
: "${here:?}" "${work:?}" "${series:?}" "${kernel:?}" "${needed:?}" "${kernel_re:?}"

# A second kernel, older, with a linux-source of its own.
older_source=$series.1-1
older=$series.0-1-amd64
older_re=$older

version_in_force() { # ROOT KERNEL
	in_root "$1" modinfo -k "$2" -F version amdgpu 2>/dev/null
}

source_in_force() { # ROOT KERNEL
	in_root "$1" modinfo -k "$2" -F rocmfix amdgpu 2>/dev/null | sed -n 's/.*source=//p'
}

record_of() { # ROOT KERNEL KEY
	sed -n "s/^$3=//p" "$1/var/lib/rocmfix/builds/$2"
}

# add_kernel ROOT RELEASE SOURCE_VERSION: image and headers are those of the real
# kernel under another name.
add_kernel() {
	local root=$1 dir=$1/lib/modules/$2 headers=$1/usr/src/linux-headers-$2
	mkdir -p "$dir/$stock_dir"
	cp "$(stock_file "$root")" "$dir/$stock_dir/"
	cp "$root/lib/modules/$kernel"/modules.{order,builtin*} "$dir/"
	cp -a "$root/usr/src/linux-headers-$kernel" "$headers"
	change_package_id "$root" "$2" "$3"
	ln -s "/usr/src/linux-headers-$2" "$dir/build"
	in_root "$root" depmod "$2"
}

# change_package_id ROOT RELEASE SOURCE_VERSION: the headers of another point release.
change_package_id() {
	sed -i "s/\" Debian .*\"/\" Debian $3\"/" "$1/usr/src/linux-headers-$2/include/generated/package.h"
}

# install_source ROOT SOURCE_VERSION: replaces what was there, as apt does.
install_source() {
	needed=$2 make_standin_source "$work/versions"
	cp "$work/versions"/linux-source{,-"$series"}_"$2"_all.deb "$1/srv/"
	logged "$1" dpkg -i "/srv/linux-source_$2_all.deb" "/srv/linux-source-${series}_$2_all.deb"
}

# A test package with a file in /usr/src: it makes dpkg run the trigger.
run_trigger() { # ROOT
	triggers=$((${triggers-0} + 1))
	touch "$work/of-trigger"
	make_package "$work/versions" linux-some "$triggers" '' "$work/of-trigger"
	cp "$work/versions/linux-some_${triggers}_all.deb" "$1/srv/"
	logged "$1" dpkg -i "/srv/linux-some_${triggers}_all.deb"
}

# while_building VERSION COMMAND: runs COMMAND in the chroot whenever VERSION is
# built; $(KERNELRELEASE) is for make.
while_building() {
	local source=$work/package-$1/usr/src/rocmfix-$1
	printf 'all: during\n.PHONY: during\nduring:\n\t%s\n' "$2" >>"$source/Makefile"
	pack_version "$work/versions" "$1"
}

# What dkms was asked to build, once a line.
builds_of() { # LOG
	grep -oE 'kernel [^ ]+: building amdgpu' "$1" | sed 's/kernel //; s/: .*//' | sort
}

case_two_kernels() {
	local root=$1
	add_kernel "$root" "$older" "$older_source"
	install_source "$root" "$older_source"
	try_version "$root" 7.1.1 "two kernels"
	tap_log=$work/newer-source.log
	install_source "$root" "$needed"
	check "two kernels: the older one has it" is "$(version_in_force "$root" "$older")" 7.1.1
	check "two kernels: the newer one has it" is "$(version_in_force "$root" "$kernel")" 7.1.1
	check "two kernels: the source is kept, and its size reported" file_has "$work/version-7.1.1.log" \
		"kernel $older_re: its amdgpu source is kept for the next version, [0-9]+ MiB in /var/cache/rocmfix/$older_re/amdgpu.tar.xz"
	check "two kernels: the record says done" is "$(record_of "$root" "$kernel" state)" "done"
	check "two kernels: and which source" is "$(record_of "$root" "$older" source)" "$older_source"

	# shellcheck disable=SC2016  # for make
	while_building 7.1.2 'modinfo -k $(KERNELRELEASE) -F version amdgpu >>/srv/during-build'
	rm -f "$root/srv/during-build"
	try_version "$root" 7.1.2 "two kernels, upgrade"
	check "two kernels, upgrade: the newer one has the new version" is "$(version_in_force "$root" "$kernel")" 7.1.2
	check "two kernels, upgrade: the older one too, whose linux-source is gone" \
		is "$(version_in_force "$root" "$older")" 7.1.2
	check "two kernels, upgrade: from its own source" is "$(source_in_force "$root" "$older")" "$older_source"
	check "two kernels, upgrade: the old version was in force until then" \
		is "$(cat "$root/srv/during-build")" $'7.1.1\n7.1.1'
	check "two kernels, upgrade: nothing of the old version is left" \
		is "$(cd "$root" && echo usr/src/rocmfix-* var/lib/dkms/rocmfix/[0-9]* var/lib/rocmfix/s*)" \
		"usr/src/rocmfix-7.1.2 var/lib/dkms/rocmfix/7.1.2 var/lib/rocmfix/s*"
	check "two kernels, upgrade: apt is not blocked" apt_works "$root"

	tap_log=$work/trigger-7.1.2.log
	check "two kernels, trigger: dpkg exits 0" run_trigger "$root"
	check "two kernels, trigger: nothing is built and nothing printed" file_has_not "$tap_log" '^rocmfix'
}

# The one kernel's build fails, and the other's does not.
case_failing_kernel() {
	local root=$1
	# shellcheck disable=SC2016  # for make
	while_building 7.1.3 'test $(KERNELRELEASE) != '"$kernel"
	try_version "$root" 7.1.3 "failing kernel"
	check "failing kernel: the message says what stays" file_has "$tap_log" \
		"kernel $kernel_re: the build failed; it keeps amdgpu 7.1.2, built from Linux $needed_re"
	check "failing kernel: that is in force" is "$(version_in_force "$root" "$kernel")" 7.1.2
	check "failing kernel: also in the initramfs" initramfs_has "$root" "$our_dir"
	check "failing kernel: the other one has the new version" is "$(version_in_force "$root" "$older")" 7.1.3
	check "failing kernel: the record says failed" is "$(record_of "$root" "$kernel" state)" failed
	check "failing kernel: and why" file_has <(record_of "$root" "$kernel" reason) .
	check "failing kernel: and what to type" file_has <(record_of "$root" "$kernel" hint) "dpkg-reconfigure rocmfix-dkms"
	check "failing kernel: all can read it" is "$(stat -c %a "$root/var/lib/rocmfix/builds/$kernel")" 644
	check "failing kernel: dkms has the old version" \
		is "$(in_root "$root" dkms status 2>&1 | grep -c "^rocmfix/7.1.2, $kernel, x86_64: installed")" 1
	check "failing kernel: apt is not blocked" apt_works "$root"

	tap_log=$work/failed-before.log
	check "failed before: dpkg exits 0" run_trigger "$root"
	check "failed before: a trigger does not build it again" is "$(builds_of "$tap_log")" ""
	check "failed before: it says so" file_has "$tap_log" "kernel $kernel_re: its build failed before and is not repeated"
	# shellcheck disable=SC2016  # for sh
	printf '#!/bin/sh\necho "gcc (Debian 99) 99"\n[ "$1" = --version ] || exec gcc-12 "$@"\n' >"$root/usr/bin/gcc-99"
	chmod 755 "$root/usr/bin/gcc-99"
	cp "$root/usr/src/linux-headers-$kernel/.config" "$work/config"
	sed -i 's/^CONFIG_CC_VERSION_TEXT=.*/CONFIG_CC_VERSION_TEXT="gcc-99 (Debian 99) 99"/' "$root/usr/src/linux-headers-$kernel/.config"
	tap_log=$work/other-compiler.log
	run_trigger "$root"
	check "failed before: with another compiler it is built again, and no other" is "$(builds_of "$tap_log")" "$kernel"
	cp "$work/config" "$root/usr/src/linux-headers-$kernel/.config"
	rm "$root/usr/bin/gcc-99"

	try_version "$root" 7.1.4 "after the failure"
	check "after the failure: the new version is in force" is "$(version_in_force "$root" "$kernel")" 7.1.4
	check "after the failure: nothing of the old ones is left" \
		is "$(cd "$root/var/lib/dkms/rocmfix" && echo [0-9]*)" 7.1.4
}

case_damaged_source() {
	local root=$1 file=$1/var/cache/rocmfix/$older/amdgpu.tar.xz
	printf 'x' | dd of="$file" bs=1 seek=100 conv=notrunc status=none
	try_version "$root" 7.1.1 "damaged source"
	check "damaged source: it is not used" is "$(version_in_force "$root" "$older")" 7.1.4
	check "damaged source: the message says so, and what stays" file_has "$tap_log" \
		"kernel $older_re: skipped; it keeps amdgpu 7.1.4, built from Linux $older_source"
	check "damaged source: and where it lies" file_has "$tap_log" "/var/cache/rocmfix/$older_re/amdgpu.tar.xz is damaged"
	check "damaged source: the record says skipped" is "$(record_of "$root" "$older" state)" skipped
	check "damaged source: the other kernel has the new version" is "$(version_in_force "$root" "$kernel")" 7.1.1
}

case_kernel_goes() {
	local root=$1
	in_root "$root" /etc/kernel/prerm.d/dkms "$older" >/dev/null 2>&1
	rm -rf "$root/lib/modules/$older" "$root/usr/src/linux-headers-$older"
	tap_log=$work/kernel-goes.log
	check "a kernel goes: dpkg exits 0" run_trigger "$root"
	check "a kernel goes: its kept source goes" test ! -e "$root/var/cache/rocmfix/$older"
	check "a kernel goes: its record goes" test ! -e "$root/var/lib/rocmfix/builds/$older"
	check "a kernel goes: the other's stay" test -e "$root/var/cache/rocmfix/$kernel/amdgpu.tar.xz"
	# The version that was left for it alone.
	in_root "$root" dpkg-reconfigure rocmfix-dkms >/dev/null 2>&1
	check "a kernel goes: so does the version that it alone had" is "$(cd "$root/var/lib/dkms/rocmfix" && echo [0-9]*)" 7.1.1
}

# A point release that keeps the kernel's name.
case_changed_source() {
	local root=$1 newer
	newer=$(sed -E 's/-[0-9]+/-77/' <<<"$needed")
	change_package_id "$root" "$kernel" "$newer"
	tap_log=$work/changed.log
	check "changed source: dpkg exits 0" run_trigger "$root"
	check "changed source: without it the old build stays, and the message says which" file_has "$tap_log" \
		"kernel $kernel_re: skipped; it keeps amdgpu 7.1.1, built from Linux $needed_re"
	check "changed source: the old build is in force" is "$(source_in_force "$root" "$kernel")" "$needed"
	tap_log=$work/changed-source.log
	check "changed source: linux-source is installed" install_source "$root" "$newer"
	check "changed source: it is built again from that" is "$(source_in_force "$root" "$kernel")" "$newer"
	check "changed source: it is in the initramfs" initramfs_has "$root" "$our_dir"
	check "changed source: the stock module is kept" stock_is_kept "$root"
	check "changed source: the new source is kept" \
		file_has "$root/var/cache/rocmfix/$kernel/amdgpu.source" "^version=${newer//+/\\+}\$"
	change_package_id "$root" "$kernel" "$needed"
	install_source "$root" "$needed"
	check "changed source: and back" is "$(source_in_force "$root" "$kernel")" "$needed"
}

# killed_build ROOT VERSION: installs VERSION, whose build waits, and kills all of
# it, as a power loss does: nothing has a chance to clean up.
killed_build() {
	local root=$1 leader
	rm -f "$root/srv/building"
	cp "$work/versions/rocmfix-dkms_$2_all.deb" "$root/srv/"
	setsid "$here/../kernels/chroot" run "$root" env -u INITRD dpkg -i "/srv/rocmfix-dkms_$2_all.deb" >"$tap_log" 2>&1 &
	leader=$!
	for _ in {1..600}; do
		[[ ! -e $root/srv/building ]] || break
		sleep 0.1
	done
	# Its session is its own.
	pkill -KILL --session "$leader" || true
	wait "$leader" 2>/dev/null || true
	[[ -e $root/srv/building ]]
}

case_killed() {
	local root=$1 build=$1/var/lib/dkms/rocmfix/7.1.2/$kernel
	while_building 7.1.2 'touch /srv/building; sleep 600'
	tap_log=$work/killed.log
	check "killed build: it was being built" killed_build "$root" 7.1.2
	check "killed build: the old version is in force" is "$(version_in_force "$root" "$kernel")" 7.1.1
	check "killed build: the record says that it ran" is "$(record_of "$root" "$kernel" state)" running
	check "killed build: the next boot has something to do" test -s "$root/var/lib/rocmfix/pending"
	# What 3.0.10 leaves when it dies a little later: half of a module.
	mkdir -p "$build/x86_64/module"
	head -c 20000 "$(find "$root/lib/modules/$kernel/updates" -name 'amdgpu.ko*')" >"$build/x86_64/module/amdgpu.ko"
	make_version "$work/versions" 7.1.2
	rm -rf "$root/usr/src/rocmfix-7.1.2"
	cp -a "$work/package-7.1.2/usr/src/rocmfix-7.1.2" "$root/usr/src/"
	tap_log=$work/after-kill.log
	check "after the kill: dpkg --configure -a exits 0" logged "$root" dpkg --configure -a
	check "after the kill: it is built again" file_has "$tap_log" "kernel $kernel_re: amdgpu 7.1.2 is built and installed"
	check "after the kill: it is in force" is "$(version_in_force "$root" "$kernel")" 7.1.2
	check "after the kill: no trace of the old one" is "$(in_root "$root" dkms status | sed -E 's/ \(.*//')" \
		"rocmfix/7.1.2, $kernel, x86_64: installed"
	check "after the kill: nothing is left to do" test ! -e "$root/var/lib/rocmfix/pending"

	# While a build replaces one of the same version, and while dkms installs.
	mkdir -p "$root/var/lib/rocmfix/aside"
	mv "$build" "$root/var/lib/rocmfix/aside/$kernel"
	head -c 20000 /dev/zero >"$(find "$root/lib/modules/$kernel/updates" -name 'amdgpu.ko*')"
	sed -i 's/^state=.*/state=running/' "$root/var/lib/rocmfix/builds/$kernel"
	tap_log=$work/half-installed.log
	check "half installed: dpkg exits 0" run_trigger "$root"
	check "half installed: the whole module is back" is "$(version_in_force "$root" "$kernel")" 7.1.2
	check "half installed: without another build" is "$(builds_of "$tap_log")" ""
	check "half installed: the record says done" is "$(record_of "$root" "$kernel" state)" "done"
}

case_undeletable() {
	local root=$1 dir=$1/lib/modules/$kernel/$our_dir
	mount --bind "$dir" "$dir"
	mount -o remount,bind,ro "$dir"
	tap_log=$work/undeletable.log
	check "undeletable module: dpkg exits 0" logged "$root" dpkg --purge rocmfix-dkms
	check "undeletable module: the message does not promise the stock amdgpu" file_has_not "$tap_log" "back to the stock amdgpu"
	check "undeletable module: it says what is there" file_has "$tap_log" \
		"kernel $kernel_re: the removal failed: /lib/modules/$kernel_re/updates/dkms/amdgpu.ko(.xz)? is still there"
	check "undeletable module: and what to type" file_has "$tap_log" "hint: .*apt install --reinstall linux-image-$kernel_re"
	check "undeletable module: dkms keeps its records" \
		file_has <(in_root "$root" dkms status 2>&1) "^rocmfix/7.1.2, $kernel_re, x86_64: installed"
	umount "$dir"
	check "undeletable module: dkms can remove it by these" logged "$root" dkms remove rocmfix/7.1.2 --all
	check "undeletable module: then the stock amdgpu is in place" is_stock "$root"
	in_root "$root" update-initramfs -u -k "$kernel" >/dev/null 2>&1
	check "undeletable module: nothing is left" nothing_left "$root"
}

run_protection() {
	local root=$1 number versions=$work/versions
	mkdir -p "$versions"
	add_repository "$root" "${debs[@]}"
	tap_log=$work/update.log
	apt "$root" update
	tap_log=$work/before-protection.log
	check "protection: what the package depends on" apt "$root" install --no-install-recommends "${prefer[@]}" \
		dkms openssl gcc make patch xz-utils linux-headers-amd64 "linux-headers-$kernel"
	for number in 1 2 3 4; do
		make_version "$versions" "7.1.$number"
		pack_version "$versions" "7.1.$number"
	done
	case_two_kernels "$root"
	case_failing_kernel "$root"
	case_damaged_source "$root"
	case_kernel_goes "$root"
	case_changed_source "$root"
	case_killed "$root"
	case_undeletable "$root"
}
