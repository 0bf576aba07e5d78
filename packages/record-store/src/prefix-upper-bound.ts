/**
 * The smallest byte string above every string that begins with `prefix`.
 *
 * @returns `undefined` when there is none: `prefix` is empty or all 0xff
 * @example
 * ```ts
 * prefixUpperBound(Uint8Array.of(0x2f, 0x61)) // Uint8Array.of(0x2f, 0x62)
 * ```
 */
export function prefixUpperBound(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const end = prefix.slice(0, length)
  end[length - 1] = (end[length - 1] as number) + 1
  return end
}
