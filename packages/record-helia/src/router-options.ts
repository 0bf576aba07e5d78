import type { GetOptions, RecordManager } from '@recordkit/record-manager'
import { isRecordError } from '@recordkit/record-types'
import type { AbortOptions } from '@recordkit/record-types'
import { checkCount, checkObject, checkOptions, checkPart } from '@recordkit/record-types/internal'

/** Options of the routers. */
export interface RouterOptions {
  /**
   * acknowledged copies below which a put is an error. When it is 0, records that reach no peer are stored here and published later.
   * @default 0
   */
  readonly copies?: number | undefined
}

/** The options of Helia's reads that are used. */
export interface RouterGetOptions extends AbortOptions {
  /** of `@helia/ipns`: ask the origin */
  readonly nocache?: boolean | undefined
  /** of `@helia/ipns`: ask no peers */
  readonly offline?: boolean | undefined
  /** of Helia's routing: `false` asks the origin */
  readonly useCache?: boolean | undefined
  /** of Helia's routing: `false` asks no peers */
  readonly useNetwork?: boolean | undefined
}

/** Checks the arguments of a router. @throws RecordError `INVALID_ARGUMENT` naming the argument */
export function checkRouter(manager: RecordManager, options: RouterOptions): { readonly copies: number } {
  checkPart(
    manager,
    'manager',
    ['getRecord', 'putSigned'],
    'a RecordManager, such as `libp2p.services.records.manager`,'
  )
  checkOptions(options, { copies: 0 })
  const { copies } = options
  return { copies: checkCount(copies, 'copies', 0, 0) }
}

/**
 * The signed value of the best record of a key, in memory of its own.
 *
 * @throws NotFoundError when there is none, as routers of Helia do; RecordError as `manager.getRecord`
 */
export async function getValue(
  manager: RecordManager,
  key: Uint8Array,
  options: RouterGetOptions
): Promise<Uint8Array<ArrayBuffer>> {
  checkObject(options)
  const { signal, nocache, offline, useCache, useNetwork } = options
  const get: GetOptions = {
    signal,
    noCache: nocache === true || useCache === false,
    offline: offline === true || useNetwork === false
  }
  const record = await unlessUnknown(() => manager.getRecord(key, get))
  if (record === undefined) throw Object.assign(new Error('no valid record was found'), { name: 'NotFoundError' })
  return new Uint8Array(record.value)
}

/** The result of a call; `undefined` for a key whose namespace the manager does not have: other routers may know it. */
export async function unlessUnknown<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (isRecordError(error, 'NAMESPACE_UNKNOWN')) return undefined
    throw error
  }
}
