#!/usr/bin/env python3
"""How well stems are told apart: mixes with known stems, and the SDR of what was separated.

  separation.py make JUDGES --data DIR --split val --seed 1 --count 12 --out DIR     mixes and their stems
  separation.py score TRUTHS FOUND [--json OUT]                                      figures, `backbeat separate` in between

JUDGES is the folder of make_suite.py, which composes, performs and samples; DATA the drum data pack. Each item NNN is NNN.flac
(stereo, 44.1 kHz, 24 bit), the stems NNN.STEM.flac that add up to it, and NNN.json. Two items in three have accompaniment ("rest"),
-6 to +3 dB against the drums; val and test kits never share a recording, and val and test take different songs. FOUND holds a folder
per item with STEM.flac or STEM.wav.

Conventions: a stem is played by itself, goes into a room and to a place between left and right; compressor and limiter of the whole
are one gain for all stems, so the stems still add up. SI-SDR (Le Roux and others, 2019) is taken over both channels together; the
improvement is against the mix as the estimate. A stem that is silent in an item, or 40 dB below it, is left out; an estimate without
anything of the drum counts as -40 dB, a silent one as no improvement. Plain SDR flatters soft stems: silence has 0 dB.
"""
import argparse, csv, glob, json, os, sys
import numpy as np, soundfile as sf
from scipy.signal import fftconvolve

RATE = 44100
STEMS = ["kick", "snare", "toms", "hihat", "cymbals"]
# Songs of the accompaniment by split.
SONGS = dict(val=["dm01", "dm17", "dm23", "dm28", "e2m6"], test=["e2m9", "e3m9", "map03", "map14"])
SONGS["train"] = SONGS["val"]
PAN = dict(kick=0, snare=.1, toms=.5, hihat=.45, cymbals=.6)


def stem_of(key):
    """The stem a piece of make_suite belongs to; none for cowbell and tambourine, which are not played here."""
    for start, stem in (("kick", "kick"), ("snare", "snare"), ("clap", "snare"), ("tom", "toms"), ("hh", "hihat"), ("crash", "cymbals"),
                        ("china", "cymbals"), ("splash", "cymbals"), ("ride", "cymbals")):
        if key.startswith(start):
            return stem
    return None


def gain_of(x, suite, *setting):
    """The gain a compressor would use, sample by sample."""
    x = np.abs(x).max(1) + 1e-9
    return (suite.squeeze(x, *setting) / x)[:, None]


