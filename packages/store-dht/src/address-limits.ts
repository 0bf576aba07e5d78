/** maximum number of addresses of a provider; the others are left out */
export const maxAddresses = 32
/** bytes; larger addresses are left out */
const maxAddressSize = 512

/** bytes of all addresses of this node that are announced: a signed provider record contains 8 KiB at most */
const maxOwnSize = 7168

/** The addresses of this node that are announced: the first ones, as many as other nodes keep and a record may contain. */
export function limitOwnAddresses(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  let size = 0
  return limitAddresses(addresses).filter(({ length }) => (size += length + 3) <= maxOwnSize)
}

/**
 * The addresses of a provider that are kept: another peer named them, in any number and size. They are copies: a view keeps the whole
 * message in memory that it is a part of.
 */
export function limitAddresses(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  return addresses
    .slice(0, maxAddresses)
    .filter(({ length }) => length <= maxAddressSize)
    .map((address) => new Uint8Array(address))
}
