import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import { keyPairFromSeed, sealSignedRecord, createIpnsRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { day } from '@recordkit/testing'
import type { PeerId } from '@recordkit/record-types'
import type { Random } from './random.ts'

/** A manual clock, ns. */
export interface Time {
  now: bigint
}

/** The start of every clock. */
export const start = 1_790_000_000_000_000_000n

/** A key pair of this run. */
export async function keyPair(random: Random): Promise<KeyPair> {
  return keyPairFromSeed(random.bytes(32))
}

/** A peer ID without a key: a sender does not need one. */
export function senderOf(number: number): PeerId {
  const id = new Uint8Array(38).fill(7)
  id.set([0, 36, 8, 1, 18, 32])
  new DataView(id.buffer).setUint32(34, number)
  return id
}

/** A key that only `owner` may write. */
export function ownKey(owner: Pick<KeyPair, 'peerId'>, path: string): Uint8Array {
  return joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/${path}`)
}

export interface RecordFields {
  readonly key: Uint8Array
  readonly signer: KeyPair
  readonly sequence: bigint
  readonly now: bigint
  /** ns */
  readonly lifetime?: bigint
  readonly content?: Uint8Array
  readonly revoked?: boolean
}

/** A signed record by its author. */
export async function sealed(fields: RecordFields): Promise<Uint8Array> {
  const { key, signer, sequence, now, lifetime = 2n * day, content, revoked = false } = fields
  const value = revoked ? new Uint8Array(0) : (content ?? new TextEncoder().encode(String(sequence)))
  return sealSignedRecord(
    { key, content: value, sequence, issued: now, expires: now + lifetime, ttl: 0n, revoked },
    { signer, now: 0n }
  )
}

/** An IPNS record by its author, with its key. */
export async function named(
  signer: KeyPair,
  sequence: bigint,
  validity: bigint
): Promise<{ readonly key: Uint8Array; readonly value: Uint8Array }> {
  const value = await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity }, { signer, now: 0n })
  return { key: ipnsRoutingKey(signer.peerId), value }
}
