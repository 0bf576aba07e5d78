import { parseRecordKey } from '@recordkit/record-codec'
import type { RecordView } from '@recordkit/record-manager'
import { limits, systemClock } from '@recordkit/record-types'
import type { CommandCode } from '../command.ts'
import { exitStatus, notFound, usageError } from '../failure.ts'
import { keyText, peerFields, secondsUntil, textOf, timeText } from '@recordkit/record-inspect/internal'
import { loadKey } from '../keys.node.ts'
import { base64, timeLeftText, visible } from '../output.ts'
import type { JsonObject } from '../output.ts'
import { readInput } from '../read-input.node.ts'
import { receiptFields, placeText, withSession } from '../session.ts'

export const getRecord: CommandCode = async (args, context) =>
  withSession(args, context, undefined, async ({ manager, timeout }) => {
    const key = manager.parseKey(args.text('record-key'))
    const record = await manager.getRecord(key, { timeout, signal: context.signal, noCache: args.flag('no-cache') })
    if (record === undefined) throw notFound(`there is no record under ${visible(keyText(key))}`)
    if (record.revoked === true && !context.json) throw notFound(`${visible(keyText(key))} is revoked`)
    if (context.json) await context.print({ ...recordFields(record), value: base64(record.value) })
    else await context.write(args.flag('value') ? record.value : contentOutput(record, context.isTerminal))
    return exitStatus.success
  })

export const putRecord: CommandCode = async (args, context) => {
  const text = args.optionalText('text')
  const isSigned = args.flag('signed')
  if (text !== undefined && (isSigned || args.optionalText('file') !== undefined))
    throw usageError('--text excludes a file and --signed')
  const [lifetime, ttl, sequence] = [args.duration('lifetime'), args.duration('ttl'), args.bigint('sequence')]
  const content =
    text === undefined
      ? await readInput(args.optionalText('file'), context, limits.value)
      : new TextEncoder().encode(text)
  const signer = isSigned ? undefined : await loadKey(args.text('key'), args, context)
  return withSession(args, context, signer, async (session) => {
    const { signal } = context
    const { manager, hasNetwork, isLater, timeout } = session
    const key = manager.parseKey(args.text('record-key'))
    const { record, status, receipt } = isSigned
      ? await manager.putSigned(key, content, { timeout, signal })
      : await manager.put(key, content, { lifetime, ttl, sequence, timeout, signal })
    await context.print(
      { ...recordFields(record), status, ...receiptFields(receipt) },
      `${visible(keyText(key))} was ${status}${hasNetwork || isLater ? ` ${placeText(session, receipt)}` : ''}, valid until ${timeText(record.expires ?? 0n)}\n`
    )
    return exitStatus.success
  })
}

export const watchRecord: CommandCode = async (args, context) => {
  const interval = args.duration('interval')
  const limit = args.number('limit', 1) ?? Number.POSITIVE_INFINITY
  return withSession(args, context, undefined, async ({ manager, hasNetwork }) => {
    const key = manager.parseKey(args.text('record-key'))
    const options = { initial: true, signal: context.signal, pollInterval: hasNetwork ? interval : undefined }
    let shown: string | undefined
    let count = 0
    try {
      for await (const record of manager.watch(key, options)) {
        const value = base64(record.value)
        if (value === shown) continue
        shown = value
        await context.printLine(recordFields(record), contentText(record))
        if (++count >= limit) break
      }
    } catch (error) {
      // ctrl-C is how a watch ends
      if (!context.signal.aborted) throw error
    }
    return exitStatus.success
  })
}

export const listRecords: CommandCode = async (args, context) =>
  withSession(args, context, undefined, async ({ manager }) => {
    const records: JsonObject[] = []
    for await (const record of manager.list(args.optionalText('prefix') ?? '', { signal: context.signal })) {
      if (context.json) records.push(recordFields(record))
      else await context.write(`${visible(keyText(record.key))}  ${remainingText(record)}  ${contentText(record)}\n`)
    }
    if (context.json) await context.print({ records })
    return exitStatus.success
  })

export const deleteRecord: CommandCode = async (args, context) =>
  withSession(args, context, undefined, async ({ manager }) => {
    const key = manager.parseKey(args.text('record-key'))
    if (!(await manager.delete(key, { signal: context.signal })))
      throw notFound(`there is no record under ${visible(keyText(key))}`)
    await context.print({ key: keyText(key), deleted: true }, `${visible(keyText(key))} was deleted\n`)
    return exitStatus.success
  })

export const revokeRecord: CommandCode = async (args, context) => {
  if (!args.flag('yes')) throw usageError('a revocation cannot be undone; pass --yes to revoke the key')
  const signer = await loadKey(args.text('key'), args, context)
  return withSession(args, context, signer, async ({ manager, timeout }) => {
    const key = manager.parseKey(args.text('record-key'))
    const { record, status, receipt } = await manager.revoke(key, { timeout, signal: context.signal })
    await context.print(
      { ...recordFields(record), status, ...receiptFields(receipt) },
      `${visible(keyText(key))} is revoked: no later record under it is accepted\n`
    )
    return exitStatus.success
  })
}

/** The fields of a record, as every command prints them. */
function recordFields(record: RecordView): JsonObject {
  const { key, content, author, sequence, issued, expires, ttl, revoked } = record
  return {
    key: keyText(parseRecordKey(key)),
    keyBytes: base64(key),
    author: author === undefined ? null : peerFields(author),
    content: textOf(content),
    contentBytes: base64(content),
    sequence: sequence ?? null,
    issued: issued === undefined ? null : timeText(issued),
    expires: expires === undefined ? null : timeText(expires),
    timeLeft: expires === undefined ? null : secondsUntil(expires, systemClock()),
    ttl: ttl ?? null,
    revoked: revoked ?? false
  }
}

/** The bytes for a pipe; for a terminal nothing that it would interpret. */
function contentOutput({ content }: RecordView, isTerminal: boolean): Uint8Array | string {
  if (!isTerminal) return content
  const text = textOf(content)
  return text === null ? `${base64(content)}\n` : `${text.split('\n').map(visible).join('\n')}\n`
}

function contentText({ content, revoked }: RecordView): string {
  if (revoked === true) return 'revoked'
  const text = textOf(content)
  return text === null ? `${content.length} bytes` : visible(text)
}

function remainingText({ expires }: RecordView): string {
  return expires === undefined ? '-' : timeLeftText(secondsUntil(expires, systemClock()))
}
