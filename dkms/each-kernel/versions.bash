# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The versions that dkms has of ours, through upgrades: dkms needs the source of a
# version for as long as a build of it is installed. A part of each-kernel, whose
# variables it uses.
: "${tree:?}" "${package:?}" "${version:?}" "${state:?}" "${source:?}" "${try_again:?}"
# The source of an old version whose files dpkg has removed.
old_sources=$state/source

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
