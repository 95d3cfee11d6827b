"""Trains the classic model: templates from single strokes, the judge from rendered performances.

Goal: `models/classic/` (weights.bin, model.toml) from the drum data pack and a validation suite, the same each time.
Conventions: what the judge looks at is computed by the Rust code itself (`examples/describe.rs`), so the two cannot
drift apart. The weights format is described in `crates/listen/src/classic/weights.rs`.
"""
import argparse, copy, csv, glob, hashlib, json, os, struct, subprocess, sys
import numpy as np, soundfile as sf

# What both trainings share; modules that import this one find it as well.
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../common"))
from instruments import ALIAS

GROUPS = [("kick", ["kick"]), ("snare", ["snare", "cross_stick", "clap"]),
          ("toms", ["tom_high", "tom_low_mid", "tom_floor"]),
          ("hihat", ["hihat_closed", "hihat_open", "hihat_pedal"]),
          ("cymbals", ["ride", "ride_bell", "crash", "china", "splash"]),
          ("tambourine", ["tambourine"]), ("cowbell", ["cowbell"])]
CLASSES = [c for _, members in GROUPS for c in members]
GROUP_OF = {c: g for g, (_, members) in enumerate(GROUPS) for c in members}
# The layout of the inputs, as in `describe.rs`.
BANDS, LONG_FRAMES, SHORT_FRAMES, PITCH_BANDS, PITCH_HZ, AFTER = 64, 8, 10, 32, (40.0, 500.0), 3
ATTACK_EDGES_HZ = [40, 130, 220, 350, 550, 850, 1300, 2000, 3100, 4800, 7500, 11500, 17000]
FEATURES = dict(sample_rate_hz=44100, window_samples=2048, hop_samples=441, bands=BANDS, low_hz=30.0, high_hz=16500.0)
TEMPLATES_PER_CLASS = 4
MATCH_S = 0.03


# ---------------------------------------------------------------- files
def write_weights(path, arrays):
    """The arrays in the format of `weights.rs`."""
    out = [b"BBARRAY1", struct.pack("<I", len(arrays))]
    for name, a in arrays.items():
        a = np.ascontiguousarray(a, "<f4")
        out += [struct.pack("<I", len(name)), name.encode(), struct.pack("<I", a.ndim),
                struct.pack(f"<{a.ndim}I", *a.shape), a.tobytes()]
    open(path, "wb").write(b"".join(out))


def write_card(path, weights, thresholds, latency_s, extra, velocities=None):
    """`model.toml` beside the weights."""
    quote = lambda names: "[" + ", ".join(f'"{n}"' for n in names) + "]"
    lines = ["# The classic model: what it hears, how its numbers are read, where they come from.",
             'name = "classic"', 'version = "1"', 'kind = "classic"',
             'licence = "MIT"', f'sha256 = "{hashlib.sha256(open(weights, "rb").read()).hexdigest()}"',
             f"classes = {quote(CLASSES)}", f"latency_s = {latency_s:.5f}", "combine_s = 0.03", "", "[features]"]
    lines += [f"{k} = {v}" for k, v in FEATURES.items()]
    for (name, members), t in zip(GROUPS, thresholds):
        lines += ["", "[[groups]]", f'name = "{name}"', f"members = {quote(members)}", f"threshold = {t:.3f}"]
        if velocities and name in velocities:
            heard, true, gain = velocities[name]
            lines += [f"velocity = {{ heard_mean = {heard:.3f}, true_mean = {true:.3f}, gain = {gain:.2f} }}"]
    open(path, "w").write("\n".join(lines + extra) + "\n")


def sources(data):
    """What the model was made from, as `[[data]]` entries of the card."""
    found = set()
    for table, keep in (("oneshots.csv", lambda r: r["split"] == "train"), ("rirs.csv", lambda r: True),
                        ("backing.csv", lambda r: r["kind"] == "audio")):
        rows = filter(keep, csv.DictReader(open(os.path.join(data, table))))
        found |= {(r["source"].split(" (")[0], r["licence"], int(r["licence_tier"])) for r in rows}
    found.add(("Groove MIDI Dataset v1.0.0, train split", "CC-BY-4.0", 1))
    lines = []
    for source, licence, tier in sorted(found):
        lines += ["", "[[data]]", f"source = {json.dumps(source)}", f"licence = {json.dumps(licence)}", f"tier = {tier}"]
    return lines


