# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# One source of a kernel, patched as on a user's machine, and the objects that this
# concerns: what tests/patches/check and check-trees have in common. Sourced by them, after
# tap.bash. They set `top` and `here` (the checkout, this directory) before, and kernel[],
# patches (the directory of its series), tree and build (the patched source, and a copy
# of it to compile in) later, and define kbuild(), which takes a tree and targets.
: "${top:?}" "${here:?}"

readonly amd=drivers/gpu/drm/amd
cache=$(realpath -m "${ROCMFIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rocmfix}")
# pristine: the source; series, version: the kernel's X.Y, and what its package is called
declare -A kernel
work='' patches='' tree='' build=''

version=$(sed -n '1s/^[^(]*(\([^)]*\)).*/\1/p' "$top/debian/changelog" || true)
if [[ -z $version ]]; then
	printf 'error: no version in debian/changelog\nhint: is the checkout complete?\n' >&2
	exit 1
fi

make_work() { # NAME
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/$1.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# Which series it is, and which of its patches, as on the user's machine.
choose_series() {
	"$top/dkms/choose-series" --source "${kernel[pristine]}" --patches "$top/kernel/patches" >"$work/choice"
}

patch_names() { sed -n 's/^patch=//p' "$work/choice"; }

series_is_complete() {
	diff <(sed -n 's/^patch=//p; s/^left_out=//p' "$work/choice" | sort) \
		<(cd "$patches" && find . -name '*.patch' | sed 's|^\./||' | sort)
}

# Ubuntu's versions do not begin with upstream's.
upstream_release() {
	sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "${kernel[pristine]}/Makefile" | paste -sd .
}

prepare() { # DIR [OPTION...]: as the user's machine does
	local release=()
	! grep -qs "^${kernel[name]-none} " "$here/../kernels/ubuntu-list" || release=(--release "$(upstream_release)")
	"$top/dkms/prepare-source" "${release[@]}" --source "${kernel[pristine]}" --patches "${patches%/*}" \
		--rocmfix "$top/kernel/rocmfix" --series "${kernel[series]}" \
		--source-version "${kernel[version]}" --version "$version" --output "$@"
}

prepare_tree() { prepare "$tree"; }

prepare_livepatch() { # DIR
	rm -rf "$1"
	prepare "$1" --livepatch "$top/kernel/livepatch" || return 1
	# What dkms/check-stock finds out on the user's machine.
	echo '#define ROCMFIX_STOCK_BUILD_ID "not asked for"' >>"$1/$amd/rocmfix/rocmfix_build.h"
}

# What tests/patches/refresh says of one patch; that is shown when the patch is bad.
applies_without_fuzz() { # name
	awk -v name="$1" '/^  [a-z]/ { mine = $2 == name; if (mine) state = $1 }
		mine; END { exit state !~ /^(clean|offset)$/ }' "$work/refresh"
}

reverse_is_pristine() {
	local copy=$work/reversed name
	rm -rf "$copy"
	cp -al "$tree" "$copy" && rm -r "$copy/$amd/rocmfix" || return 1
	while read -r name; do
		patch -d "$copy" -p1 -R --fuzz=0 --batch --no-backup-if-mismatch \
			--reject-file=- <"$patches/$name" || return 1
	done < <(patch_names | tac)
	diff -rq "${kernel[pristine]}/$amd" "$copy/$amd"
}

# What rocmfix says to be in force rests on this line of rocmfix_compat.h.
svm_claim_is_right() {
	local claims=0 passes=0
	! grep -q '^#define ROCMFIX_SVM_PASSES_GET_VM_PTE 1$' "$patches/rocmfix_compat.h" || claims=1
	! grep -q '\bamdgpu_gmc_get_vm_pte(' "${kernel[pristine]}/$amd/amdkfd/kfd_svm.c" || passes=1
	is "$claims" "$passes"
}

# --- objects -----------------------------------------------------------------

# A trace header's lines below its include guard say where the header is, and
# are read only where the tracepoints are made.
changes_only_trace_path() { # header (path from amd/)
	local guard
	guard=$(grep -n 'must be outside protection' "$tree/$amd/$1" | cut -d: -f1)
	[[ -n $guard ]] || return 1
	awk -v guard="$guard" -F'[acd]' '
		/^[0-9]/ { split($2, line, ","); if (line[1] < guard) inside = 1 } END { exit inside }' \
		< <(diff "${kernel[pristine]}/$amd/$1" "$tree/$amd/$1")
}

# Those that are compiled because of a header: the files that include it. With
# none nothing would be checked, so the header's own name is built, which fails.
includers() { # header
	local only='#include'
	! changes_only_trace_path "$1" || only='#define CREATE_TRACE_POINTS'
	(cd "$tree/$amd" && grep -rlE --include='*.c' "^#include [\"<]([^\"]*/)?${1##*/}[\">]" . |
		xargs -r grep -l "^$only" | sed 's|^\./||') || printf '%s.o\n' "$1"
}

# rocmfix's own files, as below.
own_objects() { (cd "$top/kernel/rocmfix" && printf '../rocmfix/%s\n' *.c | sed 's/\.c$/.o/'); }

# The files that the patches changed or that read what was changed, as objects
# with names relative to amdgpu/, as kbuild needs them.
touched_objects() {
	local file
	while read -r file; do
		case $file in
		*.c) printf '%s\n' "$file" ;;
		*.h) includers "$file" ;;
		esac
	done < <(patch_names | (cd "$patches" && xargs sed -n "s|^+++ b/$amd/||p") | sort -u) |
		sed 's|^|../|; s|^\.\./amdgpu/||; s/\.c$/.o/' | sort -u
}

compiles_silently() { # objects... [variables...]
	local log=$work/silent.log object
	kbuild "$build" "$@" >"$log" 2>&1 || {
		cat "$log"
		return 1
	}
	cat "$log"
	# kbuild can find nothing to do for a name, and call it success
	for object in "$@"; do
		[[ $object == *.o ]] || continue
		[[ -s $build/$amd/amdgpu/$object ]] || {
			printf 'not built: %s\n' "$object"
			return 1
		}
	done
	# Of an update of the release's compiler, and of tools that the build of an object does not need.
	! grep -v '^warning: \(the compiler\|pahole version\) differs from the one used' "$log" | grep -i 'warning'
}

# An amdgpu.ko that cannot say what it is must not come into being.
build_header_is_required() {
	local log=$work/required.log
	rm -f "$build/$amd/rocmfix/rocmfix_build.h" "$build/$amd/rocmfix/"*.o
	! kbuild "$build" ../rocmfix/rocmfix_version.o >"$log" 2>&1 || return 1
	cat "$log"
	grep -q 'error.*rocmfix_build.h is missing' "$log"
}
