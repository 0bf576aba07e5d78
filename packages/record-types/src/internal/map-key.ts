/** number of arguments of one call, which engines limit */
const chunk = 4096

/**
 * A string for use as a `Map` key: one UTF-16 code unit per byte, so that strings are equal exactly for equal bytes. It is made in one
 * call: a string that is put together from parts keeps its parts in memory, four times as much for a peer ID.
 */
export function mapKey(bytes: Uint8Array): string {
  let text = Reflect.apply(String.fromCharCode, undefined, bytes.length > chunk ? bytes.subarray(0, chunk) : bytes)
  for (let at = chunk; at < bytes.length; at += chunk)
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + chunk))
  return text
}
