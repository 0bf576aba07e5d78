/** Nanoseconds. */
export const second: bigint = 1_000_000_000n
export const minute: bigint = 60n * second
export const hour: bigint = 60n * minute
export const day: bigint = 24n * hour

/** Bytes that are read at the most, each checked before anything is parsed. */
export const limits: {
  readonly ipnsRecord: number
  readonly peerRecord: number
  readonly envelope: number
  readonly key: number
  readonly value: number
  readonly dhtMessage: number
  readonly providerKey: number
} = /* @__PURE__ */ Object.freeze({
  /** IPNS record specification, "Record Size Limit" */
  ipnsRecord: 10_240,
  /** a signed peer record, as go-libp2p's identify reads it */
  peerRecord: 8_192,
  envelope: 65_536,
  key: 1_024,
  value: 65_536,
  /** go-libp2p-kad-dht and js-libp2p */
  dhtMessage: 4_194_304,
  /** a multihash under which content is provided */
  providerKey: 80
})

/** How far a record's `issued` may lie after our own clock. */
export const clockSkew: bigint = 5n * minute
/** How long a mark outlives the record it remembers, at least. */
export const markAge: bigint = 30n * day
