import { encodeCbor, encodeIpnsRecord, ipnsRoutingKey, ipnsSigningInput, joinRecordKey } from '@recordkit/record-codec'
import type { CborValue } from '@recordkit/record-codec'
import { day } from '@recordkit/testing'
import type { ReceiveResult } from '@recordkit/record-manager'
import { equalBytes, limits } from '@recordkit/record-types'
import { Attempts } from '../attempts.ts'
import type { Attack } from '../attack.ts'
import { createTestManager } from '../test-manager.ts'
import { keyPair, named, ownKey, sealed, senderOf, start } from '../records.ts'

/** Bytes that are not a record, or almost one. */
export const malformed: readonly Attack[] = [
  {
    id: 'oversize',
    title: 'values from one byte above the limit to 4 MiB, and keys above 1 KiB',
    bound: 'sizes are checked before anything is parsed: 64 KiB, IPNS 10 KiB, keys 1 KiB',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      const name = await named(author, 1n, start + day)
      const sizes = [limits.value + 1, 100_000, 1 << 20, limits.dhtMessage]
      for (let shot = 0; shot < times(400); shot++) {
        const sender = senderOf(shot)
        await attempts.send({ key: ownKey(author, 'big'), value: new Uint8Array(random.of(sizes)), sender })
        const padded = new Uint8Array(limits.ipnsRecord + 1)
        padded.set(name.value)
        await attempts.send({ key: name.key, value: padded, sender })
        const long = joinRecordKey('config', new Uint8Array(limits.key).fill(97))
        await attempts.send({ key: long, value: name.value, sender })
      }
      return attempts.result()
    }
  },
  {
    id: 'nested',
    title: 'CBOR nested up to 10,000 levels deep in a correctly signed IPNS record',
    bound: '32 levels; 10 KiB per record',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      const key = ipnsRoutingKey(author.peerId)
      for (let shot = 0; shot < times(400); shot++) {
        const data = nestedData(33 + random.below(9_900), shot % 2 === 0 ? 0x81 : 0xa1)
        const value = encodeIpnsRecord({ data, signatureV2: await author.sign(ipnsSigningInput(data)) })
        await attempts.send({ key, value, sender: senderOf(shot) })
      }
      return attempts.result()
    }
  },
  {
    id: 'duplicated',
    title: 'every field of a valid record repeated, with the same and with another content',
    bound: 'the last of a repeated field counts; only the normal form is stored, and a variant removes nothing from it',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      const key = ownKey(author, 'twice')
      const value = await sealed({ key, signer: author, sequence: 1n, now: start })
      const name = await named(author, 1n, start + day)
      for (const whole of [{ key, value }, name]) await target.manager.receive(whole.key, whole.value)
      for (let round = 0; round < times(200, 3); round++) {
        for (const whole of [{ key, value }, name]) {
          const isUnchanged = ({ record }: ReceiveResult): boolean =>
            record !== undefined && equalBytes(record.value, whole.value)
          for (const field of fieldsOf(whole.value)) {
            const again = random.below(2) === 0 ? field : random.damaged(field, field.length - 1)
            const message = { key: whole.key, value: joined(whole.value, again), sender: senderOf(attempts.tried) }
            await attempts.send(message, isUnchanged)
          }
        }
      }
      return attempts.result()
    }
  },
  {
    id: 'truncated',
    title: 'valid records truncated after every byte, and bytes after their end',
    bound: 'lengths are compared with the remaining bytes',
    async run({ random }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target)
      const author = await keyPair(random)
      const key = ownKey(author, 'cut')
      const value = await sealed({ key, signer: author, sequence: 1n, now: start })
      const name = await named(author, 1n, start + day)
      for (const whole of [{ key, value }, name]) {
        for (let end = 0; end < whole.value.length; end++)
          await attempts.send({ key: whole.key, value: whole.value.subarray(0, end), sender: senderOf(end) })
        for (let more = 1; more < 50; more++)
          await attempts.send({
            key: whole.key,
            value: joined(whole.value, new Uint8Array(more)),
            sender: senderOf(more)
          })
      }
      return attempts.result()
    }
  },
  {
    id: 'random-bytes',
    title: 'random bytes under keys of every namespace',
    bound: 'the cost is linear in the size, which is bounded',
    async run({ random, times }) {
      const target = await createTestManager({ random })
      const attempts = new Attempts(target, 100)
      for (let shot = 0; shot < times(50_000); shot++) {
        const key = joinRecordKey(random.of(['ipns', 'pk', 'config', 'open', 'none']), random.bytes(random.below(60)))
        await attempts.send({ key, value: random.bytes(random.below(300)), sender: senderOf(shot) })
      }
      return attempts.result({
        sizes: [
          { what: 'scores', size: target.scores.size, most: 10_000 },
          { what: 'buckets', size: target.limiter.size, most: 10_000 }
        ]
      })
    }
  }
]

/** The data of an IPNS record with a nested additional entry. `head` starts an array or a map of one item. */
function nestedData(depth: number, head: number): Uint8Array {
  const plain: [string, CborValue][] = [
    ['TTL', 0n],
    ['Value', new TextEncoder().encode('/ipfs/bafkqaaa')],
    ['Sequence', 1n],
    ['Validity', new TextEncoder().encode('2030-01-01T00:00:00.000000000Z')],
    ['ValidityType', 0n],
    ['x', null]
  ]
  const bytes = encodeCbor(new Map(plain))
  // the additional entry comes first, as its name is the shortest: map head, text head, `x`, null
  const level = head === 0x81 ? [0x81] : [0xa1, 0x60]
  const nest = Uint8Array.from(Array.from({ length: Math.floor(depth / level.length) }, () => level).flat())
  return joined(bytes.subarray(0, 3), nest, Uint8Array.of(0), bytes.subarray(4))
}

/** The fields of a protobuf message whose lengths take one byte or two. */
function fieldsOf(bytes: Uint8Array): Uint8Array[] {
  const fields: Uint8Array[] = []
  for (let start = 0; start < bytes.length;) {
    let end = start + 1
    let number = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[end++] ?? 0
      number += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    if (((bytes[start] ?? 0) & 7) === 2) end += number
    fields.push(bytes.subarray(start, end))
    start = end
  }
  return fields
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}
