import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What a bundler takes from the packages: the files for Node.js, or those for all other runtimes. */
export type Build = 'node' | 'web'

/** Path of a module of the program. */
export function programPath(name: 'run' | 'command-line' | 'hermes'): string {
  return fileURLToPath(new URL(`program/${name}.ts`, import.meta.url))
}

/** Bundles a module of the program to a file. */
export async function bundleProgram(name: 'run' | 'command-line', kind: Build, outfile: string): Promise<void> {
  await build({
    entryPoints: [programPath(name)],
    bundle: true,
    format: 'esm',
    platform: kind === 'node' ? 'node' : 'browser',
    target: 'es2022',
    outfile
  })
}

/** Bundles the program for Hermes: a script, without the syntax that Hermes has not. */
export async function bundleForHermes(outfile: string): Promise<void> {
  await build({
    entryPoints: [programPath('hermes')],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    supported: { 'async-generator': false, 'for-await': false },
    outfile
  })
}
