#!/usr/bin/env python3
"""Learn how often each kind of drum sounds at each twelfth of a beat of a bar, for the beat tracker.

  learn_rates.py --data DATA --composer DIR --out crates/listen/src/beats/rates.txt [--per-style 40] [--only 9/8]

DATA holds `grooves.csv` and the performed grooves it lists (Groove MIDI Dataset, Gillick et al. 2019, CC BY 4.0; train split only);
DIR holds `make_suite.py` and `drum_composer.py`, the rule-based composer (train kits only). Needs numpy, scipy, mido.

Per meter, pieces are clustered into a few templates (hard EM with the beta-binomial score that the tracker uses). A template is a
probability per class and slot, written as one hexadecimal digit d: logit(p) = -5.5 + 0.6 d, with the log tempo's mean and sd. With
`--only` the templates of the other meters stay as they are. Pieces in 9/8 are pieces in 6/8 with a middle beat put in.
"""
import argparse, csv, os, sys
from fractions import Fraction as Fr
import numpy as np, mido
from scipy.special import gammaln
from pieces import BEAT_QUARTERS, nine_eight

CLASSES = ["kick", "snare", "hats", "ride", "crash", "toms"]
METERS = {"4/4": (4, 18), "3/4": (3, 7), "2/4": (2, 5), "6/8": (2, 6), "12/8": (4, 5), "5/4": (5, 6), "7/8": (7, 6), "9/8": (3, 6)}   # beats, templates
KAPPA, LEVELS = 3.0, 1 / (1 + np.exp(5.5 - .6 * np.arange(16)))
GM = {**dict.fromkeys((35, 36), 0), **dict.fromkeys((37, 38, 39, 40), 1), **dict.fromkeys((22, 26, 42, 44, 46), 2),
      **dict.fromkeys((51, 53, 59), 3), **dict.fromkeys((49, 52, 55, 57), 4), **dict.fromkeys((41, 43, 45, 47, 48, 50, 58), 5)}


def class_of(key):
    for i, starts in enumerate((("kick",), ("snare", "clap", "cross"), ("hh",), ("ride",), ("crash", "china", "splash"), ("tom",))):
        if key.startswith(starts):
            return i
    return None


def occupancy(hits, beats, n_beats):
    """hits [(place in beats from a bar line, class, weight)], whole bars only -> counts [classes, slots], bars seen."""
    size, seen = n_beats * 12, {}
    bars = beats // n_beats
    for place, c, w in hits:
        slot = int(np.floor(place * 12 + .5))
        if c is not None and 0 <= slot < bars * size:
            seen[c, slot] = max(seen.get((c, slot), 0), w)
    n = np.zeros((len(CLASSES), size))
    for (c, slot), w in seen.items():
        n[c, slot % size] += w
    return n, bars


def played(data):
    """Performed grooves of the train split."""
    for row in csv.DictReader(open(os.path.join(data, "grooves.csv"))):
        meter = row["time_signature"].replace("-", "/")
        if row["dataset"] != "gmd" or row["split"] != "train" or row["beat_type"] != "beat" or meter not in METERS:
            continue
        t, bpm, notes = 0.0, float(row["bpm"]), []
        for msg in mido.MidiFile(os.path.join(data, row["path"])):
            t += msg.time
            if msg.type == "set_tempo":
                bpm = 6e7 / msg.tempo
            elif msg.type == "note_on" and msg.velocity:
                notes.append((t, GM.get(msg.note), msg.velocity / 127))
        bpm /= BEAT_QUARTERS.get(meter, 1)
        hits = [(s * bpm / 60, c, .5 if c == 1 and v < .3 else 1.0) for s, c, v in notes]
        yield meter, hits, int(t * bpm / 60), bpm


def composed(data, composer, per_style, meters):
    """Pieces made by rule, at the places where they were played."""
    sys.path.insert(0, composer)
    import drum_composer as dc, make_suite as ms
    kits, base = ms.load_kits(os.path.join(data, "oneshots.csv"), data, "train")
    dc.METER["9/8"] = (3, 3, Fr(3, 2))
    for s, style in enumerate(dc.STYLES):
        for meter in set(meters) & set(style[1].split() + (["9/8"] if style[1] == "6/8" else [])):
            for i in range(per_style):
                rng = np.random.default_rng([77, s, i, len(meter)])
                kit = ms.Kit(kits, base[i % len(base)], rng)
                sc = dc.compose(rng, "6/8" if meter == "9/8" else meter, style, 24.0, kit, .5)
                sc = nine_eight(sc, rng) if meter == "9/8" else sc
                hits, beats, _ = dc.perform(rng, sc, 24.0, .5)
                if len({m for m, _ in sc["bars"]}) > 1:
                    continue
                times = np.array([b["time"] for b in beats])
                place = lambda t: float(np.interp(t, times, np.arange(len(times)), left=-1, right=1e9))
                yield meter, [(place(h["time_seconds"]), class_of(h["instrument"]), .5 if h["velocity"] < .3 and "snare" in h["instrument"] else 1.0)
                              for h in hits if not h["grace"]], len(times) - 1, sc["bpm"]


