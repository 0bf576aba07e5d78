/** Codes of record-codec: bytes or text that violate their format. */
export type CodecErrorCode =
  | 'TOO_LARGE'
  | 'PROTOBUF_WIRE_TYPE'
  | 'PROTOBUF_REPEATED_FIELD'
  | 'PROTOBUF_VARINT'
  | 'PROTOBUF_TRUNCATED'
  | 'PROTOBUF_GROUP'
  | 'PROTOBUF_FIELD_NUMBER'
  | 'CBOR_NOT_A_MAP'
  | 'CBOR_NOT_MINIMAL'
  | 'CBOR_DUPLICATE_KEY'
  | 'CBOR_KEY_NOT_TEXT'
  | 'CBOR_INDEFINITE'
  | 'CBOR_FLOAT'
  | 'CBOR_TAG'
  | 'CBOR_SIMPLE'
  | 'CBOR_TEXT'
  | 'CBOR_TRUNCATED'
  | 'CBOR_TRAILING'
  | 'CBOR_DEPTH'
  | 'DER_INVALID'
  | 'VARINT_INVALID'
  | 'TEXT_INVALID'
  | 'TIME_INVALID'
  | 'RECORD_KEY_INVALID'
  | 'PUBLIC_KEY_INVALID'
  | 'PUBLIC_KEY_NOT_CANONICAL'
  | 'PRIVATE_KEY_INVALID'
  | 'KEY_TYPE_UNKNOWN'
  | 'PEER_ID_INVALID'
  | 'IPNS_NAME_INVALID'
  | 'ENVELOPE_INVALID'
  | 'ENVELOPE_PAYLOAD_TYPE'
  | 'PEER_RECORD_INVALID'
  | 'SIGNED_RECORD_INVALID'
  | 'IPNS_SIGNATURE_MISSING'
  | 'IPNS_DATA_MISSING'
  | 'IPNS_FIELD_MISSING'
  | 'IPNS_FIELD_TYPE'
  | 'IPNS_NUMBER_RANGE'
  | 'IPNS_MISMATCH'
  | 'IPNS_VALIDITY_TYPE'
  | 'IPNS_VALUE_INVALID'

/** Codes of record-crypto: keys and signatures. */
export type CryptoErrorCode =
  | 'ALGORITHM_MISSING'
  | 'ALGORITHM_UNSUPPORTED'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_DISPUTED'
  | 'SIGNER_MISMATCH'

/** Codes of encrypted private keys and key files. */
export type KeyFileErrorCode =
  | 'PASSPHRASE_MISSING'
  | 'PASSPHRASE_WRONG'
  | 'PASSPHRASE_UNUSED'
  | 'KEY_FILE_NOT_FOUND'
  | 'KEY_FILE_EXISTS'
  | 'KEY_FILE_MODE'
  | 'KEY_FILE_IO'

/** Codes of a refusal: why a record is not accepted. A refusal can also contain a code of record-codec or record-crypto. */
export type RefusalCode =
  | CodecErrorCode
  | CryptoErrorCode
  | 'KEY_TOO_LARGE'
  | 'VALUE_TOO_LARGE'
  | 'RECORD_TOO_LARGE'
  | 'NAMESPACE_UNKNOWN'
  | 'KEY_MISMATCH'
  | 'PUBLIC_KEY_NOT_FOUND'
  | 'PUBLIC_KEY_MISMATCH'
  | 'AUTHOR_FORBIDDEN'
  | 'AUTHOR_DENIED'
  | 'KEY_DENIED'
  | 'REVOCATION_FORBIDDEN'
  | 'EXPIRED'
  | 'ISSUED_IN_FUTURE'
  | 'CONTENT_INVALID'
  | 'VALIDATOR_FAILED'
  | 'SENDER_DENIED'
  | 'SENDER_NOT_ALLOWED'
  | 'SENDER_SCORE_LOW'
  | 'SENDER_BANNED'
  | 'RATE_LIMITED'
  | 'STALE'
  | 'QUOTA'

/** Codes of stores. */
export type StoreErrorCode =
  | 'STORE_CLOSED'
  | 'STORE_IO'
  | 'STORE_LOCKED'
  | 'STORE_UNRECOGNIZED'
  | 'STORE_NEWER_FORMAT'
  | 'STORE_CORRUPT'
  | 'STORE_CONTENDED'
  | 'STORE_READ_ONLY'
  | 'STORE_UNKNOWN'

/** Codes of routings and of replication. */
export type RoutingErrorCode = 'ROUTING_FAILED' | 'NO_PEERS' | 'TIMEOUT' | 'TOO_FEW_COPIES'

/** Codes of record-manager. */
export type ManagerErrorCode =
  | 'SIGNER_MISSING'
  | 'NAMESPACE_READ_ONLY'
  | 'KEY_REVOKED'
  | 'REVOCATION_UNSUPPORTED'
  | 'CLOCK_UNSOUND'
  | 'SEQUENCE_CONFLICT'
  | 'SEQUENCE_EXHAUSTED'
  | 'ARCHIVE_INVALID'
  | 'IPNS_TOO_DEEP'
  | 'DNS_FAILED'
  | 'DNSLINK_INVALID'
  | 'DNSLINK_AMBIGUOUS'

/** Every code of RecordKit. `INVALID_ARGUMENT`: the caller passed an argument of the wrong type or range. */
export type KnownErrorCode =
  | 'INVALID_ARGUMENT'
  | RefusalCode
  | KeyFileErrorCode
  | StoreErrorCode
  | RoutingErrorCode
  | ManagerErrorCode

/** A code of RecordKit or of another package. */
export type RecordErrorCode = KnownErrorCode | (string & {})

/** Fields of a {@link RecordError}; each is set only where it applies. */
export interface RecordErrorFields {
  readonly cause?: unknown
  /** the record key concerned */
  readonly key?: Uint8Array | undefined
  /** position in the input, in bytes */
  readonly offset?: number | undefined
  /** the actual size, in bytes */
  readonly size?: number | undefined
  /** the maximum size, in bytes */
  readonly limit?: number | undefined
  /** further data, documented with the code: a receipt, a list of reasons */
  readonly details?: unknown
}

/**
 * The one error class of every RecordKit package. Match on `code`, never on `instanceof`: two copies of this
 * package may be installed side by side.
 *
 * @example
 * ```ts
 * throw new RecordError('TOO_LARGE', `value is ${size} bytes; the limit is ${limit}`, { size, limit })
 * ```
 */
export class RecordError<Code extends RecordErrorCode = RecordErrorCode> extends Error {
  override readonly name = 'RecordError'
  readonly code: Code
  declare readonly key?: Uint8Array
  declare readonly offset?: number
  declare readonly size?: number
  declare readonly limit?: number
  declare readonly details?: unknown

  constructor(code: Code, message: string, fields: RecordErrorFields = {}) {
    const { cause, ...rest } = fields
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, rest)
    // the other bytes may be in use
    if (ArrayBuffer.isView(rest.key)) this.key = new Uint8Array(rest.key)
  }
}

/**
 * Whether `error` is a {@link RecordError} of any copy of this package.
 *
 * @param codes - when given, the error must have one of these codes
 * @example
 * ```ts
 * if (isRecordError(error, 'STORE_UNKNOWN', 'STORE_CONTENDED')) await retry()
 * ```
 */
export function isRecordError<Code extends RecordErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is RecordError<Code> {
  return (
    error instanceof Error &&
    error.name === 'RecordError' &&
    'code' in error &&
    (codes.length === 0 || codes.includes(error.code as Code))
  )
}
