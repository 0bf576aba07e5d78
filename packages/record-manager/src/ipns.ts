import { encodeIpnsValue, ipnsRoutingKey, ipnsValueToString, parseIpnsName } from '@recordkit/record-codec'
import type { IpnsValue } from '@recordkit/record-codec'
import { isRecordError, RecordError } from '@recordkit/record-types'
import type { AbortOptions, MaybePromise, PeerId } from '@recordkit/record-types'
import {
  checkCount,
  checkFunction,
  checkObject,
  checkOptions,
  checkPart,
  isBytes,
  nameOf
} from '@recordkit/record-types/internal'
import { getNames } from './check-options.ts'
import type { GetOptions, PutOptions, PutResult } from './manager-options.ts'
import type { RecordManager } from './record-manager.ts'

export type { CidObject, IpnsValue } from '@recordkit/record-codec'

const aManager = 'a RecordManager, such as `libp2p.services.records.manager` of a node,'

/** Options of {@link resolveIpns}. */
export interface ResolveIpnsOptions extends GetOptions {
  /** number of names that are followed from one to the next. @default 32, as in Kubo */
  readonly maxDepth?: number | undefined
  /**
   * the path that a domain points to by its DNSLink record, `dnslink=/ipfs/…` without `dnslink=`; `undefined` when it has none.
   * Without this option a domain is `INVALID_ARGUMENT`
   */
  readonly dnsLink?: ((domain: string, options: AbortOptions) => MaybePromise<string | undefined>) | undefined
}

/**
 * Publishes what the IPNS name of a signer points to, and keeps it published once the manager is started. Without peers the record
 * is stored here, and published when there are some.
 *
 * @param value - a path such as `/ipfs/bafy…`, a CID as text or as an object, or the bytes of a value
 * @param options - as `manager.put`, with `copies` 0 by default; `signer`: the key of the name. @default the manager's default signer
 * @throws RecordError `SIGNER_MISSING`, `IPNS_VALUE_INVALID`; as `manager.put`
 * @see IPNS record specification
 * @example
 * ```ts
 * const { receipt } = await publishIpns(manager, '/ipfs/bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4')
 * console.log(receipt?.copies.reached)
 * ```
 */
export async function publishIpns(
  manager: RecordManager,
  value: IpnsValue,
  options: PutOptions = {}
): Promise<PutResult> {
  checkPart(manager, 'manager', ['put', 'peerIdOf'], aManager)
  checkObject(options)
  const { signer } = options
  const name = signer === undefined ? manager.peerId : isBytes(signer) ? signer : manager.peerIdOf(signer)
  if (name === undefined)
    throw new RecordError('SIGNER_MISSING', 'this manager has no default signer; pass the option `signer`')
  const [key, bytes] = [ipnsRoutingKey(name), encodeIpnsValue(value)]
  try {
    return await manager.put(key, bytes, { copies: 0, ...options })
  } catch (error) {
    // the network could not be asked
    const isOffline = isRecordError(error, 'NO_PEERS', 'ROUTING_FAILED', 'TIMEOUT')
    if (!isOffline || options.checkNetwork === true || options.ifSequence !== undefined) throw error
    // a renewal reads the network before it publishes
    return manager.put(key, bytes, { copies: 0, ...options, checkNetwork: false })
  }
}

/**
 * Resolves an IPNS name to the path that it points to. A name that points to another name is followed, and what comes after a name
 * in a path is added to the result.
 *
 * @param name - `k51…` or any other text form of a peer ID, with or without `/ipns/` before it and a path after it; or a peer ID
 * @returns a path that does not begin with `/ipns/`; `undefined` when one of the names has no valid record
 * @throws RecordError `IPNS_NAME_INVALID`; `INVALID_ARGUMENT` for a domain without the option `dnsLink`; `IPNS_TOO_DEEP` for names that
 * point to each other; as `manager.getRecord`
 * @see IPNS record specification; DNSLink specification
 * @example
 * ```ts
 * console.log(await resolveIpns(manager, 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8'))
 * ```
 */
export async function resolveIpns(
  manager: RecordManager,
  name: string | PeerId,
  options: ResolveIpnsOptions = {}
): Promise<string | undefined> {
  checkPart(manager, 'manager', ['get', 'peerIdOf'], aManager)
  if (typeof name !== 'string' && !isBytes(name))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `name is ${nameOf(name)}; text such as k51… or \`peerId.toString()\`, or the bytes of a peer ID are expected`
    )
  checkOptions(options, { ...getNames, maxDepth: 0, dnsLink: 0 })
  const maxDepth = checkCount(options.maxDepth, 'maxDepth', 32)
  if (options.dnsLink !== undefined) checkFunction(options.dnsLink, 'dnsLink')
  let path = isBytes(name) ? await valueOf(manager, name, options) : `/ipns/${name.replace(/^\/ipns\//, '')}`
  for (let depth = isBytes(name) ? 1 : 0; path?.startsWith('/ipns/'); depth++) {
    if (depth === maxDepth)
      throw new RecordError(
        'IPNS_TOO_DEEP',
        `the name leads to ${maxDepth} other names; the limit is the option maxDepth`
      )
    const [first = '', ...rest] = path.slice('/ipns/'.length).split('/')
    const target = await targetOf(manager, first, depth === 0, options)
    path = target === undefined ? undefined : joinPath(target, rest)
  }
  return path
}

/** What the first segment of an `/ipns/` path points to. */
async function targetOf(
  manager: RecordManager,
  segment: string,
  isGiven: boolean,
  options: ResolveIpnsOptions
): Promise<string | undefined> {
  if (!segment.includes('.')) return valueOf(manager, nameOfSegment(segment, isGiven), options)
  if (options.dnsLink === undefined)
    throw new RecordError(
      'INVALID_ARGUMENT',
      `${isGiven ? JSON.stringify(segment.slice(0, 80)) : 'what a name points to'} is a domain; pass the option \`dnsLink\` to resolve domains`
    )
  return options.dnsLink(segment, { signal: options.signal })
}

/** @param isGiven - whether the caller passed it: the content of a record is not quoted in an error */
function nameOfSegment(segment: string, isGiven: boolean): PeerId {
  try {
    return parseIpnsName(segment)
  } catch (error) {
    if (isGiven || !isRecordError(error)) throw error
    throw new RecordError(error.code, 'a name points to an /ipns/ path that does not begin with a name')
  }
}

async function valueOf(manager: RecordManager, name: PeerId, options: ResolveIpnsOptions): Promise<string | undefined> {
  const { maxDepth, dnsLink, ...getOptions } = options
  const value = await manager.get(ipnsRoutingKey(name), getOptions)
  return value === undefined ? undefined : ipnsValueToString(value)
}

function joinPath(target: string, rest: readonly string[]): string {
  const segments = rest.filter((segment) => segment !== '')
  return segments.length === 0 ? target : `${target.replace(/\/$/, '')}/${segments.join('/')}`
}
