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
import { type Answer, type Peer, PeerUnsupported, textOf } from '../peer.ts'
import { sessionWith } from '../session.ts'
import type { Row } from '../table.ts'
import { pub } from './envelopes.ts'
import { ourRecord } from './ipns.ts'

const key = joinRecordKey('interop', utf8('a record'))
const value = utf8('its value')
const time = 1_784_000_000_123_456_789n

const offTheDht = 'read off the DHT: it does not show its codec'

/** A Record that they made in their DHT, read from their node. */
async function servedThere(peer: Peer, check: Check): Promise<void> {
  const { atTheirs } = await sessionWith(peer)
  const signer = await newKeyPair('Ed25519')
  const name = ipnsRoutingKey(signer.peerId)
  const entry = await ourRecord(signer)
  await peer.call('dht.put', { bytes: { key: name, value: entry } })
  const held = await atTheirs.get(name)
  check.equal(held?.key ?? '', name, 'key')
  check.equal(held?.value ?? '', entry, 'value')
  check.note(offTheDht)
}

/** A Record that our node serves, as they read it. */
async function servedHere(peer: Peer, check: Check): Promise<void> {
  const { atOurs } = await sessionWith(peer)
  const signer = await newKeyPair('Ed25519')
  const name = ipnsRoutingKey(signer.peerId)
  const entry = await ourRecord(signer)
  check.that(await atOurs.put(name, entry), 'our node does not take a record of ours')
  check.equal((await peer.call('dht.get', { bytes: { key: name } }))['value'], hex(entry), 'value')
  check.note(offTheDht)
}

const theyEncode: Row = {
  name: 'Record, they make',
  async run(peer, check) {
    let made: Answer
    try {
      made = await peer.call('record.encode', { bytes: { key, value }, texts: { timeReceived: formatTime(time) } })
    } catch (error) {
      if (!(error instanceof PeerUnsupported)) throw error
      return servedThere(peer, check)
    }
    const read = decodeRecord(unhex(textOf(made, 'record')))
    check.equal(read.key, key, 'key')
    check.equal(read.value, value, 'value')
    const received = read.timeReceived ?? 0n
    if (received !== time) check.note('keeps milliseconds of a time')
    check.equal(received / 1_000_000n, time / 1_000_000n, 'timeReceived')
  }
}

const weEncode: Row = {
  name: 'Record, we make',
  async run(peer, check) {
    const record = encodeRecord({ key, value, timeReceived: time, publisher: utf8('someone'), ttl: 60 })
    let read: Answer
    try {
      read = await peer.call('record.decode', { bytes: { record } })
    } catch (error) {
      if (!(error instanceof PeerUnsupported)) throw error
      return servedHere(peer, check)
    }
    check.equal(read['key'], hex(key), 'key')
    check.equal(read['value'], hex(value), 'value')
    if (read['timeReceived'] !== undefined) check.equal(parseTime(textOf(read, 'timeReceived')), time, 'timeReceived')
    if (read['milliseconds'] !== undefined) {
      check.equal(parseTime(textOf(read, 'milliseconds')), (time / 1_000_000n) * 1_000_000n, 'timeReceived')
      check.note('keeps milliseconds of a time')
    }
  }
}

const publicKeys: Row = {
  name: '/pk record, both judge',
  run: (peer, check) =>
    check.each(keyTypes, async (type) => {
      await mustHave(peer, type)
      const pair = await newKeyPair(type)
      const other = await newKeyPair(type)
      const own = joinRecordKey('pk', pair.peerId)
      const there = (bytes: { key: Uint8Array; value: Uint8Array }): ReturnType<typeof peer.call> =>
        peer.call('pk.judge', { bytes })
      await there({ key: own, value: pub(pair) })
      check.that('accepted' in (await judge(own, pub(pair))), `a ${type} /pk record is refused here`)
      await check.refused(() => there({ key: own, value: pub(other) }), "another's key")
      check.that('refused' in (await judge(own, pub(other))), `another's ${type} key is accepted here`)
    })
}

export const recordRows: readonly Row[] = [theyEncode, weEncode, publicKeys]
