#!/usr/bin/env bash
# Runs RankChecks at 1, 2, 3 and 4 ranks, compares what the runs computed, and ends with `N passed, N failed`.
set -uo pipefail
binary=$(realpath "${1:?usage: run.sh BINARY}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# More ranks than cores and a root user are allowed here; Open MPI 4 reads the first names, 5 the PRTE ones.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_MCA_mpi_yield_when_idle=1

passed=0
failed=0
broken=0

# stage NAME SECONDS COMMAND...: runs one stage and counts its lines; not to end in order is a failure, too. Its report lies
# in the folder that is the command's last word.
stage() {
    local name=$1 seconds=$2
    shift 2
    local place=${!#}
    timeout --kill-after=5 "$seconds" "$@" </dev/null >"$folder/$name.log" 2>&1
    local code=$?
    if [ -f "$place/$name.report" ]; then
        cat "$place/$name.report"
        passed=$((passed + $(grep -c '^ok ' "$place/$name.report")))
        failed=$((failed + $(grep -c '^FAILED ' "$place/$name.report")))
    fi
    [ $code -eq 0 ] && return
    failed=$((failed + 1))
    broken=$((broken + 1))
    if [ $code -eq 124 ] || [ $code -eq 137 ]; then
        echo "FAILED $name: no end within $seconds s"
    else
        echo "FAILED $name: ended with code $code"
    fi
    tail -n 40 "$folder/$name.log" | sed 's/^/         /'
}

stage prepare 30 "$binary" prepare "$folder"
for ranks in 1 2 3 4; do
    stage "check-$ranks" 120 mpirun --bind-to none -np "$ranks" "$binary" check "$folder"
done
# What a broken job left cannot be compared.
[ "$broken" -gt 0 ] || stage compare 30 "$binary" compare "$folder"

# Once more on pretended nodes of two ranks, 2+1 and 2+2: sums go within nodes first, then between them.
if [ "$broken" -eq 0 ]; then
    nodes=$folder/nodes
    mkdir "$nodes"
    stage prepare-nodes 30 "$binary" prepare "$nodes"
    cp -r "$folder/ranks-1" "$folder/ranks-2" "$nodes/"
    for ranks in 3 4; do
        stage "check-$ranks" 120 mpirun --bind-to none -x PARP_RANKS_PER_NODE=2 -np "$ranks" "$binary" check "$nodes"
    done
    [ "$broken" -gt 0 ] || stage compare 30 "$binary" compare "$nodes"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
