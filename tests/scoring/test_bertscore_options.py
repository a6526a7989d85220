import pytest
import torch
from bert_score import BERTScorer

from tidelab.errors import TidelabError
from tidelab.experiment import BertScore
from tidelab.scoring.bertscore import METRIC, PARTS, score
from tidelab.scoring.metric import Unscored, metric
from tidelab.scoring.shared import Batch, Shared
from tidelab.text import encoder

NAME = "all-MiniLM-L6-v2"


def batch(pairs, **options):
    corpus = [a for a, _ in pairs]
    shared = Shared(NAME, dtype=options.pop("dtype", "fp32"), bertscore=BertScore(**options), corpus=corpus)
    return Batch([""] * len(pairs), corpus, [b for _, b in pairs], shared)


@pytest.mark.parametrize("layer", [1, 4, 6])
@pytest.mark.parametrize("idf", [False, True])
def test_any_layer_with_and_without_idf_equals_the_package(layer, idf, english):
    references, replies = ([pair[i] for pair in english[:16]] for i in (0, 1))
    options = {"idf": True, "idf_sents": references} if idf else {}
    peer = BERTScorer(model_type=str(encoder.directory(NAME)), num_layers=layer, device="cpu", nthreads=0, **options)
    ours = score(batch(english[:16], layer=layer, idf=idf))
    for part, expected in zip(PARTS, peer.score(replies, references), strict=True):
        torch.testing.assert_close(torch.tensor(ours[part]), expected, atol=1e-5, rtol=0)


def test_rescaling_by_a_baseline_equals_the_package(english, tmp_path):
    table = tmp_path / "baseline.tsv"
    table.write_text("LAYER,P,R,F\n" + "".join(f"{i},0.2,0.3,0.{i}5\n" for i in range(7)))
    peer = BERTScorer(
        model_type=str(encoder.directory(NAME)), num_layers=6, device="cpu", lang="en", rescale_with_baseline=True, baseline_path=str(table)
    )
    ours = score(batch(english[:8], baseline=(0.2, 0.3, 0.65)))
    for part, expected in zip(PARTS, peer.score([b for _, b in english[:8]], [a for a, _ in english[:8]]), strict=True):
        torch.testing.assert_close(torch.tensor(ours[part]), expected, atol=1e-5, rtol=0)


def test_of_several_references_each_part_takes_its_best_as_in_the_package(english):
    rows = [(english[i][0], [english[i + 1][0], english[i + 2][0]], english[i][1]) for i in range(6)]
    peer = BERTScorer(model_type=str(encoder.directory(NAME)), num_layers=6, device="cpu")
    made = Batch([""] * 6, [a for a, _, _ in rows], [b for _, _, b in rows], Shared(NAME), [more for _, more, _ in rows])
    ours = metric("bertscore").values(made)
    for part, expected in zip(PARTS, peer.score([b for _, _, b in rows], [[a, *more] for a, more, _ in rows]), strict=True):
        torch.testing.assert_close(torch.tensor(ours[part]), expected, atol=1e-5, rtol=0)


def test_an_own_encoder_leaves_cosine_to_the_other_and_one_encoder_is_one_pass(tmp_path, english):
    import shutil

    copy = tmp_path / "mine"
    shutil.copytree(encoder.directory(NAME), copy)
    shared = Shared(NAME, bertscore=BertScore(encoder=str(copy)))
    assert shared.token_encoder.identity.startswith("mine@")
    assert shared.encoder.identity.startswith(NAME)
    same = Shared(NAME, bertscore=BertScore(layer=3))
    assert same.encoder is same.token_encoder


def test_options_stand_in_the_signature():
    made = batch([("a b", "a")], layer=2, idf=True, baseline=(0.1, 0.2, 0.3)).shared
    assert "|layer:2|idf:references-1|rescale:0.1,0.2,0.3|" in METRIC.sign("bertscore_f1", made)
    assert "|dtype:bf16|" in METRIC.sign("bertscore_f1", batch([("a", "a")], dtype="bf16").shared)
    assert "|dtype:bf16|" in metric("cosine").sign("cosine", batch([("a", "a")], dtype="bf16").shared)


def test_a_layer_that_the_encoder_lacks_is_the_users_to_mend():
    with pytest.raises(TidelabError, match="has 6 layers, and no layer 7"):
        score(batch([("a", "a")], layer=7))


def test_where_idf_leaves_no_token_any_weight_the_row_is_unscored():
    (value,) = score(batch([("the same", "the same")], idf=True))["bertscore_f1"]
    assert isinstance(value, Unscored)
    assert "idf" in value.reason


def test_bf16_stays_within_its_bounds_of_fp32(english):
    for name, parts in (("cosine", ["cosine"]), ("bertscore", PARTS)):
        exact, fast = (metric(name).values(batch(english, dtype=dtype)) for dtype in ("fp32", "bf16"))
        for part in parts:
            gaps = torch.tensor(fast[part]) - torch.tensor(exact[part])
            assert gaps.abs().max() < 0.003
            assert abs(gaps.mean()) < 0.0005
            assert gaps.abs().max() > 0
