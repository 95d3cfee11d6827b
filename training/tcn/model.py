"""The network: a strided convolutional front end, a dilated temporal trunk, one linear head per question.

Shape: features [batch, frames, 160] -> onset, velocity, offset [batch, frames, classes], and beat [batch, frames, 2].
Conventions: convolutions over time are centred and padded with zeros inside the network, so the output depends on at most
`CONTEXT` frames on either side. Source: S. Bai, J. Z. Kolter, V. Koltun, "An Empirical Evaluation of Generic Convolutional
and Recurrent Networks for Sequence Modeling" (2018) for the dilated trunk.
"""
import torch
from torch import nn

CLASSES = ["kick", "snare", "cross_stick", "clap", "tom_high", "tom_low_mid", "tom_floor", "hihat_closed", "hihat_open",
           "hihat_pedal", "ride", "ride_bell", "crash", "china", "splash", "tambourine", "cowbell"]
# Sounds of one thing, or of things that are struck one at a time: whether any of them was struck is asked first.
GROUPS = [("kick", 1), ("snare", 3), ("toms", 3), ("hihat", 3), ("cymbals", 5), ("tambourine", 1), ("cowbell", 1)]
SPANS = [slice(sum(n for _, n in GROUPS[:i]), sum(n for _, n in GROUPS[:i + 1])) for i in range(len(GROUPS))]
LONG, SHORT = 96, 64
DILATIONS = [1, 2, 4, 8, 16, 32, 64] * 2
CONTEXT = sum(DILATIONS) + 6


class Block(nn.Module):
    """x + linear(relu(dilated convolution(relu(x)))), each normalised over the batch."""

    def __init__(self, width, dilation):
        super().__init__()
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.mix = nn.Conv1d(width, width, 1)
        self.drop = nn.Dropout(.1)

    def forward(self, x):
        return x + self.mix(self.drop(torch.relu(self.norm(self.wide(x)))))


class Ear(nn.Module):
    def __init__(self, width=128, front=(16, 32, 48)):
        super().__init__()
        a, b, c = front
        self.front = nn.Sequential(
            nn.Conv2d(1, a, (7, 3), stride=(2, 1), padding=(3, 1), bias=False), nn.BatchNorm2d(a), nn.ReLU(),
            nn.Conv2d(a, b, (3, 3), stride=(2, 1), padding=(1, 1), bias=False), nn.BatchNorm2d(b), nn.ReLU(),
            nn.Conv2d(b, c, (3, 3), stride=(2, 1), padding=(1, 1), bias=False), nn.BatchNorm2d(c), nn.ReLU())
        self.quick = nn.Sequential(nn.Conv1d(SHORT, 48, 3, padding=1, bias=False), nn.BatchNorm1d(48), nn.ReLU())
        self.join = nn.Conv1d(c * LONG // 8 + 48, width, 1)
        self.trunk = nn.Sequential(*[Block(width, d) for d in DILATIONS])
        self.heads = nn.Conv1d(width, 3 * len(CLASSES) + 2 + len(GROUPS), 1)
        n = len(CLASSES)
        with torch.no_grad():
            self.heads.weight *= .3
            self.heads.bias[:] = 0
            self.heads.bias[:n] = -4
            self.heads.bias[3 * n:] = -3

    def hidden(self, features):
        """What the heads see; shape: batch x width x frames."""
        x = (features.transpose(1, 2) + 5) / 2
        y = self.front(x[:, None, :LONG])
        y = torch.cat([y.flatten(1, 2), self.quick(x[:, LONG:])], 1)
        return torch.relu(self.trunk(self.join(y)))

    def logits(self, features):
        """Heads before their squashing; shape: batch x (3 classes + 2 + groups) x frames."""
        return self.heads(self.hidden(features))

    def forward(self, features):
        return self.answers(self.hidden(features))

    def answers(self, hidden):
        """Onset, velocity, offset and beat, squashed; shapes as at the top."""
        y, n = self.heads(hidden).transpose(1, 2), len(CLASSES)
        offset = torch.clamp(y[..., 2 * n:3 * n], -1, 1)
        group = torch.sigmoid(y[..., 3 * n + 2:])
        onset = shared(torch.sigmoid(y[..., :n]), group)
        return onset, torch.sigmoid(y[..., n:2 * n]), offset, torch.sigmoid(y[..., 3 * n:3 * n + 2])


class WithTimbre(nn.Module):
    """An ear that also says what a frame sounds like: its hidden values along the directions in which they differ most.

    Shape of the timbre: batch x frames x values. `directions`: values x width."""

    def __init__(self, ear, directions):
        super().__init__()
        self.ear, self.timbre = ear, nn.Conv1d(directions.shape[1], directions.shape[0], 1, bias=False)
        with torch.no_grad():
            self.timbre.weight.copy_(directions[..., None])

    def forward(self, features):
        hidden = self.ear.hidden(features)
        return *self.ear.answers(hidden), self.timbre(hidden).transpose(1, 2)


def shared(onset, group):
    """Gives the probability of a group to its likeliest member around a frame; the others keep their own.

    Evidence for "a hi-hat" is often split between closed and open, each too low to count."""
    around = nn.functional.max_pool1d(onset.transpose(1, 2), 5, 1, 2).transpose(1, 2)
    out = []
    for i, s in enumerate(SPANS):
        best = around[..., s.start:s.start + 1]
        for c in range(s.start + 1, s.stop):
            best = torch.maximum(best, around[..., c:c + 1])
        first = torch.clamp(20 * around[..., s] / (best + 1e-6) - 19, 0, 1)
        out.append(torch.maximum(onset[..., s], first * group[..., i:i + 1]))
    return torch.cat(out, -1)
