import fs from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generateKeyPair } from '../src/index.ts'
import { KeyDirectory, loadOrCreateSigner, loadSigner, saveSigner } from '../src/key-files.ts'
import { errorOf } from './errors.ts'

/** The calls that fail, by name: of the file system, or of a file as `handle.…`. */
const faults = new Map<string, string>()

function failing<Of extends object>(target: Of, prefix = ''): Of {
  return new Proxy(target, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name, of)
      if (typeof member !== 'function') return member
      return async (...parameters: unknown[]): Promise<unknown> => {
        const code = faults.get(prefix + String(name))
        if (code !== undefined) throw Object.assign(new Error(code), { code })
        const result: unknown = await Reflect.apply(member, of, parameters)
        return name === 'open' ? failing(result as FileHandle, 'handle.') : result
      }
    }
  })
}

const real = { ...fs }

// the imports of all modules follow the object of the built-in module
beforeAll(() => {
  const broken = failing(real)
  for (const name of ['link', 'mkdir', 'open', 'readdir', 'rename', 'unlink'] as const)
    Object.assign(fs, { [name]: broken[name] })
  syncBuiltinESMExports()
})
afterAll(() => {
  Object.assign(fs, real)
  syncBuiltinESMExports()
})

let directory: string
let file: string
beforeEach(async () => {
  directory = await real.mkdtemp(join(tmpdir(), 'recordkit-keys-'))
  file = join(directory, 'author.key')
})
afterEach(async () => {
  faults.clear()
  await real.rm(directory, { recursive: true })
})

describe('a write that fails', () => {
  test.each([
    ['open', 'EROFS', /the file system is read-only \(EROFS\)$/],
    ['open', 'EACCES', /permission denied \(EACCES\)$/],
    ['open', 'EMFILE', /: EMFILE$/],
    ['handle.writeFile', 'ENOSPC', /the disk is full \(ENOSPC\)$/],
    ['handle.writeFile', 'EDQUOT', /: EDQUOT$/],
    ['handle.sync', 'EIO', /: EIO$/],
    ['handle.close', 'EIO', /: EIO$/],
    ['link', 'ENOSPC', /the disk is full \(ENOSPC\)$/]
  ])('in %s with %s leaves no file, and the next attempt succeeds', async (call, code, message) => {
    const pair = await generateKeyPair()
    faults.set(call, code)
    expect(await errorOf(() => saveSigner(file, pair))).toMatchObject({
      code: 'KEY_FILE_IO',
      message: expect.stringMatching(message),
      cause: { code }
    })
    expect(await real.readdir(directory)).toEqual([])
    faults.clear()
    await saveSigner(file, pair)
    expect((await loadSigner(file)).peerId).toEqual(pair.peerId)
  })

  test.each(['handle.writeFile', 'handle.sync', 'rename'])(
    'in %s keeps the key that it would replace',
    async (call) => {
      const pair = await generateKeyPair()
      await saveSigner(file, pair)
      faults.set(call, 'ENOSPC')
      const other = await generateKeyPair()
      expect((await errorOf(() => saveSigner(file, other, { replace: true }))).code).toBe('KEY_FILE_IO')
      faults.clear()
      expect((await loadSigner(file)).peerId).toEqual(pair.peerId)
      expect(await real.readdir(directory)).toEqual(['author.key'])
    }
  )

  test('is reported by loadOrCreateSigner and a directory of keys', async () => {
    const keys = await KeyDirectory.open(directory)
    faults.set('handle.writeFile', 'ENOSPC')
    for (const use of [() => loadOrCreateSigner(file), () => keys.create('blog'), () => keys.loadOrCreate('blog')])
      expect((await errorOf(use)).code).toBe('KEY_FILE_IO')
    expect(await real.readdir(directory)).toEqual([])
  })
})

test('a file that cannot be read is not replaced', async () => {
  const pair = await generateKeyPair()
  await saveSigner(file, pair)
  for (const [call, code] of [
    ['open', 'EACCES'],
    ['handle.read', 'EIO'],
    ['handle.stat', 'EIO']
  ] as const) {
    faults.set(call, code)
    expect((await errorOf(() => loadOrCreateSigner(file))).code).toBe('KEY_FILE_IO')
    faults.clear()
  }
  expect((await loadSigner(file)).peerId).toEqual(pair.peerId)
})

describe.each(['EPERM', 'ENOTSUP'])('a file system without hard links (%s)', (code) => {
  beforeEach(() => faults.set('link', code))

  test('gives the same key to calls that run after each other, and never replaces one', async () => {
    const created = await loadOrCreateSigner(file)
    expect((await loadOrCreateSigner(file)).peerId).toEqual(created.peerId)
    expect((await errorOf(async () => saveSigner(file, await generateKeyPair()))).code).toBe('KEY_FILE_EXISTS')
    expect((await loadSigner(file)).peerId).toEqual(created.peerId)
    expect(await real.readdir(directory)).toEqual(['author.key'])
  })

  test('renames keys of a directory, and never over another one', async () => {
    const keys = await KeyDirectory.open(directory)
    const pair = await keys.create('a')
    await keys.create('b')
    expect((await errorOf(() => keys.rename('a', 'b'))).code).toBe('KEY_FILE_EXISTS')
    await keys.rename('a', 'c')
    expect((await keys.load('c')).peerId).toEqual(pair.peerId)
    expect((await keys.list()).map(({ name }) => name)).toEqual(['b', 'c'])
  })
})

test('errors of key files do not contain the key', async () => {
  const pair = await generateKeyPair()
  await saveSigner(file, pair)
  const text = await real.readFile(file, 'utf8')
  const [secret] = /^MC4\S+/m.exec(text) as unknown as [string]
  await real.writeFile(file, text.replace(/-----END/, '*-----END'))
  const error = await errorOf(() => loadSigner(file))
  expect(error.code).toBe('PRIVATE_KEY_INVALID')
  const everything = [error.message, error.stack, String(error.cause), (error.cause as Error).stack].join('\n')
  for (let start = 0; start + 12 <= secret.length; start++)
    expect(everything).not.toContain(secret.slice(start, start + 12))
})
