"""Trains the pocket model on dialogues that are written while it learns, so no dialogue comes twice.

    python -m pocket.train --out DIRECTORY [--seed 1] [--tokens 14e6 | --minutes 85]

The learning rate follows the share of the run that is done, counted in tokens (reproducible) or in minutes by the clock (for a busy
machine). A checkpoint is written every few minutes; the same command goes on from it.
"""
import argparse
import dataclasses
import pathlib
import random
import time

import numpy
import torch

from . import tokenizer as tokens
from .encode import Encoder
from .generate import KINDS, with_recognizer
from .model import Config, Model
from .muon import Muon

_BATCH_TOKENS = 4096
_STEP = 32  # lengths are rounded up to a multiple of this


def mixture(share):
    """How many of the dialogues are of which kind: copying and sums first, whole calls later."""
    if share < 0.5:
        return {"main": 0.42, "copy": 0.38, "drill": 0.2}
    return {"main": 0.5, "copy": 0.42, "drill": 0.08}


def learning_rate(share, step):
    """Warm up, hold, then fall in a line."""
    return min(1.0, (step + 1) / 60) * (1.0 if share < 0.45 else max(0.02, (1 - share) / 0.55))


class Stream:
    """Batches of freshly written dialogues of about the same length."""

    def __init__(self, encoder, seed, context):
        self.encoder, self.seed, self.context, self.chunk = encoder, seed, context, 0

    def batches(self, share, size=1500):
        rng = with_recognizer(random.Random(self.seed * 1_000_003 + self.chunk))
        self.chunk += 1
        kinds = mixture(share)
        buckets = {}
        for kind in rng.choices(list(kinds), list(kinds.values()), k=size):
            ids, weights = self.encoder.encode(KINDS[kind](rng))
            if len(ids) > self.context:
                continue
            length = -(-(len(ids) - 1) // _STEP) * _STEP
            buckets.setdefault(length, []).append((ids, weights))
        plan = []
        carried = []
        for length in sorted(buckets):  # what does not fill a batch moves on to the next longer bucket
            items = carried + buckets[length]
            rows = max(1, _BATCH_TOKENS // length)
            rng.shuffle(items)
            full = len(items) - len(items) % rows
            plan += [(length, items[i : i + rows]) for i in range(0, full, rows)]
            carried = items[full:]
        rng.shuffle(plan)
        for length, items in plan:
            yield self._tensors(length, items)

    @staticmethod
    def _tensors(length, items):
        ids = numpy.zeros((len(items), length + 1), numpy.int64)
        weights = numpy.zeros((len(items), length + 1), numpy.float32)
        for row, (tokens_, weights_) in enumerate(items):
            ids[row, : len(tokens_)] = tokens_
            weights[row, : len(weights_)] = weights_
        used = sum(len(item[0]) for item in items)
        return torch.from_numpy(ids[:, :-1].copy()), torch.from_numpy(ids[:, 1:].copy()), torch.from_numpy(weights[:, 1:].copy()), used


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--vocabulary", default=str(pathlib.Path(__file__).parent.parent / "tokenizer.json"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tokens", type=float, default=14e6)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--inner", type=int, default=512)
    parser.add_argument("--bench", type=int, default=0, help="time so many steps and stop")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    tokenizer, vocabulary = tokens.load(options.vocabulary)
    config = Config(vocabulary=len(vocabulary), width=options.width, layers=options.layers, heads=options.heads, inner=options.inner)
    model = Model(config)
    print("parameters", sum(weight.numel() for weight in model.parameters()), flush=True)
    matrices = [weight for name, weight in model.named_parameters() if weight.dim() == 2 and "embedding" not in name]
    others = [weight for name, weight in model.named_parameters() if weight.dim() != 2 or "embedding" in name]
    muon = Muon(matrices, config.width, config.inner)
    adam = torch.optim.AdamW(others, lr=0.004, betas=(0.9, 0.95), weight_decay=0.0)
    stream = Stream(Encoder(tokenizer), options.seed, config.context)

    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    step, used, elapsed = 0, 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        adam.load_state_dict(state["adam"])
        for buffer, saved in zip(muon.buffers, state["muon"]):
            buffer.copy_(saved)
        step, used, elapsed, stream.chunk = state["step"], state["used"], state["elapsed"], state["chunk"]
        print("going on from step", step, flush=True)

    def save():
        torch.save({"model": model.state_dict(), "config": dataclasses.asdict(config), "adam": adam.state_dict(), "muon": muon.buffers,
                    "step": step, "used": used, "elapsed": time.time() - began, "chunk": stream.chunk}, str(checkpoint) + ".new")
        pathlib.Path(str(checkpoint) + ".new").rename(checkpoint)

    for block in model.blocks:
        block.compile(dynamic=True)
    tail = torch.compile(model.tail, dynamic=True)
    torch._dynamo.config.cache_size_limit = 64

    began = time.time() - elapsed
    saved = reported = time.time()
    total, reported_used = 0.0, used
    while True:
        share = (time.time() - began) / (options.minutes * 60) if options.minutes else used / options.tokens
        if share >= 1:
            break
        for ids, targets, weights, count in stream.batches(share):
            share = (time.time() - began) / (options.minutes * 60) if options.minutes else used / options.tokens
            if share >= 1:
                break
            with torch.autocast("cpu", torch.bfloat16):
                loss = tail(model.hidden(ids), targets, weights)
            loss.backward()
            rate = learning_rate(share, step)
            for group in adam.param_groups:
                group["lr"] = 0.004 * rate
            muon.step(0.02 * rate)
            adam.step()
            model.zero_grad(set_to_none=True)
            step, used, total = step + 1, used + count, total + loss.item()
            if step % 25 == 0:
                now = time.time()
                print(f"{step} share {share:.3f} loss {total / 25:.4f} tokens {used / 1e6:.2f}M {(used - reported_used) / (now - reported):.0f}/s", flush=True)
                reported, reported_used, total = now, used, 0.0
            if time.time() - saved > 180:
                save()
                saved = time.time()
            if options.bench and step >= options.bench:
                return
    save()
    print("done:", step, "steps,", used, "tokens,", f"{(time.time() - began) / 60:.1f} minutes", flush=True)


if __name__ == "__main__":
    main()
