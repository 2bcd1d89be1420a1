#!/usr/bin/env bash
# DocC pages of all rooms as one archive that any web server can serve, from what `swift build` has compiled.
#
# Usage: documentation.sh BUILD_FOLDER OUTPUT      BUILD_FOLDER: .build/release or .build/debug. Look at it with
#                                                  python3 -m http.server -d OUTPUT, at /documentation/parp/
set -euo pipefail
cd "$(dirname "$0")/.."
built=$1
output=$2
work=$(mktemp -d /tmp/parp-docs.XXXXXX)
trap 'rm -rf "$work"' EXIT

maps=()
for map in "$built"/C*.build/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
mkdir -p "$work/archives"
convert() { docc convert "$@" --transform-for-static-hosting >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

for folder in Sources/*/; do
    room=$(basename "$folder")
    [ "$room" != parp ] || continue # three lines that nobody imports
    graphs=$work/graphs/$room
    mkdir -p "$graphs"
    swift symbolgraph-extract -module-name "$room" -target "$(swiftc -print-target-info | python3 -c \
        'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')" -minimum-access-level package \
        -I "$built/Modules" "${maps[@]}" -output-dir "$graphs"
    convert --additional-symbol-graph-dir "$graphs" --fallback-display-name "$room" \
        --fallback-bundle-identifier "parp.$room" --output-path "$work/archives/$room.doccarchive"
done
convert docs/parp.docc --fallback-display-name parp --fallback-bundle-identifier parp \
    --output-path "$work/archives/parp.doccarchive"
docc merge "$work"/archives/*.doccarchive --output-path "$work/merged" --synthesized-landing-page-name parp \
    --synthesized-landing-page-kind Program
mkdir -p "$(dirname "$output")"
[ ! -e "$output" ] || [ -f "$output/metadata.json" ] || { echo "documentation: $output is no documentation" >&2; exit 64; }
rm -rf "$output"
mv "$work/merged" "$output"
echo "$output: $(find "$output/data/documentation" -name '*.json' | wc -l) pages of $(find "$work/archives" -mindepth 1 -maxdepth 1 | wc -l) archives"
