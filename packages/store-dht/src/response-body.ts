import { RecordError } from '@recordkit/record-types'
import { ByteQueue } from '@recordkit/record-types/internal'

/**
 * The chunks of a response, up to a number of bytes. An empty chunk counts as one byte, so that their number is limited too.
 *
 * @throws RecordError `TOO_LARGE` when `content-length` exceeds the limit, before anything is read, or when the body does
 */
export async function* limitedChunks(response: Response, limit: number): AsyncGenerator<Uint8Array> {
  const declared = Number(response.headers.get('content-length') ?? 0)
  if (declared > limit) {
    await response.body?.cancel()
    throw tooLarge(declared, limit)
  }
  if (response.body === null) return
  const reader = response.body.getReader()
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      size += Math.max(1, value.length)
      if (size > limit) throw tooLarge(size, limit)
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** The bytes of a response. @throws as {@link limitedChunks} */
export async function limitedBytes(response: Response, limit: number): Promise<Uint8Array> {
  const body = new ByteQueue()
  for await (const chunk of limitedChunks(response, limit)) body.push(chunk)
  return body.takeAll()
}

/** The media type of a response, in lower case, without its parameters. */
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase()
}

/** ns for which a response may be cached, by its `Cache-Control` and `Age`; `undefined` when it does not say. */
export function maxAge(response: Response): bigint | undefined {
  const control = response.headers.get('cache-control')?.toLowerCase() ?? ''
  if (/\bno-(?:store|cache)\b/.test(control)) return 0n
  if (!/\bmax-age\b/.test(control)) return undefined
  const seconds = Number(/\bmax-age=(\d{1,9})\b/.exec(control)?.[1] ?? 0)
  const age = Number(response.headers.get('age') ?? 0)
  const rest = Math.floor(seconds - (age > 0 ? age : 0))
  return rest > 0 ? BigInt(rest) * 1_000_000_000n : 0n
}

function tooLarge(size: number, limit: number): RecordError {
  return new RecordError('TOO_LARGE', `the response is at least ${size} bytes; the limit is ${limit}`, { size, limit })
}
