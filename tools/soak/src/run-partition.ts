// `pnpm run partition [rounds]` in tools/soak: eight nodes in processes of their own, cut in two for five seconds and written to
// on both sides; attackers talk to both.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPartition } from './partition.ts'

const folder = await mkdtemp(join(tmpdir(), 'recordkit-partition-'))
const report = await runPartition(folder, { nodes: 8, rounds: Number(process.argv[2] ?? 10), pause: 5_000 })
await rm(folder, { recursive: true, force: true })
console.log(report)
process.exit(report.faults.length === 0 ? 0 : 1)
