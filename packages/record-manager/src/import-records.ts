import { equalBytes, isRecordError, RecordError } from '@recordkit/record-types'
import type { AbortOptions, RecordErrorCode } from '@recordkit/record-types'
import {
  checkBoolean,
  checkCount,
  checkFunction,
  checkOptions,
  checkPart,
  isBytes,
  nameOf,
  turns
} from '@recordkit/record-types/internal'
import { itemTypes, progressInterval, readArchive } from './archive-format.ts'
import type { ArchiveItem } from './archive-format.ts'
import { decodeMarkItem, decodePublicationItem, decodeRecordItem } from './archive-items.ts'
import type { ArchivedPublication } from './archive-items.ts'
import { managerParts } from './manager-parts.ts'
import type { ManagerParts } from './manager-parts.ts'
import type { RecordManager } from './record-manager.ts'
import type { ReceiveResult } from './receive-result.ts'
import { restoreMark, restorePublication } from './restore-entry.ts'

export interface ArchiveProgress {
  /** number of items that were written, or that are done */
  readonly items: number
  /** bytes of the archive up to the end of the last of them; of an import also the value of `resume` */
  readonly bytes: number
}

/** An item that was not imported. */
export interface ImportRefusal {
  /** of its first byte in the archive */
  readonly offset: number
  /** the code of the refusal; `ARCHIVE_INVALID` for bytes that are damaged */
  readonly code: RecordErrorCode
  readonly message: string
  readonly key?: Uint8Array | undefined
}

/** Options of {@link importRecords}. */
export interface ImportOptions extends AbortOptions {
  /**
   * import how keys are published: this node signs and publishes their records again. Only for a backup of your own: an old one, or
   * one that another person wrote, makes the node sign content that its key signed once. @default false: records are imported as
   * those of peers, and publications are skipped
   */
  readonly publications?: boolean | undefined
  /**
   * import marks: no lower record is accepted under their keys. Nothing verifies them. Only for a backup of your own: a mark that is
   * too high locks its key, for its author too. @default false
   */
  readonly marks?: boolean | undefined
  /** continue an import of the same file: `bytes` of its last progress, or `details.resume` of its error. @default 0 */
  readonly resume?: number | undefined
  /** called after every 256 items, and at the end */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined
  /** called for each item that is damaged or refused */
  readonly onRefused?: ((refusal: ImportRefusal) => void) | undefined
}

/** What an import did. */
export interface ImportResult extends ArchiveProgress {
  /** number of records by status, those of publications too */
  readonly records: Partial<Record<ReceiveResult['status'], number>>
  /** number of marks and publications that were written */
  readonly marks: number
  readonly publications: number
  /**
   * number of marks and publications that were not: without the option, with a record or a publication under the key already, or
   * past their time; and of items of an unknown type
   */
  readonly skipped: number
  /** number of items that are damaged or were refused */
  readonly refused: number
}

type Counts = { -readonly [Field in keyof ImportResult]: ImportResult[Field] }

/** An item after decoding, of a key. */
interface Entry {
  readonly item: ArchiveItem
  readonly key: Uint8Array
  readonly run: (options: AbortOptions) => Promise<void>
}

/** items whose records are verified and stored at the same time */
const concurrency = 32

/** Errors of the store that concern one entry: the others can be imported. */
const entryErrors: ReadonlySet<RecordErrorCode> = /* @__PURE__ */ new Set(['STORE_NEWER_FORMAT', 'STORE_CORRUPT'])

/**
 * Reads an archive of any version and imports what it contains. Records are verified like those of peers; a damaged or refused item
 * is counted and does not stop the others. Marks and publications are trusted, and imported only when the options say so. An import
 * can be repeated: it changes nothing then. Chunks of the file may have any size.
 *
 * @throws RecordError `ARCHIVE_INVALID` when the file is not an archive or is truncated, after the complete items before that point
 * were imported; the code of the store when it fails (`STORE_IO` or `STORE_UNKNOWN` for a full disk). Their `details` are `{ resume, result }`: pass
 * `resume` to continue, after the cause is gone. `INVALID_ARGUMENT` for a wrong option, and for a chunk that is not a `Uint8Array`;
 * the reason of the signal
 * @example
 * ```ts
 * const { records } = await importRecords(manager, createReadStream('config.archive'))
 * console.log(records.stored ?? 0)
 * ```
 * @example
 * ```ts
 * // a backup of your own, on a new machine
 * await importRecords(manager, createReadStream('backup.archive'), { publications: true, marks: true })
 * ```
 */