def describe(describer, card, weights, sounds, work):
    """(times, rows) of the candidates in each sound; results are kept in `work`."""
    os.makedirs(work, exist_ok=True)
    tag = hashlib.sha256(open(weights, "rb").read() + open(describer, "rb").read()).hexdigest()[:12]
    jobs = [(s, os.path.join(work, f"{hashlib.sha256(s.encode()).hexdigest()[:16]}-{tag}.desc")) for s in sounds]
    todo = [(s, d) for s, d in jobs if not os.path.exists(d)]
    raw = os.path.join(work, "raw")
    os.makedirs(raw, exist_ok=True)
    for i in range(0, len(todo), 50):
        child = subprocess.Popen([describer, card, weights], stdin=subprocess.PIPE, text=True)
        lines = []
        for j, (s, d) in enumerate(todo[i:i + 50]):
            x = sf.read(s, dtype="float32", always_2d=True)[0].mean(1)
            name = os.path.join(raw, f"{j}.f32")
            x.astype("<f4").tofile(name)
            lines.append(f"{name} {d}")
        child.communicate("\n".join(lines) + "\n")
        assert child.returncode == 0
    out = []
    for _, d in jobs:
        b = open(d, "rb").read()
        n, m = struct.unpack("<II", b[:8])
        a = np.frombuffer(b, "<f4", offset=8).reshape(n, m + 1) if n else np.zeros((0, 1), np.float32)
        out.append((a[:, 0].astype(float), a[:, 1:]))
    return out


# ---------------------------------------------------------------- templates
def cluster(x, k, rng):
    """k centres of the rows of x, by cosine distance (k-means)."""
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    centres = x[rng.choice(len(x), k, replace=len(x) < k)]
    for _ in range(30):
        near = (x @ centres.T).argmax(1)
        for i in range(k):
            if (near == i).any():
                centres[i] = x[near == i].mean(0)
                centres[i] /= np.linalg.norm(centres[i])
    return centres


def learn_templates(a, card, flat, rng):
    """Spectra just after the stroke, several per class, from the training kits."""
    rows = [r for r in csv.DictReader(open(os.path.join(a.data, "oneshots.csv")))
            if r["split"] == "train" and ALIAS.get(r["instrument"], r["instrument"]) in CLASSES
            and r["articulation"] not in ("press", "snares_off", "brush_swirl") and r["shared"] == "0"]
    found = describe(a.describer, card, flat, [os.path.join(a.data, r["path"]) for r in rows], a.work)
    spectra = {c: [] for c in CLASSES}
    for r, (_, x) in zip(rows, found):
        if len(x):
            level = x[0, :LONG_FRAMES * BANDS].reshape(LONG_FRAMES, BANDS) * 20 - 40
            spectra[ALIAS.get(r["instrument"], r["instrument"])].append(10 ** (level[AFTER] / 20))
    return np.stack([cluster(np.array(spectra[c]), TEMPLATES_PER_CLASS, rng) for c in CLASSES])


# ---------------------------------------------------------------- labels
def load_truth(path):
    hits = json.load(open(path))["hits"]
    named = [(h["time_seconds"], ALIAS.get(h["instrument"], h["instrument"]), h["velocity"]) for h in hits]
    return [h for h in named if h[1] in CLASSES]


def label(times, truth, latency_s):
    """Per candidate and group: struck (0/1), class (index in the group), velocity; and the truth nobody proposed."""
    n, g = len(times), len(GROUPS)
    struck, member, velocity = np.zeros((n, g), np.float32), np.zeros((n, g), int), np.zeros((n, g), np.float32)
    missed, errors = [], []
    for t, c, v in truth:
        i = int(np.abs(times + latency_s - t).argmin()) if n else -1
        if n == 0 or abs(times[i] + latency_s - t) > MATCH_S:
            missed.append((t, c, v))
            continue
        errors.append(times[i] - t)
        k = GROUP_OF[c]
        if v > velocity[i, k]:
            struck[i, k], velocity[i, k], member[i, k] = 1, v, GROUPS[k][1].index(c)
    return struck, member, velocity, missed, errors


