import { execFile } from 'node:child_process'
import { copyFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { InstalledEngine } from './engines.ts'
import type { RowResult } from './program/run.ts'

const exec = promisify(execFile)

const workerdConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = ( services = [ (name = "main", worker = .program) ] );
const program :Workerd.Worker = (
  modules = [
    (name = "main.mjs", esModule = embed "main.mjs"),
    (name = "program.mjs", esModule = embed "program.mjs")
  ],
  compatibilityDate = "2026-01-01"
);
`

/** What `workerd test` runs. */
const workerdMain = `import { run } from 'program.mjs'
export default { async test() { console.log('RESULTS ' + JSON.stringify(await run())) } }
`

/** ms that the program may take */
const timeout = 300_000

/** Runs a bundle on an engine and returns what it printed. @throws Error when there is no result */
export async function runEngine(engine: InstalledEngine, bundle: string): Promise<readonly RowResult[]> {
  let file = bundle
  if (engine.name === 'workerd') {
    await copyFile(bundle, join(dirname(bundle), 'program.mjs'))
    file = join(dirname(bundle), 'workerd.capnp')
    await writeFile(join(dirname(bundle), 'main.mjs'), workerdMain)
    await writeFile(file, workerdConfig)
  }
  const output = await exec(engine.path, [...engine.args, file], { timeout, maxBuffer: 1 << 26 }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`.slice(0, 2000))
    }
  )
  const results = /^RESULTS (.*)$/m.exec(`${output.stdout}\n${output.stderr}`)?.[1]
  if (results === undefined) throw new Error(`there is no result: ${output.stdout}${output.stderr}`.slice(0, 2000))
  return JSON.parse(results) as RowResult[]
}
