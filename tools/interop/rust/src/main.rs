//! The Rust side of the interoperability matrix: rust-libp2p's keys, envelopes, peer records and Kademlia
//! behind JSON lines. The protocol is in ../README.md.
mod arguments;
mod dht;
mod envelopes;
mod keys;

use arguments::{Failure, Outcome, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

const OPERATIONS: &[&str] = &[
    "about",
    "key.generate",
    "key.fromPrivate",
    "key.fromPublic",
    "key.sign",
    "key.verify",
    "peer.parse",
    "peer.check",
    "envelope.seal",
    "envelope.open",
    "peerRecord.seal",
    "peerRecord.open",
    "dht.start",
    "dht.stop",
    "dht.connect",
    "dht.put",
    "dht.get",
    "dht.provide",
    "dht.findProviders",
];

fn about() -> Outcome {
    Ok(json!({
        "implementation": "rust",
        "versions": { "libp2p": env!("LIBP2P_VERSION") },
        "operations": OPERATIONS,
    }))
}

async fn run(request: &Request, node: &mut Option<dht::Node>) -> Outcome {
    match request.operation.as_str() {
        "about" => about(),
        "key.generate" => keys::generate(request),
        "key.fromPrivate" => keys::from_private(request),
        "key.fromPublic" => keys::from_public(request),
        "key.sign" => keys::sign(request),
        "key.verify" => keys::verify(request),
        "peer.parse" => keys::parse_peer(request),
        "peer.check" => keys::check_peer(request),
        "envelope.seal" => envelopes::seal(request),
        "envelope.open" => envelopes::open(request),
        "peerRecord.seal" => envelopes::seal_peer_record(request),
        "peerRecord.open" => envelopes::open_peer_record(request),
        "dht.start" => {
            let (started, answer) = dht::start(request).await?;
            *node = Some(started);
            Ok(answer)
        }
        "dht.stop" => {
            *node = None;
            Ok(json!({}))
        }
        other if other.starts_with("dht.") => match node {
            Some(node) => node.run(request).await,
            None => Err(Failure::Failed("no node is running".into())),
        },
        "record.encode" | "record.decode" => Err(Failure::Unsupported(
            "libp2p-kad keeps its record codec private; its bytes are read off the DHT instead".into(),
        )),
        other if other.starts_with("ipns.") => {
            Err(Failure::Unsupported("rust-libp2p has no IPNS; its DHT carries such records unread".into()))
        }
        "pk.judge" => Err(Failure::Unsupported("libp2p-kad has no validators".into())),
        other => Err(Failure::Unsupported(format!("rust-libp2p has nothing for {other}"))),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut output = tokio::io::stdout();
    let mut node = None;
    while let Ok(Some(line)) = lines.next_line().await {
        let answer: Value = match serde_json::from_str::<Request>(&line) {
            Err(error) => json!({ "id": 0, "failed": error.to_string() }),
            Ok(request) => match run(&request, &mut node).await {
                Ok(ok) => json!({ "id": request.id, "ok": ok }),
                Err(Failure::Refused(why)) => json!({ "id": request.id, "refused": why }),
                Err(Failure::Unsupported(why)) => json!({ "id": request.id, "unsupported": why }),
                Err(Failure::Failed(why)) => json!({ "id": request.id, "failed": why }),
            },
        };
        if output.write_all(format!("{answer}\n").as_bytes()).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}