def marginal(n, bars, r):
    """Beta-binomial log score of a piece's counts under a template r [classes, slots]."""
    a, b = KAPPA * r, KAPPA * (1 - r)
    return (gammaln(a + n) + gammaln(b + bars - n) - gammaln(KAPPA + bars) - gammaln(a) - gammaln(b) + gammaln(KAPPA)).sum((-1, -2))


def cluster(pieces, k, rng):
    """-> templates [k, classes, slots], assignment"""
    shape = pieces[0][0].shape
    mean = sum(n for n, _, _ in pieces) / sum(b for _, b, _ in pieces)
    flat = np.stack([n / b for n, b, _ in pieces])
    best = None
    for _ in range(3):
        pick = [rng.integers(len(pieces))]
        while len(pick) < k:                                    # far from those picked
            d = np.min([((flat - flat[i]) ** 2).sum((1, 2)) for i in pick], 0)
            pick.append(rng.choice(len(pieces), p=d / d.sum()))
        r = .7 * flat[pick] + .3 * mean
        for _ in range(12):
            r = np.clip(r, LEVELS[0], LEVELS[-1])
            s = np.stack([[marginal(n, b, q) for q in r] for n, b, _ in pieces])
            z = s.argmax(1)
            r = np.stack([(flat[z == j].sum(0) + .7 * mean) / ((z == j).sum() + .7) for j in range(k)])
        if best is None or s.max(1).sum() > best[0]:
            best = (s.max(1).sum(), np.clip(r, LEVELS[0], LEVELS[-1]), z)
    return best[1], best[2]


def kept(path, meter):
    """The lines of a table but those of a meter."""
    out, other = [], True
    for line in open(path).read().splitlines():
        other = line.split()[0] != meter if " share " in line else other
        if other and not line.startswith("#"):
            out.append(line)
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--composer", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--per-style", type=int, default=40)
    ap.add_argument("--only", choices=METERS)
    a = ap.parse_args()
    meters = [a.only] if a.only else list(METERS)
    pieces = {m: [] for m in METERS}
    for source in (played(a.data), composed(a.data, a.composer, a.per_style, meters)):
        for meter, hits, beats, bpm in source:
            if meter not in meters:
                continue
            n, bars = occupancy(hits, beats, METERS[meter][0])
            if bars >= 3:
                scale = min(1, 12 / bars)                       # a long piece is still one piece
                pieces[meter].append((n * scale, bars * scale, np.log(bpm)))
    rng, out = np.random.default_rng(1), kept(a.out, a.only) if a.only else []
    for meter in meters:
        k = METERS[meter][1]
        r, z = cluster(pieces[meter], k, rng)
        print(meter, len(pieces[meter]), "pieces", np.bincount(z, minlength=k))
        for j in np.argsort(-np.bincount(z, minlength=k)):
            tempo = np.array([p[2] for p, q in zip(pieces[meter], z) if q == j])
            if len(tempo) < 2:
                continue
            out.append(f"{meter} share {len(tempo) / len(z):.3f} ln_bpm {tempo.mean():.3f} sd {max(.18, tempo.std()):.3f}")
            level = np.clip(np.round((np.log(r[j] / (1 - r[j])) + 5.5) / .6), 0, 15).astype(int)
            out += [f"{name:5s} " + " ".join("".join(f"{d:x}" for d in row[i:i + 12]) for i in range(0, len(row), 12)) for name, row in zip(CLASSES, level)]
    head = ["# How often each kind of drum sounds at each twelfth of a beat; made by training/beats/learn_rates.py, see there.",
            "# Learnt in part from the Groove MIDI Dataset (Gillick et al., 2019), CC BY 4.0, train split."]
    open(a.out, "w").write("\n".join(head + out) + "\n")


if __name__ == "__main__":
    main()
