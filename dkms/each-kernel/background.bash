# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Builds that nobody waits for: apt finishes, and rocmfix-build.service builds.
# STATE/pending is there from the request for a build until all of it is done, so
# that the next boot continues what was interrupted. A part of each-kernel, whose
# variables it uses.
: "${state:?}" "${module:?}" "${records:?}" "${triggered:?}" "${try_again:?}"
pending=$state/pending
unit=rocmfix-build.service

systemd_runs() {
	[[ -d /run/systemd/system ]] && command -v systemctl >/dev/null && ! ischroot
}

# Different each time, so that a request that comes during a run is seen.
request_build() {
	mkdir -p "$state"
	printf '%s %s\n' "$$" "$(date +%s.%N)" >"$pending"
	sync "$pending"
}

build_in_background() {
	local kernel from asked=no
	for kernel in $(list_kernels); do
		plan_for "$kernel" || continue
		if has_build "$kernel" && ! must_rebuild "$kernel" && take_lock 0; then
			install_module "$kernel" "$from"
			continue
		fi
		[[ $triggered == yes ]] || rm -f "$records/$kernel"
		say "kernel $kernel: $module is built from Linux $from in the background; until then it keeps $(what_stays "$kernel")"
		asked=yes
	done
	if [[ $asked == no ]]; then
		drop_idle_versions
		return
	fi
	request_build
	release_lock
	say "  to watch it, type: journalctl -f -u $unit"
	systemctl start --no-block "$unit" ||
		say "  $unit cannot be started; it will be retried at the next boot, or type: $try_again"
}

# In the unit: until no request is left.
serve() {
	local kernel request later=no
	take_lock 30 || return
	while [[ -e $pending ]]; do
		request=$(<"$pending")
		add_source || return
		for kernel in $(list_kernels); do
			build_for "$kernel"
			(($? != 75)) || later=yes
		done
		drop_idle_versions
		# What only waits for dpkg is installed by dpkg's next trigger, or the next boot.
		[[ $later == no ]] || return
		[[ $(<"$pending") != "$request" ]] || rm -f "$pending"
	done
}

# After the unit, by systemd: what runs into its time limit is not tried again.
end_service() {
	local file kernel
	[[ ${SERVICE_RESULT-} == timeout ]] || return
	# shellcheck disable=SC2034  # say's
	in_service=yes
	for file in "$records"/*; do
		kernel=${file##*/}
		was_interrupted "$kernel" || continue
		put_build_back "$kernel"
		write_record "$kernel" failed "$(read_record "$kernel" source)" \
			"the build was stopped: it took longer than the time limit of $unit" "to try again, type: $try_again"
		say "kernel $kernel: the build was stopped: it took longer than the time limit of $unit"
		say "  hint: to try again, type: $try_again"
	done
	rm -f "$pending"
}

stop_background() {
	rm -f "$pending"
	[[ $module == amdgpu ]] && systemd_runs || return 0
	systemctl stop "$unit" 2>/dev/null
}
