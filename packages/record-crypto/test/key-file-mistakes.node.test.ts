import { readdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateKeyPair } from '../src/index.ts'
import { loadOrCreateSigner, loadSigner, saveSigner } from '../src/key-files.ts'
import { errorOf } from './errors.ts'

test('a passphrase instead of options is refused, and no key is written that is not encrypted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'recordkit-keys-'))
  const file = join(directory, 'author.key')
  const pair = await generateKeyPair()
  for (const call of [
    () => loadOrCreateSigner(file, 'correct horse' as never),
    () => loadSigner(file, 'correct horse' as never),
    () => saveSigner(file, pair, 'correct horse' as never)
  ])
    expect(await errorOf(call)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'options is a string; an object is expected'
    })
  expect(await errorOf(() => saveSigner(file, generateKeyPair() as never))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await readdir(directory)).toEqual([])
  await rm(directory, { recursive: true })
})
