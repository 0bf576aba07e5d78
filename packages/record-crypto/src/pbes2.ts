import { derElement, readDer, readDerInteger, readWholeDer } from '@recordkit/record-codec/internal'
import type { DerReader } from '@recordkit/record-codec/internal'
import { RecordError } from '@recordkit/record-types'
import { deriveScrypt } from '#scrypt'
import { objectIdentifierToString } from './object-identifier.ts'
import { randomBytes } from './platform/random.ts'
import { subtle } from './platform/subtle.ts'

/** A cipher of encrypted private keys. GCM also authenticates them; OpenSSL reads CBC only. */
export type PrivateKeyCipher = 'AES-256-CBC' | 'AES-256-GCM'

/** The content of `EncryptedPrivateKeyInfo`, with the parameters of PBES2. */
export interface EncryptedPrivateKeyInfo {
  readonly kdf: Kdf
  readonly cipher: Cipher
  readonly encrypted: Uint8Array<ArrayBuffer>
}

type Kdf = { readonly salt: Uint8Array<ArrayBuffer> } & (
  | { readonly name: 'PBKDF2'; readonly iterations: number; readonly hash: string }
  | { readonly name: 'scrypt'; readonly N: number; readonly r: number; readonly p: number }
)

interface Cipher {
  readonly name: 'AES-CBC' | 'AES-GCM'
  /** bytes */
  readonly keyLength: number
  readonly iv: Uint8Array<ArrayBuffer>
  /** bits; of AES-GCM */
  readonly tagLength?: number | undefined
}

const pbes2 = '1.2.840.113549.1.5.13'
const pbkdf2 = '1.2.840.113549.1.5.12'
const scrypt = '1.3.6.1.4.1.11591.4.11'
/** hmacWithSHA1, 256, 384, 512 are `1.2.840.113549.2.` and these */
const hmac = '1.2.840.113549.2.'
const hashes: Readonly<Record<string, string>> = { 7: 'SHA-1', 9: 'SHA-256', 10: 'SHA-384', 11: 'SHA-512' }
/** the AES ciphers of 128, 192 and 256 bits are `2.16.840.1.101.3.4.1.` and these */
const aes = '2.16.840.1.101.3.4.1.'
const cbc = ['2', '22', '42']
const gcm = ['6', '26', '46']

/** A file must not take more than a gigabyte, or minutes: memory is 128 r (N + p) bytes and little more, work is N r p. */
const maxScryptWork = 8_388_608
/** Others write 8. What scrypt needs beside N and p grows with it too. */
const maxScryptBlock = 1024
const maxIterations = 10_000_000

/**
 * Decodes an encrypted PKCS#8 private key.
 *
 * @throws RecordError `PRIVATE_KEY_INVALID` for other bytes, and for an encryption other than PBES2 with PBKDF2 or scrypt and AES
 * @see RFC 5958, section 3; RFC 8018, appendix A; RFC 7914, section 7; RFC 5084
 */
export function readEncryptedPkcs8(bytes: Uint8Array): EncryptedPrivateKeyInfo {
  const reader = { bytes: readWholeDer(bytes, 0x30) ?? malformed(), offset: 0 }
  const algorithm = readSequence(reader)
  const encrypted = readDer(reader, 0x04) ?? malformed()
  if (reader.offset !== reader.bytes.length) malformed()
  const scheme = readIdentifier(algorithm)
  if (scheme !== pbes2) unsupported(scheme)
  const parameters = readSequence(algorithm)
  return {
    kdf: readKdf(readSequence(parameters)),
    cipher: readCipher(readSequence(parameters)),
    encrypted: new Uint8Array(encrypted)
  }
}

/** Returns the decrypted PKCS#8. @throws RecordError `PASSPHRASE_WRONG`, also when the encrypted bytes were changed */
export async function decryptPkcs8(
  { kdf, cipher, encrypted }: EncryptedPrivateKeyInfo,
  passphrase: Uint8Array<ArrayBuffer>
): Promise<Uint8Array> {
  const key = await deriveKey(kdf, passphrase, cipher.keyLength)
  const decrypted = await decryptAes(cipher, key, encrypted)
  // with CBC, one wrong passphrase of 256 leaves a valid padding
  if (decrypted === undefined || readWholeDer(decrypted, 0x30) === undefined) throw wrongPassphrase()
  return decrypted
}

/**
 * Encrypts PKCS#8 with a key that scrypt derives: N = 2^14, r = 8, p = 5. OpenSSL reads no parameters that need more than 32 MiB.
 *
 * @see OWASP Password Storage Cheat Sheet, "scrypt"
 */
export async function encryptPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
  passphrase: Uint8Array<ArrayBuffer>,
  cipher: PrivateKeyCipher
): Promise<Uint8Array> {
  const isGcm = cipher === 'AES-256-GCM'
  const salt = randomBytes(16)
  const iv = randomBytes(isGcm ? 12 : 16)
  const name = isGcm ? 'AES-GCM' : 'AES-CBC'
  const key = await deriveKey({ name: 'scrypt', salt, N: 16_384, r: 8, p: 5 }, passphrase, 32)
  const aesKey = await subtle(hint).importKey('raw', key, name, false, ['encrypt'])
  const encrypted = new Uint8Array(await crypto.subtle.encrypt({ name, iv }, aesKey, pkcs8))
  const octets = (bytes: Uint8Array): Uint8Array => derElement(0x04, bytes)
  const integer = (...bytes: readonly number[]): Uint8Array => derElement(0x02, bytes)
  const sequence = (...parts: readonly Uint8Array[]): Uint8Array => derElement(0x30, ...parts)
  const kdf = sequence(identifier(scrypt), sequence(octets(salt), integer(0x40, 0x00), integer(8), integer(5)))
  const parameters = isGcm ? sequence(octets(iv), integer(16)) : octets(iv)
  const encryption = sequence(identifier(aes + (isGcm ? '46' : '42')), parameters)
  return sequence(sequence(identifier(pbes2), sequence(kdf, encryption)), octets(encrypted))
}

