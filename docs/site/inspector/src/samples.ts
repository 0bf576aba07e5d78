import { encodeRecord, ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'

/** A record that was created in the page. */
export interface Sample {
  readonly record: Uint8Array
  readonly other?: Uint8Array | undefined
  readonly name?: string | undefined
}

export interface SampleKind {
  readonly title: string
  create(now: bigint): Promise<Sample>
}

/** ns */
const hour = 3_600_000_000_000n
const value = '/ipfs/bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

async function ipnsRecord(
  signer: KeyPair,
  now: bigint,
  { sequence = 4n, from = now, to = value }: { sequence?: bigint; from?: bigint; to?: string } = {}
): Promise<Uint8Array> {
  const content = { value: to, sequence, validity: from + 48n * hour, ttl: hour / 12n }
  return createIpnsRecord(content, { signer, now: from })
}

/** What the page offers to newcomers. Every sample is signed by a new key, which is dropped. */
export const samples: readonly SampleKind[] = [
  {
    title: 'Valid IPNS record',
    async create(now) {
      const signer = await generateKeyPair()
      return { record: await ipnsRecord(signer, now), name: ipnsNameToString(signer.peerId) }
    }
  },
  {
    title: 'Expired record',
    async create(now) {
      const signer = await generateKeyPair()
      return {
        record: await ipnsRecord(signer, now, { from: now - 120n * hour }),
        name: ipnsNameToString(signer.peerId)
      }
    }
  },
  {
    title: 'Forged record',
    async create(now) {
      const signer = await generateKeyPair()
      const record = await ipnsRecord(signer, now)
      return { record: withReplaced(record, 'zdi', 'zda'), name: ipnsNameToString(signer.peerId) }
    }
  },
  {
    title: 'Two versions',
    async create(now) {
      const signer = await generateKeyPair()
      const to = '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'
      return {
        record: await ipnsRecord(signer, now, { from: now - 24n * hour }),
        other: await ipnsRecord(signer, now, { sequence: 5n, to }),
        name: ipnsNameToString(signer.peerId)
      }
    }
  },
  {
    title: 'Signed record',
    async create(now) {
      const signer = await generateKeyPair()
      const record = {
        key: joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/app`),
        content: new TextEncoder().encode('{"colour":"green","limit":40}'),
        sequence: now / 1_000_000n,
        issued: now - hour,
        expires: now + 23n * hour,
        ttl: hour / 12n,
        revoked: false
      }
      return { record: await sealSignedRecord(record, { signer }) }
    }
  },
  {
    title: 'DHT record',
    async create(now) {
      const signer = await generateKeyPair()
      const inner = await ipnsRecord(signer, now, { from: now - 30n * hour })
      return {
        record: encodeRecord({ key: ipnsRoutingKey(signer.peerId), value: inner, timeReceived: now - 6n * hour })
      }
    }
  }
]

/** Bytes in which a text is replaced by one of the same length, wherever it occurs. */
function withReplaced(bytes: Uint8Array, text: string, replacement: string): Uint8Array {
  const changed = bytes.slice()
  const [find, put] = [text, replacement].map((one) => new TextEncoder().encode(one)) as [Uint8Array, Uint8Array]
  for (let at = 0; at + find.length <= changed.length; at++)
    if (find.every((byte, index) => changed[at + index] === byte)) changed.set(put, at)
  return changed
}
