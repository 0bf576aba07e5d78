import { parseIpnsName } from '@recordkit/record-codec'
import { limits, systemClock } from '@recordkit/record-types'
import { createEngine } from '../algorithms.ts'
import type { CommandCode } from '../command.ts'
import { CommandError, exitStatus } from '../failure.ts'
import { inspectArchive, isArchive } from '../inspect/archive.ts'
import { inspectBytes } from '../inspect/inspect-bytes.ts'
import type { InspectContext, Inspection } from '../inspect/inspection.ts'
import { decodeInput, inputChunks, readInput } from '../read-input.node.ts'

/** bytes of an input that is not an archive: the largest message of a DHT, as hexadecimal text */
const maxInput = 2 * limits.dhtMessage + 16

/** `recordkit inspect`: exits with 1 for bytes that are refused or unknown. */
export const inspect: CommandCode = async (args, context) => {
  const name = args.optionalText('name')
  const given: InspectContext = {
    engine: createEngine(),
    now: systemClock(),
    name: name === undefined ? undefined : parseIpnsName(name.replace(/^\/ipns\//, '')),
    domain: args.optionalText('domain')
  }
  const kind = args.optionalText('kind')
  const inspection = await inspectInput()
  if (inspection.kind === 'unknown' && !context.json)
    throw new CommandError(
      exitStatus.refused,
      'UNKNOWN_FORMAT',
      `${inspection['message']} (${inspection['size']} bytes)`
    )
  await context.print(inspection)
  const isRefused = inspection.status !== 'accept' && inspection.status !== 'unverified'
  return isRefused ? exitStatus.refused : exitStatus.success

  async function inspectInput(): Promise<Inspection> {
    const file = args.optionalText('file')
    if (args.flag('hex') || args.flag('base64'))
      return inspectBytes(decodeInput(await readInput(file, context, maxInput), args), given, kind)
    // an archive can be larger than the memory
    const chunks = inputChunks(file, context)
    const first = await chunks.next()
    if (first.done !== true && isArchive(first.value)) return inspectArchive(joined(first.value, chunks), given)
    const input = { ...context, input: joined(first.done === true ? new Uint8Array(0) : first.value, chunks) }
    return inspectBytes(await readInput('-', { ...input, isInputTerminal: false }, maxInput), given, kind)
  }
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}