/** Decrypts with AES. Returns `undefined` when the key is wrong. */
export async function decryptAes(
  { name, iv, tagLength }: Omit<Cipher, 'keyLength'>,
  key: Uint8Array<ArrayBuffer>,
  encrypted: Uint8Array<ArrayBuffer>
): Promise<Uint8Array | undefined> {
  const aesKey = await subtle(hint).importKey('raw', key, name, false, ['decrypt'])
  const parameters = name === 'AES-GCM' ? { name, iv, tagLength: tagLength ?? 128 } : { name, iv }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, aesKey, encrypted))
  } catch {
    return undefined
  }
}

/** Derives a key with PBKDF2. @param length - bytes */
export async function derivePbkdf2(
  passphrase: Uint8Array<ArrayBuffer>,
  { salt, iterations, hash }: Omit<Extract<Kdf, { readonly name: 'PBKDF2' }>, 'name'>,
  length: number
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await subtle(hint).importKey('raw', passphrase, 'PBKDF2', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', salt, iterations, hash }, key, length * 8))
}

export function wrongPassphrase(): RecordError<'PASSPHRASE_WRONG'> {
  return new RecordError('PASSPHRASE_WRONG', 'the passphrase is wrong, or the encrypted private key was changed')
}

const hint = 'an encrypted private key requires it'

async function deriveKey(
  kdf: Kdf,
  passphrase: Uint8Array<ArrayBuffer>,
  length: number
): Promise<Uint8Array<ArrayBuffer>> {
  if (kdf.name === 'PBKDF2') return derivePbkdf2(passphrase, kdf, length)
  return new Uint8Array(await deriveScrypt(passphrase, kdf.salt, kdf, length))
}

function readKdf(reader: DerReader): Kdf {
  const name = readIdentifier(reader)
  if (name !== pbkdf2 && name !== scrypt) unsupported(name)
  const parameters = readSequence(reader)
  const salt = new Uint8Array(readDer(parameters, 0x04) ?? malformed())
  const first = readNumber(parameters)
  if (name === pbkdf2) {
    // the optional length of the key is that of the cipher
    readDerInteger(parameters)
    const prf = parameters.offset === parameters.bytes.length ? `${hmac}7` : readIdentifier(readSequence(parameters))
    const hash = prf.startsWith(hmac) ? hashes[prf.slice(hmac.length)] : undefined
    if (first > maxIterations) malformed(`has ${first} iterations; at most ${maxIterations} are read`)
    return { name: 'PBKDF2', salt, iterations: first, hash: hash ?? unsupported(prf) }
  }
  const [r, p] = [readNumber(parameters), readNumber(parameters)]
  if (first * r * p > maxScryptWork)
    malformed(`has the scrypt parameters ${first}, ${r}, ${p}; their product is above 2^23`)
  if (r > maxScryptBlock) malformed(`has the scrypt parameter r = ${r}; at most ${maxScryptBlock} is read`)
  if (first < 2 || (first & (first - 1)) !== 0) malformed()
  return { name: 'scrypt', salt, N: first, r, p }
}

function readCipher(reader: DerReader): Cipher {
  const name = readIdentifier(reader)
  const last = name.startsWith(aes) ? name.slice(aes.length) : ''
  const keyLength = (index: number): number => 16 + 8 * index
  if (cbc.includes(last)) {
    const iv = readDer(reader, 0x04)
    if (iv?.length !== 16) malformed()
    return { name: 'AES-CBC', keyLength: keyLength(cbc.indexOf(last)), iv: new Uint8Array(iv) }
  }
  if (!gcm.includes(last)) unsupported(name)
  const parameters = readSequence(reader)
  const iv = readDer(parameters, 0x04)
  if (iv === undefined || iv.length === 0) malformed()
  const tagLength = parameters.offset === parameters.bytes.length ? 12 : readNumber(parameters)
  if (tagLength < 12 || tagLength > 16) malformed()
  return { name: 'AES-GCM', keyLength: keyLength(gcm.indexOf(last)), iv: new Uint8Array(iv), tagLength: tagLength * 8 }
}

function readSequence(reader: DerReader): DerReader {
  return { bytes: readDer(reader, 0x30) ?? malformed(), offset: 0 }
}

function readIdentifier(reader: DerReader): string {
  return objectIdentifierToString(readDer(reader, 0x06) ?? malformed())
}

/** A positive INTEGER of at most 31 bits. */
function readNumber(reader: DerReader): number {
  const bytes = readDerInteger(reader) ?? malformed()
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return number > 0 && number < 2_147_483_648 ? number : malformed()
}

/** Encodes an object identifier in DER. */
function identifier(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const contents = [first * 40 + second, ...rest].flatMap((number) => {
    const digits = [number & 127]
    for (let higher = number >>> 7; higher > 0; higher >>>= 7) digits.unshift((higher & 127) | 128)
    return digits
  })
  return derElement(0x06, contents)
}

function malformed(what = 'is not PKCS#8 (RFC 5958) with PBES2'): never {
  throw new RecordError('PRIVATE_KEY_INVALID', `the encrypted private key ${what}`)
}

function unsupported(found: string): never {
  throw new RecordError(
    'PRIVATE_KEY_INVALID',
    `the private key is encrypted with ${found}; PBES2 with PBKDF2 or scrypt and AES is expected: convert it with ` +
      '`openssl pkcs8 -topk8 -v2 aes-256-cbc`'
  )
}
