#!/usr/bin/env python3
"""Learn which reading of a piece is right: the weights of the beat tracker's last look, as crates/listen/src/beats/verdict.txt.

  cargo build --release -p listen --example readings
  fit_verdict.py --data DATA --composer DIR --readings target/release/examples/readings --work WORK \\
                 [--overheard SUITE=HITS ...] [--heard SUITE=HEARD ...] --out crates/listen/src/beats/verdict.txt

DATA holds the drum data pack, DIR `make_suite.py` and `drum_composer.py`. Pieces are performed grooves (train split, stretches of up to
16 bars) and pieces composed by rule (train kits), half of them beginning inside a bar, some after a count-in, all damaged as a
listener might hear them; and stretches of train suites as one did hear them, HITS being a folder of NNN.hits.json that `backbeat
transcribe SUITE/*.flac -o HITS --to judge --dump hits` made. The tracker lists its readings of each with clues and how right each is; a network of one hidden layer
learns to give the right ones the probability; seven such count as one. The log score of the first look counts half as much beside theirs,
and no more than so many nats of it: alone they are better on pieces like those they learnt from and worse on others, and where the first
look is badly wrong it is wrong by ten nats and more. Then, with that held, weights for what the strokes suggest to the network of
`learn_groove.py` are chosen among a few sizes on val pieces, which it does not know by heart, and with those held weights for what a
listening network heard, on suites with sound: HEARD is a folder of NNN.json that `hear --raw` made of the items of SUITE (val or
train). `--keep FILE` takes the networks from a table made before and chooses these weights alone. Tables are kept in WORK, so a
second fit is quick. Needs numpy, mido, scipy, soundfile, torch.
"""
import argparse, json, os, subprocess
import numpy as np
import torch
from torch import nn
import pieces as P

EXTRA = 14                                       # columns beside the clues
HEARD, SUGGESTED, RIGHT = slice(-EXTRA + 1, -EXTRA + 5), slice(-EXTRA + 5, -EXTRA + 9), slice(-EXTRA + 9, -EXTRA + 13)
# Networks, written as one: epochs, share of inputs and units left out, how often each performance counts, hidden units. What helps on
# composed pieces hurts a little on performed ones; together they are better than each alone.
FITS = [(24, .1, 1, 24), (24, .1, 1, 24), (18, .3, 1, 24), (14, .3, 2, 24), (20, .2, 1, 48), (20, .2, 1, 48), (20, .2, 1, 48)]
UTILITY = np.array([1, 1, .7, .7])               # of beat F, downbeat F, tempo, meter
SHARP = .12                                      # readings this much less useful are wanted e times less
SHORTFALL, PER_NAT = 8, .1                       # the clue that says how much worse the first look thinks of a reading, and its unit
FIRST_LOOK, FIRST_NATS = .5, 2                   # how much the first look counts beside the networks, and up to how many nats
HEARD_SIZES = (0, 1, 2, 4, 6)
GROOVE_SIZES = (0, 1, 2, 3, 4, 6)
DOWNBEAT_SIZE = 4                                # at least, or a network could not decide where strokes leave the bar line open


def make(a, n_composed, times, split, seed):
    """Pieces to learn from; the same arguments, the same pieces."""
    composer, out = P.Composer(a.data, a.composer, split), []
    for i, row in enumerate(P.listed(a.data, split)):
        for j in range(times):
            rng = np.random.default_rng([seed, 1, i, j])
            out.append((P.performed(a.data, row, rng, bars=int(rng.choice([4, 8, 16])), cut=rng.random() < .5), rng))
    for i in range(n_composed):
        rng = np.random.default_rng([seed, 2, i])
        out.append((composer.piece(rng, P.METERS[i % len(P.METERS)], cut=rng.random() < .5), rng))
    for piece, rng in out:
        if piece:
            yield P.damaged(P.counted_in(piece, rng) if rng.random() < .06 else piece, rng)


def heard(spec):
    """Items of a suite as a listener with a network heard them."""
    suite, folder = spec.split("=")
    for item in json.load(open(os.path.join(suite, "suite.json")))["items"]:
        truth = json.load(open(os.path.join(suite, item["id"] + ".json")))
        raw = json.load(open(os.path.join(folder, item["id"] + ".json")))
        network = dict(rate_hz=100, beat=raw["beat"], downbeat=raw["downbeat"])
        yield dict(hits=raw["hits"], network=network, kind="heard", **{k: truth[k] for k in ("beats", "bpm", "meter")})


