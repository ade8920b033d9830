# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How one build replaces another: the installed module stays until the next one is
# built, through interruptions and changed kernel sources. A part of each-kernel,
# whose variables it uses.
: "${tree:?}" "${package:?}" "${version:?}" "${module:?}" "${modules:?}" "${state:?}"
# The build that a running one is to replace.
aside=$state/aside

# A build that is there is kept until the next one is. One that was cut off would
# keep dkms from building.
set_build_aside() {
	local build=$tree/$version/$1
	if has_build "$1"; then
		mkdir -p "$aside"
		rm -rf "${aside:?}/$1"
		mv -T "$build" "$aside/$1"
	else
		rm -rf "$build"
	fi
}

# Also what an interrupted run left there.
put_build_back() {
	[[ -d $aside/$1 ]] || return 0
	rm -rf "${tree:?}/$version/$1"
	mv -T "$aside/$1" "$tree/$version/$1"
	rmdir --ignore-fail-on-non-empty "$aside"
}

drop_build_aside() {
	rm -rf "${aside:?}/$1"
	[[ ! -d $aside ]] || rmdir --ignore-fail-on-non-empty "$aside"
}

# dkms refuses to go back to an older version without --force; it overwrites what
# another version of ours installed.
put_in_place() {
	local -a force=()
	[[ -z $(active_version "$1") ]] || force=(--force)
	dkms install -m "$package" -v "$version" -k "$1" "${force[@]}"
}

# drop_other_builds KERNEL: of the versions that are not installed any more.
drop_other_builds() {
	local other
	for other in $(list_versions); do
		[[ $other == "$version" ]] || rm -rf "${tree:?}/$other/$1"
	done
}

# remove_builds KERNEL: of every version.
remove_builds() {
	local each
	for each in $(list_versions); do
		[[ ! -d $tree/$each/$1 ]] || dkms remove -m "$package" -v "$each" -k "$1" >/dev/null 2>&1
	done
}

# refresh_original KERNEL: dkms 3.2 keeps the stock module that it put aside, and
# would bring it back over the one of a newer point release.
refresh_original() {
	local kept origin
	for kept in "$tree/original_module/$1"/*/"$module".ko*; do
		[[ -f $kept && $kept != *.origin && -r $kept.origin ]] || continue
		origin=$(head -n 1 "$kept.origin")
		[[ $origin == "$modules/$1/kernel/"* && -f $origin ]] && mv -f "$origin" "$kept"
	done
}
