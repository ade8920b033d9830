# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Builds that nobody waits for: the package on a system whose init is systemd
# (systemd-nspawn --boot), by unattended-upgrades and by hand, killed, timed out
# and continued at the next boot. The stand-in's source, whose build waits for some
# seconds. Sourced by chroot-install, whose variables it uses, after protection.bash.
: "${here:?}" "${work:?}" "${series:?}" "${kernel:?}" "${needed:?}" "${kernel_re:?}"

# boot ROOT: until systemd says that all is started. Sets container and leader.
boot() {
	local root=$1
	systemd-nspawn --quiet --register=no --keep-unit --console=pipe --boot -D "$root" \
		</dev/null >>"$work/console" 2>&1 &
	container=$! leader=0
	for _ in {1..120}; do
		leader=$(pgrep -P "$container" 2>/dev/null | head -n 1) || true
		[[ -z $leader ]] || ! is_booted || return 0
		sleep 1
	done
	return 1
}

is_booted() {
	[[ $(inside systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]
}

# inside COMMAND...: as apt runs it when nobody is there.
inside() {
	nsenter --target "$leader" --all --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

# at_terminal COMMAND: as somebody types it.
at_terminal() {
	nsenter --target "$leader" --all --root --wd env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LC_ALL=C.UTF-8 TERM=dumb script --quiet --return --command "$1" /dev/null </dev/null >"$tap_log" 2>&1
}

# cut_power: nothing has a chance to clean up.
cut_power() {
	kill -KILL "$leader"
	wait "$container" 2>/dev/null || true
}

unit_state() {
	inside systemctl show --property ActiveState --value rocmfix-build.service
}

wait_for_unit() {
	for _ in {1..120}; do
		[[ $(unit_state) =~ ^(activating|deactivating)$ ]] || return 0
		sleep 1
	done
	return 1
}

# wait_until_built ROOT VERSION: until its build runs.
wait_until_building() {
	for _ in {1..120}; do
		grep -qxF "$2" "$1/srv/building" 2>/dev/null && return
		sleep 0.5
	done
	return 1
}

journal() {
	inside journalctl --no-pager --output cat --unit rocmfix-build.service
}

in_background() { # ROOT VERSION
	cp "$work/versions/rocmfix-dkms_$2_all.deb" "$1/srv/"
	inside dpkg -i "/srv/rocmfix-dkms_$2_all.deb" >"$tap_log" 2>&1
}

# publish ROOT FILE...: in a repository that unattended-upgrades takes packages from.
publish() {
	local root=$1 repository=$1/srv/updates
	shift
	mkdir -p "$repository"
	cp "$@" "$repository"
	(cd "$repository" && apt-ftparchive packages . >Packages &&
		apt-ftparchive -o APT::FTPArchive::Release::Origin=rocmfix-tests release . >"$work/Release" && mv "$work/Release" .)
	echo 'deb [trusted=yes] copy:/srv/updates ./' >"$root/etc/apt/sources.list.d/updates.list"
	# Debian's own is of no interest here.
	inside apt-get -qq update -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/srv/lists
}

case_background() {
	local root=$1
	tap_log=$work/background.log
	check "background: dpkg exits 0" in_background "$root" 7.2.1
	check "background: dpkg does not wait for the build" is "$(unit_state)" activating
	check "background: the message says that it is built there" file_has "$tap_log" \
		"kernel $kernel_re: amdgpu is built from Linux $needed_re in the background; until then it keeps the stock amdgpu"
	check "background: and how to watch it" file_has "$tap_log" 'journalctl -f -u rocmfix-build.service'
	check "background: the unit ends" wait_for_unit
	check "background: the module is in force" is "$(version_in_force "$root" "$kernel")" 7.2.1
	check "background: the record says done" is "$(record_of "$root" "$kernel" state)" "done"
	check "background: the journal says so" file_has <(journal) "kernel $kernel_re: amdgpu 7.2.1 is built and installed"
	check "background: it has the lowest priority" is "$(sort -u "$root/srv/priority")" $'19\nidle'
	check "background: it is in the initramfs" initramfs_in_container_has "$our_dir"
	check "background: nothing is left to do" test ! -e "$root/var/lib/rocmfix/pending"
	tap_log=$work/next-apt.log
	check "next apt: somebody's apt exits 0" at_terminal "apt-get -y install some-package"
	check "next apt: it reports the result of the build" file_has "$tap_log" "kernel $kernel_re: amdgpu 7.2.1 is built and installed"
	tap_log=$work/apt-after.log
	at_terminal "apt-get -y install --reinstall some-package"
	check "next apt: once" file_has_not "$tap_log" "is built and installed"
}

initramfs_in_container_has() {
	is "$(inside lsinitramfs "/boot/initrd.img-$kernel" | sed -nE 's|^(usr/)?(lib/modules/.*)/amdgpu\.ko(\.[a-z]+)?$|\2|p')" \
		"lib/modules/$kernel/$1"
}

case_terminal() {
	local root=$1
	tap_log=$work/terminal.log
	cp "$work/versions/rocmfix-dkms_7.2.2_all.deb" "$root/srv/"
	check "at a terminal: dpkg exits 0" at_terminal "dpkg -i /srv/rocmfix-dkms_7.2.2_all.deb"
	check "at a terminal: it is built in the foreground" file_has "$tap_log" "kernel $kernel_re: building amdgpu from Linux"
	check "at a terminal: and is there at the end" file_has "$tap_log" "kernel $kernel_re: amdgpu 7.2.2 is built and installed"
	check "at a terminal: it is in force" is "$(version_in_force "$root" "$kernel")" 7.2.2
}

case_unattended() {
	local root=$1
	publish "$root" "$work/versions/rocmfix-dkms_7.2.3_all.deb"
	printf '%s\n' 'Unattended-Upgrade::Origins-Pattern { "origin=rocmfix-tests"; };' 'Unattended-Upgrade::MinimalSteps "true";' \
		>"$root/etc/apt/apt.conf.d/90tests"
	tap_log=$work/unattended.log
	check "unattended-upgrades: it exits 0" inside_logged unattended-upgrade --verbose
	check "unattended-upgrades: it upgraded the package" file_has "$tap_log" 'Packages that will be upgraded: rocmfix-dkms'
	check "unattended-upgrades: it does not wait for the build" is "$(unit_state)" activating
	wait_until_building "$root" 7.2.3 || true
	check "unattended-upgrades: until that is there the old version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.2
	check "unattended-upgrades: the unit ends" wait_for_unit
	check "unattended-upgrades: the new version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.3
	check "unattended-upgrades: no other is left" is "$(inside dkms status | sed -E 's/ \(.*//')" "rocmfix/7.2.3, $kernel, x86_64: installed"
	check "unattended-upgrades: dpkg --audit is clean" is "$(inside dpkg --audit)" ""
}

inside_logged() {
	inside "$@" >"$tap_log" 2>&1
}

case_power_loss() {
	local root=$1
	tap_log=$work/power.log
	in_background "$root" 7.2.4
	check "power loss: it was being built" wait_until_building "$root" 7.2.4
	cut_power
	check "power loss: the old version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.3
	check "power loss: the record says that it ran" is "$(record_of "$root" "$kernel" state)" running
	boot "$root" || true
	check "power loss: it boots" is_booted
	check "power loss: the boot continues the build, and it ends" wait_for_unit
	check "power loss: the new version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.4
	check "power loss: nothing is left to do" test ! -e "$root/var/lib/rocmfix/pending"
}

case_killed_unit() {
	local root=$1
	tap_log=$work/killed-unit.log
	in_background "$root" 7.2.1
	check "killed unit: it was being built" wait_until_building "$root" 7.2.1
	inside systemctl kill --signal=KILL rocmfix-build.service
	wait_for_unit || true
	check "killed unit: the old version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.4
	inside systemctl reset-failed rocmfix-build.service
	tap_log=$work/killed-unit-trigger.log
	cp "$work/versions/some-package_1_all.deb" "$root/srv/"
	inside_logged dpkg -i "/srv/some-package_1_all.deb"
	check "killed unit: the next trigger has it built" file_has "$tap_log" "amdgpu is built .* in the background; until then it keeps amdgpu 7.2.4"
	check "killed unit: the unit ends" wait_for_unit
	check "killed unit: the new version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.1
}

case_time_limit() {
	local root=$1 drop_in=$1/etc/systemd/system/rocmfix-build.service.d
	mkdir -p "$drop_in"
	printf '[Service]\nTimeoutStartSec=2\n' >"$drop_in/limit.conf"
	inside systemctl daemon-reload
	tap_log=$work/limit.log
	in_background "$root" 7.2.2
	check "time limit: the unit ends" wait_for_unit
	check "time limit: the old version is in force" is "$(version_in_force "$root" "$kernel")" 7.2.1
	check "time limit: the record says failed" is "$(record_of "$root" "$kernel" state)" failed
	check "time limit: and why" file_has <(record_of "$root" "$kernel" reason) "longer than the time limit"
	check "time limit: no boot tries again" test ! -e "$root/var/lib/rocmfix/pending"
	rm -r "$drop_in"
	inside systemctl daemon-reload
	inside systemctl reset-failed rocmfix-build.service
}

case_purge_while_building() {
	local root=$1
	tap_log=$work/purge-building.log
	inside_logged dpkg-reconfigure rocmfix-dkms
	check "purge while building: it was being built" is "$(unit_state)" activating
	check "purge while building: dpkg exits 0" inside_logged dpkg --purge rocmfix-dkms
	check "purge while building: nothing is being built" \
		is "$(inside sh -c 'cat /proc/[0-9]*/comm' 2>/dev/null | grep -xE 'dkms|make')" ""
	check "purge while building: nothing is left" nothing_left "$root"
	check "purge while building: the stock amdgpu is in place" is "$(version_in_force "$root" "$kernel")" ""
}

run_background() {
	local root=$1 number versions=$work/versions
	if ! command -v systemd-nspawn >/dev/null; then
		check "there is systemd-nspawn (scripts/setup vm)" false
		return
	fi
	mkdir -p "$versions"
	tap_log=$work/before-background.log
	check "background: what the package depends on" apt "$root" install --no-install-recommends "${prefer[@]}" \
		dkms openssl gcc make patch xz-utils linux-headers-amd64 "linux-headers-$kernel" \
		systemd systemd-sysv dbus unattended-upgrades
	make_standin_source "$versions"
	touch "$work/of-some"
	make_package "$versions" some-package 1 '' "$work/of-some"
	for number in 1 2 3 4; do
		make_version "$versions" "7.2.$number"
		# shellcheck disable=SC2016  # for make
		while_building "7.2.$number" '{ nice; ionice; } >>/srv/priority; echo '"7.2.$number"' >>/srv/building; sleep 8'
	done
	cp "$versions"/linux-source*.deb "$root/srv/"
	logged "$root" sh -c 'dpkg -i /srv/linux-source*.deb'
	boot "$root" || true
	check "background: the system boots" is_booted
	mkdir -p "$root/srv/lists"
	ln -s /etc/apt/sources.list.d/updates.list "$root/srv/lists/updates.list"
	publish "$root" "$versions/some-package_1_all.deb"
	case_background "$root"
	case_terminal "$root"
	case_unattended "$root"
	case_power_loss "$root"
	case_killed_unit "$root"
	case_time_limit "$root"
	case_purge_while_building "$root"
	cut_power
}
