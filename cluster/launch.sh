#!/usr/bin/env bash
# Sourced by the scripts beside it: `launch RANKS COMMAND…` runs a command on RANKS ranks of this machine.

launch() {
    local ranks=$1
    shift
    # Allows more ranks than cores, pins none (a container may lack the core), and lets root launch, as
    # most containers require. --quiet leaves the last word to the command.
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
        mpirun --quiet --oversubscribe --bind-to none -np "$ranks" "$@"
}
