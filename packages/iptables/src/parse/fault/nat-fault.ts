import { tryParseAddress6 } from '@portolan/netfilter'
import { addressFault, type Fault, familyFault } from './address-fault.ts'
import { portRangeFault } from './port-fault.ts'

/** Splits `[fd00::2]:80` and `10.0.0.2:80` into address and port. A text of another form has addresses only. */
const partsOf = (text: string): readonly [addresses: string, ports: string | null] => {
  const [, bracketed, behind] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? []
  if (bracketed !== undefined) return [bracketed, behind ?? null]
  const [, addresses, ports] = /^([^:]*):([^:]*)$/.exec(text) ?? []
  return addresses === undefined ? [text, null] : [addresses, ports ?? null]
}

/** Checks the target of DNAT and SNAT. libxt_NAT accepts addresses, and no names. */
export const natFault: Fault = (text, family) => {
  // An IPv6 address without brackets, such as `fd00::2`, has no port.
  const [addresses, ports] = tryParseAddress6(text) === null ? partsOf(text) : [text, null]
  const other = familyFault(addresses, family)
  if (other !== null) return other
  for (const address of addresses === '' ? [] : addresses.split('-')) {
    const fault = addressFault(address, family)
    if (fault !== null) return fault
  }
  // `80-90/100` shifts the ports.
  return ports === null || ports.includes('/') ? null : portRangeFault(ports, family)
}
