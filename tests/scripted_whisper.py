"""A tiny Whisper model that always says what its script says, made without torch or a download.

It runs through everything a real model does (mel, encoder, beam search, timestamp rules, language
detection), so that tests know the words in advance. How: each layer adds nearly nothing to the
residual stream, every token of the script is embedded in a dimension of its own, and the output
projection leads from that dimension to the token's successor.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import tokenizers
from ctranslate2.specs import WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES

MELS: Final = 80
TASKS: Final = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
SCRIPT: Final = (
    0.0, "你好，", "这里是华建集团。", 4.0, 4.02, "这已经是", "第三次延期了，", "麻烦给个说法。", 9.0,
)  # fmt: skip
"""Numbers are timestamps in seconds (multiples of 0.02), texts are pieces, each used once."""


@dataclass(frozen=True)
class Size:
    width: int = 64
    heads: int = 2
    layers: int = 2


TINIEST: Final = Size()
BASE: Final = Size(512, 8, 6)
"""As wide and deep as Whisper's own model of that name, so that it takes as long per layer."""


def build(
    folder: Path,
    script: Sequence[float | str] = SCRIPT,
    language: str = "zh",
    size: Size = TINIEST,
) -> Path:
    """Write a CTranslate2 model into `folder` that says `script` for every recording."""
    folder.mkdir(parents=True, exist_ok=True)
    words = _Vocabulary.of(script)
    words.save_tokenizer(folder / "tokenizer.json")
    spec = WhisperSpec(size.layers, size.heads, size.layers, size.heads)
    _fill(spec, size.width, *_chain(words, script, language, size.width))
    spec.register_vocabulary(words.tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = [words.id(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.alignment_heads = [(0, head) for head in range(size.heads)]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    mel = {"feature_size": MELS, "sampling_rate": 16_000, "hop_length": 160, "chunk_length": 30}
    (folder / "preprocessor_config.json").write_text(json.dumps({**mel, "n_fft": 400}))
    return folder


def _byte_letters() -> dict[int, str]:
    """GPT-2's alphabet: every byte has a printable letter."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {b: chr(b) for b in shown} | {b: chr(256 + n) for n, b in enumerate(hidden)}


LETTERS: Final = _byte_letters()


def _stamp(seconds: float) -> str:
    return f"<|{seconds:.2f}|>"


def _piece(text: str) -> str:
    return "".join(LETTERS[byte] for byte in text.encode())


@dataclass(frozen=True)
class _Vocabulary:
    plain: list[str]
    special: list[str]
    stamps: list[str]

    @classmethod
    def of(cls, script: Sequence[float | str]) -> "_Vocabulary":
        pieces = [_piece(part) for part in script if isinstance(part, str)]
        letters = [LETTERS[byte] for byte in range(256)]
        # CTranslate2 takes a model without the empty token for an English-only one.
        plain = [*letters, *(piece for piece in pieces if len(piece) > 1), ""]
        languages = [f"<|{code}|>" for code in _LANGUAGE_CODES]
        special = ["<|endoftext|>", "<|startoftranscript|>", *languages]
        stamps = [_stamp(n * 0.02) for n in range(1501)]
        return cls(plain, special + [f"<|{task}|>" for task in TASKS], stamps)

    @property
    def tokens(self) -> list[str]:
        return self.plain + self.special + self.stamps

    def id(self, token: str) -> int:
        return self.tokens.index(token)

    def save_tokenizer(self, path: Path) -> None:
        vocabulary = {token: number for number, token in enumerate(self.plain)}
        tokenizer: Any = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = tokenizers.decoders.ByteLevel()
        tokenizer.add_special_tokens(self.special)
        tokenizer.add_tokens([tokenizers.AddedToken(stamp, special=True) for stamp in self.stamps])
        tokenizer.save(str(path))


def _chain(
    words: _Vocabulary, script: Sequence[float | str], language: str, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Embedding and projection (both tokens x width) that lead from each token to the next."""
    said = [words.id(_stamp(x) if isinstance(x, float) else _piece(x)) for x in script]
    first_text = next(n for n, x in zip(said, script, strict=True) if isinstance(x, str))
    spoken = words.id(f"<|{language}|>")
    steps = [
        (words.id("<|startoftranscript|>"), spoken),
        (spoken, words.id("<|transcribe|>")),
        (words.id("<|transcribe|>"), said[0]),
        (words.id("<|notimestamps|>"), first_text),
        *zip(said, [*said[1:], words.id("<|endoftext|>")], strict=True),
    ]
    embedding = np.zeros((len(words.tokens), width), np.float32)
    projection = np.zeros_like(embedding)
    if len(steps) >= width:
        raise ValueError("the script is too long for the model's width")
    for dimension, (token, successor) in enumerate(steps):
        embedding[token, dimension] = 8.0
        projection[successor, dimension] = 4.0
    return embedding, projection


def _fill(spec: Any, width: int, embedding: np.ndarray, projection: np.ndarray) -> None:
    random = np.random.default_rng(0)

    def noise(*shape: int) -> np.ndarray:
        return (random.standard_normal(shape) * 0.02).astype(np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def linear(layer: Any, inputs: int, outputs: int, *, silent: bool = False) -> None:
        shape = (outputs, inputs)
        layer.weight = np.zeros(shape, np.float32) if silent else noise(*shape)
        layer.bias = np.zeros(outputs, np.float32)

    def attention(layer: Any, *shapes: int) -> None:
        norm(layer.layer_norm)
        for number, outputs in enumerate(shapes):
            linear(layer.linear[number], width, outputs)
        linear(layer.linear[len(shapes)], width, width, silent=True)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, width, 2 * width)
        linear(layer.linear_1, 2 * width, width, silent=True)

    encoder, decoder = spec.encoder, spec.decoder
    for convolution, inputs in ((encoder.conv1, MELS), (encoder.conv2, width)):
        convolution.weight = noise(width, inputs, 3)
        convolution.bias = np.zeros(width, np.float32)
    encoder.position_encodings.encodings = noise(1500, width)
    decoder.position_encodings.encodings = np.zeros((448, width), np.float32)
    decoder.embeddings.weight, decoder.projection.weight = embedding, projection
    norm(encoder.layer_norm)
    norm(decoder.layer_norm)
    for layer in (*encoder.layer, *decoder.layer):
        attention(layer.self_attention, 3 * width)
        feed_forward(layer.ffn)
    for layer in decoder.layer:
        attention(layer.attention, width, 2 * width)
