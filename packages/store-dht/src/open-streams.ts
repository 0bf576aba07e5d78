import { abortStream } from './rpc.ts'
import type { ByteStream } from './rpc.ts'

/** A stream of libp2p, which another side may have closed. */
interface StreamStatus {
  readonly status?: string | undefined
  readonly remoteWriteStatus?: string | undefined
}

/** Streams to peers that have answered one request, for the next one. */
export class OpenStreams {
  readonly #streams = new Map<string, ByteStream>()
  /** streams whose answers have not been read yet */
  readonly #unread = new Set<ByteStream>()
  #isClosed = false

  /** Owns a stream from now on, whether or not its answer is ever read. */
  opened(stream: ByteStream): void {
    if (this.#isClosed) close(stream)
    else this.#unread.add(stream)
  }

  /** Keeps the stream of an answer. @param name - of its peer */
  add(name: string, stream: ByteStream): void {
    this.#unread.delete(stream)
    if (this.#isClosed) close(stream)
    else this.#streams.set(name, stream)
  }

  /** Closes the streams of all other peers. */
  keepOnly(peers: readonly { readonly name: string }[]): void {
    const kept = new Set(peers.map(({ name }) => name))
    for (const [name, stream] of this.#streams) {
      if (kept.has(name)) continue
      this.#streams.delete(name)
      close(stream)
    }
  }

  /** Closes all streams, also those that open later. */
  close(): void {
    this.#isClosed = true
    this.keepOnly([])
    for (const stream of this.#unread) close(stream)
    this.#unread.clear()
  }

  /** Takes the stream of a peer for its next request; `undefined` when none is open. */
  take(name: string): ByteStream | undefined {
    const stream = this.#streams.get(name)
    this.#streams.delete(name)
    if (stream === undefined || isOpen(stream)) return stream
    close(stream)
    return undefined
  }
}

function close(stream: ByteStream): void {
  stream.close().catch(() => abortStream(stream, new Error('the stream did not close')))
}

function isOpen(stream: ByteStream & StreamStatus): boolean {
  const { status = 'open', remoteWriteStatus = 'writable' } = stream
  return status === 'open' && remoteWriteStatus === 'writable'
}
