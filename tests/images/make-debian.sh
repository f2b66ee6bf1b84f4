#!/usr/bin/env bash
# Makes a full and a slim Debian image from Debian's own packages, as OCI image layouts, together
# with what dpkg itself says is installed in each:
#
#   DIR/debian-full   minbase and some sixty packages, as the last point release has them
#   DIR/debian-slim   minbase with the updates of today, without manual pages, documentation and
#                     translations (what Debian's official slim images leave out)
#   DIR/*.dpkg.tsv    name, version, arch, source and source's version, from dpkg-query
#
#   tests/images/make-debian.sh DIR
#
# Needs mmdebstrap and about a minute; runs as root, or as a user where user namespaces or
# fakechroot allow it. On Debian the packages come from where apt takes them on this machine and
# the release is this machine's; elsewhere it is Debian 12 from mmdebstrap's own default. What is
# there already is kept; a half-made image is never left behind.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
for tool in mmdebstrap sha256sum gzip dpkg-query; do
    if ! command -v "$tool" >/dev/null; then
        echo "$0: $tool is missing (Debian packages: mmdebstrap, coreutils, gzip, dpkg)" >&2
        exit 2
    fi
done

mkdir -p "$1"
out=$(cd "$1" && pwd)
full=$out/debian-full slim=$out/debian-slim
if [ -e "$full/index.json" ] && [ -e "$slim/index.json" ]; then
    exit 0
fi

# Somebody else may be making the same pair: the second one waits and finds it done.
exec 9>"$out/.lock"
flock 9

