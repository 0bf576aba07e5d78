import { formatTime } from '@recordkit/record-codec'
import type { Explanation, Inspection, ValidationStep } from '@recordkit/record-inspect'
import { durationText, visible } from '@recordkit/record-inspect/text'
import { byId, element, fill } from './dom.ts'
import { timelineOf } from './timeline.ts'
import { counted, kindWords, sentence, stepWords } from './words.ts'

/** What a verdict means, for people. */
const statusWords: Readonly<Record<string, readonly [string, string]>> = {
  accept: ['valid', ''],
  ignore: ['not accepted', 'Honest peers send such bytes too, so that it does not count against their sender.'],
  reject: ['refused', 'No honest peer sends such bytes, so that it counts against their sender.'],
  unverified: ['not verified', '']
}

/** Shows verdict, facts, steps and times. */
export function showResult(explanation: Explanation, now: bigint): void {
  showVerdict(explanation.inspection, explanation.bytes.length, now)
  showSteps(explanation.steps)
  showTimes(explanation, now)
}

/** Format and verdict in a few words. */
export function titleOf({ kind, status }: Inspection): string {
  const title = kindWords[kind] ?? kind
  const isVerdict = kind !== 'unknown' && !(status === 'accept' && /^(?:public-key|private-key|peer-id)$/.test(kind))
  return isVerdict ? `${title}: ${statusWords[status]?.[0] ?? status}` : title
}

function showVerdict(inspection: Inspection, size: number, now: bigint): void {
  const { kind, status, code, message } = inspection
  const meaning = statusWords[status]?.[1] ?? ''
  byId('verdict').dataset['status'] = status
  fill('verdict-title', titleOf(inspection))
  const text = message == null ? '' : sentence(visible(message))
  const parts = code == null ? [] : [element('code', {}, code), ' ']
  fill('verdict-message', ...parts, [text, kind === 'unknown' ? '' : meaning].filter(Boolean).join(' '))
  byId('verdict-message').hidden = parts.length === 0 && text === ''
  fill('facts', ...factsOf(inspection, size, now).map(([name, value]) => fact(name, value)))
}

function fact(name: string, value: string): HTMLElement {
  return element('div', {}, element('dt', {}, name), element('dd', {}, visible(value)))
}

/** The fields that people look for first. */
function factsOf(inspection: Inspection, size: number, now: bigint): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = []
  const add = (title: string, value: unknown): void => {
    if (['string', 'number', 'bigint'].includes(typeof value)) facts.push([title, String(value)])
  }
  const author = inspection['author'] as { readonly name?: string } | undefined
  add('Name', inspection['name'])
  add('Peer ID', inspection['peerId'])
  add('Key type', inspection['type'])
  add('Key', inspection['key'])
  add('Author', author?.name)
  add('Value', inspection.kind === 'ipns-record' ? inspection['value'] : undefined)
  add('Content', inspection.kind === 'signed-record' ? short(String(inspection['content'])) : undefined)
  add('Addresses', (inspection['addresses'] as readonly string[] | undefined)?.join(', '))
  // of a DHT record, what is under its key
  const inner = inspection['value'] as Inspection | undefined
  if (inspection.kind === 'dht-record' && inner !== undefined && inner.kind !== 'unknown') {
    add('Contains', kindWords[inner.kind])
    add('Value', inner['value'])
    add('Sequence', inner['sequence'])
  }
  add('Records', inspection['records'])
  add('Refused', inspection['refused'])
  add('Sequence', inspection['sequence'])
  const seconds = inspection['timeLeft']
  if (typeof seconds === 'number')
    add('Validity', seconds < 0 ? `ended ${durationText(seconds)} ago` : `ends in ${durationText(seconds)}`)
  const ttl = inspection['ttl']
  if (typeof ttl === 'bigint') add('Cache for', durationText(Number(ttl / 1_000_000_000n)))
  add('Received', inspection['timeReceived'] === undefined ? undefined : relativeTo(inspection['timeReceived'], now))
  add('Size', counted(size, 'byte'))
  return facts
}

function relativeTo(time: unknown, now: bigint): string | undefined {
  const milliseconds = Date.parse(String(time))
  if (Number.isNaN(milliseconds)) return undefined
  const seconds = Number(now / 1_000_000_000n) - milliseconds / 1000
  return seconds < 0 ? `in ${durationText(seconds)}` : `${durationText(seconds)} ago`
}

function short(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

const stepStates = { passed: 'passed', failed: 'failed', unknown: 'not reached' } as const

function showSteps(steps: readonly ValidationStep[]): void {
  byId('steps-section').hidden = steps.length === 0
  fill('steps', ...steps.map(stepItem))
}

function stepItem({ name, status, refusal, note }: ValidationStep): HTMLElement {
  const [title, meaning] = stepWords[name]
  return element(
    'li',
    { class: `step-${status}` },
    element(
      'p',
      { class: 'step-title' },
      element('strong', {}, title),
      ' ',
      element('span', { class: 'step-state' }, stepStates[status])
    ),
    element('p', { class: 'quiet-text' }, sentence(meaning)),
    ...(refusal === undefined
      ? []
      : [
          element('p', { class: 'problem' }, element('code', {}, refusal.code), ' ', sentence(visible(refusal.message)))
        ]),
    ...(note === undefined ? [] : [element('p', { class: 'quiet-text' }, sentence(visible(note)))])
  )
}

const pointWords = { issued: 'Issued', received: 'Received', now: 'Now', expires: 'Expires' } as const

function showTimes({ times }: Explanation, now: bigint): void {
  byId('times-section').hidden = times.length === 0
  const points = timelineOf(times, now)
  const expiry = points.find(({ name }) => name === 'expires')?.position
  const validUntil = element('div', { class: 'valid' })
  validUntil.style.setProperty('--end', `${expiry ?? 100}%`)
  const marks = points.map(({ name, position }) => {
    const mark = element('span', { class: `mark mark-${name}` })
    mark.style.setProperty('--at', `${position}%`)
    return mark
  })
  fill('timeline', element('div', { class: 'line' }, validUntil, ...marks))
  fill(
    'times',
    ...points.map(({ name, time, relative }) =>
      element(
        'li',
        { class: `time-${name}` },
        element('strong', {}, pointWords[name]),
        element('span', {}, dateText(time)),
        element('span', { class: 'quiet-text' }, relative)
      )
    )
  )
}

/** RFC 3339 to the second. */
function dateText(time: bigint): string {
  try {
    return formatTime(time)
      .replace(/\.\d+Z$/, 'Z')
      .replace('T', ' ')
      .replace('Z', ' UTC')
  } catch {
    return `${time} ns after 1970`
  }
}
