import type { MaliciousBehaviour } from '@recordkit/record-test-network'
import { generateKeyPair } from '@recordkit/record-crypto'
import { anyAuthor, signed } from '@recordkit/record-validators'
import { median, quantile, start, timed } from './network.ts'

const behaviours: readonly MaliciousBehaviour[] = [
  'stale',
  'refusing',
  'echoing',
  'wrong-key',
  'garbage',
  'oversize',
  'slow',
  'leaving'
]
const rounds = 12

/** Measures one row: a network of `size` nodes, a share of it malicious; every round updates a record and reads it on another node. */
export async function growth(size: number, share: number, print: (line: string) => void): Promise<void> {
  const maliciousCount = Math.round(size * share)
  const malicious = Array.from(
    { length: maliciousCount },
    (_, index) => behaviours[index % behaviours.length] as MaliciousBehaviour
  )
  const { network, records, messages, keyOf } = await start(size - maliciousCount, malicious)
  await using _network = network
  const attacker = await generateKeyPair()
  const answers = new Map<string, Uint8Array>()
  for (const [index, peer] of network.malicious.entries()) {
    peer.respondWith = (key) => answers.get(`${index % 2}${new TextDecoder().decode(key)}`)
  }
  const puts: number[] = []
  const gets: number[] = []
  const putMessages: number[] = []
  const getMessages: number[] = []
  const copies: number[] = []
  let newest = 0
  let enough = 0
  for (let round = 0; round < rounds; round++) {
    const author = round % records.length
    const key = keyOf(author, `round-${round}`)
    const other = (author + Math.floor(records.length / 2)) % records.length
    const [writer, reader] = [records[author], records[other]]
    const [ofWriter, ofReader] = [messages[author], messages[other]]
    if (writer === undefined || reader === undefined || ofWriter === undefined || ofReader === undefined) continue
    const old = await writer.manager.put(key, new Uint8Array(200), { offline: true })
    answers.set(`0${new TextDecoder().decode(key)}`, old.record.value)
    const forged = await signed('config', { authors: anyAuthor() }).seal(
      { key, content: new Uint8Array(200), sequence: 1000n },
      { now: BigInt(Date.now()) * 1_000_000n, signer: attacker }
    )
    answers.set(`1${new TextDecoder().decode(key)}`, forged)
    const before = { put: ofWriter.sent, get: 0 }
    const put = await timed(async () => writer.manager.put(key, Uint8Array.of(round)))
    puts.push(put.ms)
    const receipt = await put.result.receipt?.complete
    putMessages.push(ofWriter.sent - before.put)
    const reached = receipt?.copies.reached ?? 0
    copies.push(reached)
    if (reached >= 3) enough++
    await reader.manager.delete(key)
    before.get = ofReader.sent
    const got = await timed(async () => reader.manager.get(key, { noCache: true }).catch(() => undefined))
    gets.push(got.ms)
    if (got.result?.length === 1 && got.result[0] === round) newest++
    await reader.network.settled()
    getMessages.push(ofReader.sent - before.get)
  }
  const cells = [
    size,
    `${share * 100} %`,
    median(puts).toFixed(0),
    quantile(puts, 0.9).toFixed(0),
    median(putMessages),
    median(gets).toFixed(0),
    quantile(gets, 0.9).toFixed(0),
    median(getMessages),
    median(copies),
    `${Math.round((100 * enough) / rounds)} %`,
    `${Math.round((100 * newest) / rounds)} %`
  ]
  print(`| ${cells.join(' | ')} |`)
}
