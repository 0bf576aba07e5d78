import { namespaceNames } from './options.ts'
import { checkOptions } from '@recordkit/record-types/internal'
import { decodeIpnsRecord, ipnsRoutingKey } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { peerIdFromPublicKey, createIpnsRecord } from '@recordkit/record-crypto'
import { equalBytes, isRecordError, RecordError } from '@recordkit/record-types'
import type { RecordDraft, Namespace, NamespaceOptions, SealContext } from '@recordkit/record-types'
import { checkNotRevoked } from './check-not-revoked.ts'
import { ipnsReader } from './ipns-reader.ts'
import type { SealingNamespace } from './namespace.ts'
import { expiryOf, sealableTtl } from './validity.ts'

/** ns: 5 minutes, as in boxo */
const defaultTtl = 300_000_000_000n

/**
 * The namespace of IPNS records, `/ipns/<multihash of the name>`. Records are verified as by {@link ipnsReader}, and can be
 * made with the key of their name.
 *
 * @param options - `v1Compatible`: whether new records contain the V1 fields. @default true
 * @example
 * ```ts
 * const engine = new ValidationEngine([ipns()])
 * ```
 */
export function ipns(
  options: NamespaceOptions & { readonly v1Compatible?: boolean | undefined } = {}
): SealingNamespace<IpnsRecord> & Required<Pick<Namespace, 'keyFor'>> {
  checkOptions(options, { ...namespaceNames, v1Compatible: 0 })
  const { v1Compatible, ...readerOptions } = options
  return {
    ...ipnsReader(readerOptions),

    async seal(draft, context) {
      checkNotRevoked(draft)
      if (!equalBytes(draft.key, ipnsRoutingKey(peerIdFromPublicKey(context.signer.publicKey)))) {
        throw new RecordError(
          'AUTHOR_FORBIDDEN',
          'the record key is not the IPNS name of the signer; an IPNS record must be signed by the key of its name',
          {
            key: draft.key
          }
        )
      }
      if (draft.sequence >= 9_223_372_036_854_775_808n) {
        throw new RecordError(
          'SEQUENCE_EXHAUSTED',
          `the sequence would be ${draft.sequence}; the highest of an IPNS record is 2^63 - 1`,
          {
            key: draft.key
          }
        )
      }
      const [content, createOptions] = ipnsContent(draft, context, v1Compatible)
      try {
        return await createIpnsRecord(content, createOptions)
      } catch (error) {
        // a record that only fits without V1 fields, which another device made, is renewed without them: else it would lapse
        if (!isRecordError(error, 'TOO_LARGE') || !isRenewal(draft)) throw error
        return createIpnsRecord(content, { ...createOptions, v1Compatible: false })
      }
    }
  }
}

/**
 * Content and options of a new record: from the draft, else from the signed data of the previous record, else the defaults. Nothing
 * is taken from unsigned fields: anyone can drop the V1 fields of a record.
 */
function ipnsContent(
  draft: RecordDraft,
  { now, signer, signal }: SealContext,
  v1Compatible: boolean | undefined
): Parameters<typeof createIpnsRecord> {
  const validity = expiryOf(draft, now)
  const previous = draft.previous === undefined ? undefined : decodeIpnsRecord(draft.previous)
  return [
    {
      value: draft.content,
      sequence: draft.sequence,
      validity,
      ttl: sealableTtl(draft.ttl ?? least(previous?.ttl ?? defaultTtl, validity - now)),
      extra: previous?.extra
    },
    {
      signer,
      signal,
      now,
      v1Compatible
    }
  ]
}

/** Whether a draft is the previous record for longer. */
function isRenewal({ previous, sequence, content }: RecordDraft): boolean {
  if (previous === undefined) return false
  const record = decodeIpnsRecord(previous)
  return record.sequence === sequence && equalBytes(record.value, content)
}

/** A reader must not cache a record for longer than it is valid. */
function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
