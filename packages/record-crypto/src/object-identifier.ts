/** The contents of an object identifier as text, such as `1.2.840.113549.1.5.13`. */
export function objectIdentifierToString(contents: Uint8Array): string {
  const numbers: bigint[] = []
  let number = 0n
  for (const byte of contents.subarray(0, 64)) {
    number = (number << 7n) | BigInt(byte & 127)
    if (byte > 127) continue
    numbers.push(number)
    number = 0n
  }
  const [first = 0n, ...rest] = numbers
  // the first number contains two: 40 a + b
  const top = first < 80n ? first / 40n : 2n
  return [top, first - top * 40n, ...rest].join('.')
}
