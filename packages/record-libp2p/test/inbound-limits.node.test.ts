import type { Libp2p } from '@libp2p/interface'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import {
  answeredRecord,
  encodeDhtMessage,
  messageTypes,
  createTestNetwork,
  createTestNode
} from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { withRecords } from '@recordkit/record-libp2p'
import type { RecordsService } from '@recordkit/record-libp2p'
import { systemClock } from '@recordkit/record-types'
import { anyAuthor, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { text } from './record-network.ts'

const protocol = '/recordkit/test/kad/1.0.0'

test('a real node cuts off who hands it forgeries and does not let it in again; others are answered as before', async () => {
  const signer = await generateKeyPair()
  await using network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes: 2,
    node: () => ({
      kademlia: { initialQuerySelfInterval: 10 },
      configure: ({ services = {}, ...options }) =>
        withRecords(
          {
            engine: new ValidationEngine([signed('config', { authors: ownerInKey() })]),
            store: new MemoryRecordStore(),
            signer
          },
          { ...options, datastore: new MemoryDatastore(), services }
        )
    })
  })
  const [first, second] = network.honest
  if (first === undefined || second === undefined) throw new Error('too few nodes')
  const [attacker, reader] = [
    await createTestNode({}, { transport: 'memory' }),
    await createTestNode({}, { transport: 'memory' })
  ]
  try {
    const key = joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`)
    await first.services.records.manager.put(key, text('honest'))
    const ask = encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key })
    const forged = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: text('forged'), sequence: 1000n },
      { now: systemClock(), signer: await generateKeyPair() }
    )
    const put = encodeDhtMessage({
      type: messageTypes.indexOf('PUT_VALUE'),
      key,
      record: answeredRecord(key, forged, systemClock())
    })
    const target = second.getMultiaddrs()
    /** How many of these messages, one after another on one stream, were answered. */
    const answered = async (peer: Libp2p, messages: readonly Uint8Array[]): Promise<number> => {
      let answers = 0
      const stream = await peer.dialProtocol(target, protocol)
      try {
        stream.send(messages[0] as Uint8Array)
        for await (const _ of stream) {
          const next = messages[++answers]
          if (next === undefined) break
          stream.send(next)
        }
      } catch {
        // reset
      }
      stream.abort(new Error('done'))
      return answers
    }
    expect(await answered(attacker, [ask, ask, ask])).toBe(3)
    for (let sent = 0; sent < 11; sent++) expect(await answered(attacker, [put])).toBe(0)
    await expect(async () => answered(attacker, [ask])).rejects.toThrow()
    expect(second.getConnections(attacker.peerId)).toEqual([])
    expect(await answered(reader, [ask, ask, ask])).toBe(3)
    expect(new TextDecoder().decode(await second.services.records.manager.get(key, { noCache: true }))).toBe('honest')
  } finally {
    await attacker.stop()
    await reader.stop()
  }
})