class Set:
    """Described and labelled sounds, all rows in one array; `item` says which sound a row is from."""

    def __init__(self, sounds, truths, described, latency_s):
        parts = [label(t, truth, latency_s) for (t, _), truth in zip(described, truths)]
        self.x = np.concatenate([x for (_, x) in described if len(x)])
        self.times = np.concatenate([t for t, _ in described])
        self.item = np.concatenate([np.full(len(t), i) for i, (t, _) in enumerate(described)])
        self.struck, self.member, self.velocity = (np.concatenate([p[i] for p in parts]) for i in range(3))
        self.missed = [m for p in parts for m in p[3]]
        self.truths, self.errors = truths, np.array([e for p in parts for e in p[4]])
        self.total = sum(map(len, truths))

    def part(self, rows):
        """The labels of some rows; what nobody proposed is left out."""
        other = copy.copy(self)
        other.struck, other.member, other.velocity = self.struck[rows], self.member[rows], self.velocity[rows]
        other.missed = []
        return other


# ---------------------------------------------------------------- the judge
def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


class Net:
    """The judge: `look` layers per candidate, the mean of what they say over the song beside it, `decide` layers.

    Plain numpy: Adam, dropout, averaged weights.
    """

    def __init__(self, inputs, look, decide, outputs, rng):
        self.looks, sizes = len(look), list(zip([inputs, *look[:-1]], look))
        sizes += list(zip([2 * look[-1], *decide], [*decide, outputs]))
        self.p = []
        for a, b in sizes:
            self.p += [(rng.standard_normal((b, a)) * np.sqrt(2 / a)).astype(np.float32), np.zeros(b, np.float32)]
        self.p[-2] *= .3
        self.m, self.v = [np.zeros_like(p) for p in self.p], [np.zeros_like(p) for p in self.p]
        self.mean, self.step = [p.copy() for p in self.p], 0

    def forward(self, x, starts, p=None, drop=0.0, rng=None):
        """Outputs for rows of several songs, the first rows of which are `starts`."""
        p, acts, masks = p or self.p, [x], []
        counts = np.diff(np.r_[starts, len(x)])
        for i in range(0, len(p) - 2, 2):
            x = np.maximum(x @ p[i].T + p[i + 1], 0)
            masks.append((rng.random(x.shape, np.float32) >= drop) / np.float32(1 - drop) if drop else None)
            x = x * masks[-1] if drop else x
            if i // 2 + 1 == self.looks:
                mean = np.add.reduceat(x, starts, axis=0) / counts[:, None]
                self.wide = x > 0
                x = np.concatenate([x, np.repeat(mean, counts, axis=0)], 1).astype(np.float32)
            acts.append(x)
        return x @ p[-2].T + p[-1], (acts, masks, starts, counts)

    def backward(self, d, kept):
        acts, masks, starts, counts = kept
        grads = []
        for i in range(len(self.p) - 2, -1, -2):
            k = i // 2
            grads = [d.T @ acts[k], d.sum(0)] + grads
            if i:
                d = d @ self.p[i]
                if k == self.looks:
                    half = d.shape[1] // 2
                    shared = np.add.reduceat(d[:, half:], starts, axis=0) / counts[:, None]
                    d = (d[:, :half] + np.repeat(shared, counts, axis=0)) * self.wide
                else:
                    d = d * (acts[k] > 0)
                if masks[k - 1] is not None:
                    d *= masks[k - 1]
        return grads

    def update(self, grads, rate, decay, keep=0.999):
        self.step += 1
        for p, g, m, v, mean in zip(self.p, grads, self.m, self.v, self.mean):
            m += .1 * (g - m)
            v += .001 * (g * g - v)
            move = m / (1 - .9 ** self.step) / (np.sqrt(v / (1 - .999 ** self.step)) + 1e-8)
            p -= rate * (move + decay * p * (p.ndim == 2))
            k = min(keep, self.step / (self.step + 10))
            mean *= k
            mean += (1 - k) * p

    def arrays(self):
        names = [f"look{i + 1}" for i in range(self.looks)]
        names += [f"decide{i + 1}" for i in range(len(self.p) // 2 - self.looks)]
        return {f"{n}.{k}": self.mean[2 * i + j] for i, n in enumerate(names) for j, k in enumerate(("weights", "bias"))}


def loss_gradient(z, struck, member, velocity):
    """Gradient of the sum of the three losses with respect to the outputs, and the loss of the groups."""
    g, n = len(GROUPS), len(z)
    p = 1 / (1 + np.exp(-np.clip(z[:, :g], -30, 30)))
    d = np.zeros_like(z)
    soft = struck * .98 + .005
    d[:, :g] = p - soft
    at = g
    for k, (_, members) in enumerate(GROUPS):
        if len(members) > 1:
            q = softmax(z[:, at:at + len(members)])
            q[np.arange(n), member[:, k]] -= 1
            d[:, at:at + len(members)] = q * struck[:, k:k + 1] * .7
        at += len(members)
    v = 1 / (1 + np.exp(-np.clip(z[:, at:], -30, 30)))
    d[:, at:] = (v - velocity) * v * (1 - v) * struck * 4
    loss = -(struck * np.log(p + 1e-7) + (1 - struck) * np.log(1 - p + 1e-7)).sum(1).mean()
    return d / n, loss


def mel(hz):
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


def places():
    """Where each level input lies between the lowest and the highest band, 0..1: long frames, attack, pitch, colour."""
    low, high = mel(FEATURES["low_hz"]), mel(FEATURES["high_hz"])
    long = (np.arange(BANDS) + 1) / (BANDS + 1)
    edges = np.array(ATTACK_EDGES_HZ)
    attack = (mel(np.sqrt(edges[:-1] * edges[1:])) - low) / (high - low)
    pitch = np.linspace(mel(PITCH_HZ[0]), mel(PITCH_HZ[1]), PITCH_BANDS + 2)[1:-1]
    pitch = (pitch - low) / (high - low)
    return np.clip(np.concatenate([np.tile(long, LONG_FRAMES), np.tile(attack, SHORT_FRAMES), pitch, long]), 0, 1)


KNOTS = 9
# Row k: how much each level input follows the k-th knot of a curve over frequency.
CURVE = np.stack([np.interp(places(), np.linspace(0, 1, KNOTS), row) for row in np.eye(KNOTS)]).astype(np.float32)
LEVELS = LONG_FRAMES * BANDS + SHORT_FRAMES * (len(ATTACK_EDGES_HZ) - 1) + PITCH_BANDS
COLOUR = LEVELS + len(CLASSES)


def disturb(x, song, rng):
    """What another microphone and room would have given each song: loudness, tone, a noise floor, some grain."""
    n, x = int(song[-1]) + 1, x.copy()
    at = np.r_[0:LEVELS, COLOUR:COLOUR + BANDS]
    knots = rng.normal(0, .22, (n, KNOTS)) + rng.normal(0, .2, (n, 1)) * np.linspace(-1, 1, KNOTS)
    knots += rng.normal(0, .1, (n, 1))
    floor = rng.uniform(-2.2, .5, (n, 1)) + rng.normal(0, .3, (n, KNOTS))
    y = x[:, at] + (knots.astype(np.float32) @ CURVE)[song]
    y[:, :LEVELS] += rng.normal(0, .05, (len(x), LEVELS)).astype(np.float32)
    k = np.float32(4.6052)                    # inputs count 20 dB, that is two decades of power
    y = np.logaddexp(y * k, (floor.astype(np.float32) @ CURVE)[song] * k) / k
    x[:, at] = np.where((rng.random(n) < .7)[song][:, None], y, x[:, at])
    return x


def train(data, val, a, rng):
    mean, std = data.x.mean(0), data.x.std(0) + .05
    scale = (1 / std).astype(np.float32)
    net = Net(data.x.shape[1], a.look, a.decide, 2 * len(GROUPS) + len(CLASSES), rng)
    rows = [r for r in np.split(np.arange(len(data.x)), np.flatnonzero(np.diff(data.item)) + 1) if len(r) > 4]
    xv, val_starts = ((val.x - mean) * scale).astype(np.float32), np.r_[0, np.flatnonzero(np.diff(val.item)) + 1]
    for epoch in range(a.epochs):
        order, rate, total = rng.permutation(len(rows)), a.rate * .5 * (1 + np.cos(np.pi * epoch / a.epochs)), []
        for s in range(0, len(order) - a.songs + 1, a.songs):
            songs = [rows[i] for i in order[s:s + a.songs]]
            for j, r in enumerate(songs):        # short songs, too
                if rng.random() < .3:
                    k = int(rng.integers(4, len(r) + 1))
                    at = int(rng.integers(0, len(r) - k + 1))
                    songs[j] = r[at:at + k]
            i, song = np.concatenate(songs), np.repeat(np.arange(a.songs), [len(r) for r in songs])
            starts = np.r_[0, np.cumsum([len(r) for r in songs])[:-1]]
            x = ((disturb(data.x[i], song, rng) - mean) * scale).astype(np.float32)
            z, kept = net.forward(x, starts, drop=a.drop, rng=rng)
            d, loss = loss_gradient(z, data.struck[i], data.member[i], data.velocity[i])
            net.update(net.backward(d.astype(np.float32), kept), rate, a.decay)
            total.append(loss)
        z = net.forward(xv, val_starts, net.mean)[0]
        f, thresholds = fit_thresholds(z, val)
        print(f"epoch {epoch + 1}: train loss {np.mean(total):.3f}, val loss "
              f"{loss_gradient(z, val.struck, val.member, val.velocity)[1]:.3f}, val F {f:.4f}", flush=True)
    quarter = np.concatenate(rows[::4])
    starts = np.cumsum([0] + [len(r) for r in rows[::4]])[:-1]
    seen = net.forward(((data.x[quarter] - mean) * scale).astype(np.float32), starts, net.mean)[0]
    f, thresholds = fit_thresholds(z, val, seen, data.part(quarter))
    print(f"val F with the final thresholds {f:.4f}")
    return {"mean": mean, "scale": scale, **net.arrays()}, thresholds, z


def tallies(z, data, thresholds):
    """True and false positives and misses per group and threshold; hits no candidate proposed count as missed."""
    p = 1 / (1 + np.exp(-z[:, :len(GROUPS)]))
    missed = np.bincount([GROUP_OF[c] for _, c, _ in data.missed], minlength=len(GROUPS))
    on, real = p[:, :, None] >= thresholds, data.struck[:, :, None] > 0
    hit = (on & real).sum(0)
    return np.stack([hit, on.sum(0) - hit, real.sum(0) - hit + missed[:, None]])


def f_measure(t):
    return 2 * t[0] / np.maximum(1, 2 * t[0] + t[1] + t[2])


def fit_thresholds(z, val, z_train=None, data=None):
    """Per group the threshold with the best F on unseen kits, or of F there and in training, since those kits are few."""
    choices = np.arange(.16, .85, .02)
    t = tallies(z, val, choices)
    goal = f_measure(t) if data is None else f_measure(t) + f_measure(tallies(z_train, data, choices))
    best = goal.argmax(1)
    return f_measure(t[:, np.arange(len(GROUPS)), best].sum(1)), choices[best]


def velocity_maps(z, val, thresholds):
    """Per group the line that gives velocities the spread they have in truth; the more, the surer they are.

    A regression squeezes its guesses towards the middle. Where they follow the truth (r over .4) they are spread back,
    twofold at the most; elsewhere only the mean is put right.
    """
    maps, p = {}, 1 / (1 + np.exp(-z[:, :len(GROUPS)]))
    for k, (name, _) in enumerate(GROUPS):
        both = (p[:, k] >= thresholds[k]) & (val.struck[:, k] > 0)
        if both.sum() < 100:
            continue
        v, true = 1 / (1 + np.exp(-z[both, len(GROUPS) + len(CLASSES) + k])), val.velocity[both, k]
        sure = np.corrcoef(v, true)[0, 1] > .4
        maps[name] = v.mean(), true.mean(), min(true.std() / v.std(), 2) if sure else 1
    return maps


def report(z, val, thresholds):
    p = 1 / (1 + np.exp(-z[:, :len(GROUPS)]))
    at = len(GROUPS)
    for k, (name, members) in enumerate(GROUPS):
        on, real = p[:, k] >= thresholds[k], val.struck[:, k] > 0
        q = z[:, at:at + len(members)].argmax(1)
        at += len(members)
        both = on & real
        v = 1 / (1 + np.exp(-z[:, len(GROUPS) + len(CLASSES) + k]))
        r = np.corrcoef(v[both], val.velocity[both, k])[0, 1] if both.sum() > 2 else 0
        right = (q == val.member[:, k])[both].sum() / max(1, both.sum())
        print(f"{name:11s} threshold {thresholds[k]:.2f} P {both.sum() / max(1, on.sum()):.3f} "
              f"R {both.sum() / max(1, real.sum()):.3f} member {right:.3f} velocity r {r:.2f} n {real.sum()}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True, help="the drum data pack")
    ap.add_argument("--train", nargs="+", required=True, help="folders of rendered training sound with truth")
    ap.add_argument("--val", nargs="+", required=True, help="folders of validation sound with truth")
    ap.add_argument("--describer", required=True, help="the built example `describe` of the crate `listen`")
    ap.add_argument("--work", required=True, help="folder for intermediate files")
    ap.add_argument("--out", required=True, help="models/classic")
    ap.add_argument("--look", type=int, nargs="+", default=[384, 128])
    ap.add_argument("--decide", type=int, nargs="+", default=[128])
    ap.add_argument("--songs", type=int, default=6, help="songs per step")
    ap.add_argument("--epochs", type=int, default=18)
    ap.add_argument("--rate", type=float, default=1e-3)
    ap.add_argument("--drop", type=float, default=.25)
    ap.add_argument("--decay", type=float, default=1e-3)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    rng = np.random.default_rng(a.seed)
    os.makedirs(a.work, exist_ok=True)
    os.makedirs(a.out, exist_ok=True)
    card, flat, templates = (os.path.join(a.work, f) for f in ("card.toml", "flat.bin", "templates.bin"))
    write_weights(flat, {"templates": np.ones((len(CLASSES), 1, BANDS))})
    write_card(card, flat, [.5] * len(GROUPS), 0, [])
    learnt = {"templates": learn_templates(a, card, flat, rng)}
    write_weights(templates, learnt)
    sets, latency_s = [], 0.0
    for folders in (a.train, a.val):
        sounds = sorted(f for d in folders for f in glob.glob(os.path.join(d, "*.flac")))
        truths = [load_truth(f[:-5] + ".json") for f in sounds]
        described = describe(a.describer, card, templates, sounds, a.work)
        s = Set(sounds, truths, described, latency_s)
        if not sets:
            latency_s = -float(np.median(s.errors))
            s = Set(sounds, truths, described, latency_s)
        sets.append(s)
        print(f"{len(sounds)} sounds, {len(s.x)} candidates, {s.total} hits, {len(s.missed)} without a candidate, "
              f"{(s.struck.sum(1) == 0).mean():.2f} of candidates empty, median error {np.median(s.errors) * 1e3:.2f}"
              f" ms, spread {np.median(np.abs(s.errors + latency_s)) * 1e3:.2f} ms", flush=True)
        lost = {c: sum(m[1] == c for m in s.missed) for c in CLASSES}
        print("lost:", {c: f"{n}/{sum(h[1] == c for t in s.truths for h in t)}" for c, n in lost.items() if n}, flush=True)
    arrays, thresholds, z = train(*sets, a, rng)
    report(z, sets[1], thresholds)
    weights = os.path.join(a.out, "weights.bin")
    write_weights(weights, {**learnt, **arrays})
    extra = ["", "[training]", 'recipe = "training/classic"', f"seed = {a.seed}", f"sounds = {len(sets[0].truths)}",
             f"candidates = {len(sets[0].x)}"] + sources(a.data)
    write_card(os.path.join(a.out, "model.toml"), weights, thresholds, latency_s, extra,
               velocity_maps(z, sets[1], thresholds))


if __name__ == "__main__":
    main()
