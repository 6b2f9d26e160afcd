import type { SourcePosition } from '@portolan/netfilter'
import type { Value } from './reading.ts'
import { refuse } from './tree.ts'

/** The pattern of the Compose Specification's JSON schema (compose-spec.json, patternProperties). */
const namePattern = /^[a-zA-Z0-9._-]+$/

/** Refuses a network or service whose name Compose would not take. */
export const checkName = (name: string, place: SourcePosition, what: string): void => {
  if (!namePattern.test(name))
    refuse(place, `${what} "${name}": expected a name of letters, digits, \`.\`, \`_\` and \`-\``)
}

/**
 * Narrower than the kernel (net/core/dev.c `dev_valid_name` refuses `/`, `:` and white space only), because a name
 * also has to mean itself to iptables (a `+` at the end is a wildcard), to nft (so is `*`), to the kernel's name
 * templates (`%d`), to a shell and as an argument (`-`).
 */
const interfacePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/

/** Can it name an interface? */
export const isInterfaceName = (text: string): boolean => interfacePattern.test(text)

/** An interface name, or a refusal that says what one is. */
export const readInterfaceName = (value: Value, what: string): string =>
  interfacePattern.test(value.text)
    ? value.text
    : refuse(
        value.place,
        `${what}: "${value.text}" is no interface name: expected 1 to 15 letters, digits, \`_\`, \`.\` and \`-\`, the first a letter, a digit or \`_\``,
      )

/** A MAC address of one station, lower case with colons. */
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
