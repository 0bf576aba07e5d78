import { multiaddr } from '@multiformats/multiaddr'
import {
  encodePublicKey,
  joinRecordKey,
  peerRecordDomain,
  peerRecordPayloadType,
  signedRecordDomain,
  signedRecordPayloadType
} from '@recordkit/record-codec'
import {
  exportPrivateKey,
  openEnvelope,
  openPeerRecord,
  openSignedRecord,
  sealEnvelope,
  sealPeerRecord,
  sealSignedRecord
} from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { hex, unhex, utf8 } from '../bytes.ts'
import { isKeyWithoutType, mustHave } from '../gaps.ts'
import { algorithms, keyTypes, newKeyPair } from '../own.ts'
import { OperationUnsupported, textOf } from '../implementation.ts'
import type { Row } from '../table.ts'

const domain = 'recordkit-interop'
const payloadType = utf8('/recordkit/interop')
const payload = utf8('what is in the envelope')
const addresses = ['/ip4/127.0.0.1/tcp/4001', '/ip4/192.0.2.1/udp/4001/quic-v1', '/dns4/example.com/tcp/443/wss']
const sequence = 1_784_000_000_123_456_789n

const keyWithoutType =
  'omits the type of an RSA key in an envelope, which the peer-id specification requires; Go and RecordKit refuse it'

export const pub = (pair: KeyPair): Uint8Array => encodePublicKey(pair.publicKey)

async function refusedHere(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return false
  } catch {
    return true
  }
}

const theySeal: Row = {
  name: 'envelope, they make',
  run: (implementation, check) =>
    check.each(keyTypes, async (type) => {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const made = await implementation.call('envelope.seal', {
        bytes: { private: exportPrivateKey(pair), payloadType, payload },
        texts: { domain }
      })
      const bytes = unhex(textOf(made, 'envelope'))
      if (isKeyWithoutType(implementation, type, bytes)) throw new OperationUnsupported(keyWithoutType)
      const opened = await openEnvelope(bytes, { domain, payloadType, algorithms })
      check.equal(opened.content, payload, 'payload')
      check.equal(opened.author, pair.peerId, 'signer')
      const elsewhere = { domain: 'another', payloadType, algorithms }
      check.that(await refusedHere(() => openEnvelope(bytes, elsewhere)), 'RecordKit opens it under another domain')
      const other = { domain, payloadType: utf8('/other'), algorithms }
      check.that(await refusedHere(() => openEnvelope(bytes, other)), 'RecordKit opens it as another payload type')
    })
}

const weSeal: Row = {
  name: 'envelope, we make',
  run: (implementation, check) =>
    check.each(keyTypes, async (type) => {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const envelope = await sealEnvelope({ domain, payloadType, payload }, { signer: pair })
      const open = (under: string, bytes = envelope): ReturnType<typeof implementation.call> =>
        implementation.call('envelope.open', { bytes: { envelope: bytes, payloadType }, texts: { domain: under } })
      const opened = await open(domain)
      check.equal(opened['payload'], hex(payload), 'payload')
      check.equal(opened['payloadType'], hex(payloadType), 'payload type')
      check.equal(opened['signer'], hex(pair.peerId), 'signer')
      check.equal(opened['public'], hex(pub(pair)), 'public key')
      await check.refused(() => open('another'), 'our envelope under another domain')
      const damaged = Uint8Array.from(envelope)
      damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
      await check.refused(() => open(domain, damaged), 'our damaged envelope')
    })
}

/** They open our own format with their envelope code. */
const signedRecord: Row = {
  name: 'signed record as an envelope, we make',
  async run(implementation, check) {
    const signer = await newKeyPair('Ed25519')
    const issued = BigInt(Date.now()) * 1_000_000n
    const record = {
      key: joinRecordKey('interop', 'signed'),
      content: utf8('anything'),
      sequence: 1n,
      issued,
      expires: issued + 3_600_000_000_000n,
      ttl: 0n,
      revoked: false
    }
    const envelope = await sealSignedRecord(record, { signer })
    const { content } = await openSignedRecord(envelope)
    const opened = await implementation.call('envelope.open', {
      bytes: { envelope, payloadType: signedRecordPayloadType },
      texts: { domain: signedRecordDomain }
    })
    check.equal(content.content, record.content, 'content')
    check.equal(opened['signer'], hex(signer.peerId), 'signer')
    check.equal(opened['payloadType'], hex(signedRecordPayloadType), 'payload type')
  }
}

const theySealPeerRecord: Row = {
  name: 'peer record, they make',
  run: (implementation, check) =>
    check.each(keyTypes, async (type) => {
      await mustHave(implementation, type)
      const pair = await newKeyPair(type)
      const made = await implementation.call('peerRecord.seal', {
        bytes: { private: exportPrivateKey(pair) },
        numbers: { sequence },
        lists: { addresses }
      })
      const bytes = unhex(textOf(made, 'envelope'))
      if (isKeyWithoutType(implementation, type, bytes)) throw new OperationUnsupported(keyWithoutType)
      const { content: record, author } = await openPeerRecord(bytes, { algorithms })
      check.equal(author, pair.peerId, 'signer')
      check.equal(record.peerId, pair.peerId, 'peer')
      check.equal(record.sequence, made['sequence'] ?? sequence, 'sequence')
      if (made['sequence'] !== undefined) check.note('chooses the sequence itself (seconds)')
      check.equal(record.addresses.map((one) => multiaddr(one).toString()).join(' '), addresses.join(' '), 'addresses')
    })
}

const weSealPeerRecord: Row = {
  name: 'peer record, we make',
  run: (implementation, check) =>
    check.each(keyTypes, async (type) => {
      await mustHave(implementation, type)
      const signer = await newKeyPair(type)
      const record = {
        peerId: signer.peerId,
        sequence,
        addresses: addresses.map((text) => new Uint8Array(multiaddr(text).bytes))
      }
      const envelope = await sealPeerRecord(record, { signer })
      const opened = await implementation.call('peerRecord.open', { bytes: { envelope } })
      check.equal(opened['subject'], hex(signer.peerId), 'peer')
      check.equal(opened['signer'], hex(signer.peerId), 'signer')
      check.equal(opened['sequence'], sequence, 'sequence')
      check.equal(opened['addresses'], addresses, 'addresses')
      const elsewhere = await sealEnvelope(
        { domain: `${peerRecordDomain}-not`, payloadType: peerRecordPayloadType, payload: utf8('') },
        { signer }
      )
      const wrong = { bytes: { envelope: elsewhere } }
      await check.refused(() => implementation.call('peerRecord.open', wrong), 'a peer record under another domain')
    })
}

export const envelopeRows: readonly Row[] = [theySeal, weSeal, signedRecord, theySealPeerRecord, weSealPeerRecord]
