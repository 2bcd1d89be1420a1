#!/usr/bin/env bash
# Prints what a reader must know about this node to trust or reproduce a number. Never fails: it omits what is missing.
#
# Usage: capture_env.sh [COMMAND…]      COMMAND runs parp, by default `parp`
# shellcheck disable=SC2317 # functions are called by `section`
set -uo pipefail
[ $# -gt 0 ] || set -- parp
program=$(command -v "${!#}" 2>/dev/null || true)

section() {
    local title=$1 output
    shift
    output=$("$@" 2>/dev/null) && [ -n "$output" ] && printf '== %s\n%s\n\n' "$title" "$output"
}
network() {
    local card
    for card in /sys/class/net/*; do
        echo "${card##*/} $(cat "$card/operstate"), $(cat "$card/speed" || echo ?) Mb/s, MTU $(cat "$card/mtu")"
    done
}
settings() { env | grep -E '^(OMPI|PRTE|PMIX|UCX|OMP|OPENBLAS|PARP)_' | sort; }
job() { scontrol show job "${SLURM_JOB_ID:?not in a job}"; }

section "time" date --utc +%FT%TZ
section "host" uname -snrm
section "system" sed -n 's/^PRETTY_NAME=//p' /etc/os-release
section "container" printenv APPTAINER_CONTAINER
section "cgroup" cat /proc/self/cgroup
section "processors" lscpu
section "processors this job may use" grep Cpus_allowed_list /proc/self/status
section "governor" cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor
section "transparent huge pages" cat /sys/kernel/mm/transparent_hugepage/enabled
section "memory" free --giga
section "NUMA" numactl --hardware
section "topology" lstopo-no-graphics --no-io --no-legend
section "limits" bash -c 'ulimit -a'
section "shared memory" df -h /dev/shm
section "network" network
section "InfiniBand" ibstat -s
section "Open MPI" mpirun --version
section "settings" settings
section "UCX" ucx_info -v
section "Slurm job" job
section "commit" git -C "$(dirname "${BASH_SOURCE[0]}")" describe --always --dirty
section "parp" "$@" --version
if [ -n "$program" ]; then
    section "sha256" sha256sum "$program"
    section "libraries" ldd "$program"
fi
exit 0