def item(i, a, suite, kits, base, tables):
    rng = np.random.default_rng([a.seed, i])
    kit, lead = suite.Kit(kits, base[(i + i // 3) % len(base)], rng), float(rng.uniform(.15, .9))
    if i % 3 == 2:
        truth = suite.human(rng, tables["played"], a.data, a.seconds - lead, kit, lead)
        when = truth["when"]
    else:
        styles = [s for s in suite.STYLES if "4/4" in s[1].split()]
        score = suite.compose(rng, "4/4", styles[rng.integers(len(styles))], a.seconds, kit, lead)
        hits, _, when = suite.perform(rng, score, a.seconds, lead)
        truth = dict(bpm=score["bpm"], hits=hits)
    hits = [h for h in truth["hits"] if .005 < h["time_seconds"] < a.seconds - .12 and stem_of(h["instrument"])]
    n = int(a.seconds * RATE)
    rooms = [r for r in tables["rirs"] if r["kind"] in ("room", "simulated room")]
    room = suite.load(os.path.join(a.data, rooms[rng.integers(len(rooms))]["path"]))
    room = room[max(0, int(np.argmax(np.abs(room) > .3 * np.abs(room).max())) - 4):]
    wet_db, stems = rng.uniform(-30, -12), {}
    for stem in STEMS:
        own = [h for h in hits if stem_of(h["instrument"]) == stem]
        dry = suite.play(own, kit, n)
        wet = fftconvolve(dry, room)[:n]
        wet *= dry.std() / (wet.std() + 1e-12) * suite.db(wet_db)
        at = PAN[stem] * (1 if rng.random() < .5 else -1)
        left, right = np.cos((1 + at) * np.pi / 4), np.sin((1 + at) * np.pi / 4)
        stems[stem] = np.stack([dry * left, dry * right], 1) + wet[:, None] * .7
    drums = sum(stems.values())
    if i % 3 != 1:
        songs = [r for r in tables["backing"] if any(r["path"].endswith(f"fd_{s}.flac") for s in SONGS[a.split])]
        song, name = suite.backing(rng, a.data, songs, truth, when, n)
        level = float(rng.uniform(-6, 3))
        # Some width: what a short diffuse tail adds is of opposite sign left and right.
        tail = rng.standard_normal(800) * np.exp(-np.arange(800) / 200.0)
        side = fftconvolve(song, tail / np.sqrt((tail ** 2).sum()))[:n] * .35
        wide = np.stack([song + side, song - side], 1)
        stems["rest"] = wide / wide.std() * drums.std() * suite.db(level)
        truth.update(backing=name, backing_db=round(level, 2))
    mix = sum(stems.values())
    scale = .7 / np.abs(mix).max()
    gain = scale * gain_of(mix * scale, suite, rng.uniform(-20, -8), rng.uniform(1.2, 2.5), .01, .15)
    peak = np.abs(mix * gain).max()
    stems = {k: v * gain * (.9 / peak) for k, v in stems.items()}
    out = lambda name, x: sf.write(os.path.join(a.out, name), x, RATE, subtype="PCM_24")
    out(f"{i:03d}.flac", sum(stems.values()))
    for stem, x in stems.items():
        out(f"{i:03d}.{stem}.flac", x)
    about = {k: truth.get(k) for k in ("bpm", "backing", "backing_db")}
    json.dump(dict(about, kit=kit.name, wet_db=wet_db, hits=hits), open(os.path.join(a.out, f"{i:03d}.json"), "w"))


def make(a):
    sys.path.insert(0, a.judges)
    import make_suite as suite
    table = lambda name: list(csv.DictReader(open(os.path.join(a.data, name))))
    kits, base = suite.load_kits(os.path.join(a.data, "oneshots.csv"), a.data, a.split)
    played = [r for r in table("grooves.csv") if r["dataset"] == "gmd" and r["split"] == a.split and r["beat_type"] == "beat"
              and float(r["duration_s"]) >= 9 and r["time_signature"] == "4-4"]
    tables = dict(played=played, rirs=table("rirs.csv"), backing=table("backing.csv"))
    os.makedirs(a.out, exist_ok=True)
    for i in range(a.count):
        item(i, a, suite, kits, base, tables)


def si_sdr(estimate, truth):
    e, t = estimate.ravel(), truth.ravel()
    wanted = t * (e @ t / (t @ t + 1e-20))
    return max(-40.0, 10 * np.log10((wanted @ wanted + 1e-20) / (((e - wanted) ** 2).sum() + 1e-20)))


def sdr(estimate, truth):
    e, t = estimate.ravel(), truth.ravel()
    return 10 * np.log10((t @ t + 1e-20) / (((e - t) ** 2).sum() + 1e-20))


def load(path):
    return sf.read(path, dtype="float64", always_2d=True)[0]


def found(folder, stem, like):
    path = next((p for p in (os.path.join(folder, f"{stem}.{e}") for e in ("flac", "wav")) if os.path.exists(p)), None)
    if path is None:
        return None
    x = load(path)[:len(like)]
    x = np.pad(x, ((0, len(like) - len(x)), (0, 0)))
    return x if x.shape[1] == like.shape[1] else x.repeat(like.shape[1], 1)


def score(a):
    rows = []
    for path in sorted(glob.glob(os.path.join(a.truths, "[0-9][0-9][0-9].flac"))):
        name = os.path.basename(path)[:-5]
        mix = load(path)
        stems = {s: load(p) for s in STEMS + ["rest"] if os.path.exists(p := path.replace(".flac", f".{s}.flac"))}
        truth = {k: v for k, v in stems.items() if k != "rest"}
        full = "rest" in stems
        if full:
            truth["drums"] = sum(truth.values())
            truth["rest"] = stems["rest"]
        for stem, t in truth.items():
            if (t ** 2).sum() < 1e-4 * (mix ** 2).sum():
                continue
            e = found(os.path.join(a.found, name), stem, mix)
            e = np.zeros_like(mix) if e is None else e
            before = si_sdr(mix, t)
            after = si_sdr(e, t) if (e ** 2).sum() > 0 else before
            rows.append(dict(item=name, full=full, stem=stem, before=before, after=after, gain=after - before,
                             sdr_gain=sdr(e, t) - sdr(mix, t)))
    for full, title in ((True, "full mixes"), (False, "drums alone")):
        print(title)
        for stem in STEMS + ["drums", "rest"]:
            r = [x for x in rows if x["full"] == full and x["stem"] == stem]
            if r:
                m = {k: np.mean([x[k] for x in r]) for k in ("before", "after", "gain", "sdr_gain")}
                gains = [x["gain"] for x in r]
                print(f"  {stem:8} n {len(r):3}  SI-SDR {m['before']:6.2f} -> {m['after']:6.2f}  gain {m['gain']:+6.2f} "
                      f"(median {np.median(gains):+6.2f}, least {min(gains):+6.2f})  SDR gain {m['sdr_gain']:+6.2f}")
        r = [x["gain"] for x in rows if x["full"] == full and x["stem"] in STEMS]
        if r:
            per = [np.mean([x["gain"] for x in rows if x["full"] == full and x["stem"] == s]) for s in STEMS
                   if any(x["full"] == full and x["stem"] == s for x in rows)]
            print(f"  mean of drums: over items {np.mean(r):+.2f}, over stems {np.mean(per):+.2f} dB")
    if a.json:
        json.dump(rows, open(a.json, "w"), indent=1)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(required=True)
    m = sub.add_parser("make")
    m.add_argument("judges")
    m.add_argument("--data", required=True)
    m.add_argument("--split", choices=["val", "test", "train"], required=True)
    m.add_argument("--seed", type=int, required=True)
    m.add_argument("--count", type=int, required=True)
    m.add_argument("--seconds", type=float, default=24)
    m.add_argument("--out", required=True)
    m.set_defaults(run=make)
    s = sub.add_parser("score")
    s.add_argument("truths")
    s.add_argument("found")
    s.add_argument("--json")
    s.set_defaults(run=score)
    a = ap.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
