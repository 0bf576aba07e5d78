// `node test/full-disk/main.ts 20`: so many full disks of each kind. Mounts them, so it takes root.
import { fillDisk, whyNoDisk } from './fill-disk.ts'

const rounds = Number(process.argv[2] ?? 20)
const reason = await whyNoDisk()
if (reason !== undefined) {
  console.log(reason)
  process.exit(1)
}
for (const durable of [true, false]) {
  for (const writeBufferSize of [65_536, 4_194_304]) {
    let acknowledged = 0
    const codes = new Set<string>()
    const problems: string[] = []
    for (let round = 0; round < rounds; round++) {
      const report = await fillDisk({ durable, writeBufferSize, valueSize: 300 + 997 * (round % 7) })
      acknowledged += report.acknowledged
      for (const code of report.codes) codes.add(code)
      problems.push(...report.problems)
    }
    console.log(
      `durable: ${durable}, tables of ${writeBufferSize} bytes: ${rounds} full disks, ${acknowledged} writes acknowledged, ` +
        `rejected with ${[...codes].join(', ')}, ${problems.length} problems`
    )
    for (const line of problems) console.log(`  ${line}`)
    if (problems.length > 0) process.exitCode = 1
  }
}
