#!/usr/bin/env bash
# Sourced by the scripts beside it: `launch RANKS COMMAND…` runs a command on so many ranks of this machine.

launch() {
    local ranks=$1
    shift
    # More ranks than cores are allowed, none is pinned to a core that a container may not have, and root may launch, as
    # it must in most containers. --quiet leaves the last word to the command.
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        mpirun --quiet --oversubscribe --bind-to none -np "$ranks" "$@"
}
