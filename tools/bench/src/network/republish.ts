// `node tools/bench/src/network/republish.ts [nodes] [records]`: the messages of publishing many records again, which reuse the walks of
// others, next to those of single puts.
import { start } from './network.ts'

const print = (line: string): void => console.log(line)
const nodes = Number(process.argv[2] ?? 50)
const count = Number(process.argv[3] ?? 1000)
/** as many as a manager publishes at a time */
const concurrency = 4

const { records, messages, keyOf } = await start(nodes, [])
const [writer] = records
const [sent] = messages
if (writer === undefined || sent === undefined) throw new Error('the network has no nodes')

interface Messages {
  readonly walks: number
  readonly puts: number
}

/** Puts `amount` records, and returns the messages per record. */
async function publish(name: string, amount: number, reuseWalks: boolean): Promise<Messages> {
  const before = sent?.sent ?? 0
  let puts = 0
  let next = 0
  const work = async (): Promise<void> => {
    while (next < amount) {
      const key = keyOf(0, `${name}-${next++}`)
      const { record } = (await writer?.manager.put(key, new Uint8Array(200), { offline: true })) ?? {}
      if (record === undefined) return
      const receipt = await writer?.network.put(key, record.value, { reuseWalks })
      const complete = await receipt?.complete
      // not before it was awaited: the others add to it meanwhile
      puts += complete?.peers.length ?? 0
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const all = (sent?.sent ?? 0) - before
  return { walks: (all - puts) / amount, puts: puts / amount }
}

print('| nodes | records | messages of walks per record | PUT_VALUE per record | all messages |')
print('| ---: | --- | ---: | ---: | ---: |')
const row = (title: string, { walks, puts }: Messages, amount: number): void =>
  print(`| ${nodes} | ${title} | ${walks.toFixed(3)} | ${puts.toFixed(1)} | ${Math.round((walks + puts) * amount)} |`)
// first, so that they cannot reuse the walks of the single puts
const many = await publish('many', count, true)
row(`${count} published again`, many, count)
const singles = Math.min(count, 100)
const single = await publish('single', singles, false)
row(`${count} single puts (from ${singles})`, single, count)
print(
  `\nwalks: ${((100 * many.walks) / single.walks).toFixed(2)} %, all: ${((100 * (many.walks + many.puts)) / (single.walks + single.puts)).toFixed(1)} %`
)
process.exit(0)
