import { parseIpnsName, parseRecordKey } from '@recordkit/record-codec'
import { RecordError } from '@recordkit/record-types'
import type { AbortOptions, Namespace, PeerId, Signer, TypedContent } from '@recordkit/record-types'
import { checkOptions, isBytes, nameOf, printable } from '@recordkit/record-types/internal'
import type { GetOptions, PutOptions, PutResult, WatchOptions } from './manager-options.ts'
import type { RecordManager } from './record-manager.ts'
import type { RecordView } from './record-view.ts'

/** A verified record whose content has the type that the schema of its namespace returns. */
export type TypedRecord<Output> = Omit<RecordView, 'content' | 'parsedContent'> & { readonly content: Output }

/** Names the owner of a key, where keys name their owner. */
export interface OwnerOptions {
  /** a peer ID, or its text form. @default the peer ID of the manager's default signer */
  readonly owner?: PeerId | string | undefined
}

/**
 * The records of one namespace, by their paths: `manager.namespace(config)`. Where keys name their owner, the path is what follows the
 * owner, who is the manager's own default signer unless the option `owner` says otherwise. Content is read and written in the types of
 * the schema of the namespace, and as bytes where there is none.
 *
 * @example
 * ```ts
 * const mine = manager.namespace(signed('config', { authors: ownerInKey(), schema: v.object({ colour: v.string() }) }))
 * await mine.put('app', { colour: 'green' })
 * console.log((await mine.get('app'))?.content.colour)
 * ```
 */
export class NamespaceRecords<Input, Output> {
  readonly #manager: RecordManager
  readonly #namespace: Namespace & Partial<TypedContent<Input, Output>>

  /** Use `manager.namespace`, which checks that the manager's engine contains the namespace. */
  constructor(manager: RecordManager, namespace: Namespace & Partial<TypedContent<Input, Output>>) {
    this.#manager = manager
    this.#namespace = namespace
  }

  /**
   * The record key of a path.
   *
   * @throws RecordError `SIGNER_MISSING` when the key names its owner, and there is neither `owner` nor a default signer;
   * `IPNS_NAME_INVALID`; `RECORD_KEY_INVALID`
   */
  keyFor(path: string = '', options: OwnerOptions = {}): Uint8Array {
    checkOptions(options, { owner: 0 })
    const { owner } = options
    const { name, keyFor } = this.#namespace
    if (typeof path !== 'string' || path.startsWith('/'))
      throw new RecordError(
        'INVALID_ARGUMENT',
        `path is ${typeof path === 'string' ? `"${printable(path)}"` : nameOf(path)}; text without a slash at its beginning, such as "app", is expected: what follows ${keyFor === undefined ? `/${name}/` : 'the owner'} in the key`
      )
    if (keyFor === undefined) {
      if (owner === undefined) return this.#manager.parseKey(`/${name}/${path}`)
      throw new RecordError('INVALID_ARGUMENT', `owner is given, but keys of ${name} do not name an owner`)
    }
    const author = typeof owner === 'string' ? parseIpnsName(owner) : (owner ?? this.#manager.peerId)
    if (author !== undefined) return keyFor(author, path)
    throw new RecordError(
      'SIGNER_MISSING',
      `keys of ${name} name their owner; pass \`owner\` or a signer to the manager`
    )
  }

  /** Makes a record, stores it and copies it to the network. @throws RecordError as `manager.put` and {@link keyFor} */
  async put(path: string, content: Input, options: PutOptions = {}): Promise<PutResult> {
    const owner = this.#ownerOf(options.signer)
    return this.#manager.put(this.keyFor(path, { owner }), this.#encode(content), options)
  }

  /**
   * The best valid record of a path, stored here or found among peers; `undefined` when there is none, or the key is revoked.
   *
   * @throws RecordError as `manager.getRecord` and {@link keyFor}
   */
  async get(
    path: string,
    { owner, ...options }: GetOptions & OwnerOptions = {}
  ): Promise<TypedRecord<Output> | undefined> {
    const record = await this.#manager.getRecord(this.keyFor(path, { owner }), options)
    return record === undefined || record.revoked === true ? undefined : this.#typed(record)
  }

  /** The records of a path, whenever one is stored here; see `manager.watch`. A revocation is not returned. */
  async *watch(
    path: string,
    { owner, ...options }: WatchOptions & OwnerOptions = {}
  ): AsyncGenerator<TypedRecord<Output>> {
    for await (const record of this.#manager.watch(this.keyFor(path, { owner }), options))
      if (record.revoked !== true) yield this.#typed(record)
  }

  /** The valid records of the namespace that are stored here, of every owner unless the option `owner` names one. */
  async *list({ owner, ...options }: OwnerOptions & AbortOptions = {}): AsyncGenerator<TypedRecord<Output>> {
    const prefix = owner === undefined ? parseRecordKey(`/${this.#namespace.name}/`) : this.keyFor('', { owner })
    for await (const record of this.#manager.list(prefix, options))
      if (record.revoked !== true) yield this.#typed(record)
  }

  /** Deletes the record that is stored here; see `manager.delete`. */
  async delete(path: string, { owner, ...options }: AbortOptions & OwnerOptions = {}): Promise<boolean> {
    return this.#manager.delete(this.keyFor(path, { owner }), options)
  }

  /** Revokes the key of a path; see `manager.revoke`. */
  async revoke(path: string, options: PutOptions = {}): Promise<PutResult> {
    return this.#manager.revoke(this.keyFor(path, { owner: this.#ownerOf(options.signer) }), options)
  }

  /** A key that names its owner is written by that owner. */
  #ownerOf(signer: Signer | PeerId | undefined): PeerId | undefined {
    if (signer === undefined || this.#namespace.keyFor === undefined) return undefined
    return isBytes(signer) ? signer : this.#manager.peerIdOf(signer)
  }

  #encode(content: Input): Uint8Array {
    return this.#namespace.encodeContent?.(content) ?? (content as Uint8Array)
  }

  #typed({ content, parsedContent, ...record }: RecordView): TypedRecord<Output> {
    return { ...record, content: (this.#namespace.encodeContent === undefined ? content : parsedContent) as Output }
  }
}
