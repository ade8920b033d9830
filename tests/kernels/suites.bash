# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Debian releases as chroots, on whichever Debian this machine runs: where apt
# finds them, how one is made, how a command runs in it. Sourced, by
# tests/kernels/environment and by the package test. It takes mirror and network
# settings from the machine's own apt, knows no other mirror than Debian's
# default, and leaves no mount behind.

# As apt and dkms expect it, on every machine alike. Set when the chroots are entered.
readonly suite_environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
	DEBIAN_FRONTEND=noninteractive INITRD=No)

# What apt needs on this network: proxies, certificates, snapshots of the past.
host_apt_options() {
	apt-config dump | grep -E '^Acquire::((http|https)::(Proxy|CaInfo|Verify)|Retries|Check-(Valid-Until|Date))' || true
}

# host_mirror main|security: where this machine gets Debian from, or Debian's own address.
host_mirror() {
	local want=0 uri
	[[ $1 != security ]] || want=1
	# shellcheck disable=SC2016  # apt's own variables
	uri=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Identifier: Packages' 'Origin: Debian' |
		awk -v want="$want" '($2 ~ /-security$/) == want && !found { print $1; found = 1 }')
	if [[ -z $uri ]]; then
		uri=http://deb.debian.org/debian
		[[ $1 != security ]] || uri=$uri-security
	fi
	printf '%s\n' "$uri"
}

# suite_sources RELEASE: the lines of sources.list.
suite_sources() {
	local signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]' main security
	main="deb $signed $(host_mirror main)"
	security="deb $signed $(host_mirror security)"
	case $1 in
	sid) printf '%s sid main\n' "$main" ;;
	*)
		printf '%s %s main\n' "$main" "$1" "$main" "$1-updates" "$security" "$1-security"
		# nothing is wanted from bookworm's
		[[ $1 == bookworm ]] || printf '%s %s-backports main\n' "$main" "$1"
		;;
	esac
}

# suite_releases SUITE: the releases that are checked for SUITE; the first is
# the name of the chroot.
suite_releases() {
	case $1 in
	*-backports) printf '%s %s\n' "${1%-backports}" "$1" ;;
	sid) printf 'sid sid\n' ;;
	*) printf '%s %s %s-updates %s-security\n' "$1" "$1" "$1" "$1" ;;
	esac
}

# suite_make RELEASE DIR [MMDEBSTRAP_ARGUMENT]...: needs root. Without
# documentation; packages are unpacked without waiting for the disk.
suite_make() {
	local release=$1 dir=$2 options status=0
	shift 2
	options=$(mktemp)
	host_apt_options >"$options"
	# The archive's files can be past their Valid-Until (sid's often are), and
	# apt's own user cannot enter a cache in somebody's home.
	cat >>"$options" <<-'END'
		Acquire::Check-Valid-Until "false";
		Acquire::Languages "none";
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
	END
	mmdebstrap --quiet --mode=root --variant=apt --format=directory \
		--aptopt="$options" --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' "$@" \
		"$release" "$dir" - <<<"$(suite_sources "$release")" || status=$?
	rm -f "$options"
	return "$status"
}

# suite_enter ROOT USER_SPEC CWD BIND... -- COMMAND...: runs COMMAND in the chroot, in
# a mount namespace of its own, with which every mount goes away. Needs root. BINDs
# are visible at their own paths.
suite_enter() {
	# shellcheck disable=SC2016  # expanded inside
	unshare --mount --propagation private bash -euc '. "$0"; suite_enter_here "$@"' \
		"${BASH_SOURCE[0]}" "$@"
}

suite_enter_here() {
	local root=$1 spec=$2 cwd=$3
	shift 3
	# As the root of a machine is: programs in there can have mounts and namespaces of theirs.
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro sys "$root/sys"
	mount --rbind /dev "$root/dev"
	# Names are resolved by the machine's own means.
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
	while [[ $1 != -- ]]; do
		mkdir -p "$root$1"
		mount --bind "$1" "$root$1"
		shift
	done
	shift
	# shellcheck disable=SC2016  # expanded inside
	exec chroot --userspec="$spec" "$root" env -i "${suite_environment[@]}" \
		bash -c 'cd "$0" 2>/dev/null || cd /; exec "$@"' "$cwd" "$@"
}
