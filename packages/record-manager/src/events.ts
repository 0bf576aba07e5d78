import type { Publication } from '@recordkit/record-store'
import type { Eclipse, PeerId } from '@recordkit/record-types'
import { RecordError } from '@recordkit/record-types'
import { checkFunction, ownCopy } from '@recordkit/record-types/internal'
import type { Equivocation, ReceiveResult } from './receive-result.ts'
import type { RecordView } from './record-view.ts'

declare global {
  /** For programs without the types of a page or of Node.js, where this declaration is the only one. */
  // oxlint-disable-next-line no-explicit-any -- declarations that are merged have the same type parameters
  interface CustomEvent<T = any> {
    readonly detail: T
  }
}

/** A record of another author that replaced ours, and what is needed to put ours again. */
export interface DisplacedRecord extends RecordView {
  /** our record; `undefined` when another process that shares the store received theirs */
  readonly ours: RecordView | undefined
  /** how we published the key */
  readonly publication: Publication
}

/** The events of a manager by type, with the `detail` of their `CustomEvent`. */
export interface ManagerEventDetails {
  /** a record was stored: a new one, or the same with a later expiry */
  'record:stored': RecordView
  /** a received record was refused */
  'record:refused': { readonly key: Uint8Array; readonly result: ReceiveResult }
  /** an author signed two different contents under one sequence */
  'record:equivocation': Equivocation
  /** a record of another allowed author, the `detail`, replaced ours: it is theirs to publish, and our publication of the key ends */
  'record:displaced': DisplacedRecord
  /** enough peers acknowledged copies of one of our records: ten, or half of those that were asked */
  'record:published': { readonly key: Uint8Array; readonly copies: number }
  /**
   * a record that is published was not signed for longer, because the manager does not have its signer: it is published unchanged
   * until it expires
   */
  'record:unrenewed': { readonly key: Uint8Array; readonly signer: PeerId }
  /** one of our records was not published or renewed, or reached too few peers; it is retried once the manager is started */
  'record:unpublished': { readonly key: Uint8Array; readonly error: unknown }
  /** one of our records was signed anew: the same content for longer */
  'record:renewed': RecordView
  /**
   * a record that is published here has expired: this node was off, asleep or offline, or cannot sign it. It is renewed as soon as
   * that is possible. `record` is `undefined` when the store does not contain it any more
   */
  'record:lapsed': { readonly key: Uint8Array; readonly record: RecordView | undefined; readonly error: unknown }
  /** a record of another author, which was republished here, expired 30 days ago: it is not published any more */
  'record:dropped': { readonly key: Uint8Array }
  /** peer IDs were generated near a key that was read or put; peers of the region around it were asked, or received the record, too */
  'network:eclipsed': Eclipse
  /** the publications in the store could not be read; they are read again within an hour */
  'publications:unread': { readonly error: unknown }
  /**
   * the store stopped reporting what other processes change: watchers see only the records of this process, until the store is asked
   * again, within a minute; what was missed is read then
   */
  'changes:unread': { readonly error: unknown }
}

const eventTypes: { readonly [Type in keyof ManagerEventDetails]: 0 } = {
  'record:stored': 0,
  'record:refused': 0,
  'record:equivocation': 0,
  'record:displaced': 0,
  'record:published': 0,
  'record:unrenewed': 0,
  'record:unpublished': 0,
  'record:renewed': 0,
  'record:lapsed': 0,
  'record:dropped': 0,
  'network:eclipsed': 0,
  'publications:unread': 0,
  'changes:unread': 0
}

function checkListener(type: string, listener: unknown): void {
  checkFunction(listener, 'listener')
  if (Object.hasOwn(eventTypes, type)) return
  throw new RecordError(
    'INVALID_ARGUMENT',
    `there is no event "${type}"; the events are ${Object.keys(eventTypes).join(', ')}`
  )
}

/** The options of `addEventListener`, without the types of the DOM. */
interface ListenerOptions {
  readonly once?: boolean
  readonly passive?: boolean
  readonly signal?: AbortSignal
}

type Listener<Type extends keyof ManagerEventDetails> = (event: CustomEvent<ManagerEventDetails[Type]>) => void

/**
 * Typed events, like libp2p's `TypedEventTarget`. It works without `EventTarget` and `CustomEvent`, which some runtimes do not have:
 * an event is a plain object with `type` and `detail` there.
 *
 * @example
 * ```ts
 * manager.events.addEventListener('record:stored', ({ detail }) => console.log(detail.sequence))
 * ```
 */
export class ManagerEvents {
  /** by type: the listeners, and whether they are called once */
  readonly #listeners = new Map<string, Map<Listener<never>, boolean>>()

  /**
   * @param options - `once`: the listener is removed before its first call. `signal`: the listener is removed when it aborts. A
   * listener is called once per event, however often it was added.
   * @throws RecordError `INVALID_ARGUMENT` for a type that is never dispatched, and a listener that is not a function
   */
  addEventListener<Type extends keyof ManagerEventDetails>(
    type: Type,
    listener: Listener<Type>,
    { once = false, signal }: ListenerOptions = {}
  ): void {
    checkListener(type, listener)
    if (signal?.aborted === true) return
    let listeners = this.#listeners.get(type)
    if (listeners === undefined) this.#listeners.set(type, (listeners = new Map()))
    if (listeners.has(listener)) return
    listeners.set(listener, once)
    signal?.addEventListener('abort', () => listeners.delete(listener), { once: true })
  }

  removeEventListener<Type extends keyof ManagerEventDetails>(type: Type, listener: Listener<Type>): void {
    this.#listeners.get(type)?.delete(listener)
  }

  /**
   * Calls each listener with a copy of the detail, which it may overwrite. An error that a listener throws is reported as uncaught; the
   * other listeners are still called.
   *
   * @param copy - copies the detail for one listener
   */
  dispatch<Type extends keyof ManagerEventDetails>(
    type: Type,
    detail: ManagerEventDetails[Type],
    copy: (detail: ManagerEventDetails[Type]) => ManagerEventDetails[Type] = ownCopy
  ): void {
    const listeners = this.#listeners.get(type) as Map<Listener<Type>, boolean> | undefined
    if (listeners === undefined || listeners.size === 0) return
    const current = [...listeners]
    for (const [listener, once] of current) {
      // an earlier listener may have removed it
      if (!listeners.has(listener)) continue
      if (once) listeners.delete(listener)
      try {
        listener(eventOf(type, copy(detail)))
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

function eventOf<Detail>(type: string, detail: Detail): CustomEvent<Detail> {
  return typeof CustomEvent === 'function'
    ? new CustomEvent(type, { detail })
    : ({ type, detail } as CustomEvent<Detail>)
}
