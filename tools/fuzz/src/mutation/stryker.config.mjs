import { createRequire } from 'node:module'
import { join } from 'node:path'

const { MUTATION_PACKAGE: name = '', MUTATION_FILES: files = '', MUTATION_FOLDER: folder = '' } = process.env
const kept = process.env.MUTATION_KEEP
const chosen = files === '' ? ['**/*'] : files.split(',')

export default {
  packageManager: 'pnpm',
  plugins: [createRequire(import.meta.url).resolve('@stryker-mutator/vitest-runner')],
  testRunner: 'vitest',
  vitest: { configFile: 'tools/fuzz/src/mutation/vitest.config.ts' },
  // faces only name what is public
  mutate: [
    ...chosen.map((file) => `packages/${name}/src/${file}.ts`),
    '!**/index.ts',
    '!**/protobuf.ts',
    '!**/dag-cbor.ts'
  ],
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  ...(kept === undefined ? {} : { incremental: true, incrementalFile: kept }),
  concurrency: Number(process.env.STRYKER_CONCURRENCY ?? 2),
  timeoutMS: 10_000,
  reporters: ['progress-append-only', 'json'],
  jsonReporter: { fileName: join(folder, 'report.json') },
  // a workspace cannot be copied, as its packages are links: the files are put back afterwards
  inPlace: true,
  tempDirName: join(folder, 'stryker')
}
