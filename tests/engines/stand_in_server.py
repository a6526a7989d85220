"""A server that speaks OpenAI's protocol and answers with a real model, in a process of its own, as vLLM does.

serve DIR --served-model-name NAME --host H --port P [--enable-lora --lora-modules NAME=ADAPTER]. STAND_IN=deaf takes adapters for
nothing, =broken ends before it serves.
"""

import argparse
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tidelab.engines.base import Prompt
from tidelab.engines.transformers import TransformersEngine

options = argparse.ArgumentParser()
options.add_argument("serve")
options.add_argument("model")
options.add_argument("--served-model-name")
options.add_argument("--host")
options.add_argument("--port", type=int)
options.add_argument("--generation-config")
options.add_argument("--enable-lora", action="store_true")
options.add_argument("--lora-modules")
chosen = options.parse_args()
how = os.environ.get("STAND_IN", "")
if how == "broken":
    sys.exit("no room for the model")
name, _, adapter = (chosen.lora_modules or chosen.served_model_name).partition("=")
engine = TransformersEngine(chosen.model, adapter=Path(adapter) if adapter and how != "deaf" else None, max_new_tokens=12)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.tell({"object": "list", "data": [{"id": i, "object": "model"} for i in {name, chosen.served_model_name}]})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert asked["temperature"] == 0 and asked["model"] == name, asked
        [answer] = engine.answer([Prompt(tuple(asked["messages"]))])
        usage = {"prompt_tokens": answer.prompt_tokens, "completion_tokens": answer.reply_tokens}
        choice = {"index": 0, "message": {"role": "assistant", "content": answer.text}, "finish_reason": answer.stop_reason}
        self.tell({"id": "1", "object": "chat.completion", "created": 0, "model": name, "choices": [choice], "usage": usage})

    def tell(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer((chosen.host, chosen.port), Handler).serve_forever()
