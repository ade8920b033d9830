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

# part COMMAND...: shows it and adds its last line up; a part without one failed.
part() {
	local log count begin=$SECONDS
	log=$(mktemp)
	printf '\n# %s\n' "$*"
	"$@" 2>&1 | tee "$log" || true
	count=$(tail -n 1 "$log")
	rm -f "$log"
	printf '# that took %d min %d s\n' $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60))
	if [[ $count =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		parts_passed=$((parts_passed + BASH_REMATCH[1]))
		parts_failed=$((parts_failed + BASH_REMATCH[2]))
	else
		echo "error: $1 did not reach its end"
		parts_failed=$((parts_failed + 1))
	fi
}

parts_end() {
	printf '%d passed, %d failed\n' "$parts_passed" "$parts_failed"
	((parts_failed == 0 && parts_passed > 0))
}
