import { decodeIpnsRecord, formatTime, ipnsRoutingKey, parseIpnsName, parseTime } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { exportPrivateKey, createIpnsRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import type { KeyType } from '@recordkit/record-types'
import { resolveRecord as select } from '@recordkit/record-validators'
import { hex, unhex } from '../bytes.ts'
import { mustHave } from '../gaps.ts'
import { judge, keyTypes, newEngine, newKeyPair } from '../own.ts'
import { type Answer, type Peer, PeerRefused, textOf } from '../peer.ts'
import type { Row } from '../table.ts'

export const value = '/ipfs/bafkqac3jobxhgidsn5rww4yk'
/** Kubo refuses one that is longer than the record lives, so it is an hour there. */
const hour = 3_600_000_000_000n
const longTtl = 3_155_760_000_000_000_000n
const highSequence = 2n ** 63n - 1n

export const inTwoDays = (): bigint => BigInt(Date.now() + 48 * 3_600_000) * 1_000_000n + 123_457n

export const ourRecord = (
  signer: KeyPair,
  more: Partial<Parameters<typeof createIpnsRecord>[0]> = {}
): Promise<Uint8Array> =>
  createIpnsRecord({ value, sequence: 7n, validity: inTwoDays(), ttl: hour, ...more }, { signer })

/** Our verdict on a record of theirs, which is to be good. */
export async function readHere(key: Uint8Array, record: Uint8Array): Promise<IpnsRecord> {
  const verdict = await judge(key, record)
  if ('refused' in verdict) throw new Error(`refused here: ${verdict.refused.code}: ${verdict.refused.message}`)
  return decodeIpnsRecord(record)
}

function theyMake(type: KeyType): Row {
  return {
    name: `IPNS record by ${type}, they make`,
    async run(peer, check) {
      await mustHave(peer, type)
      const pair = await newKeyPair(type)
      const key = ipnsRoutingKey(pair.peerId)
      const kubo = peer.name === 'kubo'
      for (const v2Only of [false, true]) {
        const validity = inTwoDays()
        const ttl = kubo ? hour : longTtl
        // Kubo publishes only what is newer than the last
        const sequence = v2Only ? highSequence : highSequence - 1n
        const made = await peer.call('ipns.make', {
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
        const spoilt = unhex(textOf(made, 'record'))
        spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1
        check.that('refused' in (await judge(key, spoilt)), 'a spoilt record of theirs is accepted here')
      }
      await check.optional(async () => {
        const made = await peer.call('ipns.make', {
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
    async run(peer, check) {
      await mustHave(peer, type)
      const pair = await newKeyPair(type)
      const key = ipnsRoutingKey(pair.peerId)
      for (const v1Compatible of [true, false]) {
        const validity = inTwoDays()
        const content = { validity, ttl: longTtl, sequence: highSequence, v1Compatible }
        const record = await ourRecord(pair, { ...content, extra: new Map([['_extra', 'more']]) })
        const read = await judgeThere(peer, key, record, type)
        check.equal(read['value'], value, 'value')
        check.equal(read['sequence'], highSequence, 'sequence')
        check.equal(read['ttl'], longTtl, 'ttl')
        if (read['validity'] !== undefined) check.equal(parseTime(textOf(read, 'validity')), validity, 'validity')
        check.equalWhereGiven(read['extra'], 'more', 'extra data')
        const spoilt = Uint8Array.from(record)
        spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1
        await check.refused(
          () => peer.call('ipns.judge', { bytes: { key, record: spoilt } }),
          'a spoilt record of ours'
        )
      }
      const other = ipnsRoutingKey((await newKeyPair(type)).peerId)
      const record = await ourRecord(pair)
      await check.refused(
        () => peer.call('ipns.judge', { bytes: { key: other, record } }),
        "our record under another's name"
      )
    }
  }
}

async function judgeThere(peer: Peer, key: Uint8Array, record: Uint8Array, type: KeyType): Promise<Answer> {
  try {
    return await peer.call('ipns.judge', { bytes: { key, record } })
  } catch (error) {
    if (!(error instanceof PeerRefused)) throw error
    throw new Error(`our ${type} record is refused there: ${error.message}`, { cause: error })
  }
}

/** Both sides are to pick the same of the same candidates, in whatever order they come. */
const selection: Row = {
  name: 'IPNS selection, both pick the same',
  async run(peer, check) {
    const pair = await newKeyPair('Ed25519')
    const key = ipnsRoutingKey(pair.peerId)
    const now = inTwoDays()
    const make = (sequence: bigint, validity: bigint, more = {}): Promise<Uint8Array> =>
      ourRecord(pair, { sequence, validity, ...more })
    const sets = {
      'a higher sequence': [await make(3n, now), await make(4n, now - hour), await make(2n, now)],
      'a later validity': [await make(3n, now), await make(3n, now + hour), await make(3n, now - hour)],
      'a validity later by 1 ns': [await make(3n, now), await make(3n, now + 1n)],
      'larger bytes': [await make(3n, now, { ttl: 1n }), await make(3n, now, { ttl: 2n })]
    }
    const engine = newEngine()
    for (const [why, candidates] of Object.entries(sets)) {
      for (const order of [candidates, candidates.toReversed()]) {
        const ours = (await select(engine, key, order)).best?.index
        const { index } = await peer.call('ipns.select', { bytes: { key }, lists: { records: order.map(hex) } })
        if (index === ours) check.passed++
        else check.note(`does not select by ${why}`)
      }
    }
  }
}

export const ipnsRows: readonly Row[] = [...keyTypes.flatMap((type) => [theyMake(type), weMake(type)]), selection]
