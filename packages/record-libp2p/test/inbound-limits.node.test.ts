import type { Libp2p } from '@libp2p/interface'
import { ipnsNameToString, ipnsRoutingKey, ipnsSigningInput, joinRecordKey } from '@recordkit/record-codec'
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
import { ipns, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { MemoryDatastore } from 'datastore-core'
import { expect, test } from 'vitest'
import { text } from './record-network.ts'

const protocol = '/recordkit/test/kad/1.0.0'

test('a real node disconnects and bans a peer that sends forgeries, and still answers other peers', async () => {
  const signer = await generateKeyPair()
  await using network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes: 2,
    node: () => ({
      kadDhtInit: { initialQuerySelfInterval: 10 },
      configure: ({ services = {}, ...options }) =>
        withRecords(
          { ...options, datastore: new MemoryDatastore(), services },
          {
            engine: new ValidationEngine([signed('config', { authors: ownerInKey() })]),
            store: new MemoryRecordStore(),
            signer,
            // on a slow machine the budget would be empty first: then messages are dropped, and do not count
            inbound: { measure: () => 0 }
          }
        )
    })
  })
  const [first, second] = network.honest
  if (first === undefined || second === undefined) throw new Error('the network has too few nodes')
  const [attacker, reader] = [
    await createTestNode({}, { transport: 'memory' }),
    await createTestNode({}, { transport: 'memory' })
  ]
  try {
    const key = joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`)
    await first.services.records.manager.put(key, text('honest'))
    const get = encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key })
    const forged = await signed('config', { authors: ownerInKey() }).seal(
      { key, content: text('forged'), sequence: 1n << 53n },
      { now: systemClock(), signer }
    )
    // the signature is the last field
    forged[forged.length - 8] = (forged[forged.length - 8] ?? 0) ^ 1
    const put = encodeDhtMessage({
      type: messageTypes.indexOf('PUT_VALUE'),
      key,
      record: answeredRecord(key, forged, systemClock())
    })
    const target = second.getMultiaddrs()
    /** Sends messages one after another on one stream. @returns the number of answers */
    const answersTo = async (peer: Libp2p, messages: readonly Uint8Array[]): Promise<number> => {
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
        // the stream was reset
      }
      stream.abort(new Error('done'))
      return answers
    }
    expect(await answersTo(attacker, [get, get, get])).toBe(3)
    for (let sent = 0; sent < 11; sent++) expect(await answersTo(attacker, [put])).toBe(0)
    await expect(async () => answersTo(attacker, [get])).rejects.toThrow()
    expect(second.getConnections(attacker.peerId)).toEqual([])
    expect(await answersTo(reader, [get, get, get])).toBe(3)
    expect(new TextDecoder().decode(await second.services.records.manager.get(key, { noCache: true }))).toBe('honest')
  } finally {
    await attacker.stop()
    await reader.stop()
  }
})

test('an honest peer that forwards a record which only js-ipns accepts is not banned', async () => {
  await using network = await createTestNetwork<{ readonly records: RecordsService }>({
    transport: 'memory',
    nodes: 1,
    node: () => ({
      kadDhtInit: { initialQuerySelfInterval: 10 },
      configure: ({ services = {}, ...options }) =>
        withRecords(
          { ...options, datastore: new MemoryDatastore(), services },
          // the budget of a peer must not depend on how busy the machine is
          { engine: new ValidationEngine([ipns()]), store: new MemoryRecordStore(), inbound: { measure: () => 0 } }
        )
    })
  })
  const [node] = network.honest
  if (node === undefined) throw new Error('the network has no node')
  const reader = await createTestNode({}, { transport: 'memory' })
  try {
    const signer = await generateKeyPair()
    const key = ipnsRoutingKey(signer.peerId)
    // a map with the key Value twice, signed by the owner of the name
    const data = Uint8Array.of(0xa2, ...[1, 2].flatMap(() => [0x65, ...text('Value'), 0x41, 0x2f]))
    const signature = await signer.sign(ipnsSigningInput(data))
    const value = Uint8Array.of(0x42, signature.length, ...signature, 0x4a, data.length, ...data)
    const engine = new ValidationEngine([ipns()])
    expect(await engine.validate(key, value)).toMatchObject({ code: 'CBOR_DUPLICATE_KEY' })
    const record = answeredRecord(key, value, systemClock())
    const correction = encodeDhtMessage({ type: messageTypes.indexOf('PUT_VALUE'), key, record })
    // kad-dht sends such a correction after each look-up
    for (let lookups = 0; lookups < 20; lookups++) {
      const stream = await reader.dialProtocol(node.getMultiaddrs(), protocol)
      stream.send(correction)
      await expect(async () => {
        for await (const _ of stream) throw new Error('the record was accepted')
      }).rejects.toThrow(/reset/)
    }
    expect(node.getConnections(reader.peerId)).toHaveLength(1)
  } finally {
    await reader.stop()
  }
})
