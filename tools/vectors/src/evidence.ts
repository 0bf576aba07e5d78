import { ipnsNameToString, ipnsRoutingKey, joinRecordKey } from '@recordkit/record-codec'
import type { SignedRecord } from '@recordkit/record-codec'
import { createIpnsRecord, sealSignedRecord } from '@recordkit/record-crypto'
import type { KeyPair } from '@recordkit/record-crypto'
import { hour, minute } from '@recordkit/testing'
import { hex } from './write.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

interface EvidenceCase {
  readonly id: string
  readonly keyHex: string
  readonly valuesHex: readonly string[]
  readonly expect: boolean
}

/** Pairs of records of `owner`, and some of `other`, with the verdict on each pair. */
export async function evidenceCases(owner: KeyPair, other: KeyPair, now: bigint): Promise<EvidenceCase[]> {
  const key = joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/app`)
  const name = ipnsRoutingKey(owner.peerId)
  const base: SignedRecord = {
    key,
    content: text('green'),
    sequence: 1n,
    issued: now,
    expires: now + hour,
    ttl: 0n,
    revoked: false
  }
  const signed = (fields: Partial<SignedRecord> = {}, signer = owner): Promise<Uint8Array> =>
    sealSignedRecord({ ...base, ...fields }, { signer, now: 0n })
  const ipns = (value: string, fields: { sequence?: bigint; validity?: bigint; v1Compatible?: boolean } = {}) => {
    const { sequence = 1n, validity = now + hour, v1Compatible = true } = fields
    return createIpnsRecord({ value, sequence, validity, ttl: minute }, { signer: owner, v1Compatible, now: 0n })
  }
  const flipped = async (value: Promise<Uint8Array>): Promise<Uint8Array> => {
    const bytes = (await value).slice()
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
    return bytes
  }

  const [red, blue] = [{ content: text('red') }, { content: text('blue') }]
  const past = { issued: now - 2n * hour, expires: now - hour }
  const later = { expires: now + 2n * hour }
  const revocation = { content: text(''), revoked: true }
  const elsewhere = joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/other`)
  const cases: [id: string, key: Uint8Array, values: [Promise<Uint8Array>, Promise<Uint8Array>], expect: boolean][] = [
    ['signed-two-contents', key, [signed(), signed(red)], true],
    ['signed-two-contents-and-times', key, [signed(), signed({ ...red, ...later })], true],
    ['signed-both-expired', key, [signed(past), signed({ ...past, ...red })], true],
    ['signed-one-expired', key, [signed(past), signed(red)], true],
    ['ipns-two-values', name, [ipns('/ipfs/bafkqaaa'), ipns('/ipfs/bafkqaab')], true],
    ['ipns-one-expired', name, [ipns('/ipfs/bafkqaaa', { validity: now - hour }), ipns('/ipfs/bafkqaab')], true],
    ['signed-the-same-value', key, [signed(), signed()], false],
    ['signed-renewal', key, [signed(), signed(later)], false],
    ['signed-two-encodings', key, [signed(), signed().then((value) => Uint8Array.of(...value, 0x30, 1))], false],
    ['signed-two-sequences', key, [signed(), signed({ ...red, sequence: 2n })], false],
    ['signed-two-authors', key, [signed(), signed(red, other)], false],
    ['signed-author-not-allowed', key, [signed(red, other), signed(blue, other)], false],
    ['signed-one-forged', key, [signed(), flipped(signed(red))], false],
    ['signed-one-of-another-key', key, [signed(), signed({ ...red, key: elsewhere })], false],
    ['signed-one-truncated', key, [signed(), signed(red).then((value) => value.slice(0, -1))], false],
    ['signed-one-empty', key, [signed(), Promise.resolve(new Uint8Array(0))], false],
    ['signed-one-revoked', key, [signed(), signed(revocation)], false],
    ['signed-both-revoked', key, [signed(revocation), signed({ ...revocation, ...later })], false],
    ['ipns-renewal', name, [ipns('/ipfs/bafkqaaa'), ipns('/ipfs/bafkqaaa', { validity: now + 2n * hour })], false],
    ['ipns-two-encodings', name, [ipns('/ipfs/bafkqaaa'), ipns('/ipfs/bafkqaaa', { v1Compatible: false })], false],
    ['ipns-two-sequences', name, [ipns('/ipfs/bafkqaaa'), ipns('/ipfs/bafkqaab', { sequence: 2n })], false],
    ['ipns-one-forged', name, [ipns('/ipfs/bafkqaaa'), flipped(ipns('/ipfs/bafkqaab', { v1Compatible: false }))], false]
  ]
  return Promise.all(
    cases.map(async ([id, recordKey, values, expect]) => ({
      id,
      keyHex: hex(recordKey),
      valuesHex: (await Promise.all(values)).map(hex),
      expect
    }))
  )
}
