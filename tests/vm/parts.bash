# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Runs tests that end with "N passed, N failed" and adds them up. Sourced by
# check-vm and check-matrix; it judges nothing itself.

parts_passed=0
parts_failed=0
as_root=()
((EUID == 0)) || as_root=(sudo)
export ROCMFIX_CACHE=${ROCMFIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rocmfix}
mkdir -p "$ROCMFIX_CACHE"

# part COMMAND...: shows it and adds its last line up. A part without one failed, and
# so did one that says that all is well and does not exit so.
part() {
	local log status=0 begin=$SECONDS
	log=$(mktemp)
	printf '\n# %s\n' "$*"
	"$@" 2>&1 | tee "$log" || status=$?
	printf '# that took %d min %d s\n' $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60))
	part_count "$log" "$1" "$status"
	rm -f "$log"
}

# part_begin COMMAND...: in parallel with those that follow, until part_finish shows it.
part_begin() {
	part_background=("$@")
	part_log=$(mktemp)
	"$@" >"$part_log" 2>&1 &
	part_process=$!
	# Nothing else ends it when this is interrupted.
	trap 'kill "$part_process" 2>/dev/null || true; rm -f "$part_log"' EXIT
}

part_finish() {
	local status=0
	wait "$part_process" || status=$?
	printf '\n# %s\n' "${part_background[*]}"
	cat "$part_log"
	part_count "$part_log" "${part_background[0]}" "$status"
	rm -f "$part_log"
}

part_count() { # LOG COMMAND STATUS
	local count
	count=$(tail -n 1 "$1")
	if [[ $count =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		parts_passed=$((parts_passed + BASH_REMATCH[1]))
		parts_failed=$((parts_failed + BASH_REMATCH[2]))
		if (($3 != 0 && BASH_REMATCH[2] == 0)); then
			echo "error: $2 says that nothing failed, and exits with $3"
			parts_failed=$((parts_failed + 1))
		elif ((BASH_REMATCH[1] + BASH_REMATCH[2] == 0)); then
			echo "error: $2 tested nothing"
			parts_failed=$((parts_failed + 1))
		fi
	else
		echo "error: $2 did not reach its end, but: $(tail -n 1 "$1")"
		parts_failed=$((parts_failed + 1))
	fi
}

parts_end() {
	printf '%d passed, %d failed\n' "$parts_passed" "$parts_failed"
	((parts_failed == 0 && parts_passed > 0))
}
