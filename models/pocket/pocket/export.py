"""Writes a checkpoint as GGUF (Q8_0): python -m pocket.export CHECKPOINT OUT.gguf [TOKENIZER.json]"""
import pathlib
import sys

import gguf
import numpy
import torch

from . import tokenizer as tokens

_HERE = pathlib.Path(__file__).parent


def export(checkpoint, path, vocabulary_file=_HERE.parent / "tokenizer.json"):
    state = torch.load(checkpoint, weights_only=True)
    config, weights = state["config"], state["model"]
    _, vocabulary = tokens.load(vocabulary_file)
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, config, vocabulary)
    _add(writer, "token_embd.weight", weights["embedding.weight"])
    _add(writer, "output_norm.weight", weights["norm"])
    for layer in range(config["layers"]):
        source, target = f"blocks.{layer}.", f"blk.{layer}."
        query, key, value = weights[source + "qkv.weight"].chunk(3)
        gate, up = weights[source + "gate_up.weight"].chunk(2)
        for name, tensor in {
            "attn_norm": weights[source + "attention_norm"], "ffn_norm": weights[source + "feed_norm"],
            "attn_q": query, "attn_k": key, "attn_v": value, "attn_output": weights[source + "out.weight"],
            "ffn_gate": gate, "ffn_up": up, "ffn_down": weights[source + "down.weight"],
        }.items():
            _add(writer, f"{target}{name}.weight", tensor.contiguous())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer, config, vocabulary):
    writer.add_name("Parley Pocket")
    writer.add_type("model")
    writer.add_license("MIT")
    writer.add_context_length(config["context"])
    writer.add_embedding_length(config["width"])
    writer.add_block_count(config["layers"])
    writer.add_feed_forward_length(config["inner"])
    writer.add_head_count(config["heads"])
    writer.add_head_count_kv(config["heads"])
    writer.add_layer_norm_rms_eps(config["epsilon"])
    writer.add_rope_freq_base(config["rope_base"])
    writer.add_rope_dimension_count(config["width"] // config["heads"])
    writer.add_vocab_size(len(vocabulary))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(vocabulary)
    writer.add_token_types([
        gguf.TokenType.CONTROL if word in tokens.SPECIAL else gguf.TokenType.UNUSED if word.startswith("<|unused") else gguf.TokenType.NORMAL
        for word in vocabulary
    ])
    writer.add_token_merges([tokens.SPACE + " " + letter for letter in tokens.LETTERS])
    writer.add_bos_token_id(tokens.BEGIN)
    writer.add_eos_token_id(tokens.END)
    writer.add_pad_token_id(tokens.BEGIN)
    writer.add_add_bos_token(True)
    writer.add_chat_template((_HERE / "chat_template.jinja").read_text())


def _add(writer, name, tensor):
    array = tensor.float().numpy()
    if array.ndim == 1:
        writer.add_tensor(name, array.astype(numpy.float32))
    else:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quantize(array, kind), raw_dtype=kind)


if __name__ == "__main__":
    export(*sys.argv[1:])
