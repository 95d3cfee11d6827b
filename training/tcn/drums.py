"""The instruments of rendered performances: recorded strokes of the training kits, synthetic strokes, and voices.

Conventions: mono, 44.1 kHz, 32-bit floats; a stroke is (samples, seconds from its first sample to its onset). A voice is
one instrument of one item: chosen once, then changed in pitch, decay, tone, attack and level once, and a little at every
stroke, so that no kit can be learnt by heart.
"""
import csv, os
import numpy as np, soundfile as sf

from pack import ALIAS
from effects import RATE, band, db, peak, tilt
from instruments import FOREIGN, SKIP

LEVEL_DB = dict(kick=0, snare=0, cross_stick=-5, clap=-3, tom_high=-1, tom_low_mid=-1, tom_floor=-1, hihat_closed=-13,
                hihat_open=-9, hihat_pedal=-14, ride=-14, ride_bell=-10, crash=-7, china=-5, splash=-8, tambourine=-10,
                cowbell=-6, foreign=-10)
SPREAD_DB = dict(kick=3, snare=3, hihat_closed=6, hihat_open=6, hihat_pedal=5, ride=6, crash=6)
CYMBALS = {"hihat_closed", "hihat_open", "hihat_pedal", "ride", "ride_bell", "crash", "china", "splash"}
# Instruments that are parts of one thing, or were tuned together: they come from one kit and change together.
FAMILY = dict(hihat_closed="hihat", hihat_open="hihat", hihat_pedal="hihat", ride="ride", ride_bell="ride",
              tom_high="toms", tom_low_mid="toms", tom_floor="toms")


# ---------------------------------------------------------------- synthetic strokes
def glide(n, start_hz, end_hz, fall_s):
    """A sine whose frequency falls from one value to another."""
    hz = end_hz + (start_hz - end_hz) * np.exp(-np.arange(n) / RATE / fall_s)
    return np.sin(2 * np.pi * np.cumsum(hz) / RATE)


def fade(n, decay_s):
    return np.exp(-np.arange(n) / RATE / decay_s)


def metal(n, rng, low_hz, high_hz, partials):
    """Inharmonic partials, as struck bronze has them."""
    t = np.arange(n) / RATE
    hz = np.exp(rng.uniform(np.log(low_hz), np.log(high_hz), partials))
    return sum(rng.uniform(.3, 1) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) * fade(n, rng.uniform(.3, 1.5)) for f in hz)


def bronze(n, rng, decay_s, low_hz):
    """A cymbal: bands of noise that swell and die each at its own pace, under partials that shimmer."""
    x, t = np.zeros(n), np.arange(n) / RATE
    edges = np.exp(np.sort(rng.uniform(np.log(low_hz), np.log(16000), 5)))
    for low, high in zip([low_hz, *edges], [*edges, None]):
        if high is None or high > low * 1.15:
            swell = 1 - rng.uniform(0, 1) * np.exp(-t / rng.uniform(.001, .03))
            x += db(rng.normal(0, 5)) * swell * fade(n, decay_s * np.exp(rng.normal(0, .5))) * band(rng.standard_normal(n), low, high)
    return x + rng.uniform(0, .15) * metal(n, rng, low_hz, 12000, 24) * fade(n, decay_s)


def jingles(n, rng):
    """Pairs of small plates that meet several times within some 30 ms, each with a ring of its own; perhaps a skin."""
    x, u = np.zeros(n), rng.uniform
    ring_s, low_hz = u(.02, .16), u(2500, 6000)
    for _ in range(int(rng.integers(3, 9))):
        at = int(abs(rng.normal(0, u(.003, .02))) * RATE)
        plate = metal(n, rng, low_hz, 14000, 6) * u(.1, 1) + rng.standard_normal(n) * u(.3, 2)
        x[at:] += (u(.3, 1) * plate * fade(n, ring_s * u(.5, 1.5)))[:n - at]
    x = band(x, low_hz, None)
    if rng.random() < .3:
        x += x.std() * u(.5, 4) * glide(n, u(150, 500), u(120, 300), .01) * fade(n, u(.02, .1))
    return x


