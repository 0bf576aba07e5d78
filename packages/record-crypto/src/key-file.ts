import { parsePeerId, peerIdToString } from '@recordkit/record-codec'
import { isRecordError, RecordError } from '@recordkit/record-types'
import { checkOptions, printable } from '@recordkit/record-types/internal'
import type { PeerId } from '@recordkit/record-types'
import { checkObject } from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
import { keyFiles } from '#key-files'
import { ed25519Keys, generateKeyPair } from './ed25519-key-pair.ts'
import { algorithmMissing } from './algorithm-missing.ts'
import { importPrivateKey } from './import-private-key.ts'
import type { ImportPrivateKeyOptions } from './import-private-key.ts'
import type { KeyPair } from './key-pair.ts'
import { exportEncryptedPrivateKeyPem, exportPrivateKeyPem } from './pem.ts'
import type { ExportEncryptedOptions } from './pem.ts'

declare global {
  /** For programs without the types of a page or of Node.js, where this declaration is the only one. */
  interface URL {
    toJSON(): string
  }
}
import { passphraseBytes } from './passphrase.ts'
import type { Passphrase } from './passphrase.ts'

/** bytes; as PEM, an RSA key of 8192 bits has 6500 */
const maxFile = 65_536
/** The line above the PEM block, which other tools skip. It detects a damaged key, and names the key of an encrypted file. */
const peerIdLine = /^Peer ID: (\S+)$/m

/** Options of {@link loadSigner}. */
export interface LoadSignerOptions extends ImportPrivateKeyOptions {
  /**
   * Whether to refuse a private key that is not encrypted and that others than its owner can read. Set it to `false` for files that
   * a container platform mounts.
   * @default true
   */
  readonly checkMode?: boolean | undefined
}

/** Options of {@link saveSigner}. */
export interface SaveSignerOptions extends Pick<ExportEncryptedOptions, 'cipher'> {
  /** encrypts the private key. @default not encrypted */
  readonly passphrase?: Passphrase | undefined
  /** whether to replace an existing file. @default false */
  readonly replace?: boolean | undefined
}

/** Options of {@link loadOrCreateSigner}. */
export interface LoadOrCreateSignerOptions extends LoadSignerOptions, Pick<SaveSignerOptions, 'cipher'> {
  /** makes the key pair of a new file; its type must be among `algorithms`. @default generateKeyPair: Ed25519 */
  readonly generate?: (() => Promise<KeyPair>) | undefined
}

const loadNames: OptionNames<LoadSignerOptions> = { algorithms: 0, passphrase: 0, checkMode: 0 }
/** The names of the options of {@link loadOrCreateSigner}. */
export const loadOrCreateNames: OptionNames<LoadOrCreateSignerOptions> = /* @__PURE__ */ Object.assign(
  { cipher: 0, generate: 0 } as const,
  loadNames
)

/**
 * Loads the private key of a file in any form that `importPrivateKey` accepts.
 *
 * @param path - a path or a `file:` URL
 * @throws RecordError `KEY_FILE_NOT_FOUND`; `KEY_FILE_IO` when it cannot be read; `KEY_FILE_MODE` when others can read it and it is
 * not encrypted; `PASSPHRASE_MISSING`, `PASSPHRASE_WRONG`; `PASSPHRASE_UNUSED` when there is a passphrase and the file is not
 * encrypted; `PRIVATE_KEY_INVALID` and the other errors of `importPrivateKey` when it is cut off or is not a private key
 * @example
 * ```ts
 * const signer = await loadSigner('./blog.key', { passphrase })
 * ```
 */
export async function loadSigner(path: string | URL, options: LoadSignerOptions = {}): Promise<KeyPair> {
  checkOptions(options, loadNames)
  const { passphrase, checkMode = true } = options
  if (passphrase !== undefined) passphraseBytes(passphrase)
  const { bytes, mode } = await keyFiles.read(path, maxFile)
  if (bytes.length > maxFile) throw invalidFile(path, `it is larger than ${maxFile} bytes`)
  const { pair, isEncrypted } = await importFile(path, bytes, options)
  if (!isEncrypted && passphrase !== undefined)
    throw new RecordError(
      'PASSPHRASE_UNUSED',
      `the key file ${path} is not encrypted, although a passphrase was passed; save it again with the passphrase`
    )
  if (!isEncrypted && checkMode && mode !== undefined && (mode & 0o077) !== 0)
    throw new RecordError(
      'KEY_FILE_MODE',
      `others can read the key file ${path}, which is not encrypted: its mode is 0${mode.toString(8)}; 0600 is expected`
    )
  const named = namedPeerId(bytes)
  if (named !== undefined && named !== peerIdToString(pair.peerId))
    throw invalidFile(path, `the key is not that of ${printable(named)}, which its first line names`)
  return pair
}

