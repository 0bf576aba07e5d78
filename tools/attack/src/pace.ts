import { encodeDhtMessage, messageTypes } from '@recordkit/record-test-network'
import type { KeyPair } from '@recordkit/record-crypto'
import { systemClock } from '@recordkit/record-types'
import { protocol, startField } from './field-network.ts'
import { Random } from './random.ts'
import { ownKey, sealed } from './records.ts'
import { forgeries } from './wire/forgeries.ts'
import { percent } from './table.ts'
import { flatOut, LoadRunner, steady } from './wire/load-runner.ts'
import type { Pace, Turns } from './wire/load-runner.ts'

interface Trial {
  readonly kind: 'requests' | 'forgeries'
  /** messages per second of both attackers together. @default as many as they can send */
  readonly rate?: number | undefined
  /** whether inbound limits are enabled, as by default */
  readonly limited: boolean
}

const trials: readonly Trial[] = [
  ...[50, 100, 200, 400].map((rate) => ({ kind: 'requests', rate, limited: false }) as const),
  { kind: 'requests', limited: false },
  { kind: 'forgeries', limited: false },
  { kind: 'requests', rate: 50, limited: true },
  { kind: 'requests', limited: true },
  { kind: 'forgeries', limited: true }
]

const head = [
  '| two attackers send | inbound limits | sent, per second | refused, per second | CPU each, µs | kept of full load | by the clock | kept of 10 rounds per second |',
  '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |'
]

/**
 * Measures the pace of honest traffic by what attackers send and whether senders are limited.
 *
 * @param print - called with each row
 * @returns the table of docs/security/attacks.md
 */
export async function paceTable(seed: number, print: (line: string) => void): Promise<string> {
  const rows: string[] = []
  for (const trial of trials) {
    const full = await measure(seed, trial, flatOut)
    const some = await measure(seed, trial, steady)
    rows.push(rowOf(trial, full, some))
    print(rows.at(-1) ?? '')
  }
  return [...head, ...rows].join('\n')
}

async function measure(seed: number, trial: Trial, turns: Turns): Promise<Pace> {
  const random = new Random(seed)
  await using network = await startField(random, 5, [], trial.limited ? {} : false)
  const signer = network.pairs[0] as KeyPair
  const key = ownKey(signer, 'q')
  await network.records[0]?.manager.receive(key, await sealed({ key, signer, sequence: 1n, now: systemClock() }))
  const request = encodeDhtMessage({ type: messageTypes.indexOf('GET_VALUE'), key })
  const messages = trial.kind === 'requests' ? [request] : (await forgeries(network, random)).messages
  await using loadRunner = await LoadRunner.start(2, { targets: [network.target], protocol, messages })
  return await loadRunner.measure(network, { manner: 'streams', count: 50_000, rate: trial.rate }, turns)
}

function rowOf({ kind, rate, limited }: Trial, full: Pace, some: Pace): string {
  const { tried, sent } = full.sent
  const cells = [
    `${kind}, ${rate === undefined ? 'as fast as they can' : `${rate} per second`}`,
    limited ? 'yes' : 'no',
    ((full.rate * sent) / tried).toFixed(0),
    ((full.rate * (tried - sent)) / tried).toFixed(0),
    full.cpuEach.toFixed(0),
    // the number of messages of unlimited attackers depends on the other load of the machine; their share of the CPU does not
    percent(rate === undefined && !limited ? full.keptOfCpu : full.kept),
    percent(full.keptByClock),
    percent(some.keptByClock)
  ]
  return `| ${cells.join(' | ')} |`
}
