import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytes, connect, expect, sendPutValue, StepReporter, text } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import {
  decodePublicKey,
  ipnsNameToString,
  ipnsRoutingKey,
  joinRecordKey,
  peerIdToString
} from '@recordkit/record-codec'
import { generateKeyPair, peerIdFromPublicKey } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { equalBytes } from '@recordkit/record-types'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { startNode } from './node.ts'

/** The keys that node 1 publishes. */
interface Keys {
  readonly name: Uint8Array
  readonly publicKey: Uint8Array
  readonly config: Uint8Array
}

function keysOf({ peerId }: KeyPair): Keys {
  return {
    name: ipnsRoutingKey(peerId),
    publicKey: joinRecordKey('pk', peerId),
    config: joinRecordKey('config', `${ipnsNameToString(peerId)}/app`)
  }
}

const paths = [
  '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4',
  '/ipfs/bafkqaddwgevxmmraojswg33smq'
] as const
const configs = ['{"colour":"green"}', '{"colour":"blue"}'] as const

/** Publishes, finds, updates, attacks and restarts on five nodes. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-quick-start-'))
  const pairs = await Promise.all(Array.from({ length: 5 }, () => generateKeyPair()))
  let nodes: Node[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()))
    nodes = []
  }
  const folderOf = (index: number): string => join(folder, `node-${index + 1}`)
  try {
    reporter.section('Five js-libp2p nodes with tcp, noise, yamux and Kademlia, each with a Level store')
    await reporter.step('start and connect', async () => {
      nodes = await Promise.all(pairs.map((pair, index) => startNode(pair, folderOf(index))))
      await connect(nodes)
      return nodes.map(({ libp2p }) => libp2p.peerId.toString().slice(-6)).join(', ')
    })
    const [first, second, third, fourth, fifth] = nodes
    const owner = pairs[0]
    if (!first || !second || !third || !fourth || !fifth || !owner) return reporter.failed + 1
    const keys = keysOf(owner)
    await publish(reporter, first, keys)
    await find(reporter, fourth, keys, owner)
    const old = await update(reporter, first, fifth, keys)
    await attack(reporter, second, third, keys, pairs, old)
    await restart(reporter, stop, () => startNode(owner, folderOf(0)), keys, old)
  } finally {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  return reporter.failed
}

async function publish(reporter: StepReporter, node: Node, keys: Keys): Promise<void> {
  reporter.section('Node 1 publishes')
  const put = async (key: Uint8Array, content: Uint8Array): Promise<string> => {
    const { record, receipt } = await node.manager.put(key, content)
    const copies = (await receipt?.complete)?.copies.reached ?? 0
    expect(copies >= 3, `only ${copies} copies`)
    return `${record.value.length} bytes${record.sequence === undefined ? '' : `, sequence ${record.sequence}`}, ${copies} copies acknowledged`
  }
  await reporter.step('an IPNS name', () => put(keys.name, bytes(paths[0])))
  await reporter.step('its public key', () => put(keys.publicKey, new Uint8Array()))
  await reporter.step('a signed configuration', () => put(keys.config, bytes(configs[0])))
}

async function find(reporter: StepReporter, node: Node, keys: Keys, owner: KeyPair): Promise<void> {
  reporter.section('Node 4 finds and verifies')
  await reporter.step('the IPNS name', async () => {
    const path = text(await node.manager.get(keys.name))
    expect(path === paths[0], `found ${path}`)
    return path
  })
  await reporter.step('the public key', async () => {
    const record = await node.manager.getRecord(keys.publicKey)
    expect(
      record !== undefined && equalBytes(peerIdFromPublicKey(decodePublicKey(record.content)), owner.peerId),
      'found another key'
    )
    return peerIdToString(owner.peerId)
  })
  await reporter.step('the configuration', async () => {
    const record = await node.manager.getRecord(keys.config)
    expect(record?.author !== undefined && text(record.content) === configs[0], `found ${text(record?.content)}`)
    return `${text(record.content)} by ${ipnsNameToString(record.author).slice(0, 12)}…`
  })
}

/** @returns the configuration record before the update */
async function update(reporter: StepReporter, author: Node, reader: Node, keys: Keys): Promise<Uint8Array> {
  reporter.section('Node 1 updates, node 5 reads the updates')
  const before = await author.manager.getRecord(keys.config, { offline: true })
  const updateKey = (title: string, key: Uint8Array, content: string): Promise<void> =>
    reporter.step(title, async () => {
      const { record } = await author.manager.put(key, bytes(content))
      const found = await reader.manager.getRecord(key)
      expect(
        text(found?.content) === content && found?.sequence === record.sequence,
        `node 5 found ${text(found?.content)}`
      )
      return `${content}, sequence ${record.sequence}`
    })
  await updateKey('the IPNS name', keys.name, paths[1])
  await updateKey('the configuration', keys.config, configs[1])
  return before?.value ?? new Uint8Array()
}

