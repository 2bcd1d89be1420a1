#!/usr/bin/env bash
# Fetches recorded speech with its texts from Debian's packages and makes 16 kHz manifests.
#
# Usage: fetch.sh CORPUS [FOLDER]
#   asterisk-{en,es,fr,it,ru}            prompts of a telephone exchange, one studio voice each; CC-BY-SA 3.0
#   festvox-ru                           fiction, one reader; free with its copyright notice
#   fillets-{cs,nl}                      dialogues of a game, two voices each; GPL-2
#   tuxpaint-{be,bg,el,es,fr,ro,ru}      names of things, volunteers; GPL-2
#   all                                  each of these below FOLDER, by default build/corpora
# Writes FOLDER/{train,valid,test}.jsonl and FOLDER/wav/; FOLDER is build/corpora/CORPUS by default. Does nothing if
# they exist already. The packages are kept in FOLDER/../packages, as some hold several corpora.
set -euo pipefail
corpus=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
say() { echo "fetch: $*" >&2; }

case $corpus in
    all)
        for name in asterisk-{en,es,fr,it,ru} festvox-ru fillets-{cs,nl} tuxpaint-{be,bg,el,es,fr,ro,ru}; do
            "$0" "$name" "${2:-build/corpora}/$name"
        done
        exit 0
        ;;
    asterisk-en | asterisk-es | asterisk-fr | asterisk-it | asterisk-ru)
        packages=("asterisk-core-sounds-${corpus#*-}" "asterisk-core-sounds-${corpus#*-}-g722") ;;
    festvox-ru) packages=(festvox-ru) ;;
    fillets-cs | fillets-nl) packages=(fillets-ng-data "fillets-ng-data-${corpus#*-}") ;;
    tuxpaint-be | tuxpaint-bg | tuxpaint-el | tuxpaint-es | tuxpaint-fr | tuxpaint-ro | tuxpaint-ru)
        packages=(tuxpaint-stamps-default) ;;
    *) say "no such corpus: '$corpus'"; sed -n 's/^# \?//; 3,11p' "$0" >&2; exit 64 ;;
esac
folder=${2:-build/corpora/$corpus}
[ -s "$folder/test.jsonl" ] && exit 0
for tool in ffmpeg dpkg-deb apt-get python3; do
    command -v "$tool" >/dev/null || { say "$tool is missing; run .ci/setup.sh, or apt-get install it"; exit 69; }
done

kept=$(dirname "$folder")/packages
tree=$folder/tree
rm -rf "$tree"
mkdir -p "$kept" "$folder/wav" "$tree"
for package in "${packages[@]}"; do
    if ! ls "$kept/${package}_"*.deb >/dev/null 2>&1; then
        say "fetching the Debian package $package"
        (cd "$kept" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$package") ||
            { say "Debian's package $package cannot be fetched; is the network there, and has apt-get update run?"; exit 69; }
    fi
    archives=("$kept/${package}_"*.deb)
    dpkg-deb -x "${archives[-1]}" "$tree"
done
python3 "$here/prepare.py" "$corpus" "$tree" "$folder"
rm -rf "$tree"
