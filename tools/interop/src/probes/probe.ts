import { type Call, type Peer, PeerRefused, PeerUnsupported } from '../peer.ts'

/** One input that a verdict is asked of, here and there. */
export interface Probe {
  /** what the input is; probes of the same title are counted together */
  readonly title: string
  readonly operation: string
  readonly call: Call
  /** whether we take it */
  ours(): unknown
  /** what to make of an answer that is no refusal; taken when absent */
  readonly taken?: (answer: Record<string, unknown>) => boolean
}

/** Whether our code takes the input: it does not throw and does not answer false. */
export async function takenHere(probe: Probe): Promise<boolean> {
  try {
    return (await probe.ours()) !== false
  } catch {
    return false
  }
}

/** Whether theirs does; `undefined` when they have nothing of the kind. */
export async function takenThere(probe: Probe, peer: Peer): Promise<boolean | undefined> {
  try {
    const answer = await peer.call(probe.operation, probe.call)
    return probe.taken === undefined ? true : probe.taken(answer)
  } catch (error) {
    if (error instanceof PeerRefused) return false
    if (error instanceof PeerUnsupported) return undefined
    throw error
  }
}
