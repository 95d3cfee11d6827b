"""Sound with a truth -> features and labels in one file per folder, as training reads them.

Goal: `OUT.npz` from a folder of `NAME.flac` + `NAME.json` ({"hits": [{"time_seconds", "instrument", "velocity"}],
"beats": [{"time", "beat"}] where known). Features are kept as 16-bit floats: 16 kB a second.
"""
import argparse, glob, json, os, sys
from concurrent.futures import ProcessPoolExecutor
import numpy as np, soundfile as sf

# What both trainings share; modules that import this one find it as well.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../common"))
from features import RATE, log_mel
from instruments import ALIAS
from model import CLASSES

INDEX = {c: i for i, c in enumerate(CLASSES)}


def truth(path):
    """(hits, beats) of a truth file: rows (time_s, class, velocity) and (time_s, 1 on the downbeat)."""
    t = json.load(open(path))
    named = [(h["time_seconds"], ALIAS.get(h["instrument"], h["instrument"]), h["velocity"]) for h in t["hits"]]
    hits = np.array(sorted((s, INDEX[c], v) for s, c, v in named if c in INDEX), np.float64).reshape(-1, 3)
    beats = np.array([(b["time"], b["beat"] == 1) for b in t.get("beats", [])], np.float64).reshape(-1, 2)
    return hits, beats


def item(sound):
    x, rate = sf.read(sound, dtype="float32", always_2d=True)
    assert rate == RATE, sound
    label = sound[:-5] + ".json"
    hits, beats = truth(label) if os.path.exists(label) else (np.zeros((0, 3)), np.zeros((0, 2)))
    return log_mel(x.mean(1)).astype(np.float16), hits, beats


def save(path, items):
    """Writes items (features, hits, beats) as one file."""
    features, hits, beats = zip(*items)
    stack = lambda rows: np.concatenate([np.column_stack([np.full(len(r), i), r]) for i, r in enumerate(rows)])
    np.savez(path, features=np.concatenate(features), frames=[len(f) for f in features], hits=stack(hits), beats=stack(beats))


def load(path):
    """The items of a file: a list of (features, hits, beats)."""
    with np.load(path) as z:
        ends = np.cumsum(z["frames"])
        features, hits, beats = z["features"], z["hits"], z["beats"]
    of = lambda rows, i: rows[rows[:, 0] == i, 1:]
    return [(features[e - n:e], of(hits, i), of(beats, i)) for i, (n, e) in enumerate(zip(np.diff([0, *ends]), ends))]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder")
    ap.add_argument("out")
    ap.add_argument("--jobs", type=int, default=1)
    a = ap.parse_args()
    sounds = sorted(glob.glob(os.path.join(a.folder, "*.flac")))
    with ProcessPoolExecutor(a.jobs) as pool:
        save(a.out, list(pool.map(item, sounds, chunksize=8)))


if __name__ == "__main__":
    main()
