import { ByteQueue, raceAbort } from '@recordkit/record-types/internal'

/**
 * The bytes of a request, up to a limit.
 *
 * @returns `undefined` when there are more; the rest is not read
 * @throws the reason of the signal
 */
export async function requestBody(
  request: Request,
  limit: number,
  signal: AbortSignal
): Promise<Uint8Array | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) {
    await request.body?.cancel()
    return undefined
  }
  const stream = request.body as typeof request.body | undefined
  if (stream === null) return new Uint8Array(0)
  if (stream === undefined) {
    // Firefox has no streams of requests
    const bytes = new Uint8Array(await raceAbort(request.arrayBuffer(), signal))
    return bytes.length > limit ? undefined : bytes
  }
  const body = new ByteQueue()
  const reader = stream.getReader()
  let chunks = 0
  try {
    for (;;) {
      const { done, value } = await raceAbort(reader.read(), signal)
      if (done) return body.takeAll()
      body.push(value)
      // empty chunks cost time too
      if (body.length > limit || ++chunks > limit) return undefined
    }
  } finally {
    void reader.cancel().catch(() => undefined)
  }
}
