import { exportRecords, importRecords, RecordManager } from '@recordkit/record-manager'
import type { ImportRefusal, ImportResult } from '@recordkit/record-manager'
import type { RecordStore } from '@recordkit/record-store'
import { isRecordError } from '@recordkit/record-types'
import type { CheckReport, LevelRecordStore } from '@recordkit/store-level'
import { createEngine } from '@recordkit/record-inspect'
import type { CommandArguments } from '../command-arguments.ts'
import type { CommandCode, CommandContext } from '../command.ts'
import { dataDirectory } from '../data-directory.node.ts'
import { CommandError, exitStatus, failureOf } from '../failure.ts'
import type { ExitStatus } from '../failure.ts'
import { keyText } from '@recordkit/record-inspect/internal'
import { openLevel, openStore, openStoreAt } from '../open-store.node.ts'
import { visible } from '../output.ts'
import type { JsonObject } from '../output.ts'
import { showProgress } from '../progress.ts'
import { inputChunks } from '../read-input.node.ts'
import { writeFile } from '../write-output.node.ts'

/** problems and refusals that are listed */
const maxListed = 100

export const storeStats: CommandCode = async (args, context) => {
  const store = await openStore(args, context)
  try {
    const { entries, bytes, marks } = await store.stats()
    let publications = 0
    for await (const _ of store.publications({}, { signal: context.signal })) publications++
    const { durable, persistent, multiProcess } = store.capabilities
    await context.print({ records: entries, bytes, marks, publications, durable, persistent, multiProcess })
    return exitStatus.success
  } finally {
    await store.close()
  }
}

export const verifyStore: CommandCode = async (args, context) =>
  check(args, context, async (store) => store.verify({ signal: context.signal }))

export const repairStore: CommandCode = async (args, context) =>
  check(args, context, async (store) => store.repair({ signal: context.signal }), true)

async function check(
  args: CommandArguments,
  context: CommandContext,
  work: (store: LevelRecordStore) => Promise<CheckReport>,
  isRepair = false
): Promise<ExitStatus> {
  const store = await openLevel(`${await dataDirectory(args, context)}/store`)
  const progress = showProgress(context, isRepair ? 'repairing' : 'verifying')
  try {
    const { checked, problems } = await work(store)
    progress.end()
    const listed = problems.slice(0, maxListed).map(({ kind, key, message }) => ({ kind, key: keyText(key), message }))
    const lines = listed.map(({ kind, key, message }) => `${visible(`${kind} ${key}: ${message}`)}\n`).join('')
    const done = isRepair ? 'repaired' : 'found'
    await context.print(
      { checked, problems: problems.length, repaired: isRepair, items: listed },
      `${lines}${checked} entries were read, ${problems.length} problems ${done}\n`
    )
    return problems.length === 0 || isRepair ? exitStatus.success : exitStatus.refused
  } finally {
    progress.end()
    await store.close()
  }
}

export const exportStore: CommandCode = async (args, context) => {
  const file = args.text('file')
  return withStore(await openStore(args, context), async (manager) => {
    const { signal } = context
    const isPublic = args.flag('public')
    const prefix = args.optionalText('prefix')
    const progress = showProgress(context, 'exported', prefix === undefined ? await sizeOf(manager) : undefined)
    const chunks = exportRecords(manager, {
      public: isPublic,
      prefix,
      signal,
      onProgress: progress.update
    })
    try {
      if (file === '-') for await (const chunk of chunks) await context.write(chunk)
      else await writeFile(file, chunks, { replace: args.flag('force'), mode: isPublic ? 0o644 : 0o600, signal })
    } finally {
      progress.end()
    }
    const { items, bytes } = progress.end()
    if (file !== '-')
      await context.print(
        { file, items, bytes, public: isPublic },
        `${items} items, ${bytes} bytes were written to ${visible(file)}\n`
      )
    return exitStatus.success
  })
}

export const importStore: CommandCode = async (args, context) => {
  const file = args.optionalText('file')
  return withStore(await openStore(args, context), async (manager) =>
    importInto(manager, inputChunks(file, context), args.flag('trusted'), context)
  )
}

export const migrateStore: CommandCode = async (args, context) => {
  const to = args.text('to')
  return withStore(await openStore(args, context), async (from) =>
    withStore(await openStoreAt(to), async (target) =>
      importInto(target, exportRecords(from, { signal: context.signal }), true, context, await sizeOf(from))
    )
  )
}

async function importInto(
  manager: RecordManager,
  chunks: AsyncIterable<Uint8Array>,
  isTrusted: boolean,
  context: CommandContext,
  total?: number
): Promise<ExitStatus> {
  const refusals: ImportRefusal[] = []
  const progress = showProgress(context, 'imported', total)
  let result: ImportResult
  try {
    result = await importRecords(manager, chunks, {
      marks: isTrusted,
      publications: isTrusted,
      signal: context.signal,
      onProgress: progress.update,
      onRefused: (refusal) => refusals.length < maxListed && refusals.push(refusal)
    })
  } catch (error) {
    if (!isRecordError(error, 'ARCHIVE_INVALID')) throw error
    const { message } = failureOf(error)
    throw new CommandError(exitStatus.refused, error.code, `${message}; what is before it was imported`, error)
  } finally {
    progress.end()
  }
  const { records, marks, publications, skipped, refused } = result
  const items = refusals.map(({ offset, code, message, key }): JsonObject => ({
    offset,
    code,
    message,
    key: key === undefined ? null : keyText(key)
  }))
  const lines = refusals.map(({ offset, code, message }) => `${visible(`at byte ${offset}: ${code}: ${message}`)}\n`)
  const stored = (records.stored ?? 0) + (records.refreshed ?? 0)
  await context.print(
    { records, marks, publications, skipped, refused, items },
    `${lines.join('')}${stored} records, ${marks} marks and ${publications} publications were imported; ${skipped} skipped, ${refused} refused\n`
  )
  return refused === 0 ? exitStatus.success : exitStatus.refused
}

/** Number of items in an archive of everything. */
async function sizeOf(manager: RecordManager): Promise<number> {
  const { entries, publications } = (await manager.stats()).store
  return Math.max(entries, publications)
}

async function withStore<Result>(
  store: RecordStore,
  work: (manager: RecordManager) => Promise<Result>
): Promise<Result> {
  const manager = new RecordManager({ engine: createEngine(), store })
  try {
    return await work(manager)
  } finally {
    await manager.close()
  }
}
