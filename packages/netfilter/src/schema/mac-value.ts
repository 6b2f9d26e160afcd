import type { ValueKind } from './check-options.ts'

/** A MAC address that an interface can have: one of a group of stations, or of zeros, none can (`is_valid_ether_addr`). */
export const macValue: ValueKind = {
  expected: 'a MAC address such as 02:42:ac:11:00:01, with an even first byte and not all zeros',
  holds: (value) =>
    typeof value === 'string' && /^[\da-f][02468ace](:[\da-f]{2}){5}$/i.test(value) && /[^0:]/.test(value),
}
