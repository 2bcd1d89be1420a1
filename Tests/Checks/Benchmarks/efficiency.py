"""Measures what ranks that train together lose beside as many runs that know nothing of each other, on the same cores.

    python3 Tests/Checks/Benchmarks/efficiency.py .build/release/parp --model small=cluster/models/small --model base=base
    python3 Tests/Checks/Benchmarks/efficiency.py .build/release/parp --model small=… --manifest build/corpora/…/train.jsonl

Each round does both, in changing order, each process on a core of its own: two ranks of one run, and two runs of one rank,
started at once. A rank has the same batch in both. The efficiency is the audio a second of the ranks over that of the
runs together: it counts waiting, sums over ranks, and uneven shares, but not the memory and clock that busy cores share
anyhow. What other programs used of the two cores meanwhile is noted; a round in which that was more than --noise of one
of its halves does not count, whatever came out of it. A machine shared with others stalls a core now and then, which holds
up both ranks but only one of two runs: with recordings the efficiency of the median update, which such stalls do not decide, stands beside it. Without a manifest updates are those of `parp bench step`, on noise of equal lengths; with one, those of
`parp train` on its recordings, masks included. Needs no packages; a machine with nothing else to do.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

RANKS = 2
PHASES = ["data", "compute", "exposed_communication", "optimizer"]


def pinned(core):
    return ["taskset", "--cpu-list", str(core)]


def together(cores, command):
    """The command on ranks of one job, each on its core."""
    pin = 'cores=({}); exec taskset --cpu-list "${{cores[$OMPI_COMM_WORLD_RANK]}}" "$@"'.format(" ".join(map(str, cores)))
    return ["mpirun", "--quiet", "--bind-to", "none", "-np", str(RANKS), "bash", "-c", pin, "rank"] + command


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Noise:
    """The share of the measured cores' time that went to other programs, while a `with` lasts."""

    def __init__(self, cores):
        self.names = {f"cpu{core}" for core in cores}

    def busy(self):
        lines = [line.split() for line in pathlib.Path("/proc/stat").read_text().splitlines()]
        # user, nice, system, idle, iowait, irq, softirq, steal
        ticks = [list(map(int, line[1:9])) for line in lines if line[0] in self.names]
        return sum(sum(line) - line[3] - line[4] for line in ticks) / os.sysconf("SC_CLK_TCK")

    def own(self):
        return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])

    def __enter__(self):
        self.start = self.busy(), self.own(), time.monotonic()
        return self

    def __exit__(self, *_):
        busy, own, wall = self.busy() - self.start[0], self.own() - self.start[1], time.monotonic() - self.start[2]
        self.share = max(0.0, (busy - own) / (wall * len(self.names)))


def at_once(commands):
    with concurrent.futures.ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(run, commands))


class Steps:
    """Updates of `parp bench step`."""

    def __init__(self, parp, model, options, folder):
        self.options = options
        self.command = [parp, "bench", "step", "--model", model, "--batch", str(options.batch), "--seconds",
                        str(options.seconds), "--features", "cached", "--updates", str(options.updates), "--warmup",
                        str(options.warmup), "--json"]

    def read(self, output):
        report = json.loads(output.strip().splitlines()[-1])
        # Medians already.
        rate = report["audio_seconds_per_second"]
        return rate, report["step_seconds"], report["phases"], rate

    def together(self):
        return self.read(run(together(self.options.cores, self.command)))

    def apart(self):
        return [self.read(output) for output in at_once([pinned(core) + self.command for core in self.options.cores])]


class Runs:
    """Updates of `parp train` on recordings."""

    def __init__(self, parp, model, options, folder):
        self.options, self.folder, self.parp, self.turn = options, folder, parp, 0
        if not (pathlib.Path(model) / "config.json").exists():
            run([parp, "init", "--preset", model, "--output", str(folder / model)])
            model = folder / model
        (folder / "recipe.toml").write_text(f"""
[model]
path = "{pathlib.Path(model).resolve()}"
[data]
train = "{pathlib.Path(options.manifest).resolve()}"
valid = "{pathlib.Path(options.manifest).resolve()}"
cache_directory = "{folder}/cache"
[schedule]
updates = {options.warmup + options.updates}
[pruning]
interval = 10
[checkpoint]
every_updates = 0
[evaluation]
every_updates = 0
""")

    def command(self, output, ranks, seed):
        seconds = self.options.batch * self.options.seconds
        settings = {"data.batch_seconds": seconds * ranks, "data.rank_seconds": seconds, "seed": seed}
        return [self.parp, "train", str(self.folder / "recipe.toml"), "--output", str(output),
                *[part for key, value in settings.items() for part in ("--set", f"{key}={value}")]]

    def read(self, output):
        events = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
        updates = [event for event in events if event["kind"] == "train"]
        # From the end of the last that does not count to the end of the last: masks between updates count, too.
        counted, begin = updates[self.options.warmup :], updates[self.options.warmup - 1]["wall"]
        seconds = counted[-1]["wall"] - begin
        phases = {name: statistics.mean(event[name + "_seconds"] for event in counted) for name in PHASES}
        rate = sum(event["audio_seconds"] for event in counted) / seconds
        median = statistics.median(event["audio_seconds"] / event["seconds"] for event in counted)
        return rate, seconds / len(counted), phases, median

    def outputs(self, count):
        self.turn += 1
        return [self.folder / f"run-{self.turn}-{index}" for index in range(count)]

    def together(self):
        output = self.outputs(1)[0]
        run(together(self.options.cores, self.command(output, RANKS, 1)))
        return self.read(output)

    def apart(self):
        outputs = self.outputs(RANKS)
        at_once([pinned(core) + self.command(output, 1, seed)
                 for seed, (core, output) in enumerate(zip(self.options.cores, outputs), 1)])
        return [self.read(output) for output in outputs]


