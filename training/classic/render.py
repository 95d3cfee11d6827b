"""Renders training sound: human and rule-made playing on kits that never existed, in rooms and through microphones.

Goal: folders of `NNN.flac` (44.1 kHz, mono) and `NNN.json` ({"hits": [{"time_seconds", "instrument", "velocity"}]}).
Conventions: only kits and grooves of the `train` split; the same arguments give the same files. Every item draws each
instrument from a kit of its own or from one common kit, then changes pitch, decay, tone and level, so that the judge
cannot learn kits by heart.
"""
import argparse, csv, json, os
import mido, numpy as np, soundfile as sf
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from train import ALIAS, CLASSES
from effects import RATE, db, peak, squeeze, tilt
from instruments import FOREIGN, KEYS, SKIP

LEVEL_DB = dict(kick=0, snare=0, cross_stick=-5, clap=-3, tom_high=-1, tom_low_mid=-1, tom_floor=-1, hihat_closed=-10,
                hihat_open=-6, hihat_pedal=-12, ride=-9, ride_bell=-6, crash=-2, china=-2, splash=-5, tambourine=-7,
                cowbell=-5, foreign=-8)
# What the hi-hat part may be played on instead.
OTHER_HATS = ["ride", "ride_bell", "hihat_open", "crash", "tom_floor", "cowbell", "tambourine", "china"]
HATS = {"hihat_closed", "hihat_open", "hihat_pedal"}


class Sounds:
    """All training one-shots: per class and kit a list of strokes from soft to loud."""

    def __init__(self, data):
        self.data, self.cache, self.kits, self.group, self.acoustic = data, {}, {}, {}, {}
        for r in csv.DictReader(open(os.path.join(data, "oneshots.csv"))):
            name = "foreign" if r["instrument"] in FOREIGN else ALIAS.get(r["instrument"], r["instrument"])
            if r["split"] != "train" or r["articulation"] in SKIP or name not in LEVEL_DB:
                continue
            self.group[r["kit"]], self.acoustic[r["kit"]] = r["kit_group"], r["acoustic"] == "1"
            key = (r["instrument"], r["articulation"])
            self.kits.setdefault(name, {}).setdefault(r["kit"], {}).setdefault(key, []).append(r)

    def load(self, path):
        if path not in self.cache:
            self.cache[path] = sf.read(os.path.join(self.data, path), dtype="float32", always_2d=True)[0].mean(1)
        return self.cache[path]

    def draw(self, name, rng, base, electric):
        """One instrument of one kit: its rows, softest first. `base` is preferred where it has the instrument."""
        have = self.kits[name]
        if base in have:
            kit = base
        else:
            kits = [k for k in sorted(have) if electric or self.acoustic[k]] or sorted(have)
            groups = sorted({self.group[k] for k in kits})
            group = groups[rng.integers(len(groups))]
            kits = [k for k in kits if self.group[k] == group]
            kit = kits[rng.integers(len(kits))]
        kinds = sorted(have[kit])
        rows = have[kit][kinds[rng.integers(len(kinds))]]
        return sorted(rows, key=lambda r: float(r["rms150_db"]))