/**
 * Saves a private key as PKCS#8 in PEM, encrypted when there is a passphrase, with its peer ID in a line above. Only the owner of the
 * file can read it. A power failure leaves the whole file or none, or with `replace` the one before.
 *
 * @param path - a path or a `file:` URL, in a directory that exists
 * @throws RecordError `KEY_FILE_EXISTS` unless `replace` is set; `KEY_FILE_IO` when it cannot be written, and then nothing changed;
 * `INVALID_ARGUMENT` for an empty passphrase
 * @example
 * ```ts
 * await saveSigner('./blog.key', await generateKeyPair(), { passphrase })
 * ```
 */
export async function saveSigner(
  path: string | URL,
  pair: Pick<KeyPair, 'privateKey' | 'peerId'>,
  options: SaveSignerOptions = {}
): Promise<void> {
  checkOptions(options, { cipher: 0, passphrase: 0, replace: 0 })
  checkObject(pair, 'pair')
  const { passphrase, cipher, replace = false } = options
  const pem =
    passphrase === undefined
      ? exportPrivateKeyPem(pair)
      : await exportEncryptedPrivateKeyPem(pair, { passphrase, cipher })
  await keyFiles.write(path, `Peer ID: ${peerIdToString(pair.peerId)}\n${pem}`, { replace })
}

/**
 * Loads the private key of a file. If there is none, generates a key and saves it as {@link saveSigner} does. Processes that start
 * together get the same key.
 *
 * @param path - a path or a `file:` URL, in a directory that exists
 * @throws RecordError as {@link loadSigner} and {@link saveSigner}; a file that cannot be read or decrypted is never replaced
 * @example
 * ```ts
 * const signer = await loadOrCreateSigner('./author.key', { passphrase })
 * ```
 */
export async function loadOrCreateSigner(
  path: string | URL,
  options: LoadOrCreateSignerOptions = {}
): Promise<KeyPair> {
  checkOptions(options, loadOrCreateNames)
  const { algorithms = [ed25519Keys], generate = generateKeyPair, passphrase, cipher, checkMode } = options
  const loadOptions = { algorithms, passphrase, checkMode }
  try {
    return await loadSigner(path, loadOptions)
  } catch (error) {
    if (!isRecordError(error, 'KEY_FILE_NOT_FOUND')) throw error
  }
  const pair = await generate()
  const { type } = pair.publicKey
  if (!algorithms.some((algorithm) => algorithm.type === type)) throw algorithmMissing(type, 'Keys')
  try {
    await saveSigner(path, pair, { passphrase, cipher })
    return pair
  } catch (error) {
    // another process was faster
    if (isRecordError(error, 'KEY_FILE_EXISTS')) return loadSigner(path, loadOptions)
    throw error
  }
}

/** The peer ID that a key file names, also when it is encrypted. @throws RecordError `KEY_FILE_NOT_FOUND`, `KEY_FILE_IO` */
export async function readPeerId(path: string): Promise<PeerId | undefined> {
  const { bytes } = await keyFiles.read(path, maxFile)
  try {
    const named = namedPeerId(bytes)
    return named === undefined ? undefined : parsePeerId(named)
  } catch {
    return undefined
  }
}

function namedPeerId(bytes: Uint8Array): string | undefined {
  return peerIdLine.exec(new TextDecoder().decode(bytes))?.[1]
}

async function importFile(
  path: string | URL,
  bytes: Uint8Array,
  { algorithms, passphrase }: ImportPrivateKeyOptions
): Promise<{ readonly pair: KeyPair; readonly isEncrypted: boolean }> {
  try {
    return { pair: await importPrivateKey(bytes, { algorithms }), isEncrypted: false }
  } catch (error) {
    if (!isRecordError(error, 'PASSPHRASE_MISSING') || passphrase === undefined) throw ofFile(path, error)
  }
  try {
    return { pair: await importPrivateKey(bytes, { algorithms, passphrase }), isEncrypted: true }
  } catch (error) {
    throw ofFile(path, error)
  }
}

/** The same error with the path. Every error of the codecs is `PRIVATE_KEY_INVALID`. */
function ofFile(path: string | URL, cause: unknown): unknown {
  if (!isRecordError(cause)) return cause
  if (!isRecordError(cause, 'PASSPHRASE_MISSING', 'PASSPHRASE_WRONG', 'ALGORITHM_MISSING'))
    return invalidFile(path, cause.message, cause)
  return new RecordError(cause.code, `the key file ${path}: ${cause.message}`, { cause })
}

function invalidFile(path: string | URL, message: string, cause?: unknown): RecordError<'PRIVATE_KEY_INVALID'> {
  return new RecordError('PRIVATE_KEY_INVALID', `the key file ${path} is damaged or not a key file: ${message}`, {
    cause
  })
}
