# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# TAP for the bash tests: numbered results and the closing count. Sourced.
# It judges nothing itself; a test passes because the command given to `check`
# succeeded.

tap_passed=0
tap_failed=0
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

# The last line; fails when a check failed or none ran.
tap_end() {
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

file_has_not() {
	! grep -E -- "$2" "$1"
}
