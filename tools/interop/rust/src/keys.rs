use std::str::FromStr;

use libp2p::PeerId;
use libp2p::identity::{Keypair, PublicKey};
use serde_json::{Value, json};

use crate::arguments::{Failure, Outcome, Request, failed, refused};

pub fn private_key(request: &Request) -> Result<Keypair, Failure> {
    Keypair::from_protobuf_encoding(&request.bytes("private")?).map_err(refused)
}

fn public_key(request: &Request) -> Result<PublicKey, Failure> {
    PublicKey::try_decode_protobuf(&request.bytes("public")?).map_err(refused)
}

fn describe(public: &PublicKey) -> Value {
    let peer = public.to_peer_id();
    json!({
        "public": hex::encode(public.encode_protobuf()),
        "peer": hex::encode(peer.to_bytes()),
        "text": peer.to_base58(),
    })
}

/// The key, with its private half where this implementation writes that type.
fn describe_pair(pair: &Keypair) -> Value {
    let mut out = describe(&pair.public());
    if let Ok(private) = pair.to_protobuf_encoding() {
        out["private"] = hex::encode(private).into();
    }
    out
}

pub fn generate(request: &Request) -> Outcome {
    match request.text("type") {
        "Ed25519" => Ok(describe_pair(&Keypair::generate_ed25519())),
        "Secp256k1" => Ok(describe_pair(&Keypair::generate_secp256k1())),
        "ECDSA" => Ok(describe_pair(&Keypair::generate_ecdsa())),
        other => Err(Failure::Unsupported(format!("libp2p-identity does not generate {other} keys"))),
    }
}

pub fn from_private(request: &Request) -> Outcome {
    Ok(describe_pair(&private_key(request)?))
}

pub fn from_public(request: &Request) -> Outcome {
    Ok(describe(&public_key(request)?))
}

pub fn sign(request: &Request) -> Outcome {
    let signature = private_key(request)?.sign(&request.bytes("message")?).map_err(failed)?;
    Ok(json!({ "signature": hex::encode(signature) }))
}

pub fn verify(request: &Request) -> Outcome {
    let valid = public_key(request)?.verify(&request.bytes("message")?, &request.bytes("signature")?);
    Ok(json!({ "valid": valid }))
}

pub fn parse_peer(request: &Request) -> Outcome {
    let peer = PeerId::from_str(request.text("text")).map_err(refused)?;
    Ok(json!({ "peer": hex::encode(peer.to_bytes()), "text": peer.to_base58() }))
}

pub fn check_peer(request: &Request) -> Outcome {
    let peer = PeerId::from_bytes(&request.bytes("peer")?).map_err(refused)?;
    Ok(json!({ "text": peer.to_base58() }))
}
