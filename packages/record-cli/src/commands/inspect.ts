import { parseIpnsName } from '@recordkit/record-codec'
import { createEngine, inspectBytes, isArchive } from '@recordkit/record-inspect'
import type { InspectContext, Inspection } from '@recordkit/record-inspect'
import { inspectArchive } from '@recordkit/record-inspect/archive'
import { limits, systemClock } from '@recordkit/record-types'
import type { CommandCode } from '../command.ts'
import { CommandError, exitStatus } from '../failure.ts'
import { decodeInput, inputChunks, readInput } from '../read-input.node.ts'

/** bytes of an input that is not an archive: the largest message of a DHT, as hexadecimal text */
const maxInput = 2 * limits.dhtMessage + 16

/** `recordkit inspect`: exits with 1 for bytes that are refused or unknown. */
export const inspect: CommandCode = async (args, context) => {
  const name = args.optionalText('name')
  const given: InspectContext = {
    engine: createEngine(),
    now: systemClock(),
    name: name === undefined ? undefined : parseIpnsName(name),
    domain: args.optionalText('domain')
  }
  const kind = args.optionalText('kind')
  const inspection = await inspectInput()
  if (kind !== undefined && inspection.kind !== kind)
    throw unknownFormat(`the bytes are not a ${kind}: they are ${inspection.kind}`)
  if (inspection.kind === 'unknown' && !context.json) {
    const advice = inspection['size'] === 0 ? '' : '; --kind FORMAT says why they are not in that format'
    throw unknownFormat(`${inspection['message']}${advice} (${inspection['size']} bytes)`)
  }
  await context.print(inspection)
  const isRefused = inspection.status !== 'accept' && inspection.status !== 'unverified'
  return isRefused ? exitStatus.refused : exitStatus.success

  async function inspectInput(): Promise<Inspection> {
    const file = args.optionalText('file')
    const isText = args.flag('hex') || args.flag('base64')
    if (isText) return inspectWhole(decodeInput(await readInput(file, context, maxInput), args))
    // an archive can be larger than the memory
    const chunks = inputChunks(file, context)
    const { value: first = new Uint8Array(0) } = (await chunks.next()) as { value?: Uint8Array }
    if (isReadAsArchive(first)) return inspectArchive(joined(first, chunks), given)
    return inspectWhole(
      await readInput('-', { ...context, input: joined(first, chunks), isInputTerminal: false }, maxInput)
    )
  }

  function isReadAsArchive(bytes: Uint8Array): boolean {
    return kind === 'archive' || (kind === undefined && isArchive(bytes))
  }

  function inspectWhole(bytes: Uint8Array): Promise<Inspection> {
    return isReadAsArchive(bytes) ? inspectArchive([bytes], given) : inspectBytes(bytes, given, kind)
  }
}

function unknownFormat(message: string): CommandError {
  return new CommandError(exitStatus.refused, 'UNKNOWN_FORMAT', message)
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}