class Voice:
    """One instrument of an item: strokes of a kit, changed in pitch, decay, tone and level once for the whole item."""

    def __init__(self, sounds, name, rng, base, electric):
        self.sounds, self.rows, self.rng = sounds, sounds.draw(name, rng, base, electric), rng
        self.loudest = max(float(r["rms150_db"]) for r in self.rows)
        spread = 3 if name in ("kick", "snare") else 4
        self.pitch = 2 ** (rng.normal(0, 2.0 if "tom" not in name else 1.5) / 12)
        self.gain_db = LEVEL_DB[name] + rng.normal(0, spread)
        self.decay_s = rng.uniform(.08, .5) if rng.random() < .3 else None
        self.range_db = rng.uniform(18, 36)
        self.eq = [(rng.uniform(60, 9000), rng.normal(0, 5), rng.uniform(.5, 2)) for _ in range(2)]
        self.tilt_db, self.drive = rng.normal(0, 4), rng.uniform(1, 4) if rng.random() < .25 else 0
        self.made = {}

    def stroke(self, velocity):
        n = len(self.rows)
        at = int(np.clip(round(velocity * (n - 1) + self.rng.normal(0, .08 * n)), 0, n - 1))
        row = self.rows[at]
        if at not in self.made:
            self.made[at] = self.make(row)
        x = self.made[at]
        wanted = -(1 - velocity) * self.range_db
        gain = wanted - (float(row["rms150_db"]) - self.loudest)
        if n < 3 and velocity < .6:
            fc = 1500 + 12000 * velocity
            x = sosfilt(butter(1, fc / RATE * 2, output="sos"), x)
        return x * db(gain + self.gain_db + self.rng.normal(0, .7)), float(row["onset_ms"]) / 1000 / self.pitch

    def make(self, row):
        x = self.sounds.load(row["path"])
        x = x / (np.abs(x).max() + 1e-9)
        if abs(self.pitch - 1) > .003:
            x = np.interp(np.arange(0, len(x) - 1, self.pitch), np.arange(len(x)), x)
        if self.decay_s:
            x = x * np.exp(-np.arange(len(x)) / RATE / self.decay_s)
        for hz, gain, q in self.eq:
            x = peak(x, hz, gain, q)
        x = tilt(x, self.tilt_db, 1500)
        if self.drive:
            x = np.tanh(x / np.abs(x).max() * self.drive)
        head = x[:int(.15 * RATE)]
        return (x / (np.sqrt((head ** 2).mean()) + 1e-9) * .1).astype(np.float32)


# ---------------------------------------------------------------- playing
def human(rng, rows, data, seconds):
    """A stretch of a played groove: (time, class, velocity)."""
    row = rows[rng.integers(len(rows))]
    speed, t, notes = rng.uniform(.8, 1.25), 0.0, []
    for message in mido.MidiFile(os.path.join(data, row["path"])):
        t += message.time
        if message.type == "note_on" and message.velocity and message.note in KEYS:
            notes.append((t / speed, KEYS[message.note], message.velocity / 127))
    start = rng.uniform(0, max(0, t / speed - seconds)) if notes else 0
    notes = [(s - start + .1, c, v) for s, c, v in notes if 0 <= s - start < seconds - .3]
    return change(notes, rng)


def change(notes, rng):
    """The same rhythm on other instruments, some of them silent."""
    swap = {}
    if rng.random() < .3:
        swap["hihat_closed"] = OTHER_HATS[rng.choice(8, p=[.4, .1, .15, .1, .1, .05, .05, .05])]
    if rng.random() < .2:
        swap["ride"] = "hihat_closed" if rng.random() < .6 else "ride_bell"
    if rng.random() < .12:
        swap["snare"] = ["cross_stick", "clap", "tom_high", "tom_low_mid"][rng.choice(4, p=[.6, .15, .1, .15])]
    silent = {c for c in ("kick", "snare", "hihat_closed", "hihat_pedal", "ride", "cross_stick") if rng.random() < .08}
    curve = rng.uniform(.7, 1.4)
    return [(t, swap.get(c, c), float(v ** curve)) for t, c, v in notes if c not in silent]


