#!/usr/bin/env bash
# Checks every recipe in cluster/recipes/ with `parp recipe`, as it is and with the settings that its header names.
#
# Usage: recipes.sh PARP_COMMAND
set -euo pipefail
parp=$(realpath "$1")
cd "$(dirname "$0")/../../.."

# Header lines are `#   NAME:  --set …`, and go on in lines that begin with `--set`.
variants() {
    sed -n 's/^# \{3,\}\([a-z-]*: *\)\{0,1\}\(--set .*\)/\1\2/p' "$1" |
        awk '/^--set/ { line = line " " $0; next } { if (line) print line; line = $0 } END { if (line) print line }'
}

checked=0
for recipe in cluster/recipes/*.toml; do
    purpose=()
    case $recipe in *pretrain*) purpose=(--pretrain) ;; esac
    while read -r name settings; do
        read -r -a arguments <<<"$settings"
        "$parp" recipe "$recipe" "${purpose[@]}" "${arguments[@]}" >/dev/null || { echo "recipes: $recipe, $name" >&2; exit 1; }
        checked=$((checked + 1))
    done < <(echo asis:; variants "$recipe")
done
echo "ok: $checked recipes and variants of them"
