// `node test/disk/main.ts 10`: runs each scenario of a full disk 10 times, with and without `durable`. Needs permission to mount.
import { diskSize, fullDiskRounds } from './full-disk-rounds.ts'
import { mountSmallDisk } from './small-disk.ts'

const rounds = Number(process.argv[2] ?? 10)
const disk = await mountSmallDisk(diskSize)
if ('refused' in disk) {
  console.log(`no tmpfs can be mounted: ${disk.refused}`)
  process.exitCode = 1
} else {
  try {
    for (const durable of [true, false]) {
      const { acknowledged, failed, resumed, problems } = await fullDiskRounds(disk, rounds, durable)
      console.log(
        `durable: ${durable}: ${rounds} rounds of each scenario, ${acknowledged} puts acknowledged, ${failed} failed, ` +
          `${resumed} acknowledged after space was freed; ${problems.length} problems`
      )
      for (const line of problems.slice(0, 30)) console.log(`  ${line}`)
      if (problems.length > 0) process.exitCode = 1
    }
  } finally {
    await disk.remove()
  }
}
