import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from './run-command.ts'
import { testRecords } from './test-records.ts'

const program = fileURLToPath(new URL('../src/main.node.ts', import.meta.url))

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [program, ...args], { env: { ...process.env, ...env } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const text = { output: '', notes: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.output += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.notes += chunk))
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...text }))
  return { child, ended }
}

test('the program reads the standard input, prints one JSON object and exits with the verdict', async () => {
  const { value, name } = await testRecords()
  const { child, ended } = start(['inspect', '-', '--name', name, '--json'])
  child.stdin.end(value)
  const { status, output, notes } = await ended
  expect([status, notes, JSON.parse(output)]).toEqual([0, '', expect.objectContaining({ status: 'accept', name })])
})

test('the program answers a wrong command line with one sentence and the exit status 2', async () => {
  const { status, output, notes } = await start(['nonsense']).ended
  expect([status, output, notes]).toEqual([2, '', 'recordkit: Unknown argument: nonsense\n'])
})

test('a server is configured by its environment, and SIGTERM stops it with the exit status 0', async () => {
  const { child, ended } = start(['serve', '--json'], {
    RECORDKIT_DATA: temporaryDirectory(),
    RECORDKIT_LISTEN: '/ip4/127.0.0.1/tcp/0',
    RECORDKIT_HTTP: '127.0.0.1:0',
    RECORDKIT_LOG: 'json',
    RECORDKIT_LAN: 'true'
  })
  const [first] = (await once(child.stdout, 'data')) as [string]
  const { http } = JSON.parse(first) as { http: string }
  expect((await fetch(`${http}/health`)).status).toBe(200)
  // a terminal and the parent both send it
  child.kill('SIGTERM')
  child.kill('SIGTERM')
  const { status, notes } = await ended
  expect(status).toBe(0)
  for (const line of notes.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event')
})