def synthetic(name, rng):
    """One stroke made by rule, onset at its first sample."""
    n = int(RATE * (2.5 if name in ("ride", "ride_bell", "crash", "china", "hihat_open", "splash") else .8))
    noise, u = rng.standard_normal(n), rng.uniform
    if name == "kick":
        x = glide(n, u(80, 400), u(36, 90), u(.006, .05)) * fade(n, u(.06, .7))
        return np.tanh(x * u(1, 4)) + db(u(-26, -2)) * band(noise, u(600, 3000), u(4000, 12000)) * fade(n, u(.001, .006))
    if name == "snare":
        hz = u(120, 280)
        x = glide(n, hz * u(1, 1.6), hz, .01) * fade(n, u(.03, .35)) + .5 * glide(n, hz * 1.7, hz * 1.6, .01) * fade(n, u(.02, .1))
        return x * db(u(-9, 3)) + .7 * band(noise, u(700, 3000), u(7000, 16000)) * fade(n, u(.04, .2))
    if name.startswith("tom"):
        hz = dict(tom_high=u(150, 260), tom_low_mid=u(105, 160), tom_floor=u(60, 105))[name]
        x = glide(n, hz * u(1, 1.5), hz, u(.01, .06)) * fade(n, u(.1, .4)) + u(0, .4) * glide(n, hz * 1.6, hz * 1.55, .02) * fade(n, .1)
        return x + db(u(-24, -8)) * band(noise, 500, 8000) * fade(n, u(.002, .01))
    if name == "cross_stick":
        return sum(u(.3, 1) * glide(n, f, f, .01) * fade(n, u(.004, .03)) for f in np.exp(rng.uniform(6, 8.2, 3))) + .2 * noise * fade(n, .002)
    if name == "clap":
        x = sum(np.roll(noise * fade(n, u(.004, .01)), int(i * u(.006, .013) * RATE)) * (np.arange(n) >= 0) for i in range(3))
        return band(x + .8 * np.roll(noise * fade(n, u(.04, .15)), int(.03 * RATE)), u(600, 1200), u(2500, 9000))
    if name == "tambourine":
        return jingles(n, rng)
    if name == "cowbell":
        f = u(480, 640)
        return band(np.sign(glide(n, f, f, 1)) + np.sign(glide(n, f * 1.48, f * 1.48, 1)), 400, u(2500, 7000)) * fade(n, u(.05, .25))
    decay = dict(hihat_closed=u(.012, .08), hihat_open=u(.2, .7), hihat_pedal=u(.015, .07), ride=u(.4, 1.2), ride_bell=u(.3, 1),
                 crash=u(.4, 1.2), china=u(.25, .7), splash=u(.1, .3)).get(name, .1)
    low = dict(ride=u(2500, 5000), ride_bell=u(600, 1200), crash=u(300, 1500), china=u(400, 1500)).get(name, u(4000, 8500))
    if name in CYMBALS and rng.random() < .6:
        x = bronze(n, rng, decay, low * u(.5, 1))
    else:
        x = band(noise, low, None) * fade(n, decay) + u(.02, .3) * band(metal(n, rng, max(low, 900), 13000, 14), low, None) * fade(n, decay)
    if name in ("ride", "ride_bell"):
        f = u(500, 1400) if name == "ride_bell" else u(2500, 5500)
        x = x * .5 + u(.2, 1) * sum(glide(n, f * k, f * k, 1) for k in (1, 1.51, 2.32)) * fade(n, u(.05, .6))
    if name in ("crash", "china", "hihat_pedal"):
        x = x * np.minimum(1, .4 + np.arange(n) / RATE / u(.002, .02))
    return x


