import { compareBytes, isRefusal } from '@recordkit/record-types'
import type { Refusal, UnverifiedRecord } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import { timeText } from './inspection.ts'

/** One of two values that are compared. */
export interface ComparedValue {
  /** `undefined` for a value that is not a record of the key */
  readonly record: UnverifiedRecord | undefined
  /** why it is not a record of the key, or is not valid */
  readonly refusal: Refusal | undefined
}

/** The rules in the order in which they are applied: the first that prefers one of the records decides. */
export type ComparisonRule = 'valid' | 'revocation' | 'sequence' | 'validity' | 'namespace' | 'identity'

/** What a rule says about two records. */
export interface AppliedRule {
  readonly rule: ComparisonRule
  /** what the rule looks at, of each record */
  readonly a: string
  readonly b: string
  readonly prefers: 'a' | 'b' | 'neither'
}

/** Which of two values wins. */
export interface Comparison {
  /** `same`: their author signed the same content; `none`: neither is valid */
  readonly winner: 'a' | 'b' | 'same' | 'none'
  /** one sentence */
  readonly reason: string
  /** the rules up to the one that decides */
  readonly rules: readonly AppliedRule[]
  readonly a: ComparedValue
  readonly b: ComparedValue
}

/**
 * Compares two values of one key as every node does, and says which rule decides.
 *
 * @param key - the record key of both, such as the routing key of an IPNS name
 * @example
 * ```ts
 * const { winner, reason } = await compareValues(createEngine(), ipnsRoutingKey(name), older, newer)
 * ```
 */
export async function compareValues(
  engine: ValidationEngine,
  key: Uint8Array,
  a: Uint8Array,
  b: Uint8Array
): Promise<Comparison> {
  const sides = [await compared(engine, key, a), await compared(engine, key, b)] as const
  const [first, second] = sides
  const validity = valid(first, second)
  const known = { a: first, b: second }
  if (validity.prefers !== 'neither') {
    const refused = validity.prefers === 'a' ? second : first
    const reason = `${validity.prefers === 'a' ? 'b' : 'a'} is refused: ${refusalText(refused)}`
    return { winner: validity.prefers, reason, rules: [validity], ...known }
  }
  if (first.refusal !== undefined || first.record === undefined || second.record === undefined) {
    const reason = `a: ${refusalText(first)}; b: ${refusalText(second)}`
    return { winner: 'none', reason, rules: [validity], ...known }
  }
  const order = engine.compare(first.record, second.record)
  if (order === 0) {
    const reason = 'the author signed the same content, so that they are one record'
    return { winner: 'same', reason, rules: [validity, sameIdentity], ...known }
  }
  const winner = order > 0 ? 'a' : 'b'
  const rules = [validity, ...rulesUntilDecided(first.record, second.record, winner)]
  const [higher, lower] = order > 0 ? [first.record, second.record] : [second.record, first.record]
  return { winner, reason: reasonOf(rules.at(-1)?.rule, higher, lower), rules, ...known }
}

async function compared(engine: ValidationEngine, key: Uint8Array, value: Uint8Array): Promise<ComparedValue> {
  const record = engine.parse(key, value)
  if (isRefusal(record)) return { record: undefined, refusal: record }
  const verdict = await engine.verify(record)
  return { record, refusal: isRefusal(verdict) ? verdict : undefined }
}

function valid(a: ComparedValue, b: ComparedValue): AppliedRule {
  const [isA, isB] = [a.refusal === undefined, b.refusal === undefined]
  const text = ({ refusal }: ComparedValue): string => refusal?.code ?? 'valid'
  return { rule: 'valid', a: text(a), b: text(b), prefers: isA === isB ? 'neither' : isA ? 'a' : 'b' }
}

const sameIdentity: AppliedRule = { rule: 'identity', a: 'the same', b: 'the same', prefers: 'neither' }

function rulesUntilDecided(a: UnverifiedRecord, b: UnverifiedRecord, winner: 'a' | 'b'): AppliedRule[] {
  const rules: AppliedRule[] = []
  const isDecided = (
    rule: ComparisonRule,
    numberA: bigint,
    numberB: bigint,
    text: (number: bigint) => string
  ): boolean => {
    const prefers = numberA > numberB ? 'a' : numberA < numberB ? 'b' : 'neither'
    rules.push({ rule, a: text(numberA), b: text(numberB), prefers })
    return prefers !== 'neither'
  }
  const [revokedA, revokedB] = [a.revoked === true ? 1n : 0n, b.revoked === true ? 1n : 0n]
  if (revokedA + revokedB > 0n && isDecided('revocation', revokedA, revokedB, (flag) => (flag > 0n ? 'yes' : 'no')))
    return rules
  if (a.sequence !== undefined && isDecided('sequence', a.sequence, b.sequence ?? 0n, String)) return rules
  if (a.expires !== undefined && isDecided('validity', a.expires, b.expires ?? 0n, timeText)) return rules
  const rule = compareBytes(a.order, b.order) === 0 ? 'identity' : 'namespace'
  rules.push({ rule, a: winner === 'a' ? 'higher' : 'lower', b: winner === 'b' ? 'higher' : 'lower', prefers: winner })
  return rules
}

/** Why the first of two records ranks above the second. */
function reasonOf(rule: ComparisonRule | undefined, higher: UnverifiedRecord, lower: UnverifiedRecord): string {
  if (rule === 'revocation') return 'it is a revocation, which outranks every record'
  if (rule === 'sequence') return `its sequence is higher: ${higher.sequence} instead of ${lower.sequence}`
  if (rule === 'validity')
    return `the sequences are equal, and it is valid for longer: until ${timeText(higher.expires ?? 0n)} instead of ${timeText(lower.expires ?? 0n)}`
  if (rule === 'namespace') return 'its namespace orders it above the other'
  return 'sequence and validity are equal, and the hash of its signed content is higher: its author signed two contents under one sequence'
}

function refusalText({ refusal }: ComparedValue): string {
  return refusal === undefined ? '' : `${refusal.code}: ${refusal.message}`
}
