"""Writes Tests/Golden/language_models: what KenLM makes of a small text, as golden values of Tests/Unit/DecodingTests.

    python make_language_models.py KENLM/build/bin

wants KenLM's lmplz and build_binary, and its Python module. The text is drawn from a grammar, so that it is nobody's.
"""

import pathlib
import random
import subprocess
import sys

import kenlm

OUT = pathlib.Path(__file__).parent / "language_models"


def sentences(count, seed):
    draw = random.Random(seed)
    nouns = ["casa", "mesa", "niña", "perro", "árbol", "río", "calle", "luz", "puerta", "gato"]
    verbs = ["ve", "abre", "busca", "tiene", "deja", "mira"]
    weights = [2 ** -i for i in range(len(nouns))]
    for _ in range(count):
        words = [draw.choice(["la", "el", "una"]), draw.choices(nouns, weights)[0], draw.choices(verbs, [6, 5, 4, 3, 2, 1])[0]]
        while draw.random() < 0.6:
            words += [draw.choice(["la", "el", "una", "y", "con"]), draw.choices(nouns, weights)[0]]
        if draw.random() < 0.1:
            words.append(f"w{draw.randrange(40)}")
        yield " ".join(words)


def main(tools):
    OUT.mkdir(exist_ok=True)
    text = "\n".join(sentences(250, 1)) + "\n"
    (OUT / "text.txt").write_text(text)
    test = [s.replace("perro", "zorro") if i % 5 == 0 else s for i, s in enumerate(sentences(40, 2))]
    for name, options in {"order3": ["-o", "3"], "order4-pruned": ["-o", "4", "--prune", "0", "0", "1"]}.items():
        arpa = OUT / f"{name}.arpa"
        with open(arpa, "w") as output:
            subprocess.run(
                [tools / "lmplz", *options, "--discount_fallback", "-S", "10%"], input=text.encode(), stdout=output, check=True
            )
        model = kenlm.Model(str(arpa))
        with open(OUT / f"{name}.scores", "w") as scores:
            for sentence in test:
                total = sum(score for score, _, _ in model.full_scores(sentence))
                scores.write(f"{total:.7f}\t{sentence}\n")
    for kind in ("probing", "trie"):
        subprocess.run([tools / "build_binary", kind, OUT / "order3.arpa", OUT / f"order3.{kind}"], check=True)


main(pathlib.Path(sys.argv[1]).resolve())