# ---------------------------------------------------------------- recorded strokes
class Sounds:
    """All one-shots of a split: per class and kit a list of strokes."""

    def __init__(self, data, split="train", tiers=(1, 2)):
        self.data, self.cache, self.kits, self.group, self.acoustic = data, {}, {}, {}, {}
        for r in csv.DictReader(open(os.path.join(data, "oneshots.csv"))):
            name = "foreign" if r["instrument"] in FOREIGN else ALIAS.get(r["instrument"], r["instrument"])
            wanted = r["split"] == split and int(r["licence_tier"]) in tiers
            if not wanted or r["articulation"] in SKIP or name not in LEVEL_DB:
                continue
            self.group[r["kit"]], self.acoustic[r["kit"]] = r["kit_group"], r["acoustic"] == "1"
            key = (r["instrument"], r["articulation"])
            self.kits.setdefault(name, {}).setdefault(r["kit"], {}).setdefault(key, []).append(r)

    def load(self, path):
        if path not in self.cache:
            self.cache[path] = sf.read(os.path.join(self.data, path), dtype="float32", always_2d=True)[0].mean(1)
        return self.cache[path]

    def reference_db(self, kit):
        """Level of a kit's loudest strokes of kick and snare."""
        loud = [max(float(r["rms150_db"]) for rows in self.kits[c][kit].values() for r in rows)
                for c in ("kick", "snare") if kit in self.kits[c]]
        return float(np.mean(loud)) if loud else -15.0

    def kit_with(self, names, rng, electric):
        """A kit that has most of the instruments named; every independent recording is as likely as another."""
        have = {k: sum(k in self.kits[n] for n in names) for k in self.group if electric or self.acoustic[k]}
        best = max(have.values())
        kits = sorted(k for k, n in have.items() if n == best or (n > 0 and n >= best - 1 and len(names) > 2))
        groups = sorted({self.group[k] for k in kits})
        group = groups[rng.integers(len(groups))]
        kits = [k for k in kits if self.group[k] == group]
        return kits[rng.integers(len(kits))]

    def rows(self, name, kit, rng, electric):
        """Strokes of one articulation of an instrument, softest first; of another kit where this one lacks it."""
        kit = kit if kit in self.kits[name] else self.kit_with([name], rng, electric)
        if kit not in self.kits[name]:
            kit = sorted(self.kits[name])[rng.integers(len(self.kits[name]))]
        kinds = sorted(self.kits[name][kit])
        return sorted(self.kits[name][kit][kinds[rng.integers(len(kinds))]], key=lambda r: float(r["rms150_db"]))


class Families:
    """The kit of each family of instruments of an item and what its members have in common, chosen when it is first asked for."""

    def __init__(self, sounds, rng, electric, common, loyal):
        """`loyal`: how likely a family comes from the kit `common`."""
        self.sounds, self.rng, self.electric, self.common, self.loyal = sounds, rng, electric, common, loyal
        self.known = {}

    def of(self, name):
        """(kit, what is shared) of an instrument's family; nothing is shared by an instrument that is a family of its own."""
        rng, family = self.rng, FAMILY.get(name, name)
        if family not in self.known:
            members = [m for m, f in FAMILY.items() if f == family] or [name]
            kit = self.common if rng.random() < self.loyal else self.sounds.kit_with(members, rng, self.electric)
            self.known[family] = kit, dict(pitch=rng.normal(0, 2), gain_db=rng.normal(0, 3),
                                           decay_s=rng.uniform(.08, .5) if rng.random() < .2 else None)
        kit, shared = self.known[family]
        return kit, shared if name in FAMILY else dict(pitch=0, gain_db=0, decay_s=None)