def measure(name, contest, rounds):
    """One model: a line a round, then the medians of those that count."""
    seen = []
    for turn in range(rounds):
        results, noise = {}, 0
        for side in ["together", "apart"][:: 1 if turn % 2 == 0 else -1]:
            with Noise(contest.options.cores) as others:
                results[side] = getattr(contest, side)()
            noise = max(noise, others.share)
        rate, step, phases, median_rate = results["together"]
        apart_rate = sum(result[0] for result in results["apart"])
        median_efficiency = median_rate / sum(result[3] for result in results["apart"])
        apart_step = statistics.mean(result[1] for result in results["apart"])
        counts = noise <= contest.options.noise
        print(f"{name}, round {turn + 1}: {RANKS} ranks {rate:.2f} audio s/s, {RANKS} runs {apart_rate:.2f}: "
              f"{rate / apart_rate:.1%}, of the median update {median_efficiency:.1%}; other programs {noise:.1%}{'' if counts else ', does not count'}", flush=True)
        if counts:
            seen.append(dict(
                efficiency=rate / apart_rate, median_efficiency=median_efficiency, together=rate, apart=apart_rate, step=step, apart_step=apart_step,
                noise=noise, phases=phases, apart_phases={
                    phase: statistics.mean(result[2][phase] for result in results["apart"]) for phase in PHASES}))
    if not seen:
        print(f"{name}: no round was quiet enough")
        return dict(name=name, efficiency=None, rounds=[])

    def median(key, phase=None):
        return statistics.median(one[key] if phase is None else one[key][phase] for one in seen)

    efficiency = median("efficiency")
    print("| model | rounds | ranks, audio s/s | runs, audio s/s | efficiency | least and most | of the median update |")
    print(f"| {name} | {len(seen)} of {rounds} | {median('together'):.2f} | {median('apart'):.2f} | {efficiency:.1%} | "
          f"{min(one['efficiency'] for one in seen):.1%} to {max(one['efficiency'] for one in seen):.1%} | {median('median_efficiency'):.1%} |")
    print(f"  an update: {median('step'):.4f} s together, {median('apart_step'):.4f} s apart; " + "; ".join(
        f"{phase.replace('_', ' ')} {median('phases', phase):.4f}, {median('apart_phases', phase):.4f}"
        for phase in PHASES), flush=True)
    return dict(name=name, efficiency=efficiency, rounds=seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parp")
    parser.add_argument("--model", action="append", required=True, metavar="NAME=MODEL", help="a preset or a folder")
    parser.add_argument("--manifest", help="recordings to train on; without it noise of equal lengths")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=4)
    parser.add_argument("--batch", type=int, default=4, help="utterances a rank")
    parser.add_argument("--seconds", type=float, default=5, help="of each")
    parser.add_argument("--cores", type=lambda text: [int(core) for core in text.split(",")])
    parser.add_argument("--noise", type=float, default=0.05, help="the most that other programs may use of the cores")
    parser.add_argument("--json", help="a file for every number")
    options = parser.parse_args()
    options.cores = options.cores or sorted(os.sched_getaffinity(0))[:RANKS]
    if len(options.cores) != RANKS:
        sys.exit(f"{RANKS} cores are needed, and there are {len(options.cores)}")
    os.environ |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
    parp, rows = str(pathlib.Path(options.parp).resolve()), []
    for model in options.model:
        name, _, where = model.rpartition("=")
        with tempfile.TemporaryDirectory() as folder:
            contest = (Runs if options.manifest else Steps)(parp, where, options, pathlib.Path(folder))
            rows.append(measure(name or where, contest, options.rounds))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
