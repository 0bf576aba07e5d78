import { RecordError } from '@recordkit/record-types'
import {
  checkAccess,
  checkBoolean,
  checkBytes,
  checkClock,
  checkCount,
  checkDuration,
  checkFunction,
  checkOptions,
  checkPart,
  describe,
  isBytes,
  nameOf
} from '@recordkit/record-types/internal'
import type { OptionNames } from '@recordkit/record-types/internal'
import type { AbortOptions } from '@recordkit/record-types'
import type {
  GetOptions,
  PutOptions,
  PutSignedOptions,
  ReceiveOptions,
  RecordManagerOptions,
  WatchOptions
} from './manager-options.ts'
import type { ProgressOptions } from './progress.ts'
import { nanosecondsFromTtl } from './nanoseconds-from-ttl.ts'

/** The names of the options of a manager. */
export const managerNames: OptionNames<RecordManagerOptions> = {
  engine: 0,
  store: 0,
  signer: 0,
  signers: 0,
  network: 0,
  access: 0,
  groupOf: 0,
  trustClock: 0,
  sweepInterval: 0,
  metrics: 0,
  clock: 0,
  setTimer: 0
}

const putNames: OptionNames<PutOptions> = {
  signer: 0,
  offline: 0,
  timeout: 0,
  ifSequence: 0,
  sequence: 0,
  trustClock: 0,
  checkNetwork: 0,
  lifetime: 0,
  ttl: 0,
  copies: 0,
  onProgress: 0,
  signal: 0
}

const putSignedNames: OptionNames<PutSignedOptions> = { copies: 0, timeout: 0, offline: 0, onProgress: 0, signal: 0 }

/** The names of the options of a get. */
export const getNames: OptionNames<GetOptions> = {
  quorum: 0,
  timeout: 0,
  offline: 0,
  noCache: 0,
  forPeers: 0,
  onProgress: 0,
  onImproved: 0,
  signal: 0
}

/** Checks the parts of a manager. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkManagerOptions(options: RecordManagerOptions): void {
  checkOptions(options, managerNames)
  const { engine, store, network, access, clock, setTimer, groupOf, metrics } = options
  checkPart(engine, 'engine', ['parseKey', 'validate'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
  checkPart(store, 'store', ['get', 'put', 'publications'], 'a RecordStore, such as `new MemoryRecordStore()`,')
  checkAccess(access)
  checkClock(clock)
  const functions = { setTimer, groupOf }
  for (const [name, value] of Object.entries(functions)) if (value !== undefined) checkFunction(value, name)
  if (network !== undefined && typeof network !== 'function')
    throw invalid(`network is ${nameOf(network)}; the result of \`replication(…)\` is expected`)
  if (metrics !== undefined)
    checkPart(metrics, 'metrics', ['count', 'observe'], 'a RecordMetrics, such as `openTelemetryMetrics(meter)`,')
}

/** @throws RecordError `INVALID_ARGUMENT` unless the content of a record is bytes */
export function checkContent(content: unknown): void {
  if (isBytes(content)) return
  const hint = typeof content === 'string' ? ', such as `new TextEncoder().encode(text)`,' : ''
  throw invalid(`content is ${nameOf(content)}; a Uint8Array${hint} is expected`)
}