class Voice:
    """One instrument of an item.

    `shared` is what its family has in common; `item` what the whole item has: `natural` (the kit as it was recorded: its
    own balance, little change of sound), `cymbals_db` (overheads up or down) and, at will, `far`: chances of its own for
    strokes further from any recording.
    """

    def __init__(self, sounds, name, rng, kit, electric, shared, item):
        self.sounds, self.name, self.rng = sounds, name, rng
        self.rows = sounds.rows(name, kit, rng, electric)
        change = .3 if item["natural"] else 1
        self.loudest = max(float(r["rms150_db"]) for r in self.rows)
        own = 0 if name in FAMILY else 1
        spread = 3.5 if name in ("kick", "snare", "tambourine") else 2
        self.pitch = 2 ** (change * (shared["pitch"] + own * rng.normal(0, spread) + rng.normal(0, .4)) / 12)
        self.gain_db = LEVEL_DB[name] + shared["gain_db"] + rng.normal(0, SPREAD_DB.get(name, 4) * (.5 + .5 * own))
        if item["natural"] and self.rows[0]["kit"] == kit and self.rows[0]["levels"] == "recorded":
            own_db = self.loudest - sounds.reference_db(kit)
            self.gain_db = float(np.clip(own_db, LEVEL_DB[name] - 6, LEVEL_DB[name] + 10)) + rng.normal(0, 1.5)
        self.gain_db += item["cymbals_db"] if name in CYMBALS else 0
        self.decay_s = shared["decay_s"] if name in FAMILY else rng.uniform(.06, .5) if rng.random() < .3 else None
        self.slope_db = rng.uniform(17, 38)         # per tenfold velocity
        self.eq = [(np.exp(rng.uniform(4.1, 9.3)), change * rng.normal(0, 6), rng.uniform(.4, 2)) for _ in range(4)]
        self.tilt_db, self.drive = change * rng.normal(0, 5), rng.uniform(1, 5) if rng.random() < .25 * change else 0
        self.attack_db = rng.normal(-2 if name == "crash" else 0, 4) if rng.random() < .5 * change else 0
        made = .4 if name == "tambourine" else .3 if electric else change * (.12 if name in CYMBALS else .05)
        self.alone = synthetic(name, rng) if name != "foreign" and rng.random() < made else None
        layered = (.45 if name in CYMBALS else .3) * change
        self.layer = self.make_layer(rng) if name != "foreign" and rng.random() < layered else None
        self.attack = self.other(rng) if name != "foreign" and rng.random() < .25 * change else None
        self.attack_s, self.attack_gain = rng.uniform(.004, .05), db(rng.normal(0, 5))
        self.stranger = Stranger(self, far) if (far := item.get("far")) is not None and name != "foreign" else None
        self.made = {}

    def other(self, rng):
        """A loud stroke of the same instrument of any kit, from its onset."""
        rows = self.sounds.rows(self.name, None, rng, True)
        r = rows[-1 - int(rng.integers(min(3, len(rows))))]
        return self.sounds.load(r["path"])[int(float(r["onset_ms"]) / 1000 * RATE):]

    def make_layer(self, rng):
        """A second timbre under the first: of another kit, or synthetic."""
        if rng.random() < .4:
            x = synthetic(self.name, rng)
        else:
            x = self.other(rng)
        return norm(x) * db(rng.uniform(-16, 0))

    def stroke(self, velocity):
        n, rng = len(self.rows), self.rng
        at = int(np.clip(round(velocity * (n - 1) + rng.normal(0, .1 * n)), 0, n - 1))
        if at not in self.made:
            self.made[at] = self.make(self.rows[at])
        x = self.made[at]
        if n < 3 or self.alone is not None:
            x = x if velocity > .85 else band(x, None, 1200 + 15000 * velocity ** 1.5, 1)
        if rng.random() < .5:
            x = x[1:] * (1 - (a := rng.uniform(-.08, .08))) + a * (x[1:] - x[:-1])
        gain = self.gain_db + self.slope_db * np.log10(max(velocity, .03)) + rng.normal(0, .8)
        lead = 0 if self.alone is not None else float(self.rows[at]["onset_ms"]) / 1000 / self.pitch
        return x * db(gain), lead

    def make(self, row):
        x = self.sounds.load(row["path"]) if self.alone is None else self.alone
        if abs(self.pitch - 1) > .003:
            x = np.interp(np.arange(0, len(x) - 1, self.pitch), np.arange(len(x)), x)
        lead = 0 if self.alone is not None else int(float(row["onset_ms"]) / 1000 / self.pitch * RATE)
        if self.layer is not None:
            x = np.pad(norm(x), (0, max(0, lead + len(self.layer) - len(x))))
            x[lead:lead + len(self.layer)] += self.layer
        t = np.maximum(0, np.arange(len(x)) - lead) / RATE
        if self.attack is not None:          # one stroke's attack, another's body
            share = np.clip((self.attack_s - t) / .004, 0, 1)
            head = np.pad(norm(self.attack), (0, len(x)))[:max(0, len(x) - lead)]
            x = norm(x) * (1 - share)
            x[lead:] += self.attack_gain * share[lead:] * head
        if self.decay_s:
            x = x * np.exp(-t / self.decay_s)
        if self.attack_db:
            x = x * (1 + (db(self.attack_db) - 1) * np.exp(-t / .008))
        if self.stranger is not None:
            x = self.stranger.make(x, t)
        for hz, gain, q in self.eq:
            x = peak(x, hz, gain, q)
        x = tilt(x, self.tilt_db, 1500)
        if self.drive:
            x = np.tanh(x / (np.abs(x).max() + 1e-9) * self.drive)
        return norm(x)


