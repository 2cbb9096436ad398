"""Says what zaqar-bench measured, and fails if a request failed or a kind of worker got nothing done."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    result = json.loads(file.read().strip().splitlines()[-1])
for kind in ("producer", "observer", "consumer"):
    figures = result[kind]
    total, successful = figures.get("total_reqs"), figures.get("successful_reqs", figures.get("claim_total_requests"))
    print(f"{kind}: {json.dumps(figures, sort_keys=True)}")
    assert total, f"no request of the {kind}"
    assert successful, f"no successful request of the {kind}"
producer = result["producer"]
assert producer["total_reqs"] == producer["successful_reqs"], "a post failed"
