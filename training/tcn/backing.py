"""Accompaniment alone, as features to mix under drums.

Goal: one pack without hits, from the drum data pack: its recordings, and `--songs` excerpts of its band MIDIs, each played on
instruments of its own (see `songs.py`).
"""
import argparse, csv, os
import numpy as np, soundfile as sf

from features import RATE, log_mel
from pack import save
from songs import excerpt, notes_of


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--songs", type=int, default=0, help="excerpts to play")
    ap.add_argument("--seconds", type=float, default=20, help="length of an excerpt")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    rows = list(csv.DictReader(open(os.path.join(a.data, "backing.csv"))))
    recorded = [r["path"] for r in rows if r["kind"] != "midi" and r["path"].endswith(".flac")]
    written = [r["path"] for r in rows if r["kind"] == "midi"]
    sounds = [sf.read(os.path.join(a.data, p), dtype="float32", always_2d=True)[0].mean(1) for p in recorded]
    for i in range(a.songs):
        rng = np.random.default_rng([a.seed, i])
        notes = notes_of(os.path.join(a.data, written[i % len(written)]))
        if notes:
            sounds.append(excerpt(notes, rng, a.seconds))
    nothing = np.zeros((0, 3)), np.zeros((0, 2))
    save(a.out, [(log_mel(x / np.abs(x).max() * .5).astype(np.float16), *nothing) for x in sounds if len(x) > 3 * RATE and x.any()])


if __name__ == "__main__":
    main()
