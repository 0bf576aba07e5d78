import { joinRecordKey, ipnsNameToString } from '@recordkit/record-codec'
import { keyPairFromSeed } from '@recordkit/record-crypto'
import { RecordManager } from '@recordkit/record-manager'
import { ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { LevelRecordStore } from '@recordkit/store-level'
import { ClassicLevel } from 'classic-level'
import { rmSync } from 'node:fs'
const what = process.argv[2] ?? 'memory'
rmSync('/tmp/st/db', { recursive: true, force: true })
const store = what === 'memory' ? new MemoryRecordStore() : await LevelRecordStore.open(new ClassicLevel('/tmp/st/db'))
const signer = await keyPairFromSeed(new Uint8Array(32).fill(1))
const engine = new ValidationEngine([signed('config', { authors: ownerInKey() })])
const manager = new RecordManager({ engine, store, signer })
const N = 2000
const keys = Array.from({ length: N }, (_, number) => joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/${number}`))
const content = (i: number) => new TextEncoder().encode(`value ${i}`.padEnd(200, 'x'))
const used = () => { const { heapUsed, arrayBuffers } = process.memoryUsage(); return heapUsed + arrayBuffers }
async function time(name: string, n: number, work: (i: number) => Promise<unknown>) {
  for (let i = 0; i < n; i++) await work(i)
  const samples: number[] = [], cpu: number[] = []
  for (let r = 0; r < 7; r++) {
    const s = performance.now(); const c = process.cpuUsage()
    for (let i = 0; i < n; i++) await work(i)
    samples.push((performance.now() - s) * 1000 / n)
    const d = process.cpuUsage(c); cpu.push((d.user + d.system) / n)
  }
  const alloc: number[] = []
  for (let r = 0; r < 5; r++) { globalThis.gc?.(); const b = used(); for (let i = 0; i < 200; i++) await work(i); alloc.push((used() - b) / 200) }
  const med = (a: number[]) => a.sort((x, y) => x - y)[a.length >> 1]!
  console.log(name, 'us', med(samples).toFixed(2), 'cpu', med(cpu).toFixed(2), 'alloc', med(alloc).toFixed(0))
}
let v = 0
await time('put replacing', 500, (i) => manager.put(keys[i % N]!, content(v++)))
for (let i = 0; i < N; i++) await manager.put(keys[i]!, content(v++))
await time('get warm', 2000, (i) => manager.get(keys[i % N]!))
await time('get 10 keys', 2000, (i) => manager.get(keys[i % 10]!))
await time('store get', 2000, (i) => store.get(keys[i % N]!))
let k = 0
await time('put new', 500, () => manager.put(joinRecordKey('config', `${ipnsNameToString(signer.peerId)}/n${k++}`), content(v++)))
for (const count of [1000]) {
  for (let r = 0; r < 3; r++) {
  let last = performance.now(), longest = 0, stop = false
  const tick = () => { const n = performance.now(); longest = Math.max(longest, n - last); last = n; if (!stop) setImmediate(tick) }
  setImmediate(tick)
  await new Promise((r) => setTimeout(r, 20)); longest = 0; last = performance.now()
  const s = performance.now()
  await Promise.all(Array.from({ length: count }, (_, i) => manager.put(keys[i]!, content(v++))))
  const e = performance.now(); await new Promise((r) => setTimeout(r, 5)); stop = true
  console.log('1000 puts', (e - s).toFixed(1), 'ms; longest', longest.toFixed(1))
  }
}
process.exit(0)
