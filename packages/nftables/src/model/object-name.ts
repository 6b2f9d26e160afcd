import type { Family } from '@portolan/netfilter'

/**
 * Escapes a character for the name of a chain. An nft identifier is a letter and then letters, digits and `/ - _ .`
 * (src/scanner.l). An interface name may hold anything but `/` and white space (dev_valid_name in net/core/dev.c). So
 * `/` marks an escape, and two interfaces never share a chain.
 */
const escapeCharacter = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const isAscii = code < 0x80
  return isAscii
    ? `/${code.toString(16).padStart(2, '0')}`
    : encodeURIComponent(character).replaceAll('%', '/').toLowerCase()
}

/** An interface name, escaped as part of an identifier. */
export const interfacePart = (name: string): string => name.replace(/[^A-Za-z0-9._-]/gu, escapeCharacter)

/** An address as part of an identifier: IPv6 is written with `-` for `:`. */
export const addressPart = (address: string): string => address.replaceAll(':', '-')

/** The chain that decides which packets may leave by one of our bridges. */
export const toChain = (bridge: string): string => `to_${interfacePart(bridge)}`

/** The chain that checks whether a packet with a source of one of our subnets came in by its own bridge. */
export const homeChain = (bridge: string): string => `home_${interfacePart(bridge)}`

/** The chain that stops packets that would leave one of our bridges for the outside without masquerading. */
export const fromChain = (bridge: string): string => `from_${interfacePart(bridge)}`

/** The chain that stops packets from a bridge without a gateway on their way to another interface. */
export const isolatedChain = (bridge: string): string => `isolated_${interfacePart(bridge)}`

/** The chain that translates the source of packets that leave by one of our bridges. */
export const sourceChain = (bridge: string): string => `source_to_${interfacePart(bridge)}`

/**
 * The name of a project's own chain on a foreign bridge. Each project has its own containers there, and so its own
 * chains. An escaped name never has two slashes in a row, so the name is unique.
 */
export const joinedChain = (chain: string, project: string): string => `${chain}//${project}`

/** The chain that masquerades packets from our containers on their way out of a foreign bridge. */
export const maskChain = (bridge: string): string => `masquerade_${interfacePart(bridge)}`

/** The chain that checks whether a source may reach a container on its own address. */
export const openedChain = (family: Family, address: string): string =>
  `opened${family === 'ip' ? '4' : '6'}_${addressPart(address)}`
