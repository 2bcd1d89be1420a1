"""Writes Tests/Golden/audio/lengths/*: recordings whose headers do not tell how long they are, and lengths.tsv.

The right length is what ffmpeg decodes; files are streams without a header, files put end to end, and chained streams.

Run: python Tests/Golden/make_stated_lengths.py (needs ffmpeg with libmp3lame, libvorbis and libopus)
"""

import os
import subprocess

import numpy
import soundfile

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "audio", "lengths")


def sound(seconds, rate, channels=1):
    """Silence, then noise: a variable bit rate makes an estimate from the first frames wrong."""
    random = numpy.random.default_rng(7)
    count = int(seconds * rate)
    samples = numpy.zeros((count, channels))
    samples[count // 2:] = 0.3 * random.uniform(-1, 1, (count - count // 2, channels))
    return samples


def encode(samples, rate, *options):
    wav = os.path.join(TARGET, "source.wav")
    soundfile.write(wav, samples, rate)
    command = ["ffmpeg", "-v", "error", "-y", "-i", wav, "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a",
               "+bitexact", *options]
    content = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    os.remove(wav)
    return content


def file(name, samples, rate, *options):
    """Encodes to a file that ffmpeg can go back in, as it does to complete a header."""
    path = os.path.join(TARGET, "made-" + name)
    encode(samples, rate, *options, path)
    with open(path, "rb") as made:
        content = made.read()
    os.remove(path)
    return content


def main():
    os.makedirs(TARGET, exist_ok=True)
    short, other = sound(0.8, 16000), sound(0.5, 44100, 2)
    vbr = ["-q:a", "5"]
    whole = file("a.mp3", short, 16000, *vbr)
    bare = file("b.mp3", short, 16000, *vbr, "-write_xing", "0")
    fast = file("c.mp3", other, 44100, *vbr)
    vorbis, opus = file("a.ogg", short, 16000, "-q:a", "0"), file("a.opus", short, 16000, "-b:a", "16k")
    link = file("b.ogg", other, 44100, "-q:a", "0")
    tag = b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10)
    files = {
        "whole.mp3": whole,
        "no-header.mp3": bare,
        "no-header-constant.mp3": file("d.mp3", short, 16000, "-b:a", "24k", "-write_xing", "0"),
        "tagged-no-header.mp3": tag + bare + b"TAG" + bytes(125),
        "pipe.mp3": encode(other, 44100, *vbr, "-f", "mp3", "-"),
        "end-to-end.mp3": whole + whole,
        "end-to-end-tagged.mp3": tag + whole + tag + whole,
        "end-to-end-no-header.mp3": bare + bare + bare,
        "end-to-end-rates.mp3": whole + fast,
        "chained.ogg": vorbis + vorbis,
        "chained-rates.ogg": vorbis + link,
        "chained.opus": opus + opus + opus,
        "unknown.flac": encode(short, 16000, "-f", "flac", "-"),
        "unknown.wav": encode(short, 16000, "-f", "wav", "-"),
    }
    with open(os.path.join(TARGET, "lengths.tsv"), "w", encoding="utf-8") as table:
        for name, content in files.items():
            path = os.path.join(TARGET, name)
            with open(path, "wb") as target:
                target.write(content)
            decoded = subprocess.run(
                ["ffmpeg", "-v", "quiet", "-i", path, "-f", "s16le", "-ac", "1", "-ar", "16000", "-"], check=True,
                stdout=subprocess.PIPE).stdout
            table.write(f"{name}\t{len(decoded) / 32000:.4f}\n")


main()