work=$(mktemp -d "$out/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# --- where packages come from -------------------------------------------------------------------

suite=bookworm
release="$work/release.sources" updates="$work/updates.sources"
sources() { # sources SUITE-REGEX: apt's own sources of Debian's main component, in deb822 form
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(COMPONENT)' \
        'Created-By: Packages' 2>/dev/null |
        awk -v wanted="^($1)\$" '$3 == "Debian" && $4 == "main" && $2 ~ wanted { print $1, $2 }' |
        sort -u |
        while read -r uri name; do
            printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$uri" "$name"
            printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n'
        done
}
if [ "$(. /etc/os-release && echo "$ID")" = debian ]; then
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
    sources "$suite" >"$release"
    sources "$suite|$suite-updates|$suite-security" >"$updates"
fi
if [ -s "$release" ]; then
    from_release=("$release") from_updates=("$updates")
else
    # No Debian main in apt's lists: mmdebstrap knows its own mirror, and adds the updates.
    from_release=() from_updates=()
fi
options=(--variant=minbase --format=tar --quiet --dpkgopt=force-unsafe-io)
apt-config dump --format '%F "%v";%n' Acquire::http Acquire::https >"$work/apt.conf" 2>/dev/null || true
if [ -s "$work/apt.conf" ]; then
    options+=(--aptopt="$work/apt.conf")
fi

# --- what goes in -------------------------------------------------------------------------------

# All of the second half is in the first image only, so that a comparison has something to say.
more=adduser,bash-completion,bsdextrautils,bzip2,ca-certificates,cron,curl,dmsetup,fdisk,file,gnupg
more+=,groff-base,ifupdown,iproute2,iputils-ping,kmod,less,locales,logrotate,lsof,man-db,manpages
more+=,nano,netbase,netcat-openbsd,openssl,procps,python3-minimal,readline-common,rsync,sensible-utils
more+=,telnet,tmux,traceroute,tzdata,udev,vim-tiny,wget,whiptail,xz-utils

excluded=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright')
for place in man info locale lintian linda groff; do
    excluded+=(--dpkgopt="path-exclude=/usr/share/$place/*")
done

# What a container image does without: lists and logs of the installation, this machine's name.
cat >"$work/clean.sh" <<'CLEAN'
set -eu
cd "$1"
rm -rf var/lib/apt/lists/* var/cache/apt/*.bin var/cache/apt/archives/*.deb var/log/*.log var/log/apt/*
rm -rf var/cache/ldconfig/aux-cache etc/resolv.conf etc/hostname
rm -f etc/apt/apt.conf.d/99mmdebstrap
: >etc/machine-id
CLEAN
options+=(--customize-hook="sh '$work/clean.sh' \"\$1\"")
# usrmerge would pull all of perl into a small image; its place is taken as in the official ones.
if [ -d /usr/share/mmdebstrap/hooks/merged-usr ]; then
    options+=(--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr)
fi

# --- writing an image ---------------------------------------------------------------------------

blob() { # blob LAYOUT FILE: moves a file to its digest's place and says "DIGEST SIZE"
    local digest size
    digest=$(sha256sum <"$2" | cut -d' ' -f1)
    size=$(stat -c %s "$2")
    mv "$2" "$1/blobs/sha256/$digest"
    echo "sha256:$digest $size"
}

write_layout() { # write_layout TAR DIR TAG WORDS: a root directory's archive as an OCI image layout
    local tar=$1 layout=$2 tag=$3 words=$4 created diff layer layer_size config config_size manifest manifest_size
    created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%FT%TZ)
    mkdir -p "$layout/blobs/sha256"
    diff=$(sha256sum <"$tar" | cut -d' ' -f1)
    gzip -n -6 <"$tar" >"$layout/layer"
    read -r layer layer_size < <(blob "$layout" "$layout/layer")
    cat >"$layout/config" <<JSON
{"created":"$created","architecture":"$architecture","os":"linux","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"Cmd":["bash"],"Labels":{"org.opencontainers.image.title":"$tag"}},"rootfs":{"type":"layers","diff_ids":["sha256:$diff"]},"history":[{"created":"$created","created_by":"mmdebstrap --variant=minbase $words"}]}
JSON
    read -r config config_size < <(blob "$layout" "$layout/config")
    cat >"$layout/manifest" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"$config","size":$config_size},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"$layer","size":$layer_size}]}
JSON
    read -r manifest manifest_size < <(blob "$layout" "$layout/manifest")
    echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
    cat >"$layout/index.json" <<JSON
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"$manifest","size":$manifest_size,"platform":{"architecture":"$architecture","os":"linux"},"annotations":{"org.opencontainers.image.ref.name":"$tag"}}]}
JSON
}

architecture=$(dpkg --print-architecture)
case $architecture in # the names that image indexes use, where they are not Debian's
i386) architecture=386 ;;
armhf | armel) architecture=arm ;;
ppc64el) architecture=ppc64le ;;
esac

make() { # make NAME WORDS -- mmdebstrap's arguments
    local name=$1 words=$2 log=$work/$1.log tar=$work/$1.tar
    shift 3
    if ! mmdebstrap "${options[@]}" "$@" >"$log" 2>&1; then
        echo "mmdebstrap could not make $name:" >&2
        tail -n 15 "$log" | sed 's/^/    /' >&2
        return 1
    fi
    mkdir -p "$work/dpkg-$name"
    tar -xOf "$tar" ./var/lib/dpkg/status >"$work/dpkg-$name/status"
    dpkg-query --admindir="$work/dpkg-$name" --show \
        --showformat='${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n' \
        >"$work/$name.dpkg.tsv"
    write_layout "$tar" "$work/$name" "$name" "$words"
    rm "$tar"
}

# At once: each waits for the network and for dpkg about as long as it computes.
make debian-full "--include=$more $suite" -- --include="$more" \
    "$suite" "$work/debian-full.tar" "${from_release[@]}" &
first=$!
make debian-slim "$suite" -- "${excluded[@]}" "$suite" "$work/debian-slim.tar" "${from_updates[@]}" &
second=$!
failed=0
wait "$first" || failed=1
wait "$second" || failed=1
[ "$failed" = 0 ] || exit 1

for name in debian-full debian-slim; do
    rm -rf "${out:?}/$name"
    mv "$work/$name.dpkg.tsv" "$out/"
    mv "$work/$name" "$out/$name"
done
