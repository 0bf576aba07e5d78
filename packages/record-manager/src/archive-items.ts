import { decodeRecord, encodeRecord } from '@recordkit/record-codec'
import { decodeCbor, encodeCbor } from '@recordkit/record-codec/dag-cbor'
import type { CborValue } from '@recordkit/record-codec/dag-cbor'
import { RecordError } from '@recordkit/record-types'
import type { HighWaterMark, Publication, StoredRecord } from '@recordkit/record-store'
import { encodeItem, itemTypes } from './archive-format.ts'

export type ArchivedRecord = Pick<StoredRecord, 'key' | 'value' | 'timeReceived'>

/** How a key is published, and the record that was stored under it. */
export interface ArchivedPublication {
  readonly publication: Publication
  readonly value: Uint8Array | undefined
}

/** ns: later times are written as this one, the largest integer of CBOR */
const maxTime = 18_446_744_073_709_551_615n

/** A record as a libp2p `Record`. */
export function recordItem(record: ArchivedRecord): Uint8Array {
  return encodeItem(itemTypes.record, encodeRecord(record))
}

export function markItem({ key, rank, until }: HighWaterMark): Uint8Array {
  return encodeItem(itemTypes.mark, encodeFields({ key, rank, until }))
}

/** A publication contains its record, so that reader and writer need no other item of its key. */
export function publicationItem(publication: Publication, value: Uint8Array | undefined): Uint8Array {
  return encodeItem(itemTypes.publication, encodeFields({ ...publication, value }))
}

/** @throws RecordError the code of the decoder */
export function decodeRecordItem(body: Uint8Array): Pick<ArchivedRecord, 'key' | 'value'> {
  const { key, value } = decodeRecord(body, { limit: body.length })
  return { key, value }
}

/** @throws RecordError `ARCHIVE_INVALID`, `CBOR_…` */
export function decodeMarkItem(body: Uint8Array): HighWaterMark {
  const fields = new ItemFields(body)
  return {
    key: fields.bytes('key'),
    rank: fields.bytes('rank'),
    until: fields.required('until', fields.integer('until'))
  }
}

/** Fields that a newer version adds are left out. @throws RecordError `ARCHIVE_INVALID`, `CBOR_…` */
export function decodePublicationItem(body: Uint8Array): ArchivedPublication {
  const fields = new ItemFields(body)
  const publication: Publication = {
    key: fields.bytes('key'),
    signer: fields.optionalBytes('signer'),
    lifetime: fields.integer('lifetime'),
    ttl: fields.integer('ttl'),
    options: fields.optionalBytes('options'),
    network: fields.boolean('network'),
    published: fields.integer('published')
  }
  return { publication, value: fields.optionalBytes('value') }
}

/** The end of an archive. */
export function endItem(): Uint8Array {
  return encodeItem(itemTypes.end, new Uint8Array(0))
}

function encodeFields(fields: Readonly<Record<string, Uint8Array | bigint | boolean | undefined>>): Uint8Array {
  const map = new Map<string, CborValue>()
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) map.set(name, typeof value === 'bigint' && value > maxTime ? maxTime : value)
  }
  return encodeCbor(map)
}

/** The fields of a mark or a publication, checked as they are read. */
class ItemFields {
  readonly #fields: ReadonlyMap<string, CborValue>

  constructor(body: Uint8Array) {
    const value = decodeCbor(body)
    this.#fields = value instanceof Map ? (value as ReadonlyMap<string, CborValue>) : invalid('it is not a map')
  }

  bytes(name: string): Uint8Array {
    return this.required(name, this.optionalBytes(name))
  }

  optionalBytes(name: string): Uint8Array | undefined {
    const value = this.#fields.get(name)
    return value === undefined || value instanceof Uint8Array ? value : invalid(`${name} is not bytes`)
  }

  integer(name: string): bigint | undefined {
    const value = this.#fields.get(name)
    return value === undefined || (typeof value === 'bigint' && value >= 0n)
      ? value
      : invalid(`${name} is not a number`)
  }

  boolean(name: string): boolean {
    const value = this.#fields.get(name)
    return typeof value === 'boolean' ? value : invalid(`${name} is not a boolean`)
  }

  required<T>(name: string, value: T | undefined): T {
    return value ?? invalid(`${name} is missing`)
  }
}

function invalid(reason: string): never {
  throw new RecordError('ARCHIVE_INVALID', `an item of the archive is not valid: ${reason}`)
}
