# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Builds that nobody waits for: apt finishes, and rocmfix-build.service builds. One
# run at a time; STATE/pending is there from the request for a build until all of
# it is done, so that the next boot continues what was interrupted. Sourced by
# each-kernel, whose variables it uses.
: "${state:?}" "${module:?}" "${package:?}" "${records:?}" "${triggered:?}" "${try_again:?}"
pending=$state/pending
unit=rocmfix-build.service
lock_file=/run/rocmfix-build.lock

# A user sits at a terminal, and apt was not set to be non-interactive.
someone_waits() {
	[[ ${DEBIAN_FRONTEND-} != noninteractive && -t 0 && -t 1 ]]
}

systemd_runs() {
	[[ -d /run/systemd/system ]] && command -v systemctl >/dev/null && ! ischroot
}

lock=''

# take_lock SECONDS: waits for another run, and says for whom. The lock goes with the last process of
# a build, however it ends; it is root's alone, or anybody could hold it.
take_lock() {
	[[ -z $lock ]] || return 0
	(umask 077 && : >>"$lock_file" && chmod 600 "$lock_file") && exec {lock}>>"$lock_file" || return
	if ! flock --nonblock "$lock"; then
		if (($1 == 0)) || ! wait_for_lock "$1"; then
			exec {lock}>&-
			lock=''
			return 1
		fi
	fi
	echo "$$" >"$lock_file"
}

wait_for_lock() {
	local holder
	holder=$(head -c 20 "$lock_file")
	printf 'rocmfix: %s\n' "another build is running${holder:+ (process $holder)}: waiting for it ..."
	flock --timeout "$1" "$lock" && return
	say "that build is still running; when it has finished, type: $try_again"
	return 1
}

release_lock() {
	[[ -z $lock ]] || exec {lock}>&-
	lock=''
}

# A build takes minutes. A user at a terminal waits for it; a package's script must end.
patience() {
	someone_waits && echo 3600 || echo 30
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
