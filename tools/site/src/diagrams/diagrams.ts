import { constant, divisor, errorCodes, layeredPackages, managerEvents, pipelineSteps } from './facts.ts'
import { Diagram } from './svg.ts'

/** Text in lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function layers(): Diagram {
  const packages = layeredPackages()
  const diagram = new Diagram(900, 'The packages by layer; each imports only packages of the layers below it')
  const numbers = [...new Set(packages.map(({ layer }) => layer))].toSorted((a, b) => b - a)
  let y = 8
  for (const layer of numbers) {
    const row = packages.filter((one) => one.layer === layer)
    diagram.text(4, y + 19, `layer ${layer}`, 'head')
    const perLine = Math.min(4, row.length)
    const width = (820 - (perLine - 1) * 12) / perLine
    for (let start = 0; start < row.length; start += perLine) {
      const boxes = row.slice(start, start + perLine).map(({ name, imports }, index) => {
        const below =
          imports.length === 0 ? 'no packages' : imports.map((other) => other.replace(/^record-/, '')).join(', ')
        return diagram.box(72 + index * (width + 12), y, width, name, wrap(below, Math.floor(width / 6.4)))
      })
      y += Math.max(...boxes.map(({ height }) => height)) + 12
    }
    y += 8
  }
  return diagram
}

/** What each step of the pipeline does, and codes of its refusals. Their names and order are those in the code. */
const stepDetails: Readonly<Record<string, readonly [text: string, ...codes: string[]]>> = {
  namespace: ['which rules the key has', 'NAMESPACE_UNKNOWN'],
  sizes: ['key and value, before anything is decoded', 'KEY_TOO_LARGE', 'VALUE_TOO_LARGE'],
  sender: ['lists, scores and rate of the peer that sent it', 'SENDER_DENIED', 'RATE_LIMITED'],
  decoding: ['strict for what is signed; the order of the record', 'ENVELOPE_INVALID', 'IPNS_DATA_MISSING'],
  binding: ['the keys agree, and the author may write there', 'KEY_MISMATCH', 'AUTHOR_FORBIDDEN'],
  signature: ['verified once for the same bytes', 'SIGNATURE_INVALID'],
  time: ['not issued in the future, not expired', 'ISSUED_IN_FUTURE', 'EXPIRED'],
  content: ['what the namespace accepts', 'CONTENT_INVALID'],
  'normal form': ['the one encoding that is stored, answered and forwarded'],
  'put rule': ['never a lower record over a higher one or its mark', 'STALE'],
  quota: ['space that is left for the author and the group of the sender', 'QUOTA']
}

function pipeline(): Diagram {
  const codes = errorCodes()
  const steps = pipelineSteps().map((name, index) => {
    const details = stepDetails[name]
    if (details === undefined) throw new Error(`the diagram of the pipeline does not know the step ${name}`)
    const [text, ...refusals] = details
    const unknown = refusals.filter((code) => !codes.has(code))
    if (unknown.length > 0) throw new Error(`no package has the code ${unknown.join()}`)
    const lines = refusals.length === 0 ? [text] : [text, `!refused: ${refusals.join(', ')}`]
    return [`${index + 1}. ${name}`, lines] as const
  })
  const diagram = new Diagram(900, 'The steps of a record into the store: it stops at the first that refuses it')
  const half = Math.ceil(steps.length / 2)
  diagram.text(8, 22, 'a put, a put of a peer, an answer, an import, a read from disk', 'head')
  const left = diagram.column(8, 36, 420, steps.slice(0, half))
  const right = diagram.column(470, 36, 420, [...steps.slice(half), ['stored, returned and forwarded', []]])
  const [last, first] = [left.at(-1)!, right[0]!]
  const middle = 449
  diagram.arrow([
    [last.x + last.width, last.y + last.height / 2],
    [middle, last.y + last.height / 2],
    [middle, first.y + first.height / 2],
    [first.x, first.y + first.height / 2]
  ])
  return diagram
}

function dhtRead(): Diagram {
  const progress = (name: string): number => constant('store-dht/src/read-progress.ts', name)
  const walk = (name: string): number => constant('store-dht/src/read-walk.ts', name)
  const stall = (name: string): number => constant('store-dht/src/stall-time.ts', name)
  const diagram = new Diagram(620, 'A read among the peers of a DHT')
  diagram.column(8, 8, 600, [
    ['get(key)', ['the store and the cache of look-ups have no answer that is new enough']],
    [
      `${walk('alpha')} paths ask the nearest known peers`,
      [
        `each path asks ${walk('alpha')} peers at a time, at most ${walk('placesPerAnswer')} of them named by one answer`,
        `an answer names at most ${walk('k')} peers that are nearer`
      ]
    ],
    [
      'answers are ordered by rank, and only the best is verified',
      ['it is passed to onImproved; worse answers cost no signature check']
    ],
    [
      'the look-up is done',
      [
        `${progress('nearestAnswers')} of the ${progress('nearestPeers')} nearest peers have answered, with a record or without,`,
        `and ${progress('finishedPaths')} of the ${walk('alpha')} paths are finished: ended, or ${progress('pathAnswers')} answers and none nearer to ask`,
        `or stalled: no nearer answer for ${stall('factor')} times the median answer, at least ${stall('least')} ms`
      ]
    ],
    ['the best record goes through the pipeline', ['stored, then returned; undefined when no peer has a valid one']],
    ['repair', ['peers that answered with a lower order get the best record']]
  ])
  return diagram
}

