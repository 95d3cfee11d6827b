#!/usr/bin/env python3
"""Learn what strokes alone say of beats and bar lines: the network crates/listen/src/beats/groove.onnx.

  learn_groove.py --data DATA --composer DIR --work WORK --out crates/listen/src/beats/groove.onnx

DATA holds the drum data pack, DIR `make_suite.py` and `drum_composer.py`. Learnt from are stretches of up to 20 s of performed grooves (Groove
MIDI Dataset, Gillick et al. 2019, CC BY 4.0, train split) and of pieces composed by rule on train kits: at another tempo, some on other
instruments or without one, damaged as a listener might hear them. Every 200 steps weights are kept in WORK; a run that was stopped goes on
from there. Twenty minutes on one core. Prints the loss of beats and of downbeats, and at the end of both on the val split.

Conventions: input 1 x frames x 24 (a frame is 40 ms: strengths of 12 kinds of strokes in its first and second half), output 1 x frames x 2
(probability of a beat, of a downbeat). `listen::beats::groove` makes the same input. Needs numpy, mido, scipy, soundfile, onnx, torch.
"""
import argparse, os, time
import numpy as np
import torch
from torch import nn
import pieces as P

KINDS = dict(kick=0, snare=1, snare_rimshot=1, clap=1, snare_xstick=2, hh_closed=3, hh_open=4, hh_pedal=5, tom_high=6, tom_mid=7, tom_low=7,
             tom_floor=8, ride=9, ride2=9, ride_bell=9, crash1=10, crash2=10, china=10, splash=10)
CHANNELS, OTHER = 12, 11
KICK, SNARE, CROSS_STICK, CLOSED, OPEN, PEDAL, HIGH, MIDDLE, FLOOR, RIDE, CRASH = range(11)
MISTAKEN = {KINDS[kind]: [KINDS[other] for other in others] for kind, others in P.MISTAKEN.items()}
HALVES_PER_S = 50
FRAMES = 500                                     # of 40 ms, in a segment
DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128)
UNITS, DROPOUT, BATCH, RATE, DECAY = 56, .2, 24, 4e-3, .05
BEAT_GAIN, DOWNBEAT_GAIN = 2., 4.                # weight of a frame with one
PERFORMED = .6                                   # share of stretches


class Block(nn.Module):
    def __init__(self, units, dilation):
        super().__init__()
        self.wide, self.norm = nn.Conv1d(units, units, 3, padding=dilation, dilation=dilation), nn.BatchNorm1d(units)
        self.out, self.drop = nn.Conv1d(units, units, 1), nn.Dropout(DROPOUT)

    def forward(self, x):
        return x + self.out(self.drop(torch.relu(self.norm(self.wide(x)))))


class Groove(nn.Module):
    """[1, frames, 24] -> log-odds [1, 2, frames]."""

    def __init__(self, units=UNITS):
        super().__init__()
        self.front, self.norm = nn.Conv1d(2 * CHANNELS, units, 3, padding=1), nn.BatchNorm1d(units)
        self.blocks, self.out = nn.Sequential(*(Block(units, d) for d in DILATIONS)), nn.Conv1d(units, 2, 1)

    def forward(self, x):
        x = torch.relu(self.norm(self.front(x.transpose(1, 2))))
        return self.out(torch.relu(self.blocks(x)))


class Whole(nn.Module):
    """The mean of networks, as it is shipped: [1, frames, 24] -> probabilities [1, frames, 2]."""

    def __init__(self, nets):
        super().__init__()
        self.nets = nn.ModuleList(nets)

    def forward(self, x):
        return torch.sigmoid(sum(net(x) for net in self.nets) / len(self.nets)).transpose(1, 2)


# ---------------------------------------------------------------- pieces: strokes [(s, kind, velocity)], beats [(s, is downbeat)]
def performances(data, split):
    out = []
    for row in P.listed(data, split):
        strokes, tempo = P.strokes_of(os.path.join(data, row["path"]))
        _, unit, per_bar, beat_s = P.counted(row, tempo)
        strokes = np.array([(q / unit * beat_s, KINDS.get(i, OTHER), v) for q, i, v in strokes], np.float32)
        beats = np.array([(i * beat_s, i % per_bar == 0) for i in range(int(np.ceil(strokes[-1, 0] / beat_s)) + 1)], np.float32)
        out.append((strokes, beats))
    return out


