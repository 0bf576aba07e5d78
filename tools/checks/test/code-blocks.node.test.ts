import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { findBlocks, isCode } from '../src/code-blocks/find-blocks.ts'
import { writeModules } from '../src/code-blocks/write-modules.ts'
import { packages, root, sources } from './packages.ts'

/** objects of the application: a block that uses one is compiled, and runs until then */
const given = readFileSync(join(root, 'tools/checks/code-blocks/given.d.ts'), 'utf8')
const givenNames = [...given.matchAll(/^ {2}const (\w+):/gm)].map(([, name]) => name as string)

const blocks = findBlocks(root)
const code = blocks.filter(isCode)
const folder = join(root, 'tools/checks/dist/code-blocks')
const modules = writeModules(root, folder, code)
const run = promisify(execFile)

/** Compiles all modules as one program. @returns the errors, with the page and the line of each */
async function compile(): Promise<string[]> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const args = [compiler, '-p', join(root, 'tools/checks/code-blocks'), '--pretty', 'false']
  const { stdout } = await run(process.execPath, args, { cwd: root }).catch((error: { stdout: string }) => error)
  const errors = stdout.split('\n').filter((line) => /error TS\d+/.test(line))
  return errors.map((error) => {
    const [, file = '', line = '', message = ''] = /^(.*)\((\d+),\d+\): (.*)$/.exec(error) ?? []
    const block = modules.find((module) => basename(module.file) === basename(file))
    return block === undefined ? error : `${block.page}:${block.line + Number(line)}: ${message}`
  })
}

/** Runs all modules. @returns `ran`, or the error, of each file */
async function runAll(): Promise<Record<string, string>> {
  const scratch = mkdtempSync(join(tmpdir(), 'recordkit-blocks-'))
  try {
    const pages = [...new Set(modules.map(({ page }) => page))]
    const filesOf = (page: string) => modules.filter((module) => module.page === page).map(({ file }) => file)
    const program = join(root, 'tools/checks/src/code-blocks/run-modules.ts')
    await run(process.execPath, [program, 'results.json', ...pages.map((page) => filesOf(page).join())], {
      cwd: scratch
    })
    return JSON.parse(readFileSync(join(scratch, 'results.json'), 'utf8')) as Record<string, string>
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

let results: Record<string, string>

beforeAll(async () => {
  results = await runAll()
})

test('every code block of the documentation compiles, or is a part of a program that tests run', async () => {
  expect(code.length).toBeGreaterThan(100)
  expect(modules.length).toBeGreaterThan(50)
  expect(await compile()).toEqual([])
})

test('every code block runs, up to the first name that the page gives it', () => {
  const stops = givenNames.map((name) => `ReferenceError: ${name} is not defined`)
  stops.push('Error: no public server is asked')
  const failed = modules.filter(({ file }) => results[file] !== 'ran' && !stops.includes(results[file] ?? ''))
  expect(failed.map(({ page, line, file }) => `${page}:${line}: ${results[file]}`)).toEqual([])
})

test.each(packages.map(({ name }) => name))('the first example in the README of %s is complete and runs', (name) => {
  const first = code.find(({ page }) => page === `packages/${name}/README.md`)
  expect(first, 'the README has an example').toBeDefined()
  const module = modules.find(({ page, line }) => page === first?.page && line === first.line)
  expect(module === undefined ? 'part of a program' : results[module.file]).toMatch(/^(?:ran|part of a program)$/)
})

test('examples do not use `await using`: WebKit has no Symbol.asyncDispose', () => {
  const published = packages.filter(({ name }) => name !== 'record-test-network')
  const documents = [join(root, 'README.md'), ...published.map((item) => join(item.folder, 'README.md'))]
  const commented = published.flatMap((item) => sources(join(item.folder, 'src')))
  const found = [...documents, ...commented].filter((file) => /^[ *]*await using /m.test(readFileSync(file, 'utf8')))
  expect(found).toEqual([])
})

test('a block without a language is a command or an output, not code', () => {
  const wrong = blocks.filter(
    (block) => !isCode(block) && /^\s*(?:import .* from|await |const \w+ =)/m.test(block.code)
  )
  expect(wrong.map(({ page, line }) => `${page}:${line}`)).toEqual([])
})
