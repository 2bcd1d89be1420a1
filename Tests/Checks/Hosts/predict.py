"""Holds steps predicted for networks of other speeds against those measured there.

Usage: predict.py PARP_COMMAND FOLDER
FOLDER has study-RATE for each speed. Fitted are 1 Gb/s and 10 Gb/s, one at a time; a study is not asked for its own.
"""

import json
import subprocess
import sys

GIGABITS = {"10gbit": 10, "1gbit": 1, "100mbit": 0.1}
TOLERANCE = 0.15
# Of a link's bits, those that carry TCP's payload in frames of 1500 bytes.
PAYLOAD = 1448 / 1538


def report(folder, rate):
    with open(f"{folder}/study-{rate}/report.json", encoding="utf-8") as file:
        return json.load(file)


def measured(folder, rate):
    row = next(row for row in report(folder, rate)["measured"] if row["ranks"] == 2)
    return row["secondsMean"], row.get("halfWidth", 0), row


def predicted(parp, folder, fitted, rate):
    latency = report(folder, fitted)["network"]["latency"] * 1e6
    subprocess.run(
        [parp, "scale", "report", f"{folder}/study-{fitted}", "--ranks", "1,2", "--ranks-per-node", "1",
         "--gigabits", str(GIGABITS[rate] * PAYLOAD), "--latency", str(latency)],
        check=True, stdout=subprocess.DEVNULL)
    points = report(folder, fitted)["projected"][0]["points"]
    # As it was, for whoever looks at the page.
    subprocess.run([parp, "scale", "report", f"{folder}/study-{fitted}", "--ranks", "1,2"], check=True,
                   stdout=subprocess.DEVNULL)
    return next(point for point in points if point["ranks"] == 2)


def main(parp, folder):
    faults = 0
    for rate in GIGABITS:
        seconds, width, row = measured(folder, rate)
        hidden = row.get("hiddenShare")
        print(f"{rate}: {seconds:.3f} s ± {width:.3f} on two hosts, of {row['communication']:.3f} s of sums "
              f"{100 * hidden:.0f} % hidden" if hidden is not None else f"{rate}: {seconds:.3f} s")
    for fitted in ["1gbit"]:
        for rate in GIGABITS:
            if rate == fitted:
                continue
            seconds, width, _ = measured(folder, rate)
            point = predicted(parp, folder, fitted, rate)
            error = point["seconds"] / seconds - 1
            verdict = "ok" if abs(error) <= TOLERANCE else "FAILED"
            faults += verdict != "ok"
            print(f"{verdict}: fitted at {fitted}, a step at {rate} is {point['seconds']:.3f} s and was "
                  f"{seconds:.3f} s: {100 * error:+.1f} %, {100 * TOLERANCE:.0f} % are allowed")
    return 1 if faults else 0


sys.exit(main(*sys.argv[1:3]))
