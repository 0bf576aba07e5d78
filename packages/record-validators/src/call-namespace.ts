import { isRefusal } from '@recordkit/record-types'
import type {
  MaybePromise,
  Namespace,
  Refusal,
  UnverifiedRecord,
  ValidationContext,
  Verdict
} from '@recordkit/record-types'
import { isBytes, printable, raceAbort } from '@recordkit/record-types/internal'
import { ignore, refusalOf } from './refusal.ts'
import { maxOrder } from './record-rank.ts'

/** Parses with a namespace, which an application may have written: what it throws or returns by mistake is a refusal. */
export function parseBy(namespace: Namespace, key: Uint8Array, value: Uint8Array): UnverifiedRecord | Refusal {
  let parsed: UnverifiedRecord | Refusal
  try {
    parsed = namespace.parse(key, value)
    if (!isParsed(parsed))
      return ignore(
        'VALIDATOR_FAILED',
        `parse of the namespace "${namespace.name}" returned neither a record with an order of at most 31 bytes nor a refusal`
      )
  } catch (error) {
    parsed = refusalOf(error)
  }
  if (!isRefusal(parsed) || parsed.cause === undefined) return parsed
  const text = textOf(value)
  return text === undefined
    ? parsed
    : { ...parsed, message: `the value is text that begins with "${text}"; the bytes of a record are expected` }
}

/** Verifies with a namespace; see {@link parseBy}. @throws the reason of the signal */
export async function verifyBy(
  namespace: Namespace,
  record: UnverifiedRecord,
  context: ValidationContext
): Promise<Verdict> {
  try {
    const verdict = await unlessAborted(namespace.verify(record, context), context.signal)
    if (typeof (verdict as Partial<Verdict> | undefined)?.status === 'string') return verdict
    return ignore(
      'VALIDATOR_FAILED',
      `verify of the namespace "${namespace.name}" returned no status; { status: 'accept' } or a refusal is expected`
    )
  } catch (error) {
    context.signal?.throwIfAborted()
    return refusalOf(error)
  }
}

/** The result of a namespace, which may not observe the signal itself. @throws the reason of the signal */
export function unlessAborted<Result>(
  result: MaybePromise<Result>,
  signal: AbortSignal | undefined
): MaybePromise<Result> {
  return signal === undefined ? result : raceAbort(Promise.resolve(result), signal)
}

/** Whether the result of a namespace is one: a namespace of an application can return anything. */
function isParsed(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false
  if ('status' in result) return true
  const { order } = result as Partial<UnverifiedRecord>
  return isBytes(order) && order.length <= maxOrder
}

/** The beginning of a value that is an HTML page or JSON instead of a record, such as the error page of a gateway. */
function textOf(value: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(value.subarray(0, 40)).trimStart()
  return /^[<{[]/.test(text) ? printable(text, 40) : undefined
}
