import { RecordError } from '@recordkit/record-types'

/**
 * The chunks of a response, counted as they come.
 *
 * @throws RecordError `TOO_LARGE` when the response says that it is larger, before anything is read, or when it turns out to be
 */
export async function* limitedChunks(response: Response, limit: number): AsyncGenerator<Uint8Array> {
  const said = Number(response.headers.get('content-length') ?? 0)
  if (said > limit) {
    await response.body?.cancel()
    throw tooLarge(said, limit)
  }
  if (response.body === null) return
  const reader = response.body.getReader()
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.length
      if (size > limit) throw tooLarge(size, limit)
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** A whole response. @throws as {@link limitedChunks} */
export async function limitedBytes(response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of limitedChunks(response, limit)) {
    chunks.push(chunk)
    size += chunk.length
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.length
  }
  return bytes
}

/** The media type, without its parameters. */
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase()
}

/** Seconds for which a response may be used again, by its `Cache-Control`; 0 when it does not say. */
export function maxAge(response: Response): number {
  const said = response.headers.get('cache-control')?.toLowerCase() ?? ''
  if (/\bno-(?:store|cache)\b/.test(said)) return 0
  const age = Number(response.headers.get('age') ?? 0)
  const left = Number(/\bmax-age=(\d{1,9})\b/.exec(said)?.[1] ?? 0) - (age > 0 ? age : 0)
  return Math.max(0, Math.floor(left))
}

function tooLarge(size: number, limit: number): RecordError {
  return new RecordError('TOO_LARGE', `the answer is ${size} bytes or more; at most ${limit} are read`, { size, limit })
}
