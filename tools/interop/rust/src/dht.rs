use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use libp2p::kad::store::MemoryStore;
use libp2p::kad::{self, GetProvidersOk, GetRecordError, GetRecordOk, Mode, QueryId, QueryResult, Quorum, Record};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent, dial_opts::DialOpts};
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, identify, noise, ping, tcp, yamux};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::arguments::{Failure, Outcome, Request, failed};

#[derive(NetworkBehaviour)]
struct Behaviour {
    identify: identify::Behaviour,
    /// js-libp2p takes a peer into its routing table only when it answers a ping
    ping: ping::Behaviour,
    kademlia: kad::Behaviour<MemoryStore>,
}

enum Command {
    Connect(PeerId, Multiaddr),
    Put(Record),
    Get(kad::RecordKey),
    Provide(kad::RecordKey),
    FindProviders(kad::RecordKey),
}

type Answer = oneshot::Sender<Outcome>;

pub struct Node {
    commands: mpsc::Sender<(Command, Answer)>,
}

struct Pending {
    answer: Answer,
    value: Option<Vec<u8>>,
    providers: Vec<String>,
}

pub async fn start(request: &Request) -> Result<(Node, Value), Failure> {
    let protocol = StreamProtocol::try_from_owned(request.text("protocol").to_owned()).map_err(failed)?;
    let mut swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .map_err(failed)?
        .with_behaviour(|key| {
            let peer = key.public().to_peer_id();
            let mut config = kad::Config::new(protocol.clone());
            config.set_query_timeout(Duration::from_secs(20));
            config.set_periodic_bootstrap_interval(None);
            let mut kademlia = kad::Behaviour::with_config(peer, MemoryStore::new(peer), config);
            kademlia.set_mode(Some(Mode::Server));
            Behaviour {
                identify: identify::Behaviour::new(identify::Config::new("/ipfs/0.1.0".into(), key.public())),
                ping: ping::Behaviour::default(),
                kademlia,
            }
        })
        .map_err(failed)?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build();
    let peer = *swarm.local_peer_id();
    swarm.listen_on("/ip4/127.0.0.1/tcp/0".parse().map_err(failed)?).map_err(failed)?;
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = swarm.select_next_some().await {
            break address;
        }
    };
    swarm.add_external_address(address.clone());
    let (commands, inbox) = mpsc::channel(16);
    tokio::spawn(serve(swarm, inbox));
    Ok((Node { commands }, json!({ "peer": peer.to_base58(), "addresses": [format!("{address}/p2p/{peer}")] })))
}

impl Node {
    pub async fn run(&self, request: &Request) -> Outcome {
        let key = |name: &str| request.bytes(name).map(kad::RecordKey::from);
        let command = match request.operation.as_str() {
            "dht.connect" => {
                let mut address: Multiaddr = request.text("address").parse().map_err(failed)?;
                match address.pop() {
                    Some(Protocol::P2p(peer)) => Command::Connect(peer, address),
                    _ => return Err(Failure::Failed("the address does not end in /p2p/<peer>".into())),
                }
            }
            "dht.put" => Command::Put(Record::new(key("key")?, request.bytes("value")?)),
            "dht.get" => Command::Get(key("key")?),
            "dht.provide" => Command::Provide(key("multihash")?),
            "dht.findProviders" => Command::FindProviders(key("multihash")?),
            other => return Err(Failure::Unsupported(format!("no operation {other}"))),
        };
        let (answer, outcome) = oneshot::channel();
        self.commands.send((command, answer)).await.map_err(failed)?;
        tokio::time::timeout(Duration::from_secs(30), outcome).await.map_err(failed)?.map_err(failed)?
    }
}

async fn serve(mut swarm: Swarm<Behaviour>, mut inbox: mpsc::Receiver<(Command, Answer)>) {
    let mut queries: HashMap<QueryId, Pending> = HashMap::new();
    let mut dials: HashMap<PeerId, Answer> = HashMap::new();
    loop {
        tokio::select! {
            command = inbox.recv() => match command {
                None => return,
                Some((Command::Connect(peer, address), answer)) => {
                    swarm.behaviour_mut().kademlia.add_address(&peer, address.clone());
                    let options = DialOpts::peer_id(peer).addresses(vec![address]).build();
                    match swarm.dial(options) {
                        Ok(()) => { dials.insert(peer, answer); }
                        // already connected, or about to be
                        Err(_) => { let _ = answer.send(Ok(json!({}))); }
                    }
                }
                Some((command, answer)) => {
                    let kademlia = &mut swarm.behaviour_mut().kademlia;
                    let query = match command {
                        Command::Put(record) => kademlia.put_record(record, Quorum::One).map_err(failed),
                        Command::Get(key) => Ok(kademlia.get_record(key)),
                        Command::Provide(key) => kademlia.start_providing(key).map_err(failed),
                        Command::FindProviders(key) => Ok(kademlia.get_providers(key)),
                        Command::Connect(..) => unreachable!("handled above"),
                    };
                    match query {
                        Ok(query) => { queries.insert(query, Pending { answer, value: None, providers: Vec::new() }); }
                        Err(failure) => { let _ = answer.send(Err(failure)); }
                    }
                }
            },
            event = swarm.select_next_some() => match event {
                SwarmEvent::ConnectionEstablished { peer_id, .. } => {
                    if let Some(answer) = dials.remove(&peer_id) { let _ = answer.send(Ok(json!({}))); }
                }
                SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), error, .. } => {
                    if let Some(answer) = dials.remove(&peer) { let _ = answer.send(Err(failed(error))); }
                }
                SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. })) => {
                    for address in info.listen_addrs {
                        swarm.behaviour_mut().kademlia.add_address(&peer_id, address);
                    }
                }
                SwarmEvent::Behaviour(BehaviourEvent::Kademlia(kad::Event::OutboundQueryProgressed { id, result, step, .. })) => {
                    progress(&mut queries, id, result, step.last);
                }
                _ => {}
            }
        }
    }
}

/// Gathers what a query has found; its last event answers the request.
fn progress(queries: &mut HashMap<QueryId, Pending>, id: QueryId, result: QueryResult, last: bool) {
    let Some(pending) = queries.get_mut(&id) else { return };
    let mut failure = None;
    match result {
        QueryResult::GetRecord(Ok(GetRecordOk::FoundRecord(found))) => pending.value = Some(found.record.value),
        QueryResult::GetRecord(Err(GetRecordError::NotFound { .. })) => {}
        QueryResult::GetRecord(Err(error)) => failure = Some(failed(error)),
        QueryResult::PutRecord(Err(error)) => failure = Some(Failure::Refused(error.to_string())),
        QueryResult::StartProviding(Err(error)) => failure = Some(Failure::Failed(format!("{error:?}"))),
        QueryResult::GetProviders(Ok(GetProvidersOk::FoundProviders { providers, .. })) => {
            pending.providers.extend(providers.iter().map(|peer| peer.to_base58()));
        }
        QueryResult::GetProviders(Err(error)) => failure = Some(Failure::Failed(format!("{error:?}"))),
        _ => {}
    }
    if !last {
        return;
    }
    let Some(pending) = queries.remove(&id) else { return };
    let outcome = match failure {
        Some(failure) => Err(failure),
        None => Ok(match pending.value {
            Some(value) => json!({ "value": hex::encode(value), "providers": pending.providers }),
            None => json!({ "providers": pending.providers }),
        }),
    };
    let _ = pending.answer.send(outcome);
}
