import { BlockList, isIPv4 } from 'node:net'

/**
 * Whether two prefixes or addresses share an address. Node's own block list decides, so no code under test takes part.
 */
export const overlap = (left: string, right: string): boolean => {
  const [a, b] = [split(left), split(right)]
  if (a.type !== b.type) return false
  const [wide, narrow] = a.length <= b.length ? [a, b] : [b, a]
  const list = new BlockList()
  list.addSubnet(wide.address, wide.length, wide.type)
  return list.check(narrow.address, narrow.type)
}

const split = (text: string): { address: string; length: number; type: 'ipv4' | 'ipv6' } => {
  const [address = '', length] = text.split('/')
  const type = isIPv4(address) ? 'ipv4' : 'ipv6'
  return { address, length: length === undefined ? (type === 'ipv4' ? 32 : 128) : Number(length), type }
}
