"""Gives what `parp transcribe` writes to the programs that it is written for.

Usage: transcript_formats.py PARP_COMMAND MODEL MANIFEST
Subtitles are read by ffmpeg, which must find the same cues in SubRip and WebVTT; time-marked words by NIST's sclite, which must
count the words of the references; intervals by Praat, which must find the words at their times.
Needs: apt-get install ffmpeg sctk; pip install praat-parselmouth
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import parselmouth


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options).stdout


def cues(path):
    """The cues that ffmpeg reads from a file, as (start, end, text)."""
    text = run("ffmpeg", "-v", "error", "-i", path, "-f", "srt", "-")
    found = re.findall(r"\d+\n(\S+) --> (\S+)\n(.*?)\n\n", text + "\n\n", re.S)
    return [(start, end, body.strip()) for start, end, body in found]


def check_subtitles(folder, names, heard):
    count = 0
    for name in names:
        found = {kind: cues(os.path.join(folder, kind, f"{name}.{kind}")) for kind in ("srt", "vtt")}
        assert found["srt"] == found["vtt"], f"{name}: ffmpeg reads other cues in WebVTT than in SubRip"
        said = " ".join(" ".join(body.split()) for _, _, body in found["srt"])
        # Greedy text may have two spaces, as transformers' has.
        text = " ".join(heard[name]["text"].split())
        assert said == text, f"{name}: {said!r} is not {text!r}"
        count += len(found["srt"])
    print(f"ffmpeg: {count} cues of {len(names)} recordings, the same in SubRip and WebVTT")


def check_grids(folder, names, heard):
    count = 0
    for name in names:
        grid = parselmouth.read(os.path.join(folder, "textgrid", f"{name}.TextGrid"))
        assert parselmouth.praat.call(grid, "Get number of tiers") == 1
        assert abs(grid.xmax - heard[name]["duration"]) < 1e-3, f"{name}: ends at {grid.xmax}"
        found = []
        for index in range(1, parselmouth.praat.call(grid, "Get number of intervals", 1) + 1):
            label = parselmouth.praat.call(grid, "Get label of interval", 1, index)
            if label:
                found.append((label, parselmouth.praat.call(grid, "Get start time of interval", 1, index)))
        words = heard[name]["words"]
        assert [label for label, _ in found] == [word["word"] for word in words], name
        assert all(abs(start - word["start"]) < 1e-3 for (_, start), word in zip(found, words)), name
        count += len(found)
    print(f"Praat: {count} words of {len(names)} recordings at their times")


def check_marked(folder, names, heard, references):
    paths = os.path.join(folder, "heard.ctm"), os.path.join(folder, "said.stm")
    with open(paths[0], "w", encoding="utf-8") as ctm, open(paths[1], "w", encoding="utf-8") as stm:
        for name in sorted(names):
            with open(os.path.join(folder, "ctm", f"{name}.ctm"), encoding="utf-8") as file:
                lines = file.read().splitlines()
            for line in lines:
                fields = line.split(" ")
                assert len(fields) == 6 and fields[0] == name and fields[1] == "1", line
                assert all(re.fullmatch(r"\d+\.\d{3}", field) for field in (fields[2], fields[3], fields[5])), line
                assert 0 <= float(fields[5]) <= 1, line
            ctm.writelines(line + "\n" for line in lines)
            stm.write(f"{name} 1 speaker 0.000 {heard[name]['duration']:.3f} {references[name]}\n")
    report = run("sctk", "sclite", "-r", paths[1], "stm", "-h", paths[0], "ctm", "-e", "utf-8", "-o", "sum", "stdout")
    (words,) = re.findall(r"\| Sum/Avg\s*\|\s*\d+\s+(\d+)", report)
    said = sum(len(text.split()) for text in references.values())
    assert int(words) == said, report
    (errors,) = re.findall(r"\| Sum/Avg\s*\|.*\|((?:\s+[\d.]+)+)\s*\|", report)
    print(f"sclite: {words} words of references, error rate {errors.split()[4]} % "
          "(times decide which words may be compared)")


def main(parp, model, manifest):
    with open(manifest, encoding="utf-8") as file:
        corpus = [json.loads(line) for line in file if line.strip()]
    base = os.path.dirname(os.path.abspath(manifest))
    paths = [os.path.join(base, line["audio_filepath"]) for line in corpus]
    names = [os.path.splitext(os.path.basename(path))[0] for path in paths]
    assert len(set(names)) == len(names), "two recordings of one name"
    references = {name: line["text"] for name, line in zip(names, corpus)}
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("json", "srt", "vtt", "ctm", "textgrid"):
            run(parp, "transcribe", "--model", model, "--format", kind, "--output", os.path.join(folder, kind), *paths)
        heard = {}
        for name in names:
            with open(os.path.join(folder, "json", f"{name}.json"), encoding="utf-8") as file:
                heard[name] = json.load(file)
        check_subtitles(folder, names, heard)
        check_grids(folder, names, heard)
        check_marked(folder, names, heard, references)


main(*sys.argv[1:])
