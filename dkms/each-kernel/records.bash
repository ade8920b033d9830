# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the last build for each kernel ended in, for the next run and for `rocmfix
# verify`: one file a kernel, RECORDS/KERNEL, of KEY=VALUE lines:
#   package version kernel source (the kernel source's version)
#   state    running | failed | done | skipped
#   started ended (seconds since 1970) reason hint (one line each)
#   compiler with which that was
# Written whole or not at all. A kernel whose record says "running" while nothing
# runs was interrupted. A part of each-kernel, whose variables it uses.
: "${records:?}" "${state:?}" "${cache:?}" "${version:?}" "${package:?}" "${modules:?}"

# read_record KERNEL KEY
read_record() {
	value_of "$2" "$records/$1"
}

# What compilers print can be long, and hold anything.
one_line() {
	tr -cs '[:print:]' ' ' <<<"${1:0:500}" | sed 's/ $//'
}

# write_record KERNEL STATE SOURCE_VERSION [REASON [HINT]]
write_record() {
	local new started ended=''
	mkdir -p "$records"
	started=$(date +%s)
	if [[ $2 != running ]]; then
		ended=$started
		[[ $(read_record "$1" state) != running ]] || started=$(read_record "$1" started)
	fi
	new=$(mktemp "$state/.record.XXXXXX") || return
	printf '%s=%s\n' package "$package-dkms" version "$version" kernel "$1" source "$3" state "$2" \
		started "$started" ended "$ended" reason "$(one_line "${4-}")" hint "$(one_line "${5-}")" compiler "$(compiler_of "$1")" >"$new"
	chmod 644 "$new"
	sync "$new"
	mv -T "$new" "$records/$1"
}

# The compiler that the headers name, as dkms takes it, and its version.
compiler_of() {
	local config=$modules/$1/build/.config name
	name=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$config" 2>/dev/null)
	command -v "${name:-gcc}" >/dev/null || name=gcc
	"${name:-gcc}" --version 2>/dev/null | head -n 1
}

# failed_before KERNEL SOURCE_VERSION: a build takes minutes, and fails again as
# long as its source, this version and the compiler are what they were.
failed_before() {
	[[ $(read_record "$1" state) == failed && $(read_record "$1" version) == "$version" &&
		$(read_record "$1" package) == "$package-dkms" && $(read_record "$1" source) == "$2" &&
		$(read_record "$1" compiler) == "$(compiler_of "$1")" ]]
}

was_interrupted() {
	[[ $(read_record "$1" state) == running ]]
}

# Records and sources of kernels that are gone.
forget_lost_kernels() {
	local file
	for file in "$records"/* "$cache"/*; do
		[[ -e $file ]] && ! is_kernel "${file##*/}" && rm -rf "$file"
	done
	rm -f "$state"/.record.??????
}

forget_records() {
	rm -rf "$records" "$unreported"
	# Settings of the user's may be there too.
	rmdir "$state" 2>/dev/null
}
