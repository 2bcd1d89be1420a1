"""Makes train, valid and test manifests, and 16 kHz WAV files, of speech that lies in unpacked Debian packages.

Usage: prepare.py CORPUS TREE FOLDER      CORPUS as fetch.sh names it; TREE: where its packages were unpacked.
Sets are split by text, over all corpora alike: no phrase stands in two of them.
"""

import concurrent.futures
import dataclasses
import glob
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata
import wave

# Least and most seconds of a recording, and characters a second. Single words of the prompts have silence around them.
LIMITS = dict(asterisk=((0.4, 30.0), (3.0, 26.0)))
USUAL_LIMITS = ((0.2, 30.0), (4.0, 26.0))


@dataclasses.dataclass
class Recording:
    source: str  # the file in the package
    name: str  # what it is called in the corpus, without extension
    text: str  # as the package has it
    speaker: str


def asterisk(tree, language):
    """`name: text` lines; what stands in brackets is said about the recording, not in it."""
    sounds = glob.glob(f"{tree}/**/sounds/{language}*", recursive=True)[0]
    texts = glob.glob(f"{tree}/usr/share/doc/**/core-sounds-{language}*.txt*", recursive=True)[0]
    opener = gzip.open if texts.endswith(".gz") else open
    with opener(texts, "rt", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, separator, text = line.partition(":")
            name = name.strip()
            if separator and not line.startswith(";"):
                text = re.sub(r"\[.*?\]|\(.*?\)|<.*?>", " ", text)
                yield Recording(f"{sounds}/{name}.g722", name, text, f"asterisk-{language}")


def festvox(tree, language):
    """`( name "text" )` lines; a plus sign stands before a stressed vowel."""
    voice = glob.glob(f"{tree}/usr/share/festival/voices/*/msu_ru_nsh_clunits")[0]
    with open(f"{voice}/etc/txt.done.data", encoding="utf-8") as file:
        for name, text in re.findall(r'^\(\s*(\S+)\s+"(.*)"\s*\)', file.read(), re.MULTILINE):
            yield Recording(f"{voice}/wav/{name}.wav", name, text.replace("+", ""), "festvox-ru")


def fillets(tree, language):
    """Lua scripts with a `dialogId("name", "font_…", "…")` before each `dialogStr("text")`; a font is a speaker."""
    root = f"{tree}/usr/share/games/fillets-ng"
    string = r'"((?:[^"\\]|\\.)*)"'
    pattern = re.compile(rf"dialogId\({string},\s*{string},\s*{string}\)\s*dialogStr\({string}\)")
    for script in sorted(glob.glob(f"{root}/script/*/dialogs_{language}.lua")):
        level = os.path.basename(os.path.dirname(script))
        with open(script, encoding="utf-8") as file:
            for name, font, _, text in pattern.findall(file.read()):
                source = f"{root}/sound/{level}/{language}/{name}.ogg"
                text = re.sub(r"\\(.)", r"\1", text)
                yield Recording(source, f"{level}/{name}", text, f"fillets-{language}-{font.removeprefix('font_')}")


def tuxpaint(tree, language):
    """`LL.utf8=text` lines in a file beside each stamp."""
    root = f"{tree}/usr/share/tuxpaint/stamps"
    for texts in sorted(glob.glob(f"{root}/**/*.txt", recursive=True)):
        with open(texts, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith(f"{language}.utf8="):
                    stamp = texts.removesuffix(".txt")
                    name = os.path.relpath(stamp, root)
                    yield Recording(f"{stamp}_desc_{language}.ogg", name, line.partition("=")[2], f"tuxpaint-{language}")


READERS = dict(asterisk=asterisk, festvox=festvox, fillets=fillets, tuxpaint=tuxpaint)


def normalize(text, language):
    """Upper case letters and apostrophes; None if something cannot be read aloud as it stands."""
    text = unicodedata.normalize("NFC", text).replace("’", "'").upper()
    if language == "ro":  # the letters with a cedilla are an old encoding of those with a comma
        text = text.translate(str.maketrans("ŞŢ", "ȘȚ"))
    if re.search(r"[\d&@#*%$€£+=/\\()\[\]<>\ufffd]", text):
        return None
    text = re.sub(r"[^\w' ]|_", " ", text)
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in text if letter.isalpha()}
    if len(scripts) != 1:
        return None
    return " ".join(word.strip("'") for word in text.split() if word.strip("'"))


def subset(text):
    """One in ten texts is for validation, one for testing, whatever else the corpus holds."""
    bucket = hashlib.sha256(text.encode()).digest()[0] % 10
    return {0: "valid", 1: "test"}.get(bucket, "train")


def decode(source, target):
    """Makes a 16 kHz mono WAV file, whole or not at all."""
    if os.path.exists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    kind = ["-f", "g722"] if source.endswith(".g722") else []
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *kind, "-i", source]
    subprocess.run([*command, "-ac", "1", "-ar", "16000", "-f", "wav", target + ".partial"], check=True)
    os.replace(target + ".partial", target)


def manifest_line(recording, folder, language, limits):
    """The recording as a line of a manifest; None where it is missing or does not fit its text."""
    text = normalize(recording.text, language)
    if not text or not os.path.exists(recording.source):
        return None
    path = os.path.join("wav", recording.name + ".wav")
    decode(recording.source, os.path.join(folder, path))
    with wave.open(os.path.join(folder, path)) as audio:
        seconds = audio.getnframes() / audio.getframerate()
    for value, (least, most) in zip((seconds, len(text) / max(seconds, 1e-9)), limits):
        if not least <= value <= most:
            return None
    return dict(
        audio_filepath=path, duration=round(seconds, 3), text=text, language=language, speaker=recording.speaker)


def main(corpus, tree, folder):
    reader, language = corpus.split("-")
    # A name may stand twice in a package's texts; the last one counts, as for the program that they are made for.
    recordings = {recording.name: recording for recording in READERS[reader](tree, language)}
    limits = LIMITS.get(reader, USUAL_LIMITS)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = pool.map(lambda recording: manifest_line(recording, folder, language, limits), recordings.values())
        lines = sorted(filter(None, lines), key=lambda line: line["audio_filepath"])
    if not lines:
        sys.exit(f"prepare: {tree} holds no recording with a text of {corpus}")
    # The test set is what marks a corpus as complete: it is written last.
    for name in ("train", "valid", "test"):
        part = [line for line in lines if subset(line["text"]) == name]
        with open(os.path.join(folder, name + ".jsonl"), "w", encoding="utf-8") as file:
            for line in part:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        minutes = sum(line["duration"] for line in part) / 60
        print(f"{folder}/{name}.jsonl: {len(part)} utterances, {minutes:.1f} min", flush=True)


main(*sys.argv[1:4])
