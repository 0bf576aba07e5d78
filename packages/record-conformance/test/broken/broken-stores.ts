import type { StoreFactory } from '../../src/index.ts'
import { expected } from './expected.ts'
import { flawedFactory } from './break-store.ts'
import { flaws } from './flaws.ts'

/** A store with one flaw, and exactly the cases that must fail. */
export interface BrokenStore {
  readonly name: string
  readonly factory: StoreFactory
  readonly fails: readonly string[]
}

const fails = new Map<string, readonly string[]>(Object.entries(expected))

export const brokenStores: readonly BrokenStore[] = Object.entries(flaws).map(([name, flaw]) => ({
  name,
  factory: flawedFactory(name, flaw),
  fails: fails.get(name) ?? []
}))
