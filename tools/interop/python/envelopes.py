from __future__ import annotations

from arguments import Request, refusing
from keys import private_key
from libp2p.peer.envelope import Envelope, consume_envelope, make_unsigned, seal_record, unmarshal_envelope
from libp2p.peer.id import ID
from libp2p.peer.peer_record import PeerRecord, PEER_RECORD_ENVELOPE_DOMAIN
from multiaddr import Multiaddr


def describe(envelope: Envelope) -> dict:
    return {
        "public": envelope.public_key.serialize().hex(),
        "signer": ID.from_pubkey(envelope.public_key).to_bytes().hex(),
        "payload": envelope.raw_payload.hex(),
        "payloadType": envelope.payload_type.hex(),
    }


async def seal(request: Request) -> dict:
    """py-libp2p seals peer records only; an envelope of another type is put together from its parts."""
    private = private_key(request)
    payload_type = request.bytes("payloadType")
    payload = request.bytes("payload")
    signature = private.sign(make_unsigned(request.texts["domain"], payload_type, payload))
    envelope = Envelope(private.get_public_key(), payload_type, payload, signature)
    return {"envelope": envelope.marshal_envelope().hex()}


async def open_envelope(request: Request) -> dict:
    """Its `validate` leaves comparing the payload type to its caller: so does this operation."""
    with refusing():
        envelope = unmarshal_envelope(request.bytes("envelope"))
        envelope.validate(request.texts["domain"])
    return describe(envelope)


async def seal_peer_record(request: Request) -> dict:
    private = private_key(request)
    subject = ID.from_pubkey(private.get_public_key())
    if "subject" in request.texts:
        subject = ID.from_string(request.texts["subject"])
    addresses = [Multiaddr(text) for text in request.lists.get("addresses", [])]
    envelope = seal_record(PeerRecord(subject, addresses, request.numbers["sequence"]), private)
    return {"envelope": envelope.marshal_envelope().hex()}


async def open_peer_record(request: Request) -> dict:
    with refusing():
        envelope, record = consume_envelope(request.bytes("envelope"), PEER_RECORD_ENVELOPE_DOMAIN)
        # it reads an address only when it is asked for its text
        addresses = [str(address) for address in record.addrs]
    return {
        **describe(envelope),
        "subject": record.peer_id.to_bytes().hex(),
        "sequence": str(record.seq),
        "addresses": addresses,
    }


OPERATIONS = {
    "envelope.seal": seal,
    "envelope.open": open_envelope,
    "peerRecord.seal": seal_peer_record,
    "peerRecord.open": open_peer_record,
}
