import { encodeRecord, ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import {
  createIpnsRecord,
  generateKeyPair,
  sealEnvelope,
  sealPeerRecord,
  sealSignedRecord
} from '@recordkit/record-crypto'

/** ns */
export const hour = 3_600_000_000_000n
/** the time of every test */
export const now = 1_800_000_000_000_000_000n

/** Values of each format, by one new key. */
export async function testRecords() {
  const signer = await generateKeyPair()
  const name = signer.peerId
  const ipns = (
    sequence: bigint,
    { validity = now + 24n * hour, v1Compatible = true, value = '/ipfs/bafkqaaa' } = {}
  ) => createIpnsRecord({ value, sequence, validity, ttl: 300_000_000_000n }, { signer, now: 0n, v1Compatible })
  const signedKey = joinRecordKey('config', `${ipnsNameToString(name)}/app`)
  const signed = ({
    sequence = 3n,
    issued = now - hour,
    expires = now + hour,
    revoked = false,
    key = signedKey
  } = {}) => {
    const content = new TextEncoder().encode(revoked ? '' : '{"colour":"green"}')
    return sealSignedRecord({ key, content, sequence, issued, expires, ttl: 0n, revoked }, { signer })
  }
  const value = await ipns(7n)
  const address = Uint8Array.of(4, 127, 0, 0, 1, 6, 0x0f, 0xa1)
  return {
    signer,
    name,
    nameText: ipnsNameToString(name),
    key: ipnsRoutingKey(name),
    signedKey,
    ipns,
    signed,
    value,
    dhtRecord: encodeRecord({ key: ipnsRoutingKey(name), value, timeReceived: now - hour }),
    peerRecord: await sealPeerRecord({ peerId: name, sequence: 3n, addresses: [address] }, { signer }),
    envelope: await sealEnvelope(
      { domain: 'example', payloadType: new TextEncoder().encode('/text'), payload: Uint8Array.of(1) },
      { signer }
    )
  }
}
