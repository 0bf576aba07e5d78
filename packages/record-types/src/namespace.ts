import type { Algorithm, KeyBook, PeerId, PublicKey, Signer, AlgorithmVerifyOptions } from './keys.ts'
import type { AbortOptions, MaybePromise } from './time.ts'
import type { Accept, Refusal, Verdict } from './verdict.ts'

/** Maximum sizes in bytes. They are checked before anything is parsed. */
export interface NamespaceLimits {
  readonly key: number
  readonly value: number
}

/** Limits that an application sets; those that are `undefined` keep their default. */
export type NamespaceLimitOptions = { readonly [Name in keyof NamespaceLimits]?: NamespaceLimits[Name] | undefined }

/**
 * A parsed record whose signature has not been verified. It can be ordered and must not be trusted. Byte fields may be views
 * on the input.
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
  /** ns since the Unix epoch; the time of creation, according to the author */
  readonly issued?: bigint | undefined
  /** ns since the Unix epoch; the record is valid up to and including this instant */
  readonly expires?: bigint | undefined
  /** ns; how long a reader may cache the record */
  readonly ttl?: bigint | undefined
  /** set on a record that revokes its key permanently */
  readonly revoked?: boolean | undefined
  /** the author's signature, as the value contains it */
  readonly signature?: Uint8Array | undefined
  /** the fields of the value, as the namespace decoded them */
  readonly fields: Fields
}

/**
 * A record that an engine accepted. Its value is the one that was verified: call {@link RecordEngine.normalize} before it is
 * stored, returned or forwarded, because anyone can change the bytes that no signature covers.
 */
export interface VerifiedRecord<Fields = unknown> extends UnverifiedRecord<Fields>, Accept {}

/** Whether a key verified a signature. `disputed`: it did not, but another implementation may accept the signature. */
export type SignatureVerdict = 'valid' | 'invalid' | 'disputed'

/** Remembers verdicts on signatures by a digest of algorithm, public key, signed bytes and signature. */
export interface SignatureVerdicts {
  get(digest: string): SignatureVerdict | undefined
  set(digest: string, verdict: SignatureVerdict): void
}

/** Passed to {@link Namespace.verify}. */
export interface ValidationContext extends AlgorithmVerifyOptions {
  /** ns since the Unix epoch */
  readonly now: bigint
  readonly keyBook?: KeyBook | undefined
  /** the verdicts that the engine remembers; `undefined`: it remembers none */
  readonly verdicts?: SignatureVerdicts | undefined
  /**
   * whether to find out if another implementation may accept a signature that is refused, which takes ten times as long as the
   * verification; `false` counts it as disputed. Called once for each such signature. @default always
   */
  readonly checksDispute?: (() => boolean) | undefined
  /** the peer that sent the bytes; `undefined` when they did not come from a peer */
  readonly sender?: PeerId | undefined
  /** the signatures that this process has just made itself: they need not be verified */
  readonly signatures?: KnownSignatures | undefined
  /** whether the signature of exactly this record was verified before: everything else must be judged. @default false */
  readonly isVerified?: boolean | undefined
}

/** Signatures that are known to be valid. */
export interface KnownSignatures {
  has(publicKey: PublicKey, input: Uint8Array, signature: Uint8Array): boolean
}

/** What {@link Namespace.seal} makes a value of. */
export interface RecordDraft {
  readonly key: Uint8Array
  /** what the application publishes */
  readonly content: Uint8Array
  /** the lowest sequence that the record may have; a namespace without sequences ignores it */
  readonly sequence: bigint
  /** ns; how long from now the record is valid */
  readonly lifetime?: bigint | undefined
  /** ns; how long readers may cache the record */
  readonly ttl?: bigint | undefined
  readonly revoked?: boolean | undefined
  /** the value published before under this key; its signed options (extra data) are kept, unsigned fields are ignored */
  readonly previous?: Uint8Array | undefined
}

/** Passed to {@link Namespace.seal}. */
export interface SealContext extends AbortOptions {
  /** ns since the Unix epoch */
  readonly now: bigint
  readonly signer: Signer
}

/**
 * A namespace, such as `ipns` for keys that begin with `/ipns/`. It defines how records are parsed, ordered, verified and
 * sealed. To support records of a new kind, pass one to an engine. It receives the bytes that are verified and stored, without a copy:
 * its methods must not change them.
 */
