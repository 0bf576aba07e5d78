import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('..', import.meta.url))
const targets = ['chrome120', 'firefox128', 'safari17']

/**
 * Builds the page into a folder, which contains everything that it needs and can be served from any path.
 *
 * @returns the names of its files
 */
export async function buildPage(out: string = join(folder, 'dist')): Promise<readonly string[]> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  await build({
    entryPoints: { inspector: join(folder, 'src/main.ts'), 'inspector-style': join(folder, 'src/inspector.css') },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: targets,
    legalComments: 'none',
    logLevel: 'error',
    outdir: out
  })
  copyFileSync(join(out, 'inspector-style.css'), join(out, 'inspector.css'))
  rmSync(join(out, 'inspector-style.css'))
  for (const file of readdirSync(join(folder, 'static'))) copyFileSync(join(folder, 'static', file), join(out, file))
  const files = readdirSync(out).sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(out, file)))
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'src/service-worker.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: targets,
    // `./` is the page under the address that people use
    define: {
      FILES: JSON.stringify(['./', ...files]),
      VERSION: JSON.stringify(hash.digest('hex').slice(0, 16))
    },
    write: false,
    logLevel: 'error'
  })
  writeFileSync(join(out, 'service-worker.js'), outputFiles[0]?.text ?? '')
  return [...files, 'service-worker.js']
}
