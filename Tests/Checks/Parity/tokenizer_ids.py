"""Compares the ids that `parp tokenize` gives with those of Hugging Face's `tokenizers` on the same files.

    tokenizer_ids.py PARP [FOLDER]

FOLDER holds what cluster/text/fetch.sh makes, by default build/text. Texts: all of Rotten Tomatoes and IMDB, pairs of
their sentences, every Unicode scalar by itself and between letters, random strings of scalars, and awkward ones; for
BERT's tokenizer uncased, cased, by `tokenizer.json` and by `vocab.txt`; for XLNet's, made by sentencepiece of Rotten
Tomatoes, by `tokenizer.json` and by `spiece.model`, as transformers converts it; and for both with every assigned scalar
as a piece, so that the unknown piece hides nothing. Needs transformers, sentencepiece and protobuf. Ends with 1 if
any ids differ.
"""

import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

import tokenizers

PARP = sys.argv[1]
FOLDER = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "build/text")
SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
AWKWARD = [
    "", " ", "\t\n\r ", "\u00a0\u3000\u2028", "\x00\ufffd\u200b", "don't", "U.S.A. $3.50 (50%)", "snow-capped",
    "a" * 100, "a" * 101, "é" * 100, "e\u0301" * 100, "日" * 101, "漢字とkanji", "ＦＵＬＬ ｗｉｄｔｈ", "ﬁne oﬀ ½ ℌ ²",
    "I am [MASK] and [SEP] of[CLS]it", "[mask] [ MASK ]", "[SEP][SEP] [PAD]x", "##ing ##", "[UNK]", "<unk>", "<sep>",
    "  <cls>  a<mask> b <mask>c", "<s></s>", "▁ ▁▁a▁", "''quoted`` \"text\" `' '''", "1000", "10,000.00", "hmmmmm",
    "mississippi", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "👩\u200d❤️\u200d👨 👍🏽 🇩🇪🇫🇷", "a\u0301\u0323\u0301 \u0301\u0323", "각 각",
    "İstanbul ŞIĞ ı ẞ ß Σς", "नमस्ते ก็ำ", "مرحبا بكم ﷺ", "a\u200db a\u200cb", "©\u200d© ®\u0301", "q\u0307\u0323 s\u0323\u0307",
    "line\r\nbreak", "\U000e0001\U000f0000", "\u0600\u0601a", "x\u0345\u0334\u0345", "\u1e9b\u0323", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "㍿㌔ ①⑳", "e\u0301.", "\u0344\u0958",
]


def rows_of(name):
    csv.field_size_limit(1 << 20)
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def random_strings(count):
    """Strings of scalars from all over, letters and marks more often than by chance."""
    generator = random.Random(17)
    marks = [c for c in SCALARS if tokenizers.normalizers.StripAccents().normalize_str(c) == ""]
    pools = [SCALARS[:0x250], SCALARS[0x250:0x3000], SCALARS[:0xFFFF], SCALARS, marks, list("aeiou \u200d\u200c"), list("'`\" ▁[]<>")]
    return ["".join(generator.choice(generator.choice(pools)) for _ in range(generator.randint(1, 12))) for _ in range(count)]


def short_suites():
    sentences = rows_of("rotten-tomatoes.csv")
    return [
        ("Rotten Tomatoes", sentences),
        ("pairs", list(zip(sentences, sentences[1:] + sentences[:1])) + list(zip(AWKWARD, reversed(AWKWARD)))),
        ("awkward", AWKWARD),
        ("random", random_strings(50_000)),
    ]


def long_suites():
    """Scalars by themselves are words of a text, many to a text; `every_scalar_alone` has a text for each."""
    return [
        ("every scalar", grouped(SCALARS)),
        ("every scalar between letters", grouped("a" + c + "b" for c in SCALARS)),
        ("every scalar behind and before an accent", grouped(c + c + "\u0301n\u0323" + c for c in SCALARS)),
    ]


def grouped(words, size=64):
    words = list(words)
    return [" ".join(words[start:start + size]) for start in range(0, len(words), size)]


def every_scalar_alone():
    return [("every scalar alone", SCALARS), ("every scalar alone between letters", ["a" + c + "b" for c in SCALARS])]


