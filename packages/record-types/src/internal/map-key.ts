/** A string that is equal exactly for equal bytes, one UTF-16 unit a byte: the key of a `Map`, never shown or sent. */
export function mapKey(bytes: Uint8Array): string {
  const { length } = bytes
  let text = ''
  let index = 0
  // eight at a time: a call with so many arguments costs what one with a single one does
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
