#!/usr/bin/env bash
#flux: --job-name=parp
#flux: --nodes=1
#flux: --exclusive
#flux: --time-limit=8h
#flux: --signal=SIGUSR1@120s
#flux: --output=parp-{{id}}.log
#
# Trains under Flux, on CPUs, and resubmits itself shortly before its time limit.
#
#   RECIPE=cluster/recipes/base-1h.toml flux batch cluster/flux/train.sh
#   RECIPE=… RANKS=16 THREADS=16 OUTPUT=runs/mine flux batch --nodes=4 cluster/flux/train.sh
#
# Submit it from the project's folder; options of `flux batch` win over those above. Variables: RECIPE; RANKS (default 2)
# and THREADS (default 8) over all nodes and per rank; OUTPUT, by default runs/parp-JOBID; SETTINGS ("--set a.b=c …");
# PARP; PMI (default pmix; it needs the flux-pmix plugin, without which every rank would train alone); MAX_RESTARTS (50).
#
# `flux run` passes SIGUSR1 on to the ranks. An example, not run by the project's tests.
set -euo pipefail

# shellcheck source=cluster/supervise.sh
. cluster/supervise.sh
: "${RECIPE:?RECIPE=FILE flux batch cluster/flux/train.sh}" "${RANKS:=2}" "${THREADS:=8}" "${SETTINGS:=}" "${PMI:=pmix}"
nodes=$(flux resource list --no-header --format='{nnodes}' --states=all | head -n 1)
id=$(flux getattr jobid)
: "${OUTPUT:=runs/parp-$id}" "${PARP:=$PWD/.build/release/parp}" "${RESTARTS:=0}" "${MAX_RESTARTS:=50}"
read -r -a parp <<<"$PARP"
read -r -a settings <<<"$SETTINGS"
export PARP_CACHE_DIR=${PARP_CACHE_DIR:-${TMPDIR:-/tmp}/parp-$(id -un)}

mkdir -p "$OUTPUT"
cluster/capture_env.sh "${parp[@]}" >"$OUTPUT/environment-$RESTARTS.txt" 2>&1

status=0
supervise flux run --nodes="$nodes" --ntasks="$RANKS" --cores-per-task="$THREADS" -o "pmi=$PMI" -o cpu-affinity=per-task \
    "${parp[@]}" train "$RECIPE" "${settings[@]}" --output "$OUTPUT" --resume \
    --set "distributed.threads_per_rank=$THREADS" || status=$?
[ "$status" -eq "$interrupted" ] || exit "$status"
if [ "$RESTARTS" -ge "$MAX_RESTARTS" ]; then
    echo "train.sh: submitted $RESTARTS times (MAX_RESTARTS): is the time limit too short? submit again to go on" >&2
    exit "$status"
fi
# The batch job is its own Flux instance: the next job is submitted to its parent.
export RECIPE RANKS THREADS OUTPUT SETTINGS PARP PMI MAX_RESTARTS RESTARTS=$((RESTARTS + 1))
flux proxy "$(flux getattr parent-uri)" flux batch --nodes="$nodes" cluster/flux/train.sh
