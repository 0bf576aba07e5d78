/** What the conductor asks of a node's process. Bytes go as hex, as JSON carries them. */
export interface NodeCalls {
  /** where it listens */
  addresses(): Promise<string[]>
  dial(addresses: readonly string[]): Promise<number>
  /** denies and closes connections to these peers; nobody: heals */
  cut(peers: readonly string[]): Promise<number>
  put(name: string, content: string, lifetime: number): Promise<Put>
  forget(name: string): Promise<boolean>
  /** content by the network, once what was found stale is repaired; `undefined`: nothing valid */
  get(key: string, quorum?: number): Promise<string | undefined>
  look(key: string): Promise<Held>
  sample(): Promise<Sample>
  /** what the store finds wrong with itself */
  verify(): Promise<string[]>
}

/** What it asks of the attackers'. */
export interface AttackerCalls {
  addresses(): Promise<string[]>
  dial(addresses: readonly string[]): Promise<number>
  /** a record to be handed over again and again from now on */
  replay(key: string, value: string): Promise<number>
  /** so many records, forged, misplaced, foreign and older ones, to everybody */
  strike(times: number): Promise<Struck>
}

export interface Put {
  readonly key: string
  readonly value: string
  readonly sequence: string
  /** peer IDs, in hex, that say they hold it */
  readonly holders: readonly string[]
}

export interface Held {
  /** the sequence of the valid record that is held */
  readonly held?: string
  /** the whole of it, hex */
  readonly value?: string
  /** the sequence of the mark */
  readonly mark?: string
}

export interface Sample {
  readonly heap: number
  readonly rss: number
  readonly external: number
  readonly entries: number
  readonly marks: number
  readonly scheduled: number
  readonly connections: number
}

export interface Struck {
  readonly tried: number
  /** forged, misplaced and foreign ones that were answered other than by a reset: none may be */
  readonly answered: number
  /** records handed over as they once were put, and answered: right where nothing newer is held yet */
  readonly repeated: number
}

/** A process's answer to a call of this number. */
export type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string }

/** Serves calls of the process that forked this one. */
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
  // whoever forked this is gone: nobody would end it
  process.on('disconnect', () => process.exit(0))
  process.send?.({ id: 0, result: 'ready' })
}
