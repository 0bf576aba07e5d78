import { expect, test } from 'vitest'
import { getDependencyReleaseLine, getReleaseLine } from '../src/changelog.ts'

test('a change is listed with its first sentence in bold and the others in a paragraph', () => {
  const summary = 'A put to `node:fs`. Now it waits. For a\nline.\n\nMore.'
  expect(getReleaseLine({ summary })).toBe('- **A put to `node:fs`.**\n\n  Now it waits. For a line.\n\n  More.\n')
})

test('a change of one sentence is one line', () => {
  expect(getReleaseLine({ summary: 'Reads of `1.5` kB are faster, e.g. in pages.' })).toBe(
    '- **Reads of `1.5` kB are faster, e.g. in pages.**\n'
  )
})

test('a long first sentence is not in bold', () => {
  const summary = `${'Long '.repeat(30)}sentence. Short.`
  expect(getReleaseLine({ summary })).toBe(`- ${'Long '.repeat(30)}sentence.\n\n  Short.\n`)
})

test('a sentence ends at a colon too', () => {
  expect(getReleaseLine({ summary: '`@recordkit/store-x`: a store. It is fast.' })).toBe(
    '- **`@recordkit/store-x`: a store.**\n\n  It is fast.\n'
  )
})

test('the dependencies with new versions are one line', () => {
  const dependencies = [
    { name: '@recordkit/record-types', newVersion: '0.3.0' },
    { name: '@recordkit/record-codec', newVersion: '0.2.1' }
  ]
  expect(getDependencyReleaseLine([{ summary: 'x' }, { summary: 'y' }], dependencies)).toBe(
    '- Updated dependencies: `record-codec` 0.2.1, `record-types` 0.3.0'
  )
  expect(getDependencyReleaseLine([], [])).toBe('')
})