def overheard(spec, times, seed):
    """Stretches of the items of a suite as a listener heard them, each from a random beat on."""
    suite, folder = spec.split("=")
    for i, item in enumerate(json.load(open(os.path.join(suite, "suite.json")))["items"]):
        truth = json.load(open(os.path.join(suite, item["id"] + ".json")))
        hits = json.load(open(os.path.join(folder, item["id"] + ".hits.json")))
        hits = [dict(time_seconds=h["time_s"], **{k: h[k] for k in ("instrument", "velocity", "confidence")}) for h in hits]
        for j in range(times):
            rng = np.random.default_rng([seed, 3, i, j])
            beats = truth["beats"]
            begin = beats[int(rng.integers(max(1, len(beats) // 2)))]["time"] - .03 if j else 0.0
            end = begin + float(rng.uniform(9, 34))
            inside = lambda time: begin <= time < end
            piece = dict(hits=[h for h in hits if inside(h["time_seconds"])], beats=[b for b in beats if inside(b["time"])])
            if len(piece["hits"]) >= 12 and len(piece["beats"]) >= 4:
                yield dict(piece, kind="overheard", bpm=truth["bpm"], meter=truth["meter"])


def table(path, pieces, tracker):
    """Readings of pieces: a list of arrays [readings, clues + EXTRA], by the tracker or as kept from before."""
    if not os.path.exists(path):
        with open(path + ".jsonl", "w") as f:
            kinds = [(f.write(json.dumps(p) + "\n"), p["kind"])[1] for p in pieces]
        subprocess.run([tracker], stdin=open(path + ".jsonl"), stdout=open(path + ".part", "wb"), check=True)
        json.dump(kinds, open(path + ".kinds", "w"))
        os.rename(path + ".part", path)
    raw, at, out = np.fromfile(path, "<u4"), 0, []
    for kind in json.load(open(path + ".kinds")):
        rows, columns = raw[at:at + 2]
        at += 2
        if rows > 1:
            out.append((kind, raw[at:at + rows * columns].view("<f4").reshape(rows, columns)))
        at += rows * columns
    return out


def batch(tables):
    """-> clues [pieces, readings, clues], utility [pieces, readings], which are real"""
    n, k, c = len(tables), max(len(t) for _, t in tables), tables[0][1].shape[1] - EXTRA
    x = torch.zeros(n, k, c)
    u, real = torch.full((n, k), -9.), torch.zeros(n, k, dtype=torch.bool)
    for i, (_, t) in enumerate(tables):
        m, t = len(t), torch.from_numpy(t)
        x[i, :m], real[i, :m] = t[:, :c], True
        u[i, :m] = t[:, RIGHT] @ torch.tensor(UTILITY, dtype=torch.float32)
    return x, u, real


class Verdict(nn.Module):
    def __init__(self, mean, sd, dropout, units):
        super().__init__()
        self.register_buffer("mean", mean), self.register_buffer("sd", sd)
        self.units, self.output = nn.Linear(len(mean), units), nn.Linear(units, 1, bias=False)
        self.direct, self.drop = nn.Linear(len(mean), 1, bias=False), nn.Dropout(dropout)
        nn.init.zeros_(self.direct.weight)

    def forward(self, x):
        x = (x - self.mean) / self.sd
        return (self.output(self.drop(torch.relu(self.units(self.drop(x))))) + self.direct(x)).squeeze(-1)


def loss_of(score, u, real):
    score = score.masked_fill(~real, -1e9)
    wanted = torch.softmax((u / SHARP).masked_fill(~real, -1e9), -1)
    p = torch.softmax(score, -1)
    return -(wanted * torch.log_softmax(score, -1)).masked_fill(~real, 0).sum(-1).mean() - (p * u.clamp(min=0)).sum(-1).mean()


def fit(train, seed, epochs, dropout, performed, units):
    train = train + [piece for piece in train if piece[0] == "performed"] * (performed - 1)
    torch.manual_seed(seed)
    flat = torch.cat([torch.from_numpy(t[:, :-EXTRA]) for _, t in train[::7]])
    net = Verdict(flat.mean(0), flat.std(0).clamp(min=.03), dropout, units)
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=.03)
    size, rng = 48, np.random.default_rng(seed)
    steps = epochs * (len(train) // size)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, 4e-3, total_steps=steps + 1)
    for epoch in range(epochs):
        order = rng.permutation(len(train))
        for i in range(0, len(train) - size + 1, size):
            x, u, real = batch([train[j] for j in order[i:i + size]])
            opt.zero_grad()
            loss_of(net(x), u, real).backward()
            opt.step()
            plan.step()
    return net.eval()


def first_look(t):
    """What the first look adds to the score of each reading."""
    return -FIRST_LOOK * np.minimum(t[:, SHORTFALL] / PER_NAT, FIRST_NATS)


def report(name, score, tables):
    """Mean beat F, downbeat F, tempo and meter of the reading chosen; of the one before; and of the best there is."""
    for kind in sorted({k for k, _ in tables}):
        now, before, best = [], [], []
        for k, t in tables:
            if k == kind:
                pick = lambda s: t[int(np.argmax(s)), RIGHT]
                now.append(pick(score(t))), before.append(pick(t[:, -1])), best.append(pick(t[:, RIGHT] @ UTILITY))
        line = lambda rows: " ".join(f"{v:.3f}" for v in np.mean(rows, 0))
        print(f"{name:14s}{kind:10s} n={len(now):4d}  now {line(now)}  before {line(before)}  best {line(best)}", flush=True)


def fit_witness(score, tables, columns, sizes, downbeat_min=0):
    """Weights of a few sizes for what a network believes of beats and of downbeats: those whose choices are the most useful.
    Kinds of pieces count the same, however many there are."""
    scored = [(kind, score(t), t) for kind, t in tables]

    def useful(weights):
        chosen = {}
        for kind, s, t in scored:
            chosen.setdefault(kind, []).append(t[np.argmax(s + t[:, columns] @ weights), RIGHT] @ UTILITY)
        return float(np.mean([np.mean(rows) for rows in chosen.values()]))
    return max((np.array([a, a, b, b], float) for a in sizes for b in sizes if downbeat_min <= b <= a), key=useful)


def kept(path):
    """The score of the networks of a table made before, and its lines but those of the weights chosen afterwards."""
    lines = [line for line in open(path).read().splitlines() if not line.startswith(("heard", "groove"))]
    rows = [(line.split()[0], np.array(line.split()[1:], np.float32)) for line in lines if not line.startswith("#")]
    units, named = np.array([v for name, v in rows if name == "unit"]), dict(rows)

    def score(t):
        x = t[:, :-EXTRA]
        return np.maximum(0, units[:, 0] + x @ units[:, 1:].T) @ named["output"] + x @ named["direct"]
    return score, lines


def row(name, values):
    return name + " " + " ".join(f"{float(v):.4g}" for v in values)


def written(nets, note):
    """All networks as one, line by line: their units side by side, outputs divided by their number."""
    lines = ["# Which reading of a piece is right; made by training/beats/fit_verdict.py, see there.",
             "# Learnt in part from the Groove MIDI Dataset (Gillick et al., 2019), CC BY 4.0, train split.", f"# {note}"]
    output, direct = [], 0
    for net in nets:
        w = net.units.weight.detach() / net.sd
        b = net.units.bias.detach() - w @ net.mean
        lines += [row("unit", [b[i], *w[i]]) for i in range(len(b))]
        output += [float(v) / len(nets) for v in net.output.weight[0].detach()]
        direct = direct + net.direct.weight[0].detach() / net.sd / len(nets)
    # The first look: a straight line that a unit of its own bends level.
    direct[SHORTFALL] -= FIRST_LOOK / PER_NAT
    bend = np.zeros(len(direct) + 1)
    bend[0], bend[1 + SHORTFALL] = -FIRST_NATS, 1 / PER_NAT
    lines += [row("unit", bend)]
    output += [FIRST_LOOK]
    return lines + [row("output", output), row("direct", direct)]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--composer", required=True)
    ap.add_argument("--readings", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--heard", nargs="*", default=[], metavar="SUITE=HEARD")
    ap.add_argument("--overheard", nargs="*", default=[], metavar="SUITE=HITS")
    ap.add_argument("--keep", help="table whose networks are kept")
    ap.add_argument("--composed", type=int, default=1300)
    ap.add_argument("--times", type=int, default=6, help="stretches of each performance")
    a = ap.parse_args()
    os.makedirs(a.work, exist_ok=True)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    keep = lambda name: os.path.join(a.work, name)
    val = table(keep("val.bin"), make(a, 260, 6, "val", 2), a.readings)
    if a.keep:
        score, lines = kept(a.keep)
    else:
        train = table(keep("train.bin"), make(a, a.composed, a.times, "train", 1), a.readings)
        for i, spec in enumerate(a.overheard):
            train += table(keep(f"overheard{i}.bin"), overheard(spec, 3, 1), a.readings)
        nets = [fit(train, seed, *how) for seed, how in enumerate(FITS)]
        def score(t):
            with torch.no_grad():
                return sum(net(torch.from_numpy(t[:, :-EXTRA].copy())) for net in nets).numpy() / len(nets) + first_look(t)
        report("train", score, train)
        lines = written(nets, f"{len(train)} pieces")
    report("val, clues", score, val)
    groove = fit_witness(score, val, SUGGESTED, GROOVE_SIZES)
    both = lambda t: score(t) + t[:, SUGGESTED] @ groove
    report("and groove", both, val)
    songs, heard_weights = [], np.zeros(4)
    for i, spec in enumerate(a.heard):
        songs += table(keep(f"heard{i}.bin"), heard(spec), a.readings)
    if songs:
        report("hits alone", both, songs)
        heard_weights = fit_witness(both, songs, HEARD, HEARD_SIZES, DOWNBEAT_SIZE)
        report("with network", lambda t: both(t) + t[:, HEARD] @ heard_weights, songs)
    open(a.out, "w").write("\n".join(lines + [row("groove", groove), row("heard", heard_weights)]) + "\n")


if __name__ == "__main__":
    main()
