// `pnpm run cold` in tools/bench: the cold lines beside their hot counterparts. `-- --node PATH` runs them with another Node.js, such as
// one of release 20, which needs the program as one bundled file; `-- --only text` runs the lines whose name contains the text.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const program = fileURLToPath(new URL('cold-program.ts', import.meta.url))
const bundle = fileURLToPath(new URL('../node_modules/.cache/cold.mjs', import.meta.url))
const [option, ...args] = process.argv.slice(2)
const path = option === '--node' ? args.shift() : process.execPath
if (path === undefined) throw new Error('usage: pnpm run cold -- [--node PATH] [--only TEXT]')
const rest = option === '--node' || option === undefined ? args : [option, ...args]

mkdirSync(fileURLToPath(new URL('../node_modules/.cache', import.meta.url)), { recursive: true })
await build({
  entryPoints: [program],
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['sodium-native'],
  banner: { js: `import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)` },
  outfile: bundle,
  logLevel: 'error'
})
execFileSync(path, ['--expose-gc', bundle, ...rest], { stdio: 'inherit' })
