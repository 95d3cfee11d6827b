"""Renders training items: human and rule-made playing on kits that never existed, in rooms and through microphones.

Goal: one pack (see `pack.py`) of `--count` items, or with `--sounds DIR` the sounds and truths themselves. Conventions:
only kits and grooves of one split; the same arguments give the same items, item by item, on any number of jobs.
"""
import argparse, csv, json, os
from concurrent.futures import ProcessPoolExecutor
import mido, numpy as np, soundfile as sf
from scipy.signal import fftconvolve, lfilter

from drums import Families, Sounds, Voice, stranger
from effects import RATE, band, db, peak, squeeze, tilt
from features import log_mel
from instruments import KEYS
from model import CLASSES
from pack import INDEX, save

# What the hi-hat part may be played on instead.
OTHER_HATS = dict(ride=.32, ride_bell=.06, hihat_open=.14, crash=.24, tom_floor=.06, cowbell=.03, tambourine=.1, china=.03,
                  hihat_pedal=.02)
HATS, TOMS = {"hihat_closed", "hihat_open", "hihat_pedal"}, {"tom_high", "tom_low_mid", "tom_floor"}
RIDES = {"ride", "ride_bell"}
# Which microphone an instrument is near: the stems go into the room at levels of their own.
STEM = dict(kick=0, snare=1, cross_stick=1, clap=1, tom_high=1, tom_low_mid=1, tom_floor=1)


# ---------------------------------------------------------------- playing: notes (s, class, velocity), beats (s, downbeat)
def human(rng, rows, data, seconds):
    """A stretch of a played groove, at another speed, perhaps on other instruments."""
    row = rows[rng.integers(len(rows))]
    speed, t, notes = rng.uniform(.8, 1.25), 0.0, []
    for message in mido.MidiFile(os.path.join(data, row["path"])):
        t += message.time
        if message.type == "note_on" and message.velocity and message.note in KEYS:
            notes.append((t / speed, KEYS[message.note], message.velocity / 127))
    if not notes:
        return [], []
    start = rng.uniform(0, max(0, t / speed - seconds))
    notes = [(s - start + .1, c, v) for s, c, v in notes if 0 <= s - start < seconds - .3]
    above, below = map(int, row["time_signature"].split("-"))
    unit = 60 / float(row["bpm"]) * 4 / below / speed        # the tempo counts quarters
    beats = []
    if int(row["tempo_changes"]) <= 1:
        step = 3 if (above, below) in ((6, 8), (12, 8)) else 1
        beats = [(i * unit - start + .1, i % above == 0) for i in range(0, int(t / speed / unit), step)]
    beats = [b for b in beats if 0 < b[0] < seconds]
    return dress(change(notes, rng), beats, rng), beats


def change(notes, rng):
    """The same rhythm on other instruments, some of them silent."""
    swap = {}
    if rng.random() < .45:
        swap["hihat_closed"] = str(rng.choice(list(OTHER_HATS), p=list(OTHER_HATS.values())))
    if rng.random() < .3:
        swap["ride"] = ["hihat_closed", "ride_bell", "crash", "hihat_open"][rng.choice(4, p=[.4, .15, .3, .15])]
    if rng.random() < .15:
        swap["snare"] = ["cross_stick", "clap", "tom_high", "tom_low_mid", "tom_floor"][rng.choice(5, p=[.5, .14, .12, .12, .12])]
    if rng.random() < .05:
        swap["crash"] = ["china", "splash"][rng.integers(2)]
    silent = {c for c in ("kick", "snare", "hihat_closed", "hihat_pedal", "ride", "cross_stick") if rng.random() < .08}
    for group in (HATS | RIDES, TOMS, RIDES | {"crash", "china", "splash"}):        # most songs lack something
        silent |= group if rng.random() < .1 else set()
    curve, thin = rng.uniform(.7, 1.4), rng.random() < .3
    out, last = [], -1.0
    for t, c, v in notes:
        to = swap.get(c, c)
        if c in silent or (thin and to != c and to in ("crash", "china", "hihat_open") and t - last < .3):
            continue
        last = t if to != c else last
        out.append((t, to, float(v ** curve)))
    return out


def dress(notes, beats, rng):
    """Cymbals on first beats and a tambourine, as songs have them and practice grooves have not."""
    out = list(notes)
    if rng.random() < .25:
        cymbal, every = ["crash", "crash", "crash", "china", "splash"][rng.integers(5)], int(rng.choice([1, 1, 2, 4]))
        firsts = [t for t, first in beats if first or rng.random() < .1]
        out += [(max(.02, t + rng.normal(0, .006)), cymbal, float(rng.uniform(.4, 1))) for t in firsts[::every]]
    if rng.random() < .22:
        out = tambourine(out, beats, rng)
    return sorted(out)


