// `npm run release`: versions, builds, packs, checks and publishes all packages. With `-- --dry` everything happens in a copy of the
// repository, and the packages are published to a registry on loopback only. Both install the packed packages into an empty project and
// run the programs of the eight jobs there. Prints a listing of the packages, and the counts at the end.
import { Project, startRegistry } from '@recordkit/checks/consumers'
import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dependenciesOfExamples, dependenciesOfJobs, runExamples, runJobs } from './jobs.ts'
import { installedLicences } from './licences.ts'
import { inspectTarball, listing } from './packed.ts'
import { copyRepository, packageFolders, readManifest, repository } from './repository.ts'
import { forEachOfCores, run, Steps } from './run.ts'

const { values } = parseArgs({ options: { dry: { type: 'boolean', default: false } } })
const started = performance.now()
const scratch = mkdtempSync(join(tmpdir(), 'recordkit-release-'))
const root = values.dry ? join(scratch, 'repository') : repository
const tarballs = join(scratch, 'packed')
const steps = new Steps()

function finish(): never {
  rmSync(scratch, { recursive: true, force: true })
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
  console.log(`\n${steps.passed} passed, ${steps.failed} failed, 0 skipped`)
  process.exit(steps.failed === 0 ? 0 : 1)
}

/** A step without which the following ones make no sense. */
async function need<R>(title: string, work: () => R | Promise<R>): Promise<R> {
  const result = await steps.step(title, work)
  if (steps.failed > 0) finish()
  return result as R
}

function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

const pnpm = (...args: readonly string[]): Promise<string> => run(root, 'pnpm', args)

if (values.dry)
  await need('copy of the repository, with its dependencies', async () => {
    mkdirSync(root)
    copyRepository(root)
    await pnpm('install', '--frozen-lockfile', '--prefer-offline')
  })
else
  await need('the work tree has no changes', async () => {
    const changes = await run(root, 'git', ['status', '--porcelain'])
    if (changes !== '') throw new Error(`commit or remove them first:\n${changes}`)
  })

const folders = packageFolders(root)
await need('build', () => {
  for (const folder of folders) rmSync(join(folder, 'dist'), { recursive: true, force: true })
  return pnpm('exec', 'tsc', '-b', ...folders)
})
await need('API reports', () => run(root, process.execPath, ['tools/release/src/api/index.ts']))
const announced = globSync('.changeset/*.md', { cwd: root }).filter((file) => !file.endsWith('README.md')).length
if (announced > 0)
  await need(`versions and CHANGELOGs from ${announced} changesets`, async () => {
    await pnpm('exec', 'changeset', 'version')
    await pnpm('install', '--lockfile-only', '--prefer-offline')
  })
if (announced > 0 && !values.dry)
  await need('commit of the versions', () =>
    run(root, 'git', ['commit', '--all', '--message', 'release: new versions'])
  )

await using registry = await startRegistry(join(scratch, 'registry'))
const changeset = (environment: NodeJS.ProcessEnv | undefined, ...args: readonly string[]): Promise<string> =>
  run(root, 'pnpm', ['exec', 'changeset', ...args], environment)

await need('pack', () => changeset(registry.environment, 'pack', '--out-dir', tarballs))
const versions = new Map(folders.map(readManifest).map(({ name, version }) => [name, version]))
const files = globSync('packages/*.tgz', { cwd: tarballs }).map((file) => join(tarballs, file))
const packed = await need('all packages are packed, with the files and versions that belong into them', async () => {
  const inspected = await forEachOfCores(files.toSorted(), (file) => inspectTarball(file, versions))
  const missing = [...versions.keys()].filter((name) => !inspected.some((one) => one.name === name))
  throwProblems([...missing.map((name) => `${name} is not packed`), ...inspected.flatMap(({ problems }) => problems)])
  return inspected
})
await steps.step('publint', () => forEachOfCores(files, (file) => pnpm('exec', 'publint', '--strict', file)))
await steps.step('types for consumers (attw)', () =>
  forEachOfCores(files, (file) => pnpm('exec', 'attw', '--profile', 'esm-only', file))
)
await need('publish to a registry on loopback', async () => {
  const used = await run(root, 'pnpm', ['config', 'get', 'registry'], registry.environment)
  if (used.trim() !== registry.url) throw new Error(`pnpm would publish to ${used.trim()}`)
  await changeset(registry.environment, 'publish', '--from-pack-dir', tarballs, '--no-git-tag')
})

const project = new Project(join(scratch, 'project'), registry.url)
await need('install all packages with npm into an empty folder', () => project.install([...versions.keys()]))
await steps.step('licences of the packages and of all that they install', () => {
  const { licences, problems } = installedLicences(project.folder)
  throwProblems(problems)
  console.log(
    `     ${[...licences]
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ')}`
  )
})
await need('install what the programs need', () =>
  project.add(
    ...new Set([...dependenciesOfJobs(root), ...dependenciesOfExamples(folders), '@types/node@24', 'typescript@7'])
  )
)
await steps.step('the first example of every README runs', async () => {
  console.log(`     ${await runExamples(project.folder)} examples`)
})
await steps.step('the programs of the eight jobs compile and run', async () => {
  console.log(`     ${await runJobs(root, project.folder)} tests`)
})

console.log(`\n${listing(packed)}\n`)
if (steps.failed === 0 && !values.dry) {
  // pnpm does not read it from the publishConfig of a package
  const environment = { ...process.env, pnpm_config_provenance: 'true' }
  await need('publish, with provenance', () => changeset(environment, 'publish', '--from-pack-dir', tarballs))
  console.log('push the commit and the tags: git push --follow-tags')
}
finish()
