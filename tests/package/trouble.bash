# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Every way in which the build cannot work: in each the stock amdgpu stays, apt
# stays usable, and one message says what to type. Sourced by chroot-install,
# whose variables it uses, after cases.bash.
: "${work:?}" "${version:?}" "${series:?}" "${kernel:?}" "${needed:?}"

# trouble_check ROOT NAME PATTERN...: what holds in every trouble.
trouble_check() {
	local root=$1 name=$2 pattern
	shift 2
	for pattern in "$@"; do
		check "$name: the message says: $pattern" file_has "$tap_log" "$pattern"
	done
	check "$name: the stock amdgpu is in place" is_stock "$root"
	check "$name: apt is not blocked" apt_works "$root"
}

again='hint: .*dpkg-reconfigure rocmfix-dkms'

case_no_matching_source() {
	local root=$1
	tap_log=$work/no-source.log
	check "no matching source: apt exits 0" apt "$root" install --no-install-recommends \
		rocmfix-dkms "linux-headers-$kernel" linux-source="$series.1-1" "linux-source-$series=$series.1-1"
	trouble_check "$root" "no matching source" "kernel $kernel_re: skipped" \
		"installed: $series.1-1" "hint: type: apt install linux-source-$series=$needed_re\$"
}

# Breaks the patch, then types what the message said: dpkg's trigger builds.
case_broken_patch() {
	local root=$1 patch
	patch=$(find "$root/usr/src/rocmfix-$version/patches/$series/" -name '*.patch' | sort | tail -n 1)
	cp "$patch" "$work/patch"
	sed -i 's/^ \(.*[a-z].*\)$/ broken \1/' "$patch"
	tap_log=$work/broken-patch.log
	check "broken patch: the command of the message works" apt "$root" install "linux-source-$series=$needed"
	trouble_check "$root" "broken patch" "kernel $kernel_re: building" \
		"error: patch .* does not apply" "$again"
	tap_log=$work/broken-again.log
	check "broken patch: the next trigger does not try again" apt "$root" install --reinstall "linux-headers-$kernel"
	check "broken patch: the next trigger says so" file_has "$tap_log" "failed before and is not repeated"
	cp "$work/patch" "$patch"
}

# kbuild fails, seconds into the build.
case_failing_build() {
	local root=$1 file=$1/usr/src/rocmfix-$version/rocmfix/Makefile
	cp "$file" "$work/Makefile"
	# shellcheck disable=SC2016  # for make
	echo '$(error broken on purpose)' >>"$file"
	tap_log=$work/failing-build.log
	check "failing build: dpkg-reconfigure exits 0" logged "$root" dpkg-reconfigure rocmfix-dkms
	trouble_check "$root" "failing build" "kernel $kernel_re: the build failed; it keeps the stock amdgpu" \
		"error: amdgpu does not compile for kernel $kernel_re" "$again"
	check "failing build: no source tree is left" \
		test ! -e "$root/var/lib/dkms/rocmfix/$version/build/tree"
	cp "$work/Makefile" "$file"
}

case_full_disk() {
	local root=$1
	mount -t tmpfs -o size=16m tmpfs "$root/var/lib/dkms"
	tap_log=$work/small-disk.log
	check "full disk: dpkg-reconfigure exits 0" \
		logged "$root" dpkg-reconfigure rocmfix-dkms
	trouble_check "$root" "full disk" "error: the build needs [0-9]+ MiB .*; [0-9]+ MiB are free" "$again"
	apt "$root" purge rocmfix-dkms
	head -c 32M /dev/zero >"$root/var/lib/dkms/filler" 2>/dev/null || true
	tap_log=$work/full-disk.log
	check "no byte left: apt install exits 0" apt "$root" install rocmfix-dkms
	trouble_check "$root" "no byte left" "hint: .*dpkg-reconfigure rocmfix-dkms"
	umount "$root/var/lib/dkms"
}

# Kernels that are only directories: what counts is what the package says.
case_other_kernels() {
	local root=$1 other=$1/lib/modules/6.99.0-1-amd64 cloud=$1/lib/modules/6.1.0-97-cloud-amd64 dir
	local missing=$1/lib/modules/6.1.0-98-amd64 alone=$1/lib/modules/6.1.0-99-amd64
	for dir in "$other" "$cloud" "$alone"; do
		mkdir -p "$dir/build/include/generated" "$dir/build/include/config"
		echo '#define LINUX_PACKAGE_ID " Debian 6.99.1-1"' >"$dir/build/include/generated/package.h"
	done
	mkdir "$other/kernel" "$cloud/kernel"
	mkdir -p "$missing/kernel"
	echo 'CONFIG_DRM=m' >"$cloud/build/include/config/auto.conf"
	# Keeps the real kernel from being built here.
	mv "$root/usr/src/linux-source-$series.tar.xz" "$work/source.tar.xz"
	tap_log=$work/other-kernels.log
	check "other kernels: dpkg-reconfigure exits 0" \
		logged "$root" dpkg-reconfigure rocmfix-dkms
	trouble_check "$root" "other kernels" \
		"kernel 6.1.0-98-amd64: skipped" "hint: type: apt install linux-headers-6.1.0-98-amd64" \
		"kernel 6.99.0-1-amd64: skipped" "is of series 6.99; rocmfix $version is tested with: 6.1" \
		"kernel 6.1.0-97-cloud-amd64 has no amdgpu" \
		"hint: type: apt install --reinstall linux-source-$series="
	check "other kernels: headers alone are not a kernel" file_has_not "$tap_log" '6\.1\.0-99-amd64'
	rm -rf "$other" "$cloud" "$missing" "$alone"
	mv "$work/source.tar.xz" "$root/usr/src/linux-source-$series.tar.xz"
}

run_trouble() {
	local root=$1 fakes=$work/fakes
	mkdir "$fakes"
	echo "no kernel source" >"$work/linux-source-$series.tar.xz"
	make_package "$fakes" "linux-source-$series" "$series.1-1" '' "$work/linux-source-$series.tar.xz"
	make_package "$fakes" linux-source "$series.1-1" "linux-source-$series (= $series.1-1)"
	add_repository "$root" "${debs[@]}" "$fakes"/*.deb
	tap_log=$work/update.log
	apt "$root" update
	case_no_matching_source "$root"
	case_broken_patch "$root"
	case_failing_build "$root"
	case_other_kernels "$root"
	case_full_disk "$root"
	tap_log=$work/purge-trouble.log
	check "after trouble: apt purge exits 0" apt "$root" purge '*rocmfix*'
	check "after trouble: nothing is left" nothing_left "$root"
}
