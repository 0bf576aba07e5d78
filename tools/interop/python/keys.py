from __future__ import annotations

from arguments import Request, Unsupported, refusing
from libp2p.crypto import ed25519, rsa, secp256k1
from libp2p.crypto.ed25519 import Ed25519PrivateKey
from libp2p.crypto.exceptions import MissingDeserializerError
from libp2p.crypto.keys import KeyType, PrivateKey, PublicKey
from libp2p.crypto.serialization import deserialize_private_key, deserialize_public_key
from libp2p.peer.id import ID

NO_ECDSA = "py-libp2p has no ECDSA keys"


def private_key(request: Request) -> PrivateKey:
    """The key to sign with.

    py-libp2p reads an Ed25519 private key only as its 32-byte seed, and so does not read the 64 bytes of the
    specification: here it is given the seed, and `key.fromPrivate` shows what it does by itself.
    """
    encoded = request.bytes("private")
    fields = PrivateKey.deserialize_from_protobuf(encoded)
    if fields.key_type == KeyType.Ed25519.value:
        return Ed25519PrivateKey.from_bytes(fields.data[:32])
    return strict_private_key(encoded)


def strict_private_key(encoded: bytes) -> PrivateKey:
    with refusing():
        try:
            return deserialize_private_key(encoded)
        except MissingDeserializerError as error:
            raise Unsupported(NO_ECDSA) from error


def public_key(request: Request) -> PublicKey:
    with refusing():
        try:
            return deserialize_public_key(request.bytes("public"))
        except MissingDeserializerError as error:
            raise Unsupported(NO_ECDSA) from error


def describe(public: PublicKey) -> dict:
    peer = ID.from_pubkey(public)
    return {"public": public.serialize().hex(), "peer": peer.to_bytes().hex(), "text": peer.to_base58()}


def describe_pair(private: PrivateKey) -> dict:
    return {**describe(private.get_public_key()), "private": private.serialize().hex()}


async def generate(request: Request) -> dict:
    kind = request.texts["type"]
    if kind == "ECDSA":
        raise Unsupported(NO_ECDSA)
    make = {
        "Ed25519": ed25519.create_new_key_pair,
        "Secp256k1": secp256k1.create_new_key_pair,
        "RSA": rsa.create_new_key_pair,
    }[kind]
    return describe_pair(make().private_key)


async def from_private(request: Request) -> dict:
    return describe_pair(strict_private_key(request.bytes("private")))


async def from_public(request: Request) -> dict:
    return describe(public_key(request))


async def sign(request: Request) -> dict:
    return {"signature": private_key(request).sign(request.bytes("message")).hex()}


async def verify(request: Request) -> dict:
    with refusing():
        valid = public_key(request).verify(request.bytes("message"), request.bytes("signature"))
    return {"valid": valid}


async def parse_peer(request: Request) -> dict:
    with refusing():
        peer = ID.from_string(request.texts["text"])
    return {"peer": peer.to_bytes().hex(), "text": peer.to_base58()}


OPERATIONS = {
    "key.generate": generate,
    "key.fromPrivate": from_private,
    "key.fromPublic": from_public,
    "key.sign": sign,
    "key.verify": verify,
    "peer.parse": parse_peer,
}
