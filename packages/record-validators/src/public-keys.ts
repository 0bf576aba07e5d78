import { assertPeerId, decodePublicKey, encodePublicKey, joinRecordKey, splitRecordKey } from '@recordkit/record-codec'
import { peerIdFromPublicKey } from '@recordkit/record-crypto'
import { equalBytes, RecordError } from '@recordkit/record-types'
import type { Namespace, NamespaceOptions, PublicKey } from '@recordkit/record-types'
import type { SealingNamespace } from './namespace.ts'
import { limitsOf } from './options.ts'
import { refusalOf, reject } from './refusal.ts'

/** An RSA key of 8192 bits is 1062 bytes as a protobuf. */
const largestKey = 2048

/** One key has one canonical encoding: there is nothing to order. */
const order: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/**
 * Public keys under `/pk/` and the peer ID, for keys that are too large to stand in the ID itself. Key types of every
 * kind are read, none is verified with: what proves the record is that the key hashes to the path.
 */
export function publicKeys(
  options: Pick<NamespaceOptions, 'limits'> = {}
): SealingNamespace<PublicKey> & Required<Pick<Namespace, 'keyFor'>> {
  const limits = limitsOf(options.limits, largestKey)
  return {
    name: 'pk',
    limits,

    parse(key, value) {
      try {
        const author = assertPeerId(splitRecordKey(key).path)
        return { key, value, order, author, fields: decodePublicKey(value) }
      } catch (error) {
        return refusalOf(error)
      }
    },

    verify(record) {
      if (equalBytes(peerIdFromPublicKey(record.fields), record.author as Uint8Array)) return { status: 'accept' }
      return reject('PUBLIC_KEY_MISMATCH', 'the public key does not hash to the peer ID it is stored under')
    },

    keyFor: (signer) => joinRecordKey('pk', peerIdFromPublicKey(signer.publicKey)),

    seal(draft, { signer }) {
      if (!equalBytes(draft.key, joinRecordKey('pk', peerIdFromPublicKey(signer.publicKey)))) {
        throw new RecordError(
          'AUTHOR_FORBIDDEN',
          "a public key is published under its own peer ID; the key is another's",
          { key: draft.key }
        )
      }
      return encodePublicKey(signer.publicKey)
    }
  }
}