def tambourine(notes, beats, rng):
    """Beside the hats, on the snare, or shaken on a grid of its own; at times in place of the hats."""
    how, late, level = rng.random(), rng.uniform(-.015, .015), rng.uniform(.5, 1)
    if how < .55 or len(beats) < 3:
        with_ = [("hihat_closed", "ride", "crash"), ("snare", "cross_stick")][rng.integers(2)]
        struck = [(t, v * rng.uniform(.7, 1.2)) for t, c, v in notes if c in with_ and rng.random() < .95]
    else:
        parts, accent = int(rng.choice([1, 2, 2, 4, 4])), rng.uniform(.3, 1, 4)
        grid = [(t + (u - t) * k / parts, accent[k % 4]) for (t, _), (u, _) in zip(beats, beats[1:]) for k in range(parts)]
        struck = [(t, v * level) for t, v in grid if rng.random() < .95]
    if rng.random() < .4:
        notes = [n for n in notes if n[1] not in HATS]
    return notes + [(max(.02, t + late + rng.normal(0, .006)), "tambourine", float(np.clip(v, .1, 1))) for t, v in struck]


def rules(rng, seconds):
    """Patterns by chance: every class plays its own rhythm on a common grid, rare classes as often as common ones."""
    parts = [2, 3, 4, 4, 6][rng.integers(5)]
    step = max(60 / rng.uniform(60, 180) / parts, .06)
    per_bar = int(rng.choice([2, 3, 4, 4, 4, 5, 6, 7])) * parts
    cycle = per_bar * int(rng.integers(1, 3))
    classes = [c for c in CLASSES if rng.random() < (.55 if c in ("kick", "snare") else .2)]
    classes = classes or [CLASSES[rng.integers(len(CLASSES))]]
    feet = [c for c in classes if c in ("kick", "hihat_pedal")]
    rank = {c: (rng.random(cycle), rng.uniform(.3, 1)) for c in classes}
    dense = {c: rng.uniform(.1, .6) for c in classes}
    swing = rng.uniform(.1, .33) if parts in (2, 4) and rng.random() < .2 else 0
    loose, notes, beats = rng.uniform(.001, .009), [], []
    for i in range(int((seconds - .4) / step)):
        at = .1 + (i + swing * (i % 2)) * step
        if i % parts == 0:
            beats.append((at, i % per_bar == 0))
        now = [c for c in classes if rank[c][0][i % cycle] < dense[c] or rng.random() < .02]
        hands = [c for c in now if c not in feet]
        for c in [c for c in now if c in feet] + [hands[k] for k in rng.permutation(len(hands))[:2]]:
            v = np.clip(rank[c][1] + rng.normal(0, .15) - .3 * (rng.random() < .25), .06, 1)
            notes.append((at + rng.normal(0, loose), c, float(v)))
            if rng.random() < .03 and c in ("snare", "tom_high", "tom_floor"):
                notes.append((notes[-1][0] - rng.uniform(.02, .045), c, float(v * .5)))
    for _ in range(int(rng.integers(0, 3))):
        notes += fill(rng, seconds) if rng.random() < .7 else roll(rng, seconds)
    return [n for n in notes if n[0] > .02], beats


def fill(rng, seconds):
    """Strokes around the toms and snare, ending on a cymbal."""
    t, gap, notes = rng.uniform(0, seconds * .7), rng.uniform(.06, .2), []
    drums = rng.choice(["snare", "tom_high", "tom_low_mid", "tom_floor"], int(rng.integers(3, 13)))
    for c in sorted(drums, key=CLASSES.index) if rng.random() < .7 else drums:
        notes.append((t, str(c), float(np.clip(rng.normal(.65, .18), .15, 1))))
        t += gap * rng.uniform(.95, 1.05)
    end = ["crash", "crash", "china", "splash"][rng.integers(4)]
    return notes + [(t, end, float(rng.uniform(.5, 1))), (t + rng.normal(0, .004), "kick", .8)]


def roll(rng, seconds):
    """A roll on one drum or cymbal, growing or dying."""
    c = ["snare", "snare", "tom_floor", "hihat_closed", "kick", "ride"][rng.integers(6)]
    t, gap, n = rng.uniform(0, seconds * .7), rng.uniform(.05, .11), int(rng.integers(5, 20))
    level = np.linspace(*rng.uniform(.15, .9, 2), n)
    return [(t + i * gap + rng.normal(0, .003), c, float(np.clip(level[i] * rng.uniform(.8, 1.1), .06, 1))) for i in range(n)]


