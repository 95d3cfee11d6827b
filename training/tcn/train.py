"""Trains the network on packed features; stops and resumes anywhere.

Goal: `WORK/last.pt` (everything needed to go on) and `WORK/best.pt` (averaged weights with the best validation F).
Conventions: one step is `--batch` segments of `--seconds`; what varies by chance (level, tone, noise, accompaniment) is
drawn anew for each segment from the seed and the step, so that a resumed run sees what an unbroken one would have seen.
Packs named by `--passing` are heard for a part of the training only: `#` stands for the number of a set, the first `--hold`
sets are there from the start, and every `--each` steps the oldest gives way to the next, which is waited for. Rendering can
so go on beside the training, and no kit is heard often enough to be learnt by heart.
"""
import argparse, json, multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
import numpy as np, torch
from torch import nn

from features import CENTRES_HZ, LAYERS
from model import CLASSES, CONTEXT, LONG, SPANS, Ear
from pack import load
from score import best_f
from shipped import ear_from

FRAMES_PER_S = 100
N = len(CLASSES)
FLOOR = -10.0


class Feed:
    """Segments with labels, changed by chance. `passing` are patterns of packs with their shares, `--each` and `--hold`."""

    def __init__(self, packs, backing, frames, seed, passing=((), 1, 1)):
        self.packs, self.passing, self.sets = packs, passing, {}
        self.backing, self.frames, self.seed = backing, frames, seed

    def turn(self, step):
        """Has the packs of a step in the pool, and waits for those that are not there yet."""
        patterns, each, hold = self.passing
        wanted = range(step // each, step // each + hold) if patterns else ()
        if list(self.sets) == list(wanted) and hasattr(self, "pool"):
            return
        self.sets = {n: self.sets.get(n) or [(share / hold, awaited(path.replace("#", str(n)))) for path, share in patterns]
                     for n in wanted}
        pools = []
        for share, items in [*self.packs, *(pack for packs in self.sets.values() for pack in packs)]:
            share /= sum(len(f) for f, _, _ in items)
            pools += [(share * len(f), f, h, b) for f, h, b in items if len(f) > 50]
        self.pool, p = [q[1:] for q in pools], np.array([q[0] for q in pools])
        self.p = np.cumsum(p / p.sum())

    def batch(self, step, size):
        self.turn(step)
        rng = np.random.default_rng([self.seed, step])
        parts = [self.segment(rng) for _ in range(size)]
        return [np.stack(x) for x in zip(*parts)]

    def cut(self, features, rng):
        start = int(rng.integers(0, max(1, len(features) - self.frames + 1)))
        piece = features[start:start + self.frames].astype(np.float32)
        if len(piece) < self.frames:
            piece = np.pad(piece, ((0, self.frames - len(piece)), (0, 0)), constant_values=FLOOR)
        return start, piece

    def accompaniment(self, rng):
        """One or two pieces at once, each moved up or down by some bands."""
        y = 0
        for _ in range(1 + (rng.random() < .4)):
            _, z = self.cut(self.backing[int(rng.integers(len(self.backing)))], rng)
            move = int(rng.integers(-4, 5))
            z = np.concatenate([np.roll(z[:, :LONG], move, 1), z[:, LONG:]], 1)
            y = y + power(z + np.float32(rng.uniform(-1, 0)))
        return np.log10(y)

    def segment(self, rng):
        features, hits, beats = self.pool[int(np.searchsorted(self.p, rng.random()))]
        start, x = self.cut(features, rng)
        labels = label(hits, beats, start, self.frames)
        if self.backing and rng.random() < .45:
            y = self.accompaniment(rng)
            level = np.log10(power(x).mean() / (power(y).mean() + 1e-12))
            if rng.random() < .08:            # nothing to find here
                x, labels = y, label(np.zeros((0, 3)), np.zeros((0, 2)), 0, self.frames)
                labels[4][:] = 0
            else:
                x = np.log10(power(x) + power(y + np.float32(level + rng.uniform(-1.8, .6)) + curve(rng, .3)))
        return (x_changed(x, rng), *labels)


def awaited(path):
    """The items of a pack, as soon as it is there under its own name; an error if a file `stopped` says that none will come."""
    while not os.path.exists(path):
        if os.path.exists(os.path.join(os.path.dirname(path), "stopped")):
            raise FileNotFoundError(f"{path} is wanted and will not come: what makes the sets has stopped")
        time.sleep(1)
    return load(path)


def pin():
    os.sched_setaffinity(0, range(os.cpu_count()))
    os.nice(15)


FEED = None


def fetch(step, size):
    return FEED.batch(step, size)


def power(x):
    return np.exp2(x * np.float32(3.321928))


def curve(rng, size):
    """A smooth random tone curve over the features' bands, log10 of power."""
    knots = np.linspace(np.log(40), np.log(17000), int(rng.integers(3, 9)))
    return np.interp(np.log(CENTRES_HZ), knots, rng.normal(0, size, len(knots))).astype(np.float32)


def warped(x, rng):
    """Everything higher or lower by up to some semitones, as if kit and room were smaller or larger."""
    to, at = [], 0
    factor = np.exp(rng.normal(0, .08))
    for _, bands, _, _, centres in LAYERS:
        for _ in centres:
            to.append(at + np.interp(CENTRES_HZ[at:at + bands] * factor, CENTRES_HZ[at:at + bands], np.arange(bands)))
            at += bands
    to = np.concatenate(to).astype(np.float32)
    low = np.minimum(to.astype(int), len(to) - 2)
    return x[:, low] + (to - low).astype(np.float32) * (x[:, low + 1] - x[:, low])


def in_a_room(x, rng):
    """Power that dies away after every frame, high bands sooner."""
    fall_s = np.exp(rng.uniform(np.log(.15), np.log(1.2))) * (CENTRES_HZ / 500) ** -rng.uniform(0, .35)
    keep = (10 ** (-6 / FRAMES_PER_S / np.maximum(fall_s, .05))).astype(np.float32)
    p, tail, wet = power(x), np.zeros(x.shape[1], np.float32), np.float32(10 ** rng.uniform(-2, -.2))
    out = np.empty_like(p)
    for i, now in enumerate(p):
        out[i] = now + tail
        tail = keep * (tail + (1 - keep) * wet * now)
    return np.log10(out)


def held_down(x, rng):
    """A compressor: the louder the frame, the less of it."""
    level = 10 * np.log10(power(x[:, :LONG]).sum(1) + 1e-10)
    over = np.maximum(0, level - np.percentile(level, 98) + rng.uniform(3, 25)) * (1 - 1 / rng.uniform(1.3, 5))
    attack, release = np.exp(-1 / FRAMES_PER_S / rng.uniform(.002, .03)), np.exp(-1 / FRAMES_PER_S / rng.uniform(.04, .5))
    down, now = np.empty(len(x), np.float32), 0.0
    for i, v in enumerate(over.tolist()):
        now = v + (attack if v > now else release) * (now - v)
        down[i] = now
    return x - down[:, None] / 10


def x_changed(x, rng):
    """Pitch, room, level, tone, band limits, noise and holes, all by chance."""
    for change, share in ((warped, .5), (in_a_room, .2), (held_down, .3)):
        if rng.random() < share:
            x = change(x, rng)
    x = x + np.float32(rng.normal(-.2, .6))
    if rng.random() < .8:
        x = x + curve(rng, .35)
    if rng.random() < .15:
        cut_hz = np.exp(rng.uniform(np.log(3000), np.log(14000)))
        x = x - (np.maximum(0, np.log2(CENTRES_HZ / cut_hz)) * rng.uniform(2, 10)).astype(np.float32)
    if rng.random() < .6:
        noise = rng.standard_normal(x.shape, np.float32) * np.float32(.22) + (curve(rng, .4) + np.float32(rng.uniform(-9, -4.5)))
        x = np.log10(power(x) + power(noise))
    x = np.maximum(x, FLOOR)
    for _ in range(int(rng.integers(0, 3)) if rng.random() < .4 else 0):
        wide, at = int(rng.integers(3, 14)), int(rng.integers(0, LONG))
        x[:, at:at + wide] = x.mean()
    return x.astype(np.float32)


def label(hits, beats, start, frames):
    """onset, weight of onset, velocity, offset (each frames x classes), beat (frames x 2), weight of beat."""
    onset, weight = np.zeros((frames, N), np.float32), np.ones((frames, N), np.float32)
    velocity, offset = np.zeros((frames, N), np.float32), np.zeros((frames, N), np.float32)
    near = np.full((frames, N), 9, np.float32)
    inside = lambda rows: rows[(rows[:, 0] > start / FRAMES_PER_S - .02) & (rows[:, 0] < (start + frames) / FRAMES_PER_S + .02)]
    for t, c, v in inside(hits):
        at, c = t * FRAMES_PER_S - start, int(c)
        for f in range(int(np.floor(at)) - 1, int(np.floor(at)) + 3):
            if 0 <= f < frames and abs(d := at - f) < abs(near[f, c]):
                near[f, c], velocity[f, c] = d, v
    onset[np.abs(near) <= .5] = 1
    beside = (np.abs(near) > .5) & (np.abs(near) <= 1.3)
    onset[beside], weight[beside] = .35, .3
    touched = np.abs(near) <= 1.3
    offset[touched] = near[touched]
    beat = np.zeros((frames, 2), np.float32)
    for t, down in inside(beats):
        at = int(round(t * FRAMES_PER_S - start))
        for f, y in ((at - 1, .5), (at + 1, .5), (at, 1)):
            if 0 <= f < frames:
                beat[f, 0] = max(beat[f, 0], y)
                beat[f, 1] = max(beat[f, 1], y * down)
    return onset, weight, velocity, offset, np.array([1.0 if len(beats) else 0.0], np.float32), beat


def loss_of(y, labels, gain, class_weight, beat_weight):
    onset, weight, velocity, offset, has_beats, beat = labels
    y = y.float().transpose(1, 2)
    pos = 1 + (gain - 1) * onset
    a = nn.functional.binary_cross_entropy_with_logits(y[..., :N], onset, reduction="none")
    first = (a * weight * pos * class_weight).sum(-1).mean()
    here = (onset >= 1).float() * class_weight
    total = here.sum() + 1
    second = ((torch.sigmoid(y[..., N:2 * N]) - velocity).abs() * here).sum() / total
    near = (onset > 0).float()
    third = ((y[..., 2 * N:3 * N] - offset).abs() * near).sum() / (near.sum() + 1)
    either = torch.stack([onset[..., s].amax(-1) for s in SPANS], -1)
    sure = torch.stack([torch.where((onset[..., s] == 1).any(-1), 1.0, weight[..., s].amin(-1)) for s in SPANS], -1)
    g = nn.functional.binary_cross_entropy_with_logits(y[..., 3 * N + 2:], either, reduction="none")
    first = first + (g * sure * (1 + (gain - 1) * either)).sum(-1).mean()
    b = nn.functional.binary_cross_entropy_with_logits(y[..., 3 * N:3 * N + 2], beat, reduction="none").sum(-1)
    fourth = (b * has_beats).mean()
    return first + .1 * second + .05 * third + beat_weight * fourth, (first, second, third, fourth)


def hear(net, features, block=4000, margin=CONTEXT):
    """All heads over one recording, window by window; the same as over the whole."""
    out = []
    with torch.no_grad():
        for i in range(0, len(features), block):
            lo, hi = max(0, i - margin), min(len(features), i + block + margin)
            y = net(torch.from_numpy(features[lo:hi].astype(np.float32))[None])
            out.append([v[0, i - lo:i - lo + min(block, len(features) - i)].numpy() for v in y])
    return [np.concatenate(v) for v in zip(*out)]


def fast_in_half():
    """Whether this processor multiplies numbers of 16 bits; where it only pretends to, a step takes ten times as long."""
    with open("/proc/cpuinfo") as file:
        flags = file.read()
    return any(f in flags for f in ("avx512_bf16", "amx_bf16"))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--train", nargs="+", required=True, help="packs, each PATH or PATH:SHARE")
    ap.add_argument("--passing", nargs="+", default=[], help="packs heard for a while, each PATH#.npz:SHARE with # for 0, 1, 2 ..")
    ap.add_argument("--each", type=int, default=50, help="steps between two sets that pass")
    ap.add_argument("--hold", type=int, default=6, help="sets heard at a time")
    ap.add_argument("--backing", nargs="+", default=[], help="packs of accompaniment alone")
    ap.add_argument("--val", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--steps", type=int, required=True)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--seconds", type=float, default=8)
    ap.add_argument("--rate", type=float, default=2e-3)
    ap.add_argument("--width", type=int, default=128)
    ap.add_argument("--gain", type=float, default=2.0, help="weight of a frame with an onset")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--every", type=int, default=300, help="steps between validations")
    ap.add_argument("--beat", type=float, default=.1, help="weight of beats and downbeats in the loss")
    ap.add_argument("--from", dest="start", help="weights to start from: a best.pt, or the model.onnx of a shipped model")
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 2)))
    os.makedirs(a.work, exist_ok=True)
    packs = [(float(p.split(":")[1]) if ":" in p else 1.0, load(p.split(":")[0])) for p in a.train]
    packs = [(share * (1 if share != 1.0 else sum(len(i[0]) for i in items)), items) for share, items in packs]
    backing = [f for path in a.backing for f, _, _ in load(path)]
    val = load(a.val)
    passing = ([(p.split(":")[0], float(p.split(":")[1])) for p in a.passing], a.each, a.hold)
    global FEED
    FEED = Feed(packs, backing, int(a.seconds * FRAMES_PER_S), a.seed, passing)
    FEED.turn(0)
    counts = sum(np.bincount(h[:, 1].astype(int), minlength=N) for _, h, _ in FEED.pool) + 1
    class_weight = torch.from_numpy(np.clip((np.median(counts) / counts) ** .35, .7, 2).astype(np.float32))
    helper = ProcessPoolExecutor(1, multiprocessing.get_context("fork"), pin, ())
    net, mean = Ear(a.width), Ear(a.width)
    net.front = net.front.to(memory_format=torch.channels_last)
    if a.start and a.start.endswith(".onnx"):
        net.load_state_dict(ear_from(a.start, torch.from_numpy(FEED.batch(0, a.batch)[0])).state_dict())
    elif a.start:
        net.load_state_dict(torch.load(a.start)["net"])
    mean.load_state_dict(net.state_dict())
    if a.start and not os.path.exists(os.path.join(a.work, "start.pt")):
        torch.save(dict(net=net.state_dict(), step=0, width=a.width), os.path.join(a.work, "start.pt"))
    opt = torch.optim.AdamW(net.parameters(), a.rate, betas=(.9, .98), weight_decay=.01)
    step, best, last = 0, 0.0, os.path.join(a.work, "last.pt")
    if os.path.exists(last):
        s = torch.load(last, weights_only=False)
        net.load_state_dict(s["net"]), mean.load_state_dict(s["mean"]), opt.load_state_dict(s["opt"])
        step, best = s["step"], s["best"]
    half = fast_in_half()
    began, seen = time.time(), np.zeros(5)
    coming = [helper.submit(fetch, s, a.batch) for s in range(step, step + 3)]
    while step < a.steps:
        for g in opt.param_groups:
            g["lr"] = a.rate * min(1, (step + 1) / min(200, a.steps / 10)) * max(.01, .5 + .5 * np.cos(np.pi * step / a.steps))
        x, *labels = [torch.from_numpy(v) for v in coming.pop(0).result()]
        coming.append(helper.submit(fetch, step + 3, a.batch))
        net.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            y = net.logits(x)
        loss, parts = loss_of(y, labels, a.gain, class_weight, a.beat)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        keep = min(.998, step / (step + 20))
        with torch.no_grad():
            for m, p in zip(mean.state_dict().values(), net.state_dict().values()):
                m.lerp_(p, 1 - keep) if m.is_floating_point() else m.copy_(p)
        step += 1
        seen += [1, *[float(p.detach()) for p in parts]]
        if step % a.every == 0 or step == a.steps:
            mean.eval()
            found = best_f([(hear(mean, f.astype(np.float32)), h) for f, h, _ in val])
            torch.save(dict(net=net.state_dict(), mean=mean.state_dict(), opt=opt.state_dict(), step=step, best=best), last)
            if found["f50"] >= best:
                best = float(found["f50"])
                torch.save(dict(net=mean.state_dict(), step=step, width=a.width), os.path.join(a.work, "best.pt"))
            line = dict(step=step, s=round(time.time() - began), loss=[round(v, 4) for v in seen[1:] / seen[0]], **found)
            print(json.dumps(line), flush=True)
            seen[:] = 0


if __name__ == "__main__":
    main()
