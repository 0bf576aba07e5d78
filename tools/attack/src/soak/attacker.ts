// The process of the attackers: peers that answer with wrong records, and that send forged, older and useless records.
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
  readonly host?: string | undefined
}

/** Maximum number of records to replay; the oldest are removed first. */
const maxReplays = 500
const behaviours = ['stale', 'garbage'] as const

const { host } = JSON.parse(process.argv[2] ?? '{}') as AttackerArgument
const malicious = await Promise.all(
  behaviours.map(async (behaviour) => {
    const peer = new MaliciousPeer(await startLibp2p({}, { host }), behaviour)
    await peer.serve(protocol)
    return peer
  })
)
const replays = new Map<string, { readonly key: Uint8Array; readonly value: Uint8Array }>()
const signer = await generateKeyPair()
let targets: readonly string[] = []
for (const peer of malicious) peer.respondWith = (key) => replays.get(Buffer.from(key).toString('hex'))?.value

function randomOf<Item>(items: readonly Item[]): Item {
  return items[Math.floor(Math.random() * items.length)] as Item
}

function put(key: Uint8Array, value: Uint8Array): Uint8Array {
  const record = answeredRecord(key, value, systemClock())
  return encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key, record })
}

/** A message that asks a node to store a record. */
interface Attempt {
  readonly message: Uint8Array
  /** the record is one that was put, unchanged */
  readonly repeats: boolean
}

async function nextAttempt(): Promise<Attempt> {
  const known = [...replays.values()]
  const kind = known.length === 0 ? -1 : Math.floor(Math.random() * 4)
  if (kind < 0) return { message: put(joinRecordKey('constructor', 'x'), new Uint8Array(100)), repeats: false }
  const { key, value } = randomOf(known)
  const targetKey = kind === 2 ? randomOf(known).key : key
  if (kind === 0 || targetKey !== key) return { message: put(targetKey, value), repeats: targetKey === key }
  if (kind === 1) {
    const forged = Uint8Array.from(value)
    const index = Math.floor(Math.random() * forged.length)
    forged[index] = (forged[index] ?? 0) ^ 1
    return { message: put(key, forged), repeats: false }
  }
  const now = systemClock()
  const record = {
    key,
    content: new Uint8Array(9),
    sequence: 1n << 53n,
    issued: now,
    expires: now + hour,
    ttl: 0n,
    revoked: false
  }
  return { message: put(key, await sealSignedRecord(record, { signer })), repeats: false }
}

async function send(peer: MaliciousPeer, target: string, message: Uint8Array): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(3_000)
    const stream = await peer.libp2p.dialProtocol(multiaddr(target), protocol, { signal })
    signal.addEventListener('abort', () => stream.abort(new Error('no answer within 3 s')), { once: true })
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
  addresses: async () => malicious.flatMap(({ libp2p }) => libp2p.getMultiaddrs().map(String)),
  async dial(addresses) {
    targets = addresses
    const counts = await Promise.all(malicious.map(async ({ libp2p }) => dialAll(libp2p, addresses)))
    return Math.min(...counts)
  },
  async replay(key, value) {
    replays.delete(key)
    replays.set(key, {
      key: Uint8Array.from(Buffer.from(key, 'hex')),
      value: Uint8Array.from(Buffer.from(value, 'hex'))
    })
    if (replays.size > maxReplays) for (const oldest of replays.keys()) if (replays.delete(oldest)) break
    return replays.size
  },
  async attack(times) {
    const result = { tried: times, answered: 0, repeated: 0 }
    for (let number = 0; number < times && targets.length > 0; number++) {
      const { message, repeats } = await nextAttempt()
      if (await send(randomOf(malicious), randomOf(targets), message)) result[repeats ? 'repeated' : 'answered']++
    }
    return result
  }
}
serve(calls)
