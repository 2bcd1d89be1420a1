#!/usr/bin/env bash
# Fetches Asterisk's recorded prompts from Debian and makes manifests of them: one studio voice, 16 kHz, CC-BY-SA 3.0.
#
# Usage: fetch_asterisk.sh [LANGUAGE] [FOLDER]      LANGUAGE: en (default), es, fr or ru
# Writes FOLDER/{train,valid,test}.jsonl and FOLDER/wav/. Does nothing where they are there already.
set -euo pipefail
language=${1:-en}
folder=${2:-build/corpora/asterisk-$language}
here=$(cd "$(dirname "$0")" && pwd)
[ -s "$folder/test.jsonl" ] && exit 0

say() { echo "fetch_asterisk: $*" >&2; }
for tool in ffmpeg dpkg-deb apt-get python3; do
    command -v "$tool" >/dev/null || { say "$tool is missing; run .ci/setup.sh, or apt-get install it"; exit 69; }
done

mkdir -p "$folder/packages" "$folder/wav"
for package in "asterisk-core-sounds-$language" "asterisk-core-sounds-$language-g722"; do
    ls "$folder/packages/${package}_"*.deb >/dev/null 2>&1 && continue
    say "fetching the Debian package $package"
    (cd "$folder/packages" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$package") ||
        { say "Debian's package $package cannot be fetched; is the network there, and has apt-get update run?"; exit 69; }
done
for file in "$folder/packages/"*.deb; do dpkg-deb -x "$file" "$folder/packages/tree"; done

say "decoding"
sounds=$(find "$folder/packages/tree" -type d -path "*/sounds/*" -name "${language}*" | head -1)
# One that was interrupted leaves a .partial, never half a recording.
decode() {
    local sounds=$1 folder=$2 file target
    shift 2
    for file; do
        target="$folder/wav/${file#"$sounds"/}"
        target="${target%.g722}.wav"
        [ -s "$target" ] && continue
        mkdir -p "$(dirname "$target")"
        ffmpeg -nostdin -loglevel error -y -f g722 -i "$file" -ac 1 -ar 16000 -f wav "$target.partial"
        mv "$target.partial" "$target"
    done
}
export -f decode
# The quotes are for the shell that xargs starts.
# shellcheck disable=SC2016
find "$sounds" -name '*.g722' -print0 |
    xargs -0 -n 32 -P "$(nproc)" bash -euc 'decode "$@"' decode "$sounds" "$folder"
texts=$(find "$folder/packages/tree/usr/share/doc" -name "core-sounds-$language*.txt*" | head -1)
python3 "$here/asterisk_manifest.py" "$texts" "$folder" "$language"
rm -rf "$folder/packages/tree"
