"""Makes varied copies of recordings, so that few hours of few voices last for many passes.

Usage: vary.py MANIFEST FOLDER COPIES [SEED]      Needs numpy, scipy and soundfile.
Writes FOLDER/train.jsonl: the recordings of MANIFEST as they are, and COPIES of each: played faster or slower by up to a
sixth, which changes pitch and the length of the vocal tract that one seems to hear, through a filter that tilts the
spectrum, and two copies of three with noise at 8 to 35 dB below the speech. What a copy gets is counted from the seed and
the recording's path. Copies that lie there are kept.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import sys

import numpy as np
import soundfile
from scipy.signal import lfilter, resample_poly

RATE = 16000
COLOURS = 8
SPEEDS = tuple(percent for percent in range(86, 119) if percent != 100)


@functools.cache
def noise(seed, colour):
    """A minute of noise whose power falls with frequency by up to 9 dB an octave, as that of rooms and streets does."""
    spectrum = np.fft.rfft(np.random.default_rng([seed, colour]).standard_normal(60 * RATE))
    clip = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (1.5 * colour / (COLOURS - 1)))
    return clip / np.sqrt(np.mean(clip**2))


def varied(samples, generator, seed):
    speed = int(generator.choice(SPEEDS))
    copy = resample_poly(samples, 100, speed)
    copy = lfilter([1.0, generator.uniform(-0.5, 0.5)], [1.0], copy)
    if generator.random() < 2 / 3:
        level = np.sqrt(np.mean(copy**2)) * 10 ** (-generator.uniform(8, 35) / 20)
        clip = noise(seed, int(generator.integers(COLOURS)))
        copy = copy + level * clip.take(generator.integers(len(clip)) + np.arange(len(copy)), mode="wrap")
    peak = max(np.abs(copy).max(), 1e-9)
    return (copy * (generator.uniform(0.2, 0.95) / peak)).astype(np.float32)


def copies_of(record, base, folder, count, seed):
    source = os.path.join(base, record["audio_filepath"])
    name = hashlib.sha256(source.encode()).hexdigest()[:20]
    rows, samples = [dict(record, audio_filepath=os.path.abspath(source))], None
    for number in range(count):
        target = os.path.join(folder, "wav", name[:2], f"{name}-{number}.wav")
        if not os.path.exists(target):
            if samples is None:
                samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
                samples = samples.mean(axis=1)
                if rate != RATE:
                    samples = resample_poly(samples, RATE, rate)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            generator = np.random.default_rng([seed, number, int(name, 16) % 2**63])
            soundfile.write(target + ".partial", varied(samples, generator, seed), RATE, "PCM_16", format="WAV")
            os.replace(target + ".partial", target)
        seconds = soundfile.info(target).frames / RATE
        path = os.path.abspath(target)
        rows.append(dict(record, id=path, audio_filepath=path, duration=round(seconds, 3)))
    return rows


def main(manifest, folder, count, seed="1"):
    base = os.path.dirname(os.path.abspath(manifest))
    with open(manifest, encoding="utf-8") as file:
        records = [json.loads(line) for line in file if line.strip()]
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "train.jsonl")
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool, open(path, "w", encoding="utf-8") as file:
        work = pool.map(
            copies_of, records, *([value] * len(records) for value in (base, folder, int(count), int(seed))), chunksize=16)
        seconds = 0
        for row in (row for rows in work for row in rows):
            seconds += row["duration"]
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{path}: {len(records)} recordings, with copies {seconds / 3600:.1f} h")


if __name__ == "__main__":
    main(*sys.argv[1:])
