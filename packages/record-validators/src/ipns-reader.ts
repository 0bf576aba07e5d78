import { checkOptions, checkAlgorithms } from '@recordkit/record-types/internal'
import {
  decodeIpnsRecord,
  decodeUnsignedPublicKey,
  ipnsNameFromKey,
  ipnsOrder,
  ipnsRoutingKey,
  ipnsSigningInput,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { normalizeIpnsRecord, peerIdFromPublicKey } from '@recordkit/record-crypto'
import { copyBytes, equalBytes, limits, RecordError } from '@recordkit/record-types'
import type {
  Namespace,
  NamespaceOptions,
  UnverifiedRecord,
  PublicKey,
  Refusal,
  ValidationContext
} from '@recordkit/record-types'
import { checkSignature, identityOfLarge, isValidSignature, withIdentity } from './check-signature.ts'
import { completeIpnsRecord } from './complete-ipns-record.ts'
import { limitsOf, namespaceNames, verifyingOptions } from './options.ts'
import { peerIdPath } from './peer-id-path.ts'
import { sequenceFromRank } from './sequence-order.ts'
import { ignore, ownerOrUndefined, refusalOf, reject } from './refusal.ts'
import { checkExpiry } from './validity.ts'

/**
 * The namespace of IPNS records without making them. In a page that publishes no records it saves 1.8 kB compared with
 * `ipns`.
 *
 * A record is verified with the key embedded in it, else with the key inlined in its name, else with a key from the key
 * book; the key must hash to the name. Only the signed `data` is trusted; the rest is stored in normal form, and the V1 fields only
 * if `signatureV1` verifies.
 *
 * @see IPNS record specification, "Record Verification"; docs/strictness.md lists the stricter rules
 * @example
 * ```ts
 * const engine = new ValidationEngine([ipnsReader()])
 * ```
 */
export function ipnsReader(
  options: NamespaceOptions = {}
): Namespace<IpnsRecord> & Required<Pick<Namespace, 'keyFor'>> {
  checkOptions(options, namespaceNames)
  checkAlgorithms(options.algorithms)
  const ownLimits = limitsOf(options.limits, limits.ipnsRecord)

  function parser(key: Uint8Array): (value: Uint8Array) => UnverifiedRecord<IpnsRecord> | Refusal {
    let author: Uint8Array
    try {
      author = ipnsNameFromKey(key)
    } catch (error) {
      const refusal = refusalOf(error)
      return () => refusal
    }
    const limit = { limit: ownLimits.value }
    return (value) => {
      try {
        const fields = decodeIpnsRecord(value, limit)
        const { sequence, validity: expires, ttl, signatureV2: signature } = fields
        const order = ipnsOrder(fields)
        const signed = (): Uint8Array => fields.data
        // two literals instead of a conditional spread, which takes a fifth of the time of decoding
        return ttl === undefined
          ? { key, value, order, signed, author, sequence, expires, signature, fields }
          : { key, value, order, signed, author, sequence, expires, ttl, signature, fields }
      } catch (error) {
        return refusalOf(error)
      }
    }
  }

  return {
    name: 'ipns',
    limits: ownLimits,
    specifiedSize: limits.ipnsRecord,
    // 4 hours, as in boxo
    republishInterval: 14_400_000,

    parsePath: peerIdPath,

    parse: (key, value) => parser(key)(value),

    parser,

    async verify(record, context) {
      if (context.isVerified === true) return checkExpiry(record.fields.validity, context.now)
      const publicKey = await keyOfName(record, context)
      if ('status' in publicKey) return publicKey
      const { data, signatureV2 } = record.fields
      const input = ipnsSigningInput(data)
      const what = 'signatureV2 of the IPNS record under the key of its name'
      const identity = identityOfLarge(data.length, () => data)
      const signature = { publicKey, input, signature: signatureV2, identity, what }
      const refused = await checkSignature(signature, options, context)
      return refused ?? withIdentity(checkExpiry(record.fields.validity, context.now), identity)
    },

    async normalize(record, context) {
      const publicKey = await keyOfName(record, context)
      if ('status' in publicKey) throw new RecordError(publicKey.code, publicKey.message)
      // signatureV1 is verified as the others: once as long as the verdict is cached
      const verify = (key: PublicKey, input: Uint8Array, signature: Uint8Array): Promise<boolean> =>
        isValidSignature({ publicKey: key, input, signature }, options, context)
      return normalizeIpnsRecord(record.fields, publicKey, { ...verifyingOptions(options, context), verify })
    },

    complete(stored, variant) {
      const completed = completeIpnsRecord(stored.fields, variant.fields)
      return completed.length > ownLimits.value ? stored.value : completed
    },

    sequenceOf: (rank) => sequenceFromRank(rank),

    content: (record) => record.fields.value,

    keyFor: ipnsRoutingKey,

    ownerOf: (key) => ownerOrUndefined(() => ipnsNameFromKey(key))
  }
}

/** The public key of a name. A key that does not hash to the name is rejected. */
async function keyOfName(
  record: UnverifiedRecord<IpnsRecord>,
  context: ValidationContext
): Promise<PublicKey | Refusal> {
  const name = record.author as Uint8Array
  const embedded = record.fields.publicKey
  if (embedded !== undefined) {
    try {
      const publicKey = decodeUnsignedPublicKey(embedded)
      if (equalBytes(peerIdFromPublicKey(publicKey), name)) return publicKey
      return reject('PUBLIC_KEY_MISMATCH', 'the key embedded in the IPNS record does not hash to the name')
    } catch (error) {
      return refusalOf(error)
    }
  }
  const inlined = publicKeyFromPeerId(name)
  if (inlined !== undefined) return inlined
  const found = await context.keyBook?.find(copyBytes(name), { signal: context.signal })
  if (found === undefined) {
    return ignore(
      'PUBLIC_KEY_NOT_FOUND',
      'the public key of the IPNS name is not in the record, not in the name and not in the key book'
    )
  }
  if (equalBytes(peerIdFromPublicKey(found), name)) return found
  // the key book is wrong, not the sender
  return ignore('PUBLIC_KEY_NOT_FOUND', 'the key that the key book returned does not hash to the IPNS name')
}
