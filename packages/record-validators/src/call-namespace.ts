import { isRefusal, RecordError } from '@recordkit/record-types'
import type {
  MaybePromise,
  Namespace,
  Refusal,
  UnverifiedRecord,
  ValidationContext,
  Verdict
} from '@recordkit/record-types'
import { describe, isBytes, printable, raceAbort } from '@recordkit/record-types/internal'
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
    if (!isRefusal(parsed) && !hasTypes(parsed))
      return ignore(
        'VALIDATOR_FAILED',
        `parse of the namespace "${namespace.name}" returned a record whose ${wrongField(parsed)}`
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

/** Whether the optional fields of a record have their types. */
function hasTypes({ author, signature, sequence, issued, expires, ttl, revoked }: UnverifiedRecord): boolean {
  const areBytes = isOptional(author, isBytes) && isOptional(signature, isBytes)
  const areNumbers =
    isOptional(sequence, isBigint) &&
    isOptional(issued, isBigint) &&
    isOptional(expires, isBigint) &&
    isOptional(ttl, isBigint)
  return areBytes && areNumbers && (revoked === undefined || typeof revoked === 'boolean')
}

function wrongField(record: UnverifiedRecord): string {
  for (const name of ['author', 'signature'] as const)
    if (!isOptional(record[name], isBytes)) return `${name} is ${describe(record[name])}; a Uint8Array is expected`
  for (const name of ['sequence', 'issued', 'expires', 'ttl'] as const)
    if (!isOptional(record[name], isBigint)) return `${name} is ${describe(record[name])}; a bigint is expected`
  return `revoked is ${describe(record.revoked)}; a boolean is expected`
}

function isOptional(value: unknown, isExpected: (value: unknown) => boolean): boolean {
  return value === undefined || isExpected(value)
}

const isBigint = (value: unknown): boolean => typeof value === 'bigint'

/**
 * The bytes, if any, that a function of a namespace returns where it has no refusal to return.
 *
 * @param name - of the function
 * @throws RecordError `VALIDATOR_FAILED` when it throws, or returns something else
 */
export function bytesBy(namespace: Namespace, name: string, call: () => unknown): Uint8Array | undefined {
  let result: unknown
  try {
    result = call()
  } catch (cause) {
    throw new RecordError('VALIDATOR_FAILED', `${name} of the namespace "${namespace.name}" threw an error`, { cause })
  }
  if (isOptional(result, isBytes)) return result as Uint8Array | undefined
  const message = `${name} of the namespace "${namespace.name}" returned ${describe(result)}; a Uint8Array is expected`
  throw new RecordError('VALIDATOR_FAILED', message)
}

/** The beginning of a value that is an HTML page or JSON instead of a record, such as the error page of a gateway. */
function textOf(value: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(value.subarray(0, 40)).trimStart()
  return /^[<{[]/.test(text) ? printable(text, 40) : undefined
}
