import type { AbortOptions, NetworkPutOptions } from '@recordkit/record-types'

export interface Deadline extends AbortOptions {
  readonly deadline?: number
}

/** The `deadline` and `signal` options to hand on, where there are any. */
export function deadlineOf({ deadline, signal }: Deadline): Deadline {
  return { ...(deadline === undefined ? {} : { deadline }), ...(signal === undefined ? {} : { signal }) }
}

/** What a replication takes of a put's options. */
export function replicationOf(options: NetworkPutOptions): NetworkPutOptions {
  const { copies } = options
  return { ...(copies === undefined ? {} : { copies }), ...deadlineOf(options) }
}
