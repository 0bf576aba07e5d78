import {
  decodeIpnsRecord,
  decodePublicKey,
  ipnsNameOfKey,
  ipnsRank,
  ipnsRoutingKey,
  ipnsSigningInput,
  publicKeyFromPeerId
} from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { peerIdOf, signIpnsRecord, verifySignature } from '@recordkit/record-crypto'
import { equalBytes, hour, limits, minute, RecordError, signalOf } from '@recordkit/record-types'
import type {
  Draft,
  Namespace,
  NamespaceOptions,
  OpenedRecord,
  PublicKey,
  Refusal,
  SealContext,
  ValidationContext
} from '@recordkit/record-types'
import { limitsOf, verifyingOptions } from './options.ts'
import { sequenceIn } from './by-sequence.ts'
import type { SealingNamespace } from './namespace.ts'
import { ignore, refusalOf, reject } from './refusal.ts'
import { checkExpiry } from './validity.ts'

/**
 * IPNS records under `/ipns/` and the name's multihash.
 *
 * The key that signed is the one embedded in the record, else the one inlined in the name, else one from the key book;
 * each must hash to the name. Only the signed `data` is ever believed.
 *
 * @see IPNS record specification, "Record Verification"; docs/strictness.md says where we are stricter
 */
export function ipns(
  options: NamespaceOptions & { readonly v1Compatible?: boolean } = {}
): SealingNamespace<IpnsRecord> & Required<Pick<Namespace, 'keyFor'>> {
  const own = limitsOf(options.limits, limits.ipnsRecord)

  function parser(key: Uint8Array): (value: Uint8Array) => OpenedRecord<IpnsRecord> | Refusal {
    let author: Uint8Array
    try {
      author = ipnsNameOfKey(key)
    } catch (error) {
      const refusal = refusalOf(error)
      return () => refusal
    }
    const limit = { limit: own.value }
    return (value) => {
      try {
        const payload = decodeIpnsRecord(value, limit)
        const { sequence, validity: expires, ttl, signatureV2: signature } = payload
        const rank = ipnsRank(payload)
        // not by spreading one into the other: that costs as much as a fifth of the decoding
        return ttl === undefined
          ? { key, value, rank, author, sequence, expires, signature, payload }
          : { key, value, rank, author, sequence, expires, ttl, signature, payload }
      } catch (error) {
        return refusalOf(error)
      }
    }
  }

  return {
    name: 'ipns',
    limits: own,

    parse: (key, value) => parser(key)(value),

    parser,

    async verify(opened, context) {
      const publicKey = await keyOfName(opened, context)
      if ('verdict' in publicKey) return publicKey
      const { data, signatureV2 } = opened.payload
      const input = ipnsSigningInput(data)
      const good = await verifySignature(publicKey, input, signatureV2, verifyingOptions(options, context))
      if (!good) return reject('SIGNATURE_INVALID', "the IPNS record's signatureV2 is not by the key of its name")
      return checkExpiry(opened.payload.validity, context.now)
    },

    sequenceOf: (rank) => sequenceIn(rank),

    content: (opened) => opened.payload.value,

    keyFor: (signer) => ipnsRoutingKey(peerIdOf(signer.publicKey)),

    async seal(draft, context) {
      if (!equalBytes(draft.key, ipnsRoutingKey(peerIdOf(context.signer.publicKey)))) {
        throw new RecordError('AUTHOR_FORBIDDEN', 'an IPNS record is signed by the key of its name, not by another', {
          key: draft.key
        })
      }
      if (draft.sequence >= 9_223_372_036_854_775_808n) {
        throw new RecordError('SEQUENCE_EXHAUSTED', 'no sequence is left for this name; the last is 2^63 - 1', {
          key: draft.key
        })
      }
      return await signIpnsRecord(ipnsFields(draft, context, options.v1Compatible), signalOf(context))
    }
  }
}

/** Fields of a new record: what the draft says, what the record before it had, and else boxo's lifetime and TTL. */
function ipnsFields(
  draft: Draft,
  context: SealContext,
  v1Compatible: boolean | undefined
): Parameters<typeof signIpnsRecord>[0] {
  const previous = draft.previous === undefined ? undefined : decodeIpnsRecord(draft.previous)
  const keepsV1 = previous === undefined ? true : previous.signatureV1 !== undefined
  return {
    signer: context.signer,
    value: draft.content,
    sequence: draft.sequence,
    validity: context.now + (draft.lifetime ?? 48n * hour),
    ttl: draft.ttl ?? previous?.ttl ?? 5n * minute,
    v1Compatible: v1Compatible ?? keepsV1,
    ...(previous?.extra === undefined ? {} : { extra: previous.extra })
  }
}

/** The key that the name stands for, wherever it is found; its hash is the name, or it is refused. */
async function keyOfName(opened: OpenedRecord<IpnsRecord>, context: ValidationContext): Promise<PublicKey | Refusal> {
  const name = opened.author as Uint8Array
  const embedded = opened.payload.publicKey
  if (embedded !== undefined) {
    try {
      return bound(decodePublicKey(embedded), name, 'the key embedded in the IPNS record')
    } catch (error) {
      return refusalOf(error)
    }
  }
  const inlined = publicKeyFromPeerId(name)
  if (inlined !== undefined) return inlined
  const found = await context.keyBook?.find(name, signalOf(context))
  if (found === undefined) {
    return ignore(
      'PUBLIC_KEY_NOT_FOUND',
      'the IPNS record holds no public key, its name is a hash of one, and the key book does not know it'
    )
  }
  return bound(found, name, 'the key that the key book gave')
}

function bound(publicKey: PublicKey, name: Uint8Array, what: string): PublicKey | Refusal {
  if (equalBytes(peerIdOf(publicKey), name)) return publicKey
  return reject('PUBLIC_KEY_MISMATCH', `${what} does not hash to the name`)
}
