#!/usr/bin/env bash
# Sourced by slurm.sh: a real Slurm of one node with several slots, in a folder of its own, for as long as a test lasts.
#
# Nothing of a Slurm that is installed is used but its programs: own keys, sockets, ports and state, all in one folder,
# all by the user who asks. `start_slurm FOLDER SLOTS` exports SLURM_CONF, so that sbatch and srun find it;
# `stop_slurm FOLDER` ends its jobs and daemons, and may be called at any moment. Jobs of its partition `urgent` preempt
# those of the default one, which get a grace of ten seconds.

install_slurm() {
    local missing=() package
    for package in slurm-wlm munge; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "installing ${missing[*]}"
    local sudo=""
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get -qq update
    DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Three free ports: slurmctld's, slurmd's, and one to spare.
free_ports() {
    python3 - <<'PYTHON'
import socket

sockets = [socket.socket() for _ in range(2)]
for s in sockets:
    s.bind(("", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

start_slurm() {
    local folder=$1 slots=$2 ports user host
    read -r -a ports <<<"$(free_ports)"
    user=$(id -un)
    host=$(hostname -s)
    mkdir -p "$folder"/{munge,state,spool}
    chmod 700 "$folder" "$folder"/munge
    dd if=/dev/urandom of="$folder/munge/key" bs=128 count=1 status=none
    chmod 400 "$folder/munge/key"
    # --force: a folder under /tmp is no place for a key that lasts; this one is gone in minutes.
    munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/pid" \
        --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"

    # config_overrides lets a node of two cores have as many slots as the test needs. A requeued job waits until its
    # credential has expired: two minutes, unless cred_expire says less. linuxproc needs no cgroups, which a container
    # may not have; no accounting, no mail, no e-mail on failures.
    cat >"$folder/slurm.conf" <<CONF
ClusterName=parp-test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=$folder/munge/socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=1,sched_interval=2
KillWait=10
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=$host NodeAddr=127.0.0.1 CPUs=$slots State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=10
PartitionName=urgent Nodes=$host MaxTime=INFINITE State=UP PriorityTier=2 PreemptMode=OFF
CONF
    export SLURM_CONF=$folder/slurm.conf
    slurmctld -f "$SLURM_CONF"
    slurmd -f "$SLURM_CONF" -N "$host"
    local waited
    for waited in {1..60}; do
        [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && return
        sleep 0.5
    done
    echo "Slurm did not come up in $((waited / 2)) s:" >&2
    tail -n 20 "$folder"/slurmctld.log "$folder"/slurmd.log >&2
    return 1
}

stop_slurm() {
    local folder=$1 file pid
    [ -n "${SLURM_CONF:-}" ] && [ -s "$folder/slurmctld.pid" ] && {
        scancel --full --signal=KILL --user="$(id -un)" 2>/dev/null || true
        scancel --user="$(id -un)" 2>/dev/null || true
        for _ in {1..20}; do [ -z "$(squeue -h 2>/dev/null)" ] && break; sleep 0.5; done
    }
    for file in slurmctld.pid slurmd.pid munge/pid; do
        [ -s "$folder/$file" ] || continue
        pid=$(<"$folder/$file")
        kill "$pid" 2>/dev/null || continue
        for _ in {1..20}; do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
        kill -KILL "$pid" 2>/dev/null || true
    done
}
