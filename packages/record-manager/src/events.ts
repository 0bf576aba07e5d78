import type { PeerId } from '@recordkit/record-types'
import type { Equivocation, ReceiveResult } from './receive-result.ts'
import type { RecordView } from './record-view.ts'

/** The events of a manager by type, with the `detail` of their `CustomEvent`. */
export interface ManagerEventDetails {
  /** a record was stored: a new one, or the same with a later expiry */
  'record:stored': RecordView
  /** a received record was refused */
  'record:refused': { readonly key: Uint8Array; readonly result: ReceiveResult }
  /** an author signed two different contents under one sequence */
  'record:equivocation': Equivocation
  /**
   * a record of another allowed author replaced ours: it is theirs to publish, and the publication of ours is paused until a
   * record of ours is the highest again
   */
  'record:displaced': RecordView
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
  /** the publications in the store could not be read; they are read again within an hour */
  'publications:unread': { readonly error: unknown }
}

/** The options of `addEventListener`, without the types of the DOM. */
interface ListenerOptions {
  readonly once?: boolean
  readonly passive?: boolean
  readonly signal?: AbortSignal
}

type Listener<Type extends keyof ManagerEventDetails> = (event: CustomEvent<ManagerEventDetails[Type]>) => void

/**
 * A typed `EventTarget`, like libp2p's `TypedEventTarget`.
 *
 * @example
 * ```ts
 * manager.events.addEventListener('record:stored', ({ detail }) => console.log(detail.sequence))
 * ```
 */
export class ManagerEvents {
  readonly #target = new EventTarget()

  addEventListener<Type extends keyof ManagerEventDetails>(
    type: Type,
    listener: Listener<Type>,
    options?: ListenerOptions
  ): void {
    this.#target.addEventListener(type, listener as EventListener, options)
  }

  removeEventListener<Type extends keyof ManagerEventDetails>(type: Type, listener: Listener<Type>): void {
    this.#target.removeEventListener(type, listener as EventListener)
  }

  /** Calls the listeners. An error that a listener throws is reported as uncaught; the other listeners are still called. */
  dispatch<Type extends keyof ManagerEventDetails>(type: Type, detail: ManagerEventDetails[Type]): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
