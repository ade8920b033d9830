# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# From a finished build to the module that the next boot loads, or the kernel has
# now. A part of each-kernel, whose variables it uses.
: "${here:?}" "${module:?}" "${modules:?}" "${package:?}" "${version:?}" "${source:?}" "${cache:?}"

# A livepatch reads no register's name.
keep_options=()
[[ $module == amdgpu ]] || keep_options=(--no-registers)

# install_failed KERNEL SOURCE_VERSION WHAT TEXT
install_failed() {
	write_record "$1" failed "$2" "$(problem_line error "$4")" "$(problem_line hint "$4")"
	say_problem "$1" "$3" "$4"
}

# withdraw_refused KERNEL: an older version that was installed before signatures
# counted would be refused at the next boot, too, and the display lost.
withdraw_refused() {
	local file
	[[ -n $(active_version "$1") ]] && file=$(is_ours "$1") || return
	"$source/check-signature" --module "$file" >/dev/null 2>&1 && return
	take_out "$1" >/dev/null 2>&1 || return
	say "kernel $1: $module of an older version is removed: the kernel would refuse it"
	update_initramfs "$1"
	drop_other_builds "$1"
}

install_module() {
	local kernel=$1 from=$2 output installed effect
	is_kernel "$kernel" && has_build "$kernel" || return
	if ! output=$("$source/check-signature" --module "$(built_file "$kernel")" 2>&1); then
		withdraw_refused "$kernel"
		install_failed "$kernel" "$from" "$module is built but not installed" "$output"
		return
	fi
	write_record "$kernel" running "$from"
	if ! output=$(put_in_place "$kernel" 2>&1); then
		install_failed "$kernel" "$from" "the installation failed" "$output"
		return
	fi
	# dkms 3.0.10 can report success and have installed nothing.
	installed=$(installed_version "$kernel")
	if [[ $installed != "$version" ]]; then
		install_failed "$kernel" "$from" "dkms installed nothing" \
			"error: modinfo shows version '${installed:-none}' of $module
hint: type: dkms install $package/$version -k $kernel --force"
		return
	fi
	# After a power loss it is there whole, or the record says that it is not.
	sync -f "$modules/$kernel"
	# The initramfs takes longer than all else, and nobody has to wait for it.
	effect=$(take_effect "$kernel")
	update_initramfs "$kernel"
	drop_other_builds "$kernel"
	write_record "$kernel" "done" "$from"
	say "kernel $kernel: $module $version is built and installed; $effect"
	keep_source "$kernel"
}

# For the next version, when linux-source of this one is gone.
keep_source() {
	local found
	found=$("$source/find-source" --kernel "$1" 2>/dev/null) || return 0
	found=$("$source/keep-source" --source "$(value_of source <<<"$found")" \
		--version "$(value_of version <<<"$found")" --kernel "$1" --cache "$cache" \
		"${keep_options[@]}" 2>&1) ||
		found="its source is not kept: $(problem_line error "$found")"
	[[ -z $found ]] || say "kernel $1: $found"
}

# The livepatch needs no reboot. In a chroot or a container /sys is another's.
take_effect() {
	local problem
	if [[ $module == amdgpu || $1 != "$(uname -r)" || ! -d /sys/module/amdgpu ]] || ischroot; then
		echo "it takes effect when that kernel boots"
		return
	fi
	# Another version that is loaded would stay.
	if [[ -d /sys/module/$module && $(cat "/sys/module/$module/version") != "$version" ]]; then
		"$here/livepatch-switch" off >/dev/null 2>&1
	fi
	if problem=$("$here/livepatch-switch" on 2>&1); then
		echo "it is in force now"
	else
		echo "it is not in force yet: $(paste -sd ' ' <<<"$problem")"
	fi
}
