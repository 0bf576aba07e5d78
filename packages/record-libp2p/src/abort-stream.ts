import type { Stream } from '@libp2p/interface'

/** Aborts a stream. May be called in a listener, where an error would end the process. */
export function abortStream(stream: Stream, reason: Error): void {
  try {
    stream.abort(reason)
  } catch {
    // the stream is closing already
  }
}
