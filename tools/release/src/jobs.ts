import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readManifest } from './repository.ts'
import { run } from './run.ts'

/** The versions with which a package of the repository installs its own dependencies and those of its tests, ours excepted. */
function othersOf(folder: string): string[] {
  const { dependencies, devDependencies } = readManifest(folder)
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, range]) => !range.startsWith('workspace:'))
    .map(([name, range]) => `${name}@${range}`)
}

/** What the programs of the eight jobs and their tests need besides our packages. */
export function dependenciesOfJobs(root: string): string[] {
  return othersOf(join(root, 'examples', 'jobs'))
}

/** Copies the programs of the jobs and their tests into a project with the installed packages, checks their types, and runs them. */
export async function runJobs(root: string, project: string): Promise<number> {
  for (const part of ['src', 'test'])
    cpSync(join(root, 'examples', 'jobs', part), join(project, part), { recursive: true })
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'esnext.iterator', 'dom', 'dom.iterable', 'dom.asynciterable'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node']
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }))
  await run(project, process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'])
  const report = join(project, 'jobs.json')
  const program = join('node_modules', 'vitest', 'vitest.mjs')
  const options = ['--reporter=json', `--outputFile=${report}`, '--testTimeout=300000', '--hookTimeout=300000']
  await run(project, process.execPath, [program, 'run', ...options])
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
  if (numPassedTests !== numTotalTests || numPassedTests === 0)
    throw new Error(`${numPassedTests} of ${numTotalTests} tests of the jobs passed`)
  return numPassedTests ?? 0
}

/** What the first examples of the READMEs import besides our packages, in the versions that the packages test with. */
export function dependenciesOfExamples(folders: readonly string[]): string[] {
  const wanted = new Set(
    folders.flatMap((folder) =>
      [...(firstExample(folder) ?? '').matchAll(/(?:from|import) '((?:@[^/']+\/)?[^/']+)/g)].map(([, name]) => name)
    )
  )
  return [...new Set(folders.flatMap(othersOf))].filter((other) => wanted.has(/^(@?[^@]+)@/.exec(other)?.[1] ?? ''))
}

function firstExample(folder: string): string | undefined {
  return /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1]
}

/** Runs the first example in the README of every installed package. @returns their number */
export async function runExamples(project: string): Promise<number> {
  const readmes = globSync('node_modules/@recordkit/*/README.md', { cwd: project })
  for (const readme of readmes) {
    const code = firstExample(join(project, readme, '..'))
    if (code === undefined) throw new Error(`${readme} has no example`)
    await run(project, process.execPath, ['--input-type=module-typescript', '--eval', code])
  }
  return readmes.length
}
