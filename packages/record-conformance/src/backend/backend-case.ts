import type { MaybePromise } from '@recordkit/record-types'
import type {
  EntryContent,
  EntryKind,
  ScanRange,
  StoreBackend,
  StoreCapabilities,
  StoreChange,
  StoreEntry
} from '@recordkit/record-store'
import { record } from '../store/store-case.ts'
import type { ConformanceCase } from '../suite.ts'

/** What a case needs: a capability of the backend, or a method of the factory. */
export type BackendRequirement =
  | keyof StoreCapabilities
  | 'share'
  | 'reopen'
  | 'corruption'
  | 'newer'
  | 'quarantine'
  | 'accounts'
  | 'expectations'

/** What the author of a backend passes to the kit. Cases that need a missing optional method are skipped. */
export interface BackendFactory {
  readonly name: string
  /** the capabilities that the backends declare */
  readonly capabilities: StoreCapabilities
  /** Opens a backend without entries that shares no data with others. */
  create(): MaybePromise<StoreBackend>
  /** Opens a second backend on the data of an open one, as another process would. */
  share?(backend: StoreBackend): MaybePromise<StoreBackend>
  /** Opens the data of a closed backend again. */
  reopen?(backend: StoreBackend): MaybePromise<StoreBackend>
  /** Damages the stored bytes of the entry under `key`, so that they cannot be decoded. */
  corrupt?(backend: StoreBackend, key: Uint8Array): MaybePromise<void>
  /** Stores an entry under `key` as a newer version would, which this version cannot decode. */
  writeNewer?(backend: StoreBackend, key: Uint8Array): MaybePromise<void>
  /** Whether the backends keep accounts. @default false */
  readonly accounts?: boolean | undefined
  /** Whether the backends have `expect` and `writeOrRead`. @default false */
  readonly expectations?: boolean | undefined
  /** The number of damaged entries that are kept in quarantine. */
  quarantined?(backend: StoreBackend): MaybePromise<number>
  /** Called after each case, when its backends are closed. */
  cleanUp?(): MaybePromise<void>
  /** ms after which a case fails. @default 300_000 */
  readonly timeout?: number | undefined
  /** Entries of the case with many entries: more than a page of the storage. A slow medium may use fewer. @default 10_007 */
  readonly manyEntries?: number | undefined
}

/** What a case receives. */
export interface BackendContext {
  readonly factory: BackendFactory
  open(): Promise<StoreBackend>
  share(backend: StoreBackend): Promise<StoreBackend>
  /** Closes a backend and opens its data again. */
  reopen(backend: StoreBackend): Promise<StoreBackend>
}

export type BackendCase = ConformanceCase<BackendContext, BackendRequirement>

/** A case of level `must`. */
export function must(
  id: string,
  title: string,
  run: (context: BackendContext) => Promise<void>,
  requires: readonly BackendRequirement[] = []
): BackendCase {
  return { id, title, requires, level: 'must', run }
}

/** The entry of one key. */
export async function readOne(backend: StoreBackend, key: Uint8Array): Promise<StoreEntry> {
  const [entry] = await backend.read([key])
  return entry ?? {}
}

/** Record, mark, publication and shares of an entry, in bytes of their own. */
export function contentOf({ record: stored, mark, publication, recordShare, markShare }: StoreEntry): EntryContent {
  return structuredClone({ record: stored, mark, publication, recordShare, markShare })
}

/** An entry whose bytes are copies, with the same version: a backend may return views that later calls change. */
export function copyEntry(entry: StoreEntry): StoreEntry {
  const { version, corrupt, newer } = entry
  return { ...contentOf(entry), version, corrupt, newer }
}

/** Reads the keys of contents and returns the changes that write them. */
export async function changesTo(
  backend: StoreBackend,
  contents: readonly (readonly [Uint8Array, EntryContent])[]
): Promise<StoreChange[]> {
  const entries = await backend.read(contents.map(([key]) => key))
  return contents.map(([key, next], index) => ({ key, previous: copyEntry(entries[index] ?? {}), next }))
}

/** Writes contents over whatever the keys contain; one change at a time unless the backend declares `atomicBatch`. */
export async function writeAll(
  backend: StoreBackend,
  contents: readonly (readonly [Uint8Array, EntryContent])[]
): Promise<void> {
  const changes = await changesTo(backend, contents)
  const size = backend.capabilities.atomicBatch ? 500 : 1
  for (let start = 0; start < changes.length; start += size) {
    if (!(await backend.write(changes.slice(start, start + size))))
      throw new Error('write returned false although no version has changed')
  }
}

/** Everything that a scan returns, in bytes of its own. */
export async function scanAll(backend: StoreBackend, kind: EntryKind, range: ScanRange = {}): Promise<StoreEntry[]> {
  const found: StoreEntry[] = []
  for await (const entry of backend.scan(kind, range)) found.push(copyEntry(entry))
  return found
}

/** The key of an entry. */
export function keyOf({ record: stored, mark, publication }: StoreEntry): Uint8Array {
  return (stored ?? mark ?? publication)?.key ?? new Uint8Array(0)
}

/** An entry with a record. */
export function withRecord(
  key: Uint8Array,
  value: string,
  order = 1,
  more: Parameters<typeof record>[3] = {}
): readonly [Uint8Array, EntryContent] {
  return [key, { record: record(key, value, order, more) }]
}
