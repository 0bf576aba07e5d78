import type { Equivocation, Outcome } from './outcome.ts'
import type { RecordView } from './record-view.ts'

/** What a manager tells, by event type; `detail` of a `CustomEvent`. */
export interface ManagerEventDetails {
  /** a record was stored: new, or for longer */
  'record:stored': RecordView
  /** a record that was handed in was not taken */
  'record:refused': { readonly key: Uint8Array; readonly outcome: Outcome }
  /** an author signed two different contents under one sequence */
  'record:equivocation': Equivocation
  /** copies of one of our records were acknowledged */
  'record:published': { readonly key: Uint8Array; readonly copies: number }
  /** one of our records could not be published; it will be tried again */
  'record:unpublished': { readonly key: Uint8Array; readonly error: unknown }
}

type Listener<Type extends keyof ManagerEventDetails> = (event: CustomEvent<ManagerEventDetails[Type]>) => void

/** An `EventTarget` that knows its events, in the shape of libp2p's `TypedEventTarget`. */
export class ManagerEvents {
  readonly #target = new EventTarget()

  addEventListener<Type extends keyof ManagerEventDetails>(
    type: Type,
    listener: Listener<Type>,
    options?: AddEventListenerOptions
  ): void {
    this.#target.addEventListener(type, listener as EventListener, options)
  }

  removeEventListener<Type extends keyof ManagerEventDetails>(type: Type, listener: Listener<Type>): void {
    this.#target.removeEventListener(type, listener as EventListener)
  }

  /** Tells listeners; what one of them throws is reported as uncaught, and reaches nobody else. */
  tell<Type extends keyof ManagerEventDetails>(type: Type, detail: ManagerEventDetails[Type]): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
