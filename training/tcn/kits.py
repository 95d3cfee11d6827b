"""Makes kits that never existed, for the suite maker: strokes of the training kits, changed and joined by `drums.Voice`.

Goal: `OUT/oneshots.csv` and the sounds it lists, in the form of the data pack's table, all of split "train". Conventions: the same
arguments give the same kits; levels within a kit are written into the sounds (24 bit), as recorded kits have them.
"""
import argparse, csv, os
from concurrent.futures import ProcessPoolExecutor
import numpy as np, soundfile as sf

from drums import Families, Sounds, Voice, stranger
from effects import RATE, db
from model import CLASSES

COLUMNS = ["path", "kit", "kit_group", "split", "acoustic", "instrument", "articulation", "layer", "rr", "rms150_db", "onset_ms",
           "licence_tier", "levels"]
RARE = dict(clap=.3, china=.5, splash=.5, ride_bell=.7, cowbell=.6, tambourine=.7, hihat_pedal=.8, cross_stick=.8)
STROKES = 8         # of one instrument
FULL_DB = -32       # level of a loud kick: leaves room for the peaks of ticks


def one(task):
    """Writes kit `i`; the rows of its table."""
    data, out, seed, i, tiers, far = task
    rng, sounds = np.random.default_rng([seed, i]), Sounds(data, "train", tiers)
    electric = rng.random() < .3
    common, loyal = sounds.kit_with(["kick", "snare"], rng, electric), rng.choice([0, .5, .95])
    item = dict(natural=rng.random() < .2, cymbals_db=rng.normal(0, 3), far=stranger(seed, i, far))
    families, name, rows = Families(sounds, rng, electric, common, loyal), f"made{i:04d}", []
    for c in CLASSES:
        if rng.random() > RARE.get(c, 1):
            continue
        kit, shared = families.of(c)
        voice = Voice(sounds, c, rng, kit, electric, shared, item)
        strokes = voice.rows if voice.alone is None else voice.rows[-1:]
        for k, r in enumerate(strokes[::-(-len(strokes) // STROKES)]):
            x, lead = voice.make(r), 0 if voice.alone is not None else float(r["onset_ms"]) / voice.pitch
            level = FULL_DB + 20 + voice.gain_db + float(r["rms150_db"]) - voice.loudest
            path = f"{name}/{c}{k}.flac"
            os.makedirs(os.path.join(out, name), exist_ok=True)
            sf.write(os.path.join(out, path), np.clip(x * db(level), -1, 1), RATE, subtype="PCM_24")
            rows.append([path, name, name, "train", int(sounds.acoustic[common]), r["instrument"], r["articulation"], r["layer"], r["rr"],
                         round(level - 20, 2), round(lead, 3), r["licence_tier"], "recorded"])
    return rows


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, help="the drum data pack")
    ap.add_argument("--count", type=int, required=True)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--tiers", type=int, nargs="+", default=[1, 2], help="licence tiers to use")
    ap.add_argument("--far", type=float, default=0, help="share of kits whose strokes are further from any recording")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    tasks = [(a.data, a.out, a.seed, i, tuple(a.tiers), a.far) for i in range(a.count)]
    with ProcessPoolExecutor(a.jobs) as pool, open(os.path.join(a.out, "oneshots.csv"), "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(row for rows in pool.map(one, tasks) for row in rows)


if __name__ == "__main__":
    main()