def ours(directory, rows):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for row in rows:
            row = {"text": row} if isinstance(row, str) else {"text": row[0], "text_pair": row[1]}
            file.write(json.dumps(row) + "\n")
        file.flush()
        done = subprocess.run(
            [PARP, "tokenize", "--model", directory, file.name, "--json"], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()


def theirs(tokenizer, rows):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [json.dumps(encoding.ids) for encoding in tokenizer.encode_batch(rows)]


def compare(name, directory, tokenizer, suites):
    """How many texts of some suites have other ids; the first of each suite are printed."""
    different = 0
    for suite, rows in suites:
        mine, reference = ours(directory, rows), theirs(tokenizer, rows)
        wrong = [place for place in range(len(rows)) if place >= len(mine) or mine[place] != reference[place]]
        print(f"{name}, {suite}: {len(rows)} texts, {len(wrong)} differ", flush=True)
        for place in wrong[:5]:
            print(f"    {ascii(rows[place])[:150]}\n      {(mine[place:] or ['nothing'])[0][:200]}\n      {reference[place][:200]}")
        different += len(wrong) + max(0, len(mine) - len(rows))
    return different


def saved(tokenizer, folder, name):
    directory = folder / name
    directory.mkdir()
    tokenizer.save(str(directory / "tokenizer.json"))
    return directory


def alphabets(folder):
    """Tokenizers of both kinds whose pieces are the scalars."""
    assigned = [c for c in SCALARS if unicodedata.category(c) not in ("Cn", "Co")]
    file = json.loads((FOLDER / "minilm" / "tokenizer.json").read_text())
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + assigned + ["##" + c for c in assigned]
    template = json.loads(json.dumps(file["post_processor"]).replace("[101]", "[2]").replace("[102]", "[3]"))
    for name, options in {"uncased": {}, "cased": {"lowercase": False}}.items():
        variant = file | {
            "model": file["model"] | {"vocab": {piece: place for place, piece in enumerate(pieces)}},
            "normalizer": file["normalizer"] | options, "post_processor": template,
        }
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(variant))
        yield "BERT alphabet, " + name, saved(tokenizer, folder, "alphabet " + name), tokenizer
    charsmap = character_map(folder)
    normalizers, generator = tokenizers.normalizers, random.Random(3)
    for name, steps in {
        "XLNet's steps": [normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Precompiled(charsmap)],
        "character map alone": [normalizers.Precompiled(charsmap)],
        "NFD, lower case": [normalizers.NFD(), normalizers.Lowercase(), normalizers.Strip()],
    }.items():
        pieces = [("<unk>", 0.0), ("<sep>", 0.0), ("<cls>", 0.0)] + [(c, -generator.randint(1, 5) / 2) for c in ["▁"] + assigned]
        tokenizer = tokenizers.Tokenizer(tokenizers.models.Unigram(pieces, 0))
        tokenizer.normalizer = normalizers.Sequence(steps)
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([tokenizers.pre_tokenizers.WhitespaceSplit(), tokenizers.pre_tokenizers.Metaspace()])
        yield "Unigram alphabet, " + name, saved(tokenizer, folder, "unigram " + name), tokenizer


def character_map(folder):
    """The character map that XLNet's models have, out of a model of sentencepiece."""
    import sentencepiece
    from transformers.convert_slow_tokenizer import SentencePieceExtractor

    lines = folder / "alphabet.txt"
    lines.write_text("\n".join(AWKWARD[5:12] * 3), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(lines), model_prefix=str(folder / "map"), vocab_size=50, hard_vocab_limit=False, minloglevel=2)
    return SentencePieceExtractor(str(folder / "map.model")).proto.normalizer_spec.precompiled_charsmap