export interface Namespace<Fields = unknown> {
  /** without slashes; compared as UTF-8 bytes */
  readonly name: string
  readonly limits: NamespaceLimits
  /**
   * bytes; the maximum size of a value that the specification of the format fixes: no implementation forwards a larger one, which
   * counts against its sender. A value above `limits.value` alone does not.
   */
  readonly specifiedSize?: number | undefined
  /**
   * The path of a record key, the part after `/name/`. Text may have every form that people use, such as the bases of an IPNS name;
   * the result is the one form that the records of the namespace have. Bytes are checked and returned.
   *
   * @throws RecordError for a path that no record of the namespace can have; the message says what is expected
   * @default text is encoded as UTF-8
   */
  parsePath?(path: string | Uint8Array): Uint8Array
  /** ms between two publications of a record. @default 79_200_000 (22 hours, as go-libp2p-kad-dht) */
  readonly republishInterval?: number | undefined
  /**
   * Decodes without verifying signatures: strictly what the author signed, leniently what anyone can change. Returns a refusal for
   * bad bytes; does not throw.
   */
  parse(key: Uint8Array, value: Uint8Array): UnverifiedRecord<Fields> | Refusal
  /** {@link Namespace.parse} for many values under one key: work that depends on the key alone is done once. */
  parser?(key: Uint8Array): (value: Uint8Array) => UnverifiedRecord<Fields> | Refusal
  /** Checks binding, signature, time and content, in this order. */
  verify(record: UnverifiedRecord<Fields>, context: ValidationContext): MaybePromise<Verdict>
  /**
   * Returns the normal form of a verified record: the one encoding to store and forward, with every known field once and nothing
   * else, never longer than the value. Unsigned fields are kept only when they are genuine. @default the value itself: it has
   * no other encoding
   */
  normalize?(record: UnverifiedRecord<Fields>, context: ValidationContext): MaybePromise<Uint8Array>
  /**
   * Returns the stored value, completed by what a variant (another encoding of the same record) contains and it does not; the
   * stored value itself when there is nothing to add. Both are in normal form. Never removes anything, and gives the same result
   * in any order of variants. @default the stored value
   */
  complete?(stored: UnverifiedRecord<Fields>, variant: UnverifiedRecord<Fields>): Uint8Array
  /**
   * whether an author may revoke a key, so that no later record under it counts. Sound only where the key itself names its author.
   *
   * @default false
   */
  readonly revocable?: boolean | undefined
  /** Makes the value for a draft. A namespace without this method is read-only. */
  seal?(draft: RecordDraft, context: SealContext): MaybePromise<Uint8Array>
  /**
   * One value of two, in place of choosing: for namespaces whose values are states that grow. Commutative, associative,
   * idempotent; and the order of the merged record is above that of each of the two that it is not equal to.
   */
  merge?(a: UnverifiedRecord<Fields>, b: UnverifiedRecord<Fields>): Uint8Array
  /** The sequence at the beginning of a rank, for marks; missing where records have none. */
  sequenceOf?(rank: Uint8Array): bigint
  /** The content of a record, which `manager.get` returns. @default the whole value */
  content?(record: UnverifiedRecord<Fields>): Uint8Array
  /**
   * The record key of an author: where each author has one key, such as an IPNS name, or one for each path.
   *
   * @param path - text, where an author has several keys
   */
  keyFor?(author: PeerId, path?: string): Uint8Array
  /** The peer ID that a key names as the only author of its records; `undefined` when it names none. Does not throw. */
  ownerOf?(key: Uint8Array): PeerId | undefined
}

/** What the application reads and writes in a namespace with a schema, in place of bytes. */
export interface TypedContent<Input, Output> {
  /**
   * The bytes of a content.
   *
   * @throws RecordError `INVALID_ARGUMENT` when it cannot be encoded
   */
  encodeContent(content: Input): Uint8Array
  /** the type of {@link Accept.parsedContent}; not present at run time */
  readonly outputType?: Output | undefined
}

/** Decides which authors may write which keys of a namespace. */
export interface AuthorPolicy {
  /** whether an author may revoke a key. Sound only where the key itself names its author. */
  readonly revocable: boolean
  /** {@link Namespace.parsePath} of the namespaces with this policy. @default text is encoded as UTF-8 */
  parsePath?(path: string | Uint8Array): Uint8Array
  /** The path of an author's record key, where the key names its author. */
  pathFor?(author: PeerId, path: string): Uint8Array
  /** Returns `undefined` when `author` may write `key`, else a refusal. */
  check(author: PeerId, key: Uint8Array): Refusal | undefined
  /** The peer ID that a key names as its only author; `undefined` when it names none. Does not throw. */
  ownerOf?(key: Uint8Array): PeerId | undefined
}

/** Options of most namespaces of signed records. */
export interface NamespaceOptions {
  /** key types that are verified. @default Ed25519 only */
  readonly algorithms?: readonly Algorithm[] | undefined
  readonly limits?: NamespaceLimitOptions | undefined
}
