"""The Python side of the interoperability matrix: py-libp2p behind JSON lines.

The protocol is in ../README.md.
"""

from __future__ import annotations

import json
import logging
import sys
from importlib.metadata import version

import trio

import dht
import envelopes
import keys
import records
from arguments import Refused, Request, Unsupported


async def about(_: Request) -> dict:
    return {
        "implementation": "python",
        "versions": {"libp2p": version("libp2p"), "python": sys.version.split()[0]},
        "operations": sorted(OPERATIONS),
    }


OPERATIONS = {
    "about": about,
    **keys.OPERATIONS,
    **envelopes.OPERATIONS,
    **records.OPERATIONS,
    **dht.OPERATIONS,
}

MISSING = {
    "ipns.make": "py-libp2p validates IPNS records and does not make them",
}


async def answer(line: str) -> dict:
    try:
        request = Request(json.loads(line))
    except Exception as error:
        return {"id": 0, "failed": repr(error)}
    operation = OPERATIONS.get(request.operation)
    if operation is None:
        reason = MISSING.get(request.operation, f"py-libp2p has nothing for {request.operation}")
        return {"id": request.id, "unsupported": reason}
    try:
        with trio.fail_after(30):
            return {"id": request.id, "ok": await operation(request)}
    except Refused as refusal:
        return {"id": request.id, "refused": str(refusal)}
    except Unsupported as missing:
        return {"id": request.id, "unsupported": str(missing)}
    except Exception as error:
        return {"id": request.id, "failed": f"{type(error).__name__}: {error}"}


async def main() -> None:
    async with trio.open_nursery() as nursery:
        dht.nursery = nursery
        async for line in trio.wrap_file(sys.stdin):
            print(json.dumps(await answer(line)), flush=True)
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    trio.run(main)
