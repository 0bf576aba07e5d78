import { join } from 'node:path'
import type { RecordStore } from '@recordkit/record-store'
import { isRecordError } from '@recordkit/record-types'
import { LevelRecordStore } from '@recordkit/store-level'
import type { CommandArguments } from './command-arguments.ts'
import type { CommandOption } from './command.ts'
import type { CommandIo } from './command-io.ts'
import { dataDirectory, dataOption } from './data-directory.node.ts'
import { CommandError, exitStatus, usageError } from './failure.ts'
import { visible } from './output.ts'

/** Where records are kept. */
export const storeOptions: Readonly<Record<'data' | 'store', CommandOption>> = {
  ...dataOption,
  store: {
    type: 'text',
    describe: 'a PostgreSQL database, postgres://…; by default LevelDB in the data directory',
    env: true
  }
}

/** Opens the store that the options name. */
export async function openStore(args: CommandArguments, io: CommandIo): Promise<RecordStore> {
  const url = args.optionalText('store')
  if (url === undefined) return openLevel(join(await dataDirectory(args, io), 'store'))
  if (isPostgres(url)) return openPostgres(url)
  throw usageError('--store is not a URL of PostgreSQL; postgres://user@host/database is expected, or --data DIR')
}

/** Opens the store at a URL of PostgreSQL, or in a directory. */
export async function openStoreAt(place: string): Promise<RecordStore> {
  if (isPostgres(place)) return openPostgres(place)
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(place))
    throw usageError('the URL is not one of PostgreSQL; postgres://user@host/database or a directory is expected')
  return openLevel(place)
}

function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(url)
}

/** Opens LevelDB, with the methods for maintenance. */
export async function openLevel(path: string): Promise<LevelRecordStore> {
  const { ClassicLevel } = await import('classic-level')
  try {
    return await LevelRecordStore.open(new ClassicLevel(path), { durable: true, closeDatabase: true })
  } catch (error) {
    if (isRecordError(error, 'STORE_LOCKED'))
      throw new CommandError(
        exitStatus.failed,
        error.code,
        `the store ${visible(path)} is in use by another process; ask a running recordkit serve with --endpoint, or use another --data`,
        error
      )
    if (isRecordError(error, 'STORE_IO'))
      throw new CommandError(
        exitStatus.failed,
        error.code,
        `the store ${visible(path)} cannot be opened: ${reasonOf(error)}`,
        error
      )
    throw error
  }
}

/** ms that connecting may take */
const connectTimeout = 10_000

async function openPostgres(url: string): Promise<RecordStore> {
  if (!URL.canParse(url)) throw usageError('--store is not a URL; postgres://user@host/database is expected')
  const [{ default: pg }, { PostgresRecordStore }] = await Promise.all([
    import('pg'),
    import('@recordkit/store-postgres')
  ])
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: connectTimeout })
  try {
    return await PostgresRecordStore.open(pool, { closePool: true })
  } catch (error) {
    await pool.end().catch(() => undefined)
    if (!isRecordError(error, 'STORE_IO')) throw error
    // the URL may contain a password
    const { host, pathname } = new URL(url)
    throw new CommandError(
      exitStatus.failed,
      error.code,
      `the database ${visible(pathname.slice(1))} on ${visible(host)} cannot be reached: ${reasonOf(error)}`,
      error
    )
  }
}

/** The deepest reason that has a message. */
function reasonOf(error: Error): string {
  const { cause } = error
  if (cause instanceof AggregateError && cause.message === '')
    return cause.errors.map((one: unknown) => String(one)).join(', ')
  return cause instanceof Error && cause.message !== '' ? reasonOf(cause) : error.message
}
