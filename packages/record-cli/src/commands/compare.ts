import { ipnsRoutingKey, parseIpnsName } from '@recordkit/record-codec'
import { compareValues, createEngine, recordKeyOf } from '@recordkit/record-inspect'
import type { ComparedValue, Comparison } from '@recordkit/record-inspect'
import { keyText, timeText } from '@recordkit/record-inspect/internal'
import { limits } from '@recordkit/record-types'
import type { CommandArguments } from '../command-arguments.ts'
import type { CommandCode } from '../command.ts'
import { CommandError, exitStatus, usageError } from '../failure.ts'
import { visible } from '../output.ts'
import type { JsonObject } from '../output.ts'
import { decodeInput, readInput } from '../read-input.node.ts'

/** `recordkit compare`: exits with 0 when one of them wins or both are the same, and with 1 when neither is valid. */
export const compareRecords: CommandCode = async (args, context) => {
  const engine = createEngine()
  const files = [args.text('a'), args.text('b')] as const
  if (files[0] === '-' && files[1] === '-')
    throw usageError('only one of the records can be read from the standard input')
  const values: Uint8Array[] = []
  for (const file of files) values.push(decodeInput(await readInput(file, context, 2 * limits.value), args))
  const [a = new Uint8Array(0), b = new Uint8Array(0)] = values
  const key = keyIn(args, engine) ?? recordKeyOf(a) ?? recordKeyOf(b)
  if (key === undefined)
    throw usageError('the records do not contain their key; pass --name k51… for IPNS records, or --key /namespace/…')
  const comparison = await compareValues(engine, key, a, b)
  const { winner, reason } = comparison
  const shown = { a: fieldsOf(files[0], comparison.a), b: fieldsOf(files[1], comparison.b) }
  await context.print(
    { winner, reason, key: keyText(key), ...shown },
    `${headlineOf(comparison, files)}: ${visible(reason)}\n`
  )
  return winner === 'none' ? exitStatus.refused : exitStatus.success
}

function headlineOf({ winner }: Comparison, [a, b]: readonly [string, string]): string {
  if (winner === 'same') return 'they are the same record'
  return winner === 'none' ? 'neither is valid' : `${visible(winner === 'a' ? a : b)} wins`
}

/** @throws CommandError for a value that is not a record of the key */
function fieldsOf(file: string, { record, refusal }: ComparedValue): JsonObject {
  if (record === undefined)
    throw new CommandError(
      exitStatus.refused,
      refusal?.code ?? '',
      `${visible(file)} is not a record of this key: ${refusal?.message}`
    )
  return {
    file,
    sequence: record.sequence ?? null,
    expires: record.expires === undefined ? null : timeText(record.expires),
    status: refusal?.status ?? 'accept',
    code: refusal?.code ?? null,
    message: refusal?.message ?? null
  }
}

function keyIn(args: CommandArguments, engine: ReturnType<typeof createEngine>): Uint8Array | undefined {
  const name = args.optionalText('name')
  const key = args.optionalText('key')
  if (name !== undefined && key !== undefined) throw usageError('--name and --key exclude each other')
  if (name !== undefined) return ipnsRoutingKey(parseIpnsName(name))
  return key === undefined ? undefined : engine.parseKey(key)
}
