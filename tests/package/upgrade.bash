# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# From one version of the package to the next and back, Secure Boot, and removal:
# the real maintainer scripts, dkms, headers and initramfs, and a stand-in for
# amdgpu's source (tests/dkms/data) that builds in seconds. Sourced by
# chroot-install, whose variables it uses, after cases.bash.
: "${here:?}" "${dist:?}" "${work:?}" "${series:?}" "${kernel:?}" "${needed:?}"

# The package linux-source-X.Y of the version that the headers name.
make_standin_source() {
	local tree=$work/linux-source-$series major minor patch
	IFS=. read -r major minor patch <<<"${needed%%[-~+]*}"
	mkdir -p "$tree/drivers/gpu/drm/amd"
	cp -r "$here/../dkms/data/amdgpu" "$tree/drivers/gpu/drm/amd/"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' "$major" "$minor" "$patch" >"$tree/Makefile"
	tar -C "$work" -cJf "$tree.tar.xz" "linux-source-$series"
	make_package "$1" "linux-source-$series" "$needed" '' "$tree.tar.xz"
	make_package "$1" linux-source "$needed" "linux-source-$series (= $needed)"
}

# make_version DIR VERSION: the package of dist/ as VERSION, its patches and
# sources those of the stand-in.
make_version() {
	local root=$work/package-$2 source=$work/package-$2/usr/src/rocmfix-$2
	rm -rf "$root"
	dpkg-deb -R "$dist"/rocmfix-dkms_*_all.deb "$root"
	mv "$root/usr/src/rocmfix-$version" "$source"
	sed -i "s/^Version: .*/Version: $2/" "$root/DEBIAN/control"
	sed -i "s/$version/$2/" "$root/usr/libexec/rocmfix-dkms/each-kernel" "$source/dkms.conf" "$source/VERSION"
	rm -rf "$source/patches" "$source/rocmfix" "$root/DEBIAN/md5sums"
	mkdir "$source/patches"
	cp -r "$here/../dkms/data/patches" "$source/patches/$series"
	cp -r "$here/../dkms/data/rocmfix" "$source/"
	cp "$here/../../kernel/rocmfix/rocmfix_version.c" "$source/rocmfix/"
	pack_version "$1" "$2"
}

pack_version() {
	dpkg-deb --root-owner-group -b "$work/package-$2" "$1/rocmfix-dkms_$2_all.deb" >/dev/null
}

# install_version ROOT VERSION
install_version() {
	cp "$work/versions/rocmfix-dkms_$2_all.deb" "$1/srv/"
	logged "$1" dpkg -i "/srv/rocmfix-dkms_$2_all.deb"
}

# try_version ROOT VERSION NAME
try_version() {
	tap_log=$work/version-$2.log
	check "$3: dpkg exits 0" install_version "$1" "$2"
}

fails() {
	! "$@"
}

# The stock module can come back: where it was, or where dkms 3.2 puts it aside.
stock_is_kept() {
	{ find "$1/lib/modules/$kernel/kernel/" "$1/var/lib/dkms/rocmfix/original_module/" \
		-path '*/amdgpu.ko*' -size +1M 2>/dev/null || true; } | grep .
}

# version_is ROOT VERSION NAME: this version is installed, and no trace of another.
version_is() {
	check "$3: the message says that it is installed" \
		file_has "$tap_log" "kernel $kernel_re: amdgpu $2 is (built and installed|installed already)"
	version_is_whole "$@"
}

version_is_whole() {
	local root=$1
	check "$3: exactly one version in dkms" \
		is "$(in_root "$root" dkms status | grep -v '^$' | sed -E 's/ \(.*//')" "rocmfix/$2, $kernel, x86_64: installed"
	check "$3: exactly one source" is "$(cd "$root/usr/src" && echo rocmfix-*)" "rocmfix-$2"
	check "$3: modinfo shows $2" is "$(modinfo_of "$root" version)" "$2"
	check "$3: one amdgpu of rocmfix on disk" is "$(our_file "$root" | wc -l)" 1
	check "$3: the stock module is kept" stock_is_kept "$root"
	check "$3: the initramfs has rocmfix's amdgpu" initramfs_has "$root" "$our_dir"
	check "$3: dpkg --audit is clean" is "$(in_root "$root" dpkg --audit)" ""
}

# stock_again ROOT NAME: the defined state after every trouble.
stock_again() {
	check "$2: the stock amdgpu is in place" is_stock "$1"
	check "$2: nothing of rocmfix on disk" is "$(our_file "$1" 2>/dev/null)" ""
	check "$2: the initramfs has the stock module" initramfs_has "$1" "$stock_dir"
	check "$2: dkms has nothing installed" file_has_not <(in_root "$1" dkms status) installed
}

