// `node tools/bench/src/network/unresponsive.ts [nodes] [rounds]`: puts to a network of which some nodes accept streams and respond to
// nothing, compared with the puts of kad-dht from another node.
import { median, silence, start, timed } from './network.ts'

const print = (line: string): void => console.log(line)
const nodes = Number(process.argv[2] ?? 20)
const rounds = Number(process.argv[3] ?? 5)

print(
  '| nodes | unresponsive | to enough copies, ms | to the end, ms | copies | messages | kad-dht, ms | copies | messages | ratio |'
)
print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
const { network, records, messages, keyOf } = await start(nodes, [])
const [writer] = records
const [ours, theirs] = messages
const dht = network.honest[1]?.services.dht
if (writer === undefined || dht === undefined || ours === undefined || theirs === undefined)
  throw new Error('the network has too few nodes')
let silent = 0
for (const unresponsive of [0, 2, 4]) {
  for (; silent < unresponsive; silent++) await silence(network.honest[nodes - 1 - silent])
  const columns: number[][] = Array.from({ length: 7 }, () => [])
  for (let round = 0; round < rounds; round++) {
    const key = keyOf(0, `${unresponsive}-${round}`)
    const { record } = await writer.manager.put(key, new Uint8Array(200), { offline: true })
    const before = [ours.sent, theirs.sent] as const
    const started = performance.now()
    const { ms: enough, result: receipt } = await timed(() => writer.network.put(key, record.value))
    const final = await receipt.complete
    const end = performance.now() - started
    const { ms, result: copies } = await timed(async () => {
      let stored = 0
      for await (const event of dht.put(key, record.value))
        if (event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE') stored++
      return stored
    })
    const figures = [enough, end, final.copies.reached, ours.sent - before[0], ms, copies, theirs.sent - before[1]]
    for (const [index, figure] of figures.entries()) columns[index]?.push(figure)
  }
  const medians = columns.map((column) => median(column))
  const ratio = (medians[0] ?? 0) / (medians[4] ?? 1)
  print(
    `| ${nodes} | ${unresponsive} | ${medians.map((value) => value.toFixed(0)).join(' | ')} | ${ratio.toFixed(2)} |`
  )
}
process.exit(0)
