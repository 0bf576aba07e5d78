import { checkOptions } from '@recordkit/record-types/internal'
import {
  assertPeerId,
  decodeUnsignedPublicKey,
  encodePublicKey,
  joinRecordKey,
  splitRecordKey
} from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { Namespace, NamespaceOptions, PublicKey } from '@recordkit/record-types'
import { checkNotRevoked } from './check-not-revoked.ts'
import type { SealingNamespace } from './namespace.ts'
import { limitsOf } from './options.ts'
import { peerIdPath } from './peer-id-path.ts'
import { ownerOrUndefined, refusalOf, reject } from './refusal.ts'

/** Bytes. An RSA key of 8192 bits is 1062 bytes as a protobuf. */
const maxKeySize = 2048

/** All valid records of a key contain the same public key, in one encoding or another. */
const order: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/**
 * The namespace of public keys, `/pk/<peer ID>`, for keys that are too large to be inlined in the peer ID. All key types are
 * accepted, without their algorithms: a record is valid when its key hashes to the peer ID.
 *
 * @example
 * ```ts
 * const engine = new ValidationEngine([publicKeys()])
 * ```
 */
export function publicKeys(
  options: Pick<NamespaceOptions, 'limits'> = {}
): SealingNamespace<PublicKey> & Required<Pick<Namespace, 'keyFor'>> {
  checkOptions(options, { limits: 0 })
  const limits = limitsOf(options.limits, maxKeySize)
  return {
    name: 'pk',
    limits,
    parsePath: peerIdPath,

    parse(key, value) {
      try {
        const author = assertPeerId(splitRecordKey(key).path)
        const fields = decodeUnsignedPublicKey(value)
        return { key, value, order, signed: () => encodePublicKey(fields), author, fields }
      } catch (error) {
        return refusalOf(error)
      }
    },

    verify(record) {
      if (equalBytes(peerIdFromPublicKey(record.fields), record.author as Uint8Array)) return { status: 'accept' }
      return reject('PUBLIC_KEY_MISMATCH', 'the public key does not hash to the peer ID in its record key')
    },

    normalize: (record) => encodePublicKey(record.fields),

    keyFor: (author) => joinRecordKey('pk', assertPeerId(author)),

    ownerOf: (key) => ownerOrUndefined(() => assertPeerId(splitRecordKey(key).path)),

    seal(draft, { signer }) {
      checkNotRevoked(draft)
      if (!equalBytes(draft.key, joinRecordKey('pk', peerIdFromPublicKey(signer.publicKey)))) {
        throw new RecordError(
          'AUTHOR_FORBIDDEN',
          "the record key does not contain the signer's peer ID; publish a public key under its own peer ID",
          { key: draft.key }
        )
      }
      return encodePublicKey(signer.publicKey)
    }
  }
}
