// `npm run load`: 1,000 requests per second on loopback against `recordkit serve`, in a process of its own, with the latencies. The load is
// open: each request is due at a fixed time and its latency counts from then, so that a server that stalls cannot slow the load down and
// hide it. `-- --rate N`, `-- --seconds N`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ipnsNameToString } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { systemClock } from '@recordkit/record-types'

const { values } = parseArgs({
  options: { rate: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '10' } }
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
const recordType = 'application/vnd.ipfs.ipns-record'
const names = 100

const data = mkdtempSync(join(tmpdir(), 'recordkit-load-'))
const program = fileURLToPath(new URL('../../../../packages/record-cli/src/main.node.ts', import.meta.url))
const local = ['--listen', '/ip4/127.0.0.1/tcp/0', '--http', '127.0.0.1:0', '--lan', '--requests-per-second', '0']
const server = spawn(process.execPath, [program, 'serve', '--data', data, ...local, '--json', '--log', 'none'], {
  stdio: ['ignore', 'pipe', 'inherit']
})
const [line] = (await once(server.stdout, 'data')) as [Buffer]
const { http } = JSON.parse(line.toString()) as { readonly http: string }
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** Sends a request, and resolves to its status when the answer has ended. */
async function send(path: string, body?: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const init = body === undefined ? {} : { method: 'PUT', headers: { 'content-type': recordType } }
    const sent = request(`${http}/routing/v1/${path}`, { agent, ...init }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const signers = await Promise.all(Array.from({ length: names }, async () => generateKeyPair()))
const validity = systemClock() + 86_400_000_000_000n
const paths = signers.map(({ peerId }) => `ipns/${ipnsNameToString(peerId)}`)
const valueOf = async (index: number, sequence: bigint): Promise<Uint8Array> => {
  const signer = signers[index % names]
  if (signer === undefined) throw new Error('there is a signer for each index')
  return createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence, validity }, { signer })
}
for (const [index, path] of paths.entries()) await send(path, await valueOf(index, 1n))

/** Sends requests at a fixed rate. @returns ms of each, in ascending order, and how many failed */
async function load(
  ask: (index: number) => Promise<number>
): Promise<{ readonly times: number[]; readonly failed: number }> {
  const times: number[] = []
  let failed = 0
  const total = rate * seconds
  const started = performance.now()
  const running: Promise<void>[] = []
  for (let index = 0; index < total;) {
    const due = started + (index * 1000) / rate
    if (performance.now() < due) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      continue
    }
    const answered = ask(index++).then(
      (status) => {
        times.push(performance.now() - due)
        if (status !== 200) failed++
      },
      () => void failed++
    )
    running.push(answered)
  }
  await Promise.all(running)
  return { times: times.sort((a, b) => a - b), failed }
}

let isOk = true
async function measure(name: string, ask: (index: number) => Promise<number>): Promise<void> {
  const { times, failed } = await load(ask)
  const at = (part: number): string =>
    (times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0).toFixed(1)
  if (failed > 0) isOk = false
  console.log(
    `${name}: ${rate} per second, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms, slowest ${at(1)} ms, ${failed} failed`
  )
}

try {
  // the first requests compile the code
  for (let index = 0; index < 2000; index++) await send(paths[index % names] ?? '')
  await measure('health', async () => {
    return new Promise((resolve, reject) => {
      request(`${http}/health`, { agent }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0)))
        .on('error', reject)
        .end()
    })
  })
  await measure('GET of a stored record', (index) => send(paths[index % names] ?? ''))
  const puts = await Promise.all(
    Array.from({ length: rate * seconds }, (_, index) => valueOf(index, BigInt(2 + Math.floor(index / names))))
  )
  const put = async (index: number): Promise<number> => send(paths[index % names] ?? '', puts[index])
  await measure('PUT of a new record', async (index) => {
    const status = await put(index)
    // one that arrives after a later one of the same name
    return status === 409 ? 200 : status
  })
} finally {
  server.kill('SIGTERM')
  await once(server, 'close')
  agent.destroy()
  rmSync(data, { recursive: true, force: true })
}
process.exit(isOk ? 0 : 1)