def compositions(data, folder, split, count):
    composer, out = P.Composer(data, folder, split), []
    for i in range(count):
        rng = np.random.default_rng([77, 2, i])
        piece = composer.piece(rng, P.METERS[i % len(P.METERS)], cut=rng.random() < .5)
        if piece:
            piece = P.counted_in(piece, rng) if rng.random() < .06 else piece
            out.append((np.array([(h["time_seconds"], KINDS.get(h["instrument"], OTHER), h["velocity"]) for h in piece["hits"]], np.float32),
                        np.array([(b["time"], b["beat"] == 1) for b in piece["beats"]], np.float32)))
    return out


def damaged(strokes, rng):
    """Strokes missed, mistaken, late, too loud or soft, and some put in; as often as by `pieces.damaged`, a whole array at a time."""
    worse = rng.random() ** 2
    strokes = strokes[rng.random(len(strokes)) >= .02 + .12 * worse * (1.6 - strokes[:, 2])].copy()
    for i in np.flatnonzero(rng.random(len(strokes)) < .1 * worse):
        others = MISTAKEN.get(int(strokes[i, 1]), ())
        if others:
            strokes[i, 1] = others[rng.integers(len(others))]
    strokes[:, 2] = np.clip(strokes[:, 2] + rng.normal(0, .03 + .12 * worse, len(strokes)), .03, 1)
    strokes[:, 0] += rng.normal(0, .002 + .005 * worse, len(strokes))
    count = rng.binomial(len(strokes), .01 + .07 * worse)
    if count and len(strokes):
        extra = strokes[rng.integers(0, len(strokes), count)].copy()
        extra[:, 0] = rng.uniform(strokes[0, 0], strokes[-1, 0], count)
        strokes = np.concatenate([strokes, extra])
    return strokes


def on_others(strokes, rng):
    """The same rhythm with two parts of the kit changed over, or one on another instrument; now and then without a kind, or without ghosts."""
    strokes = strokes.copy()
    kinds, which = strokes[:, 1].copy(), rng.random()
    if which < .135:
        strokes[kinds == CLOSED, 1], strokes[kinds == RIDE, 1] = RIDE, CLOSED
    elif which < .18:
        strokes[kinds == CLOSED, 1] = CRASH if rng.random() < .5 else OPEN
    elif which < .24:
        strokes[kinds == SNARE, 1] = CROSS_STICK
    elif which < .3:
        strokes[kinds == HIGH, 1], strokes[kinds == FLOOR, 1] = FLOOR, HIGH
    if rng.random() < .15:
        strokes = strokes[strokes[:, 2] > .32]
    if rng.random() < .1:
        kind = rng.integers(CHANNELS)
        strokes = strokes if (strokes[:, 1] == kind).mean() > .6 else strokes[strokes[:, 1] != kind]
    return strokes


def halves(strokes, count):
    """Strengths by half of a frame and kind. `strokes` begin at 0."""
    x = np.zeros((count, CHANNELS), np.float32)
    for time, kind, velocity in strokes:
        place = time * HALVES_PER_S
        half, late = int(np.floor(place)), place - np.floor(place)
        for at, share in ((half, 1 - late), (half + 1, late)):
            if 0 <= at < count:
                x[at, int(kind)] = max(x[at, int(kind)], share * (.3 + .7 * velocity))
    return x


class Stretches:
    def __init__(self, performed, composed, seed):
        self.performed, self.composed, self.rng = performed, composed, np.random.default_rng(seed)
        weight = np.array([min(strokes[-1, 0], 90.) ** .7 for strokes, _ in performed])
        self.weight = weight / weight.sum()

    def one(self, share=PERFORMED):
        """Input [frames, 24], labels [2, frames], which frames count."""
        rng, seconds = self.rng, 2 * FRAMES / HALVES_PER_S
        pool, p = (self.performed, self.weight) if rng.random() < share else (self.composed, None)
        strokes, beats = pool[rng.choice(len(pool), p=p)]
        speed, long = float(np.exp(rng.normal(0, .12))), rng.uniform(8, seconds) if rng.random() < .5 else seconds
        start = 0. if rng.random() < .25 else rng.uniform(0, max(.01, strokes[-1, 0] - long / speed))
        if rng.random() < .5:                    # from a bar line on
            firsts = beats[beats[:, 1] > 0, 0]
            start = firsts[min(np.searchsorted(firsts, start), len(firsts) - 1)] - .05
        inside = lambda rows, early: rows[(rows[:, 0] >= start - early) & (rows[:, 0] < start + long / speed)]
        heard = inside(strokes, 0)
        if len(heard) >= 6:
            heard = on_others(damaged(heard, rng), rng)
        if len(heard) < 6:
            return self.one(share)
        lead = rng.uniform(0, 2) if rng.random() < .5 else 0
        heard[:, 0] = (heard[:, 0] - start) * speed + lead
        label, counts = np.zeros((2, FRAMES), np.float32), np.zeros(FRAMES, np.float32)
        for time, first in inside(beats, .1):
            place = ((time - start) * speed + lead) * HALVES_PER_S / 2
            frame, late = int(np.floor(place)), place - np.floor(place)
            for at, value in ((frame, min(1., 1.3 * (1 - late))), (frame + 1, min(1., 1.3 * late))):
                if 0 <= at < FRAMES:
                    label[:, at] = np.maximum(label[:, at], (value, value * first))
        first, last = (int(t * HALVES_PER_S / 2) for t in (heard[:, 0].min(), heard[:, 0].max()))
        counts[max(0, first - 5):max(1, last + 5)] = 1
        return halves(heard, 2 * FRAMES).reshape(FRAMES, 2 * CHANNELS), label, counts

    def batch(self, size, share=PERFORMED):
        return [torch.from_numpy(np.stack(part)) for part in zip(*(self.one(share) for _ in range(size)))]


