import { durationText, visible } from '@recordkit/record-inspect/text'
import type { CommandIo } from './command-io.ts'

export { base64, visible } from '@recordkit/record-inspect/text'

/** What `--json` prints: an object whose field names do not change. Bytes are base64, bigints numbers up to 2^53 and text above. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The text of an object in JSON. */
export function jsonText(object: JsonObject): string {
  return `${JSON.stringify(object, (_name, value: unknown) => jsonValue(value), 2)}\n`
}

/** The text of an object in one line, for streams of objects. */
export function jsonLine(object: JsonObject): string {
  return `${JSON.stringify(object, (_name, value: unknown) => jsonValue(value))}\n`
}

/** A number up to 2^53, and text above, which other readers would round. */
export function jsonNumber(value: bigint): number | string {
  const isSafe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER)
  return isSafe ? Number(value) : String(value)
}

function jsonValue(value: unknown): unknown {
  return typeof value === 'bigint' ? jsonNumber(value) : value
}

/** Colours for a terminal, or none. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

export function styleOf({ isTerminal, env }: CommandIo): Style {
  const isColoured = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  const code =
    (before: number, after: number) =>
    (text: string): string =>
      isColoured ? `\u001B[${before}m${text}\u001B[${after}m` : text
  return { bold: code(1, 22), dim: code(2, 22), good: code(32, 39), bad: code(31, 39) }
}

/**
 * An object for people: one field per line, aligned, those of nested objects indented. Fields that are `null` are left out. Everything
 * that a terminal could interpret is escaped.
 */
export function fieldsText(object: JsonObject, style: Style, indent = ''): string {
  const fields = Object.entries(object).filter(([, value]) => value !== null && value !== undefined)
  const width = Math.max(0, ...fields.filter(([, value]) => !isNested(value)).map(([name]) => name.length)) + 2
  let text = ''
  for (const [name, value] of fields) {
    if (isNested(value)) text += `${indent}${style.dim(name)}\n${nestedText(value, style, `${indent}  `)}`
    else text += `${indent}${style.dim(name.padEnd(width))}${valueText(name, value, style)}\n`
  }
  return text
}

function isNested(value: unknown): value is JsonObject | readonly unknown[] {
  return typeof value === 'object' && value !== null
}

function nestedText(value: JsonObject | readonly unknown[], style: Style, indent: string): string {
  if (!Array.isArray(value)) return fieldsText(value as JsonObject, style, indent)
  return (value as readonly unknown[])
    .map((item) =>
      isNested(item) ? fieldsText(item as JsonObject, style, indent) : `${indent}${visible(String(item))}\n`
    )
    .join('')
}

function valueText(name: string, value: unknown, style: Style): string {
  const text = visible(String(value))
  if (name === 'status')
    return /^(?:accept|ok|stored|refreshed|published)$/.test(text) ? style.good(text) : style.bad(text)
  if (name === 'timeLeft' && typeof value === 'number') return timeLeftText(value)
  if (name === 'kind') return style.bold(text)
  return text
}

/** Seconds for people: `2 d 3 h`, `expired 5 min ago`. */
export function timeLeftText(seconds: number): string {
  return seconds < 0 ? `expired ${durationText(seconds)} ago` : durationText(seconds)
}
