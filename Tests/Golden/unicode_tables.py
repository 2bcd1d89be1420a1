"""Writes the Unicode tables of Sources/Text/Tokenizers as the `tokenizers` library has them.

The library's tables are older than those of Swift and of Python, and they are several: what it removes, splits at,
strips and decomposes is asked of the library itself, scalar by scalar, so that no version of Unicode need be known.

    .venv/bin/python Tests/Golden/unicode_tables.py
"""

import pathlib

import tokenizers
from tokenizers import normalizers, pre_tokenizers

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "Text" / "Tokenizers"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)
WIDTH = 104


def ranges(scalars):
    """Closed ranges of consecutive scalars."""
    found = []
    for c in scalars:
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def range_words(scalars):
    return [f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in ranges(scalars)]


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(off | options))


def vanishing(normalizer):
    return [c for c in SCALARS if normalizer.normalize_str(chr(c)) == ""]


def punctuation():
    """Scalars that stand alone between letters."""
    splitter = pre_tokenizers.BertPreTokenizer()
    return [c for c in SCALARS if len(splitter.pre_tokenize_str("a" + chr(c) + "a")) == 3]


def combining_classes(nfd):
    """The canonical combining class of each scalar that has one, from the order in which NFD puts two of them.

    Classes are numbered in the order of Unicode's, which is all that sorting needs.
    """

    def swaps(first, second):
        return first != second and nfd.normalize_str("a" + chr(first) + chr(second)) == "a" + chr(second) + chr(first)

    def is_whole(c):
        return nfd.normalize_str(chr(c)) == chr(c)

    # U+0334 has the lowest class there is, 1, and U+0345 the highest, 240.
    classed = [c for c in SCALARS if is_whole(c) and (swaps(c, 0x334) or swaps(0x345, c))]
    representatives = []
    for c in classed:
        low, high = 0, len(representatives)
        while low < high:
            middle = (low + high) // 2
            if swaps(c, representatives[middle]):
                low = middle + 1
            else:
                high = middle
        if low == len(representatives) or swaps(representatives[low], c):
            representatives.insert(low, c)
    classes = {}
    for c in classed:
        below = sum(1 for r in representatives if swaps(c, r))
        classes[c] = below + 1
    return classes


def class_words(classes):
    words = []
    for number in sorted(set(classes.values())):
        words += [f"{word}:{number}" for word in range_words(c for c in classes if classes[c] == number)]
    return words


def decomposition_words(decompositions):
    """`KEY=A.B` for a key and its scalars, `=A.B` for the next key, `=A*N` for N keys in a row to A, A + 1, …"""
    words = []
    keys = sorted(decompositions)
    previous = None
    index = 0
    while index < len(keys):
        key = keys[index]
        target = decompositions[key]
        count = 1
        if len(target) == 1:
            while index + count < len(keys) and keys[index + count] == key + count and decompositions[
                key + count
            ] == chr(ord(target) + count):
                count += 1
        name = "" if previous is not None and key == previous + 1 else f"{key:X}"
        scalars = ".".join(f"{ord(s):X}" for s in target)
        words.append(f"{name}={scalars}" + (f"*{count}" if count > 1 else ""))
        previous = key + count - 1
        index += count
    return words


def literal(name, summary, words):
    lines = [""]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    # A line break within the literal is white space between two words.
    body = "\n".join("        " + line for line in lines)
    return f'    /// {summary}\n    static let {name} = """\n{body}\n        """\n'


def write(name, literals):
    head = (
        f"// Made by Tests/Golden/unicode_tables.py from tokenizers {tokenizers.__version__}; not to be edited.\n"
        "// swift-format-ignore-file\n\n"
    )
    path = FOLDER / name
    path.write_text(head + "extension UnicodeTables {\n" + "\n".join(literals) + "}\n", encoding="utf-8")
    print(path.name, path.read_text().count("\n"), "lines")


def main():
    nfd, nfkd = normalizers.NFD(), normalizers.NFKD()
    canonical, compatible = {}, {}
    for c in SCALARS:
        if c in HANGUL:
            continue
        if (whole := nfd.normalize_str(chr(c))) != chr(c):
            canonical[c] = whole
        elif (whole := nfkd.normalize_str(chr(c))) != chr(c):
            compatible[c] = whole
    for c, parts in canonical.items():
        # So that the second table need not repeat the first.
        assert nfkd.normalize_str(chr(c)) == "".join(compatible.get(ord(p), p) for p in parts), hex(c)
    write(
        "UnicodeTables+Ranges.swift",
        [
            literal("removed", "What cleaning removes: U+0000, U+FFFD, Cc, Cf and Co but white space.", range_words(vanishing(bert(clean_text=True)))),
            literal("nonspacingMarks", "Mn: the accents that BERT strips.", range_words(vanishing(bert(strip_accents=True)))),
            literal("marks", "M: the accents that `StripAccents` strips.", range_words(vanishing(normalizers.StripAccents()))),
            literal("punctuation", "ASCII punctuation and P.", range_words(punctuation())),
            literal("combiningClasses", "The order of marks, `RANGE:CLASS`.", class_words(combining_classes(nfd))),
        ],
    )
    write(
        "UnicodeTables+Canonical.swift",
        [literal("canonical", "Full canonical decompositions, Hangul's syllables left out.", decomposition_words(canonical))],
    )
    write(
        "UnicodeTables+Compatible.swift",
        [literal("compatible", "Full compatibility decompositions of scalars without a canonical one.", decomposition_words(compatible))],
    )


main()
