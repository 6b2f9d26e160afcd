import type { NetworkOptions } from 'portolan'
import type { WrittenConfig } from '../config/config-schema.ts'

/**
 * The network that a configuration describes. All options are given, so that a changed configuration changes the
 * network.
 */
export const wantedNetwork = ({
  pool,
  subnet,
  gateway,
  ipRange,
  ipv6 = false,
  bridge = undefined,
  mtu,
  internal = false,
  icc = true,
  ipMasq = true,
}: WrittenConfig): NetworkOptions => ({
  ...(pool === undefined ? {} : { pool }),
  ipv4: {
    ...(subnet === undefined ? {} : { subnet }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(ipRange === undefined ? {} : { ipRange }),
  },
  ipv6: typeof ipv6 === 'string' ? { subnet: ipv6 } : ipv6,
  ...(bridge === undefined ? {} : { bridge }),
  mtu: mtu ?? null,
  internal,
  icc,
  masquerade: ipMasq,
})
