#!/usr/bin/env bash
# Runs the commands of docs/cluster.md, in their order, in a folder of their own.
#
# Usage: commands.sh PARP_COMMAND
#
# Blocks that are fenced with ```sh run are run as they stand; those with ```sh run slurm too, under a Slurm that lives as
# long as the test, whose jobs must all complete. Other blocks need what one machine does not have.
set -euo pipefail
cd "$(dirname "$0")/../../.."
project=$PWD
parp=$(realpath "$1")
# shellcheck source=Tests/Checks/Cluster/local_slurm.sh
. Tests/Checks/Cluster/local_slurm.sh

install_slurm
work=$(mktemp -d /tmp/parp-commands.XXXXXX)
trap 'exit 130' INT TERM
trap tear_down EXIT
tear_down() {
    local status=$?
    stop_slurm "$work/slurm"
    [ "$status" -eq 0 ] || tail -n 30 "$work"/log "$work"/here/*.log "$work"/here/runs/sweep/*.log >&2 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}

# The folder looks like the project's, but what is written does not end up there. `parp` is found as a reader would.
mkdir -p "$work/here/bin"
ln -s "$project/cluster" "$project/Tests" "$work/here/"
ln -s "$parp" "$work/here/bin/parp"
export PATH="$work/here/bin:$PATH" PARP_CACHE_DIR="$work/cache"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export MPIRUN_FLAGS="--quiet --bind-to none" # the slots of this Slurm are no cores

# Each block becomes a script: 01.local, 02.slurm and so on.
awk -v folder="$work" '
    /^```sh run/ { file = sprintf("%s/%02d.%s", folder, ++count, /slurm/ ? "slurm" : "local"); next }
    /^```/ { file = "" }
    file { print > file }
' docs/cluster.md

start_slurm "$work/slurm" 4
cd "$work/here"
for block in "$work"/[0-9][0-9].*; do
    bash -euo pipefail "$block" >"$work/log" 2>&1 || {
        echo "commands: in this block of docs/cluster.md, a command failed:" >&2
        cat "$block" >&2
        exit 1
    }
    if [[ $block == *.slurm ]]; then
        for _ in {1..600}; do [ -z "$(squeue --noheader)" ] && break; sleep 0.5; done
    fi
    echo "ok: $(grep -v '^#' "$block" | head -n 1)"
done

states=$(scontrol --oneliner show job | grep -o 'JobState=[A-Z]*' | sort -u)
[ "$states" = JobState=COMPLETED ] || { echo "commands: jobs ended as ${states//JobState=/}" >&2; exit 1; }
for run in one two bound parp-1 with-mpirun sweep/dense-seed1 sweep/parp-0.5-seed1 sweep/parp-0.9-seed1; do
    [ -s "runs/$run/final/model.safetensors" ] || { echo "commands: runs/$run has no model" >&2; exit 1; }
done
echo "ok: all jobs completed, all runs have a model"
[ -s studies/here/report.html ] || { echo "commands: the study of this machine has no report" >&2; exit 1; }
[ "$(find studies/cluster/runs -name '*.trace.json' | wc -l)" -eq 2 ] || {
    echo "commands: the study's jobs left other than two traces" >&2
    exit 1
}
shellcheck studies/jobs/*.sbatch studies/jobs/submit.sh
parp scale report studies/cluster >/dev/null
echo "ok: jobs of a study left its measurements"
