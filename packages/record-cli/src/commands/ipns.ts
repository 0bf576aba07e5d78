import {
  ipnsNameToString,
  ipnsRoutingKey,
  ipnsValueToString,
  encodeIpnsValue,
  parseIpnsName
} from '@recordkit/record-codec'
import { createIpnsRecord } from '@recordkit/record-crypto'
import { publishIpns, resolveIpns } from '@recordkit/record-manager/ipns'
import type { RecordView } from '@recordkit/record-manager'
import { isRecordError, limits, systemClock } from '@recordkit/record-types'
import type { PeerId } from '@recordkit/record-types'
import { nanosecondsOf } from '@recordkit/record-types/internal'
import { createEngine, inspectBytes } from '@recordkit/record-inspect'
import type { CommandArguments } from '../command-arguments.ts'
import type { CommandCode } from '../command.ts'
import type { CommandIo } from '../command-io.ts'
import { CommandError, exitStatus, notFound, usageError } from '../failure.ts'
import { secondsUntil, timeText } from '@recordkit/record-inspect/internal'
import { loadKey, openKeys } from '../keys.node.ts'
import { base64, visible } from '../output.ts'
import type { JsonObject } from '../output.ts'
import { decodeInput, readInput } from '../read-input.node.ts'
import { receiptFields, placeText, withSession } from '../session.ts'
import { writeFile } from '../write-output.node.ts'

/** ms: 48 hours, as in Kubo */
const defaultLifetime = 172_800_000
/** ms */
const defaultTtl = 300_000

export const publishName: CommandCode = async (args, context) => {
  const value = encodeIpnsValue(args.text('value'))
  const [lifetime, ttl, sequence] = [args.duration('lifetime'), args.duration('ttl'), args.bigint('sequence')]
  const signer = await loadKey(args.text('key'), args, context)
  return withSession(args, context, signer, async (session) => {
    const { signal } = context
    const { manager, hasNetwork, timeout } = session
    const options = { lifetime, ttl, sequence, timeout, signal, copies: hasNetwork ? 1 : undefined }
    const { record, status, receipt } = await publishIpns(manager, value, options)
    const fields = { ...recordFields(record), status, ...receiptFields(receipt) }
    await context.print(
      fields,
      `${ipnsNameToString(signer.peerId)} points to ${visible(ipnsValueToString(record.content))} until ${timeText(record.expires ?? 0n)}, stored ${placeText(session, receipt)}\n`
    )
    return exitStatus.success
  })
}

export const resolveName: CommandCode = async (args, context) => {
  const name = await nameOf(args, context)
  return withSession(args, context, undefined, async ({ manager, timeout }) => {
    const options = { timeout, signal: context.signal, noCache: args.flag('no-cache') }
    const record = await manager.getRecord(ipnsRoutingKey(name), options)
    if (record === undefined) throw notFound(`no record was found for ${ipnsNameToString(name)}`)
    const target = args.flag('no-follow') ? ipnsValueToString(record.content) : await follow()
    await context.print({ ...recordFields(record), path: target }, `${visible(target)}\n`)
    return exitStatus.success

    async function follow(): Promise<string> {
      const found = await resolveIpns(manager, name, { timeout, signal: context.signal })
      if (found !== undefined) return found
      throw notFound(`${ipnsNameToString(name)} points to a name without a record; --no-follow shows that name`)
    }
  })
}

export const createName: CommandCode = async (args, context) => {
  const value = encodeIpnsValue(args.text('value'))
  const file = args.optionalText('file')
  const isFile = file !== undefined && file !== '-'
  if (!isFile && !context.json && context.isTerminal)
    throw usageError('a record is binary; pass a file, or --json for base64')
  const lifetime = args.duration('lifetime') ?? defaultLifetime
  const ttl = args.duration('ttl') ?? Math.min(lifetime, defaultTtl)
  if (ttl > lifetime) throw usageError('--ttl is longer than --lifetime')
  const signer = await loadKey(args.text('key'), args, context)
  const now = systemClock()
  const sequence = args.bigint('sequence') ?? now / 1_000_000n
  const content = { value, sequence, validity: now + nanosecondsOf(lifetime), ttl: nanosecondsOf(ttl) }
  const record = await createIpnsRecord(content, { signer })
  if (isFile) await writeFile(file, [record], { replace: args.flag('force') })
  else if (!context.json) await context.write(record)
  const name = ipnsNameToString(signer.peerId)
  if (isFile || context.json)
    await context.print(
      {
        name,
        value: ipnsValueToString(value),
        sequence,
        validity: timeText(content.validity),
        ttl: content.ttl,
        record: base64(record),
        file: isFile ? file : null
      },
      `a record of ${name}, valid until ${timeText(content.validity)}, was written to ${visible(file ?? '')}\n`
    )
  return exitStatus.success
}

export const verifyName: CommandCode = async (args, context) => {
  const name = parseIpnsName(args.text('name').replace(/^\/ipns\//, ''))
  const input = await readInput(args.optionalText('file'), context, 4 * limits.ipnsRecord)
  const given = { engine: createEngine(), now: systemClock(), name }
  const inspection = await inspectBytes(decodeInput(input, args), given, 'ipns-record').catch((error: unknown) => {
    if (isRecordError(error))
      throw new CommandError(exitStatus.refused, error.code, `the bytes are not an IPNS record: ${error.message}`)
    throw error
  })
  const isValid = inspection.status === 'accept'
  const message = isValid
    ? 'the record is valid'
    : `the record is not valid: ${inspection['code']}: ${inspection['message']}`
  await context.print(inspection, `${context.style[isValid ? 'good' : 'bad'](visible(message))}\n`)
  return isValid ? exitStatus.success : exitStatus.refused
}

/** The name in the arguments: a peer ID in any form, or the name of a key. */
async function nameOf(args: CommandArguments, io: CommandIo): Promise<PeerId> {
  const text = args.text('name').replace(/^\/ipns\//, '')
  try {
    return parseIpnsName(text)
  } catch (error) {
    if (!isRecordError(error)) throw error
    const key = (await (await openKeys(args, io)).list()).find(({ name }) => name === text)
    if (key === undefined) throw usageError(`"${visible(text)}" is neither an IPNS name nor the name of a key`)
    return key.peerId ?? (await loadKey(text, args, io)).peerId
  }
}

/** The fields of an IPNS record. */
function recordFields({ key, content, sequence, expires, ttl }: RecordView): JsonObject {
  return {
    name: ipnsNameToString(key.subarray('/ipns/'.length)),
    value: ipnsValueToString(content),
    sequence: sequence ?? null,
    validity: expires === undefined ? null : timeText(expires),
    timeLeft: expires === undefined ? null : secondsUntil(expires, systemClock()),
    ttl: ttl ?? null
  }
}
