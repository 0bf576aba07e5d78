// `node tools/bench/src/network/index.ts 10 20 50`: measures get against that of kad-dht, then networks of these sizes with
// malicious peers. `--growth` measures the networks only.
import { parseArgs } from 'node:util'
import { ipnsNameToString, joinRecordKey } from '@recordkit/record-codec'
import { generateKeyPair } from '@recordkit/record-crypto'
import { isRefusal } from '@recordkit/record-types'
import { anyAuthor, ownerInKey, signed, ValidationEngine } from '@recordkit/record-validators'
import { growth } from './growth.ts'
import { compareWithKadDht, identicalAnswers } from './ratios.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { growth: { type: 'boolean', default: false } }
})
const sizes = positionals.length > 0 ? positionals.map(Number) : [10, 20, 50]
const print = (line: string): void => console.log(line)

async function ratios(): Promise<void> {
  await compareWithKadDht(print)
  const owner = await generateKeyPair()
  const namespace = signed('config', { authors: ownerInKey() })
  const key = joinRecordKey('config', `${ipnsNameToString(owner.peerId)}/x`)
  const value = await namespace.seal(
    { key, content: new Uint8Array(200), sequence: 1n },
    { now: BigInt(Date.now()) * 1_000_000n, signer: owner }
  )
  const record = new ValidationEngine([signed('config', { authors: anyAuthor() })]).parse(key, value)
  if (!isRefusal(record)) await identicalAnswers(print, record)
}

if (!values.growth) await ratios()
print(
  '\n| nodes | malicious | put, ms | p90 | messages | get, ms | p90 | messages | copies | 3 copies or more | newest read |'
)
print('| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const size of sizes) for (const share of [0, 0.2, 0.4]) await growth(size, share, print)
process.exit(0)
