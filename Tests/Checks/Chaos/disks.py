"""Trains on a file system that fills up, and on one that cannot be written to.

Usage: disks.py PARP

Mounts small tmpfs file systems, for which it must be root; where it may not, it says so and checks what it can.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
LAUNCH = ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none", "-np", "2"]
RECIPE = """
[model]
path = "model"
[data]
train = "corpus/train.jsonl"
valid = "corpus/valid.jsonl"
batch_seconds = 6.0
cache_features = false
[schedule]
updates = 12
[pruning]
interval = 5
[checkpoint]
every_updates = 2
[evaluation]
every_updates = 6
"""


def train(parp, folder, output, *arguments):
    """Trains on two ranks; the exit code and what was said."""
    done = subprocess.run(
        LAUNCH + [parp, "train", "recipe.toml", "--output", str(output), *arguments], cwd=folder,
        env={**os.environ, **ROOT}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout.decode()


def expect(condition, what, text):
    print(f"{'ok' if condition else 'FAILED'}: {what}", flush=True)
    if not condition:
        raise SystemExit(text)


def fill(path):
    """Writes to a file until there is no room for a byte more."""
    filler = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        while True:
            os.write(filler, bytes(4096))
    except OSError:
        os.close(filler)


def full_disk(parp, folder, mounted):
    """A disk that fills up while the run goes on, and is emptied before the end."""
    # Room for the final model and for no checkpoint, which is three times as large.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", mounted], check=True)
    code, text = train(parp, folder, mounted / "run")
    expect(
        code == 0 and "a checkpoint was not written" in text and "No space left on device" in text,
        "a full disk fails checkpoints, and not the run", text)
    same = (mounted / "run/final/model.safetensors").read_bytes() == (folder / "whole/final/model.safetensors").read_bytes()
    expect(same, "the final model is that of a run with room", text)
    left = [path.name for path in (mounted / "run/checkpoints").iterdir()]
    expect(left == [], "no half of a checkpoint is left", f"{left}")
    shutil.rmtree(mounted / "run")
    fill(mounted / "filler")
    code, text = train(parp, folder, mounted / "run")
    expect(
        code not in (0, 85) and "parp: " in text and "No space left" in text,
        f"a disk without any room ends the run with {code} and the reason", text)
    subprocess.run(["umount", mounted], check=True)


def read_only(parp, folder, mounted):
    """A folder that not even root can write to."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", mounted], check=True)
    code, text = train(parp, folder, mounted / "run")
    expect(
        code == 64 and "cannot be written to" in text and "Read-only file system" in text and "utterances" not in text,
        "a read-only directory is refused with 64 before any work", text)
    subprocess.run(["umount", mounted], check=True)


def main():
    parp = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="parp-disks-"))
    mounted = folder / "mounted"
    mounted.mkdir()
    try:
        subprocess.run(
            [sys.executable, REPOSITORY / "Tests/Checks/Cluster/corpus.py", folder / "corpus"], check=True,
            stdout=subprocess.DEVNULL)
        subprocess.run(
            [parp, "init", "--preset", "tiny", "--output", "model"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (folder / "recipe.toml").write_text(RECIPE)
        probe = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mounted], capture_output=True)
        if probe.returncode != 0:
            print(f"skipped: no file system can be mounted here ({probe.stderr.decode().strip()}): full and read-only disks")
            return 0
        subprocess.run(["umount", mounted], check=True)
        code, text = train(parp, folder, "whole")
        expect(code == 0, "a run with room", text)
        full_disk(parp, folder, mounted)
        read_only(parp, folder, mounted)
        return 0
    finally:
        subprocess.run(["umount", mounted], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
