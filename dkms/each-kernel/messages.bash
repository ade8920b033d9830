# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What each-kernel says, now or, from the background, as soon as somebody reads it,
# and what it passes on of what other programs said. A part of each-kernel, whose
# variables it uses.
: "${state:?}" "${module:?}" "${in_service:?}" "${try_again:?}"
# What builds in the background said, until somebody has read it.
unreported=$state/unreported

say() {
	printf 'rocmfix: %s\n' "$*"
	[[ $in_service == no ]] || printf 'rocmfix: %s\n' "$*" >>"$unreported"
}

report() {
	[[ -s $unreported ]] && someone_waits || return 0
	printf 'rocmfix: from the build in the background:\n'
	cat "$unreported"
	rm -f "$unreported"
}

# problem_lines TEXT: the error: and hint: lines out of TEXT.
problem_lines() {
	grep -E '^(error|hint): ' <<<"$1" ||
		printf 'error: %s\nhint: to try again, type: %s\n' "$(tail -n 3 <<<"$1" | paste -sd ' ')" "$try_again"
}

# problem_line error|hint TEXT: the first line of this kind, without its name.
problem_line() {
	problem_lines "$2" | sed -n "/^$1: /{s///p;q}"
}

# say_problem KERNEL WHAT TEXT
say_problem() {
	local line
	say "kernel $1: $2; it keeps $(what_stays "$1")"
	while read -r line; do
		say "  $line"
	done < <(problem_lines "$3")
}

# What is in force for a kernel when nothing is built.
what_stays() {
	local has from
	has=$(installed_version "$1")
	[[ -n $has ]] || { echo "the stock amdgpu" && return; }
	from=$(source_of_module "$1")
	echo "$module $has${from:+, built from Linux $from}"
}
