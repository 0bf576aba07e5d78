import type { RecordHandler } from './handler-options.ts'

/** The part of `IncomingMessage` of node:http that is used. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** whether the whole request was received */
  readonly complete: boolean
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** The part of `ServerResponse` of node:http that is used. */
export interface NodeResponse {
  readonly writableFinished: boolean
  writeHead(status: number, headers: Record<string, string>): unknown
  write(chunk: Uint8Array): boolean
  end(): unknown
  destroy(): unknown
  on(event: 'close' | 'drain', listener: () => void): unknown
  off(event: 'close' | 'drain', listener: () => void): unknown
}

/** Options of {@link nodeListener}. */
export interface NodeListenerOptions {
  /**
   * the address of a client, such as the last one in `x-forwarded-for` behind a proxy of your own
   * @default that of the socket
   */
  readonly addressOf?: ((request: NodeRequest) => string | undefined) | undefined
}

/**
 * Adapts a handler to `http.createServer` of Node.
 *
 * @example
 * ```ts
 * const server = createServer(nodeListener(createRecordHandler({ manager })))
 * server.listen(8190)
 * ```
 */
export function nodeListener(
  handler: RecordHandler,
  { addressOf = ({ socket }) => socket.remoteAddress }: NodeListenerOptions = {}
): (request: NodeRequest, response: NodeResponse) => void {
  return (incoming, outgoing) => void answer(handler, incoming, outgoing, addressOf)
}

async function answer(
  handler: RecordHandler,
  incoming: NodeRequest,
  outgoing: NodeResponse,
  addressOf: (request: NodeRequest) => string | undefined
): Promise<void> {
  const left = new AbortController()
  const leave = (): void => {
    if (!outgoing.writableFinished) left.abort(new DOMException('the client left', 'AbortError'))
  }
  outgoing.on('close', leave)
  try {
    const request = requestOf(incoming, left.signal)
    const response =
      request === undefined
        ? new Response('the request is not valid\n', { status: 400 })
        : await handler(request, { address: addressOf(incoming) })
    // a body that was not read to its end would block the connection
    if (!incoming.complete) response.headers.set('connection', 'close')
    await send(response, outgoing, left.signal)
  } catch {
    // the client left, or a stream failed: the status is sent already
    outgoing.destroy()
  } finally {
    outgoing.off('close', leave)
  }
}

/** @returns `undefined` when the target or a header cannot be represented */
function requestOf(incoming: NodeRequest, signal: AbortSignal): Request | undefined {
  const { method = 'GET', url = '/', headers } = incoming
  // the path only: the host is a header that the client chooses
  const target = `http://localhost${url.startsWith('/') ? url : `/${url}`}`
  if (!URL.canParse(target)) return undefined
  try {
    const list = new Headers()
    for (const [name, value] of Object.entries(headers)) {
      for (const one of typeof value === 'string' ? [value] : (value ?? [])) list.append(name, one)
    }
    const init: RequestInit & { duplex?: 'half' } = { method, headers: list, signal }
    if (method !== 'GET' && method !== 'HEAD') {
      init.body = bodyOf(incoming)
      init.duplex = 'half'
    }
    return new Request(target, init)
  } catch {
    return undefined
  }
}

function bodyOf(incoming: NodeRequest): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = incoming[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(new Uint8Array(value))
    },
    // the rest of the request is not read
    cancel: () => {}
  })
}

/** Sends a response as fast as the client reads. @throws the error of the body, and when the client leaves */
async function send(response: Response, outgoing: NodeResponse, signal: AbortSignal): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const step = await reader?.read()
      if (step === undefined || step.done) break
      signal.throwIfAborted()
      if (!outgoing.write(step.value)) await drained(outgoing, signal)
    }
    outgoing.end()
  } finally {
    await reader?.cancel()
  }
}

async function drained(outgoing: NodeResponse, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      outgoing.off('drain', done)
      outgoing.off('close', done)
      resolve()
    }
    outgoing.on('drain', done)
    outgoing.on('close', done)
  })
  signal.throwIfAborted()
}
