import {
  decodeSignedRecord,
  decodeUnverifiedEnvelope,
  envelopeSigningInput,
  joinRecordKey,
  signedRecordDomain,
  signedRecordPayloadType,
  signedRecordOrder
} from '@recordkit/record-codec'
import type { SignedRecord, UnverifiedEnvelope } from '@recordkit/record-codec'
import { peerIdFromPublicKey, peerIdFromEncodedKey, sealSignedRecord } from '@recordkit/record-crypto'
import { copyBytes, equalBytes, maxClockSkew, RecordError } from '@recordkit/record-types'
import { checkAlgorithms, checkDuration, nanosecondsOf } from '@recordkit/record-types/internal'
import type { AuthorPolicy, Namespace, NamespaceOptions, PeerId, TypedContent } from '@recordkit/record-types'
import { refusalOfAuthor } from './author-allowed.ts'
import { checkNotRevoked } from './check-not-revoked.ts'
import { sequenceFromRank } from './sequence-order.ts'
import type { SealingNamespace } from './namespace.ts'
import { envelopeIdentity } from './envelope-identity.ts'
import { normalizeEnvelope } from './normalize-envelope.ts'
import { checkSignature, identityOfLarge, withIdentity } from './check-signature.ts'
import { withSchema } from './combinators.ts'
import type { SchemaOptions } from './combinators.ts'
import { checkNamespaceOptions, checkPolicy, limitsOf, namespaceNames } from './options.ts'
import { ignore, refusalOf } from './refusal.ts'
import type { StandardSchema } from './standard-schema.ts'
import { checkExpiry, checkIssued, checkSequence, expiryOf, sealableTtl } from './validity.ts'

/** The fields of a signed record. */
export interface SignedFields {
  readonly record: SignedRecord
  readonly envelope: UnverifiedEnvelope
}

export interface SignedOptions extends NamespaceOptions {
  /** who may write: `ownerInKey()`, `onlyAuthors(…)`, `anyAuthor()` or a policy of the application */
  readonly authors: AuthorPolicy
  /** ms by which `issued` may be ahead of the local clock; 0 is allowed. @default 300_000 (5 minutes) */
  readonly maxClockSkew?: number | undefined
  /**
   * Accept sequences further ahead of the current time in ms than `maxClockSkew`. Without it, no author can block a key that several
   * authors share with the highest sequence. Has no effect where the key names its author. @default false
   */
  readonly futureSequences?: boolean | undefined
}

/** Options of a namespace whose content has a type. */
export type SignedSchemaOptions<Input, Output> = SignedOptions &
  SchemaOptions<Input> & {
    /** what the content must match; a schema of valibot, zod, ArkType or any other Standard Schema library */
    readonly schema: StandardSchema<Input, Output>
  }

/**
 * A namespace of signed records, `/name/…`, for applications that have no format of their own.
 *
 * @param options - with `schema`, `manager.namespace(…)` reads and writes content of its types
 * @throws RecordError `INVALID_ARGUMENT` naming the option
 * @see docs/spec/signed-record.md
 * @example
 * ```ts
 * const config = signed('config', { authors: ownerInKey(), schema: v.object({ colour: v.string() }) })
 * const engine = new ValidationEngine([config])
 * ```
 */
export function signed<Input, Output>(
  name: string,
  options: SignedSchemaOptions<Input, Output>
): SealingNamespace<SignedFields> & TypedContent<Input, Output>
export function signed(name: string, options: SignedOptions): SealingNamespace<SignedFields>
export function signed<Input, Output>(
  name: string,
  options: SignedOptions & Partial<SignedSchemaOptions<Input, Output>>
): SealingNamespace<SignedFields> {
  checkNamespaceOptions(name, options, {
    ...namespaceNames,
    authors: 0,
    maxClockSkew: 0,
    futureSequences: 0,
    schema: 0,
    decode: 0,
    encode: 0
  })
  checkAlgorithms(options.algorithms)
  const { schema, decode, encode } = options
  if (schema === undefined && (decode ?? encode) !== undefined)
    throw new RecordError(
      'INVALID_ARGUMENT',
      'decode or encode is given without a schema, which they belong to; pass `schema` too'
    )
  const namespace = signedBytes(name, options)
  return schema === undefined ? namespace : withSchema(namespace, schema, { decode, encode })
}

