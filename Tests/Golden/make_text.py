"""Writes Tests/Golden/text/{tokenizers,truncation,metrics}.json: what `tokenizers`, scikit-learn and SciPy give.

tokenizers.json:  small tokenizers of BERT's and XLNet's kind, each with texts or pairs, their ids and token types.
metrics.json:     labels and predictions with accuracy, F1, Matthews', Pearson's and Spearman's correlations.
spiece.model:     a model of SentencePiece with a character map of its own; its ids as transformers converts it are in
                  tokenizers.json.

Run: python Tests/Golden/make_text.py, with transformers, sentencepiece, protobuf, scikit-learn and SciPy
"""

import json
import pathlib
import random
import tempfile

import numpy
import scipy.stats
import sentencepiece
import sklearn.metrics
import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import XLNetTokenizer

TARGET = pathlib.Path(__file__).resolve().parent / "text"
TEXTS = [
    "", " ", "\t\n", "a good film", "The film is GOOD, isn't it?", "goodness films filmed", "un-good (good)", "$9.50 <br />",
    "caf\u00e9 cafe\u0301 \u00c5ngstr\u00f6m", "\u65e5\u672cfilm\u56fd", "good\u200bfilm\u00a0good\u2028film", "\x00good\ufffd \x07film",
    "[CLS] good [SEP]film[MASK]", "[mask]", "a" * 100, "a" * 101, "q\u0323\u0307 q\u0307\u0323", "\u0130\u1e9e\u03a3", "\ud55c\uad6d\uc5b4", "\ufb01lm \u00bd \u2460",
    "\U0001f468\u200d\U0001f469 good", "<unk> <sep> <cls>a<mask> b", "``good'' ''film``", "\u2581good \u2581\u2581film", "1000 10,000", "goooood",
    "aaaaaaa", "\u00a9\u200d\u00a9", "a\u200db", "zzz \u0416\u0416 z", "movie, movies submovie MOVIE", "x <l> y  <l>z", "x <r> y<r>  z", "_<w>_ <w>.",
]
PAIRS = [["a good film", "it is good"], ["", "film"], ["film", ""], ["[SEP]", "good [CLS] film"]]
WORDS = ["the", "film", "is", "good", "good", "un", "##ness", "##s", "##ed", "isn", "it", "br", "caf\u00e9", "cafe", "angstrom", "##\u65e5", "\u65e5"]
LETTERS = [chr(c) for c in range(0x21, 0x7F)] + ["\u00e9", "\u0301", "\u1112", "\u1161", "\u11ab", "\u03c3", "\u03a3", "\u00df", "\u0131", "i", "\u0307"]
FLAGGED = [
    AddedToken("movie", normalized=True, single_word=True), AddedToken("Good Film", normalized=True),
    AddedToken("<l>", lstrip=True, normalized=False), AddedToken("<r>", rstrip=True, normalized=False),
    AddedToken("<w>", single_word=True, normalized=False),
]


def bert(**options):
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS + LETTERS + ["##" + c for c in LETTERS]
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(dict.fromkeys(pieces))}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    # Which parp must not do unasked.
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=8)
    return tokenizer


