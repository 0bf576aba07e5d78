import { ipnsRoutingKey } from '@recordkit/record-codec'
import { createIpnsRecord, keyPairFromSeed, ed25519 } from '@recordkit/record-crypto'
import { ed25519Sodium } from '@recordkit/record-crypto/ed25519-sodium'
import { ipns, ValidationEngine, validateMany } from '@recordkit/record-validators'
import { ipnsValidator } from 'ipns/validator'
import { Worker } from 'node:worker_threads'
import { createRequire } from 'node:module'
const where = createRequire(import.meta.url).resolve('sodium-native')
const code = `const {parentPort}=require('node:worker_threads');const s=require(${JSON.stringify(where)});
parentPort.on('message',(list)=>{parentPort.postMessage(list.map(([p,m,g])=>s.crypto_sign_verify_detached(g,m,p)))})`
function pool(n: number) {
  const workers = Array.from({ length: n }, () => {
    const worker = new Worker(code, { eval: true })
    worker.unref()
    const waiting: any[] = []
    worker.on('message', (r: boolean[]) => {
      w.busy = false
      waiting.shift()!.forEach((f: any, i: number) => f(r[i]))
      flush()
    })
    const w = { worker, waiting, busy: false }
    return w
  })
  let list: any[] = [],
    res: any[] = [],
    scheduled = false
  const flush = () => {
    scheduled = false
    if (list.length === 0) return
    const free = workers.filter((w) => !w.busy)
    if (free.length === 0) return
    const size = Math.ceil(list.length / free.length)
    for (const w of free) {
      if (list.length === 0) break
      const l = list.splice(0, size),
        r = res.splice(0, size)
      w.busy = true
      w.waiting.push(r)
      w.worker.postMessage(l)
    }
  }
  return {
    type: 'Ed25519' as const,
    verify(p: Uint8Array, m: Uint8Array, g: Uint8Array) {
      return new Promise<boolean>((r) => {
        list.push([new Uint8Array(p), new Uint8Array(m), new Uint8Array(g)])
        res.push(r)
        if (!scheduled) {
          scheduled = true
          setImmediate(flush)
        }
      })
    }
  }
}
const hour = 3600n * 10n ** 9n,
  now = BigInt(Date.now()) * 1000000n
const entries = await Promise.all(
  Array.from({ length: 6000 }, async (_, n) => {
    const seed = new Uint8Array(32)
    new DataView(seed.buffer).setUint32(0, n + 1)
    const signer = await keyPairFromSeed(seed)
    return {
      key: ipnsRoutingKey(signer.peerId),
      value: await createIpnsRecord({ value: '/ipfs/bafkqaaa', sequence: BigInt(n), validity: now + hour }, { signer })
    }
  })
)
const E = (a: any) => new ValidationEngine([ipns({ algorithms: [a] })], { verdicts: 64 })
const sides: any = { native: E(ed25519), sodium: E(ed25519Sodium), pool1: E(pool(1)), pool2: E(pool(2)) }
const times: any = { theirs: [] }
for (const n in sides) times[n] = []
const many = (e: any, r: any) => validateMany(e, r)
for (let round = 0; round < 9; round++) {
  const r = entries.slice((round % 6) * 1000, (round % 6) * 1000 + 1000)
  let t = performance.now()
  for (const { key, value } of r) await ipnsValidator(key, value)
  times.theirs.push(performance.now() - t)
  for (const n in sides) {
    t = performance.now()
    const out = await many(sides[n], r)
    times[n].push(performance.now() - t)
    if (out.some((x: any) => x.status !== 'accept')) console.log('BAD', n)
  }
}
const med = (a: number[]) => [...a].sort((x, y) => x - y)[a.length >> 1]!
for (const n in times)
  console.log(
    n,
    med(times[n]).toFixed(1),
    (med(times.theirs) / med(times[n])).toFixed(2),
    'min',
    Math.min(...times[n]).toFixed(1)
  )
process.exit(0)
