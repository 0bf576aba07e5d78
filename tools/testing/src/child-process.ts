import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/**
 * The next message of a child process, or how it ended without one. A process can exit before its last message is read: `close`
 * follows all messages.
 */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const other = new AbortController()
  const { signal } = other
  const message = once(child, 'message', { signal }).then(([received]) => received as unknown)
  const closed = once(child, 'close', { signal }).then(([code]) => `the process ended with ${String(code)}`)
  try {
    return await Promise.race([message, closed])
  } finally {
    other.abort()
  }
}
