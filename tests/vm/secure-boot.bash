# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Guests under real Secure Boot: OVMF with Debian's snake-oil keys, a kernel signed
# with them too, and modules signed as dkms does. Sourced after guests.bash.
: "${here:?}" "${work:?}" "${name:?}" "${kernel:?}"

keys=/usr/share/ovmf/PkKek-1-snakeoil
variables=/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd
if [[ ! -r $keys.key || ! -r $variables ]] || ! command -v sbsign >/dev/null; then
	printf 'error: no UEFI firmware with test keys, or no sbsign\nhint: type: apt install ovmf sbsigntool\n' >&2
	exit 1
fi

# The same modules, and the kernel with one more signature.
make_image() {
	openssl rsa -in "$keys.key" -passin pass:snakeoil -out "$work/key" 2>/dev/null
	openssl x509 -in "$keys.pem" -outform DER -out "$work/known.der"
	mkdir -p "$work/image/boot"
	ln -s "$image/lib" "$work/image/lib"
	sbsign --key "$work/key" --cert "$keys.pem" --output "$work/image/boot/vmlinuz-$kernel" \
		"$image/boot/vmlinuz-$kernel" 2>/dev/null
	image=$work/image
}

# sign_module FILE KEY CERTIFICATE: as dkms does, in place of what signature it had.
sign_module() {
	local headers=/usr/src/linux-headers-$kernel
	strip --strip-debug "$1"
	# shellcheck disable=SC2016  # expanded inside
	"$here/../kernels/environment" run --bind "$work" "$name" bash -euc '
		hash=$(sed -n "s/^CONFIG_MODULE_SIG_HASH=\"\(.*\)\"/\1/p" "$0/.config")
		"$0/scripts/sign-file" "$hash" "$2" "$3" "$1"' "$headers" "$@"
}

# known.key, known.der: in the firmware's list; unknown.key, unknown.der: as dkms
# makes them, and nobody has enrolled them. After make_image.
make_keys() {
	mv "$work/key" "$work/known.key"
	openssl req -new -x509 -nodes -subj "/CN=DKMS module signing key" -newkey rsa:2048 \
		-keyout "$work/unknown.key" -outform DER -out "$work/unknown.der" 2>/dev/null
}
