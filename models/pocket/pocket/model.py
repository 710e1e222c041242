"""A small Llama: RMS norm, rotary positions in interleaved pairs (llama.cpp's own layout), SwiGLU, tied embeddings."""
import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Config:
    vocabulary: int = 2560
    width: int = 192
    layers: int = 6
    heads: int = 6
    inner: int = 512
    context: int = 1024
    rope_base: float = 10000.0
    epsilon: float = 1e-5


def rms_norm(x, weight, epsilon):
    x = x.float()
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        width, inner = config.width, config.inner
        self.attention_norm = nn.Parameter(torch.ones(width))
        self.feed_norm = nn.Parameter(torch.ones(width))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x, cos, sin):
        batch, length, width = x.shape
        heads = self.config.heads
        normed = rms_norm(x, self.attention_norm, self.config.epsilon)
        q, k, v = self.qkv(normed).view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(_rotate(q, cos, sin), _rotate(k, cos, sin), v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        gate, up = self.gate_up(rms_norm(x, self.feed_norm, self.config.epsilon)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


def _rotate(z, cos, sin):
    even, odd = z[..., 0::2], z[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2).to(z.dtype)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.Parameter(torch.ones(config.width))
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, weight in self.named_parameters():
            if weight.dim() == 2 and "embedding" not in name:
                bound = 0.5 * (3 / weight.shape[1]) ** 0.5
                nn.init.uniform_(weight, -bound, bound)
                if "out" in name or "down" in name:
                    nn.init.zeros_(weight)
        half = config.width // config.heads
        frequencies = 1.0 / config.rope_base ** (torch.arange(0, half, 2).float() / half)
        angles = torch.outer(torch.arange(config.context).float(), frequencies)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def hidden(self, ids):
        x = self.embedding(ids)
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, cos, sin)
        return x

    def tail(self, x, targets, weights):
        """The weighted loss from the last hidden state."""
        logits = F.linear(rms_norm(x, self.norm, self.config.epsilon), self.embedding.weight).flatten(0, 1).float()
        losses = F.cross_entropy(logits, targets.flatten(), reduction="none")
        return (losses * weights.flatten()).sum() / weights.sum().clamp(min=1)

    def loss(self, ids, targets, weights):
        return self.tail(self.hidden(ids), targets, weights)
