// `node test/disk/main.ts 10`: fills a small disk so often in each way, with and without `durable`. Needs the right to mount.
import { diskSize, fullDiskRounds } from './full-disk-rounds.ts'
import { mountSmallDisk } from './small-disk.ts'

const rounds = Number(process.argv[2] ?? 10)
const disk = await mountSmallDisk(diskSize)
if ('refused' in disk) {
  console.log(`no disk of its own: ${disk.refused}`)
  process.exitCode = 1
} else {
  try {
    for (const durable of [true, false]) {
      const { acknowledged, failed, resumed, problems } = await fullDiskRounds(disk, rounds, durable)
      console.log(
        `durable: ${durable}: ${rounds} rounds of each way, ${acknowledged} puts acknowledged, ${failed} refused, ` +
          `${resumed} acknowledged once there was room; ${problems.length} problems`
      )
      for (const line of problems.slice(0, 30)) console.log(`  ${line}`)
      if (problems.length > 0) process.exitCode = 1
    }
  } finally {
    await disk.remove()
  }
}
