import {
  decodeIpnsRecord,
  decodePublicKey,
  ipnsNameFromKey,
  ipnsOrder,
  ipnsRoutingKey,
  ipnsSigningInput,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { peerIdFromPublicKey, verifySignature } from '@recordkit/record-crypto'
import { equalBytes, limits } from '@recordkit/record-types'
import type {
  Namespace,
  NamespaceOptions,
  UnverifiedRecord,
  PublicKey,
  Refusal,
  ValidationContext
} from '@recordkit/record-types'
import { limitsOf, verifyingOptions } from './options.ts'
import { sequenceIn } from './unsigned.ts'
import { ignore, refusalOf, reject } from './refusal.ts'
import { checkExpiry } from './validity.ts'

/**
 * IPNS records under `/ipns/` and the name's multihash, read and judged but not made: what a page that publishes none
 * needs, for 1.8 kB less than `ipns`.
 *
 * The key that signed is the one embedded in the record, else the one inlined in the name, else one from the key book;
 * each must hash to the name. Only the signed `data` is ever believed.
 *
 * @see IPNS record specification, "Record Verification"; docs/strictness.md says where we are stricter
 */
export function ipnsReader(
  options: NamespaceOptions = {}
): Namespace<IpnsRecord> & Required<Pick<Namespace, 'keyFor'>> {
  const own = limitsOf(options.limits, limits.ipnsRecord)

  function parser(key: Uint8Array): (value: Uint8Array) => UnverifiedRecord<IpnsRecord> | Refusal {
    let author: Uint8Array
    try {
      author = ipnsNameFromKey(key)
    } catch (error) {
      const refusal = refusalOf(error)
      return () => refusal
    }
    const limit = { limit: own.value }
    return (value) => {
      try {
        const fields = decodeIpnsRecord(value, limit)
        const { sequence, validity: expires, ttl, signatureV2: signature } = fields
        const order = ipnsOrder(fields)
        const signed = (): Uint8Array => fields.data
        // not by spreading one into the other: that costs as much as a fifth of the decoding
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
    limits: own,
    // as Kubo
    quorum: 16,
    // 4 hours, as boxo
    republishInterval: 14_400_000,

    parse: (key, value) => parser(key)(value),

    parser,

    async verify(record, context) {
      const publicKey = await keyOfName(record, context)
      if ('status' in publicKey) return publicKey
      const { data, signatureV2 } = record.fields
      const input = ipnsSigningInput(data)
      const good = await verifySignature(publicKey, input, signatureV2, verifyingOptions(options, context))
      if (!good) return reject('SIGNATURE_INVALID', "the IPNS record's signatureV2 is not by the key of its name")
      return checkExpiry(record.fields.validity, context.now)
    },

    sequenceOf: (rank) => sequenceIn(rank),

    content: (record) => record.fields.value,

    keyFor: (signer) => ipnsRoutingKey(peerIdFromPublicKey(signer.publicKey))
  }
}

/** The key that the name stands for, wherever it is found; its hash is the name, or it is refused. */
async function keyOfName(
  record: UnverifiedRecord<IpnsRecord>,
  context: ValidationContext
): Promise<PublicKey | Refusal> {
  const name = record.author as Uint8Array
  const embedded = record.fields.publicKey
  if (embedded !== undefined) {
    try {
      return bound(decodePublicKey(embedded), name, 'the key embedded in the IPNS record')
    } catch (error) {
      return refusalOf(error)
    }
  }
  const inlined = publicKeyFromPeerId(name)
  if (inlined !== undefined) return inlined
  const found = await context.keyBook?.find(name, { signal: context.signal })
  if (found === undefined) {
    return ignore(
      'PUBLIC_KEY_NOT_FOUND',
      'the IPNS record holds no public key, its name is a hash of one, and the key book does not know it'
    )
  }
  return bound(found, name, 'the key that the key book gave')
}

function bound(publicKey: PublicKey, name: Uint8Array, what: string): PublicKey | Refusal {
  if (equalBytes(peerIdFromPublicKey(publicKey), name)) return publicKey
  return reject('PUBLIC_KEY_MISMATCH', `${what} does not hash to the name`)
}