function signedBytes(name: string, options: SignedOptions): SealingNamespace<SignedFields> {
  const { authors } = options
  checkPolicy(authors, 'authors')
  const limits = limitsOf(options.limits)
  const skew =
    options.maxClockSkew === 0 ? 0n : nanosecondsOf(checkDuration(options.maxClockSkew, 'maxClockSkew', maxClockSkew))
  const checksSequence = !authors.revocable && options.futureSequences !== true

  return {
    name,
    limits,
    revocable: authors.revocable,
    ...keysOf(name, authors),

    parse(key, value) {
      try {
        const envelope = decodeUnverifiedEnvelope(value, { limit: limits.value })
        if (!equalBytes(envelope.payloadType, signedRecordPayloadType)) {
          return ignore('ENVELOPE_PAYLOAD_TYPE', 'the payload type of the envelope is not that of a signed record')
        }
        const record = decodeSignedRecord(envelope.payload)
        if (!equalBytes(record.key, key)) return ignore('KEY_MISMATCH', 'the record was signed for another record key')
        const { sequence, issued, expires, ttl, revoked } = record
        return {
          key,
          value,
          order: signedRecordOrder(record),
          signed: () => envelopeIdentity(signedRecordDomain, envelope),
          author: peerIdFromEncodedKey(envelope.publicKeyBytes),
          sequence,
          issued,
          // a revocation does not expire
          expires: revoked ? undefined : expires,
          ttl,
          signature: envelope.signature,
          ...(revoked ? { revoked } : {}),
          fields: { record, envelope }
        }
      } catch (error) {
        return refusalOf(error)
      }
    },

    async verify(unverified, context) {
      const { record, envelope } = unverified.fields
      const forbidden = refusalOfAuthor(authors, unverified.author as Uint8Array, unverified.key)
      if (forbidden !== undefined) return forbidden
      if (record.revoked && !authors.revocable) {
        return ignore('REVOCATION_FORBIDDEN', 'a key can be revoked only where the key itself names its author')
      }
      let identity: Uint8Array | undefined
      if (context.isVerified !== true) {
        const input = envelopeSigningInput(signedRecordDomain, envelope.payloadType, envelope.payload)
        const { publicKey, signature, payload } = envelope
        identity = identityOfLarge(payload.length, () => envelopeIdentity(signedRecordDomain, envelope))
        const what = 'the signature under the public key in the envelope'
        const refused = await checkSignature({ publicKey, input, signature, identity, what }, options, context)
        if (refused !== undefined) return refused
      }
      const { issued, sequence, expires, revoked } = record
      const early =
        checkIssued(issued, context.now, skew) ??
        (checksSequence ? checkSequence(sequence, context.now, skew) : undefined)
      return early ?? withIdentity(revoked ? { status: 'accept' } : checkExpiry(expires, context.now), identity)
    },

    normalize: ({ fields: { envelope } }) => normalizeEnvelope(envelope, options),

    sequenceOf: (rank) => sequenceFromRank(rank, 1),

    content: (unverified) => unverified.fields.record.content,

    ownerOf: (key) => authors.ownerOf?.(copyBytes(key)),

    async seal(draft, context) {
      const forbidden = refusalOfAuthor(authors, peerIdFromPublicKey(context.signer.publicKey), draft.key)
      if (forbidden !== undefined) throw new RecordError(forbidden.code, forbidden.message, { key: draft.key })
      if (!authors.revocable) checkNotRevoked(draft)
      const record: SignedRecord = {
        key: draft.key,
        content: draft.content,
        sequence: draft.sequence,
        issued: context.now,
        expires: expiryOf(draft, context.now),
        ttl: sealableTtl(draft.ttl ?? 0n),
        revoked: draft.revoked ?? false
      }
      return await sealSignedRecord(record, context)
    }
  }
}

/** How keys are written and made where the policy decides on it. */
function keysOf(name: string, { parsePath, pathFor }: AuthorPolicy): Pick<Namespace, 'parsePath' | 'keyFor'> {
  return {
    ...(parsePath === undefined ? {} : { parsePath }),
    ...(pathFor === undefined
      ? {}
      : { keyFor: (author: PeerId, path = '') => joinRecordKey(name, pathFor(author, path)) })
  }
}
