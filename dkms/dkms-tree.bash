# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What dkms has of ours, and how one build replaces another: the installed module
# stays until the next one is built, through upgrades, interruptions and changed
# kernel sources. dkms' own layout (3.0.10 to 3.2.2):
#   TREE/PACKAGE/VERSION/source              -> /usr/src/PACKAGE-VERSION
#   TREE/PACKAGE/VERSION/KERNEL/ARCH/module/ a finished build
#   TREE/PACKAGE/kernel-KERNEL-ARCH          -> the build that is installed
#   TREE/PACKAGE/original_module/KERNEL/ARCH/ the stock module (not Debian 12's dkms)
# Sourced by each-kernel, whose variables it uses.
: "${dkms_tree:?}" "${package:?}" "${version:?}" "${module:?}" "${modules:?}" "${state:?}" "${source:?}" "${try_again:?}"
tree=$dkms_tree/$package
# The source of an old version whose files dpkg has removed, and the build that a
# running one is to replace.
old_sources=$state/source
aside=$state/aside

# Set when the files of this very version are others than those it was built from.
source_changed=no

# active_version KERNEL: of the installed build.
active_version() {
	local link
	link=$(readlink "$tree/kernel-$1-$(uname -m)") && echo "${link%%/*}"
}

# built_file KERNEL [VERSION]
built_file() {
	find "$tree/${2-$version}/$1" -path "*/module/$module.ko*" -print -quit 2>/dev/null
}

# A module that was cut off has no section headers, and so no version.
has_build() {
	local file
	file=$(built_file "$1")
	[[ -n $file && $(modinfo -F version "$file" 2>/dev/null) == "$version" ]]
}

# The kernel source that the module in force was built from.
source_of_module() {
	modinfo -k "$1" -F rocmfix "$module" 2>/dev/null | sed -n 's/.*source=//p'
}

# The kernel source that belongs to the kernel's headers; nothing without headers.
wanted_source() {
	"$source/find-source" --kernel "$1" --print-wanted 2>/dev/null
}

# is_stale KERNEL: the kernel changed under the same name. What ROCMFIX_KERNEL_SOURCE
# gave has no Debian revision. A livepatch is compared with amdgpu.ko itself.
is_stale() {
	local has wanted
	[[ $module == amdgpu ]] || return 1
	has=$(source_of_module "$1")
	wanted=$(wanted_source "$1")
	[[ -n $has && -n $wanted && $has != "$wanted" && $has != "${wanted%%-*}" ]]
}

must_rebuild() {
	[[ $source_changed == yes ]] || { [[ $(active_version "$1") == "$version" ]] && is_stale "$1"; }
}

is_in_place() {
	put_build_back "$1"
	[[ $(active_version "$1") == "$version" && $(modinfo -k "$1" -F version "$module" 2>/dev/null) == "$version" ]] &&
		! was_interrupted "$1" && ! must_rebuild "$1"
}

add_source() {
	local output link=$tree/$version/source
	if [[ $(readlink "$link") == "$old_sources/"* ]]; then
		# dpkg has put the files back: a refused upgrade, or the same version again.
		diff -r "$link/" "$source" >/dev/null 2>&1 || source_changed=yes
		point_to_source "$version" "$source"
		rm -rf "${old_sources:?}/$package-$version"
	fi
	[[ -e $link ]] && return
	rm -f "$link"
	if ! output=$(dkms add -m "$package" -v "$version" 2>&1) && [[ ! -e $link ]]; then
		say "dkms refuses $package $version: $(tail -n 2 <<<"$output" | paste -sd ' ')"
		say "every kernel keeps its module; to try again, type: $try_again"
		return 1
	fi
}

# point_to_source VERSION DIR
point_to_source() {
	ln -sfn "$2" "$tree/$1/.source" && mv -T "$tree/$1/.source" "$tree/$1/source"
}

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

list_versions() {
	find "$tree" -mindepth 1 -maxdepth 1 -type d ! -name original_module -printf '%f\n' 2>/dev/null
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

# forget_version VERSION
forget_version() {
	rm -rf "${tree:?}/$1" "${old_sources:?}/$package-$1"
	[[ ! -d $old_sources ]] || rmdir --ignore-fail-on-non-empty "$old_sources"
}

# Old versions that no kernel has any more.
drop_idle_versions() {
	local each
	for each in $(list_versions); do
		[[ $each == "$version" ]] || compgen -G "$tree/$each/*/*/module" >/dev/null || forget_version "$each"
	done
}

# Before dpkg removes /usr/src/PACKAGE-VERSION: dkms needs a version's source for
# as long as a build of it is installed, also to take it out.
prepare_upgrade() {
	local kernel is_active=no copy=$old_sources/$package-$version
	stop_background
	rm -rf "${tree:?}/$version/build"
	for kernel in $(list_kernels); do
		put_build_back "$kernel"
		if [[ $(active_version "$kernel") == "$version" ]]; then
			is_active=yes
		else
			rm -rf "${tree:?}/$version/$kernel"
		fi
	done
	if [[ $is_active == no ]]; then
		forget_version "$version"
		rmdir "$tree" 2>/dev/null
		return
	fi
	rm -rf "$copy" "$copy.new"
	mkdir -p "$old_sources"
	if cp -a "$source" "$copy.new" && mv -T "$copy.new" "$copy"; then
		point_to_source "$version" "$copy"
	else
		say "$package $version cannot be kept in $old_sources: its builds are removed before the new ones are made"
		remove
	fi
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

# is_ours KERNEL: whether modprobe would load a module of ours. Prints its path.
is_ours() {
	local file
	file=$(modinfo -k "$1" -n "$module" 2>/dev/null) || return 1
	echo "$file"
	[[ $file =~ /(updates|extra|weak-updates)/ || -n $(modinfo -F rocmfix "$file" 2>/dev/null) ]]
}

# take_out KERNEL: believes what lies on the disk, not dkms, which reports success
# when it could not delete a file.
take_out() {
	local kernel=$1 active file
	active=$(active_version "$kernel")
	dkms uninstall -m "$package" -v "$active" -k "$kernel" >/dev/null 2>&1
	if file=$(is_ours "$kernel"); then
		# So that "dkms remove" finds it.
		ln -sfn "$active/$kernel/$(uname -m)" "$tree/kernel-$kernel-$(uname -m)"
		printf 'error: %s\nhint: %s\n' "the removal failed: $file is still there, and the next boot loads it" \
			"find out why it cannot be deleted (mount, lsattr), delete it, then type: apt install --reinstall linux-image-$kernel"
		return 1
	fi
	if [[ $module == amdgpu && -z $file ]]; then
		printf 'error: %s\nhint: %s\n' "the module is removed, but there is no stock amdgpu for this kernel" \
			"type: apt install --reinstall linux-image-$kernel"
		return 1
	fi
}

# forget_versions FAILED: all that dkms has of ours; where a removal failed it keeps
# its records, and a source to go by.
forget_versions() {
	local each
	for each in $(list_versions); do
		if (($1 == 0)); then
			dkms remove -m "$package" -v "$each" --all >/dev/null 2>&1
			# What a broken build left; dkms itself would refuse to touch it.
			forget_version "$each"
		elif compgen -G "$tree/$each/*/*/module" >/dev/null; then
			cp -aL "$tree/$each/source" "$tree/$each/source.new" && rm -f "$tree/$each/source" &&
				mv -T "$tree/$each/source.new" "$tree/$each/source"
		else
			forget_version "$each"
		fi
	done
	rm -rf "$aside" "$old_sources"
	rmdir --ignore-fail-on-non-empty "$tree" 2>/dev/null
	return 0
}
