# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What chroot-install checks. Uses its variables: work, version, and the
# functions of tap.bash and chroot.bash.
: "${here:?}" "${work:?}" "${version:?}"

# logged ROOT COMMAND...: in the chroot; its output is the log.
logged() {
	in_root "$@" >"$tap_log" 2>&1
}

apt() {
	local root=$1
	shift
	logged "$root" apt-get -y -q "$@"
}

# The version that the kernel's headers name, by which linux-source must match.
source_version_of() {
	sed -n 's/.*LINUX_PACKAGE_ID " Debian \(.*\)"/\1/p' \
		"$1/usr/src/linux-headers-$2/include/generated/package.h"
}

quick_and_silent() {
	((SECONDS - $1 < 60)) && file_has_not "$tap_log" '^rocmfix: '
}

kernel_of() {
	basename "$(ls -d "$1"/lib/modules/*-amd64)"
}

is_stock() {
	is "$(in_root "$1" modinfo -k "$2" -F version amdgpu 2>&1)" "" &&
		file_has <(in_root "$1" modinfo -k "$2" -F filename amdgpu) "/kernel/drivers/gpu/drm/amd/amdgpu/"
}

# initramfs_has ROOT KERNEL FILE: this amdgpu, and no other.
initramfs_has() {
	is "$(in_root "$1" lsinitramfs "/boot/initrd.img-$2" | grep '/amdgpu\.ko$' | sed 's|^usr/||')" \
		"lib/modules/$2/$3"
}

# apt is not wedged: nothing is half-configured, the kernel's hooks run, and
# another package can be installed.
apt_works() {
	local log=$tap_log.works
	is "$(in_root "$1" dpkg --audit)" "" || return 1
	if ! { in_root "$1" dpkg-reconfigure "linux-headers-$2" &&
		in_root "$1" apt-get -y -q install --reinstall hostname; } >"$log" 2>&1; then
		cat "$log"
		return 1
	fi
}

# trouble_check ROOT KERNEL NAME PATTERN...: what holds in every trouble.
trouble_check() {
	local root=$1 kernel=$2 name=$3 pattern
	shift 3
	for pattern in "$@"; do
		check "$name: the message says: $pattern" file_has "$tap_log" "$pattern"
	done
	check "$name: the stock amdgpu is in place" is_stock "$root" "$kernel"
	check "$name: apt is not wedged" apt_works "$root" "$kernel"
}

again='hint: .*dpkg-reconfigure rocmfix-dkms'

case_no_matching_source() {
	local root=$1 kernel=$2
	tap_log=$work/no-source.log
	check "no matching source: apt exits 0" apt "$root" install --no-install-recommends \
		rocmfix-dkms linux-source=6.1.1-1 linux-source-6.1=6.1.1-1
	needed=$(source_version_of "$root" "$kernel")
	trouble_check "$root" "$kernel" "no matching source" "kernel $kernel: skipped" \
		"installed is 6.1.1-1" "hint: type: apt install linux-source-6.1=$needed\$"
}

# Breaks the patch, then types what the message said: dpkg's trigger builds.
case_broken_patch() {
	local root=$1 kernel=$2 patch
	patch=$(find "$root/usr/src/rocmfix-$version/patches/6.1" -name '*.patch' | sort | tail -n 1)
	cp "$patch" "$work/patch"
	sed -i 's/^ \(.*[a-z].*\)$/ broken \1/' "$patch"
	tap_log=$work/broken-patch.log
	check "broken patch: the command of the message works" apt "$root" install "linux-source-6.1=$needed"
	trouble_check "$root" "$kernel" "broken patch" "kernel $kernel: building" \
		"error: patch .* does not apply" "$again"
	tap_log=$work/broken-again.log
	check "broken patch: the next trigger does not try again" apt "$root" install --reinstall "linux-headers-$kernel"
	check "broken patch: the next trigger says so" file_has "$tap_log" "failed before and is not repeated"
	cp "$work/patch" "$patch"
}

