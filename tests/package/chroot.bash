# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A clean Debian chroot for the package test: the release of a kernel in
# tests/kernels/list with that kernel installed, and a local repository of the
# packages in dist/. Sourced by chroot-install, which runs it in a mount
# namespace of its own. How a chroot is made and entered is tests/kernels/chroot's.
: "${here:?}"

# make_base DIR RELEASE KERNEL [APT_OPTION]...: as on a user's machine; no headers,
# no dkms. Where a boot splash is installed, amdgpu is in the initramfs; here it
# is asked for.
make_base() {
	local dir=$1 release=$2 kernel=$3
	shift 3
	"$here/../kernels/chroot" make "$release" "$dir" --include=debconf --aptopt='APT::Install-Recommends "true"'
	mkdir -p "$dir/etc/dracut.conf.d" "$dir/etc/initramfs-tools/conf.d"
	# And nothing else of 400 MB of modules, nor well compressed, at every update.
	printf '%s\n' 'drivers+=" amdgpu "' 'compress="cat"' >"$dir/etc/dracut.conf.d/small.conf"
	printf '%s\n' MODULES=list COMPRESS=gzip COMPRESSLEVEL=1 >"$dir/etc/initramfs-tools/conf.d/small"
	echo amdgpu >"$dir/etc/initramfs-tools/modules"
	{ in_root "$dir" apt-get -qq update && in_root "$dir" apt-get -y -qq -o Dpkg::Use-Pty=0 \
		-o Dpkg::Options::=--force-confold install "$@" "linux-image-$kernel"
	} >"$dir.log" 2>&1 || { cat "$dir.log"; return 1; }
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

# make_package DIR NAME VERSION DEPENDS [FILE]: a test package with Debian's
# name, and FILE in its /usr/src.
make_package() {
	local root
	root=$(mktemp -d)
	mkdir -p "$root/DEBIAN" "$root/usr/src" "$root/usr/lib/rocmfix-tests"
	# dpkg forgets a package of which nothing is left.
	touch "$root/usr/lib/rocmfix-tests/$2"
	cat >"$root/DEBIAN/control" <<-EOF
	Package: $2
	Version: $3
	Architecture: all
	Maintainer: rocmfix tests <tests@rocmfix.invalid>
	Depends: $4
	Description: stand-in for $2 $3
	EOF
	[[ $4 ]] || sed -i '/^Depends/d' "$root/DEBIAN/control"
	[[ -z ${5-} ]] || cp "$5" "$root/usr/src/"
	dpkg-deb --root-owner-group -b "$root" "$1/$2_$3_all.deb" >/dev/null
	rm -rf "$root"
}

# in_root DIR COMMAND...: as the user's apt runs it: it updates the initramfs, too.
# What the array root_options has is given to tests/kernels/chroot.
root_options=()
in_root() {
	"$here/../kernels/chroot" run "${root_options[@]}" "$1" env -u INITRD "${@:2}"
}

# unmount_below DIR: before it is removed.
unmount_below() {
	local mounted
	while read -r mounted; do
		umount -l "$mounted" || true
	done < <(findmnt -rno TARGET | grep "^$1/" | sort -r)
}
