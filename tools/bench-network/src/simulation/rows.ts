import { lookUp } from './look-up.ts'
import type { LookUpOptions } from './look-up.ts'
import { Overlay, randomFrom } from './overlay.ts'

/** valid answers that end a read */
const quorum = 3

/** Means over many records, each put by one honest node and read by another. */
export interface SimulatedRow {
  readonly putMessages: number
  readonly putRounds: number
  /** copies that are kept, of those acknowledged */
  readonly kept: number
  readonly acknowledged: number
  readonly getMessages: number
  readonly getRounds: number
  /** shares of reads that met the quorum, and that met a copy at all */
  readonly quorate: number
  readonly found: number
}

export interface Setting extends LookUpOptions {
  readonly size: number
  readonly share: number
  readonly records: number
  readonly seed: number
}

/** Puts and reads in a network of `size`, `share` of it hostile. The same setting, the same row. */
export function simulate({ size, share, records, seed, ...options }: Setting): SimulatedRow {
  const overlay = new Overlay(size, share, seed)
  const random = randomFrom(seed ^ 0x5bd1e995)
  const honest = (): number => {
    for (;;) {
      const peer = Math.floor(random() * size)
      if (overlay.hostile[peer] === 0) return peer
    }
  }
  const sums = { putMessages: 0, putRounds: 0, kept: 0, acknowledged: 0 }
  const read = { getMessages: 0, getRounds: 0, quorate: 0, found: 0 }
  for (let record = 0; record < records; record++) {
    const target = Math.floor(random() * 2 ** 32)
    const [writer, reader] = [honest(), honest()]
    const put = lookUp(overlay, writer, target, options)
    const holders = new Set([writer, ...put.closest.filter((peer) => overlay.hostile[peer] === 0)])
    sums.putMessages += put.asked + put.closest.length
    sums.putRounds += put.rounds + 1
    sums.kept += holders.size - 1
    sums.acknowledged += put.closest.length
    let valid = 0
    const get = lookUp(overlay, reader, target, options, (peer) => holders.has(peer) && ++valid >= quorum)
    read.getMessages += get.asked
    read.getRounds += get.rounds
    if (valid >= quorum) read.quorate++
    if (valid > 0) read.found++
  }
  const means = Object.entries({ ...sums, ...read }).map(([name, sum]) => [name, sum / records])
  return Object.fromEntries(means) as SimulatedRow
}
