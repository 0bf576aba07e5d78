from __future__ import annotations

from arguments import Request, Unsupported, refusing
from libp2p.kad_dht.pb.kademlia_pb2 import Record
from libp2p.records.ipns import IPNSValidator
from libp2p.records.pubkey import PublicKeyValidator
from libp2p.records.record import make_put_record
from libp2p.records.utils import split_key


def text_key(key: bytes) -> str:
    """A record key as py-libp2p has it: text, the multihash in it as hex."""
    namespace, path = split_key(key.decode("latin-1"))
    return f"/{namespace}/{path.encode('latin-1').hex()}"


async def judge_ipns(request: Request) -> dict:
    if request.lists.get("keyBook"):
        raise Unsupported("py-libp2p's IPNS validator has no key book")
    with refusing():
        read = IPNSValidator().validate_with_details(text_key(request.bytes("key")), request.bytes("record"))
    value = read.value if isinstance(read.value, str) else read.value.decode("latin-1")
    out = {"value": value, "sequence": str(read.sequence), "microseconds": read.validity.isoformat()}
    if read.ttl is not None:
        out["ttl"] = str(read.ttl)
    return out


async def select_ipns(request: Request) -> dict:
    candidates = [bytes.fromhex(text) for text in request.lists["records"]]
    with refusing():
        return {"index": IPNSValidator().select(text_key(request.bytes("key")), candidates)}


async def judge_public_key(request: Request) -> dict:
    with refusing():
        PublicKeyValidator().validate(text_key(request.bytes("key")), request.bytes("value"))
    return {}


async def encode(request: Request) -> dict:
    record = make_put_record(request.bytes("key"), request.bytes("value"))
    if request.texts.get("timeReceived"):
        record.timeReceived = request.texts["timeReceived"]
    return {"record": record.SerializeToString().hex()}


async def decode(request: Request) -> dict:
    with refusing():
        record = Record.FromString(request.bytes("record"))
    return {"key": record.key.hex(), "value": record.value.hex(), "timeReceived": record.timeReceived}


async def split(request: Request) -> dict:
    with refusing():
        namespace, path = split_key(request.bytes("key").decode("utf-8"))
    return {"namespace": namespace.encode().hex(), "path": path.encode().hex()}


OPERATIONS = {
    "ipns.judge": judge_ipns,
    "ipns.select": select_ipns,
    "pk.judge": judge_public_key,
    "record.encode": encode,
    "record.decode": decode,
    "key.split": split,
}
