import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { exportPrivateKey, generateKeyPair } from '../src/index.ts'
import { loadOrCreateSigner, loadSigner, saveSigner } from '../src/key-files.ts'
import { exportPrivateKeyPem } from '../src/pem.ts'
import { errorOf } from './errors.ts'

const passphrase = 'correct horse'
let directory: string
let file: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recordkit-keys-'))
  file = join(directory, 'author.key')
})
afterEach(async () => rm(directory, { recursive: true }))

describe('loadOrCreateSigner', () => {
  test.each([undefined, passphrase])(
    'creates a key that the next call loads, with the passphrase %j',
    async (secret) => {
      const created = await loadOrCreateSigner(file, { passphrase: secret })
      expect(await readdir(directory)).toEqual(['author.key'])
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      const loaded = await loadOrCreateSigner(file, { passphrase: secret })
      expect(loaded.privateKey).toEqual(created.privateKey)
      expect((await loadOrCreateSigner(pathToFileURL(file), { passphrase: secret })).peerId).toEqual(created.peerId)
      const text = await readFile(file, 'utf8')
      expect(text).toMatch(
        secret === undefined
          ? /^Peer ID: 12D3\w+\n-----BEGIN PRIVATE KEY-----\n/
          : /^Peer ID: 12D3\w+\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n/
      )
    }
  )

  test('creates a key of another type', async () => {
    const options = { algorithms: [ecdsaKeys], generate: generateEcdsaKeyPair }
    const created = await loadOrCreateSigner(file, options)
    expect(created.publicKey.type).toBe('ECDSA')
    expect((await loadOrCreateSigner(file, options)).privateKey).toEqual(created.privateKey)
    expect(await errorOf(() => loadOrCreateSigner(file))).toMatchObject({
      code: 'ALGORITHM_MISSING',
      message: expect.stringMatching(/author\.key: .*add `ecdsaKeys`/)
    })
  })

  test('creates no file with a key that it could not load', async () => {
    const error = await errorOf(() => loadOrCreateSigner(file, { generate: generateEcdsaKeyPair }))
    expect(error.code).toBe('ALGORITHM_MISSING')
    expect(await readdir(directory)).toEqual([])
  })

  test('gives the same key to calls that run concurrently', async () => {
    const signers = await Promise.all(Array.from({ length: 20 }, async () => loadOrCreateSigner(file)))
    expect(new Set(signers.map(({ peerId }) => peerId.join())).size).toBe(1)
    expect(await readdir(directory)).toEqual(['author.key'])
  })

  test('gives the same key to processes that start together', async () => {
    const script = `
      import { loadOrCreateSigner } from ${JSON.stringify(new URL('../src/key-files.ts', import.meta.url).href)}
      console.log(Buffer.from((await loadOrCreateSigner(process.argv[1])).peerId).toString('hex'))`
    const run = promisify(execFile)
    const started = Array.from({ length: 4 }, async () =>
      run(process.execPath, ['--input-type=module', '--eval', script, file])
    )
    const printed = (await Promise.all(started)).map(({ stdout }) => stdout.trim())
    expect(printed[0]).toMatch(/^0024/)
    expect(new Set(printed).size).toBe(1)
  })

  test.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'PRIVATE_KEY_INVALID'],
    ['random bytes', Uint8Array.of(1, 2, 3, 255), 'PRIVATE_KEY_INVALID'],
    ['an HTML page', '<html>', 'PRIVATE_KEY_INVALID'],
    ['a file that is too large', 'x'.repeat(65_537), 'PRIVATE_KEY_INVALID']
  ])('does not replace %s', async (_, content, code) => {
    await writeFile(file, content, { mode: 0o600 })
    const error = await errorOf(() => loadOrCreateSigner(file))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(file)])
    expect(await readFile(file)).toEqual(Buffer.from(content))
  })

  test('requires that the directory exists', async () => {
    const error = await errorOf(() => loadOrCreateSigner(join(directory, 'none', 'author.key')))
    expect([error.code, error.message]).toEqual([
      'KEY_FILE_IO',
      `cannot write ${join(directory, 'none', 'author.key')}: its directory does not exist (ENOENT)`
    ])
  })

  test('reports a directory in the place of the file', async () => {
    expect(await errorOf(() => loadOrCreateSigner(directory))).toMatchObject({
      code: 'KEY_FILE_IO',
      message: `cannot read ${directory}: it is a directory (EISDIR)`,
      cause: { code: 'EISDIR' }
    })
    await writeFile(file, '')
    expect((await errorOf(() => loadOrCreateSigner(join(file, 'x')))).code).toBe('KEY_FILE_IO')
  })

  test('does not follow a dangling link out of the directory to create a key', async () => {
    await symlink(join(directory, 'elsewhere'), file)
    expect((await errorOf(() => loadOrCreateSigner(file))).code).toMatch(/^KEY_FILE_(EXISTS|NOT_FOUND)$/)
    expect(await readdir(directory)).toEqual(['author.key'])
  })
})

