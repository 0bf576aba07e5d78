import { RecordError } from '@recordkit/record-types'
import {
  checkBytes,
  checkCount,
  checkDuration,
  checkFunction,
  checkObject,
  checkPart,
  describe,
  isBytes,
  nameOf
} from '@recordkit/record-types/internal'
import type { GetOptions, PutOptions, ReceiveOptions, RecordManagerOptions, WatchOptions } from './manager-options.ts'
import { nanosecondsFromTtl } from './nanoseconds-from-ttl.ts'

/** Checks the parts of a manager. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkManagerOptions(options: RecordManagerOptions): void {
  checkObject(options)
  const { engine, store, network, clock, setTimer, groupOf, metrics } = options
  checkPart(engine, 'engine', ['parseKey', 'validate'], 'a ValidationEngine, such as `new ValidationEngine([ipns()])`,')
  checkPart(store, 'store', ['get', 'put', 'publications'], 'a RecordStore, such as `new MemoryRecordStore()`,')
  const functions = { clock, setTimer, groupOf }
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
  checkCommonOptions(options)
  const { copies, timeout, lifetime, ttl, ifSequence, sequence, trustClock } = options
  if (checkCount(copies, 'copies', 0, 0) > 0 && !hasNetwork)
    throw invalid(
      `copies is ${copies}, but this manager has no network to ask; pass the option \`network\` to the manager, or omit \`copies\``
    )
  checkDuration(timeout, 'timeout', 0)
  checkDuration(lifetime, 'lifetime', 0)
  nanosecondsFromTtl(ttl, 'ttl', 0)
  if (ttl !== undefined && lifetime !== undefined) checkTtl(ttl, lifetime)
  if (ifSequence !== null) checkSequence(ifSequence, 'ifSequence', 'null, or a bigint')
  checkSequence(sequence, 'sequence', 'a bigint')
  checkBoolean(trustClock, 'trustClock', false)
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

/** @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkBoolean(value: boolean | undefined, name: string, standard: boolean): boolean {
  if (value === undefined) return standard
  if (typeof value === 'boolean') return value
  throw invalid(`${name} is ${nameOf(value)}; a boolean is expected`)
}

/** Checks the options of a get before peers are asked. @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkGetOptions(options: GetOptions): void {
  checkCommonOptions(options)
  if (options.onImproved !== undefined) checkFunction(options.onImproved, 'onImproved')
  checkCount(options.quorum, 'quorum', 1)
  checkDuration(options.timeout, 'timeout', 0)
}

/** @throws RecordError `INVALID_ARGUMENT` naming the option */
export function checkWatchOptions(options: WatchOptions, isPrefix: boolean, hasNetwork: boolean): void {
  checkCommonOptions(options)
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
  checkCommonOptions(options)
  const { sender, group } = options
  if (sender !== undefined) checkBytes(sender, 'sender', 0, Number.POSITIVE_INFINITY)
  if (group !== undefined) checkBytes(group, 'group', 0, Number.POSITIVE_INFINITY)
}

function checkCommonOptions(options: Pick<GetOptions, 'signal' | 'onProgress'>): void {
  checkObject(options)
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