case_full_disk() {
	local root=$1 kernel=$2
	mount -t tmpfs -o size=16m tmpfs "$root/var/lib/dkms"
	tap_log=$work/small-disk.log
	check "full disk: dpkg-reconfigure exits 0" \
		logged "$root" dpkg-reconfigure rocmfix-dkms
	trouble_check "$root" "$kernel" "full disk" "error: the build needs [0-9]+ MiB .*; [0-9]+ MiB are free" "$again"
	apt "$root" purge rocmfix-dkms
	head -c 32M /dev/zero >"$root/var/lib/dkms/filler" 2>/dev/null || true
	tap_log=$work/full-disk.log
	check "no byte left: apt install exits 0" apt "$root" install rocmfix-dkms
	trouble_check "$root" "$kernel" "no byte left" "hint: .*dpkg-reconfigure rocmfix-dkms"
	umount "$root/var/lib/dkms"
}

# Kernels that are only directories: what counts is what the package says.
case_other_kernels() {
	local root=$1 kernel=$2 headers=$1/lib/modules/6.99.0-1-amd64/build/include/generated
	mkdir -p "$root/lib/modules/6.1.0-98-cloud-amd64/kernel" "$headers"
	echo '#define LINUX_PACKAGE_ID " Debian 6.99.1-1"' >"$headers/package.h"
	# Keeps the real kernel from being built here.
	mv "$root/usr/src/linux-source-6.1.tar.xz" "$work/source.tar.xz"
	tap_log=$work/other-kernels.log
	check "other kernels: dpkg-reconfigure exits 0" \
		logged "$root" dpkg-reconfigure rocmfix-dkms
	trouble_check "$root" "$kernel" "other kernels" \
		"kernel 6.1.0-98-cloud-amd64: skipped" "hint: type: apt install linux-headers-6.1.0-98-cloud-amd64" \
		"kernel 6.99.0-1-amd64: skipped" "is of series 6.99; rocmfix $version is tested with: 6.1" \
		"hint: type: apt install --reinstall linux-source-6.1="
	rm -rf "$root/lib/modules/6.1.0-98-cloud-amd64" "$root/lib/modules/6.99.0-1-amd64"
	mv "$work/source.tar.xz" "$root/usr/src/linux-source-6.1.tar.xz"
}

run_trouble() {
	local root=$1 kernel
	kernel=$(kernel_of "$root")
	enter "$root"
	tap_log=$work/update.log
	apt "$root" update
	case_no_matching_source "$root" "$kernel"
	case_broken_patch "$root" "$kernel"
	case_other_kernels "$root" "$kernel"
	case_full_disk "$root" "$kernel"
	tap_log=$work/purge-trouble.log
	check "after trouble: apt purge exits 0" apt "$root" purge '*rocmfix*'
	check "after trouble: nothing is left" nothing_left "$root"
}

run_install() {
	local root=$1 kernel needed begin modinfo=$work/modinfo
	kernel=$(kernel_of "$root")
	enter "$root"
	tap_log=$work/update.log
	apt "$root" update
	# Where a boot splash is installed, amdgpu is in the initramfs; here it is asked for.
	echo amdgpu >>"$root/etc/initramfs-tools/modules"
	logged "$root" update-initramfs -u -k "$kernel"
	check "before: the stock amdgpu" is_stock "$root" "$kernel"
	check "before: it is in the initramfs" initramfs_has "$root" "$kernel" kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko
	tap_log=$work/install.log
	begin=$SECONDS
	check "apt install rocmfix-dkms exits 0" apt "$root" install rocmfix-dkms
	echo "# the installation took $(((SECONDS - begin) / 60)) min $(((SECONDS - begin) % 60)) s"
	needed=$(source_version_of "$root" "$kernel")
	check "the message says that it is installed" \
		file_has "$tap_log" "kernel $kernel: amdgpu $version is built and installed"
	in_root "$root" modinfo -k "$kernel" amdgpu >"$modinfo"
	check "modinfo: version $version" file_has "$modinfo" "^version: +$version\$"
	check "modinfo: the file is under updates/dkms" \
		file_has "$modinfo" "^filename: +/lib/modules/$kernel/updates/dkms/amdgpu.ko\$"
	check "modinfo: series, patches and source" \
		file_has "$modinfo" "^rocmfix: +series=6.1 patches=[1-9][0-9]* source=$needed\$"
	check "modinfo: parameter rocmfix" file_has "$modinfo" '^parm: +rocmfix:'
	check "modinfo: parameter rocmfix_mtype" file_has "$modinfo" '^parm: +rocmfix_mtype:'
	check "the initramfs has the new module" initramfs_has "$root" "$kernel" updates/dkms/amdgpu.ko
	check "the build tree is gone" test ! -e "$root/var/lib/dkms/rocmfix/$version/build"
	check "apt is not wedged" apt_works "$root" "$kernel"
	tap_log=$work/trigger.log
	begin=$SECONDS
	apt "$root" install --reinstall "linux-headers-$kernel"
	check "a trigger with nothing to do is quick and silent" quick_and_silent "$begin"
	check_verify "$root" "$kernel"
}

