import { ipnsNameToString } from '@recordkit/record-codec'
import { printable } from '@recordkit/record-types/internal'
import type { ManagerEvents } from './events.ts'

/** maximum length of a message in the log */
const maxMessage = 500

/** The part of libp2p's `Logger` that is used: `libp2p.logger.forComponent('records')` fits. */
export interface EventLogger {
  (format: string, ...values: unknown[]): void
  error(format: string, ...values: unknown[]): void
}

/**
 * Writes the events of a manager to a libp2p logger, refusals and failures as errors. Contents of records are not logged, and
 * everything but printable ASCII is escaped.
 *
 * @example
 * ```ts
 * logEvents(manager.events, libp2p.logger.forComponent('records'))
 * ```
 */
export function logEvents(events: ManagerEvents, log: EventLogger): void {
  events.addEventListener('record:stored', ({ detail: { key, author, sequence } }) => {
    log(
      'stored %s, sequence %s, by %s',
      keyToText(key),
      String(sequence ?? '-'),
      author === undefined ? '-' : ipnsNameToString(author)
    )
  })
  events.addEventListener('record:refused', ({ detail: { key, result } }) => {
    log.error('refused %s: %s, %s', keyToText(key), result.code ?? result.status, messageToText(result.message ?? ''))
  })
  events.addEventListener('record:displaced', ({ detail: { key } }) => {
    log.error('a record of another author replaced ours under %s', keyToText(key))
  })
  events.addEventListener('record:equivocation', ({ detail: { key } }) =>
    log.error('two contents under one sequence of %s', keyToText(key))
  )
  events.addEventListener('record:published', ({ detail: { key, copies } }) =>
    log('published %s to %s peers', keyToText(key), String(copies))
  )
  events.addEventListener('record:renewed', ({ detail: { key } }) => log('renewed %s', keyToText(key)))
  events.addEventListener('record:lapsed', ({ detail: { key, error } }) => {
    log.error('%s has expired and was not renewed: %s', keyToText(key), messageToText(error))
  })
  events.addEventListener('record:dropped', ({ detail: { key } }) => {
    log.error('%s expired 30 days ago and is not published any more', keyToText(key))
  })
  events.addEventListener('network:eclipsed', ({ detail: { key, density, nodes } }) => {
    log.error(
      'peer IDs were generated near %s: the closest peers are %s times as dense as the network of about %s nodes',
      keyToText(key),
      density.toFixed(0),
      String(nodes)
    )
  })
  events.addEventListener('publications:unread', ({ detail: { error } }) => {
    log.error('could not read the publications: %s', messageToText(error))
  })
  events.addEventListener('changes:unread', ({ detail: { error } }) => {
    log.error('could not follow the changes of the store: %s', messageToText(error))
  })
  events.addEventListener('record:unrenewed', ({ detail: { key, signer } }) =>
    log.error('no signer %s: %s is published unchanged until it expires', ipnsNameToString(signer), keyToText(key))
  )
  events.addEventListener('record:unpublished', ({ detail: { key, error } }) => {
    log.error('could not publish %s: %s', keyToText(key), messageToText(error))
  })
}

/** A message, or that of an error, as one line. A remote peer may have chosen a part of it. */
function messageToText(message: unknown): string {
  const text = message instanceof Error ? message.message : message
  return typeof text === 'string' ? printable(text, maxMessage) : typeof text
}

/** A key as text of at most 80 characters. Bytes that are not printable ASCII are in hex: a remote peer chose the key. */
function keyToText(key: Uint8Array): string {
  let text = ''
  for (const byte of key.subarray(0, 80))
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
