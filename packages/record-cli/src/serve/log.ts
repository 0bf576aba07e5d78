import type { RecordManager } from '@recordkit/record-manager'
import type { CommandIo } from '../command-io.ts'
import { failureOf } from '../failure.ts'
import { keyText } from '@recordkit/record-inspect/internal'
import { visible } from '../output.ts'

export type LogLevel = 'info' | 'warn' | 'error'
/** Writes one line: a time, a level, an event and its fields. */
export type Log = (level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>) => void

/** A log in JSON, one object per line, or in text for people. */
export function createLog(form: string, { note }: Pick<CommandIo, 'note'>): Log {
  if (form === 'none') return () => {}
  return (level, event, fields = {}) => {
    const time = new Date().toISOString()
    if (form === 'json') return note(JSON.stringify({ time, level, event, ...fields }))
    const text = Object.entries(fields).map(([name, value]) => ` ${name}=${visible(String(value))}`)
    note(`${time} ${level} ${event}${text.join('')}`)
  }
}

/** Logs what happens to publications. Contents of records are not logged. */
export function logManager(manager: RecordManager, log: Log): void {
  const { events } = manager
  const reason = (error: unknown): Readonly<Record<string, string>> => {
    const { code, message } = failureOf(error)
    return { code, message }
  }
  events.addEventListener('record:published', ({ detail: { key, copies } }) =>
    log('info', 'record:published', { key: keyText(key), copies })
  )
  events.addEventListener('record:renewed', ({ detail: { key } }) =>
    log('info', 'record:renewed', { key: keyText(key) })
  )
  events.addEventListener('record:unpublished', ({ detail: { key, error } }) =>
    log('warn', 'record:unpublished', { key: keyText(key), ...reason(error) })
  )
  events.addEventListener('record:unrenewed', ({ detail: { key } }) =>
    log('warn', 'record:unrenewed', { key: keyText(key), message: 'the key that signs it is not loaded' })
  )
  events.addEventListener('record:lapsed', ({ detail: { key } }) => log('warn', 'record:lapsed', { key: keyText(key) }))
  events.addEventListener('record:displaced', ({ detail: { key } }) =>
    log('warn', 'record:displaced', { key: keyText(key) })
  )
  events.addEventListener('record:dropped', ({ detail: { key } }) =>
    log('info', 'record:dropped', { key: keyText(key) })
  )
  events.addEventListener('record:equivocation', ({ detail: { key } }) =>
    log('warn', 'record:equivocation', { key: keyText(key) })
  )
  events.addEventListener('network:eclipsed', ({ detail: { key, density } }) =>
    log('warn', 'network:eclipsed', { key: keyText(key), density: Math.round(density) })
  )
  events.addEventListener('publications:unread', ({ detail: { error } }) =>
    log('error', 'publications:unread', reason(error))
  )
}
