/**
 * Compiles `wasm/` to WebAssembly and writes it as base64 to src/ed25519-wasm-code.ts. `--check` compares instead of writing.
 *
 *   node packages/record-crypto/tools/build-wasm.ts [--check]
 *
 * Requires any current cargo, to fetch the crates, and the compiler of Debian 12 with its standard library for WebAssembly:
 * `apt-get install rustc cargo libstd-rust-dev-wasm32 lld`. The same compiler gives the same bytes.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const target = 'wasm32-unknown-unknown'
const output = fileURLToPath(new URL('../src/ed25519-wasm-code.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'recordkit-wasm-'))
try {
  cpSync(fileURLToPath(new URL('../wasm', import.meta.url)), folder, { recursive: true })
  const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string =>
    execFileSync(program, args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  // cargo 1.65 of Debian reads only older registries, so it builds from a folder
  run('cargo', ['vendor', '--locked', '--quiet'])
  mkdirSync(join(folder, '.cargo'))
  writeFileSync(
    join(folder, '.cargo', 'config.toml'),
    '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n'
  )
  run('/usr/bin/cargo', ['build', '--release', '--locked', '--offline', '--quiet', '--target', target], {
    ...process.env,
    PATH: '/usr/bin:/bin',
    // a stack of 64 KiB instead of 1 MiB, and no paths of this machine
    RUSTFLAGS: `-C link-arg=-zstack-size=65536 --remap-path-prefix=${folder}=. --cfg curve25519_dalek_backend="serial"`
  })
  const code = readFileSync(join(folder, 'target', target, 'release', 'recordkit_ed25519_wasm.wasm'))
  const text = `/** \`wasm/\` as WebAssembly, in base64. Written by tools/build-wasm.ts. */
export const ed25519WasmCode =
  '${code.toString('base64')}'
`
  if (!process.argv.includes('--check')) writeFileSync(output, text)
  else if (readFileSync(output, 'utf8') !== text)
    throw new Error('src/ed25519-wasm-code.ts was built from other sources')
  console.log(`${code.length} bytes of WebAssembly`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
