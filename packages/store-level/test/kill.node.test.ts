import { expect, test } from 'vitest'
import { killRounds } from './kill/kill-rounds.ts'

for (const durable of [true, false]) {
  test(`loses no acknowledged write when the process is killed, with durable: ${durable}`, async () => {
    const { acknowledged, lost, problems } = await killRounds(10, durable)
    expect(lost).toEqual([])
    expect(problems).toEqual([])
    expect(acknowledged).toBeGreaterThan(0)
  })
}
