"""Weights of a shipped network, to train on from.

Goal: an `Ear` that says the same as a `model.onnx`. The export folds each batch normalisation into the convolution before it;
here it is made anew: its running statistics are those of the features given, the weights before it are as large as untrained
ones (so that a step of the optimiser means what it meant), and scale and shift give the folded convolution back.
"""
import onnx, torch
from onnx import numpy_helper

from model import Ear


def ear_from(path, features):
    """The network of `path`; features (batch x frames x values) are what its normalisations are measured on."""
    graph = onnx.load(path).graph
    arrays = {i.name.removeprefix("ear."): torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    net = Ear(len(arrays["join.bias"]))
    hooks = []
    with torch.no_grad():
        for node in graph.node:
            if node.op_type != "Conv":
                continue
            name = module_of(node.name)
            if name == "timbre":
                continue
            weight, bias = [arrays[i.removeprefix("ear.")] for i in node.input[1:]]
            conv = net.get_submodule(name)
            if conv.bias is not None:
                conv.weight.copy_(weight), conv.bias.copy_(bias)
                continue
            fan_in = weight[0].numel()
            gain = (3 * fan_in) ** -.5 / weight.flatten(1).std(1)
            conv.weight.copy_(weight * gain.reshape(-1, *[1] * (weight.ndim - 1)))
            hooks.append(norm_after(net, name).register_forward_pre_hook(unfold(gain, bias)))
        net.eval()
        net.logits(features)
    for hook in hooks:
        hook.remove()
    return net


def module_of(node):
    """The module that a node of the graph came from: "/trunk/trunk.0/wide/Conv" is trunk.0.wide."""
    path = ""
    for part in node.strip("/").split("/")[:-1]:
        path = part if not path or part.startswith(path + ".") else f"{path}.{part}"
    return path


def norm_after(net, name):
    """The batch normalisation behind a convolution."""
    parent, own = name.rsplit(".", 1)
    parent = net.get_submodule(parent)
    return parent.norm if own == "wide" else parent[int(own) + 1]


def unfold(gain, bias):
    """A hook that has a normalisation take its statistics from what it is given: in all, inputs / gain + bias."""
    def measure(norm, inputs):
        x = inputs[0].transpose(0, 1).flatten(1)
        norm.running_mean.copy_(x.mean(1)), norm.running_var.copy_(x.var(1))
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() / gain)
        norm.bias.copy_(bias + norm.running_mean / gain)
    return measure