async function attack(
  reporter: StepReporter,
  attacker: Node,
  victim: Node,
  keys: Keys,
  pairs: readonly KeyPair[],
  old: Uint8Array
): Promise<void> {
  reporter.section('Node 2 attacks node 3 with raw messages')
  const current = await victim.manager.getRecord(keys.config, { offline: true })
  const forged = Uint8Array.from(current?.value ?? [])
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
  const mallory = pairs[1] as KeyPair
  const foreign = await signed('config', { authors: anyAuthor() }).seal(
    { key: keys.config, content: bytes('{"colour":"red"}'), sequence: 1n << 53n },
    { now: BigInt(Date.now()) * 1_000_000n, signer: mallory }
  )
  const attacks: readonly [string, Uint8Array, Uint8Array, string][] = [
    ['a replay of the old record', keys.config, old, 'STALE'],
    ['a forged signature', keys.config, forged, 'SIGNATURE_INVALID'],
    ['a record under the key of another author', keys.config, foreign, 'AUTHOR_FORBIDDEN'],
    ['a value of 2 MB', keys.config, new Uint8Array(2_000_000), 'VALUE_TOO_LARGE'],
    ['an unknown namespace', joinRecordKey('constructor', 'x'), bytes('hello'), 'NAMESPACE_UNKNOWN']
  ]
  await reporter.step('a valid record, for comparison', async () => {
    const valid = current?.value ?? new Uint8Array()
    expect(await sendPutValue(attacker.libp2p, victim.libp2p.peerId, keys.config, valid), 'node 3 refused it')
    return 'accepted'
  })
  for (const [title, key, value, code] of attacks) {
    await reporter.step(title, async () => {
      expect(!(await sendPutValue(attacker.libp2p, victim.libp2p.peerId, key, value)), 'node 3 accepted it')
      const result = await victim.manager.receive(key, value, { sender: mallory.peerId })
      expect(result.code === code, `node 3 returned ${result.code ?? result.status}`)
      const stored = await victim.manager.getRecord(keys.config, { offline: true })
      expect(
        stored !== undefined && current !== undefined && equalBytes(stored.value, current.value),
        'node 3 stores another record now'
      )
      return `refused, ${result.code}`
    })
  }
}

async function restart(
  reporter: StepReporter,
  stop: () => Promise<void>,
  startAgain: () => Promise<Node>,
  keys: Keys,
  old: Uint8Array
): Promise<void> {
  reporter.section('All nodes stop, node 1 starts again from disk')
  await reporter.step('stop', async () => {
    await stop()
    return 'five nodes'
  })
  let node: Node | undefined
  try {
    await reporter.step('its records are still stored', async () => {
      node = await startAgain()
      const contents = await Promise.all(
        [keys.name, keys.publicKey, keys.config].map(async (key) => node?.manager.get(key, { offline: true }))
      )
      expect(
        text(contents[0]) === paths[1] && contents[1] !== undefined && text(contents[2]) === configs[1],
        'a record is missing'
      )
      return `${text(contents[0])}, ${text(contents[2])}`
    })
    await reporter.step('the old record is still refused', async () => {
      const result = await node?.manager.receive(keys.config, old)
      expect(result?.code === 'STALE', `it returned ${result?.code ?? result?.status}`)
      return `${result.status}, ${result.code}`
    })
  } finally {
    await node?.[Symbol.asyncDispose]()
  }
}
