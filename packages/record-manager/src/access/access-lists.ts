import { parseIpnsName, toKey } from '@recordkit/record-codec'
import { mapKey } from '@recordkit/record-types'
import type { MaybePromise, OpenedRecord, PeerId, Refusal } from '@recordkit/record-types'
import { fromHex, toHex } from './hex.ts'

/** What a list is about: who hands records over, who signs them, which keys they are under. */
export type ListSubject = 'peers' | 'authors' | 'keys'

/** Keeps one text somewhere: a file, `localStorage`, a row. */
export interface ListStorage {
  load(): MaybePromise<string | undefined>
  save(text: string): MaybePromise<void>
}

/** The lists as JSON: hex of peer IDs and of key prefixes. */
type Lists = Record<'allow' | 'deny', Record<ListSubject, string[]>>

const subjects: readonly ListSubject[] = ['peers', 'authors', 'keys']

/**
 * Allow and deny lists, changeable while running. What is denied is neither taken, nor served, nor found: hand `permit`
 * to the engine, and the lists to `PeerAccess`. A subject with an allow list takes nothing else; deny goes before allow.
 * A key stands for all keys that begin with it.
 */
export class AccessLists {
  readonly #lists: Record<'allow' | 'deny', Record<ListSubject, Map<string, Uint8Array>>>
  readonly #storage: ListStorage | undefined
  #saving: Promise<void> = Promise.resolve()

  constructor(storage?: ListStorage) {
    const empty = (): Record<ListSubject, Map<string, Uint8Array>> => ({
      peers: new Map(),
      authors: new Map(),
      keys: new Map()
    })
    this.#lists = { allow: empty(), deny: empty() }
    this.#storage = storage
  }

  /** The lists that `storage` keeps; empty ones when it keeps none. @throws what `storage` and `JSON.parse` throw */
  static async load(storage: ListStorage): Promise<AccessLists> {
    const lists = new AccessLists(storage)
    const text = await storage.load()
    if (text === undefined) return lists
    const kept = JSON.parse(text) as Partial<Lists>
    for (const list of ['allow', 'deny'] as const) {
      for (const subject of subjects) {
        for (const hex of kept[list]?.[subject] ?? []) {
          const bytes = fromHex(hex)
          lists.#lists[list][subject].set(mapKey(bytes), bytes)
        }
      }
    }
    return lists
  }

  /** @param what - a peer ID or IPNS name, in text or binary; of keys, the beginning of a record key */
  async deny(subject: ListSubject, what: string | Uint8Array): Promise<void> {
    await this.#change('deny', subject, what, true)
  }

  /** From the first entry on, a subject takes what is listed and nothing else. */
  async allow(subject: ListSubject, what: string | Uint8Array): Promise<void> {
    await this.#change('allow', subject, what, true)
  }

  async remove(list: 'allow' | 'deny', subject: ListSubject, what: string | Uint8Array): Promise<void> {
    await this.#change(list, subject, what, false)
  }

  /** Whether records may be taken from this peer. */
  admit(sender: PeerId): Refusal | undefined {
    const name = mapKey(sender)
    if (this.#lists.deny.peers.has(name)) return refuse('SENDER_DENIED', 'the sender is on the deny list')
    if (this.#lists.allow.peers.size === 0 || this.#lists.allow.peers.has(name)) return undefined
    return refuse('SENDER_NOT_ALLOWED', 'the sender is not on the allow list')
  }

  /** Whether a record may be taken, served and found: by its author and its key. */
  readonly permit = ({ key, author }: Pick<OpenedRecord, 'key' | 'author'>): Refusal | undefined => {
    const { allow, deny } = this.#lists
    if (covers(deny.keys, key)) return refuse('KEY_DENIED', 'the record key is on the deny list')
    if (allow.keys.size > 0 && !covers(allow.keys, key))
      return refuse('KEY_DENIED', 'the record key is not on the allow list')
    const name = author === undefined ? undefined : mapKey(author)
    if (name !== undefined && deny.authors.has(name)) return refuse('AUTHOR_DENIED', 'the author is on the deny list')
    if (allow.authors.size === 0 || (name !== undefined && allow.authors.has(name))) return undefined
    return refuse('AUTHOR_DENIED', 'the author is not on the allow list')
  }

  async #change(list: 'allow' | 'deny', subject: ListSubject, what: string | Uint8Array, add: boolean): Promise<void> {
    const bytes =
      typeof what === 'string' ? (subject === 'keys' ? toKey(what) : parseIpnsName(what)) : new Uint8Array(what)
    if (add) this.#lists[list][subject].set(mapKey(bytes), bytes)
    else this.#lists[list][subject].delete(mapKey(bytes))
    // one save after another, so that the last change is what stays; a failed one fails its own call alone
    const saved = this.#saving.then(() => this.#storage?.save(this.#text()))
    this.#saving = saved.catch(() => undefined)
    await saved
  }

  #text(): string {
    const of = (list: 'allow' | 'deny'): Record<ListSubject, string[]> => {
      const { peers, authors, keys } = this.#lists[list]
      return {
        peers: [...peers.values()].map(toHex),
        authors: [...authors.values()].map(toHex),
        keys: [...keys.values()].map(toHex)
      }
    }
    return JSON.stringify({ allow: of('allow'), deny: of('deny') } satisfies Lists)
  }
}

/** Whether `key` begins with an entry: asked once a length there is. */
function covers(entries: ReadonlyMap<string, Uint8Array>, key: Uint8Array): boolean {
  if (entries.size === 0) return false
  const lengths = new Set([...entries.values()].map(({ length }) => length))
  for (const length of lengths) if (length <= key.length && entries.has(mapKey(key.subarray(0, length)))) return true
  return false
}

function refuse(code: Refusal['code'], message: string): Refusal {
  return { verdict: 'ignore', code, message }
}
