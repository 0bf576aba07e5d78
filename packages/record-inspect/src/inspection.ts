import { formatTime, ipnsNameToString, peerIdToString } from '@recordkit/record-codec'
import { isRecordError, isRefusal } from '@recordkit/record-types'
import type { PeerId, Refusal } from '@recordkit/record-types'
import type { ValidationEngine } from '@recordkit/record-validators'
import { textOf } from './text.ts'

/** What inspecting needs besides the bytes. */
export interface InspectContext {
  readonly engine: ValidationEngine
  /** ns since the Unix epoch */
  readonly now: bigint
  /** the name or author that the caller expects */
  readonly name?: PeerId | undefined
  /** the domain of an envelope */
  readonly domain?: string | undefined
}

/**
 * The explanation of some bytes, as an object for JSON. Bytes are base64, times RFC 3339, `ttl` is in ns and `timeLeft` in s; numbers of the
 * formats are bigints. The field names of a kind do not change.
 */
export interface Inspection extends Readonly<Record<string, unknown>> {
  /** `ipns-record`, `envelope`, `peer-record`, `signed-record`, `dht-record`, `dht-message`, `public-key`, `private-key`, `peer-id`, `archive` or `unknown` */
  readonly kind: string
  /** `accept`, `ignore`, `reject`, or `unverified` when nothing could be verified */
  readonly status: string
  /** why it is not accepted */
  readonly code?: string | null
  readonly message?: string | null
}

/** The verdict as the fields of an inspection. */
export type VerdictFields = {
  readonly status: string
  readonly code: string | null
  readonly message: string | null
}

export const accepted: VerdictFields = { status: 'accept', code: null, message: null }

export function refused({ status, code, message }: Refusal): VerdictFields {
  return { status, code, message }
}

/** A verdict on bytes that are not one record. */
export function ignored(code: string, message: string): VerdictFields {
  return { status: 'ignore', code, message }
}

export function unverified(code: string, message: string): VerdictFields {
  return { status: 'unverified', code, message }
}

/** The verdict of an engine on a value under a key. */
export async function verdictOf(
  { engine }: InspectContext,
  key: Uint8Array,
  value: Uint8Array
): Promise<VerdictFields> {
  const result = await engine.validate(key, value)
  return isRefusal(result) ? refused(result) : accepted
}

/** The verdict of one of the functions that open a value: they throw when it is not valid. */
export async function verdictOfOpening(open: () => Promise<unknown>): Promise<VerdictFields> {
  try {
    await open()
    return accepted
  } catch (error) {
    if (!isRecordError(error)) throw error
    const isPassing = ['EXPIRED', 'ALGORITHM_MISSING', 'ALGORITHM_UNSUPPORTED'].includes(error.code)
    return { status: isPassing ? 'ignore' : 'reject', code: error.code, message: error.message }
  }
}

/** A peer ID in both texts. */
export function peerFields(id: PeerId): { readonly peerId: string; readonly name: string } {
  return { peerId: peerIdToString(id), name: ipnsNameToString(id) }
}

/** Where some bytes are in others of which they are a view. */
export function rangeIn(whole: Uint8Array, part: Uint8Array): { readonly offset: number; readonly length: number } {
  return { offset: part.byteOffset - whole.byteOffset, length: part.length }
}

/** Text of a time; the number of nanoseconds when no date has it. */
export function timeText(time: bigint): string {
  try {
    return formatTime(time)
  } catch {
    return `${time} ns`
  }
}

/** s */
export function secondsUntil(time: bigint, now: bigint): number {
  return Number((time - now) / 1_000_000_000n)
}

/** A record key as text: `/ipns/k51…`, or its parts in base64 where they are not text. */
export function keyText(key: Uint8Array): string {
  const text = textOf(key)
  if (text !== null) return text
  const slash = key.indexOf(0x2f, 1)
  const namespace = textOf(key.subarray(1, slash))
  try {
    if (slash > 0) return `/${namespace}/${ipnsNameToString(key.subarray(slash + 1))}`
  } catch (error) {
    if (!isRecordError(error)) throw error
  }
  return `/${namespace ?? ''}/…`
}