def rules(rng, seconds):
    """Patterns by chance: every class plays its own rhythm on a common grid, rare classes as often as common ones."""
    step = 60 / rng.uniform(60, 180) / [2, 3, 4, 4, 6][rng.integers(5)]
    step = max(step, .07)
    cycle = int(rng.choice([6, 8, 12, 16]))
    classes = [c for c in CLASSES if rng.random() < (.55 if c in ("kick", "snare") else .2)]
    classes = classes or [CLASSES[rng.integers(len(CLASSES))]]
    hands = [c for c in classes if c not in ("kick", "hihat_pedal")]
    rank = {c: (rng.random(cycle) * rng.uniform(.4, 1) ** .5, rng.uniform(.3, 1)) for c in classes}
    dense = rng.uniform(.15, .7)
    notes = []
    for i in range(int((seconds - .4) / step)):
        now = [c for c in classes if rank[c][0][i % cycle] > 1 - dense * .8 or rng.random() < .03]
        now = [c for c in now if c in ("kick", "hihat_pedal")] + [c for c in now if c in hands][:2]
        for c in now:
            v = np.clip(rank[c][1] + rng.normal(0, .15) - .25 * (rng.random() < .2), .08, 1)
            notes.append((.1 + i * step + rng.normal(0, .006), c, float(v)))
            if rng.random() < .02 and c in ("snare", "tom_high", "tom_floor"):
                notes.append((notes[-1][0] - rng.uniform(.02, .04), c, float(v * .5)))
    if rng.random() < .5:
        notes += fill(rng, seconds)
    return [n for n in notes if n[0] > .02]


def fill(rng, seconds):
    """Strokes around the toms and snare, ending on a cymbal."""
    t, gap, notes = rng.uniform(0, seconds * .6), rng.uniform(.07, .2), []
    drums = rng.choice(["snare", "tom_high", "tom_low_mid", "tom_floor"], int(rng.integers(3, 9)))
    for c in sorted(drums, key=CLASSES.index):
        notes.append((t, c, float(np.clip(rng.normal(.7, .15), .2, 1))))
        t += gap * rng.uniform(.95, 1.05)
    return notes + [(t, "crash", float(rng.uniform(.6, 1))), (t + rng.normal(0, .004), "kick", .8)]


# ---------------------------------------------------------------- sound
def play(notes, sounds, rng, seconds):
    electric = rng.random() < .2
    bases = sorted(k for k in sounds.kits["kick"] if k in sounds.kits["snare"] and (electric or sounds.acoustic[k]))
    groups = sorted({sounds.group[k] for k in bases})
    group = groups[rng.integers(len(groups))]
    bases = [k for k in bases if sounds.group[k] == group]
    common = bases[rng.integers(len(bases))]
    loyal = rng.choice([0, .6, .95])
    out, voices = np.zeros(int((seconds + 5) * RATE), np.float32), {}
    times = sorted(t for t, c, _ in notes if c in HATS)
    buzz = rng.random() < .15
    for t, c, v in sorted(notes):
        if c not in voices:
            voices[c] = Voice(sounds, c, rng, common if rng.random() < loyal else None, electric)
        x, lead = voices[c].stroke(v)
        at = int(round((t - lead) * RATE))
        if c == "hihat_open":
            stop = next((s for s in times if s > t + .02), None)
            if stop is not None and (cut := int(stop * RATE) - at) < len(x):
                ramp = int(rng.uniform(.01, .04) * RATE)
                x = x[:cut + ramp] * np.r_[np.ones(cut), np.linspace(1, 0, ramp)][:len(x[:cut + ramp])]
        if at < 0:
            x, at = x[-at:], 0
        x = x[:len(out) - at]
        out[at:at + len(x)] += x
    if buzz:                                  # snare wires answer everything low
        low = np.abs(sosfilt(butter(2, [80 / RATE * 2, 400 / RATE * 2], "band", output="sos"), out))
        low = lfilter([.002], [1, -.998], low)
        out += (rng.standard_normal(len(out)) * low * db(rng.uniform(-14, 0))).astype(np.float32)
    return out[:int(seconds * RATE)]


