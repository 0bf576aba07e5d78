// The process of the attackers: peers that lie in answers, and hand over forged, older and useless records.
import { joinRecordKey } from '@recordkit/record-codec'
import { answeredRecord, encodeDhtMessage, MaliciousPeer, messageTypes } from '@recordkit/record-test-network'
import { generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import { hour } from '@recordkit/testing'
import { systemClock } from '@recordkit/record-types'
import { multiaddr } from '@multiformats/multiaddr'
import { serve } from './calls.ts'
import type { AttackerCalls } from './calls.ts'
import { dialAll, protocol, startLibp2p } from './libp2p-node.ts'

export interface AttackerArgument {
  readonly host?: string
}

/** Records kept to be replayed; the oldest go. */
const most = 500
const behaviours = ['stale', 'garbage'] as const

const { host } = JSON.parse(process.argv[2] ?? '{}') as AttackerArgument
const hostile = await Promise.all(
  behaviours.map(async (behaviour) => {
    const peer = new MaliciousPeer(await startLibp2p({}, { host }), behaviour)
    await peer.serve(protocol)
    return peer
  })
)
const replays = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>()
const signer = await generateKeyPair()
let targets: readonly string[] = []
for (const peer of hostile) peer.respondWith = (key) => replays.get(Buffer.from(key).toString('hex'))?.value

function randomOf<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item
}

function put(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = answeredRecord(key, value, systemClock())
  return encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key, record })
}

/** A message that asks to keep a record, and whether that is one as it once was put. */
interface Shot {
  readonly message: Uint8Array
  readonly repeats: boolean
}

async function shot(): Promise<Shot> {
  const kept = [...replays.values()]
  const kind = kept.length === 0 ? -1 : Math.floor(Math.random() * 4)
  if (kind < 0) return { message: put(joinRecordKey('constructor', 'x'), new Uint8Array(100)), repeats: false }
  const { key, value } = randomOf(kept)
  const place = kind === 2 ? randomOf(kept).key : key
  if (kind === 0 || place !== key) return { message: put(place, value), repeats: place === key }
  if (kind === 1) {
    const forged = Uint8Array.from(value)
    const index = Math.floor(Math.random() * forged.length)
    forged[index] = (forged[index] ?? 0) ^ 1
    return { message: put(key, forged), repeats: false }
  }
  const now = systemClock()
  const record = {
    key,
    value: new Uint8Array(9),
    sequence: 999n,
    issued: now,
    expires: now + hour,
    ttl: 0n,
    revoked: false
  }
  return { message: put(key, await sealSignedRecord(record, { signer })), repeats: false }
}

async function push(peer: MaliciousPeer, target: string, message: Uint8Array): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(3_000)
    const stream = await peer.libp2p.dialProtocol(multiaddr(target), protocol, { signal })
    signal.addEventListener('abort', () => stream.abort(new Error('too late')), { once: true })
    try {
      stream.send(message)
      for await (const _ of stream) return true
      return false
    } finally {
      stream.abort(new Error('done'))
    }
  } catch {
    return false
  }
}

const calls: AttackerCalls = {
  addresses: async () => hostile.flatMap(({ libp2p }) => libp2p.getMultiaddrs().map(String)),
  async dial(addresses) {
    targets = addresses
    const counts = await Promise.all(hostile.map(async ({ libp2p }) => dialAll(libp2p, addresses)))
    return Math.min(...counts)
  },
  async replay(key, value) {
    replays.delete(key)
    replays.set(key, {
      key: Uint8Array.from(Buffer.from(key, 'hex')),
      value: Uint8Array.from(Buffer.from(value, 'hex'))
    })
    if (replays.size > most) for (const oldest of replays.keys()) if (replays.delete(oldest)) break
    return replays.size
  },
  async strike(times) {
    const struck = { tried: times, answered: 0, repeated: 0 }
    for (let number = 0; number < times && targets.length > 0; number++) {
      const { message, repeats } = await shot()
      if (await push(randomOf(hostile), randomOf(targets), message)) struck[repeats ? 'repeated' : 'answered']++
    }
    return struck
  }
}
serve(calls)
