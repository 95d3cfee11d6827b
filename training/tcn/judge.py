"""The second pass: weighs each possible hit against the whole song.

Goal: `WORK/judge.npz` from weights and packs of songs the network has not seen. What one frame cannot tell, the song can:
whether an instrument is played at all, how high its activations usually go, and how much of them is another drum's.
Conventions: candidates and inputs are those of `crates/listen/src/hits/`; probabilities are log-odds within +-7.
"""
import argparse, os
import numpy as np, torch
from torch import nn

from model import CLASSES, Ear
from pack import load
from score import FIVE, matches
from train import hear

N, REACH, FLOOR = len(CLASSES), 2, .05
INPUTS = 4 * N + 8
MATCH_S = .03


def log_odds(p):
    p = np.clip(p, 1e-3, 1 - 1e-3)
    return np.log(p / (1 - p))


def candidates(activations):
    """Local maxima: arrays time_s, class, probability, velocity and around (log-odds of all classes, largest within two
    frames), sorted by frame."""
    onset, velocity, offset = activations[:3]
    p = np.pad(onset, ((REACH, REACH), (0, 0)))
    b2, b1, here, a1, a2 = [p[i:len(onset) + i] for i in range(5)]
    dip = .5 * here
    peak = (here >= FLOOR) & (here > b1) & (here >= a1) & ((here > b2) | (b1 <= dip)) & ((here >= a2) | (a1 <= dip))
    f, c = np.nonzero(peak)
    around = log_odds(np.max([b2, b1, here, a1, a2], 0))[f]
    return (f + np.clip(offset[f, c], -1, 1)) / 100, c, onset[f, c], velocity[f, c], around


def inputs(found):
    """One row per candidate: what it says, what the song says; see `crates/listen/src/hits/judge.rs`."""
    time, c, p, v, around = found
    if not len(p):
        return np.zeros((0, INPUTS), np.float32)
    seconds = max(time[-1] - time[0], 1)
    total = np.bincount(c, p, N) + 1e-6
    height = np.bincount(c, p * p, N) / total
    often = np.log1p(4 * total / seconds)
    loud = np.bincount(c, p * v, N) / total
    # How much of class c is usually heard where class k is struck.
    strong = [np.flatnonzero((c == k) & (p > .5)) for k in range(N)]
    bleed = np.array([around[s].mean(0) if len(s) else np.full(N, -3.0) for s in strong])
    others = around.copy()
    others[np.arange(len(c)), c] = -9
    rival = others.argmax(1)
    own = log_odds(p)
    gap = np.full((len(p), 2), np.log(4.0))
    for k in range(N):
        i = np.flatnonzero((c == k) & (p > .3))
        d = np.log(np.clip(np.diff(time[i]), .02, 4))
        gap[i[1:], 0], gap[i[:-1], 1] = d, d
    one = np.eye(N)[c]
    rest = np.column_stack([own, own - bleed[rival, c], np.log1p([len(strong[k]) for k in rival]), others.max(1), v,
                            v - loud[c], gap])
    return np.column_stack([around, np.tile(height, (len(p), 1)), np.tile(often, (len(p), 1)), one, rest]).astype(np.float32)


def true(found, hits):
    """Which candidates are hits: each hit takes the likeliest candidate of its class within 30 ms."""
    time, c, p = found[:3]
    out = np.zeros(len(p), np.float32)
    for t, k, _ in hits:
        i = np.flatnonzero((c == k) & (np.abs(time - t) <= MATCH_S) & (out == 0))
        if len(i):
            out[i[np.argmax(p[i])]] = 1
    return out


class Judge(nn.Module):
    """Adds to the log-odds of a candidate what the song says of it."""

    def __init__(self, width=48):
        super().__init__()
        self.shift, self.scale = nn.Parameter(torch.zeros(INPUTS), False), nn.Parameter(torch.ones(INPUTS), False)
        self.first, self.second = nn.Linear(INPUTS, width), nn.Linear(width, 1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x):
        y = torch.relu(self.first((x - self.shift) * self.scale))
        return x[:, 4 * N] + self.second(y)[:, 0]


def fit(rows, labels, epochs, seed=1):
    torch.manual_seed(seed)
    x, y = torch.from_numpy(np.concatenate(rows)), torch.from_numpy(np.concatenate(labels))
    judge = Judge()
    with torch.no_grad():
        judge.shift[:], judge.scale[:] = x.mean(0), 1 / (x.std(0) + .05)
    opt = torch.optim.AdamW(judge.parameters(), 2e-3, weight_decay=.02)
    steps = epochs * (len(x) // 512)
    for step in range(steps):
        for g in opt.param_groups:
            g["lr"] = 2e-3 * (.5 + .5 * np.cos(np.pi * step / steps))
        i = torch.randint(0, len(x), (512,))
        z = x[i].clone()
        # A song is heard better or worse than these: all log-odds move together.
        move = torch.randn(512, 1) * .3
        z[:, :N] += move
        z[:, 4 * N] += move[:, 0]
        loss = nn.functional.binary_cross_entropy_with_logits(judge(z), y[i])
        opt.zero_grad(), loss.backward(), opt.step()
    return judge.eval()


def f_of(songs, probabilities, window_s=.05):
    """Pooled F of the five groups, each at its best threshold over all songs: songs are (candidates, hits)."""
    total = np.zeros(3)
    for g in FIVE:
        best = None
        for threshold in np.linspace(.1, .8, 15):
            r = np.zeros(3)
            for (found, hits), p in zip(songs, probabilities):
                on = np.isin(found[1], g) & (p >= threshold)
                t = merged(found[0][on], p[on])
                truth = np.sort(hits[np.isin(hits[:, 1], g), 0])
                truth = truth[np.r_[True, np.diff(truth) > .02]] if len(truth) else truth
                r += (matches(t, truth, window_s), len(t), len(truth))
            f = 2 * r[0] / max(1, r[1] + r[2])
            best = max(best or (0, r), (f, r), key=lambda q: q[0])
        total += best[1]
    return 2 * total[0] / (total[1] + total[2])


def merged(times, p):
    """Times in order, those closer than 25 ms to a likelier one removed."""
    keep = []
    for i in np.argsort(-p, kind="stable"):
        if all(abs(times[i] - t) > .025 for t in keep):
            keep.append(times[i])
    return np.sort(keep)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--weights", required=True)
    ap.add_argument("--songs", nargs="+", required=True)
    ap.add_argument("--val", nargs="+", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--epochs", type=int, default=12)
    a = ap.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    saved = torch.load(a.weights)
    net = Ear(saved["width"])
    net.load_state_dict(saved["net"])
    net.eval()
    listen = lambda packs: [(candidates(hear(net, f)), h) for p in packs for f, h, _ in load(p)]
    songs, val = listen(a.songs), listen(a.val)
    judge = fit([inputs(f) for f, _ in songs], [true(f, h) for f, h in songs], a.epochs)
    with torch.no_grad():
        says = [torch.sigmoid(judge(torch.from_numpy(inputs(f)))).numpy() for f, _ in val]
    for window_s in (.05, .02):
        print(window_s, "alone", round(f_of(val, [f[2] for f, _ in val], window_s), 4), "judged", round(f_of(val, says, window_s), 4))
    np.savez(os.path.join(a.work, "judge.npz"), **{k: v.numpy() for k, v in judge.state_dict().items()})


if __name__ == "__main__":
    main()
