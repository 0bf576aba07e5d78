import { abortStream } from './rpc.ts'
import type { ByteStream, ProtocolDialer } from './rpc.ts'

/** A stream of libp2p, which another side may have closed. */
interface StreamStatus {
  readonly status?: string | undefined
  readonly remoteWriteStatus?: string | undefined
}

/** Streams to peers that have answered one request, for the next one. */
export class OpenStreams {
  readonly #streams = new Map<string, ByteStream>()

  /** Keeps a stream. @param name - of its peer */
  add(name: string, stream: ByteStream): void {
    this.#streams.set(name, stream)
  }

  /** Closes the streams of all other peers. */
  keepOnly(peers: readonly { readonly name: string }[]): void {
    const kept = new Set(peers.map(({ name }) => name))
    for (const [name, stream] of this.#streams) {
      if (kept.has(name)) continue
      this.#streams.delete(name)
      stream.close().catch(() => abortStream(stream, new Error('the stream did not close')))
    }
  }

  /** Opens the stream of a peer for its next request: the one that is open, if there is one. */
  dialer<Peer>(name: string, dialer: ProtocolDialer<Peer>): ProtocolDialer<Peer> {
    return {
      dialProtocol: async (peer, protocol, options) => {
        const stream = this.#streams.get(name)
        this.#streams.delete(name)
        return stream !== undefined && isOpen(stream) ? stream : dialer.dialProtocol(peer, protocol, options)
      }
    }
  }
}

function isOpen(stream: ByteStream & StreamStatus): boolean {
  const { status = 'open', remoteWriteStatus = 'writable' } = stream
  return status === 'open' && remoteWriteStatus === 'writable'
}
