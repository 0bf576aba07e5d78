import { randomBytes } from 'node:crypto'
import { decodeIpnsRecord, ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { exportPrivateKey, sealSignedRecord, sha256 } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordError, ReplicationReceipt } from '@recordkit/record-types'
import { hex, unhex, utf8 } from '../bytes.ts'
import { newKeyPair } from '../own.ts'
import { type Implementation, OperationUnsupported } from '../implementation.ts'
import { type Session, sessionWith } from '../session.ts'
import type { Row } from '../table.ts'
import { pub } from './envelopes.ts'
import { ourRecord, readHere, value } from './ipns.ts'

interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

const now = (): bigint => BigInt(Date.now()) * 1_000_000n
const minute = 60_000_000_000n

/** Makes a new valid record of each kind. */
const kinds = {
  async ipns(): Promise<Entry> {
    const signer = await newKeyPair('Ed25519')
    return { key: ipnsRoutingKey(signer.peerId), value: await ourRecord(signer) }
  },
  async pk(): Promise<Entry> {
    const pair = await newKeyPair('RSA')
    return { key: joinRecordKey('pk', pair.peerId), value: pub(pair) }
  },
  async interop(): Promise<Entry> {
    const signer = await newKeyPair('Ed25519')
    const key = joinRecordKey('interop', hex(randomBytes(8)))
    const issued = now()
    const record = {
      key,
      content: utf8('ours'),
      sequence: 1n,
      issued,
      expires: issued + minute,
      ttl: 0n,
      revoked: false
    }
    return { key, value: await sealSignedRecord(record, { signer }) }
  }
}

type Kind = keyof typeof kinds
const names: Record<Kind, string> = { ipns: 'IPNS', pk: '/pk', interop: 'signed record' }

/** @throws OperationUnsupported when the DHT of the implementation is known not to support this kind of record */
async function mustSupport(implementation: Implementation, kind: Kind, session: Session): Promise<void> {
  if (implementation.name === 'kubo' && kind === 'interop') {
    throw new OperationUnsupported("Kubo's DHT has validators for /ipns/ and /pk/ and no way to add one")
  }
  if (implementation.name === 'python' && kind !== 'interop') {
    const { key, value } = await kinds[kind]()
    if (await session.atTheirs.put(key, value)) return
    throw new OperationUnsupported(
      "py-libp2p's DHT reads record keys as UTF-8 text and refuses the binary multihash in one"
    )
  }
}

/** Waits at most 10 s until `read` returns a result, for work that an implementation does in the background. */
export async function eventually<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const until = Date.now() + 10_000; Date.now() < until;) {
    const found = await read()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return undefined
}

function theyServe(kind: Kind): Row {
  return {
    name: `DHT ${names[kind]}: we put, they serve, we get`,
    async run(implementation, check) {
      const session = await sessionWith(implementation)
      await mustSupport(implementation, kind, session)
      const { key, value } = await kinds[kind]()
      const receipt = await (await session.store.put(key, value)).complete
      const theirs = receipt.peers.find((one) => hex(one.from) === hex(session.theirId))
      check.equal(theirs?.status, 'stored', 'their acknowledgement')
      const stored = await session.atTheirs.get(key)
      check.equal(stored?.value ?? '', value, 'the value that they store')
      check.equal(stored?.key ?? '', key, 'the key of the record that they store')
      if (stored?.timeReceived === undefined) check.note('serves records without a time of receipt')
      else check.that(abs(stored.timeReceived - now()) < minute, 'their time of receipt is not now')
      const found = await session.reader.get(key, { quorum: 1 })
      check.equal(found?.record.value ?? '', value, 'the value that a query finds')
    }
  }
}

const abs = (number: bigint): bigint => (number < 0n ? -number : number)

