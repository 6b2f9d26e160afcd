import { bitsOf, type Prefix } from '@portolan/netfilter'

/** The key under which the pools are stored. */
export const poolsKey = 'pools'

const blocks = 'blocks/'
const hosts = 'hosts/'
const nodes = 'nodes/'

/** The text with which the keys of all blocks begin. */
export const blocksPrefix: string = blocks

/** The key that exists while a host is alive. */
export const hostKey = (host: string): string => `${hosts}${host}`

/** The host whose liveness a key holds; null: it is another key. */
export const hostOfKey = (key: string): string | null =>
  key.startsWith(hosts) ? key.slice(hosts.length) : null

/**
 * The key of the addresses through which a host's blocks are reached. Unlike the liveness key it has no lease: the
 * containers of a host that etcd does not hear from still run.
 */
export const nodeKey = (host: string): string => `${nodes}${host}`

/** The host whose addresses a key holds; null: it is another key. */
export const hostOfNodeKey = (key: string): string | null =>
  key.startsWith(nodes) ? key.slice(nodes.length) : null

/**
 * The key of a block: its first address in hexadecimal digits, and its length. Each prefix has one key, so a block
 * cannot exist twice.
 * @example
 * blockKey(parsePrefix('10.64.0.0/24')) // 'blocks/ip/0a400000-24'
 */
export const blockKey = (prefix: Prefix): string =>
  `${blocks}${prefix.family}/${prefix.base.toString(16).padStart(bitsOf(prefix) / 4, '0')}-${prefix.length}`

/** The block that a key belongs to; null: it is another key, or not in the form that `blockKey` gives. */
export const blockOfKey = (key: string): Prefix | null => {
  const [, family, digits = '', length = ''] =
    /^blocks\/(ip6?)\/([0-9a-f]{8}|[0-9a-f]{32})-(\d{1,3})$/.exec(key) ?? []
  if (family === undefined) return null
  const prefix: Prefix =
    family === 'ip'
      ? { family: 'ip', base: Number.parseInt(digits, 16), length: Number(length) }
      : { family: 'ip6', base: BigInt(`0x${digits}`), length: Number(length) }
  return blockKey(prefix) === key && prefix.length <= bitsOf(prefix) ? prefix : null
}
