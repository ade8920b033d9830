# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The decision to build for a kernel, and the build. A part of each-kernel, whose
# variables it uses.
: "${here:?}" "${module:?}" "${package:?}" "${version:?}" "${source:?}" "${dkms_tree:?}" "${triggered:?}"
: "${in_service:?}" "${try_again:?}"
make_log=$dkms_tree/$package/$version/build/make.log

duration() {
	[[ $module == amdgpu ]] && echo "5 to 20 minutes" || echo "half a minute"
}

# build_module KERNEL SOURCE_VERSION: what is installed stays as it is.
build_module() {
	local kernel=$1 output
	has_build "$kernel" && ! must_rebuild "$kernel" && return
	printf 'rocmfix: %s\n' "kernel $kernel: building $module from Linux $2, which takes $(duration) ..."
	write_record "$kernel" running "$2"
	set_build_aside "$kernel"
	if ! output=$(dkms build -m "$package" -v "$version" -k "$kernel" 2>&1); then
		[[ -r $make_log ]] && output+=$'\n'$(grep -E '^(error|hint): ' "$make_log")
		put_build_back "$kernel"
		write_record "$kernel" failed "$2" "$(problem_line error "$output")" "$(problem_line hint "$output")"
		say_problem "$kernel" "the build failed" "$output"
		return 1
	fi
	drop_build_aside "$kernel"
}

# A livepatch is for one amdgpu.ko, which an update can change under the same
# kernel's name; what does not fit goes before anything else.
remove_unfit_livepatch() {
	local kernel=$1 file problem
	[[ $module != amdgpu ]] || return 0
	file=$(modinfo -k "$kernel" -n "$module" 2>/dev/null) || return 0
	problem=$("$here/check-stock" --kernel "$kernel" --module "$file" 2>&1) && return
	say "kernel $kernel: $module is removed: $(head -n 1 <<<"$problem")"
	remove_builds "$kernel"
	update_initramfs "$kernel"
}

# plan_for KERNEL: sets `from`, the source's version to build from; fails, and
# says why, where there is nothing to build.
plan_for() {
	local kernel=$1 found
	is_kernel "$kernel" || return
	remove_unfit_livepatch "$kernel"
	refresh_original "$kernel"
	put_build_back "$kernel"
	if is_in_place "$kernel"; then
		[[ -n $(read_record "$kernel" state) ]] || write_record "$kernel" "done" "$(source_of_module "$kernel")"
		[[ $triggered == yes ]] || say "kernel $kernel: $module $version is installed already"
		return 1
	fi
	if ! found=$("$source/preflight" --kernel "$kernel" --build-dir "$dkms_tree" 2>&1); then
		write_record "$kernel" skipped "$(wanted_source "$kernel" | cut -d' ' -f1)" \
			"$(problem_line error "$found")" "$(problem_line hint "$found")"
		say_problem "$kernel" skipped "$found"
		return 1
	fi
	from=$(value_of version <<<"$found")
	if [[ $triggered == yes ]] && ! has_build "$kernel" && failed_before "$kernel" "$from"; then
		say "kernel $kernel: its build failed before and is not repeated; to try again, type: $try_again"
		return 1
	fi
}

build_for() {
	local kernel=$1 from
	plan_for "$kernel" && build_module "$kernel" "$from" || return
	if [[ $in_service == yes ]]; then
		# Two initramfs at the same time, dpkg's and ours, would be one too many.
		"$here/with-dpkg-lock" 1800 "$0" install "$kernel" "$from"
	else
		install_module "$kernel" "$from"
	fi
}

build() {
	local kernel
	if [[ -e /etc/dkms/no-autoinstall ]]; then
		say "nothing built, because of /etc/dkms/no-autoinstall; type: dkms install $package/$version"
		return
	fi
	if [[ $module == amdgpu ]] && ! someone_waits && systemd_runs; then
		# Nobody waits for a build that runs: it forgets them itself.
		! take_lock 0 || forget_lost_kernels
		add_source || return
		build_in_background
		return
	fi
	take_lock "$(patience)" || return
	forget_lost_kernels
	add_source || return
	request_build
	for kernel in $(list_kernels); do
		build_for "$kernel"
	done
	drop_idle_versions
	rm -f "$pending"
}
