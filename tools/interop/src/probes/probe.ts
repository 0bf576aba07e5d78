import { type Call, type Implementation, OperationRefused, OperationUnsupported } from '../implementation.ts'

/** An input for both RecordKit and another implementation. */
export interface Probe {
  /** describes the input; probes of the same title are counted together */
  readonly title: string
  readonly operation: string
  readonly call: Call
  /** our decoder: it throws or returns false to refuse */
  ours(): unknown
  /** whether an answer means that the input is accepted. @default every answer does */
  readonly isAccepted?: (answer: Record<string, unknown>) => boolean
}

/** Whether RecordKit accepts the input. */
export async function acceptedHere(probe: Probe): Promise<boolean> {
  try {
    return (await probe.ours()) !== false
  } catch {
    return false
  }
}

/** Whether the implementation accepts the input; `undefined` when it does not support the operation. */
export async function acceptedThere(probe: Probe, implementation: Implementation): Promise<boolean | undefined> {
  try {
    const answer = await implementation.call(probe.operation, probe.call)
    return probe.isAccepted?.(answer) ?? true
  } catch (error) {
    if (error instanceof OperationRefused) return false
    if (error instanceof OperationUnsupported) return undefined
    throw error
  }
}