def with_flagged(tokenizer):
    tokenizer.add_tokens(FLAGGED)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def unigram():
    """XLNet's steps but the character map, with scores that tie."""
    generator = random.Random(5)
    pieces = ["\u2581", "\u2581good", "good", "\u2581film", "film", "go", "od", "oo", "o", "aa", "a", "aaa", "0", "00", "000", "1", "10", "\u25811"] + [
        c for c in LETTERS + ["\u2581" + c for c in "aeiou"] if c not in "ao01"]
    scored = [("<unk>", 0.0), ("<sep>", 0.0), ("<cls>", 0.0), ("<mask>", 0.0)] + [(p, -generator.randint(2, 6) / 2) for p in pieces]
    tokenizer = Tokenizer(models.Unigram(scored, 0))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
        normalizers.Replace(tokenizers.Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    xlnet_template(tokenizer)
    tokenizer.add_special_tokens(["<unk>", "<sep>", "<cls>", AddedToken("<mask>", lstrip=True)])
    return tokenizer


def xlnet_template(tokenizer):
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A:0 <sep>:0 <cls>:2", pair="$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2", special_tokens=[("<sep>", 1), ("<cls>", 2)])


def sentence_piece():
    """XLNet's tokenizer as transformers makes it of a small spiece.model."""
    rules = {"\u00bd": "1/2", "\u2460": "1", "\u00a9": "(c)", "\uff46": "f", "\u200d": "", "Ж": "zh", "\u1112": "h", "a\u200d": "A"}
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        (folder / "rules.tsv").write_text("".join(
            " ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in rules.items()))
        (folder / "lines.txt").write_text("\n".join(t for t in TEXTS if t.isprintable()) * 3, encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "lines.txt"), model_prefix=str(folder / "spiece"), vocab_size=120, hard_vocab_limit=False,
            normalization_rule_tsv=str(folder / "rules.tsv"), control_symbols="<cls>,<sep>,<pad>,<mask>", user_defined_symbols="<eop>", minloglevel=2)
        content = (folder / "spiece.model").read_bytes()
        (TARGET / "spiece.model").write_bytes(content)
        (folder / "config.json").write_text('{"model_type": "xlnet"}')
        return XLNetTokenizer.from_pretrained(str(folder))._tokenizer


def case(name, tokenizer):
    file = json.loads(tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rows = [[text] for text in TEXTS] + PAIRS
    encodings = [tokenizer.encode(*row) for row in rows]
    return {
        "name": name, "file": file, "texts": rows, "ids": [e.ids for e in encodings], "types": [e.type_ids for e in encodings],
        "cut": [cut(tokenizer, row, length) for length in (3, 5, 6, 9) for row in [TEXTS[4:5]] + PAIRS + [["good film", "the film is good, it is"]]],
    }


def cut(tokenizer, row, length):
    """The ids of a text that is cut to a length, as transformers cuts it."""
    tokenizer.enable_truncation(length)
    ids = tokenizer.encode(*row).ids
    tokenizer.no_truncation()
    return {"texts": row, "length": length, "ids": ids}


def write_tokenizers():
    cases = [
        case("BERT, uncased", bert()), case("BERT, cased", bert(lowercase=False)),
        case("BERT, cased, accents stripped", bert(lowercase=False, strip_accents=True)),
        case("BERT, uncased, accents kept", bert(strip_accents=False)),
        case("BERT, text not cleaned, Chinese not split", bert(clean_text=False, handle_chinese_chars=False)),
        case("BERT, added tokens of all flags", with_flagged(bert())), case("XLNet, ties", unigram()), case("XLNet, spiece.model", sentence_piece()),
    ]
    (TARGET / "tokenizers.json").write_text(json.dumps({"cases": cases}, ensure_ascii=True) + "\n")


def write_metrics():
    generator = random.Random(11)
    classes = []
    for count, size, bias in ((2, 1, 0), (2, 7, 0), (2, 400, 0.7), (3, 50, 0.4), (5, 300, 0.2), (2, 20, 2), (4, 30, 2)):
        labels = [generator.randrange(count) for _ in range(size)]
        predictions = [label if generator.random() < bias else generator.randrange(count if bias < 2 else 1) for label in labels]
        if bias == 2:
            predictions = [0] * size
        classes.append({
            "classes": count, "labels": labels, "predictions": predictions,
            "accuracy": sklearn.metrics.accuracy_score(labels, predictions),
            "f1": sklearn.metrics.f1_score(labels, predictions, average="binary" if count == 2 else "macro", zero_division=0),
            "matthews": sklearn.metrics.matthews_corrcoef(labels, predictions),
        })
    values = []
    for size, digits, scale in ((2, 9, 1), (10, 0, 5), (500, 1, 5), (1000, 9, 1e-3), (200, 2, 1e6), (50, 0, 1)):
        x = [round(generator.uniform(0, scale), digits) for _ in range(size)]
        y = [round(0.5 * v + generator.gauss(0, 0.3 * scale), digits) for v in x]
        with numpy.errstate(all="ignore"):
            values.append({"x": x, "y": y, "pearson": float(scipy.stats.pearsonr(x, y)[0]), "spearman": float(scipy.stats.spearmanr(x, y)[0])})
    (TARGET / "metrics.json").write_text(json.dumps({"classes": classes, "values": values}) + "\n")


write_tokenizers()
write_metrics()
