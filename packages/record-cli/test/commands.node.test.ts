import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportPrivateKey } from '@recordkit/record-crypto'
import { expect, test } from 'vitest'
import { progressText } from '../src/progress.ts'
import { runCommand, temporaryDirectory } from './run-command.ts'
import type { Ran, RunOptions } from './run-command.ts'
import { testRecords } from './test-records.ts'

const records = await testRecords()

/** Runs command lines with a data directory of their own. */
function machine(env: Record<string, string> = {}) {
  const data = temporaryDirectory()
  const run = (line: string, options: RunOptions = {}): Promise<Ran> =>
    runCommand(line.split(' '), { ...options, env: { RECORDKIT_DATA: data, ...env, ...options.env } })
  const file = (name: string, content: Uint8Array | string): string => {
    const path = join(data, name)
    writeFileSync(path, content)
    return path
  }
  return { data, run, file }
}

async function failure(ran: Promise<Ran>): Promise<[number, string]> {
  const { status, notes, output } = await ran
  expect(output).toBe('')
  expect(notes).toMatch(/^recordkit: .+\n$/)
  expect(notes.trim().split('\n')).toHaveLength(1)
  expect(notes).not.toMatch(/ at .*\.ts:\d/)
  return [status, notes.slice('recordkit: '.length, -1)]
}

test('keys are made, listed, shown, exported, imported and removed', async () => {
  const { run, data } = machine()
  const made = (await run('key generate blog --json')).json()
  expect(made).toMatchObject({ key: 'blog', type: 'Ed25519', encrypted: false })
  expect((await run('key list')).output).toBe(`blog  ${made['name']}\n`)
  expect((await run('key show blog --json')).json()).toMatchObject({
    peerId: made['peerId'],
    publicKey: made['publicKey']
  })
  const path = join(data, 'blog.key')
  expect((await run(`key export blog ${path}`)).status).toBe(0)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect((await run(`key import copy ${path} --json`)).json()).toMatchObject({ name: made['name'] })
  expect((await run('key export blog --format pem')).output).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  expect((await run('key remove copy --yes')).status).toBe(0)
  expect((await run('key list --json')).json()).toMatchObject({ keys: [{ key: 'blog' }] })
})

test('options whose names begin with no- are read', async () => {
  const { run } = machine()
  await run('key generate')
  await run('ipns publish bafkqaaa')
  expect((await run('ipns resolve default --no-cache --no-follow')).output).toBe('/ipfs/bafkqaaa\n')
})

test('a record that is put with --later is a publication that serve publishes, and needs no server', async () => {
  const { run } = machine()
  await run('key generate')
  expect((await run('ipns publish bafkqaaa --later')).output).toMatch(/stored here; recordkit serve publishes it\n$/)
  expect((await run('ipns publish bafkqaaa --later --json')).json()).toMatchObject({ copies: 0, servers: [] })
  expect((await run('store stats --json')).json()).toMatchObject({ records: 1, publications: 1 })
  expect(await failure(run('ipns publish bafkqaaa --later --endpoint http://127.0.0.1:1'))).toEqual([
    2,
    '--later and --endpoint exclude each other'
  ])
})

test('a store that is neither PostgreSQL nor a directory is wrong usage, and nothing is made', async () => {
  const { run, data, file } = machine()
  expect(await failure(run('store stats --store mysql://x'))).toEqual([
    2,
    expect.stringMatching(/postgres:\/\/user@host/)
  ])
  expect(await failure(run('store stats --store x'))).toEqual([2, expect.stringMatching(/--data DIR/)])
  expect(await failure(run('store migrate mysql://x'))).toEqual([2, expect.stringMatching(/or a directory/)])
  expect(readdirSync(data)).toEqual(['store'])
  expect(await failure(run(`list --data ${file('plain', 'x')}`))).toEqual([2, expect.stringMatching(/is a file/)])
})

test('long work shows a bar where its size is known, and else the time', () => {
  const progress = { items: 50, bytes: 12_000 }
  expect(progressText(progress, 'exported', 2000, 100)).toBe(
    `[${'#'.repeat(15)}${' '.repeat(15)}] 50 %, 50 items, 12 kB exported, 2 s`
  )
  expect(progressText({ items: 200, bytes: 0 }, 'exported', 0, 100)).toContain('] 100 %, 200 items')
  expect(progressText({ items: 0, bytes: 0 }, 'verifying', 61_500)).toBe('verifying, 61 s')
})

