import {
  decodeIpnsRecord,
  encodePublicKey,
  formatTime,
  ipnsRoutingKey,
  parseIpnsName,
  parseTime
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { exportPrivateKey, createIpnsRecord } from '@recordkit/record-crypto'
import type { IpnsContent, KeyPair } from '@recordkit/record-crypto'
import { isRefusal } from '@recordkit/record-types'
import type { KeyType } from '@recordkit/record-types'
import { resolveRecord as select } from '@recordkit/record-validators'
import { ecdsaEncodings, ipnsVariants, p256Order, secp256k1Order } from '@recordkit/testing'
import { hex, unhex } from '../bytes.ts'
import { mustHave } from '../gaps.ts'
import { judge, keyTypes, newEngine, newKeyPair } from '../own.ts'
import { type Answer, type Implementation, OperationRefused, textOf } from '../implementation.ts'
import type { Row } from '../table.ts'

export const value = '/ipfs/bafkqac3jobxhgidsn5rww4yk'
/** The TTL for Kubo, which refuses one above the lifetime of the record. */
const hour = 3_600_000_000_000n
const longTtl = 3_155_760_000_000_000_000n
const highSequence = 2n ** 63n - 1n

export const inTwoDays = (): bigint => BigInt(Date.now() + 48 * 3_600_000) * 1_000_000n + 123_457n

export const ourRecord = (
  signer: KeyPair,
  content: Partial<IpnsContent> = {},
  v1Compatible = true
): Promise<Uint8Array> =>
  createIpnsRecord({ value, sequence: 7n, validity: inTwoDays(), ttl: hour, ...content }, { signer, v1Compatible })

/** Validates and decodes a record of theirs. @throws Error when RecordKit refuses it */
export async function readHere(key: Uint8Array, record: Uint8Array): Promise<IpnsRecord> {
  const verdict = await judge(key, record)
  if ('refused' in verdict) throw new Error(`RecordKit refuses it: ${verdict.refused.code}: ${verdict.refused.message}`)
  return decodeIpnsRecord(record)
}

function theyMake(type: KeyType): Row {
  return {
    name: `IPNS record by ${type}, they make`,
    async run(implementation, check) {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const key = ipnsRoutingKey(pair.peerId)
      const kubo = implementation.name === 'kubo'
      for (const v2Only of [false, true]) {
        const validity = inTwoDays()
        const ttl = kubo ? hour : longTtl
        // Kubo publishes only a record that is newer than the last one
        const sequence = v2Only ? highSequence : highSequence - 1n
        const made = await implementation.call('ipns.make', {
          bytes: { private: exportPrivateKey(pair) },
          texts: { value, validity: formatTime(validity) },
          numbers: { sequence, ttl },
          flags: { v2Only }
        })
        const form = v2Only ? 'V2-only' : 'V1 and V2'
        check.equal(hex(parseIpnsName(textOf(made, 'name'))), hex(pair.peerId), `name of their ${form} record`)
        check.equalWhereGiven(made['key'], hex(key), `routing key of their ${form} record`)
        const record = await readHere(key, unhex(textOf(made, 'record')))
        check.equal(Buffer.from(record.value).toString(), value, 'value')
        check.equal(record.sequence, sequence, 'sequence')
        check.equal(record.ttl, ttl, 'ttl')
        check.equal(record.signatureV1 !== undefined, !v2Only, `signatureV1 in a ${form} record`)
        if (made['validityChosen'] === undefined) check.equal(record.validity, validity, 'validity')
        const damaged = unhex(textOf(made, 'record'))
        damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
        check.that('refused' in (await judge(key, damaged)), 'RecordKit accepts a damaged record of theirs')
      }
      await check.optional(async () => {
        const made = await implementation.call('ipns.make', {
          bytes: { private: exportPrivateKey(pair) },
          texts: { value, validity: formatTime(inTwoDays()), extra: 'more' },
          numbers: { sequence: 1n, ttl: hour }
        })
        const record = await readHere(key, unhex(textOf(made, 'record')))
        check.equal(record.extra?.get('_extra'), 'more', 'extra data')
      })
    }
  }
}

function weMake(type: KeyType): Row {
  return {
    name: `IPNS record by ${type}, we make`,
    async run(implementation, check) {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const key = ipnsRoutingKey(pair.peerId)
      for (const v1Compatible of [true, false]) {
        const validity = inTwoDays()
        const content = { validity, ttl: longTtl, sequence: highSequence, extra: new Map([['_extra', 'more']]) }
        const record = await ourRecord(pair, content, v1Compatible)
        const read = await judgeThere(implementation, key, record, type)
        check.equal(read['value'], value, 'value')
        check.equal(read['sequence'], highSequence, 'sequence')
        check.equal(read['ttl'], longTtl, 'ttl')
        if (read['validity'] !== undefined) check.equal(parseTime(textOf(read, 'validity')), validity, 'validity')
        check.equalWhereGiven(read['extra'], 'more', 'extra data')
        const damaged = Uint8Array.from(record)
        damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
        await check.refused(
          () => implementation.call('ipns.judge', { bytes: { key, record: damaged } }),
          'a damaged record of ours'
        )
      }
      const other = ipnsRoutingKey((await newKeyPair(type)).peerId)
      const record = await ourRecord(pair)
      await check.refused(
        () => implementation.call('ipns.judge', { bytes: { key: other, record } }),
        'our record under another name'
      )
    }
  }
}

async function judgeThere(
  implementation: Implementation,
  key: Uint8Array,
  record: Uint8Array,
  type: KeyType
): Promise<Answer> {
  try {
    return await implementation.call('ipns.judge', { bytes: { key, record } })
  } catch (error) {
    if (!(error instanceof OperationRefused)) throw error
    throw new Error(`they refuse our ${type} record: ${error.message}`, { cause: error })
  }
}

/** Both sides must select the same candidate, in any order of the candidates. */
const selection: Row = {
  name: 'IPNS selection, both select the same',
  async run(implementation, check) {
    const pair = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(pair.peerId)
    const now = inTwoDays()
    const make = (sequence: bigint, validity: bigint, content = {}): Promise<Uint8Array> =>
      ourRecord(pair, { sequence, validity, ...content })
    const sets = {
      'a higher sequence': [await make(3n, now), await make(4n, now - hour), await make(2n, now)],
      'a later validity': [await make(3n, now), await make(3n, now + hour), await make(3n, now - hour)],
      'a validity later by 1 ns': [await make(3n, now), await make(3n, now + 1n)],
      'larger bytes': [await make(3n, now, { ttl: 1_000_000n }), await make(3n, now, { ttl: 2_000_000n })]
    }
    const engine = newEngine()
    for (const [criterion, candidates] of Object.entries(sets)) {
      for (const order of [candidates, candidates.toReversed()]) {
        const ours = (await select(engine, key, order)).best?.index
        const { index } = await implementation.call('ipns.select', {
          bytes: { key },
          lists: { records: order.map(hex) }
        })
        if (index === ours) check.passed++
        else check.note(`does not select by ${criterion}`)
      }
    }
  }
}

const groupOrders = new Map<KeyType, bigint>([
  ['Secp256k1', secp256k1Order],
  ['ECDSA', p256Order]
])

/**
 * What anyone can change without the key: RecordKit must accept every encoding that they accept, they must accept the form in which
 * we store it, and both must select the same one.
 */
function otherEncodings(type: KeyType): Row {
  return {
    name: `IPNS record by ${type}, in other encodings`,
    async run(implementation, check) {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const key = ipnsRoutingKey(pair.peerId)
      const order = groupOrders.get(type)
      const variants = ipnsVariants(
        decodeIpnsRecord(await ourRecord(pair)),
        encodePublicKey(pair.publicKey),
        (signature) => (order === undefined ? [] : ecdsaEncodings(signature, order, 32))
      )
      const engine = newEngine()
      const accepted: Uint8Array[] = []
      for (const { name, value: record } of variants) {
        const ours = await engine.validate(key, record)
        try {
          await implementation.call('ipns.judge', { bytes: { key, record } })
        } catch (error) {
          if (!(error instanceof OperationRefused)) throw error
          continue
        }
        check.that(!isRefusal(ours), `RecordKit refuses a record ${name}, which they accept`)
        if (isRefusal(ours)) continue
        accepted.push(record)
        const normal = await engine.normalize(ours)
        if (isRefusal(normal)) throw new Error(`a record ${name} has no normal form: ${normal.message}`)
        await judgeThere(implementation, key, normal.value, type)
      }
      check.that(accepted.length > 10, `they accept ${accepted.length} of ${variants.length} encodings`)
      for (let first = 0; first + 1 < accepted.length; first++) {
        const pairOf = accepted.slice(first, first + 2)
        const { index } = await implementation.call('ipns.select', {
          bytes: { key },
          lists: { records: pairOf.map(hex) }
        })
        const ours = (await select(engine, key, pairOf)).best?.index
        if (index === ours) check.passed++
        else check.note('does not select the larger of two encodings')
      }
    }
  }
}

export const ipnsRows: readonly Row[] = [
  ...keyTypes.flatMap((type) => [theyMake(type), weMake(type), otherEncodings(type)]),
  selection
]