function weServe(kind: Kind): Row {
  return {
    name: `DHT ${names[kind]}: they put, we serve, they get`,
    async run(implementation, check) {
      const session = await sessionWith(implementation)
      await mustSupport(implementation, kind, session)
      await check.optional(async () => {
        const put = await kinds[kind]()
        await implementation.call('dht.put', { bytes: { key: put.key, value: put.value } })
        const stored = await eventually(() => session.atOurs.get(put.key))
        check.equal(stored?.value ?? '', put.value, 'the value that our node stores')
        const own = await eventually(() => session.atTheirs.get(put.key))
        if (own === undefined) check.note('does not store the records that it puts')
        else {
          check.equal(own.value, put.value, 'the value in their own record')
          if (own.publisher !== undefined) check.note('writes `publisher` and `ttl`, which our node keeps')
        }
      })
      const got = await kinds[kind]()
      check.that(await session.atOurs.put(got.key, got.value), 'our node refuses our record')
      const answer = await implementation.call('dht.get', { bytes: { key: got.key } })
      check.equal(answer['value'], hex(got.value), 'the value that they find')
    }
  }
}

/** Invalid records. Only our node must refuse them; the behaviour of theirs is noted. */
const invalidRecords: Row = {
  name: 'DHT IPNS: forged and older records',
  async run(implementation, check) {
    const session = await sessionWith(implementation)
    await mustSupport(implementation, 'ipns', session)
    for (const [side, node] of [
      ['here', session.atOurs],
      ['there', session.atTheirs]
    ] as const) {
      const signer = await newKeyPair('Ed25519')
      const key = ipnsRoutingKey(signer.peerId)
      const forged = await ourRecord(await newKeyPair('Ed25519'))
      await node.put(key, forged)
      const accepted = (await node.get(key)) !== undefined
      if (side === 'here') check.that(!accepted, 'our node accepts a forged record')
      else if (accepted) check.note('its server stores records without validating them')
      else check.passed++
      const newer = await ourRecord(signer, { sequence: 9n })
      const older = await ourRecord(signer, { sequence: 8n })
      check.that(await node.put(key, newer), `a valid record is refused ${side}`)
      await node.put(key, older)
      const stored = (await node.get(key))?.value ?? new Uint8Array()
      const sequence = decodeIpnsRecord(stored).sequence
      if (side === 'here') check.equal(sequence, 9n, 'the sequence that our node stores after an older record')
      else if (sequence === 9n) check.passed++
      else check.note('its server replaces a newer record by an older one')
    }
  }
}

/** A record that a stock node has in another encoding, which it prefers to ours, counts as a copy; and ours accepts its encoding. */
const otherEncoding: Row = {
  name: 'DHT IPNS: a record that they have in another encoding',
  async run(implementation, check) {
    const session = await sessionWith(implementation)
    await mustSupport(implementation, 'ipns', session)
    const { key, value: ours } = await kinds.ipns()
    const larger = new Uint8Array([...ours, 0x7a, 64, ...new Uint8Array(64)])
    check.that(await session.atTheirs.put(key, larger), 'they refuse a record with an unknown field')
    // more copies than there are peers: the put waits for the answers of the peers that refused it
    const outcome = await session.store.put(key, ours, { copies: 4 }).catch((error: unknown) => error)
    const { peers } = (outcome as RecordError).details as ReplicationReceipt
    const theirs = peers.find(({ from }) => hex(from) === hex(session.theirId))
    check.equal(theirs?.status, 'stored', 'whether they have a copy')
    if (hex((await session.atTheirs.get(key))?.value ?? new Uint8Array()) === hex(larger))
      check.note('keeps the larger of two encodings')
    check.that(await session.atOurs.put(key, larger), 'our node refuses a record with an unknown field')
    check.equal((await session.atOurs.get(key))?.value ?? '', ours, 'the value that our node stores')
    const found = await session.reader.get(key, { quorum: 1 })
    check.equal(found?.record.value ?? '', ours, 'the value that a query finds')
  }
}

