// A worker that writes until it is terminated.
import { writeEndlessly } from './endless-writes.ts'

globalThis.addEventListener('message', ({ data }: MessageEvent<{ name: string; start: number }>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  void writeEndlessly(data.name, data.start, (write) => globalThis.postMessage(write))
})
