import type { Family } from '@portolan/netfilter'

/**
 * Names of chains, made from what users wrote. An nft identifier is a letter and then letters, digits and
 * `/ - _ .` (src/scanner.l); an interface name may hold anything but `/` and white space (dev_valid_name in
 * net/core/dev.c). So `/` can mark what was escaped, and two interfaces never share a chain.
 */
const escapeCharacter = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const isAscii = code < 0x80
  return isAscii
    ? `/${code.toString(16).padStart(2, '0')}`
    : encodeURIComponent(character).replaceAll('%', '/').toLowerCase()
}

/** An interface name as part of an identifier. */
export const interfacePart = (name: string): string => name.replace(/[^A-Za-z0-9._-]/gu, escapeCharacter)

/** An address as part of an identifier: IPv6 is written with `-` for `:`. */
export const addressPart = (address: string): string => address.replaceAll(':', '-')

/** The chain that decides what may leave by one of our bridges. */
export const toChain = (bridge: string): string => `to_${interfacePart(bridge)}`

/** The chain that asks whether a source of one of our subnets came in by its own bridge. */
export const homeChain = (bridge: string): string => `home_${interfacePart(bridge)}`

/** The chain that stops what would leave one of our bridges for the outside without being masqueraded. */
export const fromChain = (bridge: string): string => `from_${interfacePart(bridge)}`

/** The chain that keeps what comes in by a bridge without a gateway from leaving by another interface. */
export const isolatedChain = (bridge: string): string => `isolated_${interfacePart(bridge)}`

/** The chain that rewrites sources of what leaves by one of our bridges. */
export const sourceChain = (bridge: string): string => `source_to_${interfacePart(bridge)}`

/**
 * The same chains where a project joins the bridge of others. Each project has its own, as each has its own containers
 * there; what is escaped never has two slashes in a row.
 */
export const joinedChain = (chain: string, project: string): string => `${chain}//${project}`

/** The chain that masquerades what containers of ours send away from a bridge of others. */
export const maskChain = (bridge: string): string => `masquerade_${interfacePart(bridge)}`

/** The chain that asks whether a source may reach a container on its own address. */
export const openedChain = (family: Family, address: string): string =>
  `opened${family === 'ip' ? '4' : '6'}_${addressPart(address)}`
