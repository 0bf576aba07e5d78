import { encodeRecord, ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import {
  createIpnsRecord,
  generateKeyPair,
  sealEnvelope,
  sealPeerRecord,
  sealSignedRecord
} from '@recordkit/record-crypto'

const hour = 3_600_000_000_000n
const now = BigInt(Date.now()) * 1_000_000n

/** One value of each format, by one new key. */
export async function testRecords() {
  const signer = await generateKeyPair()
  const name = ipnsNameToString(signer.peerId)
  const ipns = (sequence: bigint, validity = now + 24n * hour) =>
    createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity, ttl: 300_000_000_000n }, { signer, now: 0n })
  const signedKey = joinRecordKey('config', `${name}/app`)
  const signed = (sequence: bigint, key: Uint8Array = signedKey) =>
    sealSignedRecord(
      {
        key,
        content: new TextEncoder().encode('{"colour":"green"}'),
        sequence,
        issued: now,
        expires: now + hour,
        ttl: 0n,
        revoked: false
      },
      { signer }
    )
  const value = await ipns(7n)
  const address = Uint8Array.of(4, 127, 0, 0, 1, 6, 0x0f, 0xa1)
  return {
    signer,
    name,
    ipns,
    signed,
    value,
    dhtRecord: encodeRecord({ key: ipnsRoutingKey(signer.peerId), value, timeReceived: now }),
    peerRecord: await sealPeerRecord({ peerId: signer.peerId, sequence: 3n, addresses: [address] }, { signer }),
    envelope: await sealEnvelope(
      { domain: 'example', payloadType: new TextEncoder().encode('/text'), payload: Uint8Array.of(1) },
      { signer }
    )
  }
}
