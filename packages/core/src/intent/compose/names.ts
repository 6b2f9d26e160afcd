import type { SourcePosition } from '@portolan/netfilter'
import type { Value } from './reading.ts'
import { refuse } from './tree.ts'

/** The pattern of the Compose Specification's JSON schema (compose-spec.json, patternProperties). */
const namePattern = /^[a-zA-Z0-9._-]+$/

/** Refuses the name of a network or service that Compose would refuse. */
export const checkName = (name: string, place: SourcePosition, what: string): void => {
  if (!namePattern.test(name))
    refuse(place, `${what} "${name}": expected a name of letters, digits, \`.\`, \`_\` and \`-\``)
}

/**
 * The names of interfaces that Portolan accepts. The kernel accepts more (net/core/dev.c `dev_valid_name` refuses `/`,
 * `:` and white space only). But some names mean something else to other readers: `+` at the end is a wildcard of
 * iptables, `*` one of nft, `%d` a template of the kernel, and `-` in front an option. A shell gives a meaning to
 * others.
 */
const interfacePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/

/** Is the text a valid name of an interface? */
export const isInterfaceName = (text: string): boolean => interfacePattern.test(text)

/** Returns the name of an interface, or refuses it and says what is expected. */
export const readInterfaceName = (value: Value, what: string): string =>
  interfacePattern.test(value.text)
    ? value.text
    : refuse(
        value.place,
        `${what}: "${value.text}" is no interface name: expected 1 to 15 letters, digits, \`_\`, \`.\` and \`-\`, the first a letter, a digit or \`_\``,
      )

/** Reads the MAC address of one station, and returns it in lower case with colons. */
export const readMac = (value: Value, what: string): string => {
  const bytes = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value.text) ? value.text.split(/[:-]/) : null
  if (bytes === null)
    return refuse(
      value.place,
      `${what}: expected a MAC address such as 02:42:ac:11:00:02, found "${value.text}"`,
    )
  const mac = bytes.join(':').toLowerCase()
  // IEEE 802: the lowest bit of the first byte marks a group of stations, which no interface can have.
  if (Number.parseInt(bytes[0] ?? '', 16) % 2 === 1 || mac === '00:00:00:00:00:00')
    return refuse(
      value.place,
      `${what}: ${mac} is not the address of one station: expected an even first byte, and not all zero`,
    )
  return mac
}
