#!/usr/bin/env bash
# Sourced by the job scripts: `supervise COMMAND…` runs a launcher such that a signal to the job stops training gently.
#
# Schedulers warn the job's shell, not the ranks, with SIGUSR1 before a time limit and with SIGTERM before a preemption.
# Both are forwarded as SIGUSR1, which srun, mpirun and flux pass to every rank (at SIGTERM, mpirun would end them). `parp` then
# finishes its update, writes a checkpoint and exits with 85. Returns the launcher's exit code.

supervise() {
    "$@" &
    local launcher=$! status signalled=1
    trap 'signalled=1; echo "supervise: asking the ranks for a checkpoint" >&2; kill -USR1 "$launcher" || true' USR1 TERM
    # A trapped signal ends `wait` early, with that signal's code: wait again for the launcher's own.
    while [ "$signalled" = 1 ]; do
        signalled=0 status=0
        wait "$launcher" || status=$?
    done
    trap - USR1 TERM
    return "$status"
}

# The exit code of an interrupted `parp` that wrote a checkpoint, to be continued with --resume.
# shellcheck disable=SC2034
readonly interrupted=85