test('what goes wrong with keys is one sentence with its exit status', async () => {
  const { run, file } = machine()
  await run('key generate blog')
  expect(await failure(run('key generate blog'))).toEqual([1, expect.stringMatching(/it exists already/)])
  expect(await failure(run('key generate ../x'))).toEqual([2, expect.stringMatching(/name of the key/)])
  expect(await failure(run('key show other'))).toEqual([1, expect.stringMatching(/there is no key "other"/)])
  expect(await failure(run('key remove blog'))).toEqual([2, expect.stringMatching(/--yes/)])
  expect(await failure(run('key remove other --yes'))).toEqual([1, 'there is no key "other"'])
  for (const bytes of [new Uint8Array(0), Uint8Array.of(8, 1), new TextEncoder().encode('-----BEGIN PRIVATE KEY-----')])
    expect((await failure(run(`key import bad ${file('bad', bytes)}`)))[0]).toBe(1)
  expect(await failure(run(`key import bad ${file('huge', new Uint8Array(70_000))}`))).toEqual([
    1,
    'the input is larger than 65536 bytes'
  ])
  const existing = file('exists', 'x')
  expect(await failure(run(`key export blog ${existing}`))).toEqual([
    1,
    `${existing} exists; pass --force to replace it`
  ])
  expect(readFileSync(existing, 'utf8')).toBe('x')
  expect((await run(`key export blog ${existing} --force`)).status).toBe(0)
  expect(await failure(run('key export blog /no/such/folder/file'))).toEqual([
    3,
    expect.stringMatching(/^cannot write/)
  ])
})

test('an encrypted key needs its passphrase, from the environment, a file or the terminal', async () => {
  const { run, file } = machine()
  const words = file('words', 'correct horse\n')
  await run('key generate blog --encrypt', { env: { RECORDKIT_PASSPHRASE: 'correct horse' } })
  expect((await run('key show blog --json')).json()).toMatchObject({ type: null })
  expect((await run(`key show blog --json --passphrase-file ${words}`)).json()).toMatchObject({ type: 'Ed25519' })
  const asked = { secrets: ['correct horse'] }
  expect((await run('ipns create bafkqaaa --key blog', asked)).status).toBe(0)
  expect(await failure(run('ipns create bafkqaaa --key blog'))).toEqual([
    2,
    expect.stringMatching(/--passphrase-file FILE/)
  ])
  const wrong = { env: { RECORDKIT_PASSPHRASE: 'wrong' } }
  expect(await failure(run('ipns create bafkqaaa --key blog', wrong))).toEqual([
    1,
    expect.stringMatching(/passphrase is wrong/)
  ])
  expect(await failure(run('key generate two --encrypt', { secrets: ['a', 'b'] }))).toEqual([
    1,
    'the passphrases differ; no key was written'
  ])
  expect((await run('key list --json')).json()).toMatchObject({ keys: [{ key: 'blog' }] })
})

test('a name is published, resolved, deleted, and made and verified without a store', async () => {
  const { run, data } = machine()
  await run('key generate')
  const published = (await run('ipns publish /ipfs/bafkqaaa --lifetime 2h --ttl 1m --json')).json()
  expect(published).toMatchObject({ value: '/ipfs/bafkqaaa', status: 'stored', ttl: 60_000_000_000, copies: null })
  const { name } = published as { name: string }
  expect((await run('ipns resolve default')).output).toBe('/ipfs/bafkqaaa\n')
  expect((await run(`ipns resolve ${name} --json`)).json()).toMatchObject({ name, sequence: published['sequence'] })
  expect((await run(`get /ipns/${name}`)).output).toBe('/ipfs/bafkqaaa')
  const file = join(data, 'a.ipns-record')
  await run(`ipns create /ipfs/bafkqaaa ${file} --sequence 3`)
  expect((await run(`ipns verify ${name} ${file}`)).output).toBe('the record is valid\n')
  const other = await run(`ipns verify ${records.name} ${file} --json`)
  expect([other.status, other.json()['code']]).toEqual([1, 'SIGNATURE_INVALID'])
  expect((await run(`delete /ipns/${name}`)).status).toBe(0)
  expect(await failure(run(`ipns resolve ${name}`))).toEqual([1, `no record was found for ${name}`])
})

