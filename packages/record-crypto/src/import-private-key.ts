import { RecordError } from '@recordkit/record-types'
import type { MaybePromise, PrivateKey } from '@recordkit/record-types'
import { checkOptions, isBytes, nameOf } from '@recordkit/record-types/internal'
import { algorithmMissing } from './algorithm-missing.ts'
import { ed25519Keys } from './ed25519-key-pair.ts'
import { checkPrivateKey } from './key-pair.ts'
import type { KeyPair, KeyPairAlgorithm } from './key-pair.ts'
import { notAPrivateKey } from './not-a-private-key.ts'
import type { Passphrase } from './passphrase.ts'
import { decodePrivateKeyBytes } from './private-key-bytes.ts'
import { decodePrivateKeyText } from './private-key-text.ts'

/** Options of {@link importPrivateKey}. */
export interface ImportPrivateKeyOptions {
  /**
   * `ed25519Keys`, and `rsaKeys`, `ecdsaKeys` and `secp256k1Keys` of the subpaths of this package.
   * @default [ed25519Keys]
   */
  readonly algorithms?: readonly KeyPairAlgorithm[] | undefined
  /** decrypts an encrypted private key; ignored for any other */
  readonly passphrase?: Passphrase | undefined
}

/** A private key of another library that writes the protobuf of libp2p, such as one of Helia's keychain. */
export interface ProtobufPrivateKey {
  toProtobuf(): Uint8Array
}

/** The part of js-libp2p's `PrivateKey` that is used. */
export interface Libp2pPrivateKey {
  readonly type: string
  readonly raw: Uint8Array
}

/**
 * Imports a private key in any form that libp2p implementations and OpenSSL write.
 *
 * @param key - copied. A {@link PrivateKey}, js-libp2p's `PrivateKey` object, or one with `toProtobuf()` as in Helia's keychain; bytes: the protobuf of libp2p, the 64 bytes of an
 * Ed25519 key, or DER; text: PEM, or the protobuf in base64 (multibase too). PEM and DER are PKCS#8, PKCS#1 or SEC 1; PKCS#8 can be
 * encrypted with PBES2, PBKDF2 or scrypt, and AES. The encrypted keys of a js-libp2p keychain are read, too.
 * @throws RecordError `PRIVATE_KEY_INVALID` when its parts do not belong together, or for anything else, which the message names;
 * `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG` (also when the encrypted bytes were changed); `ALGORITHM_MISSING`, naming the subpath,
 * for a key type that is not among `algorithms`; the codes of record-codec for malformed bytes
 * @example
 * ```ts
 * import { importPrivateKey } from '@recordkit/record-crypto'
 * import { rsaKeys } from '@recordkit/record-crypto/rsa'
 *
 * const signer = await importPrivateKey(pem, { algorithms: [rsaKeys], passphrase })
 * ```
 */
export async function importPrivateKey(
  key: PrivateKey | Libp2pPrivateKey | ProtobufPrivateKey | Uint8Array | string,
  options: ImportPrivateKeyOptions = {}
): Promise<KeyPair> {
  checkOptions(options, { algorithms: 0, passphrase: 0 })
  const { algorithms = [ed25519Keys], passphrase } = options
  checkKeyPairAlgorithms(algorithms)
  const { type, data } = await decode(key, passphrase)
  const algorithm = algorithms.find((candidate) => candidate.type === type)
  if (algorithm === undefined) throw algorithmMissing(type, 'Keys')
  return algorithm.keyPair(new Uint8Array(data))
}

function decode(
  key: PrivateKey | Libp2pPrivateKey | ProtobufPrivateKey | Uint8Array | string,
  passphrase: Passphrase | undefined
): MaybePromise<PrivateKey> {
  if (typeof key === 'string') return decodePrivateKeyText(key, passphrase)
  if (isBytes(key)) {
    const text = new TextDecoder().decode(key)
    return isText(text)
      ? decodePrivateKeyText(text, passphrase)
      : decodePrivateKeyBytes(new Uint8Array(key), passphrase)
  }
  if (key === null || typeof key !== 'object') throw notAPrivateKey(nameOf(key), 'INVALID_ARGUMENT')
  if ('data' in key && 'type' in key) return checkPrivateKey(key)
  if ('toProtobuf' in key && typeof key.toProtobuf === 'function') {
    const bytes: unknown = key.toProtobuf()
    if (!isBytes(bytes)) throw notAPrivateKey(`${nameOf(bytes)} from toProtobuf()`, 'INVALID_ARGUMENT')
    return decodePrivateKeyBytes(new Uint8Array(bytes), passphrase)
  }
  if (!('raw' in key) || 'verify' in key) throw notAPrivateKey(describeObject(key), 'INVALID_ARGUMENT')
  // js-libp2p writes this type in lower case
  const type = key.type === 'secp256k1' ? 'Secp256k1' : (key.type as PrivateKey['type'])
  return checkPrivateKey({ type, data: key.raw })
}

/** Whether bytes are text: DER and protobufs contain characters that are not printable. */
function isText(text: string): boolean {
  return text.includes('-----BEGIN ') || /^[\s\x21-\x7e]+$/.test(text)
}

/** Names an object that is not a private key. */
function describeObject(key: object): string {
  if ('then' in key) return 'a promise: use `await`'
  if ('privateKey' in key) return 'a key pair, which is a signer already'
  if ('verify' in key) return 'a libp2p public key'
  if ('toCID' in key || 'toMultihash' in key) return 'a libp2p peer ID'
  if ('kty' in key) return 'a JSON Web Key'
  return Object.prototype.toString
    .call(key)
    .slice(8, -1)
    .replace(/^Object$/, 'an object without `type` and `data`')
}

/** @throws RecordError `INVALID_ARGUMENT` naming the algorithm that makes no key pairs */
function checkKeyPairAlgorithms(algorithms: readonly KeyPairAlgorithm[]): void {
  if (!Array.isArray(algorithms))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `algorithms is ${nameOf(algorithms)}; an array such as [ed25519Keys, rsaKeys] is expected`
    )
  for (const [index, algorithm] of (algorithms as readonly (KeyPairAlgorithm | undefined)[]).entries())
    if (typeof algorithm?.keyPair !== 'function')
      throw new RecordError(
        'INVALID_ARGUMENT',
        `algorithms[${index}] is ${typeof algorithm === 'string' ? `the text "${String(algorithm)}"` : nameOf(algorithm)}, which makes no key pairs; \`ed25519Keys\`, or \`rsaKeys\` of @recordkit/record-crypto/rsa and the like, is expected`
      )
}
