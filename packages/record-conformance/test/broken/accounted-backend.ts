import type { EntryContent, StoreAccounts, StoreChange, StoreEntry } from '@recordkit/record-store'
import { MemoryAccounts } from '@recordkit/record-store/internal'
import { mapKey } from '@recordkit/record-types/internal'
import { entryOf, MapBackend } from '../map-backend.ts'
import type { MapData, MapEntry } from '../map-backend.ts'

/** Accounts that answer synchronously. */
export type SyncAccounts = {
  [Method in keyof StoreAccounts]: (
    ...parameters: Parameters<StoreAccounts[Method]>
  ) => Awaited<ReturnType<StoreAccounts[Method]>>
}

/** A backend on a map that keeps accounts itself. */
export class AccountedBackend extends MapBackend {
  readonly accounts: MemoryAccounts = new MemoryAccounts()
  readonly #count: (key: Uint8Array, content: EntryContent) => void

  /**
   * @param counted - the entries that are counted when it is opened; undefined: none
   * @param protectsPublished - whether published entries count towards no group
   */
  constructor(data?: MapData, counted: MapData | undefined = data, protectsPublished = true) {
    super(data)
    const { accounts } = this
    this.#count = (key, content) =>
      accounts.set(key, protectsPublished ? content : { ...content, publication: undefined })
    for (const { key, ...content } of counted?.values() ?? []) this.#count(key, content)
  }

  override apply(changes: readonly StoreChange[]): void {
    super.apply(changes)
    for (const { key, next } of changes) this.#count(key, next)
  }
}

/** A backend on a map that counts its entries whenever it is asked, and remembers what it read and wrote. */
export class CountingBackend extends MapBackend {
  readonly #recent = new Map<string, MapEntry | undefined>()

  override async read(keys: readonly Uint8Array[]): Promise<StoreEntry[]> {
    const entries = await super.read(keys)
    for (const [index, key] of keys.entries())
      this.#recent.set(mapKey(key), entries[index]?.version as MapEntry | undefined)
    return entries
  }

  expect(keys: readonly Uint8Array[]): StoreEntry[] {
    return keys.map((key) => entryOf(this.#recent.get(mapKey(key))))
  }

  async writeOrRead(changes: readonly StoreChange[]): Promise<boolean | StoreEntry[]> {
    const isWritten = await this.write(changes)
    const entries = await this.read(changes.map(({ key }) => key))
    return isWritten || entries
  }

  get accounts(): SyncAccounts {
    const accounts = new MemoryAccounts()
    for (const { key, ...content } of this.data.values()) accounts.set(key, content)
    return accounts
  }
}