test('content is put, listed, read, revoked and watched', async () => {
  const { run } = machine()
  const { name } = (await run('key generate --json')).json<{ name: string }>()
  const key = `/config/${name}/app`
  expect((await run(`put ${key} --text green --json`)).json()).toMatchObject({
    key,
    content: 'green',
    status: 'stored'
  })
  const binary = Uint8Array.of(0, 255, 10)
  await run(`put /config/${name}/binary -`, { input: binary })
  expect((await run(`get /config/${name}/binary`)).bytes).toEqual(binary)
  expect((await run('list /config/ --json')).json<{ records: object[] }>().records).toHaveLength(2)
  expect((await run(`watch ${key} --limit 1 --json`)).json()).toMatchObject({ content: 'green' })
  expect(await failure(run(`revoke ${key}`))).toEqual([2, expect.stringMatching(/--yes/)])
  expect((await run(`revoke ${key} --yes`)).status).toBe(0)
  expect(await failure(run(`get ${key}`))).toEqual([1, `${key} is revoked`])
  expect(await failure(run(`put ${key} --text blue`))).toEqual([1, expect.stringMatching(/revoked/)])
  expect(await failure(run(`put /ipns/${records.name} --text /ipfs/bafkqaaa`))).toEqual([1, expect.any(String)])
})

test('a watch ends with ctrl-C and the exit status 0', async () => {
  const { run } = machine()
  const { name } = (await run('key generate --json')).json<{ name: string }>()
  await run(`put /config/${name}/app --text green`)
  const interrupt = new AbortController()
  const options = { signal: interrupt.signal, onOutput: () => interrupt.abort() }
  expect((await run(`watch /config/${name}/app`, options)).status).toBe(0)
})

test('ctrl-C ends a command that waits for its input', async () => {
  const interrupt = new AbortController()
  async function* silent(): AsyncGenerator<Uint8Array> {
    interrupt.abort(new DOMException('the command was interrupted by SIGINT', 'AbortError'))
    yield await new Promise<Uint8Array>(() => {})
  }
  const { status, notes } = await runCommand(['inspect', '-'], { input: silent(), signal: interrupt.signal })
  expect([status, notes]).toEqual([3, 'recordkit: the command was interrupted by SIGINT\n'])
})

test('a signed record from a file is stored and read again, and a damaged one is refused', async () => {
  const { run, file } = machine()
  const path = file('a', records.value)
  expect((await run(`put /ipns/${records.name} ${path} --signed`)).status).toBe(0)
  expect((await run(`get /ipns/${records.name} --value`)).bytes).toEqual(records.value)
  const bad = file('bad', records.value.slice(0, -1))
  expect((await failure(run(`put /ipns/${records.name} ${bad} --signed`)))[0]).toBe(1)
})

test('of two records the higher one wins, and the reason is named', async () => {
  const { run, file } = machine()
  const [a, b] = [file('a', await records.ipns(1n)), file('b', await records.ipns(2n))]
  expect((await run(`compare ${a} ${b} --name ${records.name} --json`)).json()).toMatchObject({
    winner: 'b',
    reason: 'its sequence is higher: 2 instead of 1'
  })
  expect((await run(`compare ${a} ${a} --name ${records.name}`)).output).toMatch(/^they are the same record/)
  const expired = file('old', await records.ipns(9n, 1n))
  expect((await run(`compare ${a} ${expired} --name ${records.name} --json`)).json()).toMatchObject({ winner: 'a' })
  expect((await run(`compare ${expired} ${expired} --name ${records.name}`)).status).toBe(1)
  const [s1, s2] = [file('s1', await records.signed(5n)), file('s2', await records.signed(4n))]
  expect((await run(`compare ${s1} ${s2}`)).output).toMatch(/s1 wins: its sequence is higher/)
  expect(await failure(run(`compare ${a} ${b}`))).toEqual([2, expect.stringMatching(/--name/)])
  expect((await failure(run(`compare ${a} ${file('x', 'garbage')} --name ${records.name}`)))[0]).toBe(1)
})

test('a store is counted, exported, verified, repaired, imported and copied', async () => {
  const { run, data } = machine()
  const { name } = (await run('key generate --json')).json<{ name: string }>()
  await run(`put /config/${name}/app --text green`)
  await run('ipns publish bafkqaaa')
  expect((await run('store stats --json')).json()).toMatchObject({ records: 2, publications: 2, durable: true })
  expect((await run('store verify --json')).json()).toMatchObject({ problems: 0 })
  expect((await run('store repair --json')).json()).toMatchObject({ problems: 0 })
  const backup = join(data, 'backup.archive')
  expect((await run(`store export ${backup} --json`)).json()).toMatchObject({ items: 2, public: false })
  expect(await failure(run(`store export ${backup}`))).toEqual([1, expect.stringMatching(/--force/)])
  const other = machine()
  expect((await other.run(`store import ${backup} --trusted --json`)).json()).toMatchObject({ publications: 2 })
  expect((await other.run('store stats --json')).json()).toMatchObject({ records: 2, publications: 2 })
  const copy = join(data, 'copy')
  expect((await run(`store migrate ${copy}`)).status).toBe(0)
  const cut = other.file('cut', readFileSync(backup).subarray(0, 400))
  expect(await failure(machine().run(`store import ${cut}`))).toEqual([1, expect.stringMatching(/is truncated/)])
  expect(await failure(machine().run(`store import ${other.file('x', 'garbage')}`))).toEqual([1, expect.any(String)])
})

