# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What dkms has of ours. It changes nothing. dkms' own layout (3.0.10 to 3.2.2):
#   TREE/PACKAGE/VERSION/source              -> /usr/src/PACKAGE-VERSION
#   TREE/PACKAGE/VERSION/KERNEL/ARCH/module/ a finished build
#   TREE/PACKAGE/kernel-KERNEL-ARCH          -> the build that is installed
#   TREE/PACKAGE/original_module/KERNEL/ARCH/ the stock module (not Debian 12's dkms)
# A part of each-kernel, whose variables it uses.
: "${dkms_tree:?}" "${package:?}" "${version:?}" "${module:?}" "${source:?}"
tree=$dkms_tree/$package
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

# installed_version KERNEL: of the module that modprobe would load; the stock amdgpu
# has none.
installed_version() {
	modinfo -k "$1" -F version "$module" 2>/dev/null
}

# The kernel source that the module in force was built from.
source_of_module() {
	modinfo -k "$1" -F rocmfix "$module" 2>/dev/null | sed -n 's/.*source=\([^ ]*\).*/\1/p'
}

# The kernel source that belongs to the kernel's headers, and for Ubuntu upstream's point
# release after it; nothing without headers.
wanted_source() {
	"$source/find-source" --kernel "$1" --print-wanted 2>/dev/null
}

# is_stale KERNEL: the kernel changed under the same name. What ROCMFIX_KERNEL_SOURCE
# gave has no Debian revision. A livepatch is compared with amdgpu.ko itself.
is_stale() {
	local has wanted release
	[[ $module == amdgpu ]] || return 1
	has=$(source_of_module "$1")
	read -r wanted release < <(wanted_source "$1")
	[[ -n $has && -n $wanted && $has != "$wanted" && $has != "${release:-${wanted%%-*}}" ]]
}

must_rebuild() {
	[[ $source_changed == yes ]] || { [[ $(active_version "$1") == "$version" ]] && is_stale "$1"; }
}

# is_in_place KERNEL: after put_build_back, which an interrupted run may need.
is_in_place() {
	[[ $(active_version "$1") == "$version" && $(installed_version "$1") == "$version" ]] &&
		! was_interrupted "$1" && ! must_rebuild "$1"
}

# is_ours KERNEL: whether modprobe would load a module of ours. Prints its path.
is_ours() {
	local file
	file=$(modinfo -k "$1" -n "$module" 2>/dev/null) || return 1
	echo "$file"
	[[ $file =~ /(updates|extra|weak-updates)/ || -n $(modinfo -F rocmfix "$file" 2>/dev/null) ]]
}

list_versions() {
	find "$tree" -mindepth 1 -maxdepth 1 -type d ! -name original_module -printf '%f\n' 2>/dev/null
}
