import type { MaliciousBehaviour } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { mapKey } from '@recordkit/record-types/internal'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { expect, test } from 'vitest'
import { startRecords, text } from './record-network.ts'

const honestCount = 5
const maliciousCount = 3

type AckStatus = 'stored' | 'refused' | 'mismatch' | 'timeout'

/**
 * Every malicious behaviour, what the peer answers to a get, and the statuses of its copy that a receipt may contain. A receipt
 * cannot tell that a peer acknowledges a record without storing it.
 */
const table: readonly (readonly [
  MaliciousBehaviour,
  'an older record' | 'a record of another signer',
  ...AckStatus[]
])[] = [
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

for (const [behaviour, answer, ...statuses] of table) {
  test(`among three ${behaviour} peers with ${answer}, the receipt of a put is right and a get finds the latest record`, async () => {
    const { network, records, key } = await startRecords(honestCount, [behaviour, behaviour, behaviour])
    await using _network = network
    const [author, , , reader] = records
    if (author === undefined || reader === undefined) throw new Error('the network has too few nodes')
    const old = await author.manager.put(key, text('old'), { offline: true })
    const forged = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: text('forged'), sequence: 1n << 53n },
      { now: BigInt(Date.now()) * 1_000_000n, signer: await generateKeyPair() }
    )
    for (const peer of network.malicious)
      peer.respondWith = () => (answer === 'an older record' ? old.record.value : forged)

    const put = await author.manager.put(key, text('new'))
    const receipt = await put.receipt?.complete
    const malicious = new Set(network.malicious.map(({ libp2p }) => mapKey(libp2p.peerId.toMultihash().bytes)))
    const ofMalicious = receipt?.peers.filter(({ from }) => malicious.has(mapKey(from))).map(({ status }) => status)
    expect(ofMalicious).toHaveLength(maliciousCount)
    expect(statuses).toEqual(expect.arrayContaining(ofMalicious ?? []))
    expect(receipt?.copies.reached).toBe(honestCount - 1 + (statuses.includes('stored') ? maliciousCount : 0))

    await reader.manager.delete(key)
    const found = await reader.manager.getRecord(key, { noCache: true })
    expect(new TextDecoder().decode(found?.content)).toBe('new')
  })
}

test('a read sends the latest record once to each stale peer, and succeeds when they refuse it', async () => {
  for (const behaviour of ['stale', 'refusing'] as const) {
    const { network, records, key } = await startRecords(honestCount, [behaviour, behaviour, behaviour])
    await using _network = network
    const [author, , , reader] = records
    if (author === undefined || reader === undefined) throw new Error('the network has too few nodes')
    const old = await author.manager.put(key, text('old'), { offline: true })
    for (const peer of network.malicious) peer.respondWith = () => old.record.value
    await (
      await author.manager.put(key, text('new'))
    ).receipt?.complete
    const before = network.malicious.map(({ requestCounts }) => requestCounts.get('PUT_VALUE') ?? 0)
    expect(new TextDecoder().decode((await reader.manager.getRecord(key, { noCache: true }))?.content)).toBe('new')
    await reader.network.settled()
    expect(network.malicious.map(({ requestCounts }) => requestCounts.get('PUT_VALUE') ?? 0)).toEqual(
      before.map((count) => count + 1)
    )
  }
})
