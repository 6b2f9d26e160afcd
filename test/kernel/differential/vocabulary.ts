import fc from 'fast-check'
import { addressesOf, type Family, interfaces, machineNames, ports } from './scene.ts'

/** The values of random rules. There are few of them, and random flows use the same ones, so that rules match flows. */
export const one = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

const everyAddress = (family: Family): readonly string[] =>
  machineNames.flatMap((name) => addressesOf[family][name])

/** The address of a machine, or sometimes one that no machine has. */
export const address = (family: Family): fc.Arbitrary<string> =>
  one(...everyAddress(family), family === 'ip' ? '203.0.113.77' : '2001:db8:77::77')

/** Addresses to which a rule may translate: all addresses of machines except loopback. */
export const target = (family: Family): fc.Arbitrary<string> =>
  one(...everyAddress(family).filter((text) => text !== '127.0.0.1' && text !== '::1'))

/** Prefixes that contain some of the machines. */
export const prefix = (family: Family): fc.Arbitrary<string> =>
  family === 'ip'
    ? one('192.0.2.0/24', '192.0.2.8/30', '198.51.100.0/24', '172.30.0.0/16', '172.30.1.8/29', '127.0.0.0/8')
    : one('2001:db8:1::/64', '2001:db8::/32', 'fd00:30::/32', 'fd00:30:1::/64', 'fd00:30:1::10/127')

/** A first and a last address. */
export const addressRange = (family: Family): fc.Arbitrary<string> =>
  family === 'ip'
    ? one('192.0.2.1-192.0.2.9', '172.30.1.2-172.30.1.10', '172.30.1.11-172.30.2.10')
    : one('2001:db8:1::1-2001:db8:1::9', 'fd00:30:1::2-fd00:30:1::10', 'fd00:30:1::11-fd00:30:2::10')

export const interfaceName: fc.Arbitrary<string> = one(...interfaces)

/** The start of an interface name, without the `*` or `+` behind it. */
export const interfaceStart: fc.Arbitrary<string> = one('eth', 'br-', 'br', 'l', 'docker')

export const port: fc.Arbitrary<number> = one(...ports)

/** A first and a last port. */
export const portRange: fc.Arbitrary<readonly [number, number]> = one(
  [80, 81],
  [80, 8080],
  [443, 8080],
  [1, 1023],
  [8081, 65535],
)

export const somePorts: fc.Arbitrary<readonly number[]> = fc.uniqueArray(port, { minLength: 1, maxLength: 3 })

/** The source ports of the flows are spread around these ranges. */
export const sourcePortRange: fc.Arbitrary<readonly [number, number]> = one(
  [1, 1023],
  [20_000, 30_000],
  [30_000, 65_535],
)

export const transport: fc.Arbitrary<'tcp' | 'udp'> = one('tcp', 'udp')

/** Packet marks. Bit 8 is the one that routing looks at. */
export const mark: fc.Arbitrary<number> = one(1, 2, 3, 4, 8, 9, 0x4000)

export const markMask: fc.Arbitrary<number> = one(1, 2, 3, 8, 0xf, 0x4000, 0xffff)

/** True one time in `times`. */
export const seldom = (times: number): fc.Arbitrary<boolean> => fc.nat(times - 1).map((value) => value === 1)
