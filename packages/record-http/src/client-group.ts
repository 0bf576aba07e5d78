/**
 * The group of clients that an IP address belongs to: its IPv4 /24 or IPv6 /48, as text.
 *
 * @returns `undefined` for text that is not an IP address
 */
export function clientGroup(address: string): string | undefined {
  const ipv4 = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(address)?.[1]
  if (ipv4 !== undefined) return `${ipv4}.0/24`
  // the URL parser writes every IPv6 address in one form
  const host = `http://[${address.replace(/%.*/s, '')}]`
  if (!address.includes(':') || !URL.canParse(host)) return undefined
  const parts = ipv6Parts(new URL(host).hostname.slice(1, -1))
  if (parts.slice(0, 5).every((part) => part === '0') && parts[5] === 'ffff')
    return `${bytesOf(parts[6])}.${bytesOf(parts[7]).split('.')[0]}.0/24`
  return `${parts.slice(0, 3).join(':')}::/48`
}

/** The eight groups of digits of an IPv6 address. */
function ipv6Parts(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
}

function bytesOf(part = '0'): string {
  const value = Number.parseInt(part, 16)
  return `${value >> 8}.${value & 255}`
}