function dhtPut(): Diagram {
  const closest = (name: string): number => constant('store-dht/src/closest-peers.ts', name)
  const walk = (name: string): number => constant('store-dht/src/put-walk.ts', name)
  const stall = (name: string): number => constant('store-dht/src/stall-time.ts', name)
  const enough = constant('record-types/src/internal/has-enough-copies.ts', 'enough')
  const diagram = new Diagram(620, 'A put among the peers of a DHT')
  diagram.column(8, 8, 600, [
    ['put(key, content)', ['sealed with a sequence above every known one, and stored here first']],
    [`a walk to the ${closest('closestCount')} peers that are closest to the key`],
    [
      `${closest('answersNeeded')} of the ${closest('closestCount')} closest have answered, or the walk has stalled`,
      [`stalled: no nearer answer for ${stall('factor')} times the median answer, at least ${stall('least')} ms`]
    ],
    [
      `the record is sent, to ${walk('concurrency')} peers at a time`,
      [
        `each may take ${walk('storeTimeout') / 1000} s; a peer that refuses it because it has it already counts as a copy`
      ]
    ],
    [
      'put resolves',
      [
        `with ${enough} copies, or half of the peers found, but never fewer than the option copies`,
        'the others are sent in the background: receipt.complete'
      ]
    ],
    [
      'the last peer has answered',
      ['!fewer copies than the option copies: TOO_FEW_COPIES, stored here and tried again']
    ]
  ])
  return diagram
}

function life(): Diagram {
  const events = managerEvents()
  const event = (type: string): string => {
    if (!events.has(type)) throw new Error(`a manager has no event ${type}`)
    return type
  }
  const hours = constant('record-manager/src/republish-options.ts', 'defaultInterval') / 3_600_000
  const days = (nanoseconds: number): number => nanoseconds / 86_400_000_000_000
  const part = divisor('record-manager/src/plan-publication.ts', 'lifetime')
  const mark = days(constant('record-store/src/put-rule.ts', 'markLifetime'))
  const dropped = days(constant('record-manager/src/publish-record.ts', 'dropAfter'))
  const diagram = new Diagram(900, 'The life of a record, with the events of the manager')
  const sealed = diagram.box(8, 8, 260, 'sealed', ['signed by its author, with a sequence'])
  const stored = diagram.box(320, 8, 260, 'stored', [event('record:stored')])
  const published = diagram.box(632, 8, 260, 'published', [event('record:published'), `again every ${hours} hours`])
  const renewed = diagram.box(632, 132, 260, 'renewed', [
    event('record:renewed'),
    `with a ${part === 3 ? 'third' : `1/${part}`} of its lifetime left`
  ])
  const replaced = diagram.box(8, 132, 260, 'replaced, deleted or evicted', [
    `by another author: ${event('record:displaced')}`
  ])
  const lapsed = diagram.box(320, 132, 260, 'lapsed', [event('record:lapsed'), 'published, and expired while away'])
  const markBox = diagram.box(8, 256, 260, 'mark', [
    'its rank; nothing lower is stored for',
    `${mark} days, or until its expiry if later`
  ])
  const droppedBox = diagram.box(320, 256, 260, 'dropped', [
    event('record:dropped'),
    `another author's, ${dropped} days after it lapsed`
  ])
  const gone = diagram.box(8, 380, 260, 'forgotten', [], true)
  // the middles of the sides
  const right = ({ x, y, width, height }: typeof sealed): [number, number] => [x + width, y + Math.min(height / 2, 26)]
  const leftOf = ({ x, y, height }: typeof sealed): [number, number] => [x, y + Math.min(height / 2, 26)]
  const top = ({ x, y, width }: typeof sealed, at = 0.5): [number, number] => [x + width * at, y]
  const bottom = ({ x, y, width, height }: typeof sealed, at = 0.5): [number, number] => [x + width * at, y + height]
  diagram.arrow([right(sealed), leftOf(stored)])
  diagram.arrow([right(stored), leftOf(published)])
  diagram.arrow([bottom(published, 0.3), top(renewed, 0.3)])
  diagram.arrow([top(renewed, 0.7), bottom(published, 0.7)])
  diagram.arrow([bottom(stored, 0.5), top(lapsed, 0.5)], [458, 96, 'expires'])
  diagram.arrow([right(lapsed), leftOf(renewed)], [584, 150, 'signed'])
  diagram.arrow([[stored.x, stored.y + 44], [138, stored.y + 92], top(replaced, 0.5)])
  diagram.arrow([bottom(replaced), top(markBox)])
  diagram.arrow([bottom(lapsed), top(droppedBox)], [458, 220, 'not ours'])
  diagram.arrow([leftOf(droppedBox), right(markBox)])
  diagram.arrow([bottom(markBox), top(gone)])
  return diagram
}

/** The files of docs/concepts, with what is in them. */
export function diagrams(): ReadonlyMap<string, string> {
  return new Map([
    ['layers.svg', String(layers())],
    ['pipeline.svg', String(pipeline())],
    ['dht-read.svg', String(dhtRead())],
    ['dht-put.svg', String(dhtPut())],
    ['life-of-a-record.svg', String(life())]
  ])
}
