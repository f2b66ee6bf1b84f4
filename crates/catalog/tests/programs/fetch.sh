#!/usr/bin/env bash
# Fetches the Debian packages whose programs the tests beside this file look at, of several
# releases, and unpacks them. As root, with apt, npm and pip; some 4 GB.
#
#   fetch.sh [FOLDER]    FOLDER is $PLIMSOLL_PROGRAMS, else ~/.cache/plimsoll-programs
set -uo pipefail
folder=${1:-${PLIMSOLL_PROGRAMS:-$HOME/.cache/plimsoll-programs}}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=$(sed -n 's/^URIs: *//p; s/^deb \(\[.*\] \)\?\([^ ]*\).*/\2/p' /etc/apt/sources.list.d/* /etc/apt/sources.list 2>/dev/null | grep '/debian/\?$' | head -n1)
mkdir -p "$folder"/{lists/partial,packages,unpacked}
cd "$folder" || exit 1

packages=(busybox busybox-static bash python3.9-minimal libpython3.9 python3.11-minimal libpython3.11
    python3.13-minimal libpython3.13 libnode108 libnode115 libnode127 libruby2.7 libruby3.1 libruby3.3
    perl-base libperl5.36 php7.4-cli php8.2-cli php8.2-fpm php8.4-cli openssl libssl1.1 libssl3 libssl3t64
    curl libcurl4 libcurl4t64 libcurl3-gnutls nginx apache2-bin redis-tools valkey-tools postgresql-13
    postgresql-15 postgresql-17 mysql-server-core mariadb-server-core mariadb-server-core-10.5
    mariadb-client-core haproxy memcached sqlite3 libsqlite3-0 lighttpd openjdk-11-jre-headless
    openjdk-17-jre-headless openjdk-25-jre-headless gcc-10 gcc-12 g++-12 cpp-12 git jq xz-utils
    liblzma5 zstd libzstd1 libavutil56 libavutil57 zlib1g libexpat1 lua5.3 lua5.4 liblua5.4-0
    libtcl8.6 libc6 musl libgnutls30 openssh-server openssh-client dropbear-bin gawk rsync unbound
    squid varnish exim4-daemon-light postfix proftpd-core libbz2-1.0 libpcre2-8-0 libpng16-16
    libjpeg62-turbo libarchive13 libssh2-1 libssh-4 libgcrypt20 libsodium23 libmbedcrypto7 sudo
    mosquitto wordpress wordpress-theme-twentytwentythree gzip util-linux libkrb5-3 heimdal-clients slapd
    ldap-utils libqt5core5a libqt5core5t64 libqt6core6 libqt6core6t64 sqlcipher libsqlcipher0 libsqlcipher1
    libsqlcipher2 firefox-esr chromium cabal-install haskell-stack
    ghc libjulia1 pypy3 erlang-base elixir)

for release in bullseye bookworm trixie sid; do
    echo "deb [signed-by=$keyring] $mirror $release main"
done >sources.list
apt=(apt-get -q -o "Dir::Etc::sourcelist=$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$PWD/lists" -o "Dir::Cache=$PWD")
"${apt[@]}" update || exit 1
cd packages || exit 1
for release in bullseye bookworm trixie sid; do
    for package in "${packages[@]}"; do
        # Not every release has every package.
        "${apt[@]}" download "$package/$release" 2>/dev/null
    done
done
for package in *.deb; do
    name=${package%.deb}
    if [ ! -d "../unpacked/$name" ]; then
        dpkg -x "$package" "../unpacked/$name.partial" && mv "../unpacked/$name.partial" "../unpacked/$name"
    fi
done
# Those that Debian does not have.
for package in bun=@oven/bun-linux-x64 deno=@deno/linux-x64-glibc; do
    archive=$(npm pack --silent "${package#*=}") || continue
    version=${archive##*x64-}
    version=${version#glibc-}
    name=${package%%=*}_${version%.tgz}_npm
    mkdir -p "../unpacked/$name" && tar -xzf "$archive" -C "../unpacked/$name"
done
for version in 1.77.8 1.108.2; do
    archive=$(npm pack --silent "sass-embedded-linux-x64@$version") || continue
    name=sass-embedded_${version}_npm
    mkdir -p "../unpacked/$name" && tar -xzf "$archive" -C "../unpacked/$name"
done
