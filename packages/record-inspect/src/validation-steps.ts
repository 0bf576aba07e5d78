import { equalBytes, isRefusal } from '@recordkit/record-types'
import type { RefusalCode, Refusal } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'

/** The steps of the path of a record that need neither a sender nor a store, in their order. */
export type StepName = 'key' | 'size' | 'decoding' | 'binding' | 'signature' | 'time' | 'content' | 'normal-form'

/** The result of one step. `unknown`: it could not be taken, or an earlier step failed. */
export interface ValidationStep {
  readonly name: StepName
  readonly status: 'passed' | 'failed' | 'unknown'
  /** of the refusal, when the step failed */
  readonly refusal?: Refusal | undefined
  /** what the step found out, where that is not obvious */
  readonly note?: string | undefined
}

/** The names of all steps, in their order. */
export const stepNames: readonly StepName[] = [
  'key',
  'size',
  'decoding',
  'binding',
  'signature',
  'time',
  'content',
  'normal-form'
]

type CodesOf = Partial<Record<RefusalCode, StepName>>

/** The step that a refusal of `engine.findNamespace` or `parse` belongs to, where it is not the usual one. */
const parseSteps: CodesOf = {
  VALUE_TOO_LARGE: 'size',
  KEY_TOO_LARGE: 'size',
  RECORD_TOO_LARGE: 'size',
  TOO_LARGE: 'size',
  KEY_MISMATCH: 'binding',
  RECORD_KEY_INVALID: 'key',
  IPNS_NAME_INVALID: 'key',
  PEER_ID_INVALID: 'key'
}
/** The same for `engine.verify`. */
const verifySteps: CodesOf = {
  SIGNATURE_INVALID: 'signature',
  SIGNATURE_DISPUTED: 'signature',
  ALGORITHM_MISSING: 'signature',
  ALGORITHM_UNSUPPORTED: 'signature',
  EXPIRED: 'time',
  ISSUED_IN_FUTURE: 'time',
  CONTENT_INVALID: 'content',
  VALIDATOR_FAILED: 'content'
}

/**
 * Takes a value through the steps of validation, and says which of them refuses it.
 *
 * @param key - the record key; `undefined` when it is not known: then only the decoding is judged
 * @returns every step, in order
 * @see ARCHITECTURE.md, "The path of a record"
 * @example
 * ```ts
 * const failed = (await validationSteps(createEngine(), key, value)).find(({ status }) => status === 'failed')
 * ```
 */
export async function validationSteps(
  engine: ValidationEngine,
  key: Uint8Array,
  value: Uint8Array
): Promise<readonly ValidationStep[]> {
  const namespace = engine.findNamespace(key, value)
  if ('status' in namespace) return stoppedBy(namespace, parseSteps, 'key')
  const parsed = engine.parse(key, value, namespace)
  if (isRefusal(parsed)) return stoppedBy(parsed, parseSteps, 'decoding')
  const verified = await engine.verify(parsed)
  if (isRefusal(verified)) return stoppedBy(verified, verifySteps, 'binding')
  const normal = await engine.normalize(verified)
  if (isRefusal(normal)) return stoppedBy(normal, {}, 'normal-form')
  const note = equalBytes(normal.value, value)
    ? 'these bytes are the normal form'
    : `another encoding of the record: ${normal.value.length} bytes are stored and forwarded instead`
  return stepNames.map((name) => ({ name, status: 'passed', note: name === 'normal-form' ? note : undefined }))
}

/** The steps of a record of which only the decoding can be judged. */
export function stepsWithoutKey(note: string): readonly ValidationStep[] {
  return stepNames.map((name) => ({
    name,
    status: name === 'size' || name === 'decoding' ? 'passed' : 'unknown',
    note: name === 'key' ? note : undefined
  }))
}

/** All steps when one of them refuses. */
export function stoppedBy(refusal: Refusal, steps: CodesOf, usual: StepName): readonly ValidationStep[] {
  const failed = steps[refusal.code as RefusalCode] ?? usual
  const at = stepNames.indexOf(failed)
  return stepNames.map((name, index) => ({
    name,
    status: index < at ? 'passed' : index === at ? 'failed' : 'unknown',
    refusal: index === at ? refusal : undefined
  }))
}
