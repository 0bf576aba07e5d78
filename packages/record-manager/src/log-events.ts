import { ipnsNameToString } from '@recordkit/record-codec'
import type { ManagerEvents } from './events.ts'

/** What is used of libp2p's `Logger`: `libp2p.logger.forComponent('records')` fits. */
export interface EventLogger {
  (format: string, ...values: unknown[]): void
  error(format: string, ...values: unknown[]): void
}

/** Writes what a manager tells into a log of libp2p's: refusals and failures as errors. No record's content goes there. */
export function logEvents(events: ManagerEvents, log: EventLogger): void {
  events.addEventListener('record:stored', ({ detail: { key, author, sequence } }) => {
    log(
      'stored %s, sequence %s, by %s',
      keyText(key),
      String(sequence ?? '-'),
      author === undefined ? '-' : ipnsNameToString(author)
    )
  })
  events.addEventListener('record:refused', ({ detail: { key, outcome } }) => {
    log.error('refused %s: %s, %s', keyText(key), outcome.code ?? outcome.outcome, outcome.message ?? '')
  })
  events.addEventListener('record:equivocation', ({ detail: { key } }) =>
    log.error('two contents under one sequence: %s', keyText(key))
  )
  events.addEventListener('record:published', ({ detail: { key, copies } }) =>
    log('published %s, %s copies', keyText(key), String(copies))
  )
  events.addEventListener('record:unpublished', ({ detail: { key, error } }) => {
    log.error('could not publish %s: %s', keyText(key), error instanceof Error ? error.message : String(error))
  })
}

/** A key as text, its bytes that are not printable ASCII in hex, at most 80 characters: a stranger chose it. */
function keyText(key: Uint8Array): string {
  let text = ''
  for (const byte of key.subarray(0, 80))
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