test('an export that fails leaves no file', async () => {
  const { run, data } = machine()
  await run('key generate')
  await run('ipns publish bafkqaaa')
  const interrupt = new AbortController()
  interrupt.abort(new DOMException('the command was interrupted by SIGINT', 'AbortError'))
  const ran = await run(`store export ${join(data, 'b.archive')}`, { signal: interrupt.signal })
  expect([ran.status, ran.notes]).toEqual([3, 'recordkit: the command was interrupted by SIGINT\n'])
  expect(readdirSync(data).toSorted()).toEqual(['keys', 'store'])
})

test('servers and databases that cannot be reached are one sentence without secrets', async () => {
  const { run } = machine()
  await run('key generate')
  const database = await failure(run('store stats --store postgres://user:secret@127.0.0.1:1/db'))
  expect(database).toEqual([
    3,
    expect.stringMatching(/^the database db on 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/)
  ])
  expect(database[1]).not.toContain('secret')
  const server = await failure(run(`ipns resolve ${records.name} --endpoint http://user:secret@127.0.0.1:1`))
  expect(server).toEqual([3, expect.any(String)])
  expect(server[1]).not.toContain('secret')
  expect((await failure(run('ipns publish bafkqaaa --endpoint http://127.0.0.1:1')))[0]).toBe(3)
  expect((await failure(run('ipns publish bafkqaaa --endpoint nonsense')))[0]).toBe(2)
})

test.each([
  [''],
  ['nonsense'],
  ['key'],
  ['key nonsense'],
  ['ipns publish'],
  ['ipns publish not-a-path'],
  ['ipns resolve nonsense'],
  ['ipns publish bafkqaaa --lifetime always'],
  ['ipns publish bafkqaaa --sequence -1'],
  ['ipns publish bafkqaaa --unknown'],
  ['inspect a b'],
  ['inspect --name'],
  ['inspect --name nonsense'],
  ['inspect --kind nonsense'],
  ['inspect --hex --base64'],
  ['watch /ipns/x'],
  ['store export'],
  ['serve --http nonsense'],
  ['serve --listen nonsense'],
  ['serve --bootstrap nonsense'],
  ['serve --max-requests 0'],
  ['key export x --format base64 --encrypt']
])('the wrong command line "%s" is one sentence and the exit status 2', async (line) => {
  const { run } = machine()
  expect((await failure(run(line, { input: 'x' })))[0]).toBe(2)
})

test('every command has help with an example', async () => {
  const { commands } = await import('../src/commands/index.ts')
  for (const { name, examples } of commands) {
    const { status, output } = await runCommand([...name.split(' '), '--help'])
    expect([status, examples.length > 0], name).toEqual([0, true])
    expect(output).toContain('Examples:')
    expect(output).toContain('--json')
  }
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect((await runCommand(['--version'])).output).toBe(`${manifest.version}\n`)
  expect((await runCommand(['completion'])).output).toContain('recordkit')
})

test('only a terminal gets colours', async () => {
  const input = records.value
  expect((await runCommand(['inspect'], { input, isTerminal: true })).output).toContain('\u001B[')
  expect((await runCommand(['inspect'], { input, isTerminal: true, env: { NO_COLOR: '1' } })).output).not.toContain(
    '\u001B'
  )
  expect((await runCommand(['inspect'], { input })).output).not.toContain('\u001B')
})

test.skipIf(process.platform !== 'linux')(
  'the data directory is that of the platform, private, and can be set',
  async () => {
    const home = temporaryDirectory()
    expect((await runCommand(['key', 'generate'], { env: { XDG_DATA_HOME: join(home, 'data') } })).status).toBe(0)
    expect(existsSync(join(home, 'data/recordkit/keys/default.pem'))).toBe(true)
    const file = join(home, 'file')
    writeFileSync(file, exportPrivateKey(records.signer))
    const ran = await runCommand(['key', 'list', '--data', file])
    expect([ran.status, ran.notes]).toEqual([
      2,
      expect.stringMatching(/^recordkit: --data is .*a file; a directory is expected/)
    ])
  }
)
