/** Calls to the process of a node. Bytes are hex. */
export interface NodeCalls {
  /** its listening addresses */
  addresses(): Promise<string[]>
  dial(addresses: readonly string[]): Promise<number>
  /** refuses and closes connections with these peers; an empty list ends the partition */
  partition(peers: readonly string[]): Promise<number>
  put(name: string, content: string, lifetime: number): Promise<Put>
  delete(name: string): Promise<boolean>
  /** content from the network, after stale copies are repaired; `undefined` when no valid record was found */
  get(key: string, quorum?: number): Promise<string | undefined>
  inspect(key: string): Promise<StoredState>
  sample(): Promise<Sample>
  /** the problems that `verify` of the store finds */
  verify(): Promise<string[]>
}

/** Calls to the process of the attackers. */
export interface AttackerCalls {
  addresses(): Promise<string[]>
  dial(addresses: readonly string[]): Promise<number>
  /** adds a record that is sent repeatedly from now on */
  replay(key: string, value: string): Promise<number>
  /** sends this number of forged, misplaced, foreign and older records to random nodes */
  attack(times: number): Promise<AttackResult>
}

export interface Put {
  readonly key: string
  readonly value: string
  readonly sequence: string
  /** peer IDs, in hex, of the nodes that acknowledged it */
  readonly holders: readonly string[]
}

export interface StoredState {
  /** the sequence of the valid stored record */
  readonly sequence?: string | undefined
  /** its value, hex */
  readonly value?: string | undefined
  /** the sequence of the mark */
  readonly mark?: string | undefined
}

export interface Sample {
  readonly heap: number
  readonly rss: number
  readonly external: number
  readonly entries: number
  readonly marks: number
  readonly republished: number
  readonly connections: number
}

export interface AttackResult {
  readonly tried: number
  /** forged, misplaced and foreign records that were answered by anything but a reset; must be 0 */
  readonly answered: number
  /** unchanged records that were answered, which is correct while nothing newer is stored */
  readonly repeated: number
}

/** The answer of a process to the call with this ID. */
export type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string }

/** Serves calls of the parent process. */
export function serve(calls: object): void {
  const table = new Map(Object.entries(calls)) as Map<string, (...args: unknown[]) => Promise<unknown>>
  process.on('message', ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
    const work = async (): Promise<unknown> => table.get(name)?.(...args)
    work().then(
      (result) => process.send?.({ id, result }),
      (error: unknown) =>
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    )
  })
  // the parent is gone, and nothing else would end this process
  process.on('disconnect', () => process.exit(0))
  process.send?.({ id: 0, result: 'ready' })
}
