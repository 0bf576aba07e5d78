import { copyBytes, equalBytes } from '@recordkit/record-types'
import type { UnverifiedRecord, VerifiedRecord } from '@recordkit/record-types'
import { isBytes, mapKey, SizedMap } from '@recordkit/record-types/internal'
import type { StoredRecord } from '@recordkit/record-store'
import type { ValidationEngine } from '@recordkit/record-validators'
import type { RecordView } from './record-view.ts'

/** Maximum number of records, and of the bytes that they take. */
const maxRecords = 4096
const maxBytes = 8_388_608
/** bytes of a record besides its key, its value and the bytes that were made of it: the parsed fields, and what the map needs */
const overhead = 2048

/** Where the bytes of a field are within the value. */
interface FieldBytes {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** A record whose signature was verified. */
export interface HeldView {
  /** parsed from bytes that only this cache has */
  readonly record: UnverifiedRecord
  /** what is the same in every view of it */
  readonly template: RecordView
  /** the fields of the view that are bytes of the value */
  readonly parts: readonly FieldBytes[]
  /** the fields that are other bytes */
  readonly others: readonly string[]
}

/**
 * Records that were parsed and whose signatures were verified, by key. One is found by the bytes of the stored record alone, so that it
 * need not be invalidated: a store that contains other bytes is read as if there were no cache. Nothing but the signature is skipped:
 * times, authors and lists are judged at every read. Views are made of the bytes of the stored record, which are those of the caller; of
 * what is held, only access control and the policies of the application see the record, and must not change it.
 */
export class HeldRecords {
  readonly #views = new SizedMap<string, HeldView>(maxRecords, maxBytes, (name, { record, template, others }) =>
    others.reduce(
      (sum, field) => sum + template[field as 'value'].length,
      name.length + record.key.length + record.value.length + overhead
    )
  )

  /** Number of records. */
  get size(): number {
    return this.#views.size
  }

  /** The record with exactly the bytes of a stored one. */
  find({ key, value }: StoredRecord): HeldView | undefined {
    const held = this.#views.get(mapKey(key))
    return held !== undefined && equalBytes(held.record.value, value) ? held : undefined
  }

  /**
   * Adds a record whose signature was verified. `undefined`: its view contains objects, which callers may change.
   *
   * @param record - parsed from copies of key and value that no caller has
   */
  add(record: UnverifiedRecord, view: RecordView): HeldView | undefined {
    if (view.parsedContent !== undefined) return undefined
    const parts: FieldBytes[] = []
    const others: string[] = []
    for (const [name, field] of Object.entries(view) as [string, unknown][]) {
      if (isBytes(field)) {
        const start = field.byteOffset - record.value.byteOffset
        const end = start + field.length
        const isPart = field.buffer === record.value.buffer && start >= 0 && end <= record.value.length
        if (isPart) parts.push({ name, start, end })
        else others.push(name)
      } else if ((typeof field === 'object' && field !== null) || typeof field === 'function') return undefined
    }
    const held = { record, template: view, parts, others }
    this.#views.set(mapKey(record.key), held)
    return held
  }
}

/** A stored record after it was verified. */
export interface StoredAndVerified {
  /** with bytes of its own */
  readonly verified: VerifiedRecord
  readonly view: RecordView
  readonly stored: StoredRecord
}

/** A stored record that is held with the same bytes. Few callers need more of it than the view. */
export class HeldAndVerified implements StoredAndVerified {
  readonly #engine: ValidationEngine
  readonly #held: HeldView
  readonly #verdict: VerifiedRecord
  readonly stored: StoredRecord
  readonly view: RecordView
  #verified: VerifiedRecord | undefined

  constructor(engine: ValidationEngine, held: HeldView, stored: StoredRecord, verdict: VerifiedRecord) {
    this.#engine = engine
    this.#held = held
    this.#verdict = verdict
    this.stored = stored
    this.view = viewOfHeld(held, stored)
  }

  get verified(): VerifiedRecord {
    this.#verified ??= this.#parse()
    return this.#verified
  }

  #parse(): VerifiedRecord {
    const { status, until, parsedContent, identity } = this.#verdict
    const { key, value } = this.#held.record
    // the same bytes were parsed before
    const parsed = this.#engine.parse(copyBytes(key), new Uint8Array(value)) as UnverifiedRecord
    return { ...parsed, status, until, parsedContent, identity }
  }
}

/** The view of a stored record that has the bytes of a held one. It has bytes of its own. */
function viewOfHeld({ template, parts, others }: HeldView, stored: StoredRecord): RecordView {
  const { value, timeReceived } = stored
  const view: RecordView & Record<string, unknown> = { ...template, timeReceived }
  for (const { name, start, end } of parts) view[name] = value.subarray(start, end)
  for (const name of others) view[name] = copyBytes(template[name as 'value'])
  return view
}
