#!/bin/sh
# Validates bills of materials with tools that are not ours: CycloneDX JSON with
# cyclonedx-python-lib (strict JSON schema, then read into its model), SPDX JSON with spdx-tools
# (read, then its checks of meaning). Tells by content which is which.
#
#   tests/validate-sbom.sh FILE...
#
# Needs python3 with venv, and a package index the first time; the tools stay in
# ${PLIMSOLL_CACHE:-~/.cache/plimsoll-validate}. Exit code 1 when any file is not valid.
set -eu
if [ $# -eq 0 ]; then
    echo "usage: $0 FILE..." >&2
    exit 2
fi
cache=${PLIMSOLL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll-validate}
venv=$cache/venv
if ! "$venv/bin/python" -c 'import cyclonedx, spdx_tools, jsonschema' 2>/dev/null; then
    mkdir -p "$cache"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet 'cyclonedx-python-lib[validation]>=11' 'spdx-tools>=0.8.3' >&2
fi
exec "$venv/bin/python" - "$@" <<'PYTHON'
import json
import sys


def cyclonedx(text):
    from cyclonedx.model.bom import Bom
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    document = json.loads(text)
    version = SchemaVersion.from_version(document["specVersion"])
    error = JsonStrictValidator(version).validate_str(text)
    if error is not None:
        yield f"schema: {error}"
        return
    bom = Bom.from_json(document)
    bom.validate()
    found = len(bom.components)
    listed = len(document.get("components", []))
    if found != listed:
        yield f"{listed} components are listed and {found} are left after reading: some are equal"


def spdx(text):
    from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    document = JsonLikeDictParser().parse(json.loads(text))
    for message in validate_full_spdx_document(document):
        yield f"{message.context.spdx_id}: {message.validation_message}"


failed = False
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if '"bomFormat"' in text[:4096]:
        kind, messages = "CycloneDX", cyclonedx(text)
    else:
        kind, messages = "SPDX", spdx(text)
    try:
        messages = list(messages)
    except Exception as error:  # whatever the tools raise, the file is not valid
        messages = [f"{type(error).__name__}: {error}"]
    for message in messages[:20]:
        print(f"{path}: {message[:500]}")
    print(f"{path}: {kind}, {'valid' if not messages else f'{len(messages)} errors'}")
    failed = failed or bool(messages)
sys.exit(1 if failed else 0)
PYTHON
