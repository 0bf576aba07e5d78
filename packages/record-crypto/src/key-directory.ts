import { RecordError } from '@recordkit/record-types'
import type { PeerId, PrivateKey } from '@recordkit/record-types'
import { checkOptions, describe, printable } from '@recordkit/record-types/internal'
import { keyFiles } from '#key-files'
import { generateKeyPair } from './ed25519-key-pair.ts'
import { importPrivateKey } from './import-private-key.ts'
import type { Libp2pPrivateKey } from './import-private-key.ts'
import { loadOrCreateNames, loadOrCreateSigner, loadSigner, readPeerId, saveSigner } from './key-file.ts'
import type { LoadOrCreateSignerOptions } from './key-file.ts'
import type { KeyPair } from './key-pair.ts'
import type { Passphrase } from './passphrase.ts'

/** Options of {@link KeyDirectory.open}, for all keys of the directory. */
export type KeyDirectoryOptions = LoadOrCreateSignerOptions

/** A key of a directory. */
export interface KeyDirectoryEntry {
  readonly name: string
  /** as the file says; `undefined` when it was not written by this package */
  readonly peerId: PeerId | undefined
}

const extension = '.pem'

/**
 * Named private keys in a directory, one PEM file each, encrypted when there is a passphrase. Requires Node, Bun or Deno.
 *
 * A name has 1 to 64 letters (a to z, A to Z), digits, `-`, `_` and `.`, begins with a letter or digit, and is not a name that Windows
 * reserves. Other names are `INVALID_ARGUMENT`, so that no name leads out of the directory.
 *
 * @example
 * ```ts
 * const keys = await KeyDirectory.open('./keys', { passphrase })
 * const signers = await Promise.all((await keys.list()).map(({ name }) => keys.load(name)))
 * ```
 */
export class KeyDirectory {
  readonly #path: string | URL
  readonly #options: KeyDirectoryOptions

  private constructor(path: string | URL, options: KeyDirectoryOptions) {
    this.#path = path
    this.#options = options
  }

  /**
   * Opens a directory. It is made when it does not exist; only its owner can read it.
   *
   * @param path - a path or a `file:` URL
   * @throws RecordError `KEY_FILE_IO`, `KEY_FILE_EXISTS` when a file has this path
   * @example
   * ```ts
   * const keys = await KeyDirectory.open('./keys', { passphrase })
   * ```
   */
  static async open(path: string | URL, options: KeyDirectoryOptions = {}): Promise<KeyDirectory> {
    checkOptions(options, loadOrCreateNames)
    await keyFiles.makeDirectory(path)
    return new KeyDirectory(path, options)
  }

  /** The keys of the directory by name. Nothing is decrypted. @throws RecordError `KEY_FILE_IO`, `KEY_FILE_NOT_FOUND` */
  async list(): Promise<KeyDirectoryEntry[]> {
    const files = await keyFiles.list(this.#path)
    const names = files.filter((file) => file.endsWith(extension)).map((file) => file.slice(0, -extension.length))
    const entries: KeyDirectoryEntry[] = []
    for (const name of names.filter(isName).toSorted())
      entries.push({ name, peerId: await readPeerId(this.#fileOf(name)) })
    return entries
  }

  /** Loads a key. @throws RecordError as `loadSigner` */
  async load(name: string): Promise<KeyPair> {
    const { algorithms, passphrase, checkMode } = this.#options
    return loadSigner(this.#fileOf(name), { algorithms, passphrase, checkMode })
  }

  /** Loads a key, and creates it if there is none with this name. @throws RecordError as `loadOrCreateSigner` */
  async loadOrCreate(name: string): Promise<KeyPair> {
    return loadOrCreateSigner(this.#fileOf(name), this.#options)
  }

  /** Generates and saves a key. @throws RecordError as `saveSigner`: `KEY_FILE_EXISTS` */
  async create(name: string): Promise<KeyPair> {
    const file = this.#fileOf(name)
    const pair = await (this.#options.generate ?? generateKeyPair)()
    await this.#save(file, pair)
    return pair
  }

  /**
   * Saves a private key in any form that `importPrivateKey` accepts.
   *
   * @param options - `passphrase` of `key`, when that is encrypted
   * @throws RecordError as `importPrivateKey` and `saveSigner`: `KEY_FILE_EXISTS`
   * @example
   * ```ts
   * await keys.import('blog', await readFile('blog.pem', 'utf8'), { passphrase: 'that of blog.pem' })
   * ```
   */
  async import(
    name: string,
    key: PrivateKey | Libp2pPrivateKey | Uint8Array | string,
    options: { readonly passphrase?: Passphrase | undefined } = {}
  ): Promise<KeyPair> {
    checkOptions(options, { passphrase: 0 })
    const { passphrase } = options
    const file = this.#fileOf(name)
    const pair = await importPrivateKey(key, { algorithms: this.#options.algorithms, passphrase })
    await this.#save(file, pair)
    return pair
  }

  /** Renames a key. @throws RecordError `KEY_FILE_NOT_FOUND`, `KEY_FILE_EXISTS`, `KEY_FILE_IO` */
  async rename(from: string, to: string): Promise<void> {
    await keyFiles.rename(this.#fileOf(from), this.#fileOf(to))
  }

  /** Deletes a key. It cannot be restored. @throws RecordError `KEY_FILE_NOT_FOUND`, `KEY_FILE_IO` */
  async remove(name: string): Promise<void> {
    await keyFiles.remove(this.#fileOf(name))
  }

  async #save(file: string, pair: KeyPair): Promise<void> {
    const { passphrase, cipher } = this.#options
    await saveSigner(file, pair, { passphrase, cipher })
  }

  #fileOf(name: string): string {
    if (isName(name)) return keyFiles.join(this.#path, name + extension)
    const found = typeof name === 'string' ? printable(name) : describe(name)
    throw new RecordError(
      'INVALID_ARGUMENT',
      `the name of the key is ${found}; 1 to 64 letters a to z, digits, "-", "_" and ".", the first a letter or digit, are expected`
    )
  }
}

function isName(name: unknown): boolean {
  return (
    typeof name === 'string' &&
    /^[a-z\d][\w.-]{0,63}$/i.test(name) &&
    !/^(con|prn|aux|nul|(com|lpt)\d)(\.|$)/i.test(name)
  )
}
