import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import { findBrowser } from './tools/testing/src/browsers/find-browser.ts'
import type { TestSpecification } from 'vitest/node'

/** `import hex from './x.bin?hex'` imports a binary file as lower-case hex, in Node and in a browser. */
const hexFiles: Plugin = {
  name: 'hex-files',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('?hex')) return null
    return `export default ${JSON.stringify(readFileSync(id.slice(0, -4)).toString('hex'))}`
  }
}

/**
 * Long files first, so that no core is idle at the end. Vitest knows how long each took the last time; on a machine that has
 * not run them, tests of nodes and processes start first.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    if (files.every((file) => this.ctx.cache.getTestSpecificationResult(file) !== undefined)) return sorted
    const isLong = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('.node.test.ts')
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

const chromium = findBrowser('chromium')

// abstract-level imports `events` of Node.js; in a browser the npm package of that name replaces it
const events = createRequire(import.meta.url).resolve('events/')

const setupFiles = [fileURLToPath(new URL('tools/testing/src/property-sizes.ts', import.meta.url))]

const shared = {
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [hexFiles],
  // allows imports of the package sources from tests in a browser
  server: { fs: { strict: false } }
}

// node:sqlite can be used without a flag from 22.13 on
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const hasSqlite = major > 22 || (major === 22 && minor >= 13)
if (!hasSqlite) console.log('skip store-sqlite: it needs Node.js 22.13 or newer')

export default defineConfig({
  test: {
    // for what hangs: how long a test takes depends on the machine
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // one more than cores, as tests of nodes, processes and databases wait for a third of their time
    maxWorkers: availableParallelism() + 1,
    // files of one worker share its globals, so spies and stubs end with their test
    restoreMocks: true,
    unstubGlobals: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        ...shared,
        test: {
          name: 'node',
          setupFiles,
          environment: 'node',
          isolate: false,
          include: ['{packages,tools,examples,docs/site}/*/test/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', '**/node_modules/**', ...(hasSqlite ? [] : ['packages/store-sqlite/**'])]
        }
      },
      ...(chromium === undefined
        ? []
        : [
            {
              ...shared,
              resolve: { alias: { events } },
              test: {
                name: 'chromium',
                setupFiles,
                include: ['packages/*/test/**/*.test.ts'],
                exclude: ['**/*.node.test.ts', '**/node_modules/**'],
                isolate: false,
                browser: {
                  enabled: true,
                  connectTimeout: 180_000,
                  headless: true,
                  screenshotFailures: false,
                  provider: playwright({
                    launchOptions: {
                      executablePath: chromium,
                      args: [
                        '--no-sandbox',
                        '--disable-gpu',
                        '--disable-quic',
                        '--no-first-run',
                        '--disable-background-networking',
                        '--disable-component-update',
                        '--disable-sync'
                      ]
                    }
                  }),
                  instances: [{ browser: 'chromium' as const }]
                }
              }
            }
          ])
    ]
  }
})
