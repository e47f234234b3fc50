"""Answers of the OpenAI API, in every form that clients save."""

import json

import numpy as np
import pytest
from written_files import X, answer, check, refused


def batch_line(number, packed):
    body = answer(X[number : number + 1], packed=packed)
    response = {"status_code": 200, "request_id": "r", "body": body}
    return {"id": f"batch_req_{number}", "custom_id": f"request-{number}", "response": response, "error": None}


@pytest.mark.parametrize("packed", [False, True], ids=["float", "base64"])
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_answers_of_the_openai_api(tmp_path, monkeypatch, packed, size):
    monkeypatch.setattr("simtool.io.text.BLOCK_BYTES", size)
    monkeypatch.setattr("simtool.io.text_blocks.LONGEST_ROW", 100_000)
    path = tmp_path / "a.json"
    shuffled = answer(X, packed=packed, order=[3, 1, 2, 0, 9, 8, 7, 6, 5, 4])
    renamed = {
        name: shuffled[name] for name in ("model", "data", "object")
    }  # as openai.CreateEmbeddingResponse dumps it
    for document in (answer(X, packed=packed), shuffled, renamed):
        for indent in (None, 2):
            path.write_text(json.dumps(document, indent=indent))
            assert check(path).dtype == np.float32
    path.write_text("".join(json.dumps(answer(half, packed=packed)) + "\n" for half in (X[:5], X[5:])))
    check(path)
    lines = [json.dumps(batch_line(number, packed)) + "\n" for number in range(10)]
    path.write_text("".join(lines))
    check(path, ids=[f"request-{number}" for number in range(10)])
    two = {**batch_line(0, packed), "custom_id": "both"}
    two["response"]["body"] = answer(X[:2], packed=packed)
    path.write_text(json.dumps(two) + "\n" + lines[2])
    check(path, X[:3], ["both:0", "both:1", "request-2"])


def test_answers_that_are_refused(tmp_path):
    path = tmp_path / "a.json"
    failed = {"id": "b", "custom_id": "r-7", "response": None, "error": {"code": "batch_expired", "message": "late"}}
    limited = {"id": "b", "custom_id": "r-8", "response": {"status_code": 429, "body": {"error": {"message": "slow"}}}}
    text = "".join(json.dumps(line) + "\n" for line in (batch_line(0, packed=False), failed, limited))
    error = refused(path, text.encode())
    assert error.what == "2 requests of this batch failed: 'r-7' (batch_expired), 'r-8' (slow)"
    document = answer(X, packed=False)
    for place, cell, what in (
        ("embedding", "!!!!", "line 1: vector 2 is neither a list of numbers nor float32 numbers as base64"),
        ("embedding", "AAAAAA==AA", "line 1: vector 2 is neither a list of numbers nor float32 numbers as base64"),
        ("embedding", [1.0, "x"], "line 1: vector 2 is neither a list of numbers nor float32 numbers as base64"),
        ("embedding", [1.0], "line 1: vector 2 has 1 dims, expected 6 as in the first"),
        ("index", 1, "line 1: `index` does not count the 10 vectors"),
    ):
        broken = json.loads(json.dumps(document))
        broken["data"][2][place] = cell
        assert refused(path, json.dumps(broken).encode()).what == what
