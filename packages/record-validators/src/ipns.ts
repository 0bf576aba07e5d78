import { decodeIpnsRecord, ipnsRoutingKey } from '@recordkit/record-codec'
import type { IpnsRecord } from '@recordkit/record-codec'
import { peerIdOf, signIpnsRecord } from '@recordkit/record-crypto'
import { equalBytes, hour, minute, RecordError, signalOf } from '@recordkit/record-types'
import type { Draft, Namespace, NamespaceOptions, SealContext } from '@recordkit/record-types'
import { ipnsReader } from './ipns-reader.ts'
import type { SealingNamespace } from './namespace.ts'

/**
 * IPNS records under `/ipns/` and the name's multihash: judged as {@link ipnsReader} says, and made, by the key of
 * their name.
 */
export function ipns(
  options: NamespaceOptions & { readonly v1Compatible?: boolean } = {}
): SealingNamespace<IpnsRecord> & Required<Pick<Namespace, 'keyFor'>> {
  return {
    ...ipnsReader(options),

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
