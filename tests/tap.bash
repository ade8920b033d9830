# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# TAP for the bash tests: numbered results and the closing count. Sourced.
# It judges nothing itself; a test passes because the command given to `check`
# succeeded. How many there have to be is in tests/floors.

tap_top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
tap_passed=0
tap_failed=0
# How many there were when tap_part was last called.
tap_before=0
# The name in tests/floors: the script's own; - for one that does only a part.
tap_suite=$(realpath --relative-to="$tap_top" "$0")
# The log that is shown when a check fails.
tap_log=/dev/null

# check NAME COMMAND...: one result.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		tap_passed=$((tap_passed + 1))
		printf 'ok %d - %s\n' $((tap_passed + tap_failed)) "$name"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' $((tap_passed + tap_failed)) "$name"
		printf '# failed: %s\n' "$*"
		[[ -z $output ]] || printf '%s\n' "$output" | tail -n 20 | sed 's/^/#   /'
		[[ ! -s $tap_log ]] || tail -n 20 "$tap_log" | sed 's/^/# log: /'
	fi
}

# skip_check NAME REASON: neither passed nor failed.
skip_check() {
	printf '# skipped: %s (%s)\n' "$1" "$2"
}

# tap_floor SUITE COUNT: a failure when the suite has fewer tests than are known.
tap_floor() {
	local fault
	fault=$("$tap_top/scripts/tally" --counted "$1" "$2" 2>&1) && return
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' $((tap_passed + tap_failed)) "${fault#FAILED }"
}

# tap_part SUITE: the checks since the last call are those of SUITE, or a part of it.
tap_part() {
	local count=$((tap_passed + tap_failed - tap_before))
	tap_floor "$1" "$count"
	tap_before=$((tap_passed + tap_failed))
}

# The last line; fails when a check failed, none ran, or fewer than are known.
tap_end() {
	[[ $tap_suite == - ]] || tap_floor "$tap_suite" $((tap_passed + tap_failed))
	printf '1..%d\n' $((tap_passed + tap_failed))
	printf '%d passed, %d failed\n' "$tap_passed" "$tap_failed"
	((tap_failed == 0 && tap_passed > 0))
}

is() {
	[[ $1 == "$2" ]] || { printf 'got:  %s\nwant: %s\n' "$1" "$2"; return 1; }
}

file_has() {
	grep -qE -- "$2" "$1" || { printf 'no line matches: %s\n' "$2"; return 1; }
}

# A file that is not there, or cannot be read, has not "not got" anything.
file_has_not() {
	local status=0
	grep -E -- "$2" "$1" || status=$?
	((status == 1))
}
