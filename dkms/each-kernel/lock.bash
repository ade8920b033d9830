# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# One run at a time, and how long somebody waits for another. A part of each-kernel,
# whose variables it uses.
: "${try_again:?}"
lock_file=/run/rocmfix-build.lock
lock=''

# A user sits at a terminal, and apt was not set to be non-interactive.
someone_waits() {
	[[ ${DEBIAN_FRONTEND-} != noninteractive && -t 0 && -t 1 ]]
}

# A build takes minutes. A user at a terminal waits for it; a package's script must end.
patience() {
	someone_waits && echo 3600 || echo 30
}

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
