import { buildGo, buildJs, buildKubo, buildPython, buildRust } from './builds.ts'
import type { Built } from './builds.ts'
import { Kubo } from './kubo.ts'
import { type Implementation, ImplementationProcess } from './implementation.ts'

/** The builders of all implementations, in the order of the columns. */
export const builders: ReadonlyMap<string, (print: (line: string) => void) => Promise<Built>> = new Map([
  ['go', buildGo],
  ['rust', buildRust],
  ['python', buildPython],
  ['js', async () => buildJs()],
  ['kubo', buildKubo]
])

/** Starts a built implementation. */
export async function launch(
  name: string,
  built: Exclude<Built, { missing: string } | { broken: string }>
): Promise<Implementation> {
  if (name !== 'kubo') return new ImplementationProcess(name, built.command, built.args, built.environment)
  return Kubo.launch(built.command)
}
