# SPDX-License-Identifier: MIT
#
# setup.sh - what a command of this tree needs before it can start.
#
# Sourced by examples/quickstart.sh and tests/run.sh, which do their own
# set-up on a bare Debian 12.  POSIX shell.
#
#	setup_packages PACKAGE...	have these Debian packages installed
#	setup_known PACKAGE...		print the first of them that can be had
#	setup_build DIR [OPTION...]	have the program built in DIR
#	setup_fuse			have /dev/fuse
#
# Each says on standard error what it does and returns non-zero, with a
# message, when it cannot.

# What it takes to build the program.
SETUP_BUILD='gcc libc6-dev meson ninja-build pkg-config libfuse3-dev fuse3
	libconfig-dev libjson-c-dev libseccomp-dev zlib1g-dev'

setup_say() {
	printf '%s\n' "$*" >&2
}

# Run as root: as it is, or through sudo.
setup_as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -n -- "$@" 2>/dev/null || sudo -- "$@"
	fi
}

setup_missing() {
	for setup_package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$setup_package" \
			2>/dev/null | grep -qx installed ||
			printf '%s ' "$setup_package"
	done
}

setup_packages() {
	setup_want=$(setup_missing "$@")
	if [ -z "$setup_want" ]; then
		return 0
	fi
	if ! command -v apt-get >/dev/null; then
		setup_say "These are needed, and there is no apt-get:" \
			"$setup_want"
		return 1
	fi
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		setup_say "These packages are needed: $setup_want"
		setup_say "Install them as root (there is no sudo here)."
		return 1
	fi
	setup_say "Installing $setup_want"
	setup_log=$(mktemp) || return 1
	# shellcheck disable=SC2086 # a list of words
	if setup_apt update >"$setup_log" 2>&1 &&
		setup_apt install -y --no-install-recommends $setup_want \
			>>"$setup_log" 2>&1; then
		rm -f "$setup_log"
		return 0
	fi
	tail -n 20 "$setup_log" >&2
	rm -f "$setup_log"
	setup_say "The packages could not be installed."
	return 1
}

# One that is there is good enough; without a name everybody does without.
setup_known() {
	for setup_package; do
		if [ -z "$(setup_missing "$setup_package")" ]; then
			echo "$setup_package"
			return
		fi
	done
	command -v apt-cache >/dev/null || return 0
	# A bare system has no lists yet.
	setup_apt update >/dev/null 2>&1
	for setup_package; do
		if [ -n "$(apt-cache madison "$setup_package" 2>/dev/null)" ]
		then
			echo "$setup_package"
			return
		fi
	done
	setup_say "None of these is known here: $*"
}

setup_apt() {
	setup_as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# setup_build DIR [OPTION...]: meson's own words only when it goes wrong.
setup_build() {
	setup_dir=$1
	shift
	setup_log=$(mktemp) || return 1
	if {
		if [ -f "$setup_dir/build.ninja" ]; then
			meson configure "$setup_dir" "$@"
		else
			meson setup "$setup_dir" "$@"
		fi && ninja -C "$setup_dir"
	} >"$setup_log" 2>&1; then
		rm -f "$setup_log"
		return 0
	fi
	tail -n 40 "$setup_log" >&2
	rm -f "$setup_log"
	setup_say "Building in $setup_dir failed."
	return 1
}

setup_fuse() {
	if [ ! -e /dev/fuse ]; then
		setup_as_root modprobe fuse 2>/dev/null
	fi
	if [ ! -e /dev/fuse ]; then
		setup_say "There is no /dev/fuse: load the module fuse, or" \
			"give the container that device."
		return 1
	fi
}
