import type { GatewayMode, NetworkIntent, SubnetIntent } from '@portolan/core'
import fc from 'fast-check'
import { bridgeTail, composeName } from './names.ts'

/** The source of a project's fixed subnets and bridge names. Two projects share none of these. */
export interface Realm {
  readonly letter: string
  /** The second byte of the first fixed subnet, 10.N.0.0. Each project has eight. */
  readonly firstSubnet: number
}

const subnetLengths = { ip: [16, 20, 24, 26], ip6: [48, 64, 112] } as const

const gatewayOf = {
  ip: (number: number, at: string) => `10.${number}.0.${{ first: 1, low: 2, middle: 32 }[at] ?? 1}`,
  ip6: (number: number, at: string) => `fd00:${number}::${{ first: '1', low: '2', middle: '20' }[at] ?? '1'}`,
} as const

const halfOf = {
  ip: (number: number, length: number) => `10.${number}.0.0/${length + 1}`,
  ip6: (number: number, length: number) => `fd00:${number}::/${length + 1}`,
} as const

const subnetIntent = (
  family: 'ip' | 'ip6',
  number: number,
  internal: boolean,
): fc.Arbitrary<SubnetIntent> => {
  const modes: readonly GatewayMode[] = internal
    ? ['nat', 'nat-unprotected', 'routed', 'isolated']
    : ['nat', 'nat', 'nat-unprotected', 'routed']
  return fc
    .record({
      mode: fc.constantFrom(...modes),
      length: fc.option(fc.constantFrom(...subnetLengths[family])),
      gateway: fc.option(fc.constantFrom('first', 'low', 'middle')),
      ranged: fc.boolean(),
    })
    .map(({ mode, length, gateway, ranged }) => {
      if (length === null) return { subnet: null, gateway: null, ipRange: null, mode }
      const base = family === 'ip' ? `10.${number}.0.0` : `fd00:${number}::`
      return {
        subnet: `${base}/${length}`,
        gateway: gateway === null ? null : gatewayOf[family](number, gateway),
        ipRange: ranged ? halfOf[family](number, length) : null,
        mode,
      }
    })
}

const networkIntent = (realm: Realm, index: number): fc.Arbitrary<NetworkIntent> => {
  const number = realm.firstSubnet + index
  return fc.boolean().chain((internal) =>
    fc
      .record({
        name: composeName.map((name) => `${name.slice(0, 10)}${index}`),
        bridge: fc.option(bridgeTail.map((tail) => `${realm.letter}${index}${tail}`)),
        icc: fc.boolean(),
        masquerade: fc.boolean(),
        mtu: fc.option(fc.integer({ min: 1280, max: 9000 }), { freq: 2 }),
        hostBinding: fc.constantFrom(null, null, null, '0.0.0.0', '127.0.0.1', '192.0.2.2'),
        pools: fc.constantFrom(
          null,
          null,
          ['10.192.0.0/12:24'],
          ['docker', 'classic'],
          ['fd12:3456::/48:64'],
        ),
        families: fc.constantFrom('ip', 'ip', 'ip6', 'both'),
        ip: subnetIntent('ip', number, internal),
        ip6: subnetIntent('ip6', number, internal),
      })
      .map(({ families, ip, ip6, pools, ...rest }) => ({
        ...rest,
        // A pool has one family: a network of the other family would find no candidate in it.
        pools: families === 'ip' && pools?.[0]?.includes(':64') === true ? null : pools,
        external: false,
        externalName: null,
        internal,
        ip: families === 'ip6' ? null : ip,
        ip6: families === 'ip' ? null : ip6,
        place: null,
      })),
  )
}

/** One to four networks of one project. */
export const networkIntents = (realm: Realm): fc.Arbitrary<readonly NetworkIntent[]> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => networkIntent(realm, index))))
