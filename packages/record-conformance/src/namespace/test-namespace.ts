import { RecordError } from '@recordkit/record-types'
import { checkObject, checkPart, describe } from '@recordkit/record-types/internal'
import type { ConformanceReport, Suite, TestRunner } from '../suite.ts'
import { registerSuite, runSuite } from '../suite.ts'
import type { NamespaceFactory, NamespaceRequirement } from './namespace-case.ts'
import { namespaceCases } from './namespace-cases.ts'

/**
 * Registers every case for a namespace with a test runner.
 *
 * @returns a report that is complete when the tests have run
 * @example
 * ```ts
 * testNamespace({ test, describe }, { name: 'toy', namespace: toy(), samples: [{ key, value, now }] })
 * ```
 */
export function testNamespace(runner: TestRunner, factory: NamespaceFactory): ConformanceReport {
  return registerSuite(runner, namespaceSuite(factory))
}

/**
 * Runs every case for a namespace without a test runner.
 *
 * @example
 * ```ts
 * const { results } = await runNamespace({ name: 'toy', namespace: toy(), samples: [{ key, value, now }] })
 * ```
 */
export function runNamespace(factory: NamespaceFactory): Promise<ConformanceReport> {
  return runSuite(namespaceSuite(factory))
}

function namespaceSuite(factory: NamespaceFactory): Suite<NamespaceFactory, NamespaceRequirement> {
  checkObject(factory, 'factory')
  checkPart(factory.namespace, 'namespace', ['parse', 'verify'], 'a namespace such as ipns()')
  if (!Array.isArray(factory.samples) || factory.samples.length === 0)
    throw new RecordError(
      'INVALID_ARGUMENT',
      `samples is ${Array.isArray(factory.samples) ? 'empty' : describe(factory.samples)}; an array of at least one valid record is expected`
    )
  return {
    name: factory.name,
    cases: namespaceCases,
    missing: (requirement) => missing(factory, requirement),
    use: (run) => run(copyFactory(factory))
  }
}

/** Copies the bytes of a factory, so that a namespace that changes its input does not affect the next case. */
function copyFactory(factory: NamespaceFactory): NamespaceFactory {
  const { samples, ordered, merging } = factory
  return {
    ...factory,
    samples: structuredClone(samples),
    ordered: ordered === undefined ? undefined : structuredClone(ordered),
    merging: merging === undefined ? undefined : structuredClone(merging)
  }
}

function missing(factory: NamespaceFactory, requirement: NamespaceRequirement): string | undefined {
  switch (requirement) {
    case 'bound':
      return factory.bound === false ? 'values are valid under any key' : undefined
    case 'ordered':
      return factory.ordered === undefined ? 'the factory has no `ordered`' : undefined
    case 'signer':
      if (factory.namespace.seal === undefined) return 'the namespace has no `seal`'
      return factory.sealing === undefined ? 'the factory has no `sealing`' : undefined
    default:
      if (factory.namespace.merge === undefined) return 'the namespace has no `merge`'
      return factory.merging === undefined ? 'the factory has no `merging`' : undefined
  }
}
