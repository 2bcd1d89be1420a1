"""Reads the card of a model directory as a hub does, and runs its snippet in transformers.

Usage: model_card.py PARP_COMMAND MODEL_DIRECTORY MANIFEST
The front matter must be YAML with a model-index of numbers; the snippet, of the first recording of MANIFEST (16 kHz), must print
what `parp transcribe` prints.
Needs: pip install 'torch==2.13.0+cpu' transformers soundfile pyyaml
"""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml


def front_matter(card):
    parts = card.split("---\n", 2)
    assert parts[0] == "" and len(parts) == 3, "the card does not begin with front matter"
    return yaml.safe_load(parts[1]), parts[2]


def check_index(matter):
    assert matter["library_name"] == "transformers" and matter["pipeline_tag"] == "automatic-speech-recognition"
    assert "parp" in matter["tags"] and len(set(matter["tags"])) == len(matter["tags"])
    (entry,) = matter["model-index"]
    (result,) = entry["results"]
    assert result["task"]["type"] == "automatic-speech-recognition"
    assert result["dataset"]["name"] and result["dataset"]["type"]
    metrics = result["metrics"]
    assert {metric["type"] for metric in metrics} == {"wer", "cer"}
    assert all(isinstance(metric["value"], float) and isinstance(metric["name"], str) for metric in metrics)
    assert len({metric["name"] for metric in metrics}) == len(metrics), "two metrics of one name"
    return metrics


def run_snippet(text, model, recording):
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.S)
    assert 'folder = "."' in snippet and '"recording.wav"' in snippet
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(model, folder, dirs_exist_ok=True)
        shutil.copy(recording, os.path.join(folder, "recording.wav"))
        here, printed = os.getcwd(), io.StringIO()
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(snippet, "README.md", "exec"), {})
        finally:
            os.chdir(here)
    return printed.getvalue().strip()


def main(parp, model, manifest):
    with open(os.path.join(model, "README.md"), encoding="utf-8") as file:
        matter, text = front_matter(file.read())
    metrics = check_index(matter)
    for heading in ("## Use", "## Data", "## Method and cost", "## Results", "## Limits"):
        assert f"\n{heading}\n" in text, f"{heading} is missing"
    with open(manifest, encoding="utf-8") as file:
        first = json.loads(file.readline())["audio_filepath"]
    recording = os.path.join(os.path.dirname(os.path.abspath(manifest)), first)
    theirs = run_snippet(text, model, recording)
    ours = subprocess.run([parp, "transcribe", "--model", model, "--decoder", "greedy", recording], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    print(f"{model}/README.md: " + ", ".join(f"{metric['name']} {metric['value']}" for metric in metrics))
    print(f"its snippet says {theirs!r}, parp {ours!r}")
    sys.exit(0 if theirs == ours else 1)


main(*sys.argv[1:])
