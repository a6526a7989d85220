import os
import shutil
import subprocess
import sys

import pytest
import torch

from tidelab.errors import TidelabError
from tidelab.text import encoder

OFFLINE = """
import socket
def refuse(*a, **k): raise AssertionError("the network was asked")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from tidelab.text import encoder
print(encoder.load().encode(["hello"]).vectors.shape)
"""


def test_the_default_encoder_asks_no_network_even_without_the_offline_switch():
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "[1, 384]" in done.stdout


def test_one_pass_gives_embeddings_and_the_unit_states_they_are_pooled_from():
    made = encoder.load().encode(["I hear how frightened you were."])
    states, content = made.tokens(0)
    assert states.shape == (9, 384)
    assert content.tolist() == [False] + [True] * 7 + [False]
    assert torch.allclose(states.norm(dim=1), torch.ones(9), atol=1e-6)
    assert made.vectors.norm().item() == pytest.approx(1, abs=1e-6)


def test_equal_texts_are_encoded_once_and_order_and_repetition_change_no_bit():
    texts = [f"{'word ' * n}and so on" for n in range(1, 40)]
    straight = encoder.load().encode(texts)
    mixed = encoder.load().encode([*reversed(texts), texts[5], texts[5]])
    assert torch.equal(mixed.vectors[:39].flip(0), straight.vectors)
    assert torch.equal(mixed.tokens(40)[0], straight.tokens(5)[0])
    assert mixed.nbytes - straight.nbytes == 2 * 384 * 4


def test_texts_longer_than_256_tokens_are_cut_and_counted():
    model = encoder.load()
    texts = ["short", "word " * 254, "word " * 255, "word " * 5000]
    assert model.limit == 256
    assert model.truncated(texts) == 2
    assert model.truncated([]) == 0
    assert [model.encode(texts).tokens(i)[0].shape[0] for i in range(4)] == [3, 256, 256, 256]


def test_a_directory_goes_by_its_name_and_the_hash_of_its_weights_and_changed_weights_change_both_identity_and_fingerprint(tmp_path):
    copy = tmp_path / "mine"
    shutil.copytree(encoder.directory(encoder.DEFAULT), copy)
    default = encoder.identity(encoder.DEFAULT)
    assert default.startswith("all-MiniLM-L6-v2@")
    assert encoder.fingerprint("sentence-transformers/all-MiniLM-L6-v2") == default
    assert encoder.identity(str(copy)) == default.replace("all-MiniLM-L6-v2", "mine")
    with (copy / "model.safetensors").open("ab") as weights:
        weights.write(b" ")
    encoder._weights_hash.cache_clear()
    assert encoder.fingerprint(str(copy)).split("@")[1] != default.split("@")[1]


def test_a_name_that_is_no_directory_and_no_model_of_a_hub_is_the_users_to_mend(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for name in ("nobody/no-such-encoder", "not a name!"):
        with pytest.raises(TidelabError, match="no encoder") as error:
            encoder.identity(name)
        assert encoder.DEFAULT in error.value.mend
    assert encoder.fingerprint("nobody/no-such-encoder") == "nobody/no-such-encoder"


def test_a_directory_without_weights_is_the_users_to_mend(tmp_path):
    with pytest.raises(TidelabError, match=r"no \*\.safetensors") as error:
        encoder.identity(str(tmp_path))
    assert error.value.where == str(tmp_path)