/** Checks the options of a put before anything is stored or sent. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkPutOptions(options: PutOptions, hasNetwork: boolean): void {
  checkCommonOptions(options, putNames)
  const { lifetime, ttl, ifSequence, sequence } = options
  checkCopying(options, hasNetwork)
  checkDuration(lifetime, 'lifetime', 0)
  nanosecondsFromTtl(ttl, 'ttl', 0)
  if (ttl !== undefined && lifetime !== undefined) checkTtl(ttl, lifetime)
  if (ifSequence !== null) checkSequence(ifSequence, 'ifSequence', 'null, or a bigint')
  checkSequence(sequence, 'sequence', 'a bigint')
  checkBoolean(options.trustClock, 'trustClock', false)
  checkBoolean(options.checkNetwork, 'checkNetwork', false)
}

/** Checks the options of a put of a signed value. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkPutSignedOptions(options: PutSignedOptions, hasNetwork: boolean): void {
  checkCommonOptions(options, putSignedNames)
  checkCopying(options, hasNetwork)
}

function checkCopying({ copies, timeout, offline }: PutSignedOptions, hasNetwork: boolean): void {
  if (checkCount(copies, 'copies', 0, 0) > 0 && !hasNetwork)
    throw invalid(
      `copies is ${copies}, but this manager has no network to ask; pass the option \`network\` to the manager, or omit \`copies\``
    )
  checkDuration(timeout, 'timeout', 0)
  checkBoolean(offline, 'offline', false)
}

/**
 * A reader must not cache a record for longer than it is valid.
 *
 * @param ttl - ms
 * @param lifetime - ms
 * @throws RecordError `INVALID_ARGUMENT`
 */
export function checkTtl(ttl: number, lifetime: number): void {
  if (ttl > lifetime) throw invalid(`ttl is ${ttl}; at most the lifetime of the record, ${lifetime} ms, is expected`)
}

function checkSequence(value: unknown, name: string, expected: string): void {
  if (value === undefined || (typeof value === 'bigint' && value >= 0n && value < 1n << 64n)) return
  const found = typeof value === 'number' ? `the number ${value}` : describe(value)
  throw invalid(`${name} is ${found}; ${expected} from 0 to 2^64 - 1, such as 1n, is expected`)
}

/** Checks the options of a get before peers are asked. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkGetOptions(options: GetOptions): void {
  checkCommonOptions(options, getNames)
  if (options.onImproved !== undefined) checkFunction(options.onImproved, 'onImproved')
  checkCount(options.quorum, 'quorum', 1)
  checkDuration(options.timeout, 'timeout', 0)
  checkBoolean(options.offline, 'offline', false)
  checkBoolean(options.noCache, 'noCache', false)
  checkBoolean(options.forPeers, 'forPeers', false)
}

/** @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkWatchOptions(options: WatchOptions, isPrefix: boolean, hasNetwork: boolean): void {
  checkCommonOptions(options, { initial: 0, pollInterval: 0, signal: 0 })
  checkBoolean(options.initial, 'initial', false)
  checkDuration(options.pollInterval, 'pollInterval', 0)
  if (options.pollInterval === undefined || (hasNetwork && !isPrefix)) return
  throw invalid(
    hasNetwork
      ? 'pollInterval is given, but peers can be asked for a single key only, not for a prefix; omit it'
      : 'pollInterval is given, but this manager has no network to ask; pass the option `network`, or omit it'
  )
}

/** @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkReceiveOptions(options: ReceiveOptions): void {
  checkCommonOptions(options, { sender: 0, group: 0, signal: 0 })
  const { sender, group } = options
  if (sender !== undefined) checkBytes(sender, 'sender', 0, Number.POSITIVE_INFINITY)
  if (group !== undefined) checkBytes(group, 'group', 0, Number.POSITIVE_INFINITY)
}

/** Checks the options of a call that has none but a signal. @throws RecordError `INVALID_ARGUMENT` */
export function checkSignal(options: AbortOptions): void {
  checkCommonOptions(options, { signal: 0 })
}

function checkCommonOptions<Options extends AbortOptions & ProgressOptions>(
  options: Options,
  names: OptionNames<NoInfer<Options>>
): void {
  checkOptions(options, names)
  const { signal, onProgress } = options
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function')
    throw invalid(
      `signal is ${nameOf(signal)}; an AbortSignal${signal instanceof AbortController ? ', the `signal` of the controller,' : ''} is expected`
    )
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw invalid(`onProgress is ${nameOf(onProgress)}; a function is expected`)
}

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}
