import { parseRecordKey } from '@recordkit/record-codec'
import { failArgument, peerIdFromName } from '@recordkit/record-codec/internal'
import { fromHex, isBytes, nameOf, printable, toHex } from '@recordkit/record-types/internal'
import type { MaybePromise, UnverifiedRecord, PeerId, Refusal } from '@recordkit/record-types'
import { PrefixSet } from './prefix-set.ts'

/** What a list contains: peer IDs of senders, peer IDs of authors, or prefixes of record keys. */
export type AccessListKind = 'peers' | 'authors' | 'keys'

/** Stores the lists as one text: in a file, in `localStorage`, in a database row. */
export interface AccessListStorage {
  /** Returns the text that was saved last, or `undefined`. */
  load(): MaybePromise<string | undefined>
  save(text: string): MaybePromise<void>
}

/** The lists as JSON: hex of peer IDs and of key prefixes. */
type Lists = Record<'allow' | 'deny', Record<AccessListKind, string[]>>

const kinds: readonly AccessListKind[] = ['peers', 'authors', 'keys']

/**
 * Allow and deny lists that can change at any time. Denied records are not stored, served or returned. When an allow list has
 * an entry, everything that is not on it is refused. The deny list has precedence. An entry of `keys` covers all record keys
 * that begin with it.
 *
 * @example
 * ```ts
 * const lists = new AccessLists()
 * await lists.deny('authors', 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8')
 * await lists.allow('keys', '/ipns/')
 * ```
 */
export class AccessLists {
  readonly #lists: Record<'allow' | 'deny', Record<AccessListKind, PrefixSet>>
  readonly #storage: AccessListStorage | undefined
  /** the end of the save that runs now */
  #saving: Promise<void> | undefined
  /** a save that has not started */
  #nextSave: Promise<void> | undefined

  /** @param storage - receives the lists after each change. @default the lists exist in memory only */
  constructor(storage?: AccessListStorage) {
    const empty = (): Record<AccessListKind, PrefixSet> => ({
      peers: new PrefixSet(),
      authors: new PrefixSet(),
      keys: new PrefixSet()
    })
    this.#lists = { allow: empty(), deny: empty() }
    this.#storage = storage
  }

  /**
   * Loads the lists from `storage`. When nothing is stored, they are empty.
   *
   * @throws the error of `storage` or `JSON.parse`
   * @example
   * ```ts
   * const lists = await AccessLists.load({
   *   load: () => localStorage.getItem('access') ?? undefined,
   *   save: (text) => localStorage.setItem('access', text)
   * })
   * ```
   */
  static async load(storage: AccessListStorage): Promise<AccessLists> {
    const lists = new AccessLists(storage)
    const text = await storage.load()
    if (text === undefined) return lists
    const stored = JSON.parse(text) as Partial<Lists>
    for (const list of ['allow', 'deny'] as const) {
      for (const kind of kinds) {
        for (const hex of stored[list]?.[kind] ?? []) lists.#lists[list][kind].add(fromHex(hex))
      }
    }
    return lists
  }

  /**
   * Adds an entry to a deny list. It takes effect immediately.
   *
   * @param entry - a peer ID or IPNS name as text or binary; for `keys`, a prefix of record keys
   * @throws RecordError `IPNS_NAME_INVALID` for text that is neither; `INVALID_ARGUMENT` naming the argument; the error of the
   * storage
   */
  async deny(kind: AccessListKind, entry: string | Uint8Array): Promise<void> {
    await this.#change('deny', kind, entry, true)
  }

  /**
   * Adds an entry to an allow list. From the first entry on, everything that is not listed is refused.
   *
   * @param entry - as in {@link deny}
   */
  async allow(kind: AccessListKind, entry: string | Uint8Array): Promise<void> {
    await this.#change('allow', kind, entry, true)
  }

  /**
   * Removes an entry from a list.
   *
   * @param entry - as in {@link deny}
   */
  async remove(list: 'allow' | 'deny', kind: AccessListKind, entry: string | Uint8Array): Promise<void> {
    await this.#change(list, kind, entry, false)
  }

  /** Whether a peer is on the deny list. */
  isDenied(peer: PeerId): boolean {
    return this.#lists.deny.peers.has(peer)
  }

  /** Checks whether records of a peer are accepted. `undefined` means yes. */
  checkSender(sender: PeerId): Refusal | undefined {
    const { allow, deny } = this.#lists
    if (deny.peers.has(sender)) return refuse('SENDER_DENIED', 'the sender is on the deny list')
    if (allow.peers.size === 0 || allow.peers.has(sender)) return undefined
    return refuse('SENDER_NOT_ALLOWED', 'the sender is not on the allow list')
  }

  /** Checks whether a record may be stored, served and returned, by its key and author. `undefined` means yes. */
  checkRecord({ key, author }: Pick<UnverifiedRecord, 'key' | 'author'>): Refusal | undefined {
    const { allow, deny } = this.#lists
    if (deny.keys.covers(key)) return refuse('KEY_DENIED', 'the record key is on the deny list')
    if (allow.keys.size > 0 && !allow.keys.covers(key))
      return refuse('KEY_DENIED', 'the record key is not on the allow list')
    if (author !== undefined && deny.authors.has(author))
      return refuse('AUTHOR_DENIED', 'the author is on the deny list')
    if (allow.authors.size === 0 || (author !== undefined && allow.authors.has(author))) return undefined
    return refuse('AUTHOR_DENIED', 'the author is not on the allow list')
  }

  async #change(list: 'allow' | 'deny', kind: AccessListKind, entry: string | Uint8Array, add: boolean): Promise<void> {
    const entries = this.#lists[list]?.[kind]
    if (!(entries instanceof PrefixSet)) {
      failArgument(
        `list is ${shown(list)} and kind is ${shown(kind)}; allow or deny, and peers, authors or keys are expected`
      )
    }
    const bytes = new Uint8Array(kind === 'keys' ? keyPrefix(entry) : peerIdFromName(entry, 'entry'))
    if (add) entries.add(bytes)
    else entries.delete(bytes)
    await this.#save()
  }

  /**
   * Saves run in order, so that storage ends with the last change. Changes that wait for the same save share it: otherwise adding
   * many entries would write all of them for each. A failed save rejects only the calls that it contains.
   */
  async #save(): Promise<void> {
    if (this.#nextSave === undefined && this.#saving !== undefined) {
      this.#nextSave = this.#saving.then(() => {
        this.#nextSave = undefined
        return this.#write()
      })
    }
    return this.#nextSave ?? this.#write()
  }

  async #write(): Promise<void> {
    let end = (): void => undefined
    this.#saving = new Promise<void>((resolve) => (end = resolve))
    try {
      await this.#storage?.save(this.#text())
    } finally {
      this.#saving = undefined
      end()
    }
  }

  /** The lists as JSON, in the form of {@link Lists}. */
  #text(): string {
    return JSON.stringify(this.#lists, (_, value: unknown) =>
      value instanceof PrefixSet ? [...value.values()].map(toHex) : value
    )
  }
}

/** An empty prefix would cover every key. */
function keyPrefix(entry: string | Uint8Array): Uint8Array {
  const bytes = typeof entry === 'string' ? parseRecordKey(entry) : entry
  if (isBytes(bytes) && bytes.length > 0) return bytes
  return failArgument(`entry is ${bytes?.length === 0 ? 'empty' : nameOf(bytes)}; a key prefix is expected`)
}

function refuse(code: Refusal['code'], message: string): Refusal {
  return { status: 'ignore', code, message }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? printable(value) : nameOf(value)
}