def stranger(seed, i, share):
    """Chances of item `i` for strokes far from any recording, in so many items; nothing in the others."""
    rng = np.random.default_rng([seed, i, 1])
    return rng if rng.random() < share else None


class Stranger:
    """What makes an instrument none that was recorded: the highs of another, bands that die each at its own pace, rings of
    a shell that is not there, another pitch, a stroke made by rule."""

    def __init__(self, voice, rng):
        self.splice = None
        if rng.random() < .5:
            self.splice = norm(voice.other(rng)) * db(rng.normal(0, 5)), np.exp(rng.uniform(np.log(150), np.log(6000)))
        self.edges = np.exp(np.sort(rng.uniform(np.log(90), np.log(9000), int(rng.integers(1, 4)))))
        longest_s = 1.5 if voice.name in CYMBALS else .5
        self.fades_s = np.exp(rng.uniform(np.log(.03), np.log(longest_s), len(self.edges) + 1)) if rng.random() < .5 else None
        self.gains = db(rng.normal(0, 5, len(self.edges) + 1))
        low_hz, high_hz = (700, 9000) if voice.name in CYMBALS else (60, 900)
        self.rings = [(np.exp(rng.uniform(np.log(low_hz), np.log(high_hz))), np.exp(rng.uniform(np.log(.03), np.log(.4))), db(rng.uniform(-30, -6)))
                      for _ in range(int(rng.integers(0, 4)) if rng.random() < .5 else 0)]
        voice.pitch *= 2 ** (rng.normal(0, 1.5) / 12)
        if rng.random() < .15 and voice.alone is None:
            voice.alone = synthetic(voice.name, rng)

    def make(self, x, t):
        """Changes a stroke whose samples are heard at `t` (s from its onset, none below zero)."""
        lead = int(np.count_nonzero(t == 0)) - 1
        x = norm(x)
        if self.splice is not None:
            high, hz = self.splice
            x = band(x, None, hz) + band(np.pad(high, (lead, len(x)))[:len(x)], hz, None)
        if self.fades_s is not None:
            parts = [band(x, low, high) for low, high in zip([None, *self.edges], [*self.edges, None])]
            x = sum(p * g * np.exp(-t / s) for p, g, s in zip(parts, self.gains, self.fades_s))
        level = np.sqrt((x[lead:lead + int(.15 * RATE)] ** 2).mean())
        for hz, decay_s, gain in self.rings:
            ring = np.sin(2 * np.pi * hz * t) * np.exp(-t / decay_s) * (t > 0)
            x = x + 3 * level * gain * ring
        return x


def norm(x):
    """Level .1 over the first 150 ms."""
    head = x[:int(.15 * RATE)]
    return (x / (np.sqrt((head ** 2).mean()) + 1e-9) * .1).astype(np.float32)
