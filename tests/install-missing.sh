# To be sourced by demo and test: installs what is missing, and nothing else.
#
#   want COMMAND PACKAGE   notes that COMMAND, of Debian's PACKAGE, is needed
#   install_missing WHY    installs what was noted and is not there; fails with what to type where
#                          it may not

missing_packages=()

want() {
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing_packages+=("$2")
}

# Runs a command as root: directly, or through sudo where that can ask or need not.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        return 126
    fi
}

install_missing() {
    if [ ${#missing_packages[@]} = 0 ]; then
        return 0
    fi
    local list="${missing_packages[*]}" guard=/usr/sbin/policy-rc.d guarded= status=0
    missing_packages=()
    if ! command -v apt-get >/dev/null; then
        echo "$1 needs the commands of these Debian packages, and there is no apt-get: $list" >&2
        return 1
    fi
    echo "Installing for $1: $list"
    if ! as_root true; then
        echo "This user may not install packages. As root: apt-get install $list" >&2
        return 1
    fi
    # No service starts because its package comes for a test.
    if [ ! -e "$guard" ] && printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null; then
        as_root chmod 755 "$guard"
        guarded=yes
    fi
    local log
    log=$(mktemp)
    # shellcheck disable=SC2086 # the list is words on purpose
    { as_root apt-get update -q &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $list; } \
        >"$log" 2>&1 || status=1
    if [ "$status" != 0 ]; then
        tail -n 15 "$log" | sed 's/^/    /' >&2
        echo "apt-get could not install: $list" >&2
    fi
    rm -f "$log"
    if [ -n "$guarded" ]; then
        as_root rm -f "$guard"
    fi
    return $status
}

# Rust itself comes from its own installer, in the version that Cargo.toml names.
require_rust() {
    local wanted found
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    fi
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(cargo --version 2>/dev/null | cut -d' ' -f2) || true
    if [ -z "$found" ] || [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n1)" != "$wanted" ]; then
        echo "Rust $wanted or newer is needed (found: ${found:-none}): see https://rustup.rs" >&2
        return 1
    fi
}
