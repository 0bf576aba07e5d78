import { expect, test } from 'vitest'
import { killRounds } from './kill/kill-rounds.ts'

for (const durable of [true, false]) {
  test(`a killed process loses nothing that was acknowledged, with durable: ${durable}`, async () => {
    const { acknowledged, lost, problems } = await killRounds(10, durable)
    expect(lost).toEqual([])
    expect(problems).toEqual([])
    expect(acknowledged).toBeGreaterThan(0)
  })
}