def bert_variants(folder):
    """BERT's tokenizers by tokenizer.json, and by vocab.txt beside transformers'."""
    from transformers import BertTokenizer

    path = FOLDER / "minilm" / "tokenizer.json"
    yield "uncased", FOLDER / "minilm", tokenizers.Tokenizer.from_file(str(path))
    file = json.loads(path.read_text())
    for name, options in {
        "cased": {"lowercase": False}, "cased, accents stripped": {"lowercase": False, "strip_accents": True},
        "uncased, accents kept": {"strip_accents": False}, "uncleaned": {"clean_text": False, "handle_chinese_chars": False},
    }.items():
        variant = file | {"normalizer": file["normalizer"] | options}
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(variant))
        yield name, saved(tokenizer, folder, name), tokenizer
    for name, lowercases in {"vocab.txt, uncased": True, "vocab.txt, cased": False}.items():
        directory = folder / name
        directory.mkdir()
        (directory / "vocab.txt").write_bytes((FOLDER / "minilm" / "vocab.txt").read_bytes())
        (directory / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": lowercases, "tokenizer_class": "BertTokenizer"}))
        (directory / "config.json").write_text(json.dumps({"model_type": "bert"}))
        yield name, directory, BertTokenizer.from_pretrained(str(directory))._tokenizer


def added_tokens(folder):
    """BERT's tokenizer with added tokens of all flags."""
    tokenizer = tokenizers.Tokenizer.from_file(str(FOLDER / "minilm" / "tokenizer.json"))
    added = tokenizers.AddedToken
    tokenizer.add_tokens([added("Foo Bar", normalized=True), added("movie", normalized=True, single_word=True), added("<L>", lstrip=True, normalized=False), added("<R>", rstrip=True, normalized=False), added("<W>", single_word=True, normalized=False), added("<LR>", lstrip=True, rstrip=True, normalized=False)])
    return saved(tokenizer, folder, "added"), tokenizer


ADDED = [
    "foo bar FOO BAR fOO  bar foobar", "a movie, movies submovie movie", "x <L> y  <L>z", "x <R> y<R>  z", "a<W>b <W> <W>.", "<LR>  <LR> a  <LR>  b",
    "  <L>  ", "  <R>  ", " <LR> ", "<L><R><W><LR>", "<W>_ _<W> é<W> <W>\u0301", "Föö bär", "[SEP] movie [SEP]movie", "\u3000<L>\u3000<R>\u3000",
]


def xlnet_variants(folder):
    """XLNet's tokenizers by spiece.model and by the tokenizer.json that transformers makes of it."""
    import sentencepiece
    from transformers import XLNetTokenizer

    lines = folder / "lines.txt"
    lines.write_text("\n".join(rows_of("rotten-tomatoes.csv")) + "\n", encoding="utf-8")
    for name, normalization, lowercases in (("nmt_nfkc", "nmt_nfkc", False), ("nmt_nfkc_cf, uncased", "nmt_nfkc_cf", True), ("identity", "identity", False)):
        directory = folder / ("spiece " + name)
        directory.mkdir()
        sentencepiece.SentencePieceTrainer.train(
            input=str(lines), model_prefix=str(directory / "spiece"), vocab_size=4000, model_type="unigram",
            normalization_rule_name=normalization, control_symbols="<cls>,<sep>,<pad>,<mask>,<eod>", user_defined_symbols="<eop>,.(,\\u20ac",
            num_threads=1, minloglevel=2)
        (directory / "config.json").write_text(json.dumps({"model_type": "xlnet"}))
        (directory / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": lowercases, "tokenizer_class": "XLNetTokenizer"}))
        tokenizer = XLNetTokenizer.from_pretrained(str(directory))._tokenizer
        yield "spiece.model, " + name, directory, tokenizer
        yield "tokenizer.json of it, " + name, saved(tokenizer, folder, name), tokenizer


def main():
    different = 0
    reviews = [("IMDB", rows_of("imdb.csv"))]
    short, long = short_suites(), long_suites()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for name, directory, tokenizer in alphabets(folder):
            different += compare(name, directory, tokenizer, short + long)
        for index, (name, directory, tokenizer) in enumerate(xlnet_variants(folder)):
            different += compare("XLNet " + name, directory, tokenizer, short + (long + reviews if index == 0 else []))
        directory, tokenizer = added_tokens(folder)
        different += compare("BERT with added tokens", directory, tokenizer, [("awkward, added", ADDED)] + short)
        for index, (name, directory, tokenizer) in enumerate(bert_variants(folder)):
            more = long + reviews + every_scalar_alone() if index == 0 else []
            different += compare("BERT " + name, directory, tokenizer, short + more)
    print(f"{different} texts differ")
    return 1 if different else 0


sys.exit(main())
