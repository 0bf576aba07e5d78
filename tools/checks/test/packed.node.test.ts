import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packages } from './packages.ts'

const run = promisify(execFile)
const shell = process.platform === 'win32'
let folder: string

/** An empty project with our packed packages as files, as a user of the registry installs them. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordkit-packed-'))
  await Promise.all(
    packages.map((one) => run('pnpm', ['pack', '--pack-destination', folder], { cwd: one.folder, shell }))
  )
  const packed = new Map<string, string>()
  for (const file of await readdir(folder)) {
    const name = /^recordkit-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(file)?.[1]
    if (name !== undefined) packed.set(`@recordkit/${name}`, `file:./${file}`)
  }
  const wanted = ['@recordkit/record-manager', '@recordkit/store-level']
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({
      name: 'empty',
      private: true,
      type: 'module',
      dependencies: {
        ...Object.fromEntries(wanted.map((name) => [name, packed.get(name)])),
        'memory-level': '^3.1.0',
        'abstract-level': '^3.1.0'
      },
      overrides: Object.fromEntries(packed)
    })
  )
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder, shell })
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

const program = `
const manager = await createRecordManager({ store: await LevelRecordStore.open(new MemoryLevel()) })
await manager.put('test-key', new TextEncoder().encode('hello'))
console.log(new TextDecoder().decode(await manager.get('test-key')))
await manager.close()`

test('the packed packages install into an empty project and run when imported', async () => {
  const imports = `
    import { createRecordManager } from '@recordkit/record-manager/quick'
    import { LevelRecordStore } from '@recordkit/store-level'
    import { MemoryLevel } from 'memory-level'`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', imports + program], { cwd: folder })
  expect(stdout).toBe('hello\n')
})

test('the packed packages run when required', async () => {
  const requires = `
    const { createRecordManager } = require('@recordkit/record-manager/quick')
    const { LevelRecordStore } = require('@recordkit/store-level')
    const { MemoryLevel } = require('memory-level')`
  const code = `${requires};(async () => {${program}})()`
  const { stdout } = await run(process.execPath, ['--input-type=commonjs', '--eval', code], { cwd: folder })
  expect(stdout).toBe('hello\n')
})

test('with source maps, a stack trace in Node.js names the packed source file and its line', async () => {
  const code = `
    import { createRecordManager } from '@recordkit/record-manager/quick'
    await createRecordManager({ clock: 1 }).catch((error) => console.log(error.stack))`
  const args = ['--enable-source-maps', '--input-type=module', '--eval', code]
  const { stdout } = await run(process.execPath, args, { cwd: folder })
  const [, file = '', line] =
    /at (?:async )?createRecordManager \((?:file:\/\/)?(.*quick\.ts):(\d+):/.exec(stdout) ?? []
  expect(file, stdout).toContain(join('record-manager', 'src', 'quick.ts'))
  const lines = (await readFile(file, 'utf8')).split('\n')
  expect(lines[Number(line) - 1]).toMatch(/\(/)
})

test('the packed packages install fewer than 20 packages of others', async () => {
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder, shell })
  const names = stdout
    .split('\n')
    .flatMap((line) => /node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)$/.exec(line)?.[1] ?? [])
  const others = [...new Set(names)].filter((name) => !name.startsWith('@recordkit'))
  expect(others.filter((name) => !['memory-level', 'abstract-level'].includes(name)).length).toBeLessThan(20)
})
