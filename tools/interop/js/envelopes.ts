import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { type Answer, type Operations, hex, refusing } from './arguments.ts'
import { privateKey } from './keys.ts'

function describeEnvelope(envelope: RecordEnvelope): Answer {
  return {
    public: hex(publicKeyToProtobuf(envelope.publicKey)),
    signer: hex(envelope.publicKey.toMultihash().bytes),
    payload: hex(envelope.payload),
    payloadType: hex(envelope.payloadType)
  }
}

/** js-libp2p leaves the comparison of the payload type to the caller, and so does `envelope.open`. */
export const envelopeOperations: Operations = {
  'envelope.seal': async (call) => {
    const payload = call.bytes('payload')
    const record = {
      domain: call.text('domain'),
      codec: call.bytes('payloadType'),
      marshal: () => payload,
      equals: () => false
    }
    return { envelope: hex((await RecordEnvelope.seal(record, await privateKey(call))).marshal()) }
  },
  'envelope.open': async (call) =>
    describeEnvelope(await refusing(() => RecordEnvelope.openAndCertify(call.bytes('envelope'), call.text('domain')))),
  'peerRecord.seal': async (call) => {
    const key = await privateKey(call)
    const record = new PeerRecord({
      peerId: call.text('subject') === '' ? peerIdFromPrivateKey(key) : peerIdFromString(call.text('subject')),
      multiaddrs: call.list('addresses').map((text) => multiaddr(text)),
      seqNumber: call.number('sequence')
    })
    return { envelope: hex((await RecordEnvelope.seal(record, key)).marshal()) }
  },
  'peerRecord.open': async (call) => {
    const envelope = await refusing(() => RecordEnvelope.openAndCertify(call.bytes('envelope'), PeerRecord.DOMAIN))
    const record = await refusing(() => PeerRecord.createFromProtobuf(envelope.payload))
    return {
      ...describeEnvelope(envelope),
      subject: hex(record.peerId.toMultihash().bytes),
      sequence: record.seqNumber.toString(),
      addresses: record.multiaddrs.map(String)
    }
  }
}
