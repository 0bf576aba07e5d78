import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connect, expect, startNode, startNodes, StepReporter } from '@recordkit/example-shared'
import type { Node } from '@recordkit/example-shared'
import { peerIdToString } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { AccessLists, PeerAccess, PeerScores, TokenBucketLimiter } from '@recordkit/record-access'
import type { PeerId } from '@recordkit/record-types'
import { fileStorage } from './file-storage.ts'
import { push, takePushes } from './push.ts'
import { attest, namespaces, opinionOf } from './records.ts'
import type { Item } from './records.ts'
import { sharedLimiter } from './shared-limiter.ts'

/** Records that one sender may hand over at once; an hour later as many again. */
const points = 20
const duration = 3600

/** Tells who keeps being heard and who does not; answers how many steps did not hold. */
export async function story(say: (line: string) => void): Promise<number> {
  const reporter = new StepReporter(say)
  const folder = await mkdtemp(join(tmpdir(), 'recordkit-reputation-'))
  const running: Node[] = []
  try {
    const lists = await AccessLists.load(fileStorage(join(folder, 'lists.json')))
    const access = new PeerAccess({
      lists,
      scores: new PeerScores(),
      limiter: new TokenBucketLimiter({ points, duration })
    })
    // node 1 is choosy about what it is handed; the others are themselves
    const nodes = await startNodes(4, (index) => ({
      namespaces: namespaces(),
      ...(index === 0 ? { access, permit: lists.permit } : {})
    }))
    running.push(...nodes)
    const [keeper, honest, flooder, forger] = nodes as [Node, Node, Node, Node]
    await takePushes(keeper)
    const subject = (await generateKeyPair()).peerId
    await attacked(reporter, subject, keeper, honest, flooder, forger)
    await listed(reporter, subject, lists, keeper, honest, flooder, forger)
    await keeper[Symbol.asyncDispose]()
    running.shift()
    await again(reporter, folder, running, honest, flooder, forger)
  } finally {
    await Promise.all(running.map((node) => node[Symbol.asyncDispose]()))
    await rm(folder, { recursive: true, force: true })
  }
  return reporter.failed
}

async function attacked(
  reporter: StepReporter,
  subject: PeerId,
  keeper: Node,
  honest: Node,
  flooder: Node,
  forger: Node
): Promise<void> {
  reporter.section('Node 2 is honest, node 3 floods, node 4 forges; node 1 is handed all of it')
  await reporter.step('the flood is cut off, honest records go on meanwhile', async () => {
    const floods = await many(30, async () => attest(flooder.keyPair, (await generateKeyPair()).peerId, 1))
    const good = [await attest(honest.keyPair, subject, 1), await attest(honest.keyPair, flooder.keyPair.peerId, -1)]
    const [flood, others] = await Promise.all([push(flooder, keeper, floods), push(honest, keeper, good)])
    expect(count(flood) === '20 stored, 10 RATE_LIMITED', count(flood))
    expect(count(others) === '2 stored', count(others))
    return `node 3: ${count(flood)}; node 2: ${count(others)}`
  })
  await reporter.step('a forger is not even listened to any more', async () => {
    const forged = await many(10, async () =>
      broken(await attest(honest.keyPair, (await generateKeyPair()).peerId, -1))
    )
    const answers = await push(forger, keeper, forged)
    expect(count(answers) === '6 SIGNATURE_INVALID, 4 SENDER_SCORE_LOW', count(answers))
    return count(answers)
  })
  await reporter.step('what the forger itself signed comes in by an honest peer', async () => {
    const item = await attest(forger.keyPair, subject, 0.5)
    const [direct, relayed] = [await push(forger, keeper, [item]), await push(honest, keeper, [item])]
    expect(count(direct) === '1 SENDER_SCORE_LOW' && count(relayed) === '1 stored', `${direct}, ${relayed}`)
    return `from node 4: ${direct}; from node 2: ${relayed}`
  })
  await reporter.step('an opinion', () => opinion(keeper, subject, 1.5, 2))
}

