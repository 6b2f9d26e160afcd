import type { SourcePosition } from '@portolan/netfilter'
import { interfaceNameFault } from '../../contract/check-name.ts'
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
 * The names of interfaces that Portolan accepts. The kernel accepts more (`interfaceNameFault`). But some names mean
 * something else to other readers: `+` at the end is a wildcard of iptables, `*` one of nft, and `-` in front an option.
 * A shell gives a meaning to others.
 */
const interfacePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/

/** Says why a text is not accepted as the name of an interface; null: it is accepted. */
export const faultOfInterfaceName = (text: string): string | null =>
  interfacePattern.test(text)
    ? interfaceNameFault(text)
    : 'expected 1 to 15 letters, digits, `_`, `.` and `-`, the first a letter, a digit or `_`'

/**
 * Returns the name of an interface, or refuses it and says what is expected.
 * @param otherwise - what may be written in place of a name that the kernel keeps
 */
export const readInterfaceName = (value: Value, what: string, otherwise = ''): string => {
  const fault = faultOfInterfaceName(value.text)
  if (fault === null) return value.text
  const isKept = interfacePattern.test(value.text)
  return refuse(
    value.place,
    `${what}: "${value.text}" is no interface name: ${fault}${isKept ? otherwise : ''}`,
  )
}

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
