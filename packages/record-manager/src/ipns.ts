import {
  encodeIpnsValue,
  ipnsNameToString,
  ipnsRoutingKey,
  ipnsValueToString,
  parseIpnsName
} from '@recordkit/record-codec'
import type { IpnsValue } from '@recordkit/record-codec'
import { isRecordError, RecordError, systemClock, systemTimer } from '@recordkit/record-types'
import type { Clock, PeerId, SetTimer } from '@recordkit/record-types'
import {
  checkCount,
  checkDuration,
  checkObject,
  checkOptions,
  checkPart,
  isBytes,
  nameOf
} from '@recordkit/record-types/internal'
import { getNames } from './check-options.ts'
import { DnsLinks } from './dns-link.ts'
import type { DnsResolver, ResolvedPath } from './dns-link.ts'
import type { GetOptions, PutOptions, PutResult } from './manager-options.ts'
import type { RecordManager } from './record-manager.ts'

export type { CidObject, IpnsValue } from '@recordkit/record-codec'
export type { DnsAnswer, DnsResolver, ResolvedPath } from './dns-link.ts'

/** ns; more than any TTL */
const maxTtl = 9_223_372_036_854_775_807n

const aManager = 'a RecordManager, such as `libp2p.services.records.manager` of a node,'

/** Options of {@link resolveIpns}. */
export interface ResolveIpnsOptions extends GetOptions {
  /** number of names that are followed from one to the next. @default 32, as in Kubo */
  readonly maxDepth?: number | undefined
  /**
   * resolves domains by their DNSLink records: `dns()` of `@multiformats/dns`, or `dnsLink(helia)` of `@helia/dnslink`. All queries
   * together may take `timeout`, else 30 s. Without it a domain is `INVALID_ARGUMENT`
   */
  readonly dns?: DnsResolver | undefined
  /** for tests. @default the timers of the platform */
  readonly setTimer?: SetTimer | undefined
  /** for tests. @default the clock of the platform */
  readonly clock?: Clock | undefined
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
 * in a path is added to the result. Each name is read again when its own TTL has passed.
 *
 * @param name - `k51…` or any other text form of a peer ID, with or without `/ipns/` before it and a path after it; a domain, when
 * there is the option `dns`; or a peer ID
 * @returns a path that does not begin with `/ipns/`; `undefined` when one of the names has no valid record, or a domain has no
 * DNSLink record
 * @throws RecordError `IPNS_NAME_INVALID`; `IPNS_TOO_DEEP` for names that point to each other; as `manager.getRecord`. For domains
 * `INVALID_ARGUMENT` without the option `dns`; `DNS_FAILED`; `DNSLINK_INVALID` and `DNSLINK_AMBIGUOUS` for a record that is not a
 * path, and for several different ones; `TIMEOUT`
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
  return (await resolveIpnsWithTtl(manager, name, options))?.path
}

/**
 * As {@link resolveIpns}, for callers that cache the result.
 *
 * @returns the path, and for how many ns it may be cached: the smallest TTL of all records and DNS answers on the way, and at most
 * until the first of the records expires
 * @throws RecordError as `resolveIpns`
 * @example
 * ```ts
 * const resolved = await resolveIpnsWithTtl(manager, 'docs.ipfs.tech', { dns: dns() })
 * console.log(resolved?.path, resolved?.ttl)
 * ```
 */
export async function resolveIpnsWithTtl(
  manager: RecordManager,
  name: string | PeerId,
  options: ResolveIpnsOptions = {}
): Promise<ResolvedPath | undefined> {
  checkPart(manager, 'manager', ['getRecord', 'peerIdOf'], aManager)
  if (typeof name !== 'string' && !isBytes(name))
    throw new RecordError(
      'INVALID_ARGUMENT',
      `name is ${nameOf(name)}; text such as k51… or \`peerId.toString()\`, or the bytes of a peer ID are expected`
    )
  checkOptions(options, { ...getNames, maxDepth: 0, dns: 0, clock: 0, setTimer: 0 })
  const maxDepth = checkCount(options.maxDepth, 'maxDepth', 32)
  const timeout = checkDuration(options.timeout, 'timeout', 30_000)
  const { dns, signal, setTimer = systemTimer, noCache = false } = options
  if (dns !== undefined && typeof (dns as { readonly query?: unknown } | null)?.query !== 'function')
    checkPart(dns, 'dns', ['resolve'], 'a resolver, such as `dns()` of @multiformats/dns,')
  const domains = dns && new DnsLinks(dns, { signal, timeout, setTimer, noCache })
  try {
    let [path, ttl] = [`/ipns/${isBytes(name) ? ipnsNameToString(name) : name.replace(/^\/ipns\//, '')}`, maxTtl]
    for (let depth = 0; path.startsWith('/ipns/'); depth++) {
      if (depth === maxDepth)
        throw new RecordError(
          'IPNS_TOO_DEEP',
          `the name leads to ${maxDepth} other names; the limit is the option maxDepth`
        )
      const [first = '', ...rest] = path.slice('/ipns/'.length).split('/')
      const target = await targetOf(manager, first, depth === 0, domains, options)
      if (target === undefined) return undefined
      path = joinPath(target.path, rest)
      if (target.ttl < ttl) ttl = target.ttl
    }
    return { path, ttl }
  } finally {
    domains?.close()
  }
}

/** What the first segment of an `/ipns/` path points to. */
async function targetOf(
  manager: RecordManager,
  segment: string,
  isGiven: boolean,
  domains: DnsLinks | undefined,
  options: ResolveIpnsOptions
): Promise<ResolvedPath | undefined> {
  if (!segment.includes('.')) return valueOf(manager, nameOfSegment(segment, isGiven), options)
  const quoted = isGiven ? JSON.stringify(segment.slice(0, 80)) : 'what a name points to'
  if (domains === undefined)
    throw new RecordError('INVALID_ARGUMENT', `${quoted} is a domain; pass the option \`dns\` to resolve domains`)
  if (segment.length > 253 || !/^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+\.?$/u.test(segment))
    throw new RecordError('IPNS_NAME_INVALID', `${quoted} is neither a name nor a domain`)
  return domains.resolve(segment.replace(/\.$/, '').toLowerCase())
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

async function valueOf(
  manager: RecordManager,
  name: PeerId,
  options: ResolveIpnsOptions
): Promise<ResolvedPath | undefined> {
  const { maxDepth, dns, setTimer, clock = systemClock, ...getOptions } = options
  const record = await manager.getRecord(ipnsRoutingKey(name), getOptions)
  if (record === undefined) return undefined
  const { content, ttl = 0n, expires } = record
  const rest = expires === undefined ? ttl : expires - clock()
  return { path: ipnsValueToString(content), ttl: rest > ttl ? ttl : rest > 0n ? rest : 0n }
}

function joinPath(target: string, rest: readonly string[]): string {
  const segments = rest.filter((segment) => segment !== '')
  return segments.length === 0 ? target : `${target.replace(/\/$/, '')}/${segments.join('/')}`
}
