# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What check and check-radeon have in common: which kernel and which module, by
# the arguments NAME [AMDGPU_KO]; guests that boot two at a time; questions to
# what they printed. Sourced after tap.bash; an image that is set already is taken. It decides nothing about amdgpu.
: "${here:?}"

(($# == 1 || $# == 2)) || { echo "usage: $0 NAME [AMDGPU_KO]" >&2; exit 2; }
name=$1
cache=${ROCMFIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rocmfix}
module=${2:-$cache/built/$name/amdgpu.ko}
image=${image:-$("$here/../kernels/environment" get "$name" --image | sed -n 's/^image=//p')}
kernel=$(basename "$image"/boot/vmlinuz-* | sed 's/^vmlinuz-//')
if [[ ! -r $module ]]; then
	printf 'error: no built module for %s: %s\nhint: type: tests/vm/check-matrix %s\n' \
		"$name" "$module" "$name" >&2
	exit 1
fi
version=$(modinfo -F version "$module")
built_for=$(modinfo -F vermagic "$module")
if [[ ${built_for%% *} != "$kernel" ]]; then
	printf 'error: %s is built for kernel %s, %s is at %s now\nhint: type: tests/vm/check-matrix %s\n' \
		"$module" "${built_for%% *}" "$name" "$kernel" "$name" >&2
	exit 1
fi
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# --- booting: a guest loads a module of 20 MB on one processor, so two at a time

# start BOOT SCRIPT OPTIONS...: its console goes to BOOT.log, its status to BOOT.status.
start() {
	local boot=$1 script=$2
	shift 2
	while (($(jobs -rp | wc -l) >= 2)); do
		wait -n || true
	done
	{
		local status=0
		# A guest takes 20 s, and on a machine that is busy ten times that.
		"$here/boot" --timeout "${ROCMFIX_GUEST_TIMEOUT:-900}" --root "$image" --script "$here/$script" "$@" >"$work/$boot.log" 2>&1 || status=$?
		echo "$status" >"$work/$boot.status"
	} &
}

# booted BOOT: waits for it.
booted() {
	while [[ ! -s $work/$1.status ]]; do
		sleep 0.2
	done
	is "$(<"$work/$1.status")" 0
}

fact_is() {
	local got
	got=$(sed -n "s/^fact $2 //p" "$work/$1.log")
	is "$got" "$3"
}

fact_matches() {
	local got
	got=$(sed -n "s/^fact $2 //p" "$work/$1.log")
	[[ $got =~ $3 ]] || { printf 'got:  %s\nwant: %s\n' "$got" "$3"; return 1; }
}

# --- what is asked of a log

kernel_log() {
	sed -n '/^=== kernel log$/,/^=== end of kernel log$/p' "$work/$1.log"
}

# Complaints of the kernel, without times, addresses, and where it was compiled. The taints are said on
# purpose: a module of one's own is out of tree and unsigned.
complaints() {
	kernel_log "$1" |
		grep -iE 'WARNING|BUG:|\bOops|Call Trace|general protection|unknown parameter|Unknown symbol|disagrees about|UBSAN|KASAN|refcount|leak|\berror\b|failed' |
		sed -E 's/^\[ *[0-9.]+\] //; s/0x[0-9a-f]+/ADDRESS/g; s/[0-9a-f]{16}/ADDRESS/g
			s|CPU: [0-9]+ PID: [0-9]+ at .*/drivers/gpu/|at drivers/gpu/|
			s|CPU: [0-9]+ PID: [0-9]+ at drivers/gpu/|at drivers/gpu/|' |
		grep -v 'module verification failed: signature and/or required key missing' |
		sort -u
}

# reports BOOT [KNOWN]: what a kernel says of a fault of its own, with what follows: of
# KASAN, lockdep, RCU, atomic sleep, list and object debugging, or any BUG and
# WARNING; without those whose first line matches KNOWN, or of RCU usage the fourth,
# which has the place.
reports() {
	grep -q 'rocmfix test: the end' "$work/$1.log" || echo "the guest did not reach its end"
	kernel_log "$1" | KNOWN=${2-} awk '
		function is_known(line) { return ENVIRON["KNOWN"] != "" && line ~ ENVIRON["KNOWN"] }
		/WARNING: suspicious RCU usage/ { held = $0; more = 3; next }
		more {
			held = held "\n" $0
			if (!--more && !is_known($0)) { print held; left = 37 }
			next
		}
		/WARNING: |BUG: |BUG at |INFO: (possible|inconsistent|trying to register|rcu_|task )|Oops|general protection|KASAN|ODEBUG|list_(add|del) corruption|refcount_t|UBSAN/ &&
			!is_known($0) { left = 40 }
		left-- > 0
		END { if (more) print held }'
}

no_new_complaints() {
	local new
	# A log that is not there complains of nothing.
	file_has <(kernel_log "$1") 'rocmfix test: the end' || return 1
	file_has <(kernel_log stock) 'rocmfix test: the end' || return 1
	new=$(comm -13 <(complaints stock) <(complaints "$1"))
	is "$new" ""
}
