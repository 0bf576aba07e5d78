import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ecdsaKeys, generateEcdsaKeyPair } from '../src/ecdsa.ts'
import { generateKeyPair } from '../src/index.ts'
import { KeyDirectory } from '../src/key-files.ts'
import { exportEncryptedPrivateKeyPem, exportPrivateKeyPem } from '../src/pem.ts'
import { errorOf } from './errors.ts'

const passphrase = 'correct horse'
let parent: string
let path: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'recordkit-keys-'))
  path = join(parent, 'deep', 'keys')
})
afterEach(async () => rm(parent, { recursive: true }))

describe('a directory of keys', () => {
  test('is made with its parents, for its owner alone, and is empty at first', async () => {
    const keys = await KeyDirectory.open(pathToFileURL(path))
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect(await keys.list()).toEqual([])
    await expect(KeyDirectory.open(path)).resolves.toBeDefined()
  })

  test.each([undefined, passphrase])(
    'creates, lists, loads, renames and removes keys with the passphrase %j',
    async (secret) => {
      const keys = await KeyDirectory.open(path, { passphrase: secret })
      const [blog, shop] = [await keys.create('blog'), await keys.loadOrCreate('shop')]
      expect((await keys.loadOrCreate('shop')).peerId).toEqual(shop.peerId)
      // without the passphrase too
      const reading = await KeyDirectory.open(path)
      expect(await reading.list()).toEqual([
        { name: 'blog', peerId: blog.peerId },
        { name: 'shop', peerId: shop.peerId }
      ])
      expect((await keys.load('blog')).privateKey).toEqual(blog.privateKey)
      await keys.rename('blog', 'weblog')
      expect((await keys.load('weblog')).privateKey).toEqual(blog.privateKey)
      await keys.remove('shop')
      expect(await readdir(path)).toEqual(['weblog.pem'])
      expect((await stat(join(path, 'weblog.pem'))).mode & 0o777).toBe(0o600)
    }
  )

  test('imports keys of every form, also encrypted with another passphrase', async () => {
    const pair = await generateEcdsaKeyPair()
    const keys = await KeyDirectory.open(path, { passphrase, algorithms: [ecdsaKeys] })
    await keys.import('plain', exportPrivateKeyPem(pair))
    await keys.import('encrypted', await exportEncryptedPrivateKeyPem(pair, { passphrase: 'other' }), {
      passphrase: 'other'
    })
    for (const name of ['plain', 'encrypted']) expect((await keys.load(name)).privateKey).toEqual(pair.privateKey)
    expect((await errorOf(() => keys.import('none', 'text'))).code).toBe('PRIVATE_KEY_INVALID')
    expect(await readdir(path)).toEqual(['encrypted.pem', 'plain.pem'])
  })

  test('never replaces a key', async () => {
    const keys = await KeyDirectory.open(path)
    const pair = await keys.create('blog')
    await keys.create('shop')
    for (const replace of [
      () => keys.create('blog'),
      async () => keys.import('blog', exportPrivateKeyPem(await generateKeyPair())),
      () => keys.rename('shop', 'blog')
    ])
      expect((await errorOf(replace)).code).toBe('KEY_FILE_EXISTS')
    expect((await keys.load('blog')).privateKey).toEqual(pair.privateKey)
    expect((await keys.list()).map(({ name }) => name)).toEqual(['blog', 'shop'])
  })

  test('reports a name without a key', async () => {
    const keys = await KeyDirectory.open(path)
    for (const use of [() => keys.load('none'), () => keys.rename('none', 'other'), () => keys.remove('none')])
      expect((await errorOf(use)).code).toBe('KEY_FILE_NOT_FOUND')
    expect(await readdir(path)).toEqual([])
  })

  test.each([
    '',
    '.',
    '..',
    '../x',
    '/etc/x',
    'a/b',
    'a\\b',
    'a\0',
    'C:x',
    '.hidden',
    '-x',
    ' x',
    'x y',
    'ü',
    'con',
    'NUL.x',
    'com1',
    'x'.repeat(65),
    7 as never,
    undefined as never
  ])('rejects the name %j everywhere, and touches no file', async (name) => {
    const keys = await KeyDirectory.open(path)
    await keys.create('blog')
    for (const use of [
      () => keys.load(name),
      () => keys.create(name),
      () => keys.loadOrCreate(name),
      () => keys.import(name, 'text'),
      () => keys.rename(name, 'x'),
      () => keys.rename('blog', name),
      () => keys.remove(name)
    ])
      expect(await errorOf(use)).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^the name of the key is /)
      })
    expect(await readdir(path)).toEqual(['blog.pem'])
    expect(await readdir(parent)).toEqual(['deep'])
  })

  test('lists only files of keys, and those of other tools without a peer ID', async () => {
    const keys = await KeyDirectory.open(path)
    for (const file of ['notes.txt', '.0123.key.tmp', '-x.pem', '.pem']) await writeFile(join(path, file), '')
    await writeFile(join(path, 'theirs.pem'), exportPrivateKeyPem(await generateKeyPair()))
    await writeFile(join(path, 'wrong.pem'), 'Peer ID: nonsense\n')
    expect(await keys.list()).toEqual([
      { name: 'theirs', peerId: undefined },
      { name: 'wrong', peerId: undefined }
    ])
  })

  test('cannot be a file', async () => {
    await writeFile(join(parent, 'file'), '')
    expect((await errorOf(() => KeyDirectory.open(join(parent, 'file')))).code).toBe('KEY_FILE_EXISTS')
    expect((await errorOf(() => KeyDirectory.open(join(parent, 'file', 'x')))).code).toBe('KEY_FILE_IO')
  })
})
