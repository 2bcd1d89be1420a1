"""Kills ranks of a run at random moments, resumes it, and asks that its end be that of a run nobody touched.

Usage: chaos.py PARP [KILLS] [SEED]

SIGKILL strikes one rank, chosen at random, at a random moment; every fourth strikes rank 0 while it writes a
checkpoint. A run is resumed, and killed again, until it is done; then its models, its last checkpoint, its masks and
the events of its log are compared with the undisturbed run's, and the next run begins, until so many kills have
struck. Dropout, layer drop, masking and re-pruning are on. Ends with a table and with 1 if anything differs.
"""

import collections
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
RANKS = 2
UPDATES = 60
# The longest that one start may take: a hang is a failure.
PATIENCE = 120
ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
LAUNCH = ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none", "-np", str(RANKS)]

RECIPE = f"""
[model]
path = "model"
freeze_feature_encoder = false
[data]
train = "corpus/train.jsonl"
valid = "corpus/valid.jsonl"
batch_seconds = 3.0
rank_seconds = 1.0
[optimizer]
learning_rate = 5e-4
[schedule]
updates = {UPDATES}
[pruning]
interval = 4
[regularization]
layer_drop = 0.1
hidden_dropout = 0.1
[checkpoint]
every_updates = 3
[evaluation]
every_updates = 10
"""


class Run:
    """A run in a folder, started, killed and resumed."""

    def __init__(self, parp, folder, name):
        self.parp, self.folder, self.name = parp, folder, name
        self.process = None

    def start(self, *arguments):
        self.log = open(self.folder / f"{self.name}.log", "a")
        self.process = subprocess.Popen(
            LAUNCH + [self.parp, "train", "recipe.toml", "--output", self.name, "--resume", *arguments],
            cwd=self.folder, env={**os.environ, **ROOT}, stdout=self.log, stderr=self.log)

    def ranks(self):
        """The process of each rank that is alive."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            found = children.read_text().split()
        except OSError:
            return {}
        ranks = {}
        for child in found:
            try:
                variables = pathlib.Path(f"/proc/{child}/environ").read_bytes().split(b"\0")
            except OSError:
                continue
            for variable in variables:
                if variable.startswith(b"OMPI_COMM_WORLD_RANK="):
                    ranks[int(variable.split(b"=")[1])] = int(child)
        return ranks

    def kill(self, rank):
        """Kills a rank; False if it has ended by itself."""
        process = self.ranks().get(rank)
        if process is None:
            return False
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def wait(self, seconds):
        """The exit code, or None while it runs."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def events(self):
        """The events of the log, without those of faults and of time."""
        lines = (self.folder / self.name / "metrics.jsonl").read_text().splitlines()
        kept = []
        for line in lines:
            event = json.loads(line)
            if event["kind"] in ("train", "eval", "prune", "checkpoint"):
                kept.append({
                    key: value for key, value in event.items()
                    if key != "wall" and "second" not in key or key == "audio_seconds"})
        return [{k: v for k, v in event.items() if "slowest" not in k} for event in kept]

    def fingerprint(self):
        """The hashes of what the run leaves."""
        place = self.folder / self.name
        files = ["final/model.safetensors", "best/model.safetensors", f"checkpoints/step-{UPDATES}/state.safetensors"]
        files += sorted(str(path.relative_to(place)) for path in (place / "masks").glob("step-*.safetensors"))
        return {name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in files}


def strike(run, dice, number, kinds):
    """Starts the run and kills a rank; False if it was done before the blow."""
    update = dice.randrange(3, UPDATES, 3)
    if number % 4 == 3 and update > done(run):
        run.start("--inject", f"kill@rank=0:step={update}:phase=checkpoint")
        if run.wait(PATIENCE) is None:
            raise SystemExit(f"{run.name}: no end within {PATIENCE} s of the death of a rank")
        kinds["rank 0, writing a checkpoint"] += 1
        return True
    run.start()
    # From launch and set-up to the last updates.
    ended = run.wait(dice.uniform(0.1, 6.0))
    victim = dice.randrange(RANKS)
    if ended is not None or not run.kill(victim):
        code = run.wait(PATIENCE) if ended is None else ended
        if code != 0:
            raise SystemExit(f"{run.name}: ended with {code}, not killed by us; see {run.log.name}")
        return False
    if run.wait(PATIENCE) is None:
        raise SystemExit(f"{run.name}: no end within {PATIENCE} s of the death of rank {victim}")
    kinds[f"rank {victim}, any moment"] += 1
    return True


def done(run):
    """The updates of the newest checkpoint."""
    folder = run.folder / run.name / "checkpoints"
    steps = [int(path.name[5:]) for path in folder.glob("step-*") if path.name[5:].isdigit()]
    return max(steps, default=0)


def main():
    parp = str(pathlib.Path(sys.argv[1]).resolve())
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 30)
    dice = random.Random(seed)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="parp-chaos-"))
    print(f"chaos: {kills} kills, seed {seed}, {RANKS} ranks, {UPDATES} updates a run", flush=True)
    subprocess.run(
        [sys.executable, REPOSITORY / "Tests/Checks/Cluster/corpus.py", folder / "corpus"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([parp, "init", "--preset", "tiny", "--output", "model"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (folder / "recipe.toml").write_text(RECIPE)
    whole = Run(parp, folder, "whole")
    whole.start()
    if whole.wait(PATIENCE) != 0:
        raise SystemExit((folder / "whole.log").read_text() + "the undisturbed run failed")
    expected, events = whole.fingerprint(), whole.events()

    struck, runs, faults, kinds = 0, 0, 0, collections.Counter()
    while struck < kills:
        run = Run(parp, folder, f"run-{runs}")
        runs += 1
        blows = 0
        # The last run takes what blows are left; every run ends without one.
        while struck < kills and blows < 7 and strike(run, dice, struck, kinds):
            struck += 1
            blows += 1
        if not (folder / run.name / "final").exists():
            run.start()
            if run.wait(PATIENCE) != 0:
                raise SystemExit((folder / f"{run.name}.log").read_text()[-3000:] + f"{run.name} was not resumed")
        found = run.fingerprint()
        wrong = [name for name in expected if found.get(name) != expected[name]]
        wrong += [] if run.events() == events else ["metrics.jsonl"]
        faults += len(wrong)
        print(f"{run.name}: {blows} kills, {'the same end' if not wrong else 'DIFFERENT: ' + ', '.join(wrong)}", flush=True)
        if not wrong:
            shutil.rmtree(folder / run.name)
    for kind, count in sorted(kinds.items()):
        print(f"  {count:3} × {kind}")
    print(f"chaos: {struck} kills in {runs} runs, {faults} differences")
    if faults:
        print(f"what is left: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
