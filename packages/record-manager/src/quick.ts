import { generateKeyPair } from '@recordkit/record-crypto'
import type { Algorithm, Namespace } from '@recordkit/record-types'
import { anyAuthor, ipns, ownerInKey, publicKeys, signed, ValidationEngine } from '@recordkit/record-validators'
import { RecordError } from '@recordkit/record-types'
import { checkClock, checkOptions, nameOf } from '@recordkit/record-types/internal'
import { MemoryRecordStore } from '@recordkit/store-memory'
import { managerNames } from './check-options.ts'
import { RecordManager } from './record-manager.ts'
import type { RecordManagerOptions } from './manager-options.ts'

/** Options of {@link createRecordManager}. */
export interface QuickOptions extends Partial<RecordManagerOptions> {
  /** further namespaces of the default engine; one that is named `ipns`, `pk` or `config` replaces that default */
  readonly namespaces?: readonly Namespace[] | undefined
  /**
   * algorithms of the default namespaces: `[ed25519Portable]` of `@recordkit/record-crypto/ed25519-portable` for pages without
   * `crypto.subtle`
   *
   * @default Ed25519 of the platform
   */
  readonly algorithms?: readonly Algorithm[] | undefined
}

/**
 * Creates a manager. Every option has a default: a memory store, a new Ed25519 key pair as the signer, and an engine for IPNS
 * names, public keys, records under `/config/<owner>/…` that only their owner can write, and signed records of any author
 * under all other keys, also keys without a namespace.
 *
 * @example
 * ```ts
 * const manager = await createRecordManager()
 * await manager.put('test-key', new TextEncoder().encode('hello'))
 * await manager.close()
 * ```
 */
export async function createRecordManager(options: QuickOptions = {}): Promise<RecordManager> {
  checkOptions(options, { ...managerNames, namespaces: 0, algorithms: 0 })
  const { namespaces = [], algorithms, ...managerOptions } = options
  const { clock } = options
  if (!Array.isArray(namespaces))
    throw invalid(`namespaces is ${nameOf(namespaces)}; an array such as [signed('config', …)] is expected`)
  if (options.engine !== undefined && (options.namespaces ?? algorithms) !== undefined)
    throw invalid(
      'engine is given together with namespaces or algorithms, which belong to the default engine; pass them to the engine'
    )
  checkClock(clock)
  return new RecordManager({
    ...managerOptions,
    engine:
      options.engine ??
      new ValidationEngine(withDefaults(namespaces, algorithms), {
        fallback: signed('', { authors: anyAuthor(), algorithms }),
        clock
      }),
    store: options.store ?? new MemoryRecordStore({ clock }),
    signer: options.signer ?? (await generateKeyPair())
  })
}

function withDefaults(namespaces: readonly Namespace[], algorithms: readonly Algorithm[] | undefined): Namespace[] {
  const names = new Set(namespaces.map(({ name }) => name))
  const defaults = [ipns({ algorithms }), publicKeys(), signed('config', { authors: ownerInKey(), algorithms })]
  return [...defaults.filter(({ name }) => !names.has(name)), ...namespaces]
}

function invalid(message: string): RecordError<'INVALID_ARGUMENT'> {
  return new RecordError('INVALID_ARGUMENT', message)
}