case_upgrade() {
	local root=$1 broken
	try_version "$root" 7.0.1 "install"
	version_is "$root" 7.0.1 install
	try_version "$root" 7.0.2 "upgrade"
	version_is "$root" 7.0.2 upgrade
	check "upgrade: it is signed with the key of DKMS" is_signed "$root"

	broken=$work/package-7.0.3/usr/src/rocmfix-7.0.3/rocmfix/rocmfix_version.c
	echo '#error broken on purpose' >>"$broken"
	pack_version "$work/versions" 7.0.3
	try_version "$root" 7.0.3 "failing upgrade"
	check "failing upgrade: the message says so" \
		file_has "$tap_log" "kernel $kernel_re: the build failed; it keeps amdgpu 7.0.2, built from Linux $needed_re"
	check "failing upgrade: and what to do" file_has "$tap_log" 'hint: .*dpkg-reconfigure rocmfix-dkms'
	check "failing upgrade: the old version is in force" is "$(modinfo_of "$root" version)" 7.0.2
	check "failing upgrade: also in the initramfs" initramfs_has "$root" "$our_dir"
	check "failing upgrade: the stock module is kept" stock_is_kept "$root"
	check "failing upgrade: apt is not blocked" apt_works "$root"

	try_version "$root" 7.0.4 "upgrade after that"
	version_is "$root" 7.0.4 "upgrade after that"
	try_version "$root" 7.0.1 "downgrade"
	version_is "$root" 7.0.1 downgrade

	printf '#!/bin/sh\nexit 1\n' >"$work/package-7.0.5/DEBIAN/preinst"
	chmod 755 "$work/package-7.0.5/DEBIAN/preinst"
	pack_version "$work/versions" 7.0.5
	tap_log=$work/version-7.0.5.log
	check "refused upgrade: dpkg refuses" fails install_version "$root" 7.0.5
	check "refused upgrade: the old version is not built again" file_has_not "$tap_log" ': building amdgpu from'
	version_is "$root" 7.0.1 "refused upgrade"
}


# What the guest of tests/vm/check sees in the same files, put over the chroot's.
case_secure_boot() {
	local root=$1 id
	mkdir -p "$work/security"
	echo 'none [integrity] confidentiality' >"$work/security/lockdown"
	echo '2d9c49af I------     1 perm 1f030000     0     0 asymmetri Build time autogenerated kernel key: 8963f707e289edc09df337a240938134371a5bb8: X509.rsa 371a5bb8 []' >"$work/keys"
	root_options=(--bind-at "$work/security" /sys/kernel/security --bind-at "$work/keys" /proc/keys)
	try_version "$root" 7.0.2 "Secure Boot"
	check "Secure Boot: the message says why nothing is installed" file_has "$tap_log" \
		"error: the kernel is locked down, and the key that DKMS signs with is not enrolled"
	check "Secure Boot: and what to type" file_has "$tap_log" \
		'hint: type: mokutil --import /var/lib/dkms/mok.pub; reboot, enrol .* type: dpkg-reconfigure rocmfix-dkms'
	check "Secure Boot: and that the old version is removed" \
		file_has "$tap_log" "kernel $kernel_re: amdgpu of an older version is removed: the kernel would refuse it"
	stock_again "$root" "Secure Boot"
	check "Secure Boot: what is built is kept" file_has <(in_root "$root" dkms status) "rocmfix/7.0.2, $kernel_re, x86_64: built"
	check "Secure Boot: apt is not blocked" apt_works "$root"

	id=$(openssl x509 -inform DER -in "$root/var/lib/dkms/mok.pub" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ': ' | tr A-F a-f)
	echo "1f2e3d4c I------     1 perm 1f010000     0     0 asymmetri DKMS module signing key: $id: X509.rsa ${id: -8} []" >>"$work/keys"
	tap_log=$work/enrolled.log
	check "key enrolled: dpkg-reconfigure exits 0" logged "$root" dpkg-reconfigure rocmfix-dkms
	check "key enrolled: it is not built again" file_has_not "$tap_log" ': building amdgpu from'
	version_is "$root" 7.0.2 "key enrolled"
	root_options=()
}

# No system call of the whole purge loads or unloads a module.
case_purge() {
	local root=$1
	tap_log=$work/purge-upgrade.log
	check "purge: dpkg exits 0" strace -f -qq -s 200 -o "$work/strace" -e trace=init_module,finit_module,delete_module,execve \
		"$here/../kernels/chroot" run "$root" env -u INITRD dpkg --purge rocmfix-dkms
	check "purge: it was watched" file_has "$work/strace" 'execve\(.*each-kernel", "remove"'
	check "purge: no module is loaded or unloaded" file_has_not "$work/strace" '(init|finit|delete)_module\('
	check "purge: nothing is left" nothing_left "$root"
	stock_again "$root" purge
	check "purge: apt is not blocked" apt_works "$root"
}

run_upgrade() {
	local root=$1 number versions=$work/versions
	mkdir "$versions"
	add_repository "$root" "${debs[@]}"
	tap_log=$work/update.log
	apt "$root" update
	tap_log=$work/before-upgrade.log
	check "upgrade: what the package depends on" apt "$root" install --no-install-recommends "${prefer[@]}" \
		dkms openssl gcc make patch xz-utils linux-headers-amd64 "linux-headers-$kernel"
	make_standin_source "$versions"
	for number in 1 2 3 4 5; do
		make_version "$versions" "7.0.$number"
	done
	cp "$versions"/linux-source*.deb "$root/srv/"
	logged "$root" sh -c 'dpkg -i /srv/linux-source*.deb'
	case_upgrade "$root"
	case_secure_boot "$root"
	case_purge "$root"
}
