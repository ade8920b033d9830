# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The kernels of this machine, and their initramfs. A part of each-kernel, whose
# variables it uses.
: "${modules:?}"

list_kernels() {
	find "$modules" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -V
}

# What a removed kernel left behind, or headers alone, is no kernel to build for.
is_kernel() {
	[[ -d $modules/$1/kernel ]]
}

# Whether amdgpu or the livepatch is in the initramfs, or that cannot be seen. Listing
# takes a tenth of the time of making it.
initramfs_has_driver() {
	local -a command=(lsinitrd "/boot/initrd.img-$1")
	! command -v lsinitramfs >/dev/null || command=(lsinitramfs "/boot/initrd.img-$1")
	! "${command[@]}" 2>/dev/null | awk '/\/(amdgpu|rocmfix_livepatch)\.ko/ { found = 1; exit } END { exit found || !NR }'
}

# The copy of amdgpu in the initramfs is what the next boot uses; without one, both come
# from the root file system. The livepatch's postrm makes it when this file is gone.
update_initramfs() {
	local -a command
	[[ -e /boot/initrd.img-$1 ]] && initramfs_has_driver "$1" || return 0
	if command -v update-initramfs >/dev/null; then
		command=(update-initramfs -u -k "$1")
	elif command -v dracut >/dev/null; then
		command=(dracut --quiet --force "/boot/initrd.img-$1" "$1")
	else
		say "kernel $1: /boot/initrd.img-$1 is not updated: neither update-initramfs nor dracut is installed"
		return
	fi
	"${command[@]}" >/dev/null 2>&1 ||
		say "kernel $1: its initramfs could not be updated; type: ${command[*]}"
}
