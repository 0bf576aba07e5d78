import {
  peerRecordDomain,
  peerRecordPayloadType,
  signedRecordDomain,
  signedRecordPayloadType
} from '@recordkit/record-codec'
import { equalBytes } from '@recordkit/record-types'
import type { ByteLayout, ByteRange, LayoutWalk, Span } from './byte-range.ts'
import { pathIn } from './byte-range.ts'
import { cborRanges } from './cbor-ranges.ts'
import { formats } from './formats.ts'
import type { Inspection } from './inspection.ts'
import type { FieldDescription, ProtobufField, ProtobufSchema } from './protobuf-ranges.ts'
import { protobufRanges, readVarint } from './protobuf-ranges.ts'

/** A layout has at most about this many ranges. */
const maxRanges = 2000

/**
 * The fields of bytes and where they are, as leniently as possible: bytes that are cut off or damaged are explained up to the damage.
 *
 * @param inspection - of these bytes: which format they have
 * @param domain - of an envelope whose payload type is not known
 * @returns no ranges for a private key, which must not be shown, and for an archive
 * @example
 * ```ts
 * const inspection = await inspectBytes(bytes, context)
 * for (const { path, start, end, text } of layoutOf(bytes, inspection).ranges) console.log(path, start, end, text)
 * ```
 */
export function layoutOf(bytes: Uint8Array, inspection: Inspection, domain = ''): ByteLayout {
  const walk: LayoutWalk = { bytes, coverage: [], left: maxRanges }
  const all = { start: 0, end: bytes.length, path: '' }
  return { ranges: rangesOf(walk, all, inspection, domain), coverage: walk.coverage }
}

function rangesOf(walk: LayoutWalk, span: Span, inspection: Inspection, domain: string): ByteRange[] {
  switch (inspection.kind) {
    case 'ipns-record':
      return ipnsRanges(walk, span)
    case 'envelope':
    case 'peer-record':
    case 'signed-record':
      return envelopeRanges(walk, span, domain)
    case 'public-key':
      return protobufRanges(walk, span, formats.publicKey)
    case 'peer-id':
      return [whole(span, 'peer ID', 'key', String(inspection['peerId']))]
    case 'dht-record':
      return dhtRecordRanges(walk, span, inspection, domain)
    case 'dht-message':
      return dhtMessageRanges(walk, span, inspection, domain)
    case 'private-key':
    case 'archive':
      return []
    default:
      return span.end > span.start ? [whole(span, 'unknown', 'unknown', 'the format of these bytes is not known')] : []
  }
}

function whole({ start, end, path }: Span, name: string, role: ByteRange['role'], text: string): ByteRange {
  return { name, path: pathIn({ start, end, path }, name), role, start, contentStart: start, end, text, ranges: [] }
}

/** A field whose content is explained by a function. */
function nested(
  name: string,
  role: ByteRange['role'],
  ranges: (walk: LayoutWalk, span: Span) => ByteRange[]
): ProtobufField {
  const describe: ProtobufField['describe'] = ({ walk, span, bytes }): FieldDescription => ({
    text: `${bytes.length} bytes`,
    ranges: ranges(walk, span)
  })
  return { name, role, wireType: 2, describe }
}

function ipnsRanges(walk: LayoutWalk, span: Span): ByteRange[] {
  const data = nested('data', 'container', (walk, inner) => cborRanges(walk, inner, formats.ipnsData))
  const ranges = protobufRanges(walk, span, { ...formats.ipnsRecord, 9: data })
  cover(walk, ranges, 'signatureV2', 'ipns-signature:', ['data'])
  // what follows the covered bytes, `EOL`, is a constant
  cover(walk, ranges, 'signatureV1', '', ['value', 'validity'])
  return ranges
}

/** Adds what a signature covers, unless a field is missing. Of a field that occurs several times the last one counts. */
function cover(
  walk: LayoutWalk,
  ranges: readonly ByteRange[],
  name: string,
  prefix: string,
  names: readonly string[]
): void {
  const last = (name: string): ByteRange | undefined => ranges.findLast((range) => range.name === name)
  const signature = last(name)
  const covered = names.map(last)
  if (signature === undefined || signature.end === signature.contentStart) return
  if (covered.some((range) => range === undefined)) return
  const covers = covered.map((range) => ({ start: range!.contentStart, end: range!.end }))
  walk.coverage.push({ signature: signature.path, prefix, covers })
}

function envelopeRanges(walk: LayoutWalk, span: Span, domain: string): ByteRange[] {
  // the type stands before the payload in the normal form only
  const { bytes } = walk
  const type = protobufRanges({ ...walk, left: 100 }, span, { 2: formats.envelope[2] as ProtobufField }).findLast(
    ({ name }) => name === 'payloadType'
  )
  const typeBytes = type && bytes.subarray(type.contentStart, type.end)
  const isOf = (expected: Uint8Array): boolean => typeBytes !== undefined && equalBytes(typeBytes, expected)
  const [schema, known]: readonly [ProtobufSchema | undefined, string] = isOf(signedRecordPayloadType)
    ? [formats.signedRecord, signedRecordDomain]
    : isOf(peerRecordPayloadType)
      ? [formats.peerRecord, peerRecordDomain]
      : [undefined, domain]
  const payload = schema && nested('payload', 'container', (walk, inner) => protobufRanges(walk, inner, schema))
  const ranges = protobufRanges(
    walk,
    span,
    payload === undefined ? formats.envelope : { ...formats.envelope, 3: payload }
  )
  cover(walk, ranges, 'signature', known, ['payloadType', 'payload'])
  return ranges
}

function dhtRecordRanges(walk: LayoutWalk, span: Span, inspection: Inspection, domain: string): ByteRange[] {
  const inner = inspection['value'] as Inspection | undefined
  if (inner === undefined || inner.kind === 'unknown') return protobufRanges(walk, span, formats.dhtRecord)
  const value = nested('value', 'container', (walk, within) => rangesOf(walk, within, inner, domain))
  return protobufRanges(walk, span, { ...formats.dhtRecord, 2: value })
}

function dhtMessageRanges(walk: LayoutWalk, span: Span, inspection: Inspection, domain: string): ByteRange[] {
  const prefix = lengthPrefix(walk, span)
  const message = { ...span, start: prefix?.end ?? span.start }
  const inner = inspection['record'] as Inspection | null | undefined
  const record = nested('record', 'container', (walk, within) =>
    inner == null ? protobufRanges(walk, within, formats.dhtRecord) : dhtRecordRanges(walk, within, inner, domain)
  )
  const ranges = protobufRanges(walk, message, { ...formats.dhtMessage, 3: record })
  return prefix === undefined ? ranges : [prefix, ...ranges]
}

/** The length that a message has before it on a stream. */
function lengthPrefix({ bytes }: LayoutWalk, span: Span): ByteRange | undefined {
  const length = readVarint(bytes, span.start, span.end)
  if (length === undefined || Number(length.value) !== span.end - length.end) return undefined
  return whole({ ...span, end: length.end }, 'length', 'type', `${length.value} bytes follow`)
}