# ---------------------------------------------------------------- sound
def voices_of(notes, sounds, rng, far):
    """Voices for each class of an item: one, but at times two crashes."""
    electric = rng.random() < .3
    common = sounds.kit_with(["kick", "snare"], rng, electric)
    loyal, out = rng.choice([0, .5, .95]), {}
    item = dict(natural=rng.random() < .35, cymbals_db=rng.normal(1.5, 3), far=far)
    families = Families(sounds, rng, electric, common, .97 if item["natural"] else loyal)
    for c in sorted({c for _, c, _ in notes}, key=str):
        kit, shared = families.of(c)
        own = kit if rng.random() < .9 else None
        out[c] = [Voice(sounds, c, rng, own, electric, shared, item) for _ in range(1 + (c == "crash" and rng.random() < .5))]
    return out


def play(notes, sounds, rng, seconds, far):
    """Three stems (kick; snare and toms; the rest) of the notes played; shape 3 x samples."""
    out, voices = np.zeros((3, int((seconds + 5) * RATE)), np.float32), voices_of(notes, sounds, rng, far)
    times = sorted(t for t, c, _ in notes if c in HATS)
    for t, c, v in sorted(notes):
        x, lead = voices[c][rng.integers(len(voices[c]))].stroke(v)
        at = int(round((t - lead) * RATE))
        if c == "hihat_open" and (stop := next((s for s in times if s > t + .02), None)) is not None:
            cut, ramp = int(stop * RATE) - at, int(rng.uniform(.008, .04) * RATE)
            if 0 < cut < len(x):
                x = x[:cut + ramp] * np.r_[np.ones(cut), np.linspace(1, 0, ramp)][:len(x[:cut + ramp])]
        if at < 0:
            x, at = x[-at:], 0
        x = x[:out.shape[1] - at]
        out[STEM.get(c, 2), at:at + len(x)] += x
    if rng.random() < .35:
        out[1] += wires(out, rng)
    return out[:, :int(seconds * RATE)]


def wires(stems, rng):
    """Snare wires answer the kick and the toms."""
    low = np.abs(band(stems[0] * rng.uniform(.3, 1) + stems[1] * rng.uniform(0, .6), 60, 400))
    keep = np.exp(-1 / RATE / rng.uniform(.01, .06))
    low = lfilter([1 - keep], [1, -keep], low)
    buzz = band(rng.standard_normal(len(low)), rng.uniform(800, 3000), rng.uniform(6000, 14000))
    return (buzz * low * db(rng.uniform(-14, 4))).astype(np.float32)


def room(sounds, rng, rooms, short):
    """A room response that starts with the direct sound: recorded, or noise that dies away under early reflections."""
    if rng.random() < .5:
        h = sounds.load(rooms[rng.integers(len(rooms))]["path"])
        return h[max(0, int(np.argmax(np.abs(h) > .3 * np.abs(h).max())) - 4):]
    rt = np.exp(rng.uniform(np.log(.12), np.log(.7 if short else 1.6)))
    n = int(rt * RATE)
    t = np.arange(n) / RATE
    bright = rng.standard_normal(n)
    dull = band(bright, None, rng.uniform(1500, 5000), 1)
    h = bright * np.exp(-6.9 * t / rt / rng.uniform(.4, 1)) * rng.uniform(.2, 1) + dull * np.exp(-6.9 * t / rt)
    h *= np.minimum(1, t / rng.uniform(.001, .02)) * .05
    for _ in range(int(rng.integers(2, 9))):
        h[min(n - 1, int(rng.uniform(.001, .03) * RATE))] += rng.normal(0, .4)
    h[0] = 1
    return h


def produce(stems, sounds, rng, rooms, backing):
    """From stems to a recording."""
    phone = rng.random() < .22
    wet_db = rng.uniform(-12, -1) if phone else rng.uniform(-28, -5)
    x = stems.sum(0)
    if rng.random() < .9:
        h = room(sounds, rng, rooms, phone)
        sent = sum(s * db(g) for s, g in zip(stems, rng.normal(0, 3, 3)))
        wet = fftconvolve(sent, h)[:len(x)]
        x = x + wet / (wet.std() + 1e-9) * x.std() * db(wet_db)
    x = x / (np.abs(x).max() + 1e-9) * .8
    if backing and rng.random() < .12:
        y = sounds.load(backing[rng.integers(len(backing))]["path"])
        y = np.resize(np.roll(y, -int(rng.integers(1 << 20))), len(x))
        x = x + y / (y.std() + 1e-9) * x.std() * db(rng.uniform(-18, 2))
    if rng.random() < .65:
        x = squeeze(x, rng.uniform(-28, -8), rng.uniform(1.3, 5), rng.uniform(.001, .02), rng.uniform(.05, .3))
    if rng.random() < .5:
        drive = rng.uniform(.4, 2.5)
        x = np.tanh(x * drive) / drive
    x = tilt(x, rng.normal(0, 5), rng.uniform(400, 3000))
    for _ in range(3):
        x = peak(x, np.exp(rng.uniform(4.2, 9.3)), rng.normal(0, 4), rng.uniform(.4, 1.5))
    if phone:
        x = band(x, rng.uniform(80, 300), None)
        x = band(x, None, rng.uniform(3400, 13000), 4)
        x = squeeze(x / (np.abs(x).max() + 1e-9), -30, rng.uniform(2, 5), .03, rng.uniform(.4, 1.2))
        x = np.tanh(x / (np.abs(x).max() + 1e-9) * rng.uniform(1, 2.2))
    elif rng.random() < .3:
        x = band(x, None, rng.uniform(8000, 18000), 4)
    noise = rng.standard_normal(len(x))
    noise = noise * .3 + band(noise, None, 800, 1) * 2
    x = x / (np.abs(x).max() + 1e-9) * .9 + noise / noise.std() * db(rng.uniform(-85, -46))
    if rng.random() < .1:
        x = x + db(rng.uniform(-60, -35)) * np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * np.arange(len(x)) / RATE)
    return np.clip(x, -1, 1) * db(rng.uniform(-12, 0))


