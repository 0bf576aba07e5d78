import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const name = process.env['MUTATION_PACKAGE'] ?? 'record-codec'

export default defineConfig({
  root: fileURLToPath(new URL('../../../../', import.meta.url)),
  plugins: [
    {
      name: 'hex-files',
      enforce: 'pre',
      load(id) {
        if (!id.endsWith('?hex')) return null
        return `export default ${JSON.stringify(readFileSync(id.slice(0, -4)).toString('hex'))}`
      }
    }
  ],
  test: {
    environment: 'node',
    setupFiles: ['tools/testing/src/property-sizes.ts'],
    testTimeout: 60_000,
    include: [`packages/${name}/test/**/*.test.ts`],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**']
  }
})
