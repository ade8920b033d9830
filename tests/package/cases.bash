# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What chroot-install asks of a system, and the part "install": the whole DKMS
# build by the commands that the package itself names, and the purge. Uses
# chroot-install's variables and the functions of tap.bash and chroot.bash.
: "${here:?}" "${work:?}" "${version:?}" "${series:?}" "${kernel:?}" "${needed:?}" "${name:?}"

# In patterns.
kernel_re=${kernel//+/\\+}
needed_re=${needed//+/\\+}

# logged ROOT COMMAND...: in the chroot; its output is the log.
logged() {
	in_root "$@" >"$tap_log" 2>&1
}

# Without a terminal, whose lines would end in CR.
apt() {
	local root=$1
	shift
	logged "$root" apt-get -y -q -o Dpkg::Use-Pty=0 "$@"
}

quick_and_silent() {
	((SECONDS - $1 < 60)) && file_has_not "$tap_log" '^rocmfix: '
}

modinfo_of() { # root field
	in_root "$1" modinfo -k "$kernel" -F "$2" amdgpu 2>&1
}

is_stock() {
	is "$(modinfo_of "$1" version)" "" &&
		file_has <(modinfo_of "$1" filename) "/kernel/drivers/gpu/drm/amd/amdgpu/"
}

# initramfs_has ROOT DIRECTORY: the amdgpu of this directory, and no other.
initramfs_has() {
	local list
	if [[ -x $1/usr/bin/lsinitrd ]]; then
		list=$(in_root "$1" lsinitrd "/boot/initrd.img-$kernel" | grep -o '[^ ]*$')
	else
		list=$(in_root "$1" lsinitramfs "/boot/initrd.img-$kernel")
	fi
	is "$(sed -nE 's|^(usr/)?(lib/modules/.*)/amdgpu\.ko(\.[a-z]+)?$|\2|p' <<<"$list")" \
		"lib/modules/$kernel/$2"
}

stock_dir=kernel/drivers/gpu/drm/amd/amdgpu
our_dir=updates/dkms

# apt is not wedged: nothing is half-configured, the kernel's hooks run, and
# another package can be installed.
apt_works() {
	local log=$tap_log.works
	is "$(in_root "$1" dpkg --audit)" "" || return 1
	if ! { in_root "$1" dpkg-reconfigure "linux-headers-$kernel" &&
		in_root "$1" apt-get -y -q install --reinstall hostname; } >"$log" 2>&1; then
		cat "$log"
		return 1
	fi
}

# our_file ROOT: the module as DKMS installed it, in this machine's paths.
our_file() {
	find "$1/lib/modules/$kernel/$our_dir/" -name 'amdgpu.ko*'
}

# The module bears DKMS' signature, by the key whose certificate a user enrols.
is_signed() {
	local certificate=$1/var/lib/dkms/mok.pub serial
	serial=$(openssl x509 -inform DER -in "$certificate" -noout -serial | sed 's/^serial=//')
	is "$(modinfo_of "$1" signer)" "DKMS module signing key" &&
		is "$(modinfo_of "$1" sig_key | tr -d ':\n\t ')" "$serial" &&
		"$here/verify-signature" "$(our_file "$1")" "$certificate"
}

# Only a user's words can get what is missing: type what the package says.
follow_hints() {
	local root=$1 command try
	for try in 1 2 3; do
		command=$(sed -n "/kernel $kernel: skipped/,/hint: /s/.*hint: type: apt install //p" "$tap_log" | head -n 1)
		[[ $command ]] || return 0
		echo "# hint $try: apt install $command"
		tap_log=$work/install-$try.log
		# shellcheck disable=SC2086  # several words
		check "the command of hint $try exits 0" apt "$root" install $command
	done
}

run_install() {
	local root=$1 begin modinfo=$work/modinfo sampler
	add_repository "$root" "${debs[@]}"
	tap_log=$work/update.log
	apt "$root" update
	check "before: the stock amdgpu" is_stock "$root"
	check "before: it is in the initramfs" initramfs_has "$root" "$stock_dir"
	tap_log=$work/install.log
	begin=$SECONDS
	sample_space "$root/var/lib/dkms" >"$work/space" &
	sampler=$!
	check "apt install rocmfix-dkms exits 0" apt "$root" install "${prefer[@]}" rocmfix-dkms
	follow_hints "$root"
	kill "$sampler" || true
	# First of all: it took half an hour.
	keep_for_vm "$root"
	echo "# the installation took $(((SECONDS - begin) / 60)) min $(((SECONDS - begin) % 60)) s;" \
		"/var/lib/dkms grew to $(sort -n "$work/space" | tail -n 1) MiB"
	check "the message says that it is installed" \
		file_has "$tap_log" "kernel $kernel_re: amdgpu $version is built and installed"
	check "for one kernel and no other" is "$(cat "$work"/install*.log | grep -c ': building amdgpu from')" 1
	in_root "$root" modinfo -k "$kernel" amdgpu >"$modinfo"
	check "modinfo: version $version" file_has "$modinfo" "^version: +$version\$"
	check "modinfo: the file is under updates/dkms" \
		file_has "$modinfo" "^filename: +(/usr)?/lib/modules/$kernel_re/updates/dkms/amdgpu\.ko(\.xz)?\$"
	check "modinfo: series, patches and source" \
		file_has "$modinfo" "^rocmfix: +series=$series patches=[1-9][0-9]* source=$needed_re\$"
	check "modinfo: parameter rocmfix" file_has "$modinfo" '^parm: +rocmfix:'
	check "modinfo: parameter rocmfix_mtype" file_has "$modinfo" '^parm: +rocmfix_mtype:'
	check "it is signed with the key of DKMS" is_signed "$root"
	check "the initramfs has the new module" initramfs_has "$root" "$our_dir"
	check "the build tree is gone" test ! -e "$root/var/lib/dkms/rocmfix/$version/build"
	check "apt is not blocked" apt_works "$root"
	check "the next boot would load the stock driver if rocmfix's is refused" \
		is_enabled "$root" rocmfix-load-stock.service
	tap_log=$work/trigger.log
	begin=$SECONDS
	apt "$root" install --reinstall "linux-headers-$kernel"
	check "a trigger with nothing to do is quick and silent" quick_and_silent "$begin"
	check_verify "$root"
	run_purge "$root"
}

# sample_space DIR: its size in MiB, every ten seconds.
sample_space() {
	while sleep 10; do
		# It comes with dkms, and files go while they are counted.
		{ du -sm "$1" 2>/dev/null || true; } | cut -f1
	done
}

# make_machine ROOT: /srv/machine in the chroot, a captured RX 5600 XT with the
# chroot's own modules and initramfs: no Radeon is needed to look at them.
make_machine() {
	local machine=$1/srv/machine
	"$here/../data/make-roots" "$work/machines" rx5600xt
	mv "$work/machines/rx5600xt" "$machine"
	rm -rf "${machine:?}/lib/modules" "${machine:?}/usr/lib/modules" "${machine:?}/boot"
	mkdir -p "$machine/lib/modules"
	cp -al "$1/lib/modules/$kernel" "$machine/lib/modules/"
	cp -al "$1/boot" "$machine/boot"
	sed -i "s/Linux version [^ ]*/Linux version $kernel/" "$machine/proc/version"
	echo "$kernel" >"$machine/proc/sys/kernel/osrelease"
}

# verify_says ID PATTERN: the check ID is good, and its detail matches.
verify_says() {
	/usr/bin/python3 - "$tap_log" "$@" <<-'EOF'
	import json, re, sys
	log, wanted, pattern = sys.argv[1:]
	check = {check["id"]: check for check in json.load(open(log))["checks"]}[wanted]
	print(check)
	sys.exit(not (check["ok"] is True and re.search(pattern, check["detail"])))
	EOF
}

# The userspace with it, when dist/ has it and it is for this release.
check_verify() {
	local root=$1
	if ! in_root "$root" sh -c 'command -v rocmfix' >/dev/null; then
		skip_check "rocmfix verify" "the userspace package in dist/ is not installable on $debian"
		return
	fi
	check "each boot logs rocmfix verify" is_enabled "$root" rocmfix-verify.service
	make_machine "$root"
	tap_log=$work/verify.json
	logged "$root" rocmfix verify --json --root /srv/machine || true
	check "rocmfix verify finds the module of DKMS" verify_says module.installed "updates/dkms/amdgpu.ko(.xz)?, version $version\$"
	check "rocmfix verify finds it in the initramfs" verify_says initramfs.module "has the installed amdgpu"
	rm -rf "$root/srv/machine"
	check "rocmfix-run runs" is "$(in_root "$root" rocmfix-run -- echo well 2>/dev/null)" well
}

# is_enabled ROOT UNIT: systemd runs it at the next boot.
is_enabled() {
	local link=$1/etc/systemd/system/multi-user.target.wants/$2
	# Absolute, and inside the chroot.
	[[ -L $link && -f $1$(readlink "$link") ]]
}

nothing_left() {
	local dir dirs=() found
	for dir in usr/src var/lib/dkms lib/modules etc var/lib var/cache usr/libexec usr/lib/systemd; do
		[[ ! -d $1/$dir ]] || dirs+=("$1/$dir/")
	done
	# Not in a pipe: find's status would be mistaken for grep's.
	found=$(find "${dirs[@]}" \( -iname '*rocmfix*' -o -path '*/updates/*' \) \
		! -path "$1/var/lib/apt/*" ! -path "$1/var/cache/apt/*" ! -path "$1/etc/apt/sources.list.d/*") || return 1
	is "$found" ""
}

run_purge() {
	local root=$1
	tap_log=$work/purge.log
	check "apt purge exits 0" apt "$root" purge '*rocmfix*'
	check "the message names the kernel" file_has "$tap_log" "kernel $kernel_re: back to the stock amdgpu"
	check "nothing is left in /usr/src, /var/lib/dkms, /lib/modules and /etc" nothing_left "$root"
	check "modinfo shows the stock amdgpu" is_stock "$root"
	check "the initramfs has the stock module" initramfs_has "$root" "$stock_dir"
	check "apt is not blocked" apt_works "$root"
}

# keep_for_vm ROOT: the built module, uncompressed, as the cache's built/NAME/amdgpu.ko.
keep_for_vm() {
	local file to=$cache/built/$name
	file=$(our_file "$1" 2>/dev/null) || true
	[[ $file ]] || return 0
	mkdir -p "$to"
	case $file in
	*.xz) xz -dc "$file" >"$to/amdgpu.ko.new" ;;
	*) cp "$file" "$to/amdgpu.ko.new" ;;
	esac
	mv "$to/amdgpu.ko.new" "$to/amdgpu.ko"
}
