import type { Algorithm, KeyBook, PeerId, Signer, AlgorithmVerifyOptions } from './keys.ts'
import type { AbortOptions, MaybePromise } from './time.ts'
import type { Refusal, Verdict } from './verdict.ts'

/** The most a namespace reads, in bytes, checked before anything is parsed. */
export interface NamespaceLimits {
  readonly key: number
  readonly value: number
}

/**
 * A parsed record whose signature has not been checked: enough to order it, nothing to trust. Byte fields may be views on
 * the input.
 */
export interface UnverifiedRecord<Fields = unknown> {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** at most 31 bytes that compare as the records of a key compare; records of equal order are compared by identity */
  readonly order: Uint8Array
  /**
   * The bytes whose hash is the identity of the record: what its author signed. Two values with the same identity are two
   * encodings of one record. @default the value
   */
  readonly signed?: (() => Uint8Array) | undefined
  readonly author?: PeerId | undefined
  readonly sequence?: bigint | undefined
  /** ns; when its author says it was made */
  readonly issued?: bigint | undefined
  /** ns; the last instant at which it is valid */
  readonly expires?: bigint | undefined
  /** ns; how long a reader may answer from its cache */
  readonly ttl?: bigint | undefined
  /** set on a record that closes its key for good */
  readonly revoked?: boolean | undefined
  /** the author's, as it stands in the value */
  readonly signature?: Uint8Array | undefined
  /** the value as its namespace decoded it */
  readonly fields: Fields
}

/** A record that an engine accepted. Its bytes are those that were verified. */
export interface VerifiedRecord<Fields = unknown> extends UnverifiedRecord<Fields> {
  readonly status: 'accept'
  /** ns; the record is valid up to and including this instant; indefinitely when `undefined` */
  readonly until?: bigint | undefined
}

/** What a verification may use. */
export interface ValidationContext extends AlgorithmVerifyOptions {
  /** ns since the Unix epoch */
  readonly now: bigint
  readonly keyBook?: KeyBook | undefined
  /** who handed us the bytes; absent when nobody did */
  readonly sender?: PeerId | undefined
}

/** What an application asks to be sealed into a value. */
export interface RecordDraft {
  readonly key: Uint8Array
  /** the application's bytes */
  readonly content: Uint8Array
  /** at least this; a namespace without sequences ignores it */
  readonly sequence: bigint
  /** ns: how long from now the record is to be valid */
  readonly lifetime?: bigint | undefined
  /** ns */
  readonly ttl?: bigint | undefined
  readonly revoked?: boolean | undefined
  /** the value published before under this key, whose options (extra data, V1 copies) are kept */
  readonly previous?: Uint8Array | undefined
}

/** What sealing may use. */
export interface SealContext extends AbortOptions {
  readonly now: bigint
  readonly signer: Signer
}

/**
 * One namespace: four parts and a name. Everything that distinguishes `/ipns/` from `/pk/` is in such a value; add
 * one to an engine's list and records of a new kind are read, ordered, verified and published.
 */
export interface Namespace<Fields = unknown> {
  /** without slashes; compared as UTF-8 bytes */
  readonly name: string
  readonly limits: NamespaceLimits
  /** valid answers from distinct peers that end a read. @default 3 */
  readonly quorum?: number | undefined
  /** ms between two publications of a record. @default 79_200_000 (22 hours, as go-libp2p-kad-dht) */
  readonly republishInterval?: number | undefined
  /** Reads strictly and checks nothing that costs a signature. Returns a refusal for bad bytes; does not throw. */
  parse(key: Uint8Array, value: Uint8Array): UnverifiedRecord<Fields> | Refusal
  /** {@link parse} for many values under one key: what concerns the key alone is done once. Parsed one by one where absent. */
  parser?(key: Uint8Array): (value: Uint8Array) => UnverifiedRecord<Fields> | Refusal
  /** Binding, signature, time, content, in this order. */
  verify(record: UnverifiedRecord<Fields>, context: ValidationContext): MaybePromise<Verdict>
  /** Makes the value for a draft; absent where records cannot be made here. */
  seal?(draft: RecordDraft, context: SealContext): MaybePromise<Uint8Array>
  /**
   * One value of two, in place of choosing: for namespaces whose values are states that grow. Commutative, associative,
   * idempotent; and the order of the merged record is above that of each of the two that it is not equal to.
   */
  merge?(a: UnverifiedRecord<Fields>, b: UnverifiedRecord<Fields>): Uint8Array
  /** The sequence at the beginning of a rank, for marks; missing where records have none. */
  sequenceOf?(rank: Uint8Array): bigint
  /** The application's own bytes of a record, what `manager.get` answers; the whole value where absent. */
  content?(record: UnverifiedRecord<Fields>): Uint8Array
  /** The key of the record this signer owns here, such as its IPNS name; absent where there is no such thing. */
  keyFor?(signer: Signer): MaybePromise<Uint8Array>
}

/** What decides who may write in a namespace. Access control is this and nothing else. */
export interface AuthorPolicy {
  /** whether a revocation by the author is sound under this policy: only where the key itself names its author */
  readonly revocable: boolean
  /** `undefined` when `author` may write under `key`, else why not */
  check(author: PeerId, key: Uint8Array): Refusal | undefined
}

/** What most namespaces of signed records take. */
export interface NamespaceOptions {
  /** key types that are verified; Ed25519 when absent */
  readonly algorithms?: readonly Algorithm[] | undefined
  readonly limits?: Partial<NamespaceLimits> | undefined
}