async function listed(
  reporter: StepReporter,
  subject: PeerId,
  lists: AccessLists,
  keeper: Node,
  honest: Node,
  flooder: Node,
  forger: Node
): Promise<void> {
  reporter.section('Node 1 changes its lists while it runs')
  const spam: Uint8Array[] = []
  for await (const { key, author } of keeper.manager.list('/attest/'))
    if (peerIdToString(author ?? key) === peerIdToString(flooder.keyPair.peerId)) spam.push(key)
  await reporter.step('an author is denied: what it wrote is not served any more', async () => {
    const [before, after] = spam as [Uint8Array, Uint8Array]
    expect((await honest.manager.get(before)) !== undefined, 'node 1 did not serve it before')
    await lists.deny('authors', flooder.keyPair.peerId)
    expect((await honest.manager.get(after)) === undefined, 'node 1 serves it still')
    expect(!(await keeper.manager.has(before)), 'node 1 has it still')
    return `${spam.length} attestations gone`
  })
  await reporter.step('a peer is denied, and one allowed', async () => {
    await lists.deny('peers', peerIdToString(forger.keyPair.peerId))
    await lists.allow('peers', peerIdToString(honest.keyPair.peerId))
    return 'kept in a file'
  })
  await reporter.step('the opinion stands', () => opinion(keeper, subject, 1.5, 2))
}

async function again(
  reporter: StepReporter,
  folder: string,
  running: Node[],
  honest: Node,
  flooder: Node,
  forger: Node
): Promise<void> {
  reporter.section('Node 1 starts again with its lists, and with rate-limiter-flexible on an SQLite file')
  const lists = await AccessLists.load(fileStorage(join(folder, 'lists.json')))
  const path = join(folder, 'senders.sqlite')
  using limiter = await sharedLimiter(path, points, duration)
  const access = new PeerAccess({ lists, scores: new PeerScores(), limiter })
  const keeper = await startNode({ namespaces: namespaces(), access, permit: lists.permit })
  running.unshift(keeper)
  await connect([honest, flooder, forger, keeper])
  await takePushes(keeper)
  await reporter.step('it still knows whom not to take from', async () => {
    const answers = await Promise.all(
      [flooder, forger].map(async (node) => push(node, keeper, [await attest(node.keyPair, honest.keyPair.peerId, -1)]))
    )
    expect(answers.join() === 'SENDER_NOT_ALLOWED,SENDER_DENIED', answers.join())
    return answers.join(', ')
  })
  await reporter.step('one rate for two processes', async () => {
    const items = await many(13, async () => attest(honest.keyPair, (await generateKeyPair()).peerId, 1))
    const here = await push(honest, keeper, items.slice(1))
    const file = fileURLToPath(new URL('other-process.ts', import.meta.url))
    const sender = peerIdToString(honest.keyPair.peerId)
    const other = await promisify(execFile)(process.execPath, [file, path, sender, `${points}`, `${duration}`])
    const last = await push(honest, keeper, items.slice(0, 1))
    expect(count(here) === '12 stored' && other.stdout.trim() === '8', `${count(here)}; ${other.stdout}`)
    expect(count(last) === '1 RATE_LIMITED', count(last))
    return `here ${count(here)}, there 8 admitted, here again ${count(last)}`
  })
}

async function opinion({ manager }: Node, subject: PeerId, score: number, voices: number): Promise<string> {
  const found = await opinionOf(manager, subject)
  expect(found.score === score && found.voices === voices, `${found.score} by ${found.voices}`)
  return `${score} by ${voices} voices`
}

function many<Of>(count: number, make: () => Promise<Of>): Promise<Of[]> {
  return Promise.all(Array.from({ length: count }, make))
}

/** The same record with one bit of its signature turned. */
function broken({ key, value }: Item): Item {
  const forged = Uint8Array.from(value)
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1
  return { key, value: forged }
}

/** `20 stored, 10 RATE_LIMITED` */
function count(answers: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  return [...counts].map(([answer, times]) => `${times} ${answer}`).join(', ')
}
