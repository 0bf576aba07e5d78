import { decodePrivateKey } from '@recordkit/record-codec'
import { concat, readDer, readWholeDer } from '@recordkit/record-codec/internal'
import { isRecordError, RecordError } from '@recordkit/record-types'
import type { MaybePromise, PrivateKey } from '@recordkit/record-types'
import { checkPrivateKey } from './key-pair.ts'
import { notAPrivateKey } from './not-a-private-key.ts'
import { passphraseBytes } from './passphrase.ts'
import type { Passphrase } from './passphrase.ts'
import { decryptPkcs8, readEncryptedPkcs8 } from './pbes2.ts'
import { readElliptic, readPkcs8 } from './private-key-info.ts'
import type { PrivateKeyInfo } from './private-key-info.ts'

/**
 * Decodes a private key from bytes: the protobuf of libp2p, the DER of PKCS#8 (also encrypted), PKCS#1 or SEC 1, or the 64 bytes of
 * an Ed25519 key. The data may be a view of `bytes`.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID`, `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`; the codes of `decodePrivateKey`
 */
export function decodePrivateKeyBytes(bytes: Uint8Array, passphrase?: Passphrase): MaybePromise<PrivateKey> {
  // as libp2p's `raw`; SEC 1 of P-384 can have 64 bytes too, no protobuf of a private key has
  if (bytes.length === 64 && !isVersioned64(bytes)) return { type: 'Ed25519', data: bytes }
  if (bytes.length === 32) throw notAPrivateKey(ambiguous, 'PRIVATE_KEY_INVALID')
  return bytes[0] === 0x30 ? decodeDer(bytes, passphrase) : decodeProtobuf(bytes)
}

const ambiguous =
  "32 bytes: pass { type: 'Secp256k1', data } for a Secp256k1 key, or call `keyPairFromSeed` for the seed of an Ed25519 key"

/** Decodes the protobuf. @throws RecordError the codes of `decodePrivateKey`; `PRIVATE_KEY_INVALID` for public keys and peer IDs */
export function decodeProtobuf(bytes: Uint8Array): PrivateKey {
  try {
    return decodePrivateKey(bytes)
  } catch (error) {
    const found = isRecordError(error) ? describePublic(bytes) : undefined
    throw found === undefined ? error : notAPrivateKey(found, 'PRIVATE_KEY_INVALID', error)
  }
}

export function decodePkcs8(der: Uint8Array): PrivateKey {
  const { type, data, publicKey } = readPkcs8(der)
  if (type !== 'Ed25519') return checkPrivateKey({ type, data })
  if (publicKey === undefined) return { type, data }
  if (publicKey.length !== 32) {
    throw new RecordError(
      'PRIVATE_KEY_INVALID',
      `the public half of the Ed25519 key is ${publicKey.length} bytes, not 32`
    )
  }
  return { type, data: concat(data, publicKey) }
}

export function decodePkcs1(der: Uint8Array): PrivateKey {
  return checkPrivateKey({ type: 'RSA', data: der })
}

export function decodeSec1(der: Uint8Array): PrivateKey {
  const { type, data }: PrivateKeyInfo = readElliptic(der)
  return checkPrivateKey({ type, data })
}

/** @throws RecordError `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`, `PRIVATE_KEY_INVALID` */
export async function decodeEncryptedDer(der: Uint8Array, passphrase: Passphrase | undefined): Promise<PrivateKey> {
  const encrypted = readEncryptedPkcs8(der)
  return decodePkcs8(await decryptPkcs8(encrypted, requiredPassphrase(passphrase)))
}

/** The bytes of the passphrase of an encrypted key. @throws RecordError `PASSPHRASE_MISSING`, `INVALID_ARGUMENT` */
export function requiredPassphrase(passphrase: Passphrase | undefined): Uint8Array<ArrayBuffer> {
  if (passphrase !== undefined) return passphraseBytes(passphrase)
  throw new RecordError('PASSPHRASE_MISSING', 'the private key is encrypted; pass the option `passphrase`')
}

/** Whether 64 bytes begin as DER of a SEQUENCE of 62 bytes, with a version. */
function isVersioned64([tag, length, integer, size]: Uint8Array): boolean {
  return tag === 0x30 && length === 62 && integer === 0x02 && size === 1
}

/** The structure tells the formats apart: they all are a SEQUENCE that begins with a version or another SEQUENCE. */
function decodeDer(der: Uint8Array, passphrase: Passphrase | undefined): MaybePromise<PrivateKey> {
  const reader = { bytes: readWholeDer(der, 0x30) ?? malformed(), offset: 0 }
  const isVersioned = readDer(reader, 0x02) !== undefined
  const next = reader.bytes[reader.offset]
  if (isVersioned && next === 0x30) return decodePkcs8(der)
  if (isVersioned && next === 0x02) return decodePkcs1(der)
  if (isVersioned && next === 0x04) return decodeSec1(der)
  if (isVersioned || readDer(reader, 0x30) === undefined) malformed()
  const second = reader.bytes[reader.offset]
  if (second === 0x04) return decodeEncryptedDer(der, passphrase)
  if (second === 0x03) throw notAPrivateKey('a public key (SPKI)', 'PRIVATE_KEY_INVALID')
  if (second === 0x30) throw notAPrivateKey('an X.509 certificate', 'PRIVATE_KEY_INVALID')
  return malformed()
}

function malformed(): never {
  throw notAPrivateKey('DER that is cut off or of another format', 'PRIVATE_KEY_INVALID')
}

/** Names bytes that begin like a public key of libp2p or like a peer ID. */
function describePublic(bytes: Uint8Array): string | undefined {
  const [first, second, third, fourth] = bytes
  const { length } = bytes
  if ((first === 0x12 && second === 0x20 && length === 34) || (first === 0x00 && second === length - 2))
    return 'a peer ID, which is public'
  // Ed25519, Secp256k1, RSA, ECDSA: the sizes of the data are those of public keys only
  const isShort = (second === 1 && fourth === 32) || (second === 2 && fourth === 33)
  if (first === 0x08 && third === 0x12 && isShort && length === (fourth as number) + 4) return 'a libp2p public key'
  return undefined
}