class Studio:
    """Everything an item may be made of."""

    def __init__(self, data, split, seed, seconds, tiers, far):
        table = lambda name: list(csv.DictReader(open(os.path.join(data, name))))
        self.data, self.seed, self.seconds, self.far = data, seed, seconds, far
        self.grooves = [r for r in table("grooves.csv") if r["dataset"] == "gmd" and r["split"] == split]
        self.rooms = [r for r in table("rirs.csv") if int(r["licence_tier"]) in tiers]
        self.backing = [r for r in table("backing.csv") if r["kind"] != "midi" and r["path"].endswith(".flac")]
        self.sounds = Sounds(data, split, tiers)

    def item(self, i):
        """(samples, hits as (s, class, velocity), beats) of item `i`."""
        rng, notes = np.random.default_rng([self.seed, i]), []
        while len(notes) < 4:
            made = human(rng, self.grooves, self.data, self.seconds) if rng.random() < .6 else rules(rng, self.seconds)
            notes, beats = [n for n in made[0] if n[1] in self.sounds.kits], made[1]
        heard = list(notes)
        if rng.random() < .08 and "foreign" in self.sounds.kits:
            heard += [(t + .003, "foreign", rng.uniform(.3, .9)) for t in np.arange(.1, self.seconds - .3, rng.uniform(.15, .6))]
        x = produce(play(heard, self.sounds, rng, self.seconds, stranger(self.seed, i, self.far)), self.sounds, rng, self.rooms, self.backing)
        return x, sorted(notes), beats


STUDIO = None


def start(*arguments):
    global STUDIO
    STUDIO = Studio(*arguments)


def packed(i):
    x, notes, beats = STUDIO.item(i)
    hits = np.array([(t, INDEX[c], v) for t, c, v in notes])
    return log_mel(x).astype(np.float16), hits, np.array(beats, float).reshape(-1, 2)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, help="the drum data pack")
    ap.add_argument("--out", help="the pack to write")
    ap.add_argument("--sounds", help="a folder to write sounds and truths to instead")
    ap.add_argument("--count", type=int, required=True)
    ap.add_argument("--first", type=int, default=0, help="number of the first item")
    ap.add_argument("--seconds", type=float, default=14)
    ap.add_argument("--split", default="train", help="whose kits and grooves: train, or val for choosing thresholds")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--tiers", type=int, nargs="+", default=[1, 2], help="licence tiers to use")
    ap.add_argument("--far", type=float, default=0, help="share of items whose strokes are further from any recording")
    ap.add_argument("--jobs", type=int, default=2)
    a = ap.parse_args()
    span, setting = range(a.first, a.first + a.count), (a.data, a.split, a.seed, a.seconds, tuple(a.tiers), a.far)
    if a.sounds:
        os.makedirs(a.sounds, exist_ok=True)
        start(*setting)
        for i in span:
            x, notes, beats = STUDIO.item(i)
            sf.write(os.path.join(a.sounds, f"{i:05d}.flac"), x, RATE, subtype="PCM_16")
            hits = [dict(time_seconds=round(float(t), 5), instrument=c, velocity=round(v, 4)) for t, c, v in notes]
            beats = [dict(time=round(float(t), 5), beat=1 if down else 2) for t, down in beats]
            json.dump(dict(hits=hits, beats=beats), open(os.path.join(a.sounds, f"{i:05d}.json"), "w"))
        return
    with ProcessPoolExecutor(a.jobs, initializer=start, initargs=setting) as pool:
        save(a.out, list(pool.map(packed, span, chunksize=8)))


if __name__ == "__main__":
    main()
