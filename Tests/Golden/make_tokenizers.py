"""Writes Tests/Golden/text/tokenizer_layouts.json: model directories' small files as transformers 4 and 5 lay them out, with
what transformers' own tokenizers make of some texts and token ids.

Run: python Tests/Golden/make_tokenizers.py (needs transformers 5)
With a folder as its argument it also writes each as a whole model directory there, for Tests/Checks/Parity/tokenizer_layouts.py.
"""

import json
import os
import sys
import tempfile

from transformers import (
    AutoTokenizer, Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC,
    Wav2Vec2PhonemeCTCTokenizer, Wav2Vec2Processor)

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST = ["<pad>", "<s>", "</s>", "<unk>"]
LETTERS = FIRST + ["|"] + list("EABH'.SN")
LOWER = FIRST + ["|"] + list("eabh.sn")
DIGRAPHS = FIRST + ["|", "a", "s", "h", "i", "n", "g", "sh", "ng", "shn"]
CHINESE = FIRST + list("你好中国人")
PHONES = FIRST + ["t͡ʃ", "aɪ", "a", "ɛ", "ː"]
SCRIPT = ["|", "a", "b", "e", "h", "[UNK]", "[PAD]"]
COMPOSED = FIRST + ["|", "é", "e", "\u0301", "क", "ि", "ी"]


def vocabulary(tokens):
    return {token: index for index, token in enumerate(tokens)}


