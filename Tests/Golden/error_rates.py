"""Writes Tests/Golden/text/*: error rates as jiwer has them, texts as transformers' tokenizer decodes them.

error_rates.tsv: reference, hypothesis, errors and reference length in words, the same in characters.
decoding.tsv:    path of token ids, text.

Run: python Tests/Golden/error_rates.py
"""

import json
import os
import random
import tempfile

import jiwer
from transformers import Wav2Vec2CTCTokenizer

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "text")
# Words that are alike, so that alignments have choices; composed and decomposed é are different to Python.
WORDS = ["a", "ab", "ba", "abc", "the", "then", "caf\u00e9", "cafe\u0301", "straße", "STRASSE", "число", "数字", "👍🏽", "का", "क"]
TOKENS = ["<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "\u00e9", "e", "\u0301", "ch"]


def errors(result):
    return result.substitutions + result.deletions + result.insertions, (
        result.substitutions + result.deletions + result.hits)


def sentence(generator, longest):
    return " ".join(generator.choice(WORDS) for _ in range(generator.randint(0, longest)))


def disturbed(generator, text):
    """The words with some dropped, doubled, exchanged or replaced."""
    words = []
    for word in text.split():
        words += generator.choice([[word]] * 6 + [[], [word, word], [generator.choice(WORDS)], [word[::-1]]])
    if generator.random() < 0.2:
        generator.shuffle(words)
    return " ".join(words)


def write_error_rates():
    generator = random.Random(5)
    pairs = [("", ""), ("", "a"), ("a", ""), ("", "a b c"), ("a b c", "a b c")]
    while len(pairs) < 200:
        reference = sentence(generator, 12)
        other = generator.random() < 0.25
        pairs.append((reference, sentence(generator, 12) if other else disturbed(generator, reference)))
    with open(os.path.join(TARGET, "error_rates.tsv"), "w", encoding="utf-8") as file:
        for reference, hypothesis in pairs:
            words = errors(jiwer.process_words([reference], [hypothesis]))
            characters = errors(jiwer.process_characters([reference], [hypothesis]))
            print(reference, hypothesis, *words, *characters, sep="\t", file=file)


def write_decoding():
    generator = random.Random(6)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocab.json")
        with open(path, "w") as file:
            json.dump({token: i for i, token in enumerate(TOKENS)}, file)
        tokenizer = Wav2Vec2CTCTokenizer(path)
        paths = [[], [0], [4], [4, 4], [0, 4, 0], [5, 5], [5, 0, 5], [4, 5, 4, 4, 0, 4, 6, 4], [8, 9, 7]]
        while len(paths) < 40:
            # No special tokens but the blank: transformers prints them.
            paths.append([generator.choice([0, 0, 4, 5, 6, 7, 8, 9, 10]) for _ in range(generator.randint(1, 30))])
        with open(os.path.join(TARGET, "decoding.tsv"), "w", encoding="utf-8") as file:
            for ids in paths:
                print(" ".join(map(str, ids)), tokenizer.decode(ids), sep="\t", file=file)


write_error_rates()
write_decoding()
