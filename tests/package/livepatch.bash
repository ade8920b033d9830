# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# rocmfix-livepatch-dkms on a system without a GPU: installation, upgrades, kernels,
# headers and sources that come in any order, the change to rocmfix-dkms and back,
# dracut, purge. In all of it amdgpu stays what it is. Real maintainer scripts, dkms,
# headers, initramfs, and a real source, of which only what a livepatch is made from
# is packed, so that a build takes seconds. Sourced by chroot-install, whose
# variables it uses, after cases.bash and upgrade.bash.
: "${here:?}" "${dist:?}" "${work:?}" "${version:?}" "${series:?}" "${kernel:?}" "${needed:?}" "${environment:?}"

livepatch_modules() { # ROOT KERNEL
	find "$1/lib/modules/$2/" -name 'rocmfix_livepatch.ko*'
}

livepatch_info() { # ROOT KERNEL FIELD
	in_root "$1" modinfo -k "$2" -F "$3" rocmfix_livepatch 2>/dev/null
}

# It is for the amdgpu.ko next to it.
livepatch_fits() { # ROOT KERNEL
	local file
	file=$(in_root "$1" modinfo -k "$2" -n rocmfix_livepatch) &&
		in_root "$1" /usr/libexec/rocmfix-livepatch-dkms/check-stock --kernel "$2" --module "$file"
}

initramfs_files() { # ROOT
	if [[ -x $1/usr/bin/lsinitrd ]]; then
		in_root "$1" lsinitrd "/boot/initrd.img-$kernel" | grep -o '[^ ]*$'
	else
		in_root "$1" lsinitramfs "/boot/initrd.img-$kernel"
	fi
}

initramfs_livepatches() { # ROOT
	initramfs_files "$1" | grep -c '/rocmfix_livepatch\.ko' || true
}

initramfs_has_order() { # ROOT
	initramfs_files "$1" | grep 'modprobe.d/rocmfix-livepatch\.conf$' >/dev/null
}

# What no step may change.
amdgpu_unharmed() { # ROOT NAME
	check "$2: amdgpu on disk is the stock one, bit for bit" is "$(sha256sum <"$(stock_file "$1")")" "$stock_sum"
	check "$2: modinfo finds it" is_stock "$1"
	check "$2: it is in the initramfs" initramfs_has "$1" "$stock_dir"
	check "$2: dpkg --audit is clean" is "$(in_root "$1" dpkg --audit)" ""
}

stock_file() { # ROOT
	find "$1/lib/modules/$kernel/$stock_dir/" -name 'amdgpu.ko*'
}

livepatch_in_place() { # ROOT VERSION NAME
	check "$3: modinfo rocmfix_livepatch: version" is "$(livepatch_info "$1" "$kernel" version)" "$2"
	check "$3: it fits amdgpu" livepatch_fits "$1" "$kernel"
	check "$3: exactly one version in dkms" is \
		"$(in_root "$1" dkms status | grep -v '^$' | grep -F "$kernel" | sed -E 's/ \(.*//')" \
		"rocmfix-livepatch/$2, $kernel, x86_64: installed"
	check "$3: it is in the initramfs, once" is "$(initramfs_livepatches "$1")" 1
	check "$3: so is the order of loading" initramfs_has_order "$1"
	amdgpu_unharmed "$1" "$3"
}

no_livepatch() { # ROOT NAME
	check "$2: nothing of it is waited for" test ! -e "$1/run/rocmfix-livepatch-dkms.kernels"
	check "$2: no livepatch on disk" is "$(livepatch_modules "$1" "$kernel")" ""
	check "$2: none in the initramfs" is "$(initramfs_livepatches "$1")" 0
}

