import { privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import {
  encodeKademliaMessage,
  answeredRecord,
  messageTypes,
  startNetwork
} from '@recordkit/record-conformance/network'
import type { HostileBehaviour, HostilePeer, TestNetwork } from '@recordkit/record-conformance/network'
import { exportPrivateKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { recordHouse } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { systemClock } from '@recordkit/record-types'
import type { RecordStore } from '@recordkit/record-types'
import { anyone, ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import type { Tally } from './attack.ts'
import { keyPair, ownKey } from './records.ts'
import type { Random } from './random.ts'

type Services = { readonly records: RecordsService }

const protocol = '/recordkit/attack/kad/1.0.0'
/** Records of strangers that a node keeps here. */
export const maxRecords = 500

/** Real js-libp2p nodes on loopback, hostile ones among them, and honest traffic between the honest ones. */
export interface FieldNetwork extends AsyncDisposable {
  readonly network: TestNetwork<Services>
  readonly records: readonly RecordsService[]
  readonly stores: readonly RecordStore[]
  readonly pairs: readonly KeyPair[]
  readonly hostile: readonly HostilePeer[]
  readonly honest: Tally
  /** one node puts a new record, another one reads it; answers how long that took, ms */
  round(): Promise<number>
}

export async function startField(
  random: Random,
  nodes: number,
  behaviours: readonly HostileBehaviour[]
): Promise<FieldNetwork> {
  const pairs = await Promise.all(Array.from({ length: nodes }, async () => keyPair(random)))
  const stores = pairs.map(() => new MemoryRecordStore({ maxRecords }))
  const network = await startNetwork<Services>({
    nodes,
    hostile: behaviours,
    delay: 200,
    protocol,
    deadline: 60_000,
    node(index) {
      const signer = pairs[index] as KeyPair
      const engine = new ValidationEngine([
        ipns(),
        signed('config', { authors: ownerInKey() }),
        signed('open', { authors: anyone() })
      ])
      const house = recordHouse({ engine, store: stores[index] as RecordStore, signer, deadline: 20_000, quorum: 99 })
      return {
        privateKey: privateKeyFromProtobuf(exportPrivateKey(signer)),
        datastore: house.datastore(new MemoryDatastore()),
        kademlia: { ...house.kademlia, networkDialTimeout: { minTimeout: 2_000, maxTimeout: 2_000 } },
        services: { records: house.service() }
      }
    }
  })
  const records = network.honest.map(({ services }) => services.records)
  const honest = { right: 0, of: 0 }
  let rounds = 0
  return {
    network,
    records,
    stores,
    pairs,
    hostile: network.hostile,
    honest,
    async round() {
      const author = rounds % nodes
      const reader = (rounds + 1 + random.below(nodes - 1)) % nodes
      const key = ownKey(pairs[author] as KeyPair, `r${rounds % 4}`)
      const content = `round ${rounds++}`
      const started = performance.now()
      honest.of += 2
      const put = await records[author]?.put(key, new TextEncoder().encode(content)).catch(() => undefined)
      if (put !== undefined) honest.right++
      const found = await records[reader]?.get(key, { fresh: true }).catch(() => undefined)
      if (new TextDecoder().decode(found) === content) honest.right++
      return performance.now() - started
    },
    [Symbol.asyncDispose]: async () => network[Symbol.asyncDispose]()
  }
}

/** A message that asks a node to keep a record, the key asked for and the key carried as they are given. */
export function putMessage(asked: Uint8Array, carried: Uint8Array, value: Uint8Array): Uint8Array {
  const record = answeredRecord(carried, value, systemClock())
  return encodeKademliaMessage({ type: messageTypes.indexOf('PUT_VALUE'), key: asked, record })
}

/** Sends bytes to a node on a stream of their own. @returns whether it answered anything but a reset */
export async function push(
  attacker: HostilePeer,
  node: TestNetwork<Services>['honest'][number],
  bytes: Uint8Array
): Promise<boolean> {
  try {
    const stream = await attacker.libp2p.dialProtocol(node.getMultiaddrs(), protocol)
    try {
      stream.send(bytes)
      await stream.close()
      for await (const _ of stream) return true
      return false
    } finally {
      stream.abort(new Error('done'))
    }
  } catch {
    return false
  }
}

/** A stream that is opened and says `bytes` and no more, until it is let go. */
export async function dangle(
  attacker: HostilePeer,
  node: TestNetwork<Services>['honest'][number],
  bytes: Uint8Array
): Promise<() => void> {
  try {
    const stream = await attacker.libp2p.dialProtocol(node.getMultiaddrs(), protocol)
    stream.send(bytes)
    return () => stream.abort(new Error('done'))
  } catch {
    return () => undefined
  }
}

/** When an attack over the wire goes on. */
export interface Siege {
  /** whether it goes on at all */
  readonly going: boolean
  /** resolves while it is the attackers' turn, and when it is over */
  turn(): Promise<void>
}

/**
 * Honest rounds, by turns in quiet and under attack, after some that warm everything up.
 *
 * @returns the pace under attack as a share of the quiet one, by medians
 */
export async function quietAndAttacked(
  field: FieldNetwork,
  rounds: number,
  attack: (siege: Siege) => Promise<void>
): Promise<number> {
  const quiet: number[] = []
  const attacked: number[] = []
  let going = true
  let begin = (): void => undefined
  let open: Promise<void> = Promise.resolve()
  const hold = (): void => {
    open = new Promise((resolve) => {
      begin = resolve
    })
  }
  hold()
  const attacking = attack({
    get going() {
      return going
    },
    turn: async () => open
  })
  for (let round = 0; round < rounds / 2; round++) await field.round()
  for (let phase = 0; phase < 8; phase++) {
    if (phase % 2 === 1) begin()
    else if (phase > 0) hold()
    for (let round = 0; round < rounds / 4; round++) (phase % 2 === 1 ? attacked : quiet).push(await field.round())
  }
  going = false
  await attacking
  return median(quiet) / median(attacked)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
