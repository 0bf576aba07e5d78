"""One py-libp2p DHT node on loopback."""

from __future__ import annotations

from typing import Any

import trio
from arguments import Refused, Request, Unsupported
from libp2p import new_host
from libp2p.kad_dht.common import PROTOCOL_ID
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.peer.envelope import unmarshal_envelope
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.records.validator import Validator
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

nursery: trio.Nursery


class Node:
    def __init__(self) -> None:
        self.host: Any = None
        self.dht: Any = None
        self.started = trio.Event()
        self.stopping = trio.Event()
        self.stopped = trio.Event()


node: Node | None = None


class SignedEnvelopes(Validator):
    """The namespace /interop: a value is an envelope under RecordKit's domain."""

    def validate(self, key: str, value: bytes) -> None:
        unmarshal_envelope(value).validate("recordkit-signed-record")

    def select(self, key: str, values: list[bytes]) -> int:
        return 0


async def run(started: Node) -> None:
    try:
        host = new_host(listen_addrs=[Multiaddr("/ip4/127.0.0.1/tcp/0")])
        async with host.run(listen_addrs=[Multiaddr("/ip4/127.0.0.1/tcp/0")]):
            dht = KadDHT(host, DHTMode.SERVER)
            dht.set_namespace_validator("interop", SignedEnvelopes())
            async with background_trio_service(dht):
                started.host = host
                started.dht = dht
                started.started.set()
                await started.stopping.wait()
    finally:
        started.stopped.set()


def current() -> Node:
    if node is None:
        raise RuntimeError("no node is running")
    return node


def text_key(key: bytes) -> str:
    try:
        return key.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unsupported("py-libp2p's record keys are UTF-8 text; a binary multihash in a key is not") from error


async def start(request: Request) -> dict:
    global node
    if request.texts["protocol"] != PROTOCOL_ID:
        raise Unsupported(f"py-libp2p's DHT speaks {PROTOCOL_ID} only")
    await stop(request)
    node = Node()
    nursery.start_soon(run, node)
    await node.started.wait()
    peer = node.host.get_id().to_base58()
    addresses = []
    for address in node.host.get_addrs():
        text = str(address)
        addresses.append(text if "/p2p/" in text else f"{text}/p2p/{peer}")
    return {"peer": peer, "addresses": addresses}


async def stop(_: Request) -> dict:
    global node
    if node is not None:
        node.stopping.set()
        await node.stopped.wait()
        node = None
    return {}


async def connect(request: Request) -> dict:
    info = info_from_p2p_addr(Multiaddr(request.texts["address"]))
    await current().host.connect(info)
    if not await current().dht.routing_table.add_peer(info, skip_server_mode_check=True):
        raise RuntimeError("the peer did not enter the routing table")
    return {}


async def put(request: Request) -> dict:
    key = text_key(request.bytes("key"))
    try:
        await current().dht.put_value(key, request.bytes("value"))
    except Exception as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    return {}


async def get(request: Request) -> dict:
    value = await current().dht.get_value(text_key(request.bytes("key")))
    return {} if value is None else {"value": value.hex()}


async def provide(request: Request) -> dict:
    if not await current().dht.provider_store.provide(request.bytes("multihash")):
        raise RuntimeError("no peer took the provider record")
    return {}


async def find_providers(request: Request) -> dict:
    found = await current().dht.provider_store.find_providers(request.bytes("multihash"))
    return {"providers": [one.peer_id.to_base58() for one in found]}


OPERATIONS = {
    "dht.start": start,
    "dht.stop": stop,
    "dht.connect": connect,
    "dht.put": put,
    "dht.get": get,
    "dht.provide": provide,
    "dht.findProviders": find_providers,
}
