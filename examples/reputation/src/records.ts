import { bytes, text } from '@recordkit/example-shared'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordManager } from '@recordkit/record-manager'
import type { Namespace, PeerId } from '@recordkit/record-types'
import { ownerInKey, signed, withSchema } from '@recordkit/record-validators'
import * as v from 'valibot'

/** How one peer rates another. */
const Attestation = v.strictObject({ score: v.pipe(v.number(), v.minValue(-1), v.maxValue(1)) })

/** `/attest/<author>/<subject>`: how the author rates the subject. Only the author can sign it. */
export function namespaces(): Namespace[] {
  return [withSchema(signed('attest', { authors: ownerInKey() }), Attestation)]
}

export interface Item {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** Signs an attestation, valid for a day. */
export async function attest(author: KeyPair, subject: PeerId, score: number): Promise<Item> {
  const key = joinRecordKey('attest', `${ipnsNameToString(author.peerId)}/${ipnsNameToString(subject)}`)
  const issued = BigInt(Date.now()) * 1_000_000n
  const times = { issued, expires: issued + 86_400_000_000_000n, ttl: 0n }
  const content = bytes(JSON.stringify({ score }))
  const record = { key, content, sequence: 0n, revoked: false, ...times }
  return { key, value: await sealSignedRecord(record, { signer: author }) }
}

/** The sum of the ratings of `subject` that this node stores, and their number. */
export async function ratingOf(manager: RecordManager, subject: PeerId): Promise<{ score: number; ratings: number }> {
  const suffix = `/${ipnsNameToString(subject)}`
  let score = 0
  let ratings = 0
  for await (const { key, content } of manager.list('/attest/')) {
    if (!text(key).endsWith(suffix)) continue
    score += v.parse(Attestation, JSON.parse(text(content))).score
    ratings++
  }
  return { score, ratings }
}