# make_machine ROOT KERNEL: /srv/machine in the chroot, a captured RX 5600 XT with
# the chroot's own modules and initramfs: no Radeon is needed to look at them.
make_machine() {
	local machine=$1/srv/machine
	"$here/../data/make-roots" "$work/machines" rx5600xt
	mv "$work/machines/rx5600xt" "$machine"
	rm -rf "${machine:?}/lib/modules" "${machine:?}/usr/lib/modules" "${machine:?}/boot"
	mkdir -p "$machine/lib/modules"
	cp -al "$1/lib/modules/$2" "$machine/lib/modules/"
	cp -al "$1/boot" "$machine/boot"
	sed -i "s/Linux version [^ ]*/Linux version $2/" "$machine/proc/version"
}

# verify_says ID PATTERN: the check ID is good, and its detail matches.
verify_says() {
	/usr/bin/python3 - "$tap_log" "$@" <<-'EOF'
	import json, re, sys
	log, wanted, pattern = sys.argv[1:]
	check = {check["id"]: check for check in json.load(open(log))["checks"]}[wanted]
	print(check)
	sys.exit(not (check["ok"] is True and re.search(pattern, check["detail"])))
	EOF
}

# The userspace beside it, when dist/ has it.
check_verify() {
	local root=$1 kernel=$2
	if ! in_root "$root" sh -c 'command -v rocmfix' >/dev/null; then
		skip_check "rocmfix verify" "the userspace package is not in dist/"
		return
	fi
	make_machine "$root" "$kernel"
	tap_log=$work/verify.json
	logged "$root" rocmfix verify --json --root /srv/machine || true
	check "rocmfix verify finds the module of DKMS" verify_says module.installed "updates/dkms/amdgpu.ko, version $version\$"
	check "rocmfix verify finds it in the initramfs" verify_says initramfs.module "has the installed amdgpu"
	rm -rf "$root/srv/machine"
	check "rocmfix-run runs" is "$(in_root "$root" rocmfix-run -- echo well 2>/dev/null)" well
}

nothing_left() {
	! { find "$1/usr/src" "$1/var/lib/dkms" "$1/lib/modules" "$1/etc" "$1/var/lib" "$1/usr/libexec" \
		\( -iname '*rocmfix*' -o -path '*/updates/*' \) ! -path "$1/var/lib/apt/*" \
		! -path "$1/etc/apt/sources.list.d/*" | grep .; }
}

run_purge() {
	local root=$1 kernel
	kernel=$(kernel_of "$root")
	tap_log=$work/purge.log
	check "apt purge exits 0" apt "$root" purge '*rocmfix*'
	check "the message names the kernel" file_has "$tap_log" "kernel $kernel: back to the stock amdgpu"
	check "nothing is left in /usr/src, /var/lib/dkms, /lib/modules and /etc" nothing_left "$root"
	check "modinfo shows the stock amdgpu" is_stock "$root" "$kernel"
	check "the initramfs has the stock module" initramfs_has "$root" "$kernel" kernel/drivers/gpu/drm/amd/amdgpu/amdgpu.ko
	check "apt is not wedged" apt_works "$root" "$kernel"
}

# keep_for_vm ROOT CACHE: the kernel, its module index and the built module.
keep_for_vm() {
	local root=$1 kernel to=$2/6.1
	kernel=$(kernel_of "$root")
	rm -rf "$to.new"
	mkdir -p "$to.new/boot" "$to.new/lib/modules"
	cp "$root/boot/vmlinuz-$kernel" "$to.new/boot/"
	"$here/../vm/copy-modules" "$root" "$kernel" "$to.new" amdgpu
	cp "$root/lib/modules/$kernel/updates/dkms/amdgpu.ko" "$to.new/amdgpu.ko" || return 0
	rm -rf "$to"
	mv "$to.new" "$to"
}
