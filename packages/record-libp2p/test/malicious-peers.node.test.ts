import type { MaliciousBehaviour } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { mapKey } from '@recordkit/record-types/internal'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { expect, test } from 'vitest'
import { startRecords, text } from './record-network.ts'

const honestCount = 5
const hostileCount = 3

type Said = 'stored' | 'refused' | 'mismatch' | 'timeout'

/**
 * Every hostile behaviour: what it has to say to a get, and what a receipt says of its copy. That a peer acknowledges
 * and forgets cannot be seen from outside.
 */
const table: readonly (readonly [MaliciousBehaviour, 'an older record' | 'a record of another signer', ...Said[]])[] = [
  ['stale', 'an older record', 'stored'],
  ['stale', 'a record of another signer', 'stored'],
  ['refusing', 'an older record', 'refused'],
  ['echoing', 'an older record', 'mismatch'],
  ['wrong-key', 'an older record', 'stored'],
  ['garbage', 'an older record', 'stored'],
  ['oversize', 'an older record', 'stored'],
  ['slow', 'an older record', 'stored'],
  ['silent', 'an older record', 'timeout'],
  ['flooding', 'an older record', 'timeout', 'refused'],
  ['leaving', 'an older record', 'refused']
]

for (const [behaviour, says, ...said] of table) {
  test(`three ${behaviour} peers with ${says}: a put says where the copies are, a get finds the newest record`, async () => {
    const { network, records, key } = await startRecords(honestCount, [behaviour, behaviour, behaviour])
    await using _network = network
    const [author, , , reader] = records
    if (author === undefined || reader === undefined) throw new Error('too few nodes')
    const old = await author.manager.put(key, text('old'), { offline: true })
    const forged = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: text('forged'), sequence: 1000n },
      { now: BigInt(Date.now()) * 1_000_000n, signer: await generateKeyPair() }
    )
    for (const peer of network.hostile)
      peer.respondWith = () => (says === 'an older record' ? old.record.value : forged)

    const { receipt } = await author.manager.put(key, text('new'))
    const hostile = new Set(network.hostile.map(({ libp2p }) => mapKey(libp2p.peerId.toMultihash().bytes)))
    const ofHostile = receipt?.peers.filter(({ from }) => hostile.has(mapKey(from))).map(({ status }) => status)
    expect(ofHostile).toHaveLength(hostileCount)
    expect(said).toEqual(expect.arrayContaining(ofHostile ?? []))
    expect(receipt?.copies.reached).toBe(honestCount - 1 + (said.includes('stored') ? hostileCount : 0))

    await reader.manager.delete(key)
    const found = await reader.manager.getRecord(key, { noCache: true })
    expect(new TextDecoder().decode(found?.content)).toBe('new')
  })
}

test('a stale peer is handed the newest record after a read, once, and a refused repair is nobody’s concern', async () => {
  for (const behaviour of ['stale', 'refusing'] as const) {
    const { network, records, key } = await startRecords(honestCount, [behaviour, behaviour, behaviour])
    await using _network = network
    const [author, , , reader] = records
    if (author === undefined || reader === undefined) throw new Error('too few nodes')
    const old = await author.manager.put(key, text('old'), { offline: true })
    for (const peer of network.hostile) peer.respondWith = () => old.record.value
    await author.manager.put(key, text('new'))
    const before = network.hostile.map(({ requestCounts: asked }) => asked.get('PUT_VALUE') ?? 0)
    expect(new TextDecoder().decode((await reader.manager.getRecord(key, { noCache: true }))?.content)).toBe('new')
    await reader.network.settled()
    expect(network.hostile.map(({ requestCounts: asked }) => asked.get('PUT_VALUE') ?? 0)).toEqual(
      before.map((count) => count + 1)
    )
  }
})
