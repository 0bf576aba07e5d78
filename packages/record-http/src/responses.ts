/** The media type of IPNS records. */
export const ipnsRecordType = 'application/vnd.ipfs.ipns-record'
export const jsonType = 'application/json'
export const ndjsonType = 'application/x-ndjson'

/** s: how long an empty answer may be cached */
const emptyAge = 15
/** s: how long an answer with results may be cached */
const resultAge = 300
/** s: how long providers stay in the Amino DHT */
const staleAge = 172_800

/** A sentence for the client. */
export function textResponse(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
}

/** `Cache-Control` of a list. @see Delegated Routing V1, "Response Headers" */
export function listCacheControl(isEmpty: boolean): string {
  return `public, max-age=${isEmpty ? emptyAge : resultAge}, stale-while-revalidate=${staleAge}, stale-if-error=${staleAge}`
}

/** `Cache-Control` of an answer without a record. */
export const missCacheControl = 'public, max-age=15'

/** ms: the last second that an HTTP date can name */
const maxHttpTime = 253_402_300_799_000n

/** Nanoseconds since the Unix epoch as an HTTP date, at most the end of the year 9999. */
export function httpDate(time: bigint): string {
  const milliseconds = time / 1_000_000n
  return new Date(Number(milliseconds < maxHttpTime ? milliseconds : maxHttpTime)).toUTCString()
}

/** Whether a client accepts one of these media types. Without the header it accepts all. @see RFC 9110, section 12.5.1 */
export function accepts(request: Request, ...types: readonly string[]): boolean {
  if (!request.headers.has('accept')) return true
  const named = mediaTypes(request, 'accept')
  return (
    named.includes('*/*') || types.some((type) => named.includes(type) || named.includes(type.replace(/\/.*/s, '/*')))
  )
}

/** The media types that a header names, in lower case, without parameters and without those of quality 0. */
export function mediaTypes(request: Request, name: string): string[] {
  const header = request.headers.get(name) ?? ''
  return header
    .toLowerCase()
    .split(',')
    .filter((part) => !/;\s*q=0(?:\.0*)?\s*(?:;|$)/.test(part))
    .map((part) => part.replace(/;.*/s, '').trim())
}
