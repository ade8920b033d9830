# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the scripts next to this file share: how they report what is wrong, how they
# read options, and the questions that more than one of them asks. Sourced by them
# first of all, on a user's machine from /usr/src or /usr/libexec. Sourcing it sets
# variables and changes nothing on the machine.

# What programs print is parsed, and goes into reports.
export LC_ALL=C
# modinfo, depmod and dmesg are there, which is not in every user's PATH.
PATH=$PATH:/usr/sbin:/sbin

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=dkms/names
. "$here/names"
# Where sys/, proc/, lib/ and run/ are: the tests have a root of their own.
root=${ROCMFIX_SYSTEM_ROOT-}
# Of the stock module, in /lib/modules/KERNEL.
# shellcheck disable=SC2034  # for those who source this
stock_directory=kernel/drivers/gpu/drm/amd/amdgpu

# print_error WHAT [HINT]: what is wrong and what to type, as each-kernel and
# users look for them.
print_error() {
	printf 'error: %s\n' "$1" >&2
	[[ -z ${2-} ]] || printf 'hint: %s\n' "$2" >&2
}

# fail WHAT [HINT]
fail() {
	print_error "$@"
	exit 1
}

# skip WHAT HINT: nothing can be built for this kernel; 77 is dkms' own status for that.
skip() {
	print_error "$@"
	exit 77
}

# fail_usage WHAT
fail_usage() {
	print_error "$1" "type: ${0##*/} --help"
	exit 2
}

# read_options NAMES ARGUMENT...: sets a variable for each option. "source-tree=" in
# NAMES takes a value, which $source_tree gets; "no-registers" takes none, and sets
# $no_registers to yes. --help prints what the script's usage() does.
read_options() {
	local -r known_options=" $1 "
	shift
	while (($#)); do
		[[ $1 != --help && $1 != -h ]] || { usage && exit 0; }
		[[ $1 =~ ^--[a-z-]+$ ]] || fail_usage "unknown argument '$1'"
		if [[ $known_options == *" ${1#--} "* ]]; then
			set_option "$1" yes
		elif [[ $known_options == *" ${1#--}= "* ]]; then
			(($# >= 2)) || fail_usage "$1 needs a value"
			set_option "$1" "$2"
			shift
		else
			fail_usage "unknown argument '$1'"
		fi
		shift
	done
}

# set_option --NAME VALUE
set_option() {
	set -- "${1#--}" "$2"
	printf -v "${1//-/_}" %s "$2"
}

# require_options NAME...: these variables of read_options have a value.
require_options() {
	while (($#)); do
		[[ -n ${!1} ]] || fail_usage "--${1//_/-} is missing"
		shift
	done
}

# value_of KEY [FILE]: of the first KEY=VALUE line, from stdin without a FILE; nothing
# where there is none.
value_of() {
	sed -n "/^$1=/{s///p;q}" "${@:2}" 2>/dev/null || true
}

# is_kept TARBALL VERSION: keep-source kept the source of this version there, and it is
# as it was.
is_kept() {
	local record=${1%.tar.xz}.source
	[[ -r $1 && $(value_of version "$record") == "$2" ]] &&
		[[ $(value_of sha256 "$record") == "$(sha256sum <"$1" | cut -d' ' -f1)" ]]
}

# unpack_source TARBALL DIR TAR_ARGUMENT...: what they name of a kernel's top Makefile and of
# amdgpu. In a tarball the files of a directory follow one another: at the next directory
# after amdgpu's, the rest of it, half of the work, need not be read.
unpack_source() {
	local line said status='' amdgpu='' makefile=''
	local -a unpacker=()
	# All threads: this is most of the time that a livepatch's build takes.
	[[ $1 != *.xz ]] || unpacker=(-I 'xz -T0')
	exec {said}< <(
		tar "${unpacker[@]}" -C "$2" -xvf "$1" --strip-components=1 --no-same-owner --show-omitted-dirs \
			"${@:3}" 2>&1 && echo status=0 || echo "status=$?"
	)
	while IFS= read -r line <&"$said"; do
		case $line in
		'tar: '*/drivers/gpu/drm/amd/*': Omitting') ;;
		'tar: '*': Omitting') [[ -z $amdgpu || -z $makefile ]] || { status=0 && break; } ;;
		'tar: '*) echo "$line" >&2 ;;
		*/drivers/gpu/drm/amd/*) amdgpu=yes ;;
		*/Makefile) makefile=yes ;;
		status=*) status=${line#status=} ;;
		*) echo "$line" >&2 ;;
		esac
	done
	exec {said}<&-
	return "${status:-1}"
}

# free_mib DIR: room on its disk.
free_mib() {
	df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9
}

# Whether these scripts are those of the livepatch's package, which has its sources
# in livepatch/ next to them.
is_livepatch() {
	[[ -d $here/livepatch ]]
}

package_name() {
	is_livepatch && echo "$livepatch_package" || echo "$module_package"
}

# try_again KERNEL: the command that builds for it, with the package or with dkms alone.
try_again() {
	if [[ -x /usr/libexec/$(package_name)/each-kernel ]]; then
		echo "dpkg-reconfigure $(package_name)"
	else
		package_name | sed "s|-dkms\$|/$(<"$here/VERSION")|; s|^|dkms install |; s|\$| -k $1|"
	fi
}

# list_amdgpu DIR...: each amdgpu.ko there, in whatever way it is compressed.
list_amdgpu() {
	local directory file
	for directory in "$@"; do
		for file in "$directory"/amdgpu.ko{,.xz,.zst,.gz}; do
			[[ ! -f $file ]] || echo "$file"
		done
	done
}

# stock_package: which package has the amdgpu.ko of $kernel. Ubuntu's image has no
# modules, and up to 6.17 most drivers are in a package of their own. Debian has
# linux-modules from 7.2 on.
stock_package() {
	local name
	for name in linux-modules-extra linux-modules; do
		if apt-cache -q=2 show "$name-$kernel" >/dev/null 2>&1; then
			echo "$name-$kernel" && return
		fi
	done
	echo "linux-image-$kernel"
}

# find_module NAME KERNEL: the file that modprobe would load.
find_module() {
	modinfo ${root:+-b "$root"} -k "$2" -n "$1" 2>/dev/null
}

# unpack_module FILE TO: in whatever way it is compressed.
unpack_module() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$2"
}
