#!/usr/bin/env bash
# Checks what lies in cluster/ without running it: scripts with shellcheck, the MPIJob against its schema, also that the
# check finds faults.
#
# Usage: check.sh
set -euo pipefail
cd "$(dirname "$0")/../../.."

missing=()
for package in shellcheck python3-yaml; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing ${missing[*]}"
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get -qq update
    DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

mapfile -t scripts < <(grep -rlE '^#!/usr/bin/env bash' cluster Tests .ci)
shellcheck --external-sources "${scripts[@]}"
for script in "${scripts[@]}"; do
    grep -q '^set -[eu]*uo pipefail' "$script" || [[ $script =~ (supervise|launch|local_slurm|network)\.sh$ ]] || {
        echo "check: $script does not set -euo pipefail" >&2
        exit 1
    }
done
echo "ok: shellcheck finds nothing in ${#scripts[@]} scripts"

job=cluster/kubernetes/mpijob.yaml
python3 Tests/Checks/Cluster/check_mpijob.py "$job"
faulty=$(mktemp)
trap 'rm -f "$faulty"' EXIT
for fault in 's/slotsPerWorker:/slotsPerWorkers:/' 's/backoffLimit: 50/backoffLimit: "50"/' 's/WaitForWorkersReady/Later/' \
    's/runAsUser: 1000/runAsUser: 0/' 's/cpu: "8"/cpu: eight/' 's/name: cache, mountPath/name: cash, mountPath/' \
    's/medium: Memory, //' 's/mpiReplicaSpecs:/replicas:/'; do
    sed "$fault" "$job" >"$faulty"
    ! cmp -s "$job" "$faulty" || { echo "check: $fault changes nothing" >&2; exit 1; }
    ! python3 Tests/Checks/Cluster/check_mpijob.py "$faulty" 2>/dev/null || { echo "check: $fault is not found" >&2; exit 1; }
done
echo "ok: the MPIJob has the fields of v2beta1, and faults in it are found"
