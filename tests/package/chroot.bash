# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A Debian 12 chroot for the package test: made from the machine's own apt
# sources, with a local repository of the packages in dist/. Sourced by
# chroot-install, which runs it in a mount namespace of its own.

# The machine's Debian 12 sources, as sources.list lines; none when it has none.
host_sources() {
	# shellcheck disable=SC2016  # apt's own variables
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' \
		'Identifier: Packages' 'Origin: Debian' |
		awk '$2 ~ /^bookworm(-updates|-security)?$/ { print "deb", $1, $2, $3 }' | sort -u
}

# What apt needs on this network: proxies, certificates, snapshots of the past.
host_apt_options() {
	apt-config dump | grep -E '^Acquire::((http|https)::(Proxy|CaInfo|Verify)|Retries|Check-(Valid-Until|Date))' || true
}

# make_base DIR: Debian 12 with a kernel, as on a user's machine; no headers, no dkms.
make_base() {
	local dir=$1 sources=$1.list options=$1.apt.conf
	host_sources >"$sources"
	host_apt_options >"$options"
	mmdebstrap --quiet --variant=apt --include=linux-image-amd64,debconf \
		--dpkgopt=force-unsafe-io --aptopt="$options" --aptopt='APT::Install-Recommends "true"' \
		bookworm "$dir" "$([[ -s $sources ]] && echo "$sources")"
	rm -f "$sources" "$options"
}

# add_repository DIR PACKAGES...: an apt repository that holds just these files.
add_repository() {
	local dir=$1 repository=$1/srv/rocmfix
	shift
	mkdir -p "$repository"
	cp "$@" "$repository"
	(cd "$repository" && apt-ftparchive packages . >Packages)
	echo 'deb [trusted=yes] copy:/srv/rocmfix ./' >"$dir/etc/apt/sources.list.d/rocmfix.list"
}

# make_empty_package DIR NAME VERSION DEPENDS: stands in for a linux-source of
# another version, which the archive may not have any more.
make_empty_package() {
	local root
	root=$(mktemp -d)
	mkdir -p "$root/DEBIAN" "$root/usr/src"
	cat >"$root/DEBIAN/control" <<-EOF
	Package: $2
	Version: $3
	Architecture: all
	Maintainer: rocmfix tests <tests@rocmfix.invalid>
	Depends: $4
	Description: empty stand-in for $2 $3
	EOF
	[[ $4 ]] || sed -i '/^Depends/d' "$root/DEBIAN/control"
	[[ $2 == linux-source ]] || echo "no kernel source" >"$root/usr/src/$2.tar.xz"
	dpkg-deb --root-owner-group -b "$root" "$1/$2_$3_all.deb" >/dev/null
	rm -rf "$root"
}

# enter DIR: mounts that dkms and apt want.
enter() {
	mount -t proc proc "$1/proc"
	mount -t sysfs -o ro sys "$1/sys"
	[[ -c $1/dev/null ]] || mount --rbind /dev "$1/dev"
	# Names are resolved by the machine's own means.
	cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

# in_root DIR COMMAND...
in_root() {
	local dir=$1
	shift
	chroot "$dir" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}
