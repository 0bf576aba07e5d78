/** A string for use as a `Map` key: one UTF-16 code unit per byte, so that strings are equal exactly for equal bytes. */
export function mapKey(bytes: Uint8Array): string {
  const { length } = bytes
  let text = ''
  let index = 0
  // eight at a time: a call with eight arguments costs as much as a call with one
  for (; index + 8 <= length; index += 8) {
    text += String.fromCharCode(
      bytes[index] as number,
      bytes[index + 1] as number,
      bytes[index + 2] as number,
      bytes[index + 3] as number,
      bytes[index + 4] as number,
      bytes[index + 5] as number,
      bytes[index + 6] as number,
      bytes[index + 7] as number
    )
  }
  for (; index < length; index++) text += String.fromCharCode(bytes[index] as number)
  return text
}