# make_slim_source DIR VERSION: linux-source-X.Y with what a livepatch reads.
make_slim_source() {
	local tree=$work/slim/linux-source-$series pristine sublevel
	pristine=$(sed -n 's/^pristine=//p' <<<"$environment")
	if [[ ! -d $tree ]]; then
		mkdir -p "$tree"
		(cd "$pristine" && find drivers/gpu/drm/amd -path '*/asic_reg' -prune -o -name '*.h' -print &&
			find drivers/gpu/drm/amd/amdgpu drivers/gpu/drm/amd/amdkfd -name '*.c' -o -name Makefile) |
			tar -C "$pristine" -cf - -T - Makefile | tar -C "$tree" -xf -
	fi
	sublevel=${2#"$series".}
	sed -i "s/^SUBLEVEL = .*/SUBLEVEL = ${sublevel%%[-~+]*}/" "$tree/Makefile"
	tar -C "$work/slim" -cf - "linux-source-$series" | xz -0 >"$work/linux-source-$series.tar.xz"
	make_package "$1" "linux-source-$series" "$2" '' "$work/linux-source-$series.tar.xz"
	make_package "$1" linux-source "$2" "linux-source-$series (= $2)"
}

# make_livepatch_version DIR VERSION [FILE-TO-BREAK]: the package of dist/ as VERSION.
make_livepatch_version() {
	local root=$work/livepatch-$2 source=$work/livepatch-$2/usr/src/rocmfix-livepatch-$2
	dpkg-deb -R "$dist"/rocmfix-livepatch-dkms_*_all.deb "$root"
	mv "$root/usr/src/rocmfix-livepatch-$version" "$source"
	sed -i "s/^Version: .*/Version: $2/" "$root/DEBIAN/control"
	sed -i "s/$version/$2/" "$root/usr/libexec/rocmfix-livepatch-dkms/each-kernel" "$source/dkms.conf" "$source/VERSION"
	rm -f "$root/DEBIAN/md5sums"
	[[ -z ${3-} ]] || echo '#error broken on purpose' >>"$source/$3"
	dpkg-deb --root-owner-group -b "$root" "$1/rocmfix-livepatch-dkms_$2_all.deb" >/dev/null
}

# install_files ROOT FILE...
install_files() {
	local root=$1
	shift
	mkdir -p "$root/srv/files"
	cp "$@" "$root/srv/files/"
	logged "$root" dpkg -i "${@/#*\//\/srv\/files/}"
}

case_livepatch_install() {
	local root=$1 begin=$SECONDS
	tap_log=$work/livepatch-install.log
	check "install: apt exits 0" apt "$root" install rocmfix-livepatch-dkms
	echo "# apt install took $((SECONDS - begin)) s, the source being a small one"
	check "install: the message says so" file_has "$tap_log" \
		"kernel $kernel_re: rocmfix_livepatch $version is built and installed; it takes effect when that kernel boots"
	livepatch_in_place "$root" "$version" install
	check "install: modinfo: series and source" \
		file_has <(livepatch_info "$root" "$kernel" rocmfix) "^series=$series patches=[1-9][0-9]* source=$needed_re\$"
	check "install: it is signed" is "$(livepatch_info "$root" "$kernel" signer)" "DKMS module signing key"
	check "install: modprobe would load it before amdgpu" file_has \
		<(in_root "$root" modprobe -c) '^softdep amdgpu pre: rocmfix_livepatch'
	check "install: the build tree is gone" test ! -e "$root/var/lib/dkms/rocmfix-livepatch/$version/build"
	check "install: the command for the running kernel is there" \
		file_has <(in_root "$root" /usr/libexec/rocmfix-livepatch-dkms/livepatch-switch status) '^state=off$'
	check "install: apt is not blocked" apt_works "$root"
}

case_livepatch_upgrade() {
	local root=$1
	make_livepatch_version "$work/debs" 7.0.1
	make_livepatch_version "$work/debs" 7.0.2 livepatch/rocmfix_livepatch_main.c
	tap_log=$work/livepatch-upgrade.log
	check "upgrade: dpkg exits 0" install_files "$root" "$work/debs/rocmfix-livepatch-dkms_7.0.1_all.deb"
	livepatch_in_place "$root" 7.0.1 upgrade
	tap_log=$work/livepatch-failing.log
	check "failing upgrade: dpkg exits 0" install_files "$root" "$work/debs/rocmfix-livepatch-dkms_7.0.2_all.deb"
	check "failing upgrade: the message says so" file_has "$tap_log" \
		"kernel $kernel_re: the build failed; it keeps rocmfix_livepatch 7.0.1, built from Linux $needed_re"
	check "failing upgrade: and what to do" file_has "$tap_log" 'hint: .*dpkg-reconfigure rocmfix-livepatch-dkms'
	livepatch_in_place "$root" 7.0.1 "failing upgrade"
	check "failing upgrade: apt is not blocked" apt_works "$root"
	tap_log=$work/livepatch-downgrade.log
	check "downgrade: dpkg exits 0" install_files "$root" "$work/debs/rocmfix-livepatch-dkms_7.0.1_all.deb"
	livepatch_in_place "$root" 7.0.1 downgrade
}

# change_build_id FILE: another amdgpu.ko, as a point release brings it under the
# kernel's old name.
change_build_id() {
	local file=$1 id
	[[ $file != *.xz ]] || { xz -d "$file" && file=${file%.xz}; }
	id=$(readelf -n "$file" | sed -n 's/^ *Build ID: //p')
	/usr/bin/python3 - "$file" "$id" <<-'PYTHON'
	import sys
	path, name = sys.argv[1:]
	data, old = open(path, "rb").read(), bytes.fromhex(name)
	assert data.count(old) == 1
	open(path, "wb").write(data.replace(old, old[::-1]))
	PYTHON
	[[ $file == "$1" ]] || xz -0 --check=crc32 "$file"
}

# The order of a kernel's update: its files, its initramfs, then dpkg's triggers.
case_point_release() {
	local root=$1 before
	before=$(livepatch_info "$root" "$kernel" amdgpu)
	change_build_id "$(stock_file "$root")"
	stock_sum=$(sha256sum <"$(stock_file "$root")")
	tap_log=$work/point-release-initramfs.log
	check "point release: the initramfs is built" logged "$root" update-initramfs -u -k "$kernel"
	check "point release: the hook says that the livepatch does not fit" \
		file_has "$tap_log" "rocmfix-livepatch: cannot be used in the initramfs of $kernel_re: error: .* was made for another amdgpu.ko"
	check "point release: the initramfs has amdgpu" initramfs_has "$root" "$stock_dir"
	tap_log=$work/point-release.log
	touch "$work/of-point-release"
	make_package "$work/debs" linux-point-release 1 '' "$work/of-point-release"
	check "point release: dpkg exits 0" install_files "$root" "$work/debs/linux-point-release_1_all.deb"
	check "point release: the trigger removes the old one" \
		file_has "$tap_log" "kernel $kernel_re: rocmfix_livepatch is removed: error: .* another amdgpu.ko"
	check "point release: and builds the new one" file_has "$tap_log" \
		"kernel $kernel_re: rocmfix_livepatch 7.0.1 is built and installed"
	livepatch_in_place "$root" 7.0.1 "point release"
	check "point release: it was another one" is "$(livepatch_info "$root" "$kernel" amdgpu | grep -cxF "$before")" 0
}

# make_kernel ROOT RELEASE VERSION: image and headers of a newer kernel, which are
# those of this one under another name.
make_kernel() {
	local root=$1 dir=$1/lib/modules/$2 headers=$1/usr/src/linux-headers-$2
	mkdir -p "$dir/$stock_dir"
	cp "$(stock_file "$root")" "$dir/$stock_dir/"
	cp "$root/lib/modules/$kernel"/modules.{order,builtin*} "$dir/"
	cp -a "$root/usr/src/linux-headers-$kernel" "$headers"
	sed -i "s/Debian $needed_re/Debian $3/" "$headers/include/generated/package.h"
	ln -s "/usr/src/linux-headers-$2" "$dir/build"
}

# A stand-in for the archive's package, so that dpkg sees files come to /usr/src.
headers_arrive() { # ROOT RELEASE
	touch "$work/of-$2"
	make_package "$work/debs" "linux-headers-$2" 1 '' "$work/of-$2"
	install_files "$1" "$work/debs/linux-headers-$2_1_all.deb"
}

case_new_kernel() {
	local root=$1 newer=$series.999-1 release=$series.0-999-amd64
	make_slim_source "$work/debs" "$newer"
	make_kernel "$root" "$release" "$newer"
	tap_log=$work/new-headers.log
	check "new headers first: dpkg exits 0" headers_arrive "$root" "$release"
	check "new headers first: the message says what is missing" file_has "$tap_log" \
		"kernel $release needs linux-source-$series $newer; installed: $needed_re"
	check "new headers first: and what to type" file_has "$tap_log" "hint: type: apt install linux-source-$series=$newer"
	check "new headers first: nothing is built for the new kernel" is "$(livepatch_modules "$root" "$release")" ""
	livepatch_in_place "$root" 7.0.1 "new headers first"
	tap_log=$work/then-source.log
	check "then the source: dpkg exits 0" install_files "$root" "$work/debs/linux-source-${series}_${newer}_all.deb" \
		"$work/debs/linux-source_${newer}_all.deb"
	check "then the source: it is built for the new kernel" livepatch_fits "$root" "$release"
	check "then the source: from the new source" \
		file_has <(livepatch_info "$root" "$release" rocmfix) "source=$newer\$"
	livepatch_in_place "$root" 7.0.1 "then the source"

	in_root "$root" dkms remove "rocmfix-livepatch/7.0.1" -k "$release" >/dev/null
	rm -rf "$root/lib/modules/$release" "$root/usr/src/linux-headers-$release"
	in_root "$root" dpkg --purge "linux-headers-$release" >/dev/null
	make_kernel "$root" "$release" "$newer"
	rm -rf "$root/usr/src/linux-headers-$release"
	tap_log=$work/source-first.log
	check "new source first: dpkg exits 0" install_files "$root" "$work/debs/linux-point-release_1_all.deb"
	check "new source first: the message says what is missing" file_has "$tap_log" \
		"the headers of kernel $release are not installed"
	rm -rf "$root/lib/modules/$release"
	make_kernel "$root" "$release" "$newer"
	tap_log=$work/then-headers.log
	check "then the headers: dpkg exits 0" headers_arrive "$root" "$release"
	check "then the headers: it is built for the new kernel" livepatch_fits "$root" "$release"
	livepatch_in_place "$root" 7.0.1 "then the headers"

	# As its removal leaves it.
	in_root "$root" dkms remove "rocmfix-livepatch/7.0.1" -k "$release" >/dev/null
	rm -rf "$root/lib/modules/$release" "$root/usr/src/linux-headers-$release"
	make_slim_source "$work/debs" "$needed"
	install_files "$root" "$work/debs/linux-source-${series}_${needed}_all.deb" "$work/debs/linux-source_${needed}_all.deb"
}

# To the whole build, with a stand-in for amdgpu's source, and back; by apt, which
# has only the virtual package to go by.
case_switch() {
	local root=$1
	mkdir "$work/standin"
	make_standin_source "$work/standin"
	install_files "$root" "$work"/standin/linux-source*.deb
	make_version "$root/srv/rocmfix" 7.0.1
	make_livepatch_version "$root/srv/rocmfix" 7.0.3
	(cd "$root/srv/rocmfix" && apt-ftparchive packages . >Packages)
	tap_log=$work/update.log
	apt "$root" update
	tap_log=$work/to-whole.log
	check "to the whole build: apt exits 0" apt "$root" install --allow-downgrades rocmfix-dkms=7.0.1
	check "to the whole build: the livepatch package is removed" \
		file_has_not <(in_root "$root" dpkg -l) '^ii +rocmfix-livepatch-dkms '
	check "to the whole build: amdgpu is rocmfix's" is "$(modinfo_of "$root" version)" 7.0.1
	check "to the whole build: it is in the initramfs" initramfs_has "$root" "$our_dir"
	no_livepatch "$root" "to the whole build"
	check "to the whole build: nothing of the livepatch is left" is "$(livepatch_files "$root")" "$files_before"
	check "to the whole build: apt is not blocked" apt_works "$root"
	install_files "$root" "$work/debs/linux-source-${series}_${needed}_all.deb"
	tap_log=$work/to-livepatch.log
	check "back: apt exits 0" apt "$root" install rocmfix-livepatch-dkms=7.0.3
	check "back: the other package is removed" file_has_not <(in_root "$root" dpkg -l) '^ii +rocmfix-dkms '
	livepatch_in_place "$root" 7.0.3 back
	check "back: apt is not blocked" apt_works "$root"
}

# Debian has files of that name of its own.
livepatch_files() { # ROOT
	find "$1"/{etc,usr/src,usr/libexec,usr/lib,usr/share,var/lib/dkms} -iname '*livepatch*' 2>/dev/null | sort
}

case_dracut() {
	local root=$1
	tap_log=$work/dracut.log
	check "dracut: apt exits 0" apt "$root" install --no-install-recommends dracut
	check "dracut: it makes the initramfs" logged "$root" dracut --force "/boot/initrd.img-$kernel" "$kernel"
	livepatch_in_place "$root" 7.0.3 dracut
	change_build_id "$(stock_file "$root")"
	stock_sum=$(sha256sum <"$(stock_file "$root")")
	tap_log=$work/dracut-stale.log
	check "dracut, point release: it makes the initramfs" logged "$root" dracut --force "/boot/initrd.img-$kernel" "$kernel"
	check "dracut, point release: it says that the livepatch does not fit" \
		file_has "$tap_log" "rocmfix-livepatch: cannot be used in the initramfs of $kernel_re: error: "
	check "dracut, point release: the initramfs has amdgpu" initramfs_has "$root" "$stock_dir"
	tap_log=$work/dracut-again.log
	check "dracut, point release: dpkg-reconfigure exits 0" logged "$root" dpkg-reconfigure rocmfix-livepatch-dkms
	livepatch_in_place "$root" 7.0.3 "dracut, point release"
}

case_livepatch_purge() {
	local root=$1
	tap_log=$work/livepatch-purge.log
	check "purge: apt exits 0" apt "$root" purge '*rocmfix*'
	check "purge: the message names the kernel" file_has "$tap_log" "kernel $kernel_re: back to the stock amdgpu"
	check "purge: nothing is left" nothing_left "$root"
	check "purge: nor elsewhere" is "$(livepatch_files "$root")" "$files_before"
	no_livepatch "$root" purge
	amdgpu_unharmed "$root" purge
	check "purge: the initramfs has no order of loading" fails initramfs_has_order "$root"
	check "purge: modules.dep is the same as without it" file_has_not "$root/lib/modules/$kernel/modules.dep" livepatch
	check "purge: apt is not blocked" apt_works "$root"
}

run_livepatch() {
	local root=$1
	if [[ ! -e $(echo "$dist"/rocmfix-livepatch-dkms_*_all.deb) ]]; then
		check "there is a package" false
		return
	fi
	mkdir "$work/debs"
	add_repository "$root" "${debs[@]}"
	tap_log=$work/update.log
	apt "$root" update
	tap_log=$work/before-livepatch.log
	make_slim_source "$work/debs" "$needed"
	check "livepatch: what the package depends on" apt "$root" install --no-install-recommends "${prefer[@]}" \
		dkms openssl gcc make patch xz-utils zstd binutils linux-headers-amd64 "linux-headers-$kernel"
	install_files "$root" "$work"/debs/linux-source*.deb
	stock_sum=$(sha256sum <"$(stock_file "$root")")
	files_before=$(livepatch_files "$root")
	case_livepatch_install "$root"
	case_livepatch_upgrade "$root"
	case_point_release "$root"
	case_new_kernel "$root"
	case_switch "$root"
	case_dracut "$root"
	case_livepatch_purge "$root"
}
