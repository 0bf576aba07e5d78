import { bytes, text } from '@recordkit/example-shared'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import type { RecordManager } from '@recordkit/record-manager'
import type { Namespace, PeerId } from '@recordkit/record-types'
import { ownerInKey, signed, withSchema } from '@recordkit/record-validators'
import * as v from 'valibot'

/** What one peer says of another. */
const Attestation = v.strictObject({ score: v.pipe(v.number(), v.minValue(-1), v.maxValue(1)) })

/** `/attest/<author>/<subject>`: what the author says of the subject; nobody says it for them. */
export function namespaces(): Namespace[] {
  return [withSchema(signed('attest', { authors: ownerInKey() }), Attestation)]
}

export interface Item {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** An attestation ready to be handed over. */
export async function attest(author: KeyPair, subject: PeerId, score: number): Promise<Item> {
  const key = joinRecordKey('attest', `${ipnsNameToString(author.peerId)}/${ipnsNameToString(subject)}`)
  const issued = BigInt(Date.now()) * 1_000_000n
  const times = { issued, expires: issued + 86_400_000_000_000n, ttl: 0n }
  const content = bytes(JSON.stringify({ score }))
  const record = { key, value: content, sequence: 0n, revoked: false, ...times }
  return { key, value: await sealSignedRecord(record, { signer: author }) }
}

/** What is said of `subject`, by how many, as this node sees it. */
export async function opinionOf(manager: RecordManager, subject: PeerId): Promise<{ score: number; voices: number }> {
  const end = `/${ipnsNameToString(subject)}`
  let score = 0
  let voices = 0
  for await (const { key, content } of manager.list('/attest/')) {
    if (!text(key).endsWith(end)) continue
    score += v.parse(Attestation, JSON.parse(text(content))).score
    voices++
  }
  return { score, voices }
}