def five(tokens, kind=Wav2Vec2CTCTokenizer, rate=16000, normalize=True, **settings):
    """The files that transformers 5 itself writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vocab.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(vocabulary(tokens), file, ensure_ascii=False)
        tokenizer = kind(path, **settings)
        extractor = Wav2Vec2FeatureExtractor(sampling_rate=rate, do_normalize=normalize)
        if kind is Wav2Vec2CTCTokenizer:
            Wav2Vec2Processor(extractor, tokenizer).save_pretrained(folder)
        else:
            tokenizer.save_pretrained(folder)
            extractor.save_pretrained(folder)
        return {name: open(os.path.join(folder, name), encoding="utf-8").read() for name in sorted(os.listdir(folder))}


def four(tokens, tokenizer=None, special=None, added=None, preprocessor=None, **other):
    """Files as transformers 4 wrote them; None leaves one out."""
    files = {
        "vocab.json": tokens if isinstance(tokens, dict) else vocabulary(tokens), "tokenizer_config.json": tokenizer,
        "special_tokens_map.json": special, "added_tokens.json": added,
        "preprocessor_config.json": preprocessor or {
            "do_normalize": True, "feature_size": 1, "padding_side": "right", "padding_value": 0.0,
            "feature_extractor_type": "Wav2Vec2FeatureExtractor", "return_attention_mask": True,
            "sampling_rate": 16000},
        **other,
    }
    return {name: json.dumps(value, ensure_ascii=False) for name, value in files.items() if value is not None}


def token(content):
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": True, "rstrip": False,
            "single_word": False}


NAMES = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
LETTER_IDS = [[4, 6, 0, 6, 6, 4, 4, 7, 5], [5, 5, 0, 5, 4, 9, 10, 4, 10], [0, 0], [6, 4, 9, 11, 4, 12, 9]]

LAYOUTS = {
    "5-letters": (five(LETTERS), ["HE'S A BAN", "A"], LETTER_IDS),
    "5-lower-case": (five(LETTERS, do_lower_case=True), ["he's a ban"], LETTER_IDS),
    "5-8-kHz": (five(LETTERS, rate=8000, normalize=False), ["BA"], LETTER_IDS),
    "5-digraphs": (five(DIGRAPHS), ["shasing", "nghashn", "a hi"], [[11, 11, 0, 11, 5, 4, 12], [13, 8]]),
    "5-characters": (five(CHINESE), ["你好中国人"], [[4, 4, 0, 4, 5], [8, 7]]),
    "5-phones": (five(PHONES, Wav2Vec2PhonemeCTCTokenizer, do_phonemize=False), ["t͡ʃ aɪ ɛ"],
                 [[4, 4, 0, 4, 6], [5, 8, 7]]),
    "5-script": (five(SCRIPT, unk_token="[UNK]", pad_token="[PAD]"), ["ab he"], [[1, 1, 6, 1, 0, 2, 0], [4, 3]]),
    "5-forms": (five(COMPOSED), ["é", "e\u0301", "कि", "की"], [[6, 7, 4, 5], [8, 9, 4, 8, 10]]),
    "4-letters": (
        four(LETTERS, {**{key: token(name) for key, name in NAMES.items()}, "do_lower_case": False,
                       "word_delimiter_token": "|", "replace_word_delimiter_char": " ", "tokenizer_file": None,
                       "special_tokens_map_file": None, "processor_class": "Wav2Vec2Processor",
                       "tokenizer_class": "Wav2Vec2CTCTokenizer"}, NAMES),
        ["HE BAN"], LETTER_IDS),
    "4-lower-case": (
        four(LETTERS, {**NAMES, "do_lower_case": True, "word_delimiter_token": "|",
                       "tokenizer_class": "Wav2Vec2CTCTokenizer"}), ["he ban"], LETTER_IDS),
    "4-special-tokens-alone": (four(SCRIPT, None, {**NAMES, "unk_token": "[UNK]", "pad_token": "[PAD]"},
                                    {"<s>": 7, "</s>": 8}), ["ab"], [[1, 6, 1, 2]]),
    "4-phones": (
        four(PHONES, {**NAMES, "do_phonemize": False, "phone_delimiter_token": " ", "word_delimiter_token": None,
                      "phonemizer_lang": "en-us", "phonemizer_backend": "espeak",
                      "tokenizer_class": "Wav2Vec2PhonemeCTCTokenizer"}), ["aɪ a"], [[5, 0, 5, 6, 6]]),
    "4-space-delimiter": (
        four(FIRST + [" ", "a", "b"], {**NAMES, "word_delimiter_token": " ", "do_lower_case": False,
                                       "tokenizer_class": "Wav2Vec2CTCTokenizer"}), ["ab a"], [[5, 4, 6, 4]]),
    "4-cleaned-spaces": (
        four(LOWER, {**NAMES, "clean_up_tokenization_spaces": True, "word_delimiter_token": "|",
                     "tokenizer_class": "Wav2Vec2CTCTokenizer"}), ["ab ."], [[6, 4, 9], [6, 4, 10, 4, 9, 4, 6]]),
    "4-languages": (
        four({"eng": vocabulary(LOWER), "deu": vocabulary(FIRST + ["|", "ä", "b"])},
             {**NAMES, "target_lang": "deu", "word_delimiter_token": "|", "tokenizer_class": "Wav2Vec2CTCTokenizer"}),
        ["äb"], [[5, 4, 6]]),
    "4-language-model": (
        four(LETTERS, {**NAMES, "word_delimiter_token": "|", "replace_word_delimiter_char": "_", "unheard_of": [1],
                       "processor_class": "Wav2Vec2ProcessorWithLM", "tokenizer_class": "Wav2Vec2CTCTokenizer"}, NAMES,
             preprocessor={"do_normalize": False, "sampling_rate": 16000, "unheard_of": {"a": None},
                           "feature_extractor_type": "Wav2Vec2FeatureExtractor",
                           "processor_class": "Wav2Vec2ProcessorWithLM"}), ["HE"], LETTER_IDS),
}


def main(folder=None):
    entries = []
    for name, (files, texts, paths) in LAYOUTS.items():
        with tempfile.TemporaryDirectory() as temporary:
            path = os.path.join(folder, name) if folder else temporary
            os.makedirs(path, exist_ok=True)
            for file, text in files.items():
                with open(os.path.join(path, file), "w", encoding="utf-8") as target:
                    target.write(text)
            vocab = json.loads(files["vocab.json"])
            vocab = vocab.get("deu", vocab)
            config = Wav2Vec2Config(
                vocab_size=len(vocab), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24,
                conv_dim=[8] * 7, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2, pad_token_id=0)
            if folder:
                Wav2Vec2ForCTC(config).save_pretrained(path)
            else:
                config.save_pretrained(path)
            kind = Wav2Vec2PhonemeCTCTokenizer if "phones" in name else Wav2Vec2CTCTokenizer
            tokenizer = kind.from_pretrained(path)
            extractor = Wav2Vec2FeatureExtractor.from_pretrained(path)
            files = {**files, "config.json": json.dumps({"model_type": "wav2vec2", "vocab_size": len(vocab)})}
            entries.append({
                "name": name, "files": files, "rate": extractor.sampling_rate, "normalizes": extractor.do_normalize,
                "texts": [{"text": text, "ids": tokenizer(text).input_ids} for text in texts],
                "paths": [{"ids": ids, "text": tokenizer.decode(ids)} for ids in paths],
            })
    with open(os.path.join(HERE, "text", "tokenizer_layouts.json"), "w", encoding="utf-8") as file:
        json.dump(entries, file, ensure_ascii=False, indent=1)
        file.write("\n")


main(*sys.argv[1:])
