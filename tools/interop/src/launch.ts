import { buildGo, buildJs, buildKubo, buildPython, buildRust } from './builds.ts'
import type { Built } from './builds.ts'
import { Kubo } from './kubo.ts'
import { type Peer, PeerProcess } from './peer.ts'

/** The implementations, in the order of the table's columns. */
export const builders: ReadonlyMap<string, (say: (line: string) => void) => Promise<Built>> = new Map([
  ['go', buildGo],
  ['rust', buildRust],
  ['python', buildPython],
  ['js', async () => buildJs()],
  ['kubo', buildKubo]
])

/** Starts what was built. */
export async function launch(
  name: string,
  built: Exclude<Built, { missing: string } | { broken: string }>
): Promise<Peer> {
  if (name !== 'kubo') return new PeerProcess(name, built.command, built.args, built.environment)
  return Kubo.launch(built.command)
}