const providers: Row = {
  name: 'DHT providers: both provide, both find',
  async run(implementation, check) {
    const session = await sessionWith(implementation)
    const signal = AbortSignal.timeout(30_000)
    const includes = (ids: readonly Uint8Array[], id: Uint8Array): true | undefined =>
      ids.some((one) => hex(one) === hex(id)) ? true : undefined

    const content = new Uint8Array(randomBytes(32))
    const multihash = new Uint8Array([0x12, 0x20, ...sha256(content)])
    await session.ours.provide(multihash, signal)
    const there = await eventually(async () => includes(await session.atTheirs.providers(multihash), session.ourId))
    check.equal(there, true, 'our provider record at their node')
    const found = await implementation.call('dht.findProviders', { bytes: { multihash } })
    check.that((found['providers'] as string[]).includes(session.ours.peer), 'they do not find us as a provider')

    const other = new Uint8Array(randomBytes(32))
    const second = new Uint8Array([0x12, 0x20, ...sha256(other)])
    await implementation.call('dht.provide', { bytes: { multihash: second, content: other } })
    const here = await eventually(async () => includes(await session.atOurs.providers(second), session.theirId))
    check.equal(here, true, 'their provider record at our node')
    const own = await session.ours.findProviders(second, signal)
    check.equal(own.length > 0, true, 'we find them as a provider')
  }
}

/** The name system of Kubo, as its users see it. */
const nameSystem: Row = {
  name: 'IPNS names: published there, resolved here, and the reverse',
  async run(implementation, check) {
    if (implementation.name !== 'kubo') throw new OperationUnsupported('it has records and a DHT, but no name system')
    const session = await sessionWith(implementation)
    const theirs = await newKeyPair('Ed25519')
    await implementation.call('ipns.make', {
      bytes: { private: exportPrivateKey(theirs) },
      texts: { value },
      numbers: { sequence: 1n, ttl: minute }
    })
    const key = ipnsRoutingKey(theirs.peerId)
    const found = await session.reader.get(key, { quorum: 1 })
    const record = await readHere(key, found?.record.value ?? new Uint8Array())
    check.equal(Buffer.from(record.value).toString(), value, 'the value that Kubo published')
    const copy = await eventually(() => session.atOurs.get(key))
    check.equal(copy?.value ?? '', found?.record.value ?? 'nothing', 'the copy that Kubo put at our node')

    for (const type of ['Ed25519', 'RSA', 'Secp256k1', 'ECDSA'] as const) {
      const ours: KeyPair = await newKeyPair(type)
      await (
        await session.store.put(ipnsRoutingKey(ours.peerId), await ourRecord(ours))
      ).complete
      const resolved = await implementation.call('ipns.resolve', {
        texts: { name: `/ipns/${ipnsNameToString(ours.peerId)}` }
      })
      check.equal(resolved['value'], value, `the value that Kubo resolves for our ${type} name`)
    }
    // a record that Kubo never stored: only our node serves it
    const ours = await newKeyPair('Ed25519')
    const own = ipnsRoutingKey(ours.peerId)
    check.that(await session.atOurs.put(own, await ourRecord(ours)), 'our node refuses our record')
    const resolved = await implementation.call('ipns.resolve', {
      texts: { name: `/ipns/${ipnsNameToString(ours.peerId)}` }
    })
    check.equal(resolved['value'], value, 'the value that Kubo resolves from our node only')
    await check.refused(
      async () => implementation.call('ipns.resolve', { texts: { name: `/ipns/${ipnsNameToString(randomName())}` } }),
      'a name that was never published'
    )
  }
}

const randomName = (): Uint8Array => unhex(`1220${hex(randomBytes(32))}`)

export const dhtRows: readonly Row[] = [
  theyServe('ipns'),
  weServe('ipns'),
  theyServe('pk'),
  weServe('pk'),
  theyServe('interop'),
  weServe('interop'),
  invalidRecords,
  otherEncoding,
  providers,
  nameSystem
]
