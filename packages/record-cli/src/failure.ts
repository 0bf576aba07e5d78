import { isRecordError, RecordError } from '@recordkit/record-types'
import type { KnownErrorCode, RoutingAck } from '@recordkit/record-types'

/** The exit statuses of every command. */
export const exitStatus: {
  readonly success: 0
  readonly refused: 1
  readonly usage: 2
  readonly failed: 3
} = /* @__PURE__ */ Object.freeze({ success: 0, refused: 1, usage: 2, failed: 3 })

export type ExitStatus = 0 | 1 | 2 | 3

/** Why a command failed, for people and programs. */
export interface Failure {
  readonly exit: ExitStatus
  readonly code: string
  /** one sentence */
  readonly message: string
}

/** Codes of arguments that are wrong. */
const usageCodes: ReadonlySet<string> = /* @__PURE__ */ new Set<KnownErrorCode>([
  'INVALID_ARGUMENT',
  'IPNS_NAME_INVALID',
  'IPNS_VALUE_INVALID',
  'PEER_ID_INVALID',
  'RECORD_KEY_INVALID',
  'TEXT_INVALID',
  'PASSPHRASE_MISSING',
  'SIGNER_MISSING'
])

/** Codes of a store, a file or a network that could not be read, written or asked. */
const failureCodes: ReadonlySet<string> = /* @__PURE__ */ new Set<KnownErrorCode>([
  'ROUTING_FAILED',
  'NO_PEERS',
  'TIMEOUT',
  'KEY_FILE_IO',
  'KEY_FILE_MODE',
  'CLOCK_UNSOUND'
])

/** A wrong argument. */
export function usageError(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}

/** Something that does not exist. */
export function notFound(message: string): CommandError {
  return new CommandError(exitStatus.refused, 'NOT_FOUND', message)
}

/** An error of the command line itself. */
export class CommandError extends Error {
  readonly exit: ExitStatus
  readonly code: string

  constructor(exit: ExitStatus, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exit = exit
    this.code = code
  }
}

/** What is shown and returned for an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) return { exit: error.exit, code: error.code, message: error.message }
  if (isRecordError(error, 'TOO_FEW_COPIES')) return tooFewCopies(error)
  if (isRecordError(error)) return { exit: exitOf(error.code), code: error.code, message: oneLine(messageOf(error)) }
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const code = (error as { readonly code?: unknown } | null)?.code
  if (name === 'AbortError') return { exit: exitStatus.failed, code: 'INTERRUPTED', message: oneLine(message) }
  const system = typeof code === 'string' ? code : 'INTERNAL'
  return { exit: exitStatus.failed, code: system, message: systemMessages[system] ?? oneLine(message) }
}

/** With the reason of each server. When none of them answered, they could not be asked. */
function tooFewCopies({ code, message, details }: RecordError): Failure {
  const { peers = [] } = (details as { readonly peers?: readonly RoutingAck[] } | undefined) ?? {}
  const reasons = peers.flatMap(({ error }) => (error instanceof Error ? [errorText(error)] : []))
  const isAnswer = peers.some(
    ({ status, error }) => status !== 'timeout' && (error === undefined || isRecordError(error))
  )
  return {
    exit: isAnswer ? exitStatus.refused : exitStatus.failed,
    code,
    message: oneLine(reasons.length === 0 ? message : `${message}: ${[...new Set(reasons)].join('; ')}`)
  }
}

/** `fetch failed` alone says nothing: its reason is the cause. */
function errorText({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message
}

function exitOf(code: string): ExitStatus {
  if (usageCodes.has(code)) return exitStatus.usage
  return failureCodes.has(code) || code.startsWith('STORE_') ? exitStatus.failed : exitStatus.refused
}

/** The message, and that of the reason where the message alone does not say what to change. */
function messageOf(error: RecordError): string {
  const { cause } = error
  const isVague = error.code === 'STORE_IO' || error.code === 'ROUTING_FAILED' || error.code === 'STORE_UNKNOWN'
  if (!isVague || !(cause instanceof Error) || error.message.includes(cause.message)) return error.message
  // the error of a connection has no message, but one for each address
  const reason =
    cause instanceof AggregateError && cause.message === '' ? cause.errors.map(String).join(', ') : cause.message
  return reason === '' ? error.message : `${error.message}: ${reason}`
}

/** Errors of the operating system in words. */
export const systemMessages: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another process; choose another one',
  EADDRNOTAVAIL: 'the address does not belong to this machine',
  EACCES: 'permission denied',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only'
}

function oneLine(message: string): string {
  return message.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim()
}
