"""Accompaniment alone, as features to mix under drums.

Goal: one pack without hits, from the recordings of the drum data pack (`kind` audio in `backing.csv`).
"""
import argparse, csv, os
import numpy as np, soundfile as sf

from features import RATE, log_mel
from pack import save


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    items = []
    for r in csv.DictReader(open(os.path.join(a.data, "backing.csv"))):
        if r["kind"] == "midi" or not r["path"].endswith(".flac"):
            continue
        x = sf.read(os.path.join(a.data, r["path"]), dtype="float32", always_2d=True)[0].mean(1)
        if len(x) > 3 * RATE:
            items.append((log_mel(x / np.abs(x).max() * .5).astype(np.float16), np.zeros((0, 3)), np.zeros((0, 2))))
    save(a.out, items)


if __name__ == "__main__":
    main()
