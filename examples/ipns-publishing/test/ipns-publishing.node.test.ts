import { expect, test } from 'vitest'
import { scenario } from '../src/scenario.ts'

test('runs every step of the ipns-publishing example without a failure', async () => {
  const lines: string[] = []
  expect(await scenario((line) => lines.push(line)), lines.join('\n')).toBe(0)
})