def produce(x, sounds, rng, rooms, backing):
    x = x / (np.abs(x).max() + 1e-9) * .8
    if rng.random() < .6:
        x = squeeze(x, rng.uniform(-24, -8), rng.uniform(1.3, 4), rng.uniform(.002, .02), rng.uniform(.05, .25))
    if rng.random() < .5:
        drive = rng.uniform(.4, 2)
        x = np.tanh(x * drive) / drive
    phone = rng.random() < .2
    if rng.random() < .85:
        h = sounds.load(rooms[rng.integers(len(rooms))]["path"])
        h = h[max(0, int(np.argmax(np.abs(h) > .3 * np.abs(h).max())) - 4):]
        wet = fftconvolve(x, h)[:len(x)]
        x = x + wet / (wet.std() + 1e-9) * x.std() * db(rng.uniform(-12, -2) if phone else rng.uniform(-28, -7))
    x = tilt(x, rng.normal(0, 5), rng.uniform(400, 3000))
    for _ in range(2):
        x = peak(x, rng.uniform(80, 10000), rng.normal(0, 4), rng.uniform(.4, 1.5))
    if backing and rng.random() < .2:
        y = sounds.load(backing[rng.integers(len(backing))]["path"])
        y = np.resize(np.roll(y, -int(rng.integers(1 << 20))), len(x))
        x = x + y / (y.std() + 1e-9) * x.std() * db(rng.uniform(-18, 0))
    if phone:
        x = sosfilt(butter(2, rng.uniform(80, 300) / RATE * 2, "high", output="sos"), x)
        x = sosfilt(butter(4, rng.uniform(3400, 13000) / RATE * 2, output="sos"), x)
        x = squeeze(x / (np.abs(x).max() + 1e-9), -30, rng.uniform(2, 5), .03, rng.uniform(.4, 1.2))
        x = np.tanh(x / (np.abs(x).max() + 1e-9) * rng.uniform(1, 2.2))
    elif rng.random() < .3:
        x = sosfilt(butter(4, rng.uniform(8000, 18000) / RATE * 2, output="sos"), x)
    noise = rng.standard_normal(len(x))
    noise = noise * .3 + sosfilt(butter(1, 800 / RATE * 2, output="sos"), noise) * 2
    x = x / (np.abs(x).max() + 1e-9) * .9 + noise / noise.std() * db(rng.uniform(-85, -48))
    return np.clip(x, -1, 1) * db(rng.uniform(-12, 0))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, help="the drum data pack")
    ap.add_argument("--out", required=True)
    ap.add_argument("--count", type=int, required=True)
    ap.add_argument("--first", type=int, default=0, help="number of the first item, to render in several processes")
    ap.add_argument("--seconds", type=float, default=14)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    table = lambda name: list(csv.DictReader(open(os.path.join(a.data, name))))
    grooves = [r for r in table("grooves.csv") if r["dataset"] == "gmd" and r["split"] == "train"]
    rooms = table("rirs.csv")
    backing = [r for r in table("backing.csv") if r["kind"] != "midi" and r["path"].endswith(".flac")]
    sounds = Sounds(a.data)
    os.makedirs(a.out, exist_ok=True)
    for i in range(a.first, a.first + a.count):
        rng = np.random.default_rng([a.seed, i])
        notes = []
        while len(notes) < 4:
            notes = human(rng, grooves, a.data, a.seconds) if rng.random() < .6 else rules(rng, a.seconds)
        heard = list(notes)
        if rng.random() < .06:
            heard += [(t + .003, "foreign", .7) for t in np.arange(.1, a.seconds - .3, rng.uniform(.15, .6))]
        x = produce(play(heard, sounds, rng, a.seconds), sounds, rng, rooms, backing)
        sf.write(os.path.join(a.out, f"{i:05d}.flac"), x, RATE, subtype="PCM_16")
        hits = [dict(time_seconds=round(float(t), 5), instrument=c, velocity=round(v, 4)) for t, c, v in sorted(notes)]
        json.dump({"hits": hits}, open(os.path.join(a.out, f"{i:05d}.json"), "w"))


if __name__ == "__main__":
    main()
