import { hasEnoughCopies } from '@recordkit/record-types/internal'
import { expect, test } from 'vitest'

test.each([
  [1, 1, 0, true],
  [1, 1, 1, true],
  [1, 1, 2, true],
  [1, 1, 3, false],
  [1, 1, 20, false],
  [1, 9, 20, false],
  [1, 10, 20, true],
  [1, 10, 1000, true],
  [12, 11, 20, false],
  [12, 12, 20, true],
  [0, 0, 0, false],
  [0, 1, 1, true],
  [0, 0, 3, false]
])(
  'a put with %i requested copies and %i stored ones of %i peers counts as published: %s',
  (requested, reached, asked, expected) => {
    const peers = Array.from({ length: asked }, (_, index) => ({
      from: Uint8Array.of(index),
      status: 'refused' as const
    }))
    expect(hasEnoughCopies({ copies: { requested, reached }, peers })).toBe(expected)
  }
)

test.each([
  [1, 0, ['sent'], false],
  [0, 0, ['sent'], true],
  [0, 0, ['sent', 'refused'], false],
  [1, 1, ['sent', 'refused'], true],
  [1, 1, ['sent', 'refused', 'refused', 'refused'], false]
] as const)(
  'what was only sent is not a copy: %i requested copies and %i stored ones of %j count as published: %s',
  (requested, reached, statuses, expected) => {
    const peers = statuses.map((status, index) => ({ from: Uint8Array.of(index), status }))
    expect(hasEnoughCopies({ copies: { requested, reached }, peers })).toBe(expected)
  }
)
