import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { ipnsNameToString } from '@recordkit/record-codec'
import { createIpnsRecord, generateKeyPair } from '@recordkit/record-crypto'
import { systemClock } from '@recordkit/record-types'
import { expect, onTestFinished, test } from 'vitest'
import { runCommand, temporaryDirectory } from './run-command.ts'

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const [program, interruptAfter] = [pathOf('../src/main.node.ts'), pathOf('./interrupt-after.ts')]
/** moments at which each command is interrupted */
const moments = Number(process.env['INTERRUPTS'] ?? 3)
const seed = Number(process.env['SEED'] ?? 1)
const interrupted = 'recordkit: the command was interrupted by SIGINT\n'

/** Numbers from 0 to below 1, the same for a seed. */
function randomOf(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** Runs the program in a process of its own, which interrupts itself after a number of operations. */
function start(args: readonly string[], moment?: number) {
  const env = { ...process.env, ...(moment === undefined ? {} : { INTERRUPT_AFTER: String(moment) }) }
  const child = spawn(process.execPath, ['--import', interruptAfter, program, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe']
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const text = ['', '', '']
  const [, stdout, stderr, counted] = child.stdio as unknown as readonly [null, Readable, Readable, Readable]
  for (const [index, stream] of [stdout, stderr, counted].entries())
    stream.setEncoding('utf8').on('data', (chunk: string) => (text[index] += chunk))
  const ended = once(child, 'close').then(([status]) => {
    const [output = '', notes = '', operations = ''] = text
    return { status: status as number | null, output, notes, operations: Number(operations) }
  })
  return { child, stdout, ended }
}

async function machine(records: number) {
  const data = temporaryDirectory()
  const { name } = (await runCommand(['key', 'generate', '--json', '--data', data])).json<{ name: string }>()
  for (let record = 0; record < records; record++)
    await runCommand(['put', `/config/${name}/${record}`, '--text', `content ${record}`, '--data', data])
  return { data, name }
}

const statsOf = async (data: string): Promise<Record<string, unknown>> =>
  (await runCommand(['store', 'stats', '--json', '--data', data])).json()
const problemsOf = async (data: string): Promise<unknown> =>
  (await runCommand(['store', 'verify', '--json', '--data', data])).json()['problems']

interface Interrupted {
  readonly args: (data: string, name: string) => readonly string[]
  /** what must be the case after the command, interrupted or not */
  readonly check: (data: string, name: string, isDone: boolean) => Promise<void>
}

const commands: Record<string, Interrupted> = {
  put: {
    args: (data, name) => ['put', `/config/${name}/new`, '--text', 'green', '--data', data],
    async check(data, name, isDone) {
      const { status, output } = await runCommand(['get', `/config/${name}/new`, '--data', data])
      if (isDone) expect([status, output]).toEqual([0, 'green'])
      expect(await statsOf(data)).toMatchObject({ records: status === 0 ? 7 : 6 })
    }
  },
  'store export': {
    args: (data) => ['store', 'export', join(data, 'backup.archive'), '--json', '--data', data],
    async check(data, _, isDone) {
      const backup = join(data, 'backup.archive')
      expect(readdirSync(data).filter((file) => !['keys', 'store', 'backup.archive'].includes(file))).toEqual([])
      if (isDone) expect(existsSync(backup)).toBe(true)
      if (!existsSync(backup)) return
      const other = temporaryDirectory()
      expect((await runCommand(['store', 'import', backup, '--data', other])).status).toBe(0)
      expect(await statsOf(other)).toMatchObject({ records: 6 })
    }
  },
  'store import': {
    args: (data) => ['store', 'import', join(dirname(data), 'given.archive'), '--trusted', '--json', '--data', data],
    async check(data, _, isDone) {
      const again = ['store', 'import', join(dirname(data), 'given.archive'), '--trusted', '--json', '--data', data]
      if (!isDone) expect((await runCommand(again)).status).toBe(0)
      expect(await statsOf(data)).toMatchObject({ records: 6, publications: 6 })
    }
  },
  'store migrate': {
    args: (data) => ['store', 'migrate', join(data, 'copy'), '--json', '--data', data],
    async check(data, _, isDone) {
      if (isDone) expect(existsSync(join(data, 'copy'))).toBe(true)
      expect(await statsOf(data)).toMatchObject({ records: 6 })
    }
  },
  'store verify': {
    args: (data) => ['store', 'verify', '--json', '--data', data],
    check: async (data) => expect(await statsOf(data)).toMatchObject({ records: 6 })
  }
}

test.each(Object.keys(commands))(
  'ctrl-C at any moment of `recordkit %s` ends it with its status, releases the store and loses nothing acknowledged',
  async (command) => {
    const { args, check } = commands[command] as Interrupted
    const random = randomOf(seed)
    let operations = 0
    for (let run = 0; run <= moments; run++) {
      const isImport = command === 'store import'
      const source = await machine(6)
      const folder = temporaryDirectory()
      const data = isImport ? join(folder, 'data') : source.data
      if (isImport) await runCommand(['store', 'export', join(folder, 'given.archive'), '--data', source.data])
      const moment = run === 0 ? undefined : 1 + Math.floor(random() * operations)
      const ended = await start(args(data, source.name), moment).ended
      if (run === 0) operations = ended.operations
      const isDone = ended.status === 0
      expect([ended.status, isDone ? '' : ended.notes], `interrupted after ${moment} operations`).toEqual(
        isDone ? [0, ''] : [3, interrupted]
      )
      if (run === 0) expect(isDone).toBe(true)
      expect(await problemsOf(data)).toBe(0)
      await check(data, source.name, isDone)
    }
  },
  120_000
)

const local = ['--listen', '/ip4/127.0.0.1/tcp/0', '--http', '127.0.0.1:0', '--lan', '--json', '--log', 'json']

test('ctrl-C during the puts of clients stops a server with the status 0, and what was acknowledged is stored', async () => {
  const random = randomOf(seed)
  const given = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const signer = await generateKeyPair()
      const validity = systemClock() + 3_600_000_000_000n
      return {
        name: ipnsNameToString(signer.peerId),
        value: await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: 1n, validity }, { signer })
      }
    })
  )
  const data = temporaryDirectory()
  const { child, stdout, ended } = start(['serve', ...local, '--data', data])
  const [line] = (await once(stdout, 'data')) as [string]
  const { http } = JSON.parse(line) as { http: string }
  const last = 1 + Math.floor(random() * (given.length - 1))
  const acknowledged: string[] = []
  const put = async ({ name, value }: (typeof given)[number]): Promise<void> => {
    const headers = { 'content-type': 'application/vnd.ipfs.ipns-record' }
    const response = await fetch(`${http}/routing/v1/ipns/${name}`, { method: 'PUT', headers, body: value })
    if (response.status !== 200) return
    acknowledged.push(name)
    if (acknowledged.length === last) child.kill('SIGINT')
  }
  // the server may refuse connections before all are done
  await Promise.allSettled(given.map(put))
  expect(acknowledged.length).toBeGreaterThanOrEqual(last)
  expect((await ended).status).toBe(0)
  const listed = (await runCommand(['list', '/ipns/', '--json', '--data', data])).json<{
    readonly records: readonly { readonly key: string }[]
  }>()
  const keys = listed.records.map(({ key }) => key)
  for (const name of acknowledged) expect(keys).toContain(`/ipns/${name}`)
})

test('ctrl-C while a server starts ends it, and releases the store', async () => {
  const random = randomOf(seed)
  for (let run = 0; run < moments; run++) {
    const data = temporaryDirectory()
    const moment = 1 + Math.floor(random() * 4000)
    const { status, notes } = await start(['serve', ...local, '--data', data], moment).ended
    expect([0, 3], `interrupted after ${moment} operations: ${notes}`).toContain(status)
    expect((await runCommand(['list', '--data', data])).status).toBe(0)
  }
}, 120_000)
