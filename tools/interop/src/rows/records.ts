import {
  decodeRecord,
  encodeRecord,
  formatTime,
  ipnsRoutingKey,
  joinRecordKey,
  parseTime
} from '@recordkit/record-codec'
import { hex, unhex, utf8 } from '../bytes.ts'
import type { Check } from '../check.ts'
import { mustHave } from '../gaps.ts'
import { judge, keyTypes, newKeyPair } from '../own.ts'
import { type Answer, type Implementation, OperationUnsupported, textOf } from '../implementation.ts'
import { sessionWith } from '../session.ts'
import type { Row } from '../table.ts'
import { pub } from './envelopes.ts'
import { ourRecord } from './ipns.ts'

const key = joinRecordKey('interop', utf8('a record'))
const value = utf8('its value')
const time = 1_784_000_000_123_456_789n

const throughDht = 'checked through the DHT, as its codec is not public'

/** Checks a Record that they created in their DHT, read from their node. */
async function servedThere(implementation: Implementation, check: Check): Promise<void> {
  const { atTheirs } = await sessionWith(implementation)
  const signer = await newKeyPair('Ed25519')
  const name = ipnsRoutingKey(signer.peerId)
  const entry = await ourRecord(signer)
  await implementation.call('dht.put', { bytes: { key: name, value: entry } })
  const stored = await atTheirs.get(name)
  check.equal(stored?.key ?? '', name, 'key')
  check.equal(stored?.value ?? '', entry, 'value')
  check.note(throughDht)
}

/** Checks a Record that our node serves, as they decode it. */
async function servedHere(implementation: Implementation, check: Check): Promise<void> {
  const { atOurs } = await sessionWith(implementation)
  const signer = await newKeyPair('Ed25519')
  const name = ipnsRoutingKey(signer.peerId)
  const entry = await ourRecord(signer)
  check.that(await atOurs.put(name, entry), 'our node refuses our record')
  check.equal((await implementation.call('dht.get', { bytes: { key: name } }))['value'], hex(entry), 'value')
  check.note(throughDht)
}

const theyEncode: Row = {
  name: 'Record, they make',
  async run(implementation, check) {
    let made: Answer
    try {
      made = await implementation.call('record.encode', {
        bytes: { key, value },
        texts: { timeReceived: formatTime(time) }
      })
    } catch (error) {
      if (!(error instanceof OperationUnsupported)) throw error
      return servedThere(implementation, check)
    }
    const read = decodeRecord(unhex(textOf(made, 'record')))
    check.equal(read.key, key, 'key')
    check.equal(read.value, value, 'value')
    const received = read.timeReceived ?? 0n
    if (received !== time) check.note('keeps only the milliseconds of a time')
    check.equal(received / 1_000_000n, time / 1_000_000n, 'timeReceived')
  }
}

const weEncode: Row = {
  name: 'Record, we make',
  async run(implementation, check) {
    const record = encodeRecord({ key, value, timeReceived: time, publisher: utf8('publisher'), ttl: 60 })
    let read: Answer
    try {
      read = await implementation.call('record.decode', { bytes: { record } })
    } catch (error) {
      if (!(error instanceof OperationUnsupported)) throw error
      return servedHere(implementation, check)
    }
    check.equal(read['key'], hex(key), 'key')
    check.equal(read['value'], hex(value), 'value')
    if (read['timeReceived'] !== undefined) check.equal(parseTime(textOf(read, 'timeReceived')), time, 'timeReceived')
    if (read['milliseconds'] !== undefined) {
      check.equal(parseTime(textOf(read, 'milliseconds')), (time / 1_000_000n) * 1_000_000n, 'timeReceived')
      check.note('keeps only the milliseconds of a time')
    }
  }
}

const publicKeys: Row = {
  name: '/pk record, both validate',
  run: (implementation, check) =>
    check.each(keyTypes, async (type) => {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const other = await newKeyPair(type)
      const own = joinRecordKey('pk', pair.peerId)
      const there = (bytes: { key: Uint8Array; value: Uint8Array }): ReturnType<typeof implementation.call> =>
        implementation.call('pk.judge', { bytes })
      await there({ key: own, value: pub(pair) })
      check.that('accepted' in (await judge(own, pub(pair))), `RecordKit refuses a ${type} /pk record`)
      await check.refused(() => there({ key: own, value: pub(other) }), 'the key of another peer')
      check.that('refused' in (await judge(own, pub(other))), `RecordKit accepts the ${type} key of another peer`)
    })
}

export const recordRows: readonly Row[] = [theyEncode, weEncode, publicKeys]
