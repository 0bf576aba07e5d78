import { toBase64 } from '@recordkit/record-types/internal'

/**
 * Encodes bytes as base64 with padding.
 *
 * @example
 * ```ts
 * console.log(base64(new Uint8Array(3))) // AAAA
 * ```
 */
export function base64(bytes: Uint8Array): string {
  return toBase64(bytes)
}

/**
 * UTF-8 text; `null` for other bytes.
 *
 * @example
 * ```ts
 * console.log(textOf(Uint8Array.of(104, 105))) // hi
 * ```
 */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/**
 * Text from outside for a terminal or a page: control characters, and characters that change the direction of text, are escaped.
 *
 * @example
 * ```ts
 * console.log(visible('a\u202Eb')) // a\u{202e}b
 * ```
 */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`
  )
}

const units: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's']
]

/**
 * A number of seconds for people, in its two largest units: `2 d 3 h`. The sign is left out.
 *
 * @example
 * ```ts
 * console.log(durationText(90_000)) // 1 d 1 h
 * ```
 */
export function durationText(seconds: number): string {
  let rest = Math.floor(Math.abs(seconds))
  const parts: string[] = []
  for (const [size, name] of units) {
    if (rest >= size && parts.length < 2) parts.push(`${Math.floor(rest / size)} ${name}`)
    rest %= size
  }
  return parts.length === 0 ? '0 s' : parts.join(' ')
}
