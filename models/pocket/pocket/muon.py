"""Muon: momentum, made orthogonal by a few Newton-Schulz steps; for the matrices of the blocks."""
import torch


def _orthogonal(g):
    x = (g / (g.norm(dim=(-2, -1), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.float()


class Muon:
    """Fused matrices (query, key, value; gate, up) are stepped part by part, and parts of one shape together."""

    def __init__(self, weights, width, inner, momentum=0.95, decay=0.01):
        self.weights, self.momentum, self.decay = list(weights), momentum, decay
        self.buffers = [torch.zeros_like(weight) for weight in self.weights]
        self.groups = {}
        for index, weight in enumerate(self.weights):
            rows, columns = weight.shape
            size = width if rows == 3 * width else inner if rows == 2 * inner else rows
            for start in range(0, rows, size):
                self.groups.setdefault((min(size, columns), max(size, columns)), []).append((index, start, start + size))

    @torch.no_grad()
    def step(self, rate):
        for weight, buffer in zip(self.weights, self.buffers):
            buffer.mul_(self.momentum).add_(weight.grad)
        for parts in self.groups.values():
            grads = []
            for index, start, end in parts:
                g = (self.weights[index].grad + self.momentum * self.buffers[index])[start:end]
                grads.append(g if g.shape[0] <= g.shape[1] else g.T)
            for (index, start, end), update in zip(parts, _orthogonal(torch.stack(grads))):
                weight = self.weights[index]
                tall = end - start > weight.shape[1]
                update = update.T if tall else update
                scale = max(1.0, (end - start) / weight.shape[1]) ** 0.5
                weight.data[start:end].mul_(1 - rate * self.decay).add_(update, alpha=-rate * scale)