describe('loadSigner', () => {
  test('rejects a file that does not exist', async () => {
    expect(await errorOf(() => loadSigner(file))).toMatchObject({
      code: 'KEY_FILE_NOT_FOUND',
      message: `cannot read ${file}: it does not exist`
    })
  })

  test('rejects a missing, a wrong, an empty and an unused passphrase', async () => {
    await saveSigner(file, await generateKeyPair(), { passphrase })
    expect(await errorOf(() => loadSigner(file))).toMatchObject({
      code: 'PASSPHRASE_MISSING',
      message: expect.stringContaining(file)
    })
    expect(await errorOf(() => loadSigner(file, { passphrase: 'wrong' }))).toMatchObject({
      code: 'PASSPHRASE_WRONG',
      message: expect.stringContaining(file)
    })
    expect((await errorOf(() => loadSigner(file, { passphrase: '' }))).code).toBe('INVALID_ARGUMENT')
    await saveSigner(file, await generateKeyPair(), { replace: true })
    expect(await errorOf(() => loadSigner(file, { passphrase }))).toMatchObject({
      code: 'PASSPHRASE_UNUSED',
      message: expect.stringContaining(file)
    })
    expect((await errorOf(() => loadOrCreateSigner(file, { passphrase: '' }))).code).toBe('INVALID_ARGUMENT')
  })

  test.skipIf(process.platform === 'win32')(
    'rejects a key that others can read, unless it is encrypted or the check is off',
    async () => {
      const pair = await generateKeyPair()
      await saveSigner(file, pair)
      for (const mode of [0o640, 0o604, 0o666, 0o660]) {
        await chmod(file, mode)
        expect(await errorOf(() => loadSigner(file))).toMatchObject({
          code: 'KEY_FILE_MODE',
          message: expect.stringMatching(new RegExp(`its mode is 0${mode.toString(8)}; 0600 is expected$`))
        })
        expect((await loadSigner(file, { checkMode: false })).peerId).toEqual(pair.peerId)
      }
      await saveSigner(file, pair, { passphrase, replace: true })
      await chmod(file, 0o644)
      expect((await loadSigner(file, { passphrase })).peerId).toEqual(pair.peerId)
    }
  )

  test('loads a file in any form that importPrivateKey accepts', async () => {
    const pair = await generateKeyPair()
    for (const content of [
      exportPrivateKey(pair),
      exportPrivateKeyPem(pair),
      Buffer.from(exportPrivateKey(pair)).toString('base64')
    ]) {
      await writeFile(file, content, { mode: 0o600 })
      expect((await loadSigner(file)).peerId).toEqual(pair.peerId)
    }
  })

  test('rejects every beginning of a key file, with a passphrase and without', async () => {
    for (const secret of [undefined, passphrase]) {
      await saveSigner(file, await generateKeyPair(), { passphrase: secret, replace: true })
      const whole = await readFile(file)
      for (let length = 0; length < whole.length - 1; length++) {
        await writeFile(file, whole.subarray(0, length))
        const { code } = await errorOf(() => loadSigner(file, { passphrase: secret }))
        expect([length, code]).toEqual([length, 'PRIVATE_KEY_INVALID'])
      }
    }
  })

  test('never loads another key from a file in which a character was changed', async () => {
    const pair = await generateKeyPair()
    await saveSigner(file, pair)
    const whole = await readFile(file)
    const codes = new Set<string>()
    for (let index = 0; index < whole.length; index++) {
      const changed = Buffer.from(whole)
      changed[index] = (changed[index] as number) ^ 1
      await writeFile(file, changed)
      const result = await loadSigner(file).then(
        ({ peerId }) => expect([index, peerId]).toEqual([index, pair.peerId]),
        (error: { readonly code: string }) => error.code
      )
      if (typeof result === 'string') codes.add(result)
    }
    // without its first line a damaged key cannot be noticed: that line is the only one that may be lost
    expect([...codes]).toEqual(['PRIVATE_KEY_INVALID'])
  })
})

test('an error contains no control characters of the file', async () => {
  await saveSigner(file, await generateKeyPair())
  await writeFile(file, (await readFile(file, 'utf8')).replace(/Peer ID: ...../, 'Peer ID: \u001B[31m'))
  const { code, message } = await errorOf(() => loadSigner(file))
  expect([code, message]).toEqual(['PRIVATE_KEY_INVALID', expect.stringContaining(String.raw`\u{1b}[31m`)])
  // oxlint-disable-next-line no-control-regex -- that is what must not be in it
  expect(message).not.toMatch(/[\u0000-\u001F\u007F]/)
})

describe('saveSigner', () => {
  test('replaces a file only when requested', async () => {
    const [first, second] = [await generateKeyPair(), await generateKeyPair()]
    await saveSigner(file, first)
    const error = await errorOf(() => saveSigner(file, second))
    expect([error.code, error.message]).toEqual(['KEY_FILE_EXISTS', `cannot write ${file}: it exists already`])
    expect((await loadSigner(file)).peerId).toEqual(first.peerId)
    await saveSigner(file, second, { replace: true })
    expect((await loadSigner(file)).peerId).toEqual(second.peerId)
    await saveSigner(file, second, { replace: true, passphrase, cipher: 'AES-256-GCM' })
    expect((await loadSigner(file, { passphrase })).peerId).toEqual(second.peerId)
    expect(await readdir(directory)).toEqual(['author.key'])
  })

  test('rejects an empty passphrase before it writes', async () => {
    expect((await errorOf(async () => saveSigner(file, await generateKeyPair(), { passphrase: '' }))).code).toBe(
      'INVALID_ARGUMENT'
    )
    expect(await readdir(directory)).toEqual([])
  })
})
