import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connect, expect, startNode, startNodes, StepReporter } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { AccessLists, createAccessControl, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import { peerIdToString } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import type { PeerId } from '@recordkit/record-types'
import { fileStorage } from './file-storage.ts'
import { push, receivePushes } from './push.ts'
import { attest, namespaces, ratingOf } from './records.ts'
import type { Item } from './records.ts'
import { sharedLimiter } from './shared-limiter.ts'

/** records of one sender per period */
const points = 20
/** ms of a period */
const duration = 3_600_000

/** Attestations under attack, and access control that stops it. Returns the number of failed steps. */
export async function scenario(print: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(print)
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-reputation-'))
  const running: Node[] = []
  try {
    const lists = await AccessLists.load(fileStorage(join(folder, 'lists.json')))
    const access = createAccessControl({
      lists,
      scores: new PeerScores(),
      limiter: new TokenBucketLimiter({ points, duration })
    })
    // node 1 has access control; the others have none
    const nodes = await startNodes(4, (index) => ({
      namespaces: namespaces(),
      access: index === 0 ? access : undefined
    }))
    running.push(...nodes)
    const [keeper, honest, flooder, forger] = nodes as [Node, Node, Node, Node]
    await receivePushes(keeper)
    const subject = (await generateKeyPair()).peerId
    await attack(reporter, subject, keeper, honest, flooder, forger)
    await changeLists(reporter, subject, lists, keeper, honest, flooder, forger)
    await keeper[Symbol.asyncDispose]()
    running.shift()
    await restart(reporter, folder, running, honest, flooder, forger)
  } finally {
    await Promise.all(running.map((node) => node[Symbol.asyncDispose]()))
    await rm(folder, { recursive: true, force: true })
  }
  return reporter.failed
}

async function attack(
  reporter: StepReporter,
  subject: PeerId,
  keeper: Node,
  honest: Node,
  flooder: Node,
  forger: Node
): Promise<void> {
  reporter.section('Node 1 receives records: node 2 is honest, node 3 floods, node 4 forges')
  await reporter.step('the flood is limited, and records of node 2 are accepted meanwhile', async () => {
    const floods = await many(30, async () => attest(flooder.keyPair, (await generateKeyPair()).peerId, 1))
    const good = [await attest(honest.keyPair, subject, 1), await attest(honest.keyPair, flooder.keyPair.peerId, -1)]
    const [flood, others] = await Promise.all([push(flooder, keeper, floods), push(honest, keeper, good)])
    expect(count(flood) === '20 stored, 10 RATE_LIMITED', count(flood))
    expect(count(others) === '2 stored', count(others))
    return `node 3: ${count(flood)}; node 2: ${count(others)}`
  })
  await reporter.step('node 4 is ignored after six forgeries', async () => {
    const forged = await many(10, async () => forge(await attest(honest.keyPair, (await generateKeyPair()).peerId, -1)))
    const answers = await push(forger, keeper, forged)
    expect(count(answers) === '6 SIGNATURE_INVALID, 4 SENDER_SCORE_LOW', count(answers))
    return count(answers)
  })
  await reporter.step('a valid record by node 4 is accepted from node 2', async () => {
    const item = await attest(forger.keyPair, subject, 0.5)
    const [direct, relayed] = [await push(forger, keeper, [item]), await push(honest, keeper, [item])]
    expect(count(direct) === '1 SENDER_SCORE_LOW' && count(relayed) === '1 stored', `${direct}, ${relayed}`)
    return `from node 4: ${direct}; from node 2: ${relayed}`
  })
  await reporter.step('the rating of a subject', () => expectRating(keeper, subject, 1.5, 2))
}

async function changeLists(
  reporter: StepReporter,
  subject: PeerId,
  lists: AccessLists,
  keeper: Node,
  honest: Node,
  flooder: Node,
  forger: Node
): Promise<void> {
  reporter.section('Node 1 changes its access lists while it runs')
  const floodKeys: Uint8Array[] = []
  for await (const { key, author } of keeper.manager.list('/attest/'))
    if (peerIdToString(author ?? key) === peerIdToString(flooder.keyPair.peerId)) floodKeys.push(key)
  await reporter.step('records of a denied author are no longer served', async () => {
    const [before, after] = floodKeys as [Uint8Array, Uint8Array]
    expect((await honest.manager.get(before)) !== undefined, 'node 1 did not serve it before')
    await lists.deny('authors', flooder.keyPair.peerId)
    expect((await honest.manager.get(after)) === undefined, 'node 1 still serves it')
    expect(!(await keeper.manager.has(before)), 'node 1 still has it')
    return `${floodKeys.length} attestations are not served`
  })
  await reporter.step('one peer is denied, another allowed', async () => {
    await lists.deny('peers', peerIdToString(forger.keyPair.peerId))
    await lists.allow('peers', peerIdToString(honest.keyPair.peerId))
    return 'saved to a file'
  })
  await reporter.step('the rating stays the same', () => expectRating(keeper, subject, 1.5, 2))
}

async function restart(
  reporter: StepReporter,
  folder: string,
  running: Node[],
  honest: Node,
  flooder: Node,
  forger: Node
): Promise<void> {
  reporter.section('Node 1 restarts with its access lists, and with rate-limiter-flexible on an SQLite file')
  const lists = await AccessLists.load(fileStorage(join(folder, 'lists.json')))
  const path = join(folder, 'senders.sqlite')
  using limiter = await sharedLimiter(path, points, duration)
  const access = createAccessControl({ lists, scores: new PeerScores(), limiter })
  const keeper = await startNode({ namespaces: namespaces(), access })
  running.unshift(keeper)
  await connect([honest, flooder, keeper])
  await receivePushes(keeper)
  await reporter.step('records of peers that are denied or not allowed are refused', async () => {
    const subject = honest.keyPair.peerId
    const [flooded] = await push(flooder, keeper, [await attest(flooder.keyPair, subject, -1)])
    const { key, value } = await attest(forger.keyPair, subject, -1)
    const { code } = await keeper.manager.receive(key, value, { sender: forger.keyPair.peerId })
    expect(flooded === 'SENDER_NOT_ALLOWED' && code === 'SENDER_DENIED', `${flooded}, ${code}`)
    return `${flooded}, ${code}`
  })
  await reporter.step('a denied peer cannot connect', async () => {
    const item = await attest(forger.keyPair, honest.keyPair.peerId, -1)
    const answers = await push(forger, keeper, [item]).catch(() => undefined)
    expect(answers === undefined, `node 1 answered ${answers?.join()}`)
    return 'node 1 closes the connection'
  })
  await reporter.step('two processes share one rate limit', async () => {
    const items = await many(13, async () => attest(honest.keyPair, (await generateKeyPair()).peerId, 1))
    const here = await push(honest, keeper, items.slice(1))
    const file = fileURLToPath(new URL('other-process.ts', import.meta.url))
    const sender = peerIdToString(honest.keyPair.peerId)
    const other = await promisify(execFile)(process.execPath, [file, path, sender, `${points}`, `${duration}`])
    const last = await push(honest, keeper, items.slice(0, 1))
    expect(count(here) === '12 stored' && other.stdout.trim() === '8', `${count(here)}; ${other.stdout}`)
    expect(count(last) === '1 RATE_LIMITED', count(last))
    return `this process: ${count(here)}; the other: 8 accepted; this one again: ${count(last)}`
  })
}

async function expectRating({ manager }: Node, subject: PeerId, score: number, ratings: number): Promise<string> {
  const found = await ratingOf(manager, subject)
  expect(found.score === score && found.ratings === ratings, `${found.score} in ${found.ratings} ratings`)
  return `${score} in ${ratings} ratings`
}

function many<Item>(count: number, make: () => Promise<Item>): Promise<Item[]> {
  return Promise.all(Array.from({ length: count }, make))
}

/** The same record with one bit of its signature flipped. */
function forge({ key, value }: Item): Item {
  const forged = Uint8Array.from(value)
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
  return { key, value: forged }
}

/** Counts equal answers: `20 stored, 10 RATE_LIMITED`. */
function count(answers: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  return [...counts].map(([answer, times]) => `${times} ${answer}`).join(', ')
}
