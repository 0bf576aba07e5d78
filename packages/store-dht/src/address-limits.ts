/** maximum number of addresses of a provider; the others are left out */
export const maxAddresses = 32
/** bytes; larger addresses are left out */
const maxAddressSize = 512

/** The addresses of a provider that are kept: another peer named them, in any number and size. */
export function limitAddresses(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  return addresses.slice(0, maxAddresses).filter(({ length }) => length <= maxAddressSize)
}
