# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What prepare-source --livepatch does differently: which files of amdgpu's are unpacked, and
# the functions that the livepatch consists of, taken out of the patched source. Sourced
# by prepare-source, whose variables it uses; alone it does nothing.
# shellcheck disable=SC2154

# The files of amdgpu, in addition to its headers, that a livepatch is made from: those
# with its functions, and those that the patches change. Of every series: which one it
# is, the source tells.
livepatch_files() {
	{
		sed -n 's|^\([^# ]*\) .*|'"$amd"'/\1|p' "$patches"/*/livepatch
		sed -n 's|^+++ b/||p' "$patches"/*/*.patch
	} | sort -u
}

# The registers' names are three quarters of the source, and in no structure.
unpack_for_livepatch() {
	local -a files headers
	mapfile -t files < <(livepatch_files)
	if [ -d "$source" ]; then
		mapfile -t headers < <(cd "$source" &&
			find "$amd" -path '*/asic_reg' -prune -o -name '*.h' -print)
		tar -C "$source" --ignore-failed-read -cf - Makefile "${files[@]}" "${headers[@]}" |
			tar -C "$work/tree" -xf -
	else
		unpack_source "$source" "$work/tree" --exclude='*/asic_reg' --wildcards --no-wildcards-match-slash \
			'*/Makefile' "${files[@]/#/*/}" --wildcards-match-slash "*/$amd/*.h"
	fi
}

# Whether one of these fixes, separated by commas, is carried.
is_carried() { # IDS
	local id
	for id in "${fixes[@]}"; do
		[[ ,$1, != *",$id,"* ]] || return 0
	done
	return 1
}

# FILE FUNCTION ROLE [IDS] of each function that the livepatch consists of, once: those with
# IDs belong to these fixes of upstream's, and are not needed where the source has them. What
# one fix replaces, another one may call: the line with the fix comes first.
livepatch_list() {
	local file function role ids
	local -A listed=()
	while read -r file function role ids; do
		case $file in '' | '#'*) continue ;; esac
		[[ -z $ids ]] || is_carried "$ids" || continue
		[[ -z ${listed[$function]-} ]] || continue
		listed[$function]=yes
		echo "$file $function $role $ids"
	done <"$patches/livepatch"
}

# What the livepatch replaces in amdgpu for upstream's fixes: elements of an array.
livepatch_fixes() {
	printf '#define ROCMFIX_LIVEPATCH_FIXES'
	awk '$3 == "fix" { printf " \\\n\t{ .old_name = \"%s\", .new_func = %s },", $2, $2 } END { print "" }' "$1"
}

add_livepatch() {
	local to=$work/tree/$amd/livepatch log=$work/log
	local -a functions
	mapfile -t functions < <(livepatch_list | awk -v tree="$work/tree/$amd" '{ print tree "/" $1; print $2 }')
	{
		mkdir "$to" &&
			cp "$livepatch"/*.[ch] "$livepatch/Kbuild" "$to/" &&
			livepatch_list >"$to/functions" &&
			find "$patches" -name rocmfix_layout_series.h -exec cat {} + >"$to/rocmfix_layout_series.h" &&
			"$here/extract-functions" "${functions[@]}" >"$to/livepatch_functions.h" &&
			livepatch_fixes "$to/functions" >>"$to/livepatch_functions.h"
	} 2>"$log" || fail_writing "adding the livepatch" "$log"
}
