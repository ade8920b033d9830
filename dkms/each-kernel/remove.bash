# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The way back to the stock amdgpu, for every kernel. A part of each-kernel, whose
# variables it uses.
: "${here:?}" "${module:?}" "${package:?}" "${tree:?}"

# take_out KERNEL: believes what lies on the disk, not dkms, which reports success
# when it could not delete a file.
take_out() {
	local kernel=$1 active file
	active=$(active_version "$kernel")
	dkms uninstall -m "$package" -v "$active" -k "$kernel" >/dev/null 2>&1
	if file=$(is_ours "$kernel"); then
		# So that "dkms remove" finds it.
		ln -sfn "$active/$kernel/$(uname -m)" "$tree/kernel-$kernel-$(uname -m)"
		print_error "the removal failed: $file is still there, and the next boot loads it" \
			"find out why it cannot be deleted (mount, lsattr), delete it, then type: apt install --reinstall $(stock_package)"
		return 1
	fi
	if [[ $module == amdgpu && -z $file ]]; then
		print_error "the module is removed, but there is no stock amdgpu for this kernel" \
			"type: apt install --reinstall $(stock_package)"
		return 1
	fi
}

remove() {
	local kernel problem
	local -a changed=() kept=()
	if [[ $module != amdgpu ]] && ! ischroot && ! problem=$("$here/livepatch-switch" off 2>&1); then
		say "$(paste -sd ' ' <<<"$problem")"
	fi
	stop_background
	take_lock 30 || say "the removal no longer waits for it"
	for kernel in $(list_kernels); do
		[[ -n $(active_version "$kernel") ]] || continue
		if problem=$(take_out "$kernel" 2>&1); then
			changed+=("$kernel")
		else
			kept+=("$kernel")
			say "kernel $kernel: $(problem_line error "$problem")"
			say "  hint: $(problem_line hint "$problem")"
		fi
	done
	forget_versions "${#kept[@]}"
	forget_records
	[[ -z $list ]] || printf '%s\n' "${changed[@]}" >"$list"
	for kernel in "${changed[@]}"; do
		[[ -n $list ]] || update_initramfs "$kernel"
		say "kernel $kernel: back to the stock amdgpu"
	done
}