def losses(y, label, counts):
    gain = torch.tensor([[BEAT_GAIN], [DOWNBEAT_GAIN]])
    each = nn.functional.binary_cross_entropy_with_logits(y, label, reduction="none", pos_weight=gain)
    return (each * counts[:, None]).sum((0, 2)) / counts.sum()


def train(stretches, steps, seed, work, planned=None):
    """Weights averaged over the first `steps` steps of `planned` ones (all of them); kept in `work` every 200 steps and at the end."""
    torch.manual_seed(seed)
    net, mean, path = Groove(), Groove(), os.path.join(work, f"groove{seed}.pt")
    mean.load_state_dict(net.state_dict())
    opt = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=DECAY)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, RATE, total_steps=(planned or steps) + 1, pct_start=.15)
    step, began, seen = 0, time.time(), 0
    if os.path.exists(path):
        kept = torch.load(path, weights_only=False)
        for name, thing in (("net", net), ("mean", mean), ("opt", opt), ("plan", plan)):
            thing.load_state_dict(kept[name])
        step, stretches.rng = kept["step"], kept["rng"]
        torch.set_rng_state(kept["torch"])
    while step < steps:
        x, label, counts = stretches.batch(BATCH)
        net.train()
        both = losses(net(x), label, counts)
        opt.zero_grad()
        both.sum().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.)
        opt.step(), plan.step()
        keep = min(.995, step / (step + 10))
        with torch.no_grad():
            for m, p in zip(mean.state_dict().values(), net.state_dict().values()):
                m.lerp_(p, 1 - keep) if m.is_floating_point() else m.copy_(p)
        step, seen = step + 1, seen + both.detach()
        if step % 100 == 0:
            print(f"seed {seed} step {step} {time.time() - began:.0f} s, loss of beats {seen[0] / 100:.4f}, of downbeats {seen[1] / 100:.4f}", flush=True)
            seen = 0
        if step % 200 == 0 or step == steps:
            torch.save(dict(net=net.state_dict(), mean=mean.state_dict(), opt=opt.state_dict(), plan=plan.state_dict(), step=step,
                            rng=stretches.rng, torch=torch.get_rng_state()), path)
    return mean.eval()


def export(nets, path):
    whole = Whole(nets).eval()
    torch.onnx.export(whole, (torch.zeros(1, 300, 2 * CHANNELS),), path, dynamo=False, opset_version=17, input_names=["strokes"],
                      output_names=["beat"], dynamic_axes=dict(strokes={1: "frames"}, beat={1: "frames"}))
    return whole


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", required=True)
    ap.add_argument("--composer", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--steps", type=int, default=2400)
    ap.add_argument("--composed", type=int, default=3000)
    ap.add_argument("--seeds", type=int, nargs="+", default=[1])
    a = ap.parse_args()
    os.makedirs(a.work, exist_ok=True)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    pools = performances(a.data, "train"), compositions(a.data, a.composer, "train", a.composed)
    nets = [train(Stretches(*pools, [seed, 3]), a.steps, seed, a.work) for seed in a.seeds]
    whole = export(nets, a.out)
    val = performances(a.data, "val"), compositions(a.data, a.composer, "val", 150)
    for name, share in (("performed", 1), ("composed", 0)):
        stretches = Stretches(*val, 9)
        with torch.no_grad():
            each = [losses(torch.logit(whole(x).transpose(1, 2), 1e-6), label, counts)
                    for x, label, counts in (stretches.batch(BATCH, share) for _ in range(8))]
        beat, downbeat = torch.stack(each).mean(0)
        print(f"val {name}: loss of beats {beat:.4f}, of downbeats {downbeat:.4f}")


if __name__ == "__main__":
    main()
