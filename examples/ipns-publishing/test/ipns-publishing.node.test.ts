import { expect, test } from 'vitest'
import { story } from '../src/scenario.ts'

test('every step of ipns-publishing holds', async () => {
  const lines: string[] = []
  expect(await story((line) => lines.push(line)), lines.join('\n')).toBe(0)
})