export async function importRecords(
  manager: Pick<RecordManager, 'receive'>,
  file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ImportOptions = {}
): Promise<ImportResult> {
  checkPart(manager, 'manager', ['receive'], 'a RecordManager')
  checkOptions(options, { publications: 0, marks: 0, resume: 0, onProgress: 0, onRefused: 0, signal: 0 })
  if (
    isBytes(file) ||
    typeof file === 'string' ||
    !(Symbol.asyncIterator in Object(file) || Symbol.iterator in Object(file))
  )
    throw new RecordError(
      'INVALID_ARGUMENT',
      `file is ${isBytes(file) ? 'a Uint8Array' : nameOf(file)}; an iterable of Uint8Array is expected, such as \`createReadStream(path)\` or \`[bytes]\``
    )
  return new Import(manager, options).run(file)
}

class Import {
  readonly #manager: Pick<RecordManager, 'receive'>
  readonly #parts: ManagerParts | undefined
  readonly #options: ImportOptions
  readonly #publications: boolean
  readonly #marks: boolean
  readonly #resume: number
  readonly #counts: Counts
  readonly #records: Partial<Record<ReceiveResult['status'], number>> = {}
  #waiting: Entry[] = []
  #reported = 0

  /** @throws RecordError `INVALID_ARGUMENT` naming the option */
  constructor(manager: Pick<RecordManager, 'receive'>, options: ImportOptions) {
    this.#manager = manager
    this.#parts = managerParts.get(manager)
    this.#options = options
    this.#publications = checkBoolean(options.publications, 'publications', false)
    this.#marks = checkBoolean(options.marks, 'marks', false)
    this.#resume = checkCount(options.resume, 'resume', 0, 0)
    if (options.onProgress !== undefined) checkFunction(options.onProgress, 'onProgress')
    if (options.onRefused !== undefined) checkFunction(options.onRefused, 'onRefused')
    if (this.#parts === undefined && (this.#publications || this.#marks))
      throw new RecordError('INVALID_ARGUMENT', 'manager must be a RecordManager to import marks and publications')
    const bytes = this.#resume
    this.#counts = { items: 0, bytes, records: this.#records, marks: 0, publications: 0, skipped: 0, refused: 0 }
  }

  async run(file: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<ImportResult> {
    const { signal, onProgress } = this.#options
    signal?.throwIfAborted()
    try {
      try {
        for await (const item of readArchive(file, this.#resume, signal)) await this.#add(item)
      } finally {
        // an error of the file comes after the items before it
        if (signal?.aborted !== true) await this.#finish()
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#stopped(error)
    }
    const { items, bytes } = this.#counts
    onProgress?.({ items, bytes })
    return this.#counts
  }

  /** The error with the place at which the import can be continued. */
  #stopped(error: unknown): unknown {
    if (!isRecordError(error) || error.code === 'INVALID_ARGUMENT') return error
    const details = { resume: this.#counts.bytes, result: this.#counts }
    return new RecordError(error.code, error.message, { cause: error, offset: error.offset, details })
  }

  async #add(item: ArchiveItem): Promise<void> {
    if (item.type === itemTypes.end && item.body !== undefined) return
    const entry = this.#decode(item)
    // the items of one key follow each other, and depend on each other
    const last = this.#waiting.at(-1)
    if (last !== undefined && equalBytes(last.key, entry.key)) await this.#finish()
    this.#waiting.push(entry)
    if (this.#waiting.length >= concurrency) await this.#finish()
  }

  /** Imports the waiting items. What is before the first one that the store did not accept is done. */
  async #finish(): Promise<void> {
    const entries = this.#waiting
    this.#waiting = []
    const results = await Promise.allSettled(entries.map(async ({ run }) => run({ signal: this.#options.signal })))
    for (const [index, { item, key }] of entries.entries()) {
      const result = results[index]
      if (result?.status === 'rejected') {
        this.#options.signal?.throwIfAborted()
        const error: unknown = result.reason
        if (!isOfOneItem(error)) throw error
        this.#refuse({ offset: item.offset, key, code: error.code, message: error.message })
      }
      this.#counts.items++
      this.#counts.bytes = item.end
    }
    await this.#progress()
  }

  /** Reports progress, and lets other work of the process run: items that are refused take no turn of the event loop. */
  async #progress(): Promise<void> {
    const { items, bytes } = this.#counts
    if (items - this.#reported < progressInterval) return
    this.#reported = items
    this.#options.onProgress?.({ items, bytes })
    await turns.next()
  }

  /** An item that cannot be decoded becomes one that fails with the error, so that all are counted in their order. */
  #decode(item: ArchiveItem): Entry {
    try {
      return { item, ...this.#entryOf(item) }
    } catch (error) {
      const run = async (): Promise<never> => {
        throw error
      }
      return { item, key: new Uint8Array(0), run }
    }
  }

  #entryOf({ type, body, offset }: ArchiveItem): Omit<Entry, 'item'> {
    if (body === undefined)
      throw new RecordError('ARCHIVE_INVALID', 'the checksum of an item does not match its bytes', { offset })
    if (type === itemTypes.record) {
      const { key, value } = decodeRecordItem(body)
      return { key, run: async (options) => this.#count(offset, key, await this.#manager.receive(key, value, options)) }
    }
    if (type === itemTypes.mark) {
      const mark = decodeMarkItem(body)
      return {
        key: mark.key,
        run: async (options) => {
          const parts = this.#marks ? this.#parts : undefined
          if (parts !== undefined && (await restoreMark(parts, mark, options))) this.#counts.marks++
          else this.#counts.skipped++
        }
      }
    }
    if (type === itemTypes.publication) {
      const { publication, value } = decodePublicationItem(body)
      return {
        key: publication.key,
        run: async (options) => this.#importPublication(offset, { publication, value }, options)
      }
    }
    return {
      key: new Uint8Array(0),
      run: async () => {
        this.#counts.skipped++
      }
    }
  }

  async #importPublication(
    offset: number,
    { publication, value }: ArchivedPublication,
    options: AbortOptions
  ): Promise<void> {
    const { key } = publication
    const parts = this.#publications ? this.#parts : undefined
    // without a record there is nothing to publish
    if (value === undefined) {
      this.#counts.skipped++
      return
    }
    const receive = async (): Promise<ReceiveResult> => this.#manager.receive(key, value, options)
    const { result, isRestored } =
      parts === undefined
        ? { result: await receive(), isRestored: false }
        : await restorePublication(parts, publication, value, receive, options)
    if (isRestored) this.#counts.publications++
    else this.#counts.skipped++
    this.#count(offset, key, result, isRestored)
  }

  /** Counts a record. One is refused when it is not valid, unless it has lapsed and is renewed. */
  #count(offset: number, key: Uint8Array, { status, code, message = status }: ReceiveResult, isRestored = false): void {
    this.#records[status] = (this.#records[status] ?? 0) + 1
    if (isRestored) return
    if (code !== undefined && status !== 'stale') this.#refuse({ offset, key, code, message })
  }

  #refuse(refusal: ImportRefusal): void {
    this.#counts.refused++
    this.#options.onRefused?.(refusal)
  }
}

/** Whether an error concerns one item only. Any other means that the store, or the application, cannot go on. */
function isOfOneItem(error: unknown): error is RecordError {
  if (!isRecordError(error)) return false
  const { code } = error
  return entryErrors.has(code) || !(code.startsWith('STORE_') || code === 'TIMEOUT')
}
