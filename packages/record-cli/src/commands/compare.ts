import { decodeUnverifiedEnvelope, decodeSignedRecord, ipnsRoutingKey, parseIpnsName } from '@recordkit/record-codec'
import { compareBytes, isRecordError, isRefusal, limits } from '@recordkit/record-types'
import type { UnverifiedRecord, Verdict } from '@recordkit/record-types'
import { createEngine } from '../algorithms.ts'
import type { CommandArguments } from '../command-arguments.ts'
import type { CommandCode } from '../command.ts'
import { CommandError, exitStatus, usageError } from '../failure.ts'
import { keyText, timeText } from '../inspect/inspection.ts'
import { visible } from '../output.ts'
import type { JsonObject } from '../output.ts'
import { decodeInput, readInput } from '../read-input.node.ts'

interface Side {
  readonly file: string
  readonly record: UnverifiedRecord
  readonly verdict: Verdict
}

/** `recordkit compare`: exits with 0 when one of them wins or both are the same, and with 1 when neither is valid. */
export const compareRecords: CommandCode = async (args, context) => {
  const engine = createEngine()
  const files = [args.text('a'), args.text('b')] as const
  if (files[0] === '-' && files[1] === '-')
    throw usageError('only one of the records can be read from the standard input')
  const values: Uint8Array[] = []
  for (const file of files) values.push(decodeInput(await readInput(file, context, 2 * limits.value), args))
  const [a = new Uint8Array(0), b = new Uint8Array(0)] = values
  const key = keyIn(args, engine) ?? keyOf(a) ?? keyOf(b)
  if (key === undefined)
    throw usageError('the records do not contain their key; pass --name k51… for IPNS records, or --key /namespace/…')
  const sides = await Promise.all([side(files[0], a), side(files[1], b)])
  const [winner, reason] = decide(sides[0], sides[1])
  const shown = { a: fieldsOf(sides[0]), b: fieldsOf(sides[1]) }
  await context.print(
    { winner, reason, key: keyText(key), ...shown },
    `${winner === 'a' ? `${visible(files[0])} wins` : winner === 'b' ? `${visible(files[1])} wins` : winner === 'same' ? 'they are the same record' : 'neither is valid'}: ${visible(reason)}\n`
  )
  return winner === 'none' ? exitStatus.refused : exitStatus.success

  async function side(file: string, value: Uint8Array): Promise<Side> {
    const record = engine.parse(key as Uint8Array, value)
    if (isRefusal(record))
      throw new CommandError(
        exitStatus.refused,
        record.code,
        `${visible(file)} is not a record of this key: ${record.message}`
      )
    return { file, record, verdict: await engine.verify(record) }
  }

  function decide(first: Side, second: Side): readonly ['a' | 'b' | 'same' | 'none', string] {
    const [isFirst, isSecond] = [!isRefusal(first.verdict), !isRefusal(second.verdict)]
    if (!isFirst && !isSecond) return ['none', `a: ${refusalText(first)}; b: ${refusalText(second)}`]
    if (!isFirst) return ['b', `a is refused: ${refusalText(first)}`]
    if (!isSecond) return ['a', `b is refused: ${refusalText(second)}`]
    const order = engine.compare(first.record, second.record)
    if (order === 0) return ['same', 'the author signed the same content, so that they are one record']
    return [
      order > 0 ? 'a' : 'b',
      order > 0 ? reasonOf(first.record, second.record) : reasonOf(second.record, first.record)
    ]
  }
}

/** Why the first of two records ranks above the second. */
function reasonOf(higher: UnverifiedRecord, lower: UnverifiedRecord): string {
  if (higher.revoked === true && lower.revoked !== true) return 'it is a revocation, which outranks every record'
  const [sequence = 0n, other = 0n] = [higher.sequence, lower.sequence]
  if (sequence > other) return `its sequence is higher: ${sequence} instead of ${other}`
  const [expires = 0n, until = 0n] = [higher.expires, lower.expires]
  if (expires > until)
    return `the sequences are equal, and it is valid for longer: until ${timeText(expires)} instead of ${timeText(until)}`
  if (compareBytes(higher.order, lower.order) > 0) return 'its namespace orders it above the other'
  return 'sequence and validity are equal, and the hash of its signed content is higher: its author signed two contents under one sequence'
}

function refusalText({ verdict }: Side): string {
  return isRefusal(verdict) ? `${verdict.code}: ${verdict.message}` : ''
}

function fieldsOf({ file, record, verdict }: Side): JsonObject {
  return {
    file,
    sequence: record.sequence ?? null,
    expires: record.expires === undefined ? null : timeText(record.expires),
    status: verdict.status,
    code: isRefusal(verdict) ? verdict.code : null,
    message: isRefusal(verdict) ? verdict.message : null
  }
}

function keyIn(args: CommandArguments, engine: ReturnType<typeof createEngine>): Uint8Array | undefined {
  const name = args.optionalText('name')
  const key = args.optionalText('key')
  if (name !== undefined && key !== undefined) throw usageError('--name and --key exclude each other')
  if (name !== undefined) return ipnsRoutingKey(parseIpnsName(name.replace(/^\/ipns\//, '')))
  return key === undefined ? undefined : engine.parseKey(key)
}

/** The key in a signed record; `undefined` for other formats. */
function keyOf(value: Uint8Array): Uint8Array | undefined {
  try {
    return decodeSignedRecord(decodeUnverifiedEnvelope(value).payload).key
  } catch (error) {
    if (isRecordError(error)) return undefined
    throw error
  }
}
