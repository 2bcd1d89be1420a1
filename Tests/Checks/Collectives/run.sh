#!/usr/bin/env bash
# Checks of the collectives on 1 to 5 ranks of this machine, as one node and as several pretended ones.
# Usage: run.sh PATH-TO-CollectiveChecks
set -euo pipefail
checks=$1
ranks() { mpirun --oversubscribe -np "$1" "${@:2}"; }
# What ranks share lies here; at the end nothing may be left of it, whichever rank was killed.
PARP_SHARED_FOLDER=$(mktemp -d /dev/shm/parp-checks.XXXXXX)
export PARP_SHARED_FOLDER

for count in 1 2 3 4 5; do
    ranks "$count" "$checks" all
done
# RANKS as nodes of SIZE: 2+1, 2x2, 2+2+1, and every rank a node of its own. A third number is the most elements that
# a message carries.
ranks 3 "$checks" all 2
ranks 4 "$checks" all 2
ranks 5 "$checks" all 2
ranks 2 "$checks" all 1
ranks 3 "$checks" all 1
ranks 2 "$checks" all 0 1000
ranks 3 "$checks" all 2 1000

# Where no memory can be shared, ranks go through MPI.
PARP_SHARED_FOLDER=/proc ranks 2 "$checks" all | grep -F "of 2 on 2 node(s)"

ranks 2 "$checks" waiting
ranks 2 "$checks" waiting 1

# After a fault ranks leave without MPI_Finalize, so mpirun's own verdict is none. It ends the others of a rank that was
# killed before they can speak, unless it is told to leave them alone.
faulty() {
    local said
    said=$(ranks 3 --enable-recovery "$checks" "$1" 2>&1) || true
    grep -F "$1: rank 0 of 3 on 1 node(s): $2 checks, 0 faults" <<<"$said" || { echo "$said"; return 1; }
    if grep -F "not so" <<<"$said"; then return 1; fi
}
faulty out-of-step 1
faulty lost 2

rmdir "$PARP_SHARED_FOLDER"
